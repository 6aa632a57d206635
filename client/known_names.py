"""Names of sources, campaigns and countries at the door: the table that the installation has loaded, read again now and then."""

from __future__ import annotations

from datetime import datetime, timedelta

import asyncpg

from client.cleaning.names import NO_NAMES, Names, by_writing
from store import sources
from store.sources import Known

READ_AGAIN = timedelta(seconds=5)
"""After this a table that somebody has loaded counts at every door."""


class KnownNames:
    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._names = NO_NAMES
        self._read_at: datetime | None = None

    async def current(self, now: datetime) -> Names:
        """As they are loaded, or were a few seconds ago."""
        if self._read_at is None or abs(now - self._read_at) > READ_AGAIN:
            async with self._pool.acquire() as connection:
                self._names = names_of(await sources.current(connection))
            self._read_at = now
        return self._names


def names_of(known: Known) -> Names:
    """For looking up what came."""
    return Names(by_writing(known.sources), by_writing(known.campaigns), by_writing(known.countries), known.kinds)
