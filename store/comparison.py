"""Versions of a process side by side: what became of the leads that entered it under each (B.3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from engine.carrying import HAPPENING as MOVED
from engine.language.builtin import RESERVED
from engine.merging import OF_MERGES
from store.pool import Connection
from store.queries import queries

_SQL = queries("comparison")


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of the leads that entered the process under this version, whatever version they are on now.

    `contacted` and `working` came to such a lead status or further (S3.3). Each lead is one of `converted`, `lost` and `open`,
    by the stage of the process that it came to last. `answered` are those for whom a person did something of the process
    (notes, updates, reading the notice, moving it to another version do not count), and the median is theirs alone.
    """

    version: int
    digest: str
    leads: int
    contacted: int
    working: int
    converted: int
    lost: int
    open: int
    breaches: int
    leads_breached: int
    answered: int
    median_seconds_to_answer: float | None


async def by_version(conn: Connection, process: str, within: timedelta | None = None) -> tuple[Outcome, ...]:
    """The newest version first. `within` looks at each lead for so long after its entry, and leaves out those that are younger."""
    rows = await conn.fetch(_SQL["by_version"], process, sorted((*RESERVED, MOVED, *OF_MERGES)), within)
    return tuple(Outcome(**row) for row in rows)
