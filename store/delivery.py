"""One attempt at a time: whoever delivers something holds its key meanwhile, in whatever process they run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from store.pool import Connection
from store.queries import queries

_SQL = queries("delivery")


@asynccontextmanager
async def alone(conn: Connection, key: str) -> AsyncIterator[None]:
    """Wait until nobody else delivers this, and keep others waiting. Ends with the connection too, so a dead worker's
    hold does not outlive it.

    No transaction is open meanwhile: what is noted within is noted at once.
    """
    await conn.execute(_SQL["take"], key)
    try:
        yield
    finally:
        if not conn.is_closed():
            await conn.execute(_SQL["give_back"], key)
