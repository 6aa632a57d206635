"""A lead whose workflow is gone goes on from the journal, though nobody sends anything (C.1)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from client.front_door import FrontDoor
from client.merging import Merger
from client.upkeep import Upkeep
from engine.happening import Due, DueKind
from tests.installation import Installation, eventually
from tests.workflow.test_journal_is_the_truth import nothing_is_doubled, pump, recorded_by_a_lost_task


def later(desk: Installation, at: datetime) -> FrontDoor:
    """The front door as a worker has it at that time."""
    return FrontDoor(desk.pool, desk.client, desk.catalog, lambda: at)


def in_a_year(desk: Installation) -> FrontDoor:
    return later(desk, datetime.now(UTC) + timedelta(days=365))


async def left_alone(desk: Installation) -> None:
    """Leads of other tests in this database are out of the way."""
    await desk.pool.execute("update lead set wakes_at = null")


async def test_a_lead_past_its_deadline_is_started_again_from_the_journal(desk: Installation) -> None:
    """S2.4: somebody terminated its workflow by mistake; the deadline it had takes effect all the same."""
    await left_alone(desk)
    lead = await pump(desk)
    await desk.done(lead.key, "accept")
    before = (await desk.idle(lead.key)).lead
    await desk.handle(lead.key).terminate("by mistake")
    assert await desk.door.start_again() == 0, "nothing is due yet"
    assert await in_a_year(desk).start_again() == 1
    after = (await desk.idle(lead.key)).lead
    assert after == before
    await desk.forward(lead.key, timedelta(hours=11))
    assert "overdue:decide" in await desk.happenings(lead.key)
    await nothing_is_doubled(desk, lead.key)


async def test_what_its_last_decision_still_had_to_tell_is_told_once(desk: Installation) -> None:
    """S2.5, S4.7: taken from a silent seller, and terminated before anybody heard of it: the new owner and the old one are told, once
    each, however often it is started again."""
    await left_alone(desk)
    lead = await pump(desk)
    due = lead.clocks["follow_up"].due_at
    assert due is not None
    await desk.handle(lead.key).terminate("by mistake")
    after = await recorded_by_a_lost_task(desk, lead, Due(DueKind.CLOCK, "follow_up", due), later=timedelta(days=3))
    told = await desk.notices(lead.key)
    for _ in range(2):
        assert await in_a_year(desk).start_again() == 1
        await desk.idle(lead.key)
        assert (await desk.lead(lead.key)).owner == after.owner != lead.owner
        assert (await desk.notices(lead.key))[len(told) :] == [("new_lead", after.owner), ("taken_away", lead.owner)]
        await desk.handle(lead.key).terminate("by mistake again")
    await nothing_is_doubled(desk, lead.key)


async def test_a_lead_that_runs_or_has_ended_is_left_alone(desk: Installation) -> None:
    """C.6: however late it is, one lead is one workflow."""
    await left_alone(desk)
    running, closed = await pump(desk), await pump(desk)
    await desk.done(closed.key, "drop", closed.owner)
    assert await in_a_year(desk).start_again() == 0
    assert len(await desk.runs(running.key)) == 1
    assert len(await desk.runs(closed.key)) == 1


async def test_a_lead_that_waits_for_anything_but_a_deadline_is_found_too(desk: Installation) -> None:
    """S4.6: it is held until somebody is free: nobody can miss that, but the lead must not wait for ever."""
    await left_alone(desk)
    key = await desk.new(kind="pumps", size="small")
    held = (await desk.idle(key)).lead
    assert held.assign_at is not None
    [at] = await desk.column("select wakes_at from lead where key = $1", key)
    assert at <= held.assign_at
    await desk.handle(key).terminate("by mistake")
    assert await later(desk, at + timedelta(minutes=3)).start_again() == 1


async def test_a_worker_looks_after_leads_again_and_again(desk: Installation) -> None:
    """C.1: not only when it starts; and a server that is away for a while does not end it."""
    seen: list[str] = []

    class Door:
        async def start_pending(self) -> int:
            seen.append("pending")
            if len(seen) == 1:
                raise OSError("no way to Temporal")
            return 0

        async def start_again(self) -> int:
            seen.append("again")
            return 0

    stop = asyncio.Event()
    upkeep = Upkeep(desk.pool, Door(), desk.desk, Merger(desk.pool, desk.client, desk.catalog))  # type: ignore[arg-type]
    going = asyncio.create_task(upkeep.until(stop, every=timedelta(milliseconds=1)))

    async def twice() -> bool:
        return seen.count("again") >= 2

    await eventually(twice)
    stop.set()
    await going
    assert seen[:3] == ["pending", "pending", "again"]
