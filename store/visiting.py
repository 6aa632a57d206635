"""Reading as somebody: connections on which the database shows a caller the leads that are theirs to see, and no others.

The rule itself stands in migration 0015. A caller who sees nothing personal reads as a role to which those columns are closed: a
statement that asks for them fails instead of answering.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from engine.access import Caller, sees_personal
from store.pool import Connection, Pool
from store.queries import queries

_SQL = queries("visiting")


@asynccontextmanager
async def visiting(pool: Pool, caller: Caller) -> AsyncIterator[Connection]:
    """A connection of the pool that reads as the caller while the context is open; all of it as it stood at one moment."""
    async with pool.acquire() as connection, as_visitor(connection, caller):
        yield connection


@asynccontextmanager
async def as_visitor(conn: Connection, caller: Caller) -> AsyncIterator[None]:
    """Within this context the connection reads as the caller, and writes nothing."""
    async with conn.transaction(isolation="repeatable_read", readonly=True):
        await conn.execute(_SQL["confidant"] if sees_personal(caller) else _SQL["visitor"])
        await conn.execute(_SQL["caller"], _told(caller))
        yield


async def visible(conn: Connection, key: str) -> bool:
    """Whether there is such a lead for whoever reads on this connection."""
    return bool(await conn.fetchval(_SQL["visible"], key))


def _told(caller: Caller) -> str:
    return json.dumps(
        {
            "role": caller.role.value,
            "person": caller.person,
            "teams": sorted(caller.teams),
            "sources": sorted(caller.sources),
        }
    )
