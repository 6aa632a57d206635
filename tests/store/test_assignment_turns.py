"""Owners under load: leads that arrive at once are shared out one by one, on what is true at that moment."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from engine.decision import Decision
from engine.happening import Arrival, EventIn
from engine.lead import AskOwner, AssignMode
from engine.process import Process
from engine.step import step
from store import journal, leave, roster
from store.pool import Pool
from tests.store.sales import (
    MONDAY,
    OPS,
    PROCESS,
    ROSTER,
    SELLERS,
    TABLES,
    arrived,
    fresh_lead,
    happen,
    pumps,
    registered,
    staff,
)


@pytest.fixture(scope="module")
def process() -> Process:
    return pumps()


async def test_a_hundred_leads_at_once_are_shared_out_evenly(fresh_pool: Pool, process: Process) -> None:
    """S0.16, S4.5: round robin holds when a hundred leads are assigned at the same time: twenty for each of five."""
    await staff(fresh_pool)
    leads = await asyncio.gather(*(arrived(fresh_pool, process, f"burst-{number}") for number in range(100)))
    assert Counter(lead.owner for lead in leads) == dict.fromkeys(SELLERS, 20)
    async with fresh_pool.acquire() as conn:
        turns = [row["person"] for row in await conn.fetch("select person from assignment order by id")]
    assert all(set(turns[start : start + 5]) == set(SELLERS) for start in range(0, 100, 5))


async def test_limits_hold_in_a_burst(fresh_pool: Pool, process: Process) -> None:
    """S4.5: nobody gets more than their limit because others were assigned in the same moment."""
    await staff(fresh_pool, ROSTER.replace("teams: [sales]}", "teams: [sales], limits: {per_day: 4}}"))
    leads = await asyncio.gather(*(arrived(fresh_pool, process, f"cap-{number}") for number in range(30)))
    owners = Counter(lead.owner for lead in leads)
    # Eva's line of the roster ends differently: she has no limit.
    assert owners == {"ann": 4, "ben": 4, "cleo": 4, "dan": 4, "eva": 14}


async def test_limits_hold_in_a_burst_over_all_assignment_tables(fresh_pool: Pool, process: Process) -> None:
    """S4.5: two processes with tables of their own ask for the same people in the same moment."""
    await staff(fresh_pool, ROSTER.replace("teams: [sales]}", "teams: [sales], limits: {open: 2}}"))
    tables = {**TABLES, "assignment": TABLES["assignment"].replace("assignment: desk", "assignment: other")}
    valves = PROCESS.replace("process: pumps", "process: valves").replace("assignment: desk", "assignment: other")
    both = (process, pumps(valves, tables))
    leads = await asyncio.gather(*(arrived(fresh_pool, both[n % 2], f"both-{n}") for n in range(20)))
    owners = Counter(lead.owner for lead in leads)
    assert owners == {"ann": 2, "ben": 2, "cleo": 2, "dan": 2, "eva": 12}


async def test_a_lead_given_by_hand_is_a_turn(fresh_pool: Pool, process: Process) -> None:
    """S4.5: round robin counts manual assignments, over all processes."""
    await staff(fresh_pool)
    other = pumps(PROCESS.replace("process: pumps", "process: valves"))
    first = await arrived(fresh_pool, other, "by-hand")
    await happen(fresh_pool, other, first, EventIn("assign", OPS, to="cleo"), MONDAY)
    turns = [await arrived(fresh_pool, process, f"then-{number}") for number in range(3)]
    had = {first.owner, "cleo"}
    assert not had & {lead.owner for lead in turns}


async def test_the_world_tells_workload_and_leave(fresh_pool: Pool, process: Process) -> None:
    """S4.5, B.6: open leads, those of today on each person's own calendar, the last turn, leave."""
    await staff(fresh_pool)
    early = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)  # Monday morning in Berlin, Monday evening in Auckland
    late = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)  # Monday noon in Berlin, Tuesday in Auckland
    for person in ("ann", "eva"):
        lead = await arrived(fresh_pool, process, f"early-{person}", early)
        await happen(fresh_pool, process, lead, EventIn("assign", OPS, to=person), early)
    async with fresh_pool.acquire() as conn:
        await leave.add_leave(conn, "ben", late, late + timedelta(days=3), "ski")
    lead = await registered(fresh_pool, process, "asking", late)
    decision = step(process, lead, Arrival(), late)
    assert isinstance(decision, Decision)
    async with fresh_pool.acquire() as conn, conn.transaction():
        people = (await journal.world_for(conn, process, decision, 1.0)).people
    assert (people["ann"].open, people["ann"].today) == (1, 1)
    assert (people["eva"].open, people["eva"].today) == (1, 0)  # it was yesterday, where she is
    assert people["ann"].last_turn is not None
    assert [absence.end for absence in people["ben"].absences] == [late + timedelta(days=3)]
    assert people["lee"].last_turn is None


async def test_a_decision_without_a_question_reads_the_owner_only(fresh_pool: Pool, process: Process) -> None:
    await staff(fresh_pool)
    lead = await arrived(fresh_pool, process, "quiet")
    decision = step(process, lead, EventIn("update", OPS, fields={"country": "DE"}), MONDAY)
    assert isinstance(decision, Decision)
    async with fresh_pool.acquire() as conn:
        world = await journal.world_for(conn, process, decision, 0.5)
        locks = await conn.fetchval("select count(*) from pg_locks where locktype = 'advisory'")
    assert (list(world.people), world.now, world.scale, locks) == ([lead.owner], MONDAY, 0.5, 0)


async def test_an_account_keeps_its_owner(fresh_pool: Pool, process: Process) -> None:
    """S4.4: current customers stay with who serves them, however the company is spelled out."""
    await staff(fresh_pool)
    first = await arrived(fresh_pool, process, "first", company="Cobalt  Works")
    for number in range(7):
        await arrived(fresh_pool, process, f"other-{number}")
    again = await arrived(fresh_pool, process, "again", company=" cobalt works ")
    assert again.owner == first.owner
    async with fresh_pool.acquire() as conn:
        rule = await conn.fetchval("select rule from assignment where lead = 'again'")
    assert rule == "account owner"


async def test_who_joins_or_leaves_counts_from_the_next_lead(fresh_pool: Pool, process: Process) -> None:
    """The roster is read from memory, and anew as soon as it has changed, by whatever connection."""
    await staff(fresh_pool)
    await asyncio.gather(*(arrived(fresh_pool, process, f"before-{number}") for number in range(5)))
    lines = [line for line in ROSTER.splitlines() if not line.startswith(("  ben:", "  dan:"))]
    await staff(fresh_pool, "\n".join(lines))
    owners = {(await arrived(fresh_pool, process, f"after-{number}")).owner for number in range(6)}
    assert owners == {"ann", "cleo", "eva"}
    async with fresh_pool.acquire() as conn:
        people = await roster.people(conn)
    assert (people["ben"].active, people["ann"].active) == (False, True)


async def test_a_hand_over_knows_where_to(fresh_pool: Pool, process: Process) -> None:
    """S1.1: the current digest of every process is at hand where a lead is handed over."""
    from store import definitions
    from tests.store.sales import bundle

    await staff(fresh_pool)
    lead = fresh_lead(process, "over")
    decision = step(process, lead, Arrival(), MONDAY)
    assert isinstance(decision, Decision)
    async with fresh_pool.acquire() as conn:
        await definitions.publish(conn, bundle(), process, "ops", "first")
        ask = AskOwner(AssignMode.RULES, "test")
        handing = Decision(decision.lead, decision.record, owner=ask, hand_over="pumps")
        async with conn.transaction():
            world = await journal.world_for(conn, process, handing, 1.0)
    assert world.digests == {"pumps": process.digest}
