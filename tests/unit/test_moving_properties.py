"""B.3: what holds of every lead of every shipped process that moves to another version, whatever has happened to it."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import datetime, timedelta
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.clocks import next_due
from engine.compiling.bundle import Bundle, SourceText
from engine.compiling.compile import compile_published
from engine.conclude import conclude
from engine.decision import ClockEnd, Conclusion, Decision, Refusal
from engine.happening import DueKind, Moved, Touch
from engine.lead import Clock, ClockState, Lead
from engine.moving import way_back
from engine.plan import GoesOn, Plan, WayBack, place, unchanged
from engine.process import ROOT, Process
from engine.settle import settle
from engine.step import step
from engine.time import worktime
from engine.time.calendars import calendar_of, named_calendar
from store.definition_files import bundle_of
from tests.unit.desk import OPS, Desk, Office
from tests.unit.test_definitions_shipped import NEW, ROSTER, SHIPPED, shipped
from tests.unit.test_properties import Draw, draws_in_one_world, happening, run, starts

ROUNDS = settings(max_examples=30, deadline=None)

CHANGES = ("other times", "other hours", "other warnings", "other words", "no ladder")
changes = st.sampled_from(CHANGES)


@cache
def candidate(name: str, change: str) -> Process:
    """The next version of a shipped process."""
    bundle = bundle_of(SHIPPED[name])
    text = bundle.process.text.replace("version: 1", "version: 2")
    tables = bundle.tables
    match change:
        case "other times":
            text = re.sub(
                r"due: (\d+) (working )?(days|hours)", lambda m: f"due: {int(m[1]) + 1} {m[2] or ''}{m[3]}", text
            )
        case "other hours":
            tables = tuple(
                SourceText(one.name, one.text.replace("17:00", "16:00").replace("18:00", "15:30")) for one in tables
            )
        case "other warnings":
            text = re.sub(r"warn_at: \[[^]]*\]", "warn_at: [30%, 90%]", text)
        case "other words":
            text = re.sub(r"^title: .*$", "title: Another title", text, count=1, flags=re.MULTILINE)
        case "no ladder":
            text = re.sub(r"after: (\d+) working hours", "after: 3 hours", text)
    return compile_published(Bundle(SourceText("v2.yaml", text), tables))


def move(
    desk: Desk, origin: Process, target: Process, plan: Plan, lead: Lead, now: datetime, back: WayBack | None = None
) -> tuple[Decision, Conclusion] | Refusal:
    decided = step(origin, lead, Moved(plan, OPS, "agreed", back), now, target)
    if isinstance(decided, Refusal):
        return decided
    settled = settle(target, decided, desk.office.at(now), origin)
    return decided, conclude(target, decided, settled)


def left(process: Process, desk: Desk, lead: Lead, clock: Clock, now: datetime) -> timedelta:
    """The time that a clock has left, as its rule counts it."""
    if clock.due_at is None:
        return timedelta(seconds=clock.left_seconds or 0)
    spec = process.clock(clock.name, clock.scope).spec
    if spec.due is None or not spec.due.is_working:
        return clock.due_at - now
    calendar = named_calendar(process, spec.runs_on if spec.runs_on not in ("owner", "team") else None)
    if spec.runs_on == "owner" and lead.owner is not None:
        calendar = calendar_of(process, desk.office.at(now), lead.owner)
    return worktime.working_time(calendar, now, clock.due_at)


@ROUNDS
@given(starts, draws_in_one_world, changes)
def test_no_clock_is_lost_and_none_loses_or_gains_time(name: str, happened: list[Draw], change: str) -> None:
    """B.3: every clock goes on with the time that it has left, or is closed with an entry; none runs that did not."""
    desk = run(name, happened)
    origin, before = desk.process, desk.lead
    if before.closed:
        return
    target = candidate(origin.name, change)
    moved = move(desk, origin, target, unchanged(origin, target), before, desk.now)
    assert not isinstance(moved, Refusal), moved.message
    after = moved[1].lead
    assert sorted(after.clocks) == sorted(before.clocks)
    assert sorted(after.kept) == sorted(before.kept)
    for key, clock in before.clocks.items():
        then = after.clocks[key]
        assert (then.state, then.breached_at) == (clock.state, clock.breached_at)
        rule = origin.clock(clock.name, clock.scope)
        if clock.state is not ClockState.RUNNING or rule.spec.runs_on == "team" or rule.spec.at is not None:
            continue
        was, is_now = left(origin, desk, before, clock, desk.now), left(target, desk, after, then, desk.now)
        assert abs(was - is_now) < timedelta(seconds=1), (key, was, is_now)
    kept = (
        "stage",
        "entered_at",
        "visits",
        "cycle",
        "owner",
        "ownership",
        "hops",
        "fields",
        "known",
        "assign_at",
        "segment",
    )
    for field in kept:
        assert getattr(after, field) == getattr(before, field), field
    assert moved[1].outward == ()
    assert moved[1].fire == ()


@ROUNDS
@given(starts, draws_in_one_world, draws_in_one_world, changes)
def test_a_life_goes_on_in_the_other_version(name: str, happened: list[Draw], later: list[Draw], change: str) -> None:
    """B.1, B.3: no lead rots after a move, nothing is left open, and every clock and climb belongs to where it stands."""
    desk = run(name, happened)
    if desk.lead.closed:
        return
    target = candidate(desk.process.name, change)
    moved = move(desk, desk.process, target, unchanged(desk.process, target), desk.lead, desk.now)
    assert not isinstance(moved, Refusal), moved.message
    office = Office(ROSTER, processes=tuple(shipped().values()))
    there = Desk(shipped()[name], office, NEW[name], others=(*shipped().values(), target))
    there.lead, there.process, there.now = moved[1].lead, target, desk.now
    for draw in later:
        came = happening(there, office, draw)
        at = there.now + timedelta(hours=draw[3])
        if isinstance(came, Touch):
            there.touch(came, at)
        else:
            there.event(came, at)
        lead, rules = there.lead, there.process
        around = (ROOT, *rules.leaf(lead).chain)
        assert all(one.scope in around and (one.scope, one.name) in rules.clocks for one in lead.clocks.values())
        assert all(one.scope in around and one.name in rules.series for one in lead.climbs.values())
        assert all((one.due_at is None) is (one.state is ClockState.PAUSED) for one in lead.clocks.values())
        if not (lead.closed or rules.leaf(lead).waits_for_ever or lead.on_hold):
            due = next_due(replace(lead, rescore_at=None))
            assert due is not None and due.kind is not DueKind.RESCORE


def but_for_bookkeeping(lead: Lead, now: datetime) -> dict[str, object]:
    """How a deadline is reckoned is not what it is: after a way back it counts from then, with what was left. A warning of this
    very moment is over."""
    seen = {field.name: getattr(lead, field.name) for field in fields(lead)}
    for name in ("seq", "decided_at", "in_a_row", "score", "rescore_at"):
        del seen[name]
    for among in ("clocks", "kept"):
        seen[among] = {
            key: (clock.state, clock.due_at, clock.breached_at, [at for at in clock.warnings if at > now])
            for key, clock in seen[among].items()
        }
    return seen


@ROUNDS
@given(starts, draws_in_one_world, changes, st.booleans())
def test_there_and_back_is_the_same_lead(name: str, happened: list[Draw], change: str, recount: bool) -> None:
    """B.3: with the same deadlines, whether clocks went on with what was left or were counted anew."""
    desk = run(name, happened)
    origin, before = desk.process, desk.lead
    if before.closed:
        return
    target = candidate(origin.name, change)
    plan = unchanged(origin, target)
    if recount:
        plan = replace(
            plan, clocks={place(scope, clock): GoesOn(clock, recount=True) for scope, clock in origin.clocks}
        )
    moved = move(desk, origin, target, plan, before, desk.now)
    assert not isinstance(moved, Refusal), moved.message
    reverse, back = way_back(before, moved[0], origin, target, plan)
    returned = move(desk, target, origin, reverse, moved[1].lead, desk.now, back)
    assert not isinstance(returned, Refusal), returned.message
    seen, was = but_for_bookkeeping(returned[1].lead, desk.now), but_for_bookkeeping(before, desk.now)
    assert seen == was
    assert returned[1].lead.seq == before.seq + 2


@ROUNDS
@given(starts, draws_in_one_world)
def test_what_is_closed_is_taken_up_again_on_the_way_back(name: str, happened: list[Draw]) -> None:
    """B.3: all clocks closed by a plan are there again, with their deadlines."""
    desk = run(name, happened)
    origin, before = desk.process, desk.lead
    if before.closed:
        return
    target = candidate(origin.name, "other words")
    plan = replace(
        unchanged(origin, target), clocks={place(scope, clock): GoesOn(None) for scope, clock in origin.clocks}
    )
    moved = move(desk, origin, target, plan, before, desk.now)
    assert not isinstance(moved, Refusal), moved.message
    ends = [entry.end for entry in moved[0].clocks]
    assert ends == [ClockEnd.DROPPED] * (len(before.clocks) + len(before.kept))
    reverse, back = way_back(before, moved[0], origin, target, plan)
    returned = move(desk, target, origin, reverse, moved[1].lead, desk.now, back)
    assert not isinstance(returned, Refusal), returned.message
    seen, was = but_for_bookkeeping(returned[1].lead, desk.now), but_for_bookkeeping(before, desk.now)
    assert seen == was
