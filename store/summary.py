"""How many leads stand where, and what has happened to them so far: the figures of a glance, not of a report."""

from __future__ import annotations

from dataclasses import dataclass

from store.pool import Connection
from store.queries import queries

_SQL = queries("summary")


@dataclass(frozen=True, slots=True)
class Totals:
    """Numbers of leads, unless the name says otherwise.

    `open` have an outcome before them, worked on or waiting; `won` and `lost` may still be followed up, `closed` not.
    `scored`, `assigned`, `sent_to_exception_owner`, `reassigned`, `breached` (a deadline missed) and `escalated` have been
    so at least once, the others are so now. What happened to one that was `merged` counts for the one that it is by now.
    `repeated_touches` came for leads that were known.
    """

    leads: int
    received: int
    open: int
    won: int
    lost: int
    closed: int
    out_of_scope: int
    merged: int
    on_hold: int
    incomplete: int
    overdue: int
    with_exception_owner: int
    queued: int
    held: int
    scored: int
    assigned: int
    sent_to_exception_owner: int
    reassigned: int
    breached: int
    escalated: int
    repeated_touches: int
    notices_sent: int
    notices_not_delivered: int
    tasks_open: int


@dataclass(frozen=True, slots=True)
class StageCount:
    """Leads that stand in one stage now. `title` is None where its definition is not in this database."""

    process: str
    stage: str
    title: str | None
    kind: str
    leads: int
    overdue: int


@dataclass(frozen=True, slots=True)
class OwnerCount:
    """Leads that one person has now."""

    owner: str
    open: int
    overdue: int
    won: int
    lost: int


@dataclass(frozen=True, slots=True)
class Counts:
    totals: Totals
    stages: tuple[StageCount, ...]
    owners: tuple[OwnerCount, ...]


async def counts(conn: Connection) -> Counts:
    """S1.8: the figures as they stand. Stages are in the order of their processes."""
    totals = await conn.fetchrow(_SQL["totals"])
    assert totals is not None
    return Counts(
        Totals(**totals),
        tuple(StageCount(**row) for row in await conn.fetch(_SQL["by_stage"])),
        tuple(OwnerCount(**row) for row in await conn.fetch(_SQL["by_owner"])),
    )
