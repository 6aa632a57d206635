"""What was acknowledged is there after the server has died, and nothing else is."""

from __future__ import annotations

import asyncio
import os
import signal
from itertools import count
from pathlib import Path

import asyncpg

from stack.postgres import PostgresServer
from store.migrate import migrate
from store.pool import open_pool
from tests.store.sales import arrived, pumps, staff

BROKEN = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""What a connection says whose server has died; the internal error when that happened while it was idle."""


async def test_nothing_acknowledged_is_lost_when_the_server_is_killed(tmp_path: Path) -> None:
    """B.5, S1.4: the database is killed while leads arrive; every decision that was answered is there, whole."""
    process = pumps()
    server = PostgresServer(tmp_path)
    dsn = await server.start()
    try:
        await migrate(dsn)
        acknowledged: list[str] = []
        pool = await open_pool(dsn, at_most=5)
        await staff(pool)

        async def keep_arriving(name: str) -> None:
            for number in count():
                try:
                    await arrived(pool, process, f"{name}-{number}")
                except BROKEN:
                    return
                acknowledged.append(f"{name}-{number}")
                if len(acknowledged) == 40:
                    _kill(tmp_path)

        await asyncio.gather(*(keep_arriving(f"lead-{name}") for name in range(4)))
        pool.terminate()

        await server.wait()
        async with await open_pool(await server.start()) as after, after.acquire() as conn:
            written = {row["lead"] for row in await conn.fetch("select lead from event")}
            assert set(acknowledged) <= written
            for table in ("visit", "assignment", "score", "task"):
                assert {row["lead"] for row in await conn.fetch(f"select lead from {table}")} == written
    finally:
        await server.stop()


def _kill(home: Path) -> None:
    """The server's main process, by the number it has written down itself."""
    pid = int((home / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, signal.SIGKILL)
