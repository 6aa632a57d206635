"""When somebody would have acted: as late in the life of the lead as they did, in the time in which they work.

The age of a lead is its working time, on its owner's calendar with their leave: since it came to its stage, or since somebody
else got it there. If the lead stands in another stage than it did, it is its age since it arrived; and what cannot be done there
waits for the lead to come to where it can, as long as a clock of its stage may still move it. What others than people bring (the
lead itself, systems) comes when it came.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from engine.errors import NoWorkingTime
from engine.happening import EventIn
from engine.lead import ClockState, Lead
from engine.process import ROOT, Process
from engine.time.calendars import calendar_of, named_calendar
from engine.time.worktime import Calendar, add_working_time, with_absences, working_time
from engine.world import World
from trials.backtest.observed import Anchor, FromOutside

SAME_MOMENT = timedelta(minutes=1)
"""Within this time two moments are one: servers take their time."""


def acts_at(
    came: FromOutside, ran: Process, world: World, candidate: Process, lead: Lead, anchors: tuple[Anchor, ...]
) -> datetime | None:
    """When what was observed happens to the lead as it stands now; None while it waits for the lead to get on.

    `world` has people and leave as they were known then, `ran` is the version that the lead was on; `anchors` are those of the
    candidate's lead.
    """
    here = lead.stage == came.before.stage and lead.process == came.before.process
    if not here and _waits(came, candidate, lead):
        return None
    if not came.by_people:
        return came.at
    if here and came.anchors and anchors:
        number = min(len(came.anchors), len(anchors)) - 1
        since, now = came.anchors[number:], anchors[number].at
    else:
        since, now = (Anchor(lead.arrived_at, came.before.owner),), lead.arrived_at
    if abs(now - since[0].at) <= SAME_MOMENT and since[0].owner == lead.owner:
        return came.at
    age = _age(since, came.at, ran, world)
    calendar = _calendar(candidate, world, lead.owner)
    try:
        return add_working_time(calendar, now, age)
    except NoWorkingTime:  # a leave without end: as if there were none
        return add_working_time(with_absences(calendar, ()), now, age)


def _age(since: Sequence[Anchor], until: datetime, ran: Process, world: World) -> timedelta:
    """Each of them has had it for some time, in which they work."""
    ends = (*(anchor.at for anchor in since[1:]), until)
    spells = (
        working_time(_calendar(ran, world, anchor.owner), anchor.at, end)
        for anchor, end in zip(since, ends, strict=True)
    )
    return sum(spells, timedelta())


def _waits(came: FromOutside, candidate: Process, lead: Lead) -> bool:
    event = came.happening
    if not isinstance(event, EventIn) or (lead.stage, event.name) in candidate.branches or lead.closed:
        return False
    if came.before.stage not in candidate.leaves and candidate.name == came.before.process:
        return False  # there is no such stage to come to
    return any(clock.state is ClockState.RUNNING and clock.scope != ROOT for clock in lead.clocks.values())


def _calendar(process: Process, world: World, person: str | None) -> Calendar:
    return calendar_of(process, world, person) if person else named_calendar(process, None)
