"""S0.13: what holds of any two leads of a shipped process that are merged, whatever has happened to them."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from engine.conclude import conclude
from engine.decision import Conclusion, Decision, Refusal, RefusalCode
from engine.happening import EventIn, GaveBack, Happening, MergedInto, Parted, TookIn, Touch
from engine.lead import ClockState, Lead
from engine.merging import brought, filled, interrupted
from engine.plan import place
from engine.process import Process
from engine.settle import settle
from engine.step import step
from engine.surviving import Side, in_the_way, survivor
from tests.unit.desk import OPS, Desk
from tests.unit.test_moving_properties import ROUNDS, but_for_bookkeeping
from tests.unit.test_properties import Draw, draws_in_one_world, run, starts


def happen(desk: Desk, process: Process, lead: Lead, what: Happening, now: datetime) -> tuple[Decision, Conclusion]:
    decided = step(process, lead, what, now)
    assert not isinstance(decided, Refusal), decided.message
    return decided, conclude(process, decided, settle(process, decided, desk.office.at(now)))


def merged_away(desk: Desk, now: datetime) -> Lead:
    return happen(desk, desk.process, desk.lead, MergedInto("lead:test:other", OPS, "one inquiry"), now)[1].lead


def took(desk: Desk, other: Desk) -> TookIn:
    loser = replace(other.lead, key="lead:test:other")
    known = tuple(name for name in loser.known if name not in desk.lead.known)
    return TookIn(
        taken=loser.key,
        title=loser.title,
        actor=OPS,
        reason="one inquiry",
        fields=filled(desk.process, desk.lead, loser.fields),
        known=known,
        clocks={place(clock.scope, clock.name): clock for clock in loser.clocks.values()},
    )


@ROUNDS
@given(starts, draws_in_one_world)
def test_what_was_merged_away_waits_for_nothing_and_takes_nothing(name: str, happened: list[Draw]) -> None:
    """S0.13: no clock, climb or question is left, all else is as it was, and whatever comes is sent on."""
    desk = run(name, happened)
    lead = merged_away(desk, desk.now)
    assert (lead.closed, lead.merged_into) == (True, "lead:test:other")
    assert (lead.clocks, lead.kept, lead.climbs) == ({}, {}, {})
    assert (lead.rescore_at, lead.assign_at, lead.assign_ask) == (None, None, None)
    for field in ("stage", "entered_at", "visits", "cycle", "owner", "ownership", "fields", "known", "score"):
        assert getattr(lead, field) == getattr(desk.lead, field), field
    comes: tuple[Happening, ...] = (
        Touch("web"),
        MergedInto("lead:test:third", OPS, "again"),
        *(EventIn(event, OPS) for event in desk.process.event_titles),
    )
    for what in comes:
        refused = step(desk.process, lead, what, desk.now)
        assert isinstance(refused, Refusal)
        assert (refused.code, refused.message) == (RefusalCode.MERGED, "the lead was merged into lead:test:other")


@ROUNDS
@given(starts, draws_in_one_world, st.integers(0, 100))
def test_parted_again_the_loser_is_what_it_was(name: str, happened: list[Draw], hours: int) -> None:
    """S0.13: with the time that its clocks had left, however long it was merged; where no time has passed, to the second."""
    desk = run(name, happened)
    before = desk.lead
    away = merged_away(desk, desk.now)
    later = desk.now + timedelta(hours=hours)
    parted = Parted("lead:test:other", OPS, "two after all", interrupted(before, desk.now))
    again = happen(desk, desk.process, away, parted, later)[1].lead
    if not hours:
        assert but_for_bookkeeping(again, desk.now) == but_for_bookkeeping(before, desk.now)
    for among in ("clocks", "kept"):
        was, now = getattr(before, among), getattr(again, among)
        assert [(key, clock.state) for key, clock in now.items()] == [(key, clock.state) for key, clock in was.items()]
        for key, clock in was.items():
            dated = desk.process.clock(clock.name, clock.scope).spec.at is not None
            if clock.state is ClockState.RUNNING and not dated:
                assert now[key].due_at >= clock.due_at, key
    assert (again.climbs, again.closed, again.merged_into) == (before.climbs, before.closed, None)


@ROUNDS
@given(starts, draws_in_one_world, draws_in_one_world)
def test_the_survivor_keeps_what_it_knows_and_taken_back_is_what_it_was(
    name: str, happened: list[Draw], also: list[Draw]
) -> None:
    """S0.13: nothing that it knows, has or owes is changed but for the better; and the way back is a way back."""
    desk, other = run(name, happened), run(name, also)
    assume(other.process.name == desk.process.name and other.process.digest == desk.process.digest)
    assume(not desk.lead.closed)
    before, now = desk.lead, max(desk.now, other.now)
    what = took(desk, other)
    decided, concluded = happen(desk, desk.process, before, what, now)
    after = concluded.lead
    assert {name: after.fields[name] for name, value in before.fields.items() if value is not None} == {
        name: value for name, value in before.fields.items() if value is not None
    }
    for field in ("stage", "entered_at", "visits", "cycle", "owner", "ownership", "hops", "climbs", "arrived_at"):
        assert getattr(after, field) == getattr(before, field), field
    for key, clock in before.clocks.items():
        if key in after.clocks and clock.state is ClockState.RUNNING and after.clocks[key].state is clock.state:
            then, dated = after.clocks[key].due_at, desk.process.clock(clock.name, clock.scope).spec.at is not None
            assert dated or (then is not None and clock.due_at is not None and then <= clock.due_at)
    assert (concluded.fire, concluded.hand_over) == ((), None)

    came, clocks, stood = brought(before, decided)
    gave = GaveBack(what.taken, OPS, "two after all", decided.record.at, came, what.known, clocks, stood)
    again = happen(desk, desk.process, after, gave, now)[1].lead
    known = {name: value for name, value in again.fields.items() if value is not None}
    assert known == {name: value for name, value in before.fields.items() if value is not None}
    assert again.known == before.known
    for field in ("stage", "entered_at", "owner", "kept", "climbs", "on_hold"):
        assert getattr(again, field) == getattr(before, field), field
    if not any(name in came for name in _dates(desk.process)):
        assert {key: (clock.state, clock.due_at) for key, clock in again.clocks.items()} == {
            key: (clock.state, clock.due_at) for key, clock in before.clocks.items()
        }


def _dates(process: Process) -> list[str]:
    return [name for name, spec in process.fields.items() if spec.type == "date"]


@ROUNDS
@given(starts, draws_in_one_world, draws_in_one_world, st.integers(0, 1000))
def test_the_survivor_is_the_same_in_whichever_order_the_two_are_named(
    name: str, happened: list[Draw], also: list[Draw], minutes: int
) -> None:
    """S0.13: and never a closed lead where the other is open."""
    desk, other = run(name, happened), run(name, also)
    assume(other.process.name == desk.process.name)
    arrived = other.lead.arrived_at + timedelta(minutes=minutes)
    one = Side(desk.process, desk.lead)
    two = Side(other.process, replace(other.lead, key="lead:test:other", arrived_at=arrived))
    stays, ends, why = survivor(one, two)
    assert survivor(two, one) == (stays, ends, why)
    assert {stays.lead.key, ends.lead.key} == {one.lead.key, two.lead.key}
    assert in_the_way(ends, stays) is None
    if stays.lead.closed is not ends.lead.closed:
        assert ends.lead.closed
        assert in_the_way(stays, ends) is not None


def test_every_part_of_a_lead_is_thought_of() -> None:
    """S0.13: whoever gives leads something new to wait for has to say what becomes of it when they are merged."""
    assert [field.name for field in fields(Lead)] == [
        *("key", "title", "process", "version", "digest", "stage", "arrived_at", "entered_at", "fields", "known"),
        *("cycle", "seq", "visits", "ownership", "owner", "team", "leader", "assigned_at", "owner_because"),
        *("earlier_owners", "hops", "score", "segment", "on_hold", "codes", "clocks", "kept", "climbs"),
        *("rescore_at", "assign_at", "assign_ask", "closed", "decided_at", "in_a_row", "merged_into"),
    ]
