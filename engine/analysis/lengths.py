"""How long a duration can take at least and at most, in hours of real time, whoever's calendar it is counted on."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

from engine.time.durations import Duration, Unit

_HOURS = {Unit.minutes: Fraction(1, 60), Unit.hours: Fraction(1), Unit.days: Fraction(24), Unit.weeks: Fraction(168)}
_WORKING = {Unit.working_minutes: Fraction(1, 60), Unit.working_hours: Fraction(1)}
_DAY = 8
"""Working hours that a usual day has."""


def measure(duration: Duration) -> str:
    """What can be compared without asking a calendar is of one measure."""
    if duration.unit in _HOURS:
        return "hours"
    return "working hours" if duration.unit in _WORKING else duration.unit.value


def least(duration: Duration, share: Fraction = Fraction(1)) -> Fraction:
    amount = duration.amount * share
    if duration.unit is Unit.working_days:
        return max(amount * 24 - 16, amount)
    if duration.unit is Unit.months:
        return amount * 28 * 24
    return amount * (_HOURS | _WORKING)[duration.unit]


def most(duration: Duration, share: Fraction = Fraction(1)) -> Fraction:
    """Working time may have a weekend or two and the holidays of Easter in between."""
    amount = duration.amount * share
    if duration.unit in _WORKING:
        amount = amount * _WORKING[duration.unit] / _DAY
    elif duration.unit is Unit.months:
        return amount * 31 * 24
    elif duration.unit is not Unit.working_days:
        return amount * _HOURS[duration.unit]
    days = ceil(amount)
    return Fraction((days + 2 * ceil(days / 5) + 2) * 24) if days else Fraction(0)
