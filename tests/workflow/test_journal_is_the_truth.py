"""What the journal has recorded has happened, whether or not the task that recorded it lived to tell.

A worker that dies between recording a decision and completing its task leaves a journal that is ahead of the workflow. The tests
bring that about as another attempt would: they record the decision and say nothing to the workflow.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

from activities.settling import Settling
from engine.clocks import next_due
from engine.conclude import conclude
from engine.decision import Decision
from engine.happening import Actor, Arrival, EventIn, HandedOver, Happening, Touch
from engine.lead import Lead
from engine.step import step
from tests.installation import Installation, eventually, on_queue
from workflows import event_ids
from workflows.messages import CATCH_UP, EventArgs, Receipt

FAIR: dict[str, Any] = {
    "kind": "sales",
    "channel": "direct",
    "source": "trade_show",
    "company": "Ostrava Stroj",
    "country": "DE",
    "temperature": "hot",
}
DAY = timedelta(days=1)


async def recorded_by_a_lost_task(
    desk: Installation, lead: Lead, happening: Happening, *, id: str | None = None, later: timedelta = timedelta()
) -> Lead:
    """Record a decision as an activity does whose workflow task is lost. Gives the lead as it then is."""
    handed = isinstance(happening, HandedOver) and happening.digest
    process = desk.catalog.get(handed or lead.digest)
    decided = step(process, lead, happening, await desk.now(lead.key) + later)
    assert isinstance(decided, Decision), decided
    decided = replace(decided, record=replace(decided.record, id=id or decided.record.id))
    settled = await Settling(desk.pool, desk.catalog).record(decided)
    assert settled.instead is None
    return conclude(process, decided, settled).lead


def by_owner(lead: Lead, event: str, id: str | None = None, **more: Any) -> EventIn:
    return EventIn(event, Actor(lead.owner), id=event_ids.sent(id) if id else None, **more)


async def pump(desk: Installation) -> Lead:
    key = await desk.new(kind="pumps", size="normal")
    return (await desk.idle(key)).lead


async def nothing_is_doubled(desk: Installation, key: str) -> None:
    """The workflow tells what the database tells; every decision, assignment and notice is there once."""
    await desk.settled(key)
    seqs = await desk.column("select seq from event where lead = $1 order by seq", key)
    assert seqs == list(range(1, len(seqs) + 1))
    at = await desk.column("select at from event where lead = $1 order by seq", key)
    assert at == sorted(at)
    keys = [one for one in desk.mailbox.keys if one.startswith(f"{key}:")]
    assert len(keys) == len(set(keys))


async def test_an_event_whose_task_was_lost_is_adopted_when_it_is_sent_again(desk: Installation) -> None:
    """C.1: recorded, answer lost, sent again by the caller: it happened once, and is answered as what it was."""
    lead = await pump(desk)
    await recorded_by_a_lost_task(desk, lead, by_owner(lead, "accept", "accept-1"))
    assert (await desk.lead(lead.key)).seq == 1, "the workflow knows nothing of it"
    args = EventArgs(id="accept-1", by=lead.owner)
    answer = await desk.handle(lead.key).execute_update("accept", args, id="accept-1", result_type=Receipt)
    assert (answer.stage, answer.seq, answer.duplicate) == ("working", 2, False)
    assert await desk.happenings(lead.key) == ["arrived", "accept"]
    await nothing_is_doubled(desk, lead.key)


async def test_a_caller_who_comes_back_later_gets_the_answer_too(desk: Installation) -> None:
    """C.1: through the desk, which knows from the journal that the event has happened and that the workflow does not know."""
    lead = await pump(desk)
    await recorded_by_a_lost_task(desk, lead, by_owner(lead, "accept", "accept-1"))
    answer = await desk.done(lead.key, "accept", lead.owner, id="accept-1")
    assert (answer.stage, answer.seq) == ("working", 2)
    assert await desk.happenings(lead.key) == ["arrived", "accept"]
    await nothing_is_doubled(desk, lead.key)


async def test_a_lost_decision_is_adopted_before_another_event_happens(desk: Installation) -> None:
    """C.1: the journal has an event of somebody who got no answer; whatever comes next comes after it."""
    lead = await pump(desk)
    await recorded_by_a_lost_task(desk, lead, by_owner(lead, "accept", "accept-1"))
    won = await desk.done(lead.key, "win", lead.owner)
    assert (won.stage, won.seq) == ("won", 3)
    assert await desk.happenings(lead.key) == ["arrived", "accept", "win"]
    assert await desk.column("select ending from clock where lead = $1 and name = 'follow_up'", lead.key) == ["met"]


async def test_what_is_not_possible_after_a_lost_decision_is_refused(desk: Installation) -> None:
    """C.1: two accept; the first one's task is lost after recording it: the second one is refused, not the first undone."""
    lead = await pump(desk)
    await recorded_by_a_lost_task(desk, lead, by_owner(lead, "accept", "accept-1"))
    refusal = await desk.refused(lead.key, "accept", lead.leader)
    assert (refusal.code, refusal.stage) == ("NOT_HERE", "working")
    assert await desk.happenings(lead.key) == ["arrived", "accept"]
    await nothing_is_doubled(desk, lead.key)


async def test_a_workflow_that_lags_behind_the_journal_catches_up_when_it_is_told(desk: Installation) -> None:
    """C.1: nobody sends anything again; told how far the journal is, the workflow takes up the clocks that run."""
    lead = await pump(desk)
    accepted = await recorded_by_a_lost_task(desk, lead, by_owner(lead, "accept", "accept-1"))
    await desk.handle(lead.key).signal(CATCH_UP, accepted.seq)

    async def caught_up() -> bool:
        return (await desk.lead(lead.key)).seq == accepted.seq

    await eventually(caught_up)
    assert (await desk.lead(lead.key)) == accepted
    await desk.forward(lead.key, timedelta(hours=10, minutes=1))
    assert await desk.happenings(lead.key) == ["arrived", "accept", "warned:decide", "overdue:decide", "step:late"]
    await nothing_is_doubled(desk, lead.key)


async def test_to_be_told_too_much_does_no_harm(desk: Installation) -> None:
    """C.1: a number that the journal does not have changes nothing."""
    lead = await pump(desk)
    await desk.handle(lead.key).signal(CATCH_UP, 12)
    accepted = await desk.done(lead.key, "accept")
    assert accepted.seq == 2
    await nothing_is_doubled(desk, lead.key)


async def test_a_lost_breach_is_adopted_with_the_owner_it_found(desk: Installation) -> None:
    """S2.5: the reassignment was recorded, its task lost; the deadline comes again, and the lead moves once."""
    lead = await pump(desk)
    due = next_due(lead)
    assert due is not None
    moved = await recorded_by_a_lost_task(desk, lead, due, later=due.at - await desk.now(lead.key))
    assert moved.owner not in (None, lead.owner)
    await desk.forward_to(lead.key, due.at)
    after = (await desk.idle(lead.key)).lead
    assert (after.owner, after.hops, after.seq) == (moved.owner, 1, 2)
    assert await desk.column("select person from assignment where lead = $1 order by id", lead.key) == [
        lead.owner,
        moved.owner,
    ]
    told = await desk.notices(lead.key)
    assert sorted(told, key=str) == sorted(
        [("new_lead", lead.owner), ("new_lead", moved.owner), ("taken_away", lead.owner)], key=str
    )
    await nothing_is_doubled(desk, lead.key)


async def test_the_notices_of_a_lost_decision_go_out_once(office: Installation) -> None:
    """S4.7: qualified was recorded and its task lost before anybody was told; the adopting workflow tells the leader, once."""
    key = await office.new(
        kind="sales", channel="direct", source="web", company="Elbe Pumpen", country="DE", employees=40
    )
    await office.done(key, "accept")
    lead = (await office.idle(key)).lead
    fields = {
        "budget": 4,
        "authority": True,
        "need": True,
        "timeframe": "under_3_months",
        "value": 9.0,
        "expected_on": "2031-03-03",
    }
    await recorded_by_a_lost_task(office, lead, by_owner(lead, "qualify", "q-1", fields=fields))
    assert ("qualified", lead.leader) not in await office.notices(key)
    answers = await asyncio.gather(
        *(office.done(key, "qualify", lead.owner, fields=fields, id="q-1") for _ in range(3))
    )
    assert {one.seq for one in answers} == {3}
    await office.idle(key)
    assert (await office.notices(key)).count(("qualified", lead.leader)) == 1
    await nothing_is_doubled(office, key)


async def test_a_lost_hand_over_is_not_done_twice(office: Installation) -> None:
    """S4.3: qualified at the fair and handed over, both recorded, both lost: the lead is in its next cycle, not the one after."""
    key = await office.new(**FAIR)
    await office.done(key, "spoke", codes={"channel": "booth"})
    lead = (await office.idle(key)).lead
    facts = {"need": True, "timeframe": "under_3_months"}
    qualified = await recorded_by_a_lost_task(office, lead, by_owner(lead, "qualify", "q-1", fields=facts))
    inbound = office.catalog.current("inbound_b2b")
    assert inbound is not None
    handed = await recorded_by_a_lost_task(
        office, qualified, HandedOver("inbound_b2b", inbound.digest), id=event_ids.hand_over(qualified.seq)
    )
    answer = await office.done(key, "qualify", lead.owner, fields=facts, id="q-1")
    assert isinstance(answer, Receipt)
    after = (await office.idle(key)).lead
    assert (after.process, after.cycle, after.seq) == ("inbound_b2b", 2, handed.seq)
    assert await office.happenings(key) == ["arrived", "spoke", "qualify", "handed_over"]
    await nothing_is_doubled(office, key)


async def test_of_a_lost_hand_over_the_rest_is_done_before_the_next_event(office: Installation) -> None:
    """S4.3: only the first half was recorded; the second half comes before anything else can happen."""
    key = await office.new(**{**FAIR, "company": "Brno Stroj"})
    await office.done(key, "spoke", codes={"channel": "booth"})
    lead = (await office.idle(key)).lead
    facts = {"need": True, "timeframe": "under_3_months"}
    await recorded_by_a_lost_task(office, lead, by_owner(lead, "qualify", "q-1", fields=facts))
    noted = await office.done(key, "note", "maria_lopez", note="Came by again.")
    assert (noted.stage, noted.cycle) == ("marketing_qualified", 2)
    assert await office.happenings(key) == ["arrived", "spoke", "qualify", "handed_over", "note"]
    await nothing_is_doubled(office, key)


async def test_a_lost_touch_is_not_counted_twice(desk: Installation) -> None:
    """S0.13: the lead came again, that was recorded, and the task was lost."""
    lead = await pump(desk)
    await recorded_by_a_lost_task(desk, lead, Touch("web"))
    noted = await desk.done(lead.key, "note", lead.owner, note="Called.", id="n-1")
    assert noted.seq == 3
    assert await desk.happenings(lead.key) == ["arrived", "touched", "note"]
    await nothing_is_doubled(desk, lead.key)


async def test_an_arrival_that_was_recorded_and_lost_is_adopted(desk: Installation) -> None:
    """C.6: scored and assigned, and the first task lost: the lead keeps the owner that it got, who is told once."""
    elsewhere = replace(
        desk, queue=f"{desk.queue}-late", client=on_queue(desk.environment.client, f"{desk.queue}-late")
    )
    waits = asyncio.create_task(elsewhere.arrive("lost-arrival", kind="pumps", size="normal"))
    key = "lead:test:lost-arrival"

    async def started() -> bool:
        return bool(await desk.column("select key from lead where key = $1", key)) and bool(await elsewhere.runs(key))

    await eventually(started)
    first = await recorded_by_a_lost_task(desk, await desk.snapshot(key), Arrival())
    async with elsewhere.worker():
        arrived = await waits
        assert arrived.receipt is not None
        assert (arrived.receipt.owner, arrived.receipt.seq) == (first.owner, 1)
        await nothing_is_doubled(elsewhere, key)
        assert await desk.column("select count(*) from assignment where lead = $1", key) == [1]
        assert await desk.notices(key) == [("new_lead", first.owner)]


async def test_decisions_never_go_back_in_time(desk: Installation) -> None:
    """S1.10: a lost task may have gone on for longer than its successor waited to begin; times stay in order all the same."""
    lead = await pump(desk)
    ahead = await recorded_by_a_lost_task(
        desk, lead, by_owner(lead, "accept", "accept-1"), later=timedelta(milliseconds=400)
    )
    await desk.done(lead.key, "note", lead.owner, note="Called.")
    await desk.done(lead.key, "win", lead.owner)
    at = await desk.column("select at from event where lead = $1 order by seq", lead.key)
    assert at == sorted(at)
    assert ahead.entered_at in at
    stays = await desk.column(
        "select left_at - entered_at from visit where lead = $1 and left_at is not null", lead.key
    )
    assert all(stay >= timedelta() for stay in stays)


async def test_a_terminated_lead_goes_on_from_the_journal_when_it_comes_again(desk: Installation) -> None:
    """C.6: an operator ended the workflow by mistake; the next arrival takes it up where it stood, and nothing is doubled."""
    lead = await pump(desk)
    await desk.done(lead.key, "accept")
    before = (await desk.idle(lead.key)).lead
    await desk.handle(lead.key).terminate("by mistake")
    back = await desk.arrive(lead.key.rsplit(":", 1)[1], kind="pumps", size="normal", campaign="spring")
    assert back.key == lead.key
    assert back.receipt is not None
    assert (back.receipt.stage, back.receipt.owner, back.receipt.cycle, back.receipt.seq) == (
        "working",
        before.owner,
        1,
        3,
    )
    after = (await desk.idle(lead.key)).lead
    assert {name: clock.due_at for name, clock in after.clocks.items()} == {
        name: clock.due_at for name, clock in before.clocks.items()
    }
    assert await desk.happenings(lead.key) == ["arrived", "accept", "touched"]
    assert await desk.column("select count(*) from assignment where lead = $1", lead.key) == [1]
    await desk.forward(lead.key, timedelta(hours=11))
    assert "overdue:decide" in await desk.happenings(lead.key)
    await nothing_is_doubled(desk, lead.key)


async def test_a_terminated_lead_goes_on_from_the_journal_with_the_next_event(desk: Installation) -> None:
    """C.6: the seller notices nothing."""
    lead = await pump(desk)
    await desk.handle(lead.key).terminate("by mistake")
    accepted = await desk.done(lead.key, "accept", lead.owner)
    assert (accepted.stage, accepted.seq) == ("working", 2)
    await nothing_is_doubled(desk, lead.key)
