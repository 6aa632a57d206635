"""Leave: when people are away, and which leads have to be told because their deadlines move (B.6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from engine.errors import LeadflowError
from store.pool import Connection
from store.queries import queries

_SQL = queries("leave")


@dataclass(frozen=True, slots=True)
class Leave:
    """An absence from `starts_at` up to, not including, `ends_at`. `announced_at` is None until its leads were told."""

    id: int
    person: str
    starts_at: datetime
    ends_at: datetime
    note: str
    entered_at: datetime
    announced_at: datetime | None


@dataclass(frozen=True, slots=True)
class Affected:
    """A leave that was entered or cut short, and the keys of the open leads of whoever takes it."""

    id: int
    person: str
    leads: tuple[str, ...]


async def add_leave(conn: Connection, person: str, starts_at: datetime, ends_at: datetime, note: str = "") -> Affected:
    """Enter a leave. Raises LeadflowError for somebody whom the roster does not know, or an end before the start."""
    if ends_at <= starts_at:
        raise LeadflowError(f"the leave of {person} ends before it starts", "Give its first moment before its last.")
    try:
        async with conn.transaction():
            number = await conn.fetchval(_SQL["add"], person, starts_at, ends_at, note)
            return Affected(number, person, await _open_leads_of(conn, person))
    except asyncpg.ForeignKeyViolationError:
        raise LeadflowError(f"{person} is not in the roster", "Name a person as the roster does.") from None


async def end_leave(conn: Connection, number: int, at: datetime) -> Affected | None:
    """Let a leave end at `at`; one that has not begun by then is taken back. None where it was over already.

    Raises LeadflowError where there is no such leave.
    """
    async with conn.transaction():
        person = await conn.fetchval(_SQL["end"], number, at)
        if person is not None:
            return Affected(number, person, await _open_leads_of(conn, person))
        if not await conn.fetchval(_SQL["exists"], number):
            raise LeadflowError(f"there is no leave {number}", "Look it up with `leadflow leave list`.")
    return None


async def leave_list(conn: Connection, person: str | None = None, after: datetime | None = None) -> tuple[Leave, ...]:
    """Leave of one person or of everybody, in order; with `after` only what ends later than that."""
    return tuple(Leave(**row) for row in await conn.fetch(_SQL["list"], person, after))


async def not_announced(conn: Connection) -> tuple[Leave, ...]:
    """Leave, also leave cut short or taken back, that the leads of its person have not been told of."""
    return tuple(Leave(**row) for row in await conn.fetch(_SQL["not_announced"]))


async def mark_announced(conn: Connection, number: int) -> None:
    await conn.execute(_SQL["mark_announced"], number)


async def _open_leads_of(conn: Connection, person: str) -> tuple[str, ...]:
    return tuple(row["key"] for row in await conn.fetch(_SQL["open_leads_of"], person))
