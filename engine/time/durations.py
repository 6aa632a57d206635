"""Durations as ops write them: one whole amount of one unit, "3 working days" or "PT30M".

Elapsed and working units are kept apart, because a "day" of twenty-four hours and a day on somebody's calendar are
different promises (S2.5 counts working days, S4.1 counts hours). Nothing is guessed: text that could be read in two
ways is refused with the form to write instead. Working units need a calendar: see `engine.time.worktime`.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from engine.errors import LeadflowError


class DurationError(LeadflowError):
    """A duration is not one leadflow knows, or is used where it has no meaning."""

    remedy = 'Write a whole number and a unit, such as "3 working days", "24 hours" or "PT30M".'


class Unit(StrEnum):
    """What a duration counts in; the value is the plural an author writes."""

    minutes = "minutes"
    hours = "hours"
    days = "days"
    weeks = "weeks"
    months = "months"
    working_minutes = "working minutes"
    working_hours = "working hours"
    working_days = "working days"

    @property
    def singular(self) -> str:
        return self.value.removesuffix("s")


_WORKING = (Unit.working_minutes, Unit.working_hours, Unit.working_days)

# Ten years, in working units at eight hours a day and 260 days a year. More than that is a slip of the pen.
_AT_MOST = {
    Unit.minutes: 5_256_000,
    Unit.hours: 87_600,
    Unit.days: 3_650,
    Unit.weeks: 520,
    Unit.months: 120,
    Unit.working_minutes: 1_248_000,
    Unit.working_hours: 20_800,
    Unit.working_days: 2_600,
}

_MINUTES_IN = {Unit.minutes: 1, Unit.hours: 60, Unit.days: 1_440, Unit.weeks: 10_080}


@dataclass(frozen=True)
class Duration:
    """`amount` whole units, from 0 to about ten years. Raises DurationError outside of that."""

    amount: int
    unit: Unit

    def __post_init__(self) -> None:
        if self.amount < 0:
            raise DurationError(f'"{self}" is negative', "A clock runs forward: write the amount without a sign.")
        if self.amount > _AT_MOST[self.unit]:
            raise DurationError(f'"{self}" is more than ten years', f"Write at most {_AT_MOST[self.unit]} {self.unit}.")

    def __str__(self) -> str:
        return f"{self.amount} {self.unit.singular if self.amount == 1 else self.unit}"

    @property
    def is_working(self) -> bool:
        """Whether the length of it depends on a calendar."""
        return self.unit in _WORKING


def as_utc(moment: datetime) -> datetime:
    """The same instant in UTC. Raises DurationError for a moment without a zone: it names no instant."""
    if moment.tzinfo is UTC:
        return moment
    if moment.utcoffset() is None:
        raise DurationError(f"{moment.isoformat()} has no time zone", "Pass an aware datetime, in UTC.")
    return moment.astimezone(UTC)


def elapsed(duration: Duration, start_utc: datetime) -> datetime:
    """When `duration` has passed since `start_utc`, in UTC, for the units that need no calendar.

    Days and weeks are multiples of 24 hours. Months are calendar months in UTC at the same time of day; a day that the
    target month lacks becomes its last (31 January and a month is the end of February). Raises DurationError for
    working units.
    """
    start = as_utc(start_utc)
    if duration.is_working:
        raise DurationError(f'"{duration}" has no length without a calendar', "Use engine.time.worktime.add.")
    if duration.unit is not Unit.months:
        return start + timedelta(minutes=duration.amount * _MINUTES_IN[duration.unit])
    years, month = divmod(start.month - 1 + duration.amount, 12)
    year, month = start.year + years, month + 1
    return start.replace(year=year, month=month, day=min(start.day, calendar.monthrange(year, month)[1]))


_WORDS = re.compile(r"([0-9]{1,9}) +(\S.*)")
_ISO = re.compile(r"P(?:([0-9]{1,9})([DWM])|T([0-9]{1,9})([HM]))")
_ISO_UNITS = {"D": Unit.days, "W": Unit.weeks, "M": Unit.months, "TH": Unit.hours, "TM": Unit.minutes}
_UNIT_NAMES = {name: unit for unit in Unit for name in (unit.value, unit.singular)}


def parse_duration(text: str) -> Duration:
    """The duration that `text` says: "3 working days", "1 hour", "PT30M", "P6M". Raises DurationError with the mend."""
    written = text.strip()
    words = _WORDS.fullmatch(written)
    if words and words[2] in _UNIT_NAMES:
        return Duration(int(words[1]), _UNIT_NAMES[words[2]])
    if iso := _ISO.fullmatch(written):
        designator = iso[2] or f"T{iso[4]}"
        return Duration(int(iso[1] or iso[3]), _ISO_UNITS[designator])
    raise _refusal(written)


# From here on: what people write instead, and what to tell them. Only reached for text that is already refused.

_KNOWN = ", ".join(unit.value for unit in Unit)
_NUMBER = r"[0-9]+(?:[.,][0-9]+)?"
_PART = re.compile(f"({_NUMBER}) *([a-z]+(?: +[a-z]+)*)")
_ISO_SUM = re.compile(f"P((?:{_NUMBER}[YMWD])*)(?:T((?:{_NUMBER}[HMS])+))?")
_ISO_PART = re.compile(f"({_NUMBER})([A-Z])")
_SHORT = {
    **dict.fromkeys(("min", "mins"), (Unit.minutes,)),
    **dict.fromkeys(("h", "hr", "hrs"), (Unit.hours,)),
    "d": (Unit.days,),
    "w": (Unit.weeks,),
    "m": (Unit.minutes, Unit.months),
    **dict.fromkeys(("bh", "wh"), (Unit.working_hours,)),
    **dict.fromkeys(("bd", "wd", "workday", "workdays", "weekday", "weekdays"), (Unit.working_days,)),
}
_IN_MONTHS = {"year": 12, "years": 12, "y": 12, "quarter": 3, "quarters": 3}
_SECONDS = ("s", "sec", "secs", "second", "seconds")


def _refusal(written: str) -> DurationError:
    said = f'"{written}" is not a duration'
    if not written:
        return DurationError("a duration is missing")
    if re.fullmatch(_NUMBER, written):
        whole = written if written.isdigit() else "3"
        return DurationError(f"{said}: it has no unit", f'Say the unit: "{whole} hours" or "{whole} working days".')
    if re.search("[0-9]{10}", written):
        return DurationError(f"{said}: it is more than ten years")
    if re.match(r"[-−+]|P.*[-−]", written):
        return DurationError(f"{said}: it has a sign", "A clock runs forward: write the amount without a sign.")
    iso_parts = _iso_parts(written)
    parts = iso_parts or _PART.findall(re.sub(",? +and +|, +", " ", written.lower()))
    if len(parts) > 1:
        return _refusal_of_several(said, parts)
    if len(parts) == 1 and (iso_parts or _PART.fullmatch(written.lower())):
        return _refusal_of_one(said, *parts[0])
    if re.match(r"[a-zA-Z]", written) and not iso_parts:
        return DurationError(f"{said}: it has no number", 'Write it in figures, such as "1 working day".')
    return DurationError(said)


def _iso_parts(written: str) -> list[tuple[str, str]]:
    """The parts of an ISO 8601 duration, with units as words; none if it is not one."""
    match = _ISO_SUM.fullmatch(written.upper())
    if not match:
        return []
    dates = {"Y": "years", "M": "months", "W": "weeks", "D": "days"}
    times = {"H": "hours", "M": "minutes", "S": "seconds"}
    return [(number, dates[letter]) for number, letter in _ISO_PART.findall(match[1])] + [
        (number, times[letter]) for number, letter in _ISO_PART.findall(match[2] or "")
    ]


def _units_meant(word: str) -> tuple[Unit, ...]:
    """The units that `word` may stand for: "business day", "days working" and "bd" are all working days."""
    word = re.sub("business|work(?!ing|day)|office", "working", re.sub(" +", " ", word))
    word = re.sub(r"(\w+) working", r"working \1", word)
    return (_UNIT_NAMES[word],) if word in _UNIT_NAMES else _SHORT.get(word, ())


def _refusal_of_one(said: str, number: str, word: str) -> DurationError:
    if word in _SECONDS:
        return DurationError(f"{said}: the smallest unit is the minute", "Write it in whole minutes.")
    if not number.isdigit():
        exact = _exact([(number, word)])
        mend = f"Write {exact}." if exact else "Use a smaller unit, so that the amount is whole."
        return DurationError(f"{said}: the amount must be a whole number", mend)
    if word in _IN_MONTHS:
        forms = _forms(int(number) * _IN_MONTHS[word], (Unit.months,))
        return DurationError(f'{said}: there is no unit "{word}"', f"Write {forms}.")
    if units := _units_meant(word):
        return DurationError(f"{said}: units are written out, in one way", f"Write {_forms(int(number), units)}.")
    return DurationError(f'{said}: there is no unit "{word}"', f"The units are {_KNOWN}.")


def _forms(amount: int, units: tuple[Unit, ...]) -> str:
    """The amount as an author would write it in each unit that can hold it; at least one of them must."""
    fitting = [unit for unit in units if amount <= _AT_MOST[unit]] or units[:1]
    return " or ".join(f'"{Duration(amount, unit)}"' for unit in fitting)


def _refusal_of_several(said: str, parts: list[tuple[str, str]]) -> DurationError:
    units = [unit for _, word in parts for unit in _units_meant(word)]
    if any("working" in unit for unit in units) and not all("working" in unit for unit in units):
        return DurationError(f"{said}: working and calendar units do not mix", "Use two clocks, or one unit.")
    exact = _exact(parts)
    mend = f"Say it in one unit: {exact}." if exact else "Say it in one unit."
    return DurationError(f"{said}: it has more than one unit", mend)


def _exact(parts: list[tuple[str, str]]) -> str:
    """The parts as one exact duration in hours or minutes, quoted; empty where there is none."""
    minutes = Decimal(0)
    working = False
    for number, word in parts:
        units = _units_meant(word)
        if len(units) != 1 or units[0] in (Unit.months, Unit.working_days):
            return ""
        working = units[0] in (Unit.working_minutes, Unit.working_hours)
        plain = Unit(units[0].removeprefix("working "))
        minutes += Decimal(number.replace(",", ".")) * _MINUTES_IN[plain]
    if minutes != int(minutes):
        return ""
    if minutes % 60:
        return _forms(int(minutes), (Unit.working_minutes if working else Unit.minutes,))
    return _forms(int(minutes) // 60, (Unit.working_hours if working else Unit.hours,))
