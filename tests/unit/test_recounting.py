"""A past from another system, recounted by the process (B.9)."""

from __future__ import annotations

from datetime import timedelta

from client.history.reliving import Relived, Staff, relive
from client.history.remarks import Doubt
from engine.decision import Decision
from engine.happening import TakenOver
from engine.lead import ClockState, Ownership
from engine.recounting import Told
from engine.settle import settle_and_conclude
from engine.step import step
from engine.world import Colleague, World
from tests.store.sales import MONDAY, fresh_lead, pumps, roster_file

DAY = timedelta(days=1)
PROCESS = pumps()
ROSTER = roster_file()
PEOPLE = {key: Colleague(key, person) for key, person in ROSTER.people.items()}
STAFF = Staff.of_then(PEOPLE, ROSTER.teams)


def lived(*told: Told) -> Relived:
    return relive(PROCESS, fresh_lead(PROCESS, "a"), told, "old", STAFF)


def happenings(relived: Relived) -> list[str]:
    return [one.decision.record.happening for one in relived.lived]


def test_a_stage_that_an_event_leads_to_came_by_that_event() -> None:
    """B.9: no second set of rules: the ways are those of the process."""
    relived = lived(Told(MONDAY, owner="ann"), Told(MONDAY + DAY / 2, stage="accepted"))
    assert happenings(relived) == ["arrived", "accept"]
    assert relived.lead.clocks.keys() == {"decide", "talk"}


def test_a_stage_that_nothing_leads_to_is_where_it_stands_all_the_same() -> None:
    """B.9: won at once, in a process where that takes two steps."""
    relived = lived(Told(MONDAY, owner="ann"), Told(MONDAY + DAY / 2, stage="won"))
    assert relived.lead.stage == "won"
    assert relived.lead.clocks == {}
    assert "by no way that leads there from here" in relived.lived[-1].decision.record.words


def test_missed_deadlines_are_recorded_when_they_fell_due_and_bring_nothing_about() -> None:
    """B.9: the seller who had the lead there keeps it, and nobody is told today of what was late then."""
    relived = lived(Told(MONDAY, owner="ann"), Told(MONDAY + 10 * DAY, event="accept"))
    assert happenings(relived) == ["arrived", "overdue:first_word", "overdue:follow_up", "accept"]
    assert relived.lived[1].decision.record.at == MONDAY + DAY
    assert relived.lead.owner == "ann"
    assert all(not one.conclusion.outward and not one.conclusion.fire for one in relived.lived)
    assert relived.lead.climbs == {}


def test_an_event_that_cannot_have_been_is_left_out_and_told() -> None:
    """B.9."""
    relived = lived(Told(MONDAY, owner="ann"), Told(MONDAY + DAY, stage="done"), Told(MONDAY + 2 * DAY, event="accept"))
    assert relived.lead.closed
    assert [(place, code) for place, code, _, _ in relived.doubts] == [(2, Doubt.NOT_POSSIBLE)]


def take_over(relived: Relived, now_after: timedelta, *, owner_left: bool = False) -> Decision:
    decision = step(PROCESS, relived.lead, TakenOver("old", owner_left), MONDAY + now_after)
    assert isinstance(decision, Decision)
    return decision


def test_what_is_overdue_is_missed_once_on_taking_over_and_its_ladder_begins_today() -> None:
    """B.9, S2.5: and a clock that would take the lead away begins anew."""
    relived = lived(Told(MONDAY, owner="ann"))
    decision = take_over(relived, 100 * DAY)
    world = World(MONDAY + 100 * DAY, PEOPLE, ROSTER.teams)
    _, concluded = settle_and_conclude(PROCESS, decision, world)
    lead = concluded.lead
    assert lead.owner == "ann"
    assert lead.clocks["first_word"].state is ClockState.BREACHED
    assert lead.clocks["first_word"].breached_at == MONDAY + DAY
    assert [(climb.name, climb.step, climb.due_at) for climb in lead.climbs.values()] == [
        ("silence", 0, MONDAY + 100 * DAY)
    ]
    follow_up = lead.clocks["follow_up"]
    assert follow_up.state is ClockState.RUNNING and follow_up.due_at is not None
    assert follow_up.due_at > MONDAY + 100 * DAY


def test_a_clock_that_is_not_overdue_has_counted_since_the_true_entry() -> None:
    """B.9, S2.4: three working days from Monday end on Thursday, whenever the lead is taken over."""
    relived = lived(Told(MONDAY, owner="ann"))
    decision = take_over(relived, DAY / 2)
    assert decision.lead.clocks["follow_up"].due_at == relived.lead.clocks["follow_up"].due_at == MONDAY + 3 * DAY
    assert not decision.outward


def test_for_an_owner_who_left_somebody_is_looked_for() -> None:
    """B.9."""
    relived = lived(Told(MONDAY, owner="gone"))
    assert (relived.lead.owner, relived.lead.ownership) == ("gone", Ownership.PERSON)
    decision = take_over(relived, DAY / 2, owner_left=True)
    _, concluded = settle_and_conclude(PROCESS, decision, World(MONDAY + DAY / 2, PEOPLE, ROSTER.teams))
    assert concluded.lead.owner in PEOPLE
    assert concluded.lead.earlier_owners == ("gone",)
