"""Published definitions never change, and workers hear of new ones."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from engine.compiling.bundle import Bundle
from engine.compiling.compile import compile_bundle
from engine.errors import LeadflowError
from store import definitions
from store.pool import Pool, open_pool
from tests.store.sales import PROCESS, bundle, pumps

SECOND = PROCESS.replace("version: 1", "version: 2").replace("title: Pumps", "title: Pumps anew")


async def test_what_is_published_can_be_compiled_again_to_the_same(fresh_pool: Pool) -> None:
    """C.5: a running lead keeps the rules it began with, however long it runs."""
    async with fresh_pool.acquire() as conn:
        assert await definitions.publish(conn, bundle(), pumps(), "ops", "first")
        ((digest, body),) = await definitions.all_bundles(conn)
        stages = await conn.fetch("select path, position, kind from stage order by position")
    assert compile_bundle(Bundle.from_json(body)).digest == digest == pumps().digest
    assert [row["path"] for row in stages] == ["qualified", "accepted", "parked", "won", "done", "lost"]
    assert [row["kind"] for row in stages] == ["open", "open", "waiting", "won", "won", "lost"]


async def test_the_same_again_changes_nothing_and_something_else_needs_a_version(fresh_pool: Pool) -> None:
    commented = "# with a comment\n" + PROCESS
    changed = PROCESS.replace("3 working days", "4 working days")
    async with fresh_pool.acquire() as conn:
        assert await definitions.publish(conn, bundle(), pumps(), "ops", "first")
        assert not await definitions.publish(conn, bundle(commented), pumps(commented), "ops", "comment")
        with pytest.raises(LeadflowError, match="published already and says something else") as refused:
            await definitions.publish(conn, bundle(changed), pumps(changed), "ops", "slower")
        assert "version: 2" in refused.value.remedy
        assert len(await definitions.versions(conn)) == 1


async def test_the_newest_version_is_the_current_one(fresh_pool: Pool) -> None:
    async with fresh_pool.acquire() as conn:
        await definitions.publish(conn, bundle(SECOND), pumps(SECOND), "ops", "anew")
        await definitions.publish(conn, bundle(), pumps(), "ops", "for the record")
        assert await definitions.current(conn) == {"pumps": pumps(SECOND).digest}
        listed = await definitions.versions(conn)
    assert [(one.version, one.current, one.why, one.running) for one in listed] == [
        (2, True, "anew", 0),
        (1, False, "for the record", 0),
    ]


async def test_workers_hear_of_what_is_published(new_database: Callable[[], Awaitable[str]]) -> None:
    """Also of what was published before they listened, and while their connection was lost."""
    dsn = await new_database()
    seen: set[str] = set()
    news = asyncio.Event()

    async def look() -> None:
        async with pool.acquire() as conn:
            seen.update((await definitions.current(conn)).values())
        news.set()

    async def heard(digest: str) -> None:
        async with asyncio.timeout(10):
            while digest not in seen:
                news.clear()
                await news.wait()

    async with await open_pool(dsn) as pool, pool.acquire() as conn:
        await definitions.publish(conn, bundle(), pumps(), "ops", "before")
        async with definitions.listening(dsn, look):
            await heard(pumps().digest)
            await definitions.publish(conn, bundle(SECOND), pumps(SECOND), "ops", "meanwhile")
            await heard(pumps(SECOND).digest)
            lost = (
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where query like 'LISTEN%' and datname = current_database()"
            )
            assert await conn.fetchval(lost)
            third = SECOND.replace("version: 2", "version: 3")
            await definitions.publish(conn, bundle(third), pumps(third), "ops", "while deaf")
            await heard(pumps(third).digest)


async def test_workers_look_now_and_then_though_they_hear_nothing(
    new_database: Callable[[], Awaitable[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """C.5: so that they go on saying what they hold, and find what they were not told of."""
    monkeypatch.setattr(definitions, "SILENCE", 0.05)
    looks = asyncio.Semaphore(0)

    async def look() -> None:
        looks.release()

    async with definitions.listening(await new_database(), look), asyncio.timeout(10):
        for _ in range(4):
            await looks.acquire()
