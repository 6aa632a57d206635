"""Writing past leads with all that happened to them: many at once, each whole or not at all (B.9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from store.past_rows import Rows
from store.pool import Connection
from store.queries import queries

_SQL = queries("past_import")


@dataclass(frozen=True, slots=True)
class PastLead:
    """A lead to write. `entered` are the columns of its row beside those that decisions write; `findable`: it is compared with others."""

    key: str
    entered: Mapping[str, Any]
    touch: Mapping[str, Any]
    rows: Rows
    notes: Sequence[Mapping[str, Any]] = field(default=())
    remarks: Sequence[Mapping[str, Any]] = field(default=())
    findable: bool = False


@dataclass(frozen=True, slots=True)
class RemarkLine:
    """A remark on an imported lead, as `leadflow lead show` tells it."""

    file: str
    line: int
    code: str
    what: str
    mended: str


async def known(conn: Connection, source_system: str, ids: Sequence[str]) -> frozenset[str]:
    """The ids that were here before."""
    return frozenset(row["external_id"] for row in await conn.fetch(_SQL["known"], source_system, list(ids)))


async def write(conn: Connection, leads: Sequence[PastLead]) -> frozenset[str]:
    """Write those that are not there yet, in one transaction. The keys of those written."""
    async with conn.transaction():
        entered = [dict(lead.rows.lead) | dict(lead.entered) for lead in leads]
        written = frozenset(row["key"] for row in await conn.fetch(_SQL["leads"], entered))
        new = [lead for lead in leads if lead.key in written]
        await conn.execute(_SQL["touches"], [dict(lead.touch) for lead in new])
        rows = [lead.rows for lead in new]
        await conn.execute(_SQL["events"], [row for one in rows for row in one.events])
        await conn.execute(_SQL["visits"], [row for one in rows for row in one.visits])
        await conn.execute(_SQL["clocks"], [row for one in rows for row in one.clocks])
        await conn.execute(_SQL["assignments"], [row for one in rows for row in one.assignments])
        await conn.execute(_SQL["scores"], [row for one in rows for row in one.scores])
        await conn.execute(_SQL["notes"], [dict(note) for lead in new for note in lead.notes])
        await conn.execute(_SQL["to_be_found"], [lead.key for lead in new if lead.findable])
        await note_remarks(conn, [remark for lead in new for remark in lead.remarks])
    return written


async def note_remarks(conn: Connection, remarks: Sequence[Mapping[str, Any]]) -> None:
    """Keep what was remarked, once."""
    await conn.execute(_SQL["remarks"], [dict(remark) for remark in remarks])


async def remarks_of(conn: Connection, lead: str) -> tuple[RemarkLine, ...]:
    return tuple(RemarkLine(**row) for row in await conn.fetch(_SQL["remarks_of"], lead))
