"""Which definitions each worker holds in memory, as it says itself: a lead waits where its worker lacks the one it is on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from store.definitions import MISSED, SILENCE
from store.pool import Connection
from store.queries import queries

_SQL = queries("holdings")


@dataclass(frozen=True, slots=True)
class Held:
    """Of the `workers` that are at work, how many hold it."""

    workers: int
    holding: int

    @property
    def by_all(self) -> bool:
        return self.holding == self.workers


@dataclass(frozen=True, slots=True)
class Lacking:
    """A version that is in use, and a worker that does not hold it."""

    worker: str
    process: str
    version: int
    digest: str


async def tell(conn: Connection, worker: str, digests: Sequence[str]) -> None:
    """What this worker holds, now."""
    await conn.execute(_SQL["tell"], worker, list(digests))


async def leave(conn: Connection, worker: str) -> None:
    """It stops, and holds nothing any more."""
    await conn.execute(_SQL["leave"], worker)


async def holders(conn: Connection, digests: Sequence[str]) -> Held:
    """Who holds all of these."""
    row = await conn.fetchrow(_SQL["holders"], list(digests), SILENCE * MISSED)
    assert row is not None
    return Held(**row)


async def lacking(conn: Connection) -> tuple[Lacking, ...]:
    """What workers that are at work ought to hold and do not."""
    return tuple(Lacking(**row) for row in await conn.fetch(_SQL["lacking"], SILENCE * MISSED))
