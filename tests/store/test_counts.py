"""The figures of a glance: what counts where."""

from __future__ import annotations

from engine.process import Process
from store.definitions import publish
from store.pool import Pool
from store.summary import counts
from tests.store.sales import MONDAY, arrived, bundle, by_owner, happen, pumps, staff


async def test_a_rejected_lead_leaves_the_early_count_and_no_other(fresh_pool: Pool) -> None:
    """S2.15: what sales reject is counted no longer among the good early leads, and its reason stays."""
    process: Process = pumps()
    await staff(fresh_pool)
    async with fresh_pool.acquire() as conn:
        await publish(conn, bundle(), process, "ops", "")
    for key in ("good", "better"):
        await arrived(fresh_pool, process, key)
    bad = await arrived(fresh_pool, process, "bad")
    async with fresh_pool.acquire() as conn:
        before = await counts(conn)
    await happen(fresh_pool, process, bad, by_owner(bad, "reject", codes={"reason": "price"}), MONDAY)
    async with fresh_pool.acquire() as conn:
        after = await counts(conn)
        reason = await conn.fetchval("select codes ->> 'reason' from event where lead = 'bad' and happening = 'reject'")
    assert [(line.stage, line.leads) for line in before.stages] == [("qualified", 3)]
    assert [(line.stage, line.leads) for line in after.stages] == [("qualified", 2), ("lost", 1)]
    assert (after.totals.leads, after.totals.open, after.totals.lost) == (3, 2, 1)
    assert reason == "price"
