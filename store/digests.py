"""Digests: one mail to one person in place of the notices that were gathered for them (S4.7).

Which notices go with one is settled when it is made up; what becomes of it becomes of them, in one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from store.notifications import Begun, Status, begun, without_addresses
from store.pool import Connection
from store.queries import queries

_SQL = queries("digests")


@dataclass(frozen=True, slots=True)
class Gathered:
    """A notice that goes with a digest, as it was ordered."""

    key: str
    lead: str
    template: str
    subject: str
    about: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest, how it stands, and what goes with it in the order in which it came."""

    key: str
    person: str
    at: datetime
    begun: Begun
    notices: tuple[Gathered, ...]


async def make_up(conn: Connection, waited: timedelta) -> None:
    """A digest for each person for whom a notice has waited so long; it takes all that waits for them."""
    async with conn.transaction():
        await conn.execute(_SQL["one_by_one"])
        await conn.execute(_SQL["make_up"], waited)


async def not_sent(conn: Connection) -> tuple[str, ...]:
    """The keys of digests that are still to be sent, the oldest first."""
    return tuple(row["key"] for row in await conn.fetch(_SQL["not_sent"]))


async def read(conn: Connection, key: str) -> Digest:
    row = await conn.fetchrow(_SQL["read"], key)
    assert row is not None
    notices = tuple(Gathered(**dict(one)) for one in await conn.fetch(_SQL["notices"], key))
    return Digest(row["key"], row["person"], row["at"], begun(row), notices)


async def attempted(conn: Connection, key: str, channel: str, outcome: str, detail: str = "") -> None:
    """Note one attempt, without the addresses that servers quote (B.7)."""
    await conn.execute(_SQL["attempted"], key, channel, outcome, without_addresses(detail))


async def finished(conn: Connection, key: str, status: Status, channel: str | None = None) -> None:
    """Note how it ended, for it and for all that went with it."""
    await conn.execute(_SQL["finished"], key, status, channel)
