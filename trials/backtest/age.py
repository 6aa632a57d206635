"""When somebody would have acted: as late in the life of the lead as they did, in the time in which they work.

The age of a lead is its working time, on its owner's calendar with their leave: since it came to its stage, or since somebody
else got it there. What others than people bring (the lead itself, systems) comes when it came.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.errors import NoWorkingTime
from engine.lead import Lead
from engine.process import Process
from engine.time.calendars import calendar_of, named_calendar
from engine.time.worktime import Calendar, add_working_time, with_absences, working_time
from engine.world import World
from trials.backtest.observed import FromOutside

SAME_MOMENT = timedelta(minutes=1)
"""Within this time two moments are one: servers take their time."""


def acts_at(
    came: FromOutside, ran: Process, world: World, candidate: Process, lead: Lead, anchors: tuple[datetime, ...]
) -> datetime:
    """When what was observed happens to the lead as it stands now. `world` has people and leave as they were known then, `ran` is the
    version that the lead was on; `anchors` are those of the candidate's lead."""
    if not came.by_people or not came.anchors or not anchors:
        return came.at
    number = min(len(came.anchors), len(anchors)) - 1
    then, now = came.anchors[number], anchors[number]
    if abs(now - then) <= SAME_MOMENT and came.before.owner == lead.owner:
        return came.at
    age = working_time(_calendar(ran, world, came.before.owner), then, came.at)
    calendar = _calendar(candidate, world, lead.owner)
    try:
        return add_working_time(calendar, now, age)
    except NoWorkingTime:  # a leave without end: as if there were none
        return add_working_time(with_absences(calendar, ()), now, age)


def _calendar(process: Process, world: World, person: str | None) -> Calendar:
    return calendar_of(process, world, person) if person else named_calendar(process, None)
