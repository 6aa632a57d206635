"""By what leads are found again (S0.13): folded values of the people behind them, and upstream keys that lead to another lead.

All of it but the keys is personal, and goes with the person (B.7).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from engine.identity.card import Card
from engine.lead import Value
from store.leads import State
from store.pool import Connection
from store.queries import queries

_SQL = queries("contacts")

ALIKE = 0.6
"""Trigrams in common from which on two values are worth a closer look."""

_AT_ONCE = 200
"""Contacts that are made anew at a time."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A lead by what it is found, and how it stands. `last_at` is when something last happened to it."""

    lead: str
    card: Card
    digest: str
    state: State
    arrived_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Changed:
    """A lead whose contact is to be made anew, with its values, personal ones among them."""

    lead: str
    digest: str
    values: dict[str, Value]


@dataclass(frozen=True, slots=True)
class Alias:
    """What an upstream key led to: the lead that it was found to be, and why."""

    lead: str
    points: int
    why: tuple[str, ...]


async def lock(conn: Connection, pool: str) -> None:
    """Have a pool to oneself until the transaction ends."""
    await conn.execute(_SQL["lock"], pool)


async def newest(conn: Connection, pool: str) -> int:
    """The number of the latest change of a pool, to ask `since` later."""
    return int(await conn.fetchval(_SQL["newest"], pool))


async def holder(conn: Connection, pool: str, card: Card) -> Contact | None:
    """The lead of exactly this person, by mail address and name."""
    if (person := _person(pool, card)) is None:
        return None
    row = await conn.fetchrow(_SQL["holder"], pool, person)
    return _contact(row) if row is not None else None


async def candidates(conn: Connection, pool: str, card: Card) -> tuple[Contact, ...]:
    """Every lead that may be the same: of the address, number, company or domain, or of nearly the name or mailbox. In a transaction."""
    await conn.execute(_SQL["how_like"], str(ALIKE))
    row = (card.email, card.phone, card.domain, card.name, card.mailbox, card.company)
    return tuple(_contact(found) for found in await conn.fetch(_SQL["candidates"], pool, *row))


async def since(conn: Connection, pool: str, change: int) -> tuple[Contact, ...]:
    """What has come to a pool, or changed, after that."""
    return tuple(_contact(row) for row in await conn.fetch(_SQL["since"], pool, change))


async def put(conn: Connection, lead: str, pool: str | None, reads: Sequence[str], card: Card) -> None:
    """Let a lead be found by this, within its pool; with None it is not found at all."""
    row = (card.email, card.mailbox, card.phone, card.name, card.company, card.domain, card.country)
    await conn.execute(_SQL["put"], lead, pool, list(reads), *row)
    if pool is not None and (person := _person(pool, card)) is not None:
        await conn.execute(_SQL["hold"], pool, person, lead)


async def stale(conn: Connection, pool: str, digests: Sequence[str]) -> tuple[Changed, ...]:
    """Leads of a pool that have other values by now, and leads of these processes that came from elsewhere."""
    rows = await conn.fetch(_SQL["stale"], pool, list(digests), _AT_ONCE)
    return tuple(Changed(row["key"], row["digest"], row["fields"] | row["personal"]) for row in rows)


async def put_alias(
    conn: Connection, key: str, source_system: str, external_id: str, alias: Alias, at: datetime
) -> None:
    """From now on this upstream key means another lead."""
    row = (key, alias.lead, source_system, external_id, at, alias.points, list(alias.why))
    await conn.execute(_SQL["put_alias"], *row)


async def alias(conn: Connection, source_system: str, external_id: str) -> Alias | None:
    """What an upstream key led to, if it is not a lead's own."""
    row = await conn.fetchrow(_SQL["alias"], source_system, external_id)
    return Alias(row["lead"], row["points"], tuple(row["why"])) if row is not None else None


def _contact(row: asyncpg.Record) -> Contact:
    names = ("email", "phone", "name", "company", "domain", "country")
    card = Card(**{name: row[name] for name in names})
    return Contact(row["lead"], card, row["digest"], State(row["state"]), row["arrived_at"], row["last_at"])


def _person(pool: str, card: Card) -> bytes | None:
    """What no two people have in common, hidden: neither can be read from it."""
    if card.email is None or card.name is None:
        return None
    return hashlib.sha256(f"{pool}:{card.email}:{card.name}".encode()).digest()
