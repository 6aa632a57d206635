"""Exactly one lead, and everything once, however often and however many at once an upstream system sends (C.6, S0.13)."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio.client import Client

from client.front_door import FrontDoor
from engine.decision import Refusal, RefusalCode
from engine.errors import IntakeError
from engine.step import new_lead
from store import leads
from tests.installation import Installation, eventually, updates
from workflows import visibility
from workflows.messages import Receipt

A_LEAD: dict[str, Any] = {
    "kind": "sales",
    "channel": "direct",
    "source": "web",
    "company": "Cobalt AG",
    "country": "GB",
    "product_line": "valves",
    "employees": 12,
    "email": "jo@cobalt.example",
}
AT_ONCE = asyncio.Semaphore(10)
"""What the server takes for one lead at a time; it lets the rest try again, and drops the task at hand when it does."""


async def test_the_same_arrival_twice_is_one_lead_with_one_owner(office: Installation) -> None:
    """C.6: sent again, nothing happens again; the lead is known by its key."""
    first = await office.arrive("twice", **A_LEAD)
    again = await office.arrive("twice", **A_LEAD)
    assert (first.created, again.created) == (True, False)
    assert first.key == again.key
    await office.settled(first.key)
    assert await office.happenings(first.key) == ["arrived"]
    assert await office.column("select count(*) from touch where lead = $1", first.key) == [1]
    assert await office.column("select count(*) from assignment where lead = $1", first.key) == [1]


async def test_fifty_starts_at_once_with_one_key_are_one_workflow_one_row_and_one_assignment(
    office: Installation,
) -> None:
    """C.6: fifty requests in the same moment, each retried by somebody who got no answer."""
    arrived = await asyncio.gather(*(office.arrive("fifty", **A_LEAD) for _ in range(50)))
    [key] = {one.key for one in arrived}
    assert [one.created for one in arrived].count(True) == 1
    owners = {one.receipt.owner for one in arrived if one.receipt is not None}
    await office.settled(key)
    assert owners == {(await office.lead(key)).owner}
    assert len(await office.runs(key)) == 1
    assert await office.happenings(key) == ["arrived"]
    assert await office.column("select count(*) from lead where key = $1", key) == [1]
    assert await office.column("select count(*) from touch where lead = $1", key) == [1]
    assert await office.column("select count(*) from assignment where lead = $1", key) == [1]
    assert len(await office.notices(key)) == 2  # the owner, and the information pack


async def test_a_lead_that_comes_again_from_elsewhere_is_touched_and_scored_again(office: Installation) -> None:
    """S0.13: another campaign is another touch of the same lead, and no second lead."""
    key = await office.new("touched", **A_LEAD)
    again = await office.arrive("touched", **A_LEAD, campaign="autumn")
    assert (again.key, again.created) == (key, False)
    assert again.receipt is not None
    assert again.receipt.seq == 2
    await office.settled(key)
    assert await office.happenings(key) == ["arrived", "asks_again"]
    assert await office.column("select campaign from touch where lead = $1 order by id", key) == [None, "autumn"]
    assert await office.column("select count(*) from assignment where lead = $1", key) == [1]


async def test_an_event_sent_twice_happens_once_and_is_answered_the_same(office: Installation) -> None:
    """C.6: the caller's id makes it the same event, also when the lead has gone on meanwhile."""
    key = await office.new(**A_LEAD)
    first = await office.done(key, "accept", id="accept-1")
    await office.done(key, "work", id="work-1")
    again = await office.done(key, "accept", id="accept-1")
    assert (first.duplicate, again.duplicate) == (False, False), "Temporal itself remembers the answer of this run"
    assert again.seq == first.seq
    assert again.stage == "sales_accepted.contacted"
    assert await office.happenings(key) == ["arrived", "accept", "work"]


async def test_an_event_sent_twice_by_different_ways_happens_once(office: Installation) -> None:
    """C.6: as a signal first and as an update later, with one id: the answer says that it is a repetition."""
    key = await office.new(**A_LEAD)
    owner = (await office.lead(key)).owner
    await office.handle(key).signal("accept", {"by": owner, "id": "accept-1"})

    async def happened() -> bool:
        return (await office.lead(key)).seq == 2

    await eventually(happened)
    again = await office.done(key, "accept", id="accept-1")
    assert (again.duplicate, again.seq, again.stage) == (True, 2, "sales_accepted.contacted")
    assert await office.happenings(key) == ["arrived", "accept"]


async def test_an_event_sent_twenty_times_at_once_happens_once(office: Installation) -> None:
    """C.6: all callers get the same answer."""
    key = await office.new(**A_LEAD)
    answers = await asyncio.gather(*(office.done(key, "accept", id="accept-1") for _ in range(20)))
    assert {(one.seq, one.stage) for one in answers} == {(2, "sales_accepted.contacted")}
    await office.settled(key)
    assert await office.happenings(key) == ["arrived", "accept"]
    assert updates(await office.history(key)).count("accept") == 1


async def test_of_two_who_accept_at_once_one_wins_and_the_other_is_refused(office: Installation) -> None:
    """C.1: owner and team leader press the button in the same moment: one decision each lead at a time."""
    key = await office.new(**A_LEAD)
    lead = await office.lead(key)
    assert lead.owner is not None
    assert lead.leader is not None
    by = (lead.owner, lead.leader)
    answers = await asyncio.gather(*(office.send(key, "accept", by=one) for one in by))
    won = [one for one in answers if isinstance(one, Receipt)]
    refused = [one for one in answers if isinstance(one, Refusal)]
    assert (len(won), len(refused)) == (1, 1)
    assert refused[0].code is RefusalCode.NOT_HERE
    await office.settled(key)
    assert await office.happenings(key) == ["arrived", "accept"]


async def test_many_events_at_once_on_one_lead_are_worked_one_after_another(office: Installation) -> None:
    """C.1: thirty updates and ten signals, ten at a time: each happens, each once, none between the halves of another."""
    key = await office.new(**A_LEAD)
    owner = (await office.lead(key)).owner

    async def update(number: int) -> Receipt:
        async with AT_ONCE:
            return await office.done(key, "update", owner, fields={"budget": 1 + number % 5}, id=f"u{number}")

    signals = [office.handle(key).signal("note", {"by": owner, "note": True, "id": f"s{n}"}) for n in range(10)]
    answers, _ = await asyncio.gather(asyncio.gather(*(update(n) for n in range(30))), asyncio.gather(*signals))

    async def all_done() -> bool:
        return (await office.lead(key)).seq == 41

    await eventually(all_done)
    await office.settled(key)
    events = await office.rows("select seq, at, happening from event where lead = $1 order by seq", key)
    assert [one["seq"] for one in events] == list(range(1, 42))
    assert [one["at"] for one in events] == sorted(one["at"] for one in events)
    assert sorted(one["happening"] for one in events) == ["arrived", *["note"] * 10, *["update"] * 30]
    assert sorted(one.seq for one in answers) == [one["seq"] for one in events if one["happening"] == "update"]


async def test_a_lead_that_was_accepted_but_never_started_is_started_later(office: Installation) -> None:
    """C.6: accepted is never lost: what died between the database and Temporal is found when a worker starts."""
    nobody = await Client.connect("127.0.0.1:1", lazy=True)
    with pytest.raises(RuntimeError, match="connect"):
        await FrontDoor(office.pool, nobody, office.catalog).arrive({"id": "pending", **A_LEAD}, source_system="test")
    assert await office.column("select state from lead where external_id = 'pending'") == ["received"]
    assert await office.door.start_pending() == 1
    assert await office.door.start_pending() == 0
    key = "lead:test:pending"
    await office.settled(key)
    assert await office.happenings(key) == ["arrived"]
    late = await office.arrive("pending", **A_LEAD)
    assert not late.created
    assert await office.happenings(key) == ["arrived"]


async def test_a_lead_that_temporal_refuses_keeps_no_other_from_starting(
    office: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    """C.6: a worker that starts finds one lead that cannot be started: it is named in the log, and the others are."""
    [refused, *_] = keys = [f"lead:test:{'k' * 1100}", "lead:test:behind"]
    [process] = [one for one in office.catalog.currents() if one.name == "inbound_b2b"]
    async with office.pool.acquire() as connection:
        for key in keys:
            lead = new_lead(process, key, "Cobalt AG", {"company": "Cobalt AG"}, (), datetime.now(UTC))
            await leads.register(connection, leads.NewLead(lead, "test", key, {}))
    with caplog.at_level(logging.ERROR, "client.front_door"):
        assert await office.door.start_pending() == 1
    assert [refused in line for line in caplog.messages] == [True]
    await office.settled("lead:test:behind")
    await office.pool.execute("delete from lead where key = $1", refused)


@pytest.mark.parametrize("long", ["x" * 2_000, "ü" * 2_000, "😀" * 2_000, "*" * 2_000])
async def test_no_text_is_too_long_for_a_lead_to_be_shown(office: Installation, long: str) -> None:
    """C.6, C.7: what fits into a field is accepted, and what Temporal lists of it is shortened; the database has it whole."""
    key = await office.new(**{**A_LEAD, "company": long, "source": long, "campaign": long, "origin": long})
    await office.done(key, "update", "ops", fields={"campaign": long[:1_990]})
    # Past the desk, which knows the roster: what an operator types in the Temporal UI.
    await office.handle(key).signal("assign", {"roles": ["ops"], "to": long[:255]})
    await office.settled(key)
    assert (await office.lead(key)).fields["campaign"] == long[:1_990]
    shown = (await office.handle(key).describe()).typed_search_attributes[visibility.CAMPAIGN]
    assert long.startswith(shown.removesuffix("…"))


async def test_events_that_meet_the_end_of_a_lead_are_answered_all(office: Installation) -> None:
    """C.6: one closes the lead while others are on their way to it: each happens before, or is told that the lead is closed."""
    for attempt in range(5):
        key = await office.new(**{**A_LEAD, "company": f"Cobalt {attempt}"})
        owner = (await office.lead(key)).owner
        notes = [office.send(key, "note", owner, note="Called.") for _ in range(6)]
        end = office.send(key, "lost_to_competitor", owner, codes={"competitor": "brelmo"})
        answers = await asyncio.gather(*notes[:3], end, *notes[3:])
        assert isinstance(answers[3], Receipt)
        happened = [one for one in answers if isinstance(one, Receipt)]
        refused = [one for one in answers if isinstance(one, Refusal)]
        assert {one.code for one in refused} <= {RefusalCode.CLOSED}
        assert (await office.snapshot(key)).seq == 1 + len(happened)
        assert (await office.happenings(key)).count("note") == len(happened) - 1


# --- what is no sales lead -------------------------------------------------------------------------------------------


async def test_hiring_and_vendor_leads_get_a_row_with_the_reason_and_no_workflow(office: Installation) -> None:
    """S0.14, C.6: through the front door; sent twice it is one, and as a sales lead under the same id it is refused."""
    first = await office.arrive("job", **{**A_LEAD, "kind": "hiring"})
    again = await office.arrive("job", **{**A_LEAD, "kind": "hiring"})
    assert (first.created, again.created, first.receipt) == (True, False, None)
    assert first.kept_out is not None and first.kept_out.reason == "hiring"
    [row] = await office.rows(
        "select state, out_of_scope_rule, out_of_scope_reason from lead where key = $1", first.key
    )
    assert row == {
        "state": "out_of_scope",
        "out_of_scope_rule": "people who want to work here",
        "out_of_scope_reason": "hiring",
    }
    assert [run async for run in office.client.list_workflows(f'WorkflowId="{first.key}"')] == []
    with pytest.raises(IntakeError) as refused:
        await office.arrive("job", **A_LEAD)
    assert refused.value.code == "OUT_OF_SCOPE"
