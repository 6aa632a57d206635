"""Versions side by side: what became of the leads that entered under each (B.3)."""

from __future__ import annotations

from datetime import timedelta

from engine.conclude import conclude
from engine.decision import Decision
from engine.happening import Actor, Due, DueKind, Moved
from engine.language.definition import Who
from engine.plan import unchanged
from engine.settle import settle
from engine.step import step
from store import comparison, definitions, journal
from store.pool import Pool
from tests.store.sales import MONDAY, PROCESS, arrived, bundle, by_owner, happen, pumps, staff

SECOND = PROCESS.replace("version: 1", "version: 2").replace("follow_up:\n        due: 3", "follow_up:\n        due: 2")


async def test_versions_are_compared_by_what_became_of_their_leads(fresh_pool: Pool) -> None:
    """B.3: how far they came, how many missed a deadline, how long an answer took; open ones are counted as open."""
    old, new = pumps(), pumps(SECOND)
    await staff(fresh_pool)
    async with fresh_pool.acquire() as conn:
        await definitions.publish(conn, bundle(), old, "ops", "")
        await definitions.publish(conn, bundle(SECOND), new, "ops", "")

    won = await arrived(fresh_pool, old, "won")
    won = await happen(fresh_pool, old, won, by_owner(won, "note", note=True), MONDAY + timedelta(minutes=10))
    won = await happen(fresh_pool, old, won, by_owner(won, "accept"), MONDAY + timedelta(hours=1))
    await happen(fresh_pool, old, won, by_owner(won, "win"), MONDAY + timedelta(days=2))
    lost = await arrived(fresh_pool, old, "lost")
    lost = await happen(
        fresh_pool, old, lost, by_owner(lost, "reject", codes={"reason": "price"}), MONDAY + timedelta(hours=3)
    )
    late = await arrived(fresh_pool, new, "late")
    overdue = MONDAY + timedelta(hours=24)
    await happen(fresh_pool, new, late, Due(DueKind.CLOCK, "first_word", overdue), overdue)

    async with fresh_pool.acquire() as conn:
        second, first = await comparison.by_version(conn, "pumps")
        in_a_day, _ = [*reversed(await comparison.by_version(conn, "pumps", timedelta(days=1)))]
        young = await comparison.by_version(conn, "pumps", timedelta(days=3650))
    assert (first.version, first.leads, first.converted, first.lost, first.open) == (1, 2, 1, 1, 0)
    assert (first.contacted, first.working) == (1, 1)
    assert (first.answered, first.median_seconds_to_answer) == (2, 2 * 3600), "a note is no answer"
    assert (second.version, second.leads, second.open, second.breaches, second.leads_breached) == (2, 1, 1, 1, 1)
    assert (second.answered, second.median_seconds_to_answer) == (0, None)
    assert (in_a_day.converted, in_a_day.open) == (0, 1), "it was won on the second day"
    assert [one.leads for one in young] == [0, 0], "none is old enough"


async def test_a_lead_that_was_moved_counts_for_the_version_that_it_entered_under(fresh_pool: Pool) -> None:
    """B.3: otherwise a migration would make the old version look as if nobody had come; and to be moved is no answer."""
    old, new = pumps(), pumps(SECOND)
    await staff(fresh_pool)
    async with fresh_pool.acquire() as conn:
        await definitions.publish(conn, bundle(), old, "ops", "")
        await definitions.publish(conn, bundle(SECOND), new, "ops", "")
    lead = await arrived(fresh_pool, old, "moved")
    moved = Moved(unchanged(old, new), Actor("root", (Who.OPS,)), "two days for all")
    decision = step(old, lead, moved, MONDAY + timedelta(hours=1), new)
    assert isinstance(decision, Decision)
    async with fresh_pool.acquire() as conn, conn.transaction():
        world = await journal.world_for(conn, new, decision, 1.0)
        settled = settle(new, decision, world, old)
        assert await journal.write(conn, new, decision, settled, conclude(new, decision, settled), {})
    async with fresh_pool.acquire() as conn:
        assert await conn.fetchval("select version from lead where key = 'moved'") == 2
        second, first = await comparison.by_version(conn, "pumps")
    assert (first.leads, first.open, first.answered) == (1, 1, 0)
    assert second.leads == 0
