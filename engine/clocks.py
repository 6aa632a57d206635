"""Clocks: when they start, stop, pause, warn and breach, and which time a lead waits for next.

All of it is bookkeeping on states; the only question that needs a calendar (when exactly is that?) is left open as a
state (`STARTING`, `PAUSING`) for `engine.settle` to answer. S2.4, S2.5, S4.1, S4.6.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from engine.altered import altered
from engine.decision import ClockEnd, ClockEntry
from engine.draft import Draft
from engine.happening import Due, DueKind
from engine.language.definition import ClockSpec, Reassign
from engine.lead import Clock, ClockState, Lead
from engine.process import ROOT, ClockRule, Process, moment

WAITS_FOR_WORLD = (ClockState.STARTING, ClockState.PAUSING)
ASSIGNMENT_CLOCKS = ("exception", "queue")
"""Clocks of the assignment table, not of a stage: they end when somebody takes the lead."""


# --- what is next ----------------------------------------------------------------------------------------------------

_KINDS = tuple(DueKind)
_RESCORE, _WARNING, _CLOCK, _STEP, _ASSIGN = range(len(_KINDS))


def next_due(lead: Lead) -> Due | None:
    """The earliest thing that this lead waits for, None where it waits for nothing but events."""
    earliest = min(_dues(lead), default=None)
    return _due(*earliest) if earliest is not None else None


def due_before(lead: Lead, at: datetime) -> Due | None:
    """What the lead waited for until a moment before `at`: it comes before whatever happens then, however late either is
    seen to (S2.5). What is due at that very moment comes after."""
    due = next_due(lead)
    return due if due is not None and due.at < at else None


def next_deadline(lead: Lead) -> Due | None:
    """The earliest deadline a person can miss: what a manager sees as due."""
    earliest = min((due for due in _dues(lead) if due[1] == _CLOCK), default=None)
    return _due(*earliest) if earliest is not None else None


def _due(at: datetime, place: int, name: str) -> Due:
    return Due(_KINDS[place], name, at)


def _dues(lead: Lead) -> Iterator[tuple[datetime, int, str]]:
    """All that the lead waits for: when, the kind by its place, the name."""
    if lead.closed:
        return
    for clock in lead.clocks.values():
        if clock.state is ClockState.RUNNING:
            if clock.due_at is not None:
                yield clock.due_at, _CLOCK, clock.name
            if clock.warnings:
                yield clock.warnings[0], _WARNING, clock.name
    for key, climb in lead.climbs.items():
        if climb.due_at is not None:
            yield climb.due_at, _STEP, key
    if lead.rescore_at is not None:
        yield lead.rescore_at, _RESCORE, ""
    if lead.assign_at is not None:
        yield lead.assign_at, _ASSIGN, ""


# --- starting and stopping -------------------------------------------------------------------------------------------


def enter_scope(draft: Draft, path: str) -> None:
    """Start the scope's clocks, or take up again one that kept running while the lead was elsewhere."""
    for rule in draft.process.scopes[path].clocks:
        kept = draft.kept.pop(f"{path}/{rule.name}", None)
        if kept is not None and date_field(rule.spec) is None:
            draft.put_clock(_asked_again(kept, rule.spec))
        elif kept is not None or not rule.spec.starts_on:
            _start(draft, rule)


def begin(draft: Draft, rule: ClockRule) -> None:
    """Start a clock for a lead that stands in its scope already, and has not had it."""
    if not rule.spec.starts_on:
        _start(draft, rule)


def leave_scope(draft: Draft, path: str) -> None:
    """End the scope's clocks. Leaving is what a clock without `stops_on` asks for, so it is met by it."""
    for rule in draft.process.scopes[path].clocks:
        clock = draft.clocks.get(rule.name)
        if clock is None:
            continue
        if rule.spec.on_reentry == "keep" and clock.state is not ClockState.BREACHED:
            draft.end_clock(rule.name, ClockEnd.SUSPENDED)
            draft.kept[f"{path}/{rule.name}"] = clock
        else:
            draft.end_clock(rule.name, _late_or(clock, ClockEnd.LEFT if rule.spec.stops_on else ClockEnd.MET))
    end_climbs_of_scope(draft, path)


def let_go(draft: Draft) -> None:
    """What was kept for a return was left in time: in this cycle there is none any more."""
    for clock in draft.kept.values():
        end = ClockEnd.LEFT if _spec(draft.process, clock).stops_on else ClockEnd.MET
        draft.entries.append(ClockEntry(clock, end))
    draft.kept = {}


def end_climbs_of_scope(draft: Draft, path: str) -> None:
    if draft.climbs:
        draft.climbs = {key: climb for key, climb in draft.climbs.items() if climb.scope != path}


def hear(draft: Draft, event: str) -> None:
    """An event has happened: stop and cancel the clocks that name it, and the ladders of those already over."""
    for rule in draft.process.rules_at(draft.stage):
        stops = event in rule.spec.stops_on
        if not stops and event not in rule.spec.cancels_on:
            continue
        draft.heard.add(rule.name)
        clock = draft.clocks.get(rule.name)
        if clock is None:
            draft.end_climbs(rule.name)
        else:
            draft.end_clock(rule.name, _late_or(clock, ClockEnd.MET) if stops else ClockEnd.CANCELLED)


def hear_start(draft: Draft, event: str) -> None:
    """The event, with all that it did, is over: start the clocks that name it, where the lead stands now.

    One that is breached was waited for in vain; it begins anew. For a lead that is won or lost, none of the process's
    own clocks starts.
    """
    for rule in draft.process.rules_at(draft.stage):
        if event not in rule.spec.starts_on or (rule.scope == ROOT and draft.leaf.is_outcome):
            continue
        clock = draft.clocks.get(rule.name)
        if clock is None or clock.state is ClockState.BREACHED:
            draft.end_climbs(rule.name)
            _start(draft, rule)


def review(draft: Draft) -> None:
    """After every change: follow a date field that moved, then pause, resume or cancel by condition."""
    for rule in draft.process.rules_at(draft.stage):
        if draft.changes and date_field(rule.spec) in draft.changes:
            _follow(draft, rule)
        if rule.cancels_when is None and rule.pauses_while is None:
            continue
        clock = draft.clocks.get(rule.name)
        if rule.pauses_while is not None and draft.climbs:
            _pause_or_resume_climbs(draft, rule.name, wanted=draft.holds(rule.pauses_while))
        if clock is None or clock.state is ClockState.BREACHED:
            continue
        if rule.cancels_when is not None and draft.holds(rule.cancels_when):
            draft.end_clock(rule.name, ClockEnd.CANCELLED)
        elif rule.pauses_while is not None:
            _pause_or_resume(draft, clock, wanted=draft.holds(rule.pauses_while))


def date_field(spec: ClockSpec) -> str | None:
    """The date field that a clock waits for or counts from; it runs once that is known."""
    reference = spec.at or spec.counts_from
    return reference.removeprefix("lead.") if reference.startswith("lead.") else None


def awaited(process: Process, lead: Lead) -> dict[str, ClockRule]:
    """The date fields that running clocks depend on, each with its clock: without a date, nothing falls due."""
    found = {}
    for rule in process.rules_at(lead.stage):
        field = date_field(rule.spec)
        if field is not None and rule.name in lead.clocks:
            found[field] = rule
    return found


def after_answers(
    process: Process, lead: Lead, unstarted: tuple[tuple[str, str], ...], now: datetime
) -> tuple[Lead, tuple[ClockEntry, ...]]:
    """What the world has just answered, score and owner, may be what clocks start, pause or are cancelled by."""
    if not unstarted and not process.has_conditions_at(lead.stage):
        return lead, ()
    draft = Draft(process, lead, now)
    for scope, name in unstarted:
        if name not in draft.clocks:
            _start(draft, process.clock(name, scope))
    review(draft)
    draft.changed()
    return altered(lead, clocks=draft.clocks, climbs=draft.climbs), tuple(draft.entries)


def end_with_outcome(draft: Draft) -> None:
    """The process's own clocks, and those of an assignment, run until the lead is won or lost."""
    if draft.leaf.is_outcome:
        for clock in [clock for clock in draft.clocks.values() if clock.scope == ROOT]:
            draft.end_clock(clock.name, _late_or(clock, ClockEnd.MET))
        end_climbs_of_scope(draft, ROOT)
        let_go(draft)
        if draft.before.rescore_at or draft.before.assign_at:
            draft.before = altered(draft.before, rescore_at=None, assign_at=None, assign_ask=None)


def _late_or(clock: Clock, end: ClockEnd) -> ClockEnd:
    return ClockEnd.STOPPED_LATE if clock.state is ClockState.BREACHED else end


def _start(draft: Draft, rule: ClockRule) -> None:
    if rule.when is not None and not draft.holds(rule.when):
        draft.unstarted.append((rule.scope, rule.name))
        return
    field = date_field(rule.spec)
    if field is not None and draft.fields.get(field) is None:
        return  # starts when the date becomes known: see review()
    draft.put_clock(Clock(rule.name, rule.scope, ClockState.STARTING, _counts_from(draft, rule.spec)))


def _counts_from(draft: Draft, spec: ClockSpec) -> datetime:
    match spec.counts_from:
        case "arrival":
            return draft.before.arrived_at
        case "assignment":
            return draft.before.assigned_at or draft.now
        case "entry":
            return draft.now
        case reference:
            return moment(str(draft.fields[reference.removeprefix("lead.")]))


def _follow(draft: Draft, rule: ClockRule) -> None:
    """A new date is a new deadline, after a breach too; without a date there is none. What was met stays met."""
    clock = draft.clocks.pop(rule.name, None)
    if clock is None and (rule.spec.starts_on or _is_over(draft, rule)):
        return
    _start(draft, rule)
    if clock is None:
        return
    draft.end_climbs(rule.name)
    if rule.name not in draft.clocks:
        draft.entries.append(ClockEntry(clock, _late_or(clock, ClockEnd.CANCELLED)))


def _is_over(draft: Draft, rule: ClockRule) -> bool:
    """Whether a clock that waits for a date has been stopped: by this very event, or earlier, or it would be there."""
    if rule.name in draft.heard:
        return True
    ran = draft.before.fields.get(date_field(rule.spec) or "") is not None
    return ran and rule.spec.measures_on and bool(rule.spec.stops_on or rule.spec.cancels_on)


def _pause_or_resume(draft: Draft, clock: Clock, *, wanted: bool) -> None:
    paused = clock.state in (ClockState.PAUSING, ClockState.PAUSED)
    if wanted and not paused:
        draft.put_clock(replace(clock, state=ClockState.PAUSING))
    elif paused and not wanted:
        # What was left is the budget from now on: see engine.settle.
        draft.put_clock(replace(clock, state=ClockState.STARTING, counts_from=draft.now, due_at=None, warnings=()))


def _pause_or_resume_climbs(draft: Draft, clock: str, *, wanted: bool) -> None:
    """What alarms people of a missed clock stands still while the clock would: nobody is chased for what is on hold."""
    for key, climb in draft.climbs.items():
        if climb.clock != clock or (climb.paused_at is not None) is wanted:
            continue
        if climb.paused_at is None:
            moved = replace(climb, due_at=None, paused_at=draft.now)
        else:
            start = climb.started_at + (draft.now - climb.paused_at)
            moved = replace(climb, due_at=None, paused_at=None, started_at=start)
        draft.climbs = {**draft.climbs, key: moved}


# --- breaches and changes of the world -------------------------------------------------------------------------------


def warn(draft: Draft, name: str) -> Clock:
    clock = draft.clocks[name]
    draft.put_clock(replace(clock, warnings=clock.warnings[1:]))
    return clock


def breach(draft: Draft, name: str, spec: ClockSpec, at: datetime | None = None) -> Clock:
    """The deadline has passed: now, or `at` an earlier time. The clock stays, to measure how late the stop comes, if its author wants
    that."""
    clock = replace(draft.clocks[name], state=ClockState.BREACHED, breached_at=at or draft.now, warnings=())
    draft.entries.append(ClockEntry(clock, ClockEnd.BREACHED))
    if spec.measures_on:
        draft.put_clock(clock)
    else:
        del draft.clocks[name]
    return clock


def restart(process: Process, lead: Lead, clock: Clock, now: datetime) -> Lead:
    """S2.5: the next seller gets the full time of the clock that took the lead away, on their own calendar."""
    around = (ROOT, *process.leaf(lead).chain)
    if clock.scope not in around or not has_full_time(_spec(process, clock)):
        return lead
    running = {**lead.clocks, clock.name: Clock(clock.name, clock.scope, ClockState.STARTING, now)}
    climbs = {key: climb for key, climb in lead.climbs.items() if climb.clock != clock.name}
    return altered(lead, clocks=running, climbs=climbs)


def owed_to_a_new_owner(process: Process, lead: Lead) -> tuple[tuple[str, str], ...]:
    """Clocks (scope, name) that every new owner has to meet, met or missed by the one before, and that are not there."""
    if process.leaf(lead).is_outcome:
        return ()
    return tuple(
        (rule.scope, rule.name)
        for rule in process.rules_at(lead.stage)
        if rule.spec.on_new_owner == "restart" and not rule.spec.starts_on and has_full_time(rule.spec)
    )


def recompute(process: Process, lead: Lead) -> Lead:
    """Ask the calendar again where leave or the roster changed (B.6). Breached and paused clocks stay as they are."""
    asked = {name: _asked_again(clock, _spec(process, clock)) for name, clock in lead.clocks.items()}
    return altered(lead, clocks=asked, climbs={key: replace(one, due_at=None) for key, one in lead.climbs.items()})


def for_new_assignment(process: Process, lead: Lead, now: datetime, *, new_owner: bool, to_person: bool) -> Lead:
    """The clocks of a lead that was just assigned: for a new owner the full time or their calendar, as the author says.

    A paused clock has its full time when it is resumed. A breached one begins anew if a person has the lead now: for
    whoever is only to decide about it, it stays missed.
    """
    running = dict(lead.clocks)
    climbs = lead.climbs
    for name, clock in lead.clocks.items():
        rule = process.clock(name, clock.scope)
        spec = rule.spec
        if spec.counts_from == "assignment" and clock.state is ClockState.STARTING:
            running[name] = replace(clock, counts_from=now, left_seconds=None, budget_seconds=None)
        elif new_owner and _begins_anew(rule, clock, to_person=to_person):
            if clock.state in (ClockState.PAUSING, ClockState.PAUSED):
                running[name] = Clock(name, clock.scope, ClockState.PAUSED, clock.counts_from)
            else:
                running[name] = Clock(name, clock.scope, ClockState.STARTING, now)
            climbs = {key: climb for key, climb in climbs.items() if climb.clock != name}
        else:
            running[name] = _asked_again(clock, spec)
    kept = lead.kept
    if new_owner:
        kept = {key: clock for key, clock in kept.items() if _spec(process, clock).on_new_owner != "restart"}
    return altered(lead, clocks=running, climbs=climbs, kept=kept)


def _begins_anew(rule: ClockRule, clock: Clock, *, to_person: bool) -> bool:
    wanted = rule.spec.on_new_owner == "restart" or rule.spec.counts_from == "assignment"
    if clock.state is ClockState.BREACHED:
        # One that takes the lead away from whoever misses it is meant for each of them, however they came to it.
        wanted = to_person and (wanted or any(isinstance(action, Reassign) for action in rule.on_breach))
    return wanted and has_full_time(rule.spec)


def _asked_again(clock: Clock, spec: ClockSpec) -> Clock:
    """The same clock with its deadline to be asked for, where that depends on people."""
    if clock.state is not ClockState.RUNNING or not _depends_on_people(spec):
        return clock
    return replace(clock, state=ClockState.STARTING, due_at=None, warnings=())


def _depends_on_people(spec: ClockSpec) -> bool:
    working = spec.at is not None or (spec.due is not None and spec.due.is_working)
    return working and spec.runs_on in ("owner", "team")


def has_full_time(spec: ClockSpec) -> bool:
    """Whether beginning anew gives any time: a date does not move, and would be due again at once, and again."""
    return spec.due is not None and spec.due.amount > 0


def _spec(process: Process, clock: Clock) -> ClockSpec:
    return process.clock(clock.name, clock.scope).spec
