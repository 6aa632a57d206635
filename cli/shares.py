"""A share of new leads as one writes it: `10%`, `0.5%`."""

from __future__ import annotations

import re
from decimal import Decimal

import typer

from engine.offer import ALL

_SHARE = re.compile(r"(\d{1,3}(?:\.\d{1,2})?)%?")
_GIVEN = re.compile(r"v?(\d{1,9})=(.+)")


def share_of(said: str, option: str) -> Decimal:
    """In percent."""
    match = _SHARE.fullmatch(said.strip())
    if match is None or Decimal(match[1]) > 100:
        raise typer.BadParameter(f"'{said}' is no share: write 10% or 0.5%, at most 100%", param_hint=option)
    share = Decimal(match[1])
    if 0 < share < 1 and not said.strip().endswith("%"):
        meant = f"{share * ALL:f}".rstrip("0").rstrip(".")
        raise typer.BadParameter(f"'{said}' may mean {said}% or {meant}%: write which", param_hint=option)
    return share


def given(said: str) -> tuple[int, Decimal]:
    """Version and share of `3=10%`."""
    match = _GIVEN.fullmatch(said.strip())
    if match is None:
        raise typer.BadParameter(f"'{said}' is no version with a share: write 3=10%", param_hint="VERSION=SHARE")
    return int(match[1]), share_of(match[2], "VERSION=SHARE")
