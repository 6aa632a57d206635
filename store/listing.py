"""Lists of leads: by what they are and whose, and by what people call them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from engine.language.definition import LeadStatus, StageKind
from engine.lead import Ownership
from store.leads import State
from store.pool import Connection
from store.queries import queries

_SQL = queries("listing")


@dataclass(frozen=True, slots=True)
class LeadLine:
    """One lead in a list. `overdue_since` is set while a clock is overdue; `value` None is unknown. `missing` are fields that are
    required and that nobody knows, `invalid` contact fields of which no valid value has come. `merged_into` is
    the lead that it turned out to be (S0.13)."""

    key: str
    title: str
    external_id: str
    state: str
    process: str | None
    stage: str | None
    status: str | None
    kind: str | None
    ownership: str
    owner: str | None
    team: str | None
    owner_because: str
    score: int | None
    priority: str | None
    grade: str | None
    segment: str | None
    value: Decimal | None
    currency: str | None
    cycle: int
    hops: int
    on_hold: bool
    arrived_at: datetime
    entered_at: datetime | None
    due_at: datetime | None
    due_clock: str | None
    overdue_since: datetime | None
    closed_at: datetime | None
    missing: list[str] = field(default_factory=list)
    invalid: list[str] = field(default_factory=list)
    merged_into: str | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """Which leads to list; what is None does not matter. A stage includes those nested in it."""

    process: str | None = None
    stage: str | None = None
    owner: str | None = None
    team: str | None = None
    leader: str | None = None
    status: LeadStatus | None = None
    kind: StageKind | None = None
    ownership: Ownership | None = None
    overdue: bool | None = None
    states: tuple[State, ...] | None = (State.RECEIVED, State.RUNNING)
    keys: tuple[str, ...] | None = None
    incomplete: bool | None = None


async def listing(conn: Connection, wanted: Filter, limit: int = 100) -> tuple[LeadLine, ...]:
    """The leads that meet all of the filter, the most urgent first: overdue, next deadline, score."""
    rows = await conn.fetch(
        _SQL["listing"],
        *(wanted.process, wanted.stage, wanted.owner, wanted.team, wanted.leader, wanted.status, wanted.kind),
        *(wanted.ownership, wanted.overdue, wanted.states, wanted.keys, limit, wanted.incomplete),
    )
    return tuple(LeadLine(**row) for row in rows)


async def find(conn: Connection, text: str, limit: int = 20) -> tuple[LeadLine, ...]:
    """The lead with this key; or else those with this external id; or else those whose title begins with it."""
    keys = tuple(row["key"] for row in await conn.fetch(_SQL["find"], text))
    return await listing(conn, Filter(states=None, keys=keys), limit)
