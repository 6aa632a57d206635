"""A world for trying one lead out in a database of its own: emptied, filled with what others have on their hands, looked into."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from store.pool import Connection
from store.queries import queries

_SQL = queries("trial_world")


async def clear(conn: Connection) -> None:
    """Forget all leads and people. Never on a database that anybody works with."""
    await conn.execute(_SQL["clear"])


async def put_workload(conn: Connection, person: str, many: int, since: datetime) -> None:
    await conn.execute(_SQL["put_workload"], f"busy:{person}:", many, person, since)


async def put_account(conn: Connection, company: str, person: str, at: datetime) -> None:
    await conn.execute(_SQL["put_account"], f"account:{company}", company, person, at)


async def seq(conn: Connection, key: str) -> int | None:
    """The number of the lead's last decision; None where there is no such lead."""
    found: int | None = await conn.fetchval(_SQL["seq"], key)
    return found


async def explanations(conn: Connection, key: str) -> list[Any]:
    """Of every search for an owner of the lead, the rules that were tried, in order."""
    return [row["explanation"] for row in await conn.fetch(_SQL["explanations"], key)]


async def tasks(conn: Connection, key: str) -> list[tuple[str, str, str]]:
    """Key, title and for whom of every task of the lead."""
    return [(row["key"], row["title"], row["meant_for"]) for row in await conn.fetch(_SQL["tasks"], key)]
