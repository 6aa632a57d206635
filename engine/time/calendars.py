"""Whose calendar counts: from the tables of a process, the roster and its leave to a `worktime.Calendar` (S2.5, B.6).

A person's own calendar comes first, then their first team's, then the table's default. The roster is not pinned with a
process, its calendar names may be younger than the process's table: a name that the table lacks is passed over.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from engine.language.tables import CalendarEntry
from engine.process import Process
from engine.time.worktime import Calendar, CalendarError, Span, parse_span, with_absences
from engine.world import Colleague, World

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

ALWAYS = Calendar("always", "UTC", week=((Span(0, 1440),),) * 7)
"""Around the clock in UTC: the calendar of a process without a table of calendars."""


_KNOWN: dict[tuple[str, str], Calendar] = {}
"""By digest and name: what a digest names never changes."""


def calendar_of(process: Process, world: World, person: str) -> Calendar:
    """A person's calendar with their leave; the default one for somebody whom the roster does not know."""
    colleague = world.people.get(person)
    if colleague is None:
        return named_calendar(process, None)
    calendar = hours_of(process, world, colleague)
    return with_absences(calendar, colleague.absences) if colleague.absences else calendar


def hours_of(process: Process, world: World, colleague: Colleague) -> Calendar:
    """A person's calendar without their leave: the hours they keep when they are there."""
    person = colleague.person
    if _knows(process, person.calendar):
        return named_calendar(process, person.calendar)
    return team_calendar(process, world, person.teams[0] if person.teams else None)


def team_calendar(process: Process, world: World, team: str | None) -> Calendar:
    """A team's calendar; the default one where it names none."""
    known = world.teams.get(team) if team else None
    return named_calendar(process, known.calendar if known else None)


def named_calendar(process: Process, name: str | None) -> Calendar:
    """A calendar of the process's table by its name; the default one for None or a name that the table lacks."""
    table = process.calendars
    if table is None:
        return ALWAYS
    key = name if name is not None and name in table.of else table.default
    known = _KNOWN.get((process.digest, key))
    if known is None:
        known = _KNOWN[(process.digest, key)] = compiled(key, table.of[key])
    return known


def compiled(name: str, entry: CalendarEntry) -> Calendar:
    """The calendar that an author wrote. Raises CalendarError if its hours or closures make no sense."""
    return _compiled(
        name, entry.zone, tuple(entry.hours.items()), entry.holidays, tuple(entry.closed), tuple(entry.special.items())
    )


def _knows(process: Process, name: str | None) -> bool:
    return name is not None and process.calendars is not None and name in process.calendars.of


@lru_cache(maxsize=1_024)
def _compiled(
    name: str,
    zone: str,
    hours: tuple[tuple[str, str], ...],
    region: str | None,
    closed: tuple[str, ...],
    special: tuple[tuple[str, str], ...],
) -> Calendar:
    week: list[tuple[Span, ...]] = [()] * 7
    # A day on its own says more than a range that it lies in: `mon-fri: 09:00-17:00` and `fri: 09:00-14:00`.
    for days, spans in sorted(hours, key=lambda entry: "-" not in entry[0]):
        for day in _days(days):
            week[day] = _spans(spans)
    return Calendar(
        name,
        zone,
        tuple(week),
        holiday_region=region,
        closed=tuple(_date(day) for day in closed),
        special={_date(day): _spans(spans) for day, spans in special},
    )


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CalendarError(f'there is no day "{text}"', "Write it as 2026-12-24.") from None


def _days(key: str) -> list[int]:
    """`mon-fri` or `sat` as days of the week from Monday; a range may pass Sunday: `sat-mon`."""
    first, _, last = key.partition("-")
    start, end = _DAYS.index(first), _DAYS.index(last or first)
    return [(start + ahead) % 7 for ahead in range((end - start) % 7 + 1)]


def _spans(text: str) -> tuple[Span, ...]:
    return tuple(sorted(parse_span(span) for span in text.split(",")))
