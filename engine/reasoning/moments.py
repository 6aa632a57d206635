"""Lengths of time and moments as whole nanoseconds, in which they are compared exactly."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from fractions import Fraction

FARTHEST = 15 * 10**18
"""To the year 2445. Sums beyond it could be more than CEL can reckon with, so they are not reasoned about."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = {"h": 3_600 * 10**9, "m": 60 * 10**9, "s": 10**9, "ms": 10**6, "us": 10**3, "µs": 10**3, "ns": 1}
_DURATION = re.compile(r"[+-]?((\d+(\.\d*)?|\.\d+)(h|ms|us|µs|ns|m|s))+")
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(h|ms|us|µs|ns|m|s)")
_TOO_FINE = re.compile(r"\.\d{7}")


def nanoseconds(text: str) -> int | None:
    """The length of `1h30m`; None where it is not of this form."""
    if not _DURATION.fullmatch(text):
        return None
    total = sum(Fraction(amount) * _UNITS[unit] for amount, unit in _PART.findall(text))
    if total.denominator != 1 or total > FARTHEST:
        return None
    return -int(total) if text.startswith("-") else int(total)


def moment_of(text: str) -> int | None:
    """The moment of `2026-01-31T00:00:00Z`; None where it is not of this form, or finer than microseconds."""
    if _TOO_FINE.search(text):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if moment.tzinfo is None else since_1970(moment)


def since_1970(moment: datetime) -> int:
    """A moment in nanoseconds."""
    passed = moment - _EPOCH
    return (passed.days * 86_400 + passed.seconds) * 10**9 + passed.microseconds * 1_000
