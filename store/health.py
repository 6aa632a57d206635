"""What the database says of the well-being of the whole: leads that wait, deadlines that nobody noticed, notices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from store.leads import State
from store.pool import Connection
from store.queries import queries

_SQL = queries("health")

NOTICED_WITHIN = timedelta(minutes=2)
"""What is due, or has come in, and has led to nothing after this long is stuck."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Numbers of leads unless the name says otherwise; each `since` is the oldest of them, None where there is none.

    `not_started`: accepted, but no workflow has taken them up. `unnoticed`: what they waited for came and nothing happened,
    which is a fault of ours; `overdue`: a deadline was missed and that was noticed. `processes` have a published
    version, `people` are active, `calls` are those of endpoints, `letters_without_address` were for leads of whom no
    address is known, `leave_not_told` are absences whose leads have not been told. `merged` are other leads
    by now; `merges_under_way` were begun a while ago, there or back, and are not at their end.
    """

    running: int
    closed: int
    out_of_scope: int
    not_started: int
    not_started_since: datetime | None
    unnoticed: int
    unnoticed_since: datetime | None
    overdue: int
    overdue_since: datetime | None
    breached_clocks: int
    notices_waiting: int
    notices_waiting_since: datetime | None
    notices_not_delivered: int
    calls_not_delivered: int
    letters_without_address: int
    processes: int
    people: int
    leave_not_told: int
    merged: int = 0
    merges_under_way: int = 0


async def figures(conn: Connection, noticed_by: datetime) -> Figures:
    """As they stand at one moment. What fell due before `noticed_by` must have been noticed by now."""
    row = await conn.fetchrow(_SQL["figures"], noticed_by)
    assert row is not None
    return Figures(**row)


async def suspects(conn: Connection, noticed_by: datetime, limit: int) -> tuple[str, ...]:
    """Leads that do not seem to get on, at most `limit` of each kind."""
    return tuple(row["key"] for row in await conn.fetch(_SQL["suspects"], noticed_by, limit))


async def some_running(conn: Connection, limit: int) -> tuple[str, ...]:
    """The keys of leads that are taken to be running, the newest first."""
    return tuple(row["key"] for row in await conn.fetch(_SQL["some_running"], limit))


async def states(conn: Connection, keys: Sequence[str]) -> dict[str, State]:
    """The states of those of these leads that there are."""
    return {row["key"]: State(row["state"]) for row in await conn.fetch(_SQL["states"], list(keys))}
