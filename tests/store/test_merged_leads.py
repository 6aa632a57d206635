"""S0.13: what the database says of merged leads: what a key means by now, for which lead each counts, and who may reach whom by it."""

from __future__ import annotations

from datetime import timedelta

import asyncpg
import pytest

from engine.access import Caller, CallerRole
from engine.happening import MergedInto
from engine.process import Process
from store import leads, merges
from store.listing import Filter, listing
from store.personal import one_person
from store.pool import Pool
from store.visiting import visible, visiting
from tests.store.sales import MONDAY, OPS, arrived, happen, pumps, staff


@pytest.fixture(scope="module")
def process() -> Process:
    return pumps()


async def chain(pool: Pool, process: Process, *keys: str) -> list[str | None]:
    """Leads, each merged into the next; whose they are."""
    await staff(pool)
    found = [await arrived(pool, process, key) for key in keys]
    for lead, into in zip(found, keys[1:], strict=False):
        await happen(pool, process, lead, MergedInto(into, OPS, "one"), MONDAY + timedelta(hours=1))
    return [lead.owner for lead in found]


async def test_a_key_means_the_lead_at_the_end_of_its_merges(fresh_pool: Pool, process: Process) -> None:
    """S0.13: through any number of them; all that hangs on them counts for that one, and lists show it alone."""
    await chain(fresh_pool, process, "a", "b", "c")
    async with fresh_pool.acquire() as conn:
        assert [await leads.resolve(conn, key) for key in ("a", "b", "c", "unknown")] == ["c", "c", "c", "unknown"]
        assert await leads.chain(conn, "a") == ("a", "b", "c")
        assert await leads.chain(conn, "unknown") == ()
        assert await one_person(conn, "c") == ("c", "a", "b")
        assert [line.key for line in await listing(conn, Filter())] == ["c"]
        [line] = await listing(conn, Filter(states=(leads.State.MERGED,), keys=("a",)))
        assert (line.merged_into, line.stage, line.kind, line.due_at) == ("b", None, None, None)
        assert await conn.fetchval("select count(distinct counts_for) from score join lead_counted using (lead)") == 1


async def test_nobody_reaches_another_sellers_lead_by_a_key_that_was_merged_into_it(
    fresh_pool: Pool, process: Process
) -> None:
    """S1.13: the row rule is that of the lead that goes on; a system may go on speaking of what it has sent."""
    owners = await chain(fresh_pool, process, "mine", "theirs")
    assert owners[0] != owners[1]

    async def reaches(caller: Caller) -> list[bool]:
        async with visiting(fresh_pool, caller) as conn:
            return [await visible(conn, key) for key in ("mine", "theirs")]

    assert await reaches(Caller("loser", CallerRole.SELLER, owners[0])) == [False, False]
    assert (await reaches(Caller("stays", CallerRole.SELLER, owners[1])))[1]
    assert await reaches(Caller("all", CallerRole.ADMIN)) == [True, True]
    assert await reaches(Caller("web", CallerRole.UPSTREAM, sources=frozenset({"test"}))) == [True, True]
    assert await reaches(Caller("fair", CallerRole.UPSTREAM, sources=frozenset({"fair"}))) == [False, False]


async def test_a_lead_is_the_loser_of_one_merge_at_a_time(fresh_pool: Pool, process: Process) -> None:
    """S0.13: whoever begins two finds the second one refused by the database itself, until the first is undone."""
    await chain(fresh_pool, process, "one")
    await chain(fresh_pool, process, "two")
    async with fresh_pool.acquire() as conn:
        begun = await merges.begin(conn, "one", "two", "it was named", "maria", "one")
        assert await merges.under_way(conn) == (begun,)
        with pytest.raises(asyncpg.UniqueViolationError):
            await merges.begin(conn, "one", "two", "it was named", "maria", "one")
        with pytest.raises(asyncpg.CheckViolationError):
            await merges.begin(conn, "two", "two", "it was named", "maria", "one")
        assert await merges.finish(conn, begun.id)
        assert not await merges.finish(conn, begun.id)
        await merges.drop(conn, begun.id)
        assert await merges.of_loser(conn, "one") is not None, "what is done is not dropped"
        await merges.begin_undo(conn, begun.id, "maria", "two")
        assert await merges.finish_undo(conn, begun.id)
        assert await merges.of_loser(conn, "one") is None
        again = await merges.begin(conn, "one", "two", "it was named", "maria", "one")
        await merges.drop(conn, again.id)
        assert await merges.under_way(conn) == ()
