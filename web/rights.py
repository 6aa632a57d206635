"""Whose lead it is to whoever asks: which source systems they may send for, which leads they may touch (S1.13, S1.14)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.access import Caller, CallerRole
from web.problems import Problem

BY_HAND = "manual"
"""The source system of leads that a person enters."""


def source_for(caller: Caller, raw: Mapping[str, Any]) -> str:
    """The source system that a lead is taken in for. Raises Problem (403) for another's, 422 where it must be told which."""
    named = raw.get("source_system")
    if caller.role is not CallerRole.UPSTREAM:
        return BY_HAND
    if named in (None, ""):
        if len(caller.sources) == 1:
            return next(iter(caller.sources))
        detail = f"{caller.name} sends for several systems: say which"
        raise Problem(422, "BAD_ID", detail, fields={"source_system": "is required"})
    if not isinstance(named, str) or named.strip() not in caller.sources:
        detail = f"{caller.name} may not send for this source system"
        raise Problem(
            403,
            "NOT_YOUR_SOURCE",
            detail,
            "Leave source_system out, or ask for a token of that system.",
            fields={"source_system": "is not one of yours"},
        )
    return named.strip()
