"""The world's part of a decision: score, owner and deadlines, worked out from facts (an activity, the simulator).

    settle(process, decision, world) -> Settled

Pure. A decision is settled once and its answers recorded, so that a retry or a replay finds the same ones;
`engine.conclude` works them into the lead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from engine import clocks
from engine.altered import altered
from engine.conclude import conclude, with_deadlines, with_score
from engine.decision import ClockMove, Conclusion, Deadline, Decision, Settled, Task
from engine.errors import NoWorkingTime
from engine.language.definition import ClockSpec, Repeat
from engine.lead import Climb, Clock, ClockState, Lead
from engine.owners.assignment import assign, classify
from engine.owners.recipients import recipient
from engine.process import Process, moment
from engine.scoring import score
from engine.time import worktime
from engine.time.calendars import calendar_of, named_calendar, team_calendar
from engine.time.durations import Duration, Unit, parse_duration
from engine.time.worktime import Calendar
from engine.world import World

T = TypeVar("T")

_RHYTHM: Mapping[Repeat, Duration] = {
    Repeat.HOUR: Duration(1, Unit.hours),
    Repeat.WORKING_HOUR: Duration(1, Unit.working_hours),
    Repeat.DAY: Duration(1, Unit.days),
    Repeat.WORKING_DAY: Duration(1, Unit.working_days),
    Repeat.WEEK: Duration(1, Unit.weeks),
}


# --- asking the world ------------------------------------------------------------------------------------------------


def settle(process: Process, decision: Decision, world: World, origin: Process | None = None) -> Settled:
    """Answer everything that a decision leaves open. `origin` is the version that a moved lead comes from."""
    return settle_and_conclude(process, decision, world, origin)[0]


def settle_and_conclude(
    process: Process, decision: Decision, world: World, origin: Process | None = None
) -> tuple[Settled, Conclusion]:
    """The answers, and what `engine.conclude` makes of them: most of that has to be known to answer."""
    lead = decision.lead
    scored = score(process, lead, world.now, world.scale) if decision.score else None
    digest = world.digests.get(decision.hand_over) if decision.hand_over else None
    lead = with_score(process, lead, scored)
    segment, assigned = None, None
    if decision.owner is not None:
        segment = classify(process, lead, world.now)
        assigned = assign(process, altered(lead, segment=segment), decision.owner, world)
    answers = Settled(scored, assigned, segment, digest=digest)
    concluded = conclude(process, decision, answers)
    lead = concluded.lead
    told = _moved(process, origin or process, lead, decision, world)
    running = {
        name: _clock_deadline(process, lead, clock, world)
        for name, clock in lead.clocks.items()
        if clock.state in clocks.WAITS_FOR_WORLD and name not in told
    }
    climbing = {
        name: _climb_deadline(process, lead, climb, world)
        for name, climb in lead.climbs.items()
        if climb.due_at is None and climb.paused_at is None
    }
    if not (running or climbing or told):
        return answers, concluded
    settled = Settled(scored, assigned, segment, clocks=running | told, climbs=climbing, digest=digest)
    return settled, with_deadlines(concluded, settled, decision.record.at)


def measure(process: Process, lead: Lead, clock: Clock, world: World) -> tuple[float, float]:
    """S1.10: seconds since a clock began to count, as they passed and as open time on its calendar.

    A clock that the lead has left behind in another process is measured on the calendar that it last ran on.
    """
    rule = process.clocks.get((clock.scope, clock.name))
    calendar = _calendar(process, lead, rule.spec, world) if rule else named_calendar(process, clock.calendar)
    start = _start(calendar, lead, clock, rule.spec) if rule else clock.counts_from
    raw = (world.now - start).total_seconds()
    return max(raw, 0.0), worktime.working_time(calendar, start, world.now).total_seconds()


def stay(process: Process, decision: Decision, world: World) -> float | None:
    """S1.10: open seconds, on the owner's calendar, of the stay that a decision ends. None where it ends none."""
    record = decision.record
    if record.since is None or record.since == decision.lead.entered_at:
        return None
    owner = decision.lead.owner
    calendar = calendar_of(process, world, owner) if owner else named_calendar(process, None)
    return worktime.working_time(calendar, record.since, world.now).total_seconds()


def task_deadlines(process: Process, conclusion: Conclusion, world: World) -> dict[int, datetime]:
    """When tasks fall due, by their number among what goes out; on the calendar of whoever gets them."""
    due = {}
    for number, effect in enumerate(conclusion.outward):
        if isinstance(effect, Task) and effect.due is not None:
            meant = recipient(process, conclusion.lead, effect.to)
            calendar = calendar_of(process, world, meant.name) if meant else named_calendar(process, None)
            due[number] = _scaled(world.now, _after(calendar, world.now, parse_duration(effect.due)), world)
    return due


def _clock_deadline(process: Process, lead: Lead, clock: Clock, world: World) -> Deadline:
    spec = process.clock(clock.name, clock.scope).spec
    return _on(_calendar(process, lead, spec, world), lambda one: _deadline_on(one, lead, clock, spec, world))


def _deadline_on(calendar: Calendar, lead: Lead, clock: Clock, spec: ClockSpec, world: World) -> Deadline:
    start = _start(calendar, lead, clock, spec)
    due = clock.due_at or _due_at(calendar, lead, clock, spec, start, world)
    if clock.state is ClockState.PAUSING:
        remains = _counted(calendar, world.now, due, spec, world)
        whole = clock.budget_seconds or _counted(calendar, start, due, spec, world).total_seconds()
        return Deadline(None, calendar=calendar.name, left_seconds=remains.total_seconds(), budget_seconds=whole)
    if not spec.warn_at:
        return Deadline(due, calendar=calendar.name)
    left = _counted(calendar, start, due, spec, world)
    budget = timedelta(seconds=clock.budget_seconds) if clock.budget_seconds is not None else left
    warnings = _warnings(calendar, start, left, budget, spec, world)
    return Deadline(due, tuple(sorted(at for at in warnings if world.now < at < due)), calendar.name)


def _start(calendar: Calendar, lead: Lead, clock: Clock, spec: ClockSpec) -> datetime:
    """When a clock begins to count. A day begins when its calendar opens, not at midnight in Greenwich."""
    day = lead.fields.get(spec.counts_from.removeprefix("lead."))
    if spec.counts_from.startswith("lead.") and isinstance(day, str) and clock.counts_from == moment(day):
        return _on(calendar, lambda one: worktime.opening_of(one, day))
    return clock.counts_from


def _due_at(calendar: Calendar, lead: Lead, clock: Clock, spec: ClockSpec, start: datetime, world: World) -> datetime:
    if spec.at:
        day = lead.fields.get(spec.at.removeprefix("lead."))
        return max(start, _scaled(start, worktime.opening_of(calendar, str(day)), world))
    if clock.left_seconds is not None:
        return _later(calendar, start, timedelta(seconds=clock.left_seconds), spec, world)
    if spec.due is None:
        raise AssertionError(f"clock {clock.name} has neither `due` nor `at`")
    return _scaled(start, worktime.add(calendar, start, spec.due), world)


# --- clocks that go along to another version (B.3) --------------------------------------------------------------------


def _moved(process: Process, origin: Process, lead: Lead, decision: Decision, world: World) -> dict[str, Deadline]:
    """The deadlines of clocks that go on by another rule, by their keys in the lead."""
    told = {}
    for move in decision.moves:
        clock = (lead.kept if move.kept else lead.clocks).get(move.key)
        if move.asks and clock is not None:
            told[move.key] = _moved_deadline(process, process if move.closed_at else origin, lead, move, clock, world)
    return told


def _moved_deadline(
    process: Process, origin: Process, lead: Lead, move: ClockMove, clock: Clock, world: World
) -> Deadline:
    before, spec = move.before, process.clock(clock.name, clock.scope).spec
    stands = clock.state in (ClockState.PAUSING, ClockState.PAUSED)
    if before.state is ClockState.PAUSED and before.left_seconds is None:
        return Deadline(None) if stands else _clock_deadline(process, lead, clock, world)
    if spec.at is not None and not stands:
        return _clock_deadline(process, lead, replace(clock, due_at=None, left_seconds=None), world)
    old = origin.clock(before.name, before.scope).spec
    if move.kept:  # whoever has the lead meanwhile may keep other hours; it waits on those that it last ran on
        was, calendar = named_calendar(origin, before.calendar), named_calendar(process, before.calendar)
    else:
        was, calendar = _calendar(origin, lead, old, world), _calendar(process, lead, spec, world)
    left, whole = _on(was, lambda one: _left(one, lead, move, old, world))
    gone = _on(was, lambda one: _counted(one, move.closed_at or world.now, world.now, old, world))
    # An evening's end and the next morning are the same working time: where none has passed, the moment stays the same too.
    due = before.due_at if not gone else None
    if move.recount and spec.due is not None:
        fresh = replace(before, due_at=None, left_seconds=None)
        start = _on(calendar, lambda one: _start(one, lead, fresh, spec))
        full = _on(
            calendar, lambda one: _counted(one, start, _due_at(one, lead, fresh, spec, start, world), spec, world)
        )
        left, whole, due = max(full - (whole - left), timedelta()), full, None
    elif _is_working(old) != _is_working(spec):
        # Hours of one kind are none of the other: what stays is the moment.
        until = due or _on(was, lambda one: _later(one, world.now, left, old, world))
        remains = _on(calendar, lambda one: _counted(one, world.now, until, spec, world))
        due = until
        left, whole = remains, whole * (remains / left) if left else remains
    elif _is_working(spec) and was != calendar:
        due = None
    if stands:
        return Deadline(None, (), calendar.name, left.total_seconds(), whole.total_seconds())
    stood = move.stood.due_at if move.stood is not None else None
    if move.stood and stood and left == _on(calendar, lambda one: _counted(one, world.now, stood, spec, world)):
        # Of the moments that leave as much time, the way back takes the one that was.
        due, warnings = stood, list(move.stood.warnings)
    else:
        due = due or _on(calendar, lambda one: _later(one, world.now, left, spec, world))
        warnings = _on(calendar, lambda one: _warnings(one, world.now, left, whole, spec, world))
    within = tuple(sorted(at for at in warnings if world.now < at < due))
    return Deadline(due, within, calendar.name, left.total_seconds(), whole.total_seconds())


def _left(
    calendar: Calendar, lead: Lead, move: ClockMove, spec: ClockSpec, world: World
) -> tuple[timedelta, timedelta]:
    """What is left of a clock, of how much: at the time when it was closed, or now."""
    clock = move.before
    if clock.due_at is None:
        left = timedelta(seconds=clock.left_seconds or 0)
        return left, timedelta(seconds=clock.budget_seconds) if clock.budget_seconds is not None else left
    start = _start(calendar, lead, clock, spec)
    left = _counted(calendar, move.closed_at or world.now, clock.due_at, spec, world)
    if clock.budget_seconds is not None:
        return left, timedelta(seconds=clock.budget_seconds)
    return left, _counted(calendar, start, clock.due_at, spec, world)


def _warnings(
    calendar: Calendar, start: datetime, left: timedelta, whole: timedelta, spec: ClockSpec, world: World
) -> list[datetime]:
    """When a clock warns that has so much of so much left at `start`."""
    waits = (left - whole * (100 - int(percent.removesuffix("%"))) / 100 for percent in spec.warn_at)
    return [_later(calendar, start, wait, spec, world) for wait in waits if wait > timedelta()]


# In the demo's short time all hours count: what is left of a deadline, and when it warns, is a share of seconds there.


def _counted(calendar: Calendar, start: datetime, end: datetime, spec: ClockSpec, world: World) -> timedelta:
    """The time between two moments that counts for a clock; none where the second is the earlier."""
    if _is_working(spec) and world.scale == 1:
        return worktime.working_time(calendar, start, end)
    return max(end - start, timedelta())


def _later(calendar: Calendar, start: datetime, time: timedelta, spec: ClockSpec, world: World) -> datetime:
    """When this much of the time that counts for a clock has passed."""
    if _is_working(spec) and world.scale == 1:
        return worktime.add_working_time(calendar, start, time)
    return start + time


def _climb_deadline(process: Process, lead: Lead, climb: Climb, world: World) -> Deadline:
    rung = process.series[climb.name].steps[climb.step]
    wait = _RHYTHM[rung.repeat] if climb.round and rung.repeat else rung.after
    rule = process.clocks.get((climb.scope, climb.clock))
    calendar = _calendar(process, lead, rule.spec, world) if rule else named_calendar(process, None)
    due = _after(calendar, climb.started_at, wait)
    return Deadline(_scaled(climb.started_at, due, world), calendar=calendar.name)


def _after(calendar: Calendar, start: datetime, wait: Duration) -> datetime:
    return _on(calendar, lambda one: worktime.add(one, start, wait))


def _on(calendar: Calendar, reckon: Callable[[Calendar], T]) -> T:
    """Reckon on a calendar. Where its leave has no end in sight it does not count: no lead waits for who does not come back."""
    try:
        return reckon(calendar)
    except NoWorkingTime:
        return reckon(worktime.with_absences(calendar, ()))


def _scaled(start: datetime, due: datetime, world: World) -> datetime:
    return due if world.scale == 1 else start + (due - start) * world.scale


def _is_working(spec: ClockSpec) -> bool:
    return spec.due is not None and spec.due.is_working


def _calendar(process: Process, lead: Lead, spec: ClockSpec, world: World) -> Calendar:
    """B.6: the owner's own calendar with their leave, the team's, or a named one."""
    if spec.runs_on == "owner":
        return calendar_of(process, world, lead.owner) if lead.owner else named_calendar(process, None)
    if spec.runs_on == "team":
        return team_calendar(process, world, lead.team) if lead.team else named_calendar(process, None)
    return named_calendar(process, spec.runs_on)
