"""What was changed and what was read in bulk: who, when, on which leads, from where. Entries are only added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from engine.values import MAX_NAME, fault_of_text
from store.pool import Connection
from store.queries import queries

_SQL = queries("audit")

NAMED = 100
"""So many leads are named in an entry; of more, it is said how many there were."""


class Ended(StrEnum):
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Entry:
    """`what` is a permission that was used; `origin` the command or route, and whence it was called."""

    at: datetime
    who: str
    role: str
    what: str
    ended: Ended
    leads: tuple[str, ...]
    count: int | None
    origin: str
    detail: str


async def note(
    conn: Connection,
    who: str,
    role: str,
    what: str,
    ended: Ended,
    origin: str,
    *,
    leads: Sequence[str] = (),
    count: int | None = None,
    detail: str = "",
) -> None:
    """Add an entry. `detail` is nothing personal and no secret. What can be no key of a lead was only asked for as one: it is counted
    and not named."""
    named = [key for key in leads[:NAMED] if fault_of_text(key, MAX_NAME) is None]
    await conn.execute(_SQL["note"], who, role, what, ended.value, origin, named, len(leads) or count, detail)


async def entries(
    conn: Connection,
    *,
    who: str | None = None,
    what: str | None = None,
    lead: str | None = None,
    since: datetime | None = None,
    limit: int = 100,
) -> tuple[Entry, ...]:
    """The last entries, the newest first."""
    rows = await conn.fetch(_SQL["entries"], who, what, lead, since, limit)
    return tuple(Entry(**{**row, "ended": Ended(row["ended"]), "leads": tuple(row["leads"])}) for row in rows)
