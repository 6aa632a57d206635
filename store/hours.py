"""Working hours of people and teams: which of them a roster has changed, and whether their leads were told (B.6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from store.pool import Connection
from store.queries import queries

_SQL = queries("hours")

Hours: TypeAlias = Mapping[tuple[str, str], tuple[str | None, ...]]
"""What tells the hours of each person and team, by what it is and its key."""


@dataclass(frozen=True, slots=True)
class HoursChange:
    """People and teams who keep other hours than before."""

    id: int
    people: tuple[str, ...]
    teams: tuple[str, ...]


async def kept(conn: Connection) -> Hours:
    """The hours as they are now: to compare, inside the transaction that changes them."""
    return {(row["whose"], row["key"]): tuple(row["hours"]) for row in await conn.fetch(_SQL["kept"])}


async def note_change(conn: Connection, before: Hours) -> tuple[str, ...]:
    """Note who keeps other hours than `before`, so that their leads are told. Returns their keys; who is new had none."""
    now = await kept(conn)
    moved = sorted(who for who, hours in before.items() if now.get(who) != hours)
    if moved:
        people, teams = ([key for whose, key in moved if whose == kind] for kind in ("person", "team"))
        await conn.execute(_SQL["note_change"], people, teams)
    return tuple(key for _, key in moved)


async def not_told(conn: Connection) -> tuple[HoursChange, ...]:
    """Changes that the leads concerned have not been told of."""
    rows = await conn.fetch(_SQL["not_told"])
    return tuple(HoursChange(row["id"], tuple(row["people"]), tuple(row["teams"])) for row in rows)


async def leads_of(conn: Connection, change: HoursChange) -> tuple[str, ...]:
    """The keys of the running leads whose deadlines it may move."""
    rows = await conn.fetch(_SQL["leads_of"], list(change.people), list(change.teams))
    return tuple(row["key"] for row in rows)


async def mark_told(conn: Connection, change: HoursChange) -> None:
    await conn.execute(_SQL["mark_told"], change.id)
