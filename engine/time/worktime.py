"""Deadlines and time spent on somebody's calendar: opening hours, zone, holidays, closures and leave (S2.5, B.6).

Two ideas carry the module. Opening hours become intervals in UTC, one local day at a time, so that an hour is always
sixty real minutes, also in the nights when clocks change. And a wall clock that repeats or skips an hour is taken to
stand still until it gets ahead of itself, so that a later start never falls due earlier.

Not for workflow code: the sandbox breaks both `zoneinfo` and `holidays`, and their tables change with their versions.
Ask from an activity and keep the absolute answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from itertools import pairwise
from zoneinfo import ZoneInfo

from engine.errors import LeadflowError, NoWorkingTime
from engine.time.durations import Duration, Unit, as_utc, elapsed

_SECOND = timedelta(seconds=1)
_MIDNIGHT = time()
_LONGEST_CLOSURE_DAYS = 3 * 366
_MOST_DAYS = 4_096
"""Days that a calendar remembers."""

# Open from, open until; in UTC, the second not included.
_Interval = tuple[datetime, datetime]


class CalendarError(LeadflowError):
    """A calendar is not usable as written: hours, zone, region, closures or leave."""


@dataclass(frozen=True, order=True)
class Span:
    """Open hours within one local day, in minutes since midnight: 540 to 1020 is 09:00-17:00; 1440 is its end."""

    opens: int
    closes: int

    def __post_init__(self) -> None:
        if not 0 <= self.opens < self.closes <= 1440:
            remedy = "Write the opening before the closing, within 00:00-24:00."
            if self.closes <= self.opens < 1440:
                remedy = f"For a shift past midnight write {_clock(self.opens)}-24:00, and the rest on the next day."
            raise CalendarError(f"{self} is not a span of one day", remedy)

    def __str__(self) -> str:
        return f"{_clock(self.opens)}-{_clock(self.closes)}"


@dataclass(frozen=True, order=True)
class Absence:
    """Leave of the person whose calendar it is: from `start` up to, not including, `end`; kept in UTC."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", as_utc(self.start))
        object.__setattr__(self, "end", as_utc(self.end))
        if self.end < self.start:
            raise CalendarError(
                f"a leave ends ({self.end.isoformat()}) before it starts ({self.start.isoformat()})",
                "Write the first moment of the leave before its last.",
            )


@dataclass(frozen=True)
class Calendar:
    """When somebody works. `week` holds the spans of seven days, Monday first.

    `special` replaces the hours of single dates, and wins over holidays: half-days, and holidays that are worked.
    `closed` are whole days off beyond those of `holiday_region` (ISO 3166: "DE", "DE-BY", "US-CA").
    Raises CalendarError if spans of a day overlap or a date is both closed and special; zone and region are
    looked at when first used, or by `check_zone` and `check_region`.
    """

    name: str
    zone: str
    week: tuple[tuple[Span, ...], ...]
    holiday_region: str | None = None
    closed: tuple[date, ...] = ()
    special: Mapping[date, tuple[Span, ...]] = field(default_factory=dict, hash=False)
    absences: tuple[Absence, ...] = ()
    _days: dict[int, tuple[_Interval, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What is open on a local day, leave apart, by the day's ordinal: worked out once."""

    def __post_init__(self) -> None:
        if len(self.week) != 7:
            raise CalendarError(f'calendar "{self.name}" has {len(self.week)} days', "Give seven, Monday first.")
        for spans in (*self.week, *self.special.values()):
            for earlier, later in pairwise(spans):
                if later.opens < earlier.closes:
                    raise CalendarError(
                        f'calendar "{self.name}": {later} after {earlier} on one day',
                        "Write the spans of a day in order, without overlap.",
                    )
        for day in self.closed:
            if day in self.special:
                raise CalendarError(
                    f'calendar "{self.name}": {day} is closed and also has hours of its own', "Keep one of the two."
                )


def with_absences(calendar: Calendar, absences: Iterable[Absence]) -> Calendar:
    """The calendar with this leave, in place of any it had, so that leave cut short is cut short."""
    away = replace(calendar, absences=tuple(sorted(absences)))
    object.__setattr__(away, "_days", calendar._days)
    return away


def parse_span(text: str) -> Span:
    """The span that `text` says: "09:00-17:00", up to "24:00". Raises CalendarError."""
    match = re.fullmatch(r"([0-9]{2}):([0-5][0-9])-([0-9]{2}):([0-5][0-9])", text.strip())
    if not match:
        raise CalendarError(f'"{text}" is not a span of hours', 'Write it as "09:00-17:00".')
    first_hour, first_minute, last_hour, last_minute = map(int, match.groups())
    return Span(first_hour * 60 + first_minute, last_hour * 60 + last_minute)


def add(calendar: Calendar, start: datetime, duration: Duration) -> datetime:
    """When `duration` from `start` is over on this calendar, in UTC; never before `start`.

    A start outside working time moves to the next opening first. Working hours and minutes then use up open time.
    N working days later is the same local time on the Nth following day with any working time left on it: its first
    opening, if that is later, and otherwise the end of the last span before. A deadline that meets a closing time
    stays there. Calendar units are `engine.time.durations.elapsed` and ignore the calendar. A later start never gives an
    earlier deadline, months of unequal length aside. Raises NoWorkingTime, CalendarError.
    """
    if duration.unit is Unit.working_days:
        return _add_working_days(calendar, start, duration.amount)
    if duration.unit is Unit.working_hours:
        return add_working_time(calendar, start, timedelta(hours=duration.amount))
    if duration.unit is Unit.working_minutes:
        return add_working_time(calendar, start, timedelta(minutes=duration.amount))
    return elapsed(duration, start)


def add_working_time(calendar: Calendar, start: datetime, amount: timedelta) -> datetime:
    """The moment at which `amount` of open time has passed since `start`, in UTC: the inverse of `working_time`.

    It takes any length, for what is no longer a round duration: half of a clock, or what a pause left of it.
    With nothing left, or less, it is the next opening. Raises NoWorkingTime, CalendarError.
    """
    amount = max(amount, timedelta())
    for _, intervals in _openings(calendar, as_utc(start)):
        for opens, closes in intervals:
            open_for = closes - opens
            if amount <= open_for:
                return opens + amount
            amount -= open_for
    raise AssertionError("openings end only with an error")


def working_time(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """Open time between two moments (S1.10); zero if `end` is not after `start`. Raises CalendarError."""
    start, end = as_utc(start), as_utc(end)
    total = timedelta()
    if end <= start:
        return total
    zone = _zone(calendar.zone)
    first, last = _day_of(zone, start), _day_of(zone, end)
    for ordinal in range(first, last + 1):
        for opens, closes in _open_on(calendar, zone, ordinal):
            if opens < end and closes > start:
                total += min(closes, end) - max(opens, start)
    return total


def is_open(calendar: Calendar, at: datetime) -> bool:
    """Whether `at` is working time. An opening is, a closing is not. Raises CalendarError."""
    at = as_utc(at)
    zone = _zone(calendar.zone)
    return any(opens <= at < closes for opens, closes in _open_on(calendar, zone, _day_of(zone, at)))


def next_open(calendar: Calendar, at: datetime) -> datetime:
    """The first working moment that is not before `at`, in UTC. Raises NoWorkingTime, CalendarError."""
    _, intervals = next(_openings(calendar, as_utc(at)))
    return intervals[0][0]


def opening_of(calendar: Calendar, day: str) -> datetime:
    """The first working moment on or after a local date (ISO text), in UTC. Raises NoWorkingTime, CalendarError."""
    return next_open(calendar, _from_wall(_zone(calendar.zone), datetime.combine(date.fromisoformat(day), _MIDNIGHT)))


def _add_working_days(calendar: Calendar, start: datetime, amount: int) -> datetime:
    days = _openings(calendar, as_utc(start))
    day, intervals = next(days)
    begins = intervals[0][0]
    if amount == 0:
        return begins
    zone = _zone(calendar.zone)
    time_of_day = _to_wall(zone, begins) - _midnight(day)
    for _ in range(amount):
        day, intervals = next(days)
    wanted = _from_wall(zone, _midnight(day) + time_of_day)
    due = intervals[0][0]
    for opens, closes in intervals:
        if opens <= wanted:
            due = min(wanted, closes)
    return due


def _openings(calendar: Calendar, start: datetime) -> Iterator[tuple[int, Sequence[_Interval]]]:
    """The working days from `start` on, by their ordinals, each with what is left open of it; never empty, never ending.

    Raises NoWorkingTime once nothing has opened for three years.
    """
    zone = _zone(calendar.zone)
    first = last_open = _day_of(zone, start)
    for ordinal in range(first, date.max.toordinal()):
        intervals = _open_on(calendar, zone, ordinal)
        if intervals and intervals[0][0] < start:
            intervals = [(max(opens, start), closes) for opens, closes in intervals if closes > start]
        if intervals:
            last_open = ordinal
            yield ordinal, intervals
        elif ordinal - last_open >= _LONGEST_CLOSURE_DAYS:
            break
    raise NoWorkingTime(
        f'calendar "{calendar.name}" ({calendar.zone}) has no working time in the three years after '
        f"{date.fromordinal(last_open)}"
    )


def open_spans(calendar: Calendar, day: date) -> tuple[Span, ...]:
    """The hours of one local day, without holidays and closures; leave is not looked at. Raises CalendarError."""
    spans = calendar.special.get(day)
    if spans is not None:
        return spans
    spans = calendar.week[day.weekday()]
    if not spans or day in calendar.closed:
        return ()
    if calendar.holiday_region and day in public_holidays(calendar.holiday_region, day.year):
        return ()
    return spans


def _open_on(calendar: Calendar, zone: ZoneInfo, ordinal: int) -> Sequence[_Interval]:
    """The open intervals of one local day, in order, without holidays, closures and leave."""
    intervals: Sequence[_Interval] | None = calendar._days.get(ordinal)
    if intervals is None:
        day = date.fromordinal(ordinal)
        found = (_interval(zone, day, span.opens, span.closes) for span in open_spans(calendar, day))
        if len(calendar._days) >= _MOST_DAYS:
            calendar._days.clear()
        intervals = calendar._days[ordinal] = tuple((opens, closes) for opens, closes in found if opens < closes)
    for absence in calendar.absences:
        if intervals and absence.start < intervals[-1][1] and absence.end > intervals[0][0]:
            intervals = _without(intervals, absence)
    return intervals


def _midnight(ordinal: int) -> datetime:
    return datetime.combine(date.fromordinal(ordinal), _MIDNIGHT)


def _interval(zone: ZoneInfo, day: date, opens: int, closes: int) -> _Interval:
    """One span in UTC. It is empty where a spring night skips all of it."""
    midnight = datetime.combine(day, _MIDNIGHT)
    return (
        _from_wall(zone, midnight + timedelta(minutes=opens)),
        _from_wall(zone, midnight + timedelta(minutes=closes)),
    )


def _without(intervals: Sequence[_Interval], absence: Absence) -> list[_Interval]:
    left = []
    for opens, closes in intervals:
        if opens < min(closes, absence.start):
            left.append((opens, min(closes, absence.start)))
        if max(opens, absence.end) < closes:
            left.append((max(opens, absence.end), closes))
    return left


# Local time. `datetime + timedelta` on a zoned value moves the hands of the clock and not time itself, so all sums are
# done on UTC values or on naive ones ("wall"), and only these functions go between the two. Both are monotone.


def _from_wall(zone: ZoneInfo, wall: datetime) -> datetime:
    """When the clock first shows `wall` or later: the first of two, and the end of the gap for one that is skipped."""
    zoned = wall.replace(tzinfo=zone)
    earlier, later = _offset(zoned), _offset(zoned.replace(fold=1))
    if earlier >= later:
        return (wall - earlier).replace(tzinfo=UTC)
    return _change(zone, (wall - later).replace(tzinfo=UTC), (wall - earlier).replace(tzinfo=UTC))


def _to_wall(zone: ZoneInfo, moment: datetime) -> datetime:
    """The furthest that the clock has got by `moment`: while an hour repeats, that is the end of it."""
    local = moment.astimezone(zone)
    if local.fold:
        before = _offset(local.replace(fold=0))
        change = _change(zone, (local.replace(tzinfo=None) - before).replace(tzinfo=UTC), moment)
        return change.replace(tzinfo=None) + before
    return local.replace(tzinfo=None)


def _day_of(zone: ZoneInfo, moment: datetime) -> int:
    """The ordinal of the local day."""
    local = moment.astimezone(zone)
    return _to_wall(zone, moment).toordinal() if local.fold else local.toordinal()


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The instant between the two at which the zone's offset changes; changes come at whole seconds."""
    target = _offset(after.astimezone(zone))
    before, after = before.replace(microsecond=0), after.replace(microsecond=0)
    while after - before > _SECOND:
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if _offset(middle.astimezone(zone)) == target:
            after = middle
        else:
            before = middle
    return after


def _offset(zoned: datetime) -> timedelta:
    offset = zoned.utcoffset()
    assert offset is not None
    return offset


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


# Zones and regions: names that ops write, tables that come with a package.


def check_zone(name: str) -> None:
    """Raises CalendarError unless `name` is a time zone of the IANA table, as "Europe/Berlin"."""
    _zone(name)


def check_region(region: str) -> None:
    """Raises CalendarError unless there are public holidays for `region`: "DE", "DE-BY", "US-CA"."""
    public_holidays(region, 2026)


@cache
def _zone(name: str) -> ZoneInfo:
    # The package's list, not the system's files: their names ignore case on some systems, and differ between systems.
    names = files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()
    if name in names:
        return ZoneInfo(name)
    city = name.rpartition("/")[2].replace(" ", "_").casefold()
    same_city = [known for known in names if known.rpartition("/")[2].casefold() == city]
    remedy = f"Write {same_city[0]}." if same_city else _similar(name, names, "Write it as Europe/Berlin.")
    raise CalendarError(f'there is no time zone "{name}"', remedy)


@cache
def public_holidays(region: str, year: int) -> frozenset[date]:
    """The public holidays of a country or one of its parts, for membership tests. Raises CalendarError."""
    import holidays  # takes a tenth of a second, and most processes never need it

    country, _, part = region.partition("-")
    # The package also takes other names ("DEU", "DE" with "Bayern"); here there is one way to say each.
    if re.fullmatch("[A-Z]{2}(-.+)?", region):
        with suppress(NotImplementedError):
            days = holidays.country_holidays(country, subdiv=part or None, years=year)
            if not part or part in days.subdivisions:
                return frozenset(days)
    table = holidays.list_supported_countries(include_aliases=False)
    regions = [*table, *(f"{code}-{one}" for code, parts in table.items() for one in parts)]
    remedy = _similar(region, regions, "Write its ISO 3166 code, such as DE or DE-BY.")
    raise CalendarError(f'there are no public holidays for "{region}"', remedy)


def _similar(wrong: str, known: list[str], otherwise: str) -> str:
    by_folded = {name.casefold(): name for name in known}
    if right := by_folded.get(wrong.casefold()):
        return f"Write {right}."
    names = [by_folded[match] for match in get_close_matches(wrong.casefold(), by_folded, n=3)]
    return f"Did you mean {' or '.join(names)}?" if names else otherwise
