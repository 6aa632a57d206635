"""What holds for every lead of every shipped process, whatever happens to it in whatever order."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from engine.clocks import WAITS_FOR_WORLD, next_due
from engine.conclude import conclude
from engine.decision import Decision, Refusal, Settled
from engine.happening import SYSTEM, THE_LEAD, Actor, Arrival, DueKind, EventIn, Touch
from engine.language.definition import FieldType, LeadField, Reassign
from engine.lead import AskOwner, AssignMode, ClockState, Lead, Ownership, Value
from engine.process import ROOT, Process
from engine.settle import settle
from engine.step import new_lead, step
from engine.world import World
from tests.unit.desk import DAY, MARKETING, MONDAY, OPS, Desk, Office, people_of, process
from tests.unit.test_definitions_shipped import NEW, ROSTER, shipped
from trials.rehearsal import Rehearsal

LEAD, DECISION, SETTLED = TypeAdapter(Lead), TypeAdapter(Decision), TypeAdapter(Settled)
ROUNDS = settings(max_examples=60, deadline=None)

# --- any sequence of events ------------------------------------------------------------------------------------------

Draw = tuple[int, int, int, int, bool]
"""One thing that happens: which event, who, what values, after how many hours, and whether it brings what it needs."""

LEAVE = 61
"""An event of that number is leave of whoever has the lead; of 60, the lead that comes again."""


def drawn(most: int) -> st.SearchStrategy[list[Draw]]:
    return st.lists(
        st.tuples(
            st.integers(0, most),
            st.integers(0, 6),
            st.integers(0, 200),
            st.sampled_from([0, 1, 5, 30, 200, 900]),
            st.booleans(),
        ),
        max_size=14,
    )


draws = drawn(LEAVE)
draws_in_one_world = drawn(LEAVE - 1)
starts = st.sampled_from(sorted(NEW))


def value(spec: LeadField, pick: int) -> Value:
    low = int(spec.min or 0)
    match spec.type:
        case FieldType.INTEGER:
            return low + pick % (int(spec.max) - low + 1 if spec.max is not None else 500)
        case FieldType.NUMBER | FieldType.MONEY:
            return float(pick * 100)
        case FieldType.BOOLEAN:
            return pick % 3 > 0
        case FieldType.DATE:
            return (MONDAY + (pick - 20) * DAY).date().isoformat()
        case FieldType.CHOICE:
            return (spec.of or [""])[pick % len(spec.of or [""])]
        case FieldType.COUNTRY:
            return ("DE", "GB", "US", "IN", "ZZ")[pick % 5]
        case _:
            return f"value {pick}"


def happening(desk: Rehearsal, office: Office, draw: Draw) -> EventIn | Touch:
    """What a draw means for this lead now: an event that its stage takes, more or less complete, by somebody."""
    which, who, pick, _, complete = draw
    lead, rules = desk.lead, desk.process
    if which == 60:
        return Touch("web")
    events = (*rules.allowed(lead.stage), "no_such_event")
    event = events[which % len(events)]
    branches = rules.branches.get((lead.stage, event), ())
    actors = (office.actor(lead.owner), office.actor(lead.owner), Actor(lead.leader), OPS, MARKETING, SYSTEM, THE_LEAD)
    if not complete or not branches:
        return EventIn(event, actors[who], to="katrin_lorenz")
    branch = branches[pick % len(branches)]
    names = list(branch.fields)
    if event == "update":
        names = [name for name in rules.fields if not rules.personal(name)][pick % 12 :: 7]
    codes = {
        name: sorted(rules.codes_of(reasons))[pick % len(rules.codes_of(reasons))]
        for name, reasons in branch.codes.items()
    }
    fields = {name: value(rules.fields[name], pick) for name in names}
    return EventIn(
        event, actors[who], fields=fields, codes=codes, note=True, checked=branch.checklist, to="katrin_lorenz"
    )


def run(name: str, happened: list[Draw], look: Callable[[Desk], None] = lambda _: None) -> Desk:
    """A lead of this process, from arrival through everything that was drawn; `look` at it after each."""
    processes = tuple(shipped().values())
    office = Office(ROSTER, processes=processes)
    desk = Desk(shipped()[name], office, NEW[name], others=processes)
    look(desk)
    for draw in happened:
        at = desk.now + timedelta(hours=draw[3])
        if draw[0] == LEAVE:
            if desk.lead.owner is not None:
                office.away(desk.lead.owner, start=at, days=draw[2] ** 2 / 10)
                desk.world_changed("leave", at)
                look(desk)
            continue
        came = happening(desk, office, draw)
        if isinstance(came, Touch):
            desk.touch(came, at)
        else:
            desk.event(came, at)
        look(desk)
    return desk


@ROUNDS
@given(starts, draws)
def test_no_sequence_of_events_leads_out_of_the_definition(name: str, happened: list[Draw]) -> None:
    """C.1: every stage is one of the process, and every clock and climb belongs to where the lead stands."""

    def look(desk: Desk) -> None:
        lead, rules = desk.lead, desk.process
        assert lead.stage in rules.leaves
        around = (ROOT, *rules.leaf(lead).chain)
        assert all(
            clock.scope in around and (clock.scope, clock.name) in rules.clocks for clock in lead.clocks.values()
        )
        assert all(climb.scope in around and climb.name in rules.series for climb in lead.climbs.values())
        assert all(key == climb.key for key, climb in lead.climbs.items())

    run(name, happened, look)


@ROUNDS
@given(starts, draws)
def test_no_lead_can_rot(name: str, happened: list[Draw]) -> None:
    """B.1, S0.1: an open lead always waits for a time at which somebody is reminded of it, unless its stage is declared
    to wait for ever or somebody holds it back; a score that changes with age is no such time."""

    def look(desk: Desk) -> None:
        lead = desk.lead
        if lead.closed or desk.process.leaf(lead).waits_for_ever or lead.on_hold:
            return
        awake = {key: getattr(lead, key) for key in Lead.__dataclass_fields__} | {"rescore_at": None}
        due = next_due(Lead(**awake))
        assert due is not None, (lead.stage, lead.ownership, lead.clocks)
        assert due.kind is not DueKind.RESCORE

    run(name, happened, look)


@ROUNDS
@given(starts, draws)
def test_nothing_is_left_open_by_the_world(name: str, happened: list[Draw]) -> None:
    """B.6: a clock has a deadline, or was paused, or was missed; a rung has its time."""

    def look(desk: Desk) -> None:
        for clock in desk.lead.clocks.values():
            assert clock.state not in WAITS_FOR_WORLD
            assert (clock.due_at is not None) is (clock.state in (ClockState.RUNNING, ClockState.BREACHED))
            assert (clock.breached_at is not None) is (clock.state is ClockState.BREACHED)
            assert all(clock.due_at is not None and at < clock.due_at for at in clock.warnings)
        assert all((climb.due_at is None) is (climb.paused_at is not None) for climb in desk.lead.climbs.values())

    run(name, happened, look)


@ROUNDS
@given(starts, draws)
def test_a_lead_has_at_most_one_owner_and_only_so_many_hops(name: str, happened: list[Draw]) -> None:
    """S2.5, S4.6: whoever has it is named, whoever waits in a queue has no owner; reassignment comes to an end."""
    most = {
        rules.name: max(
            (action.reassign.at_most for action in _actions(rules) if isinstance(action, Reassign)), default=0
        )
        for rules in shipped().values()
    }

    def look(desk: Desk) -> None:
        lead = desk.lead
        if lead.ownership in (Ownership.PERSON, Ownership.EXCEPTION):
            assert lead.owner is not None
        else:
            assert lead.owner is None
        assert lead.hops <= most[lead.process]
        assert ("queue" in lead.clocks) <= (lead.ownership in (Ownership.QUEUE, Ownership.HELD))
        assert ("exception" in lead.clocks) <= (lead.ownership is Ownership.EXCEPTION)

    run(name, happened, look)


@ROUNDS
@given(starts, draws)
def test_the_same_events_give_the_same_lead(name: str, happened: list[Draw]) -> None:
    """Section 2, one pure core: what is decided depends on the lead, the event, the time and the world alone."""
    first, second = run(name, happened), run(name, happened)
    assert first.lead == second.lead
    assert [one.decision for one in first.done] == [one.decision for one in second.done]
    assert first.sent == second.sent


@ROUNDS
@given(starts, draws)
def test_a_refused_event_changes_nothing(name: str, happened: list[Draw]) -> None:
    """C.1: not the lead, not even inside; and a step never changes the lead that it was given."""
    desk = run(name, happened)
    before, copied = desk.lead, copy.deepcopy(desk.lead)
    for event in (*desk.process.events, "no_such_event"):
        answer = step(desk.process, desk.lead, EventIn(event, Actor("nobody")), desk.now)
        assert isinstance(answer, Refusal | Decision)
        assert desk.lead == copied
        if isinstance(answer, Refusal):
            refusal = desk.event(EventIn(event, Actor("nobody")))
            assert refusal == answer
            assert desk.lead is before


@ROUNDS
@given(starts, draws)
def test_every_decision_and_every_effect_has_a_name_of_its_own(name: str, happened: list[Draw]) -> None:
    """Section 5: keys never repeat, over cycles and processes."""
    desk = run(name, happened)
    steps = [one.decision.lead.step_key for one in desk.done]
    effects = [one.key for one in desk.sent]
    numbers = [one.decision.lead.seq for one in desk.done]
    assert len(dict.fromkeys(steps)) == len(steps)
    assert len(dict.fromkeys(effects)) == len(effects)
    assert numbers == list(range(1, len(numbers) + 1))


@ROUNDS
@given(starts, draws)
def test_everything_survives_being_written_down(name: str, happened: list[Draw]) -> None:
    """Section 4: what goes through history and database comes back as it was."""
    desk = run(name, happened)
    for adapter, values in (
        (LEAD, [one.conclusion.lead for one in desk.done]),
        (DECISION, [one.decision for one in desk.done]),
        (SETTLED, [one.settled for one in desk.done]),
    ):
        any_adapter: TypeAdapter[Any] = adapter
        for one in values:
            written = any_adapter.dump_json(one)
            assert any_adapter.validate_json(written) == one
            assert any_adapter.validate_python(json.loads(written)) == one


@ROUNDS
@given(starts, draws_in_one_world)
def test_settling_and_concluding_again_gives_the_same(name: str, happened: list[Draw]) -> None:
    """Section 5: a retried activity, a replayed workflow."""
    desk = run(name, happened)
    for before, one in zip([None, *desk.done], desk.done, strict=False):
        rules = next(rules for rules in shipped().values() if rules.digest == one.decision.lead.digest)
        assert conclude(rules, one.decision, one.settled) == one.conclusion
        assert settle(rules, one.decision, desk.office.at(one.decision.record.at)) == one.settled
        assert before is None or before.conclusion.lead.seq + 1 == one.decision.lead.seq


def test_a_step_carries_over_all_that_it_does_not_change() -> None:
    """A field that is new in a lead is not forgotten by the next step."""
    waits = process("\nstages: {open: {on_entry: [score, assign], waits_for_ever: true}}\n")
    desk = Desk(waits, budget=3)
    full = {name: getattr(desk.lead, name) for name in Lead.__dataclass_fields__}
    marked = full | {
        "kept": {"open/x": object()},
        "assign_ask": AskOwner(AssignMode.RULES, "x"),
        "assign_at": MONDAY,
        "rescore_at": MONDAY,
        "segment": "s",
        "team": "t",
    }
    lead = Lead(**marked)
    answer = step(waits, lead, EventIn("note", SYSTEM, note=True), MONDAY)
    assert isinstance(answer, Decision)
    after = {name: getattr(answer.lead, name) for name in Lead.__dataclass_fields__}
    assert after == marked | {"seq": lead.seq + 1, "decided_at": MONDAY}


def _actions(rules: Process) -> list[object]:
    scopes = [action for scope in rules.scopes.values() for action in (*scope.on_entry, *scope.on_exit)]
    clocks = [action for rule in rules.clocks.values() for action in (*rule.on_breach, *rule.on_warning)]
    events = [action for group in rules.branches.values() for branch in group for action in branch.then]
    return [*scopes, *clocks, *events, *(one for series in rules.series.values() for one in series.steps)]


# --- deadlines -------------------------------------------------------------------------------------------------------

DUES = (
    "1 working day",
    "3 working days",
    "10 working days",
    "30 working minutes",
    "8 working hours",
    "24 hours",
    "14 days",
    "2 weeks",
)


@pytest.mark.parametrize("calendar", ["owner", "madrid", "mumbai", "vienna", "new_york"])
@settings(max_examples=25, deadline=None)
@given(first=st.integers(0, 2 * 365 * 24 * 60), later=st.integers(0, 5 * 24 * 60))
def test_who_comes_later_is_never_due_earlier(calendar: str, first: int, later: int) -> None:
    """S2.5, B.6: over nights, weekends, holidays and changes of the clock, for the deadline and for its warnings."""
    rules = _many_clocks(calendar)
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=first)
    dues = [_dues(rules, at) for at in (start, start + timedelta(minutes=later))]
    for early, late in zip(*dues, strict=True):
        assert early <= late
    assert all(due >= start for due in dues[0])


def _many_clocks(calendar: str, made: dict[str, Process] = {}) -> Process:  # noqa: B006 made once for each calendar
    if calendar not in made:
        clocks = "".join(
            f"      c{number}: {{due: {due}, runs_on: {calendar}, warn_at: [50%]}}\n" for number, due in enumerate(DUES)
        )
        offices = shipped()["inbound_b2b"].calendars
        assert offices is not None
        entries = json.dumps({name: entry.model_dump(exclude_none=True) for name, entry in offices.of.items()})
        table = f"calendars: offices\ndefault: berlin\nof: {entries}\n"
        made[calendar] = process(
            f"\nstages:\n  open:\n    clocks:\n{clocks}    waits_for_ever: true\n", calendars=table
        )
    return made[calendar]


def _dues(rules: Process, at: datetime) -> list[datetime]:
    people, teams = people_of(ROSTER)
    decision = step(rules, new_lead(rules, "L1", "Cobalt", {}, (), at), Arrival(), at)
    assert isinstance(decision, Decision)
    lead = conclude(rules, decision, settle(rules, decision, World(at, people, teams))).lead
    found = []
    for clock in lead.clocks.values():
        assert clock.due_at is not None
        found += [clock.due_at, *(clock.warnings or (clock.due_at,))]
    return found
