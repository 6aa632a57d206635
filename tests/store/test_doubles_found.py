"""How well doubles are found among people made up, with the table that ships and the search that the front door uses (S0.13)."""

from __future__ import annotations

from bench.doubles import made, run, shipped
from store.pool import Pool


async def test_hardly_anybody_is_taken_for_another_and_most_are_recognised(fresh_pool: Pool) -> None:
    """S0.13: of those joined 99 of 100 rightly; most doubles are joined, and of nearly all the rest a person is asked."""
    async with fresh_pool.acquire() as conn:
        found = await run(conn, shipped(), made(1_000))
    assert found.doubles > 200
    assert found.precision >= 0.99
    assert found.recall >= 0.85
    assert found.recall_with_people >= 0.95
