"""Why a person cannot take a lead now: leave, hours, earlier owners, limits, as the assignment table says (S4.5, B.5).

Every answer is said so that it reads after the person's name: "absent until 2027-01-04", "40 of 40 open leads".
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from engine.errors import NoWorkingTime
from engine.language.tables import Limits, Skip
from engine.lead import AskOwner, AssignMode, Lead
from engine.process import Process
from engine.time.calendars import hours_of
from engine.time.worktime import Absence, Calendar, is_open, next_open, with_absences
from engine.world import Colleague, World

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_FOR_GOOD = timedelta(days=20 * 366)


@dataclass(frozen=True, slots=True)
class Terms:
    """What is asked of whoever gets a lead: whom the table skips, limits (a rule's before the table's), a weight."""

    skip: Collection[Skip]
    limits: tuple[Limits, ...]
    weighted: bool = False


def obstacle(
    process: Process, lead: Lead, ask: AskOwner, world: World, colleague: Colleague, terms: Terms
) -> str | None:
    """The first reason why this person must not get this lead now; None where there is none."""
    if Skip.INACTIVE in terms.skip and not colleague.person.active:
        return "not active"
    if terms.weighted and colleague.person.weight == 0:
        return "weight 0"
    if barred := _barred(lead, ask, colleague.key, terms):
        return barred
    if Skip.ABSENT in terms.skip and (leave := leave_of(process, world, colleague)):
        return leave
    if Skip.OFF_SHIFT in terms.skip and (closed := _off_shift(process, world, colleague)):
        return closed
    return _full(lead, colleague, terms)


def open_leads(lead: Lead, colleague: Colleague) -> int:
    """The open leads a person has beside this one, which may be theirs already."""
    return colleague.open - 1 if colleague.key == lead.owner and colleague.open else colleague.open


def _barred(lead: Lead, ask: AskOwner, person: str, terms: Terms) -> str | None:
    """S2.5: whom a reassignment leaves out is for the reassignment to say, otherwise for the table."""
    reassigns = ask.mode is AssignMode.REASSIGN
    if person == lead.owner and (reassigns or person in ask.exclude):
        return "is the present owner"
    excluded = person in ask.exclude
    if person in lead.earlier_owners and (excluded or (Skip.EARLIER_OWNERS in terms.skip and not reassigns)):
        return "had this lead before"
    return "left out of this search" if excluded else None


def _full(lead: Lead, colleague: Colleague, terms: Terms) -> str | None:
    """Capacity. A person's own limits win over the rule's, these over the table's, each of the two on its own."""
    most_open, most_today = colleague.person.limits.open, colleague.person.limits.per_day
    for limits in terms.limits:
        most_open = limits.open if most_open is None else most_open
        most_today = limits.per_day if most_today is None else most_today
    has = open_leads(lead, colleague)
    if most_open is not None and has >= most_open:
        return f"{has} of {most_open} open leads"
    if most_today is not None and colleague.today >= most_today:
        return f"{colleague.today} of {most_today} leads today"
    return None


# --- leave and hours -------------------------------------------------------------------------------------------------


def leave_of(process: Process, world: World, colleague: Colleague) -> str | None:
    """Whether somebody is on leave, in words; None where not.

    Leave that takes all of their next working day counts from the closing before it: a lead that arrives on a Saturday
    does not go to somebody whose holiday begins on Monday.
    """
    if not colleague.absences:
        return None
    leave = sorted(absence for absence in colleague.absences if absence.end > world.now)
    if not leave:
        return None
    hours = hours_of(process, world, colleague)
    if (back := _end_of_leave(leave, world.now)) > world.now:
        return f"absent {_until(hours, back, world.now)}"
    try:
        first = next_open(hours, world.now)
    except NoWorkingTime:
        return None
    if first == world.now or (back := _end_of_leave(leave, first)) == first:
        return None
    if _works_on_day_of(with_absences(hours, leave), first):
        return None
    return f"absent from {_local(hours, first):%Y-%m-%d} {_until(hours, back, world.now)}"


def _end_of_leave(leave: list[Absence], start: datetime) -> datetime:
    """The end of the leave that covers `start`, following leave that joins it; `start` itself if none covers it."""
    end = start
    for absence in leave:
        if absence.start <= end < absence.end:
            end = absence.end
    return end


def _works_on_day_of(calendar: Calendar, first: datetime) -> bool:
    try:
        return _local(calendar, next_open(calendar, first)).date() == _local(calendar, first).date()
    except NoWorkingTime:
        return False


def _off_shift(process: Process, world: World, colleague: Colleague) -> str | None:
    hours = hours_of(process, world, colleague)
    if is_open(hours, world.now):
        return None
    try:
        return f"off shift until {clock_time(hours, next_open(hours, world.now), world.now)}"
    except NoWorkingTime:
        return "off shift for good"


def _until(calendar: Calendar, back: datetime, now: datetime) -> str:
    if back - now > _FOR_GOOD:
        return "until further notice"
    if _local(calendar, back).date() == _local(calendar, now).date():
        return f"until {_local(calendar, back):%H:%M} {calendar.zone}"
    return f"until {_local(calendar, back):%Y-%m-%d}"


def clock_time(calendar: Calendar, at: datetime, now: datetime) -> str:
    """A moment on somebody's clock: `Mon 09:00 Europe/Berlin`, with the date where it is a week off or more."""
    date = " %Y-%m-%d" if at - now >= timedelta(days=6) else ""
    local = _local(calendar, at)
    return f"{_WEEKDAYS[local.weekday()]}{local.strftime(date)} {local:%H:%M} {calendar.zone}"


def _local(calendar: Calendar, at: datetime) -> datetime:
    return at.astimezone(ZoneInfo(calendar.zone))
