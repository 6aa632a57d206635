"""Leads in flight on one version of a process, and runs of a migration with what became of each lead (B.3).

Which leads a run has moved is in the journal, written with the move itself; here stands who started it and what was in
the way. So a run may stop at any moment, and goes on where it was.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import asyncpg
from pydantic import TypeAdapter

from engine.decision import Decision, Settled
from engine.lead import Lead
from engine.plan import Plan
from store.pool import Connection
from store.queries import queries
from store.stored import decision_from_json, lead_from_json, settled_from_json

_SQL = queries("moves")
_PLAN: TypeAdapter[Plan] = TypeAdapter(Plan)

AT_A_TIME = 500


class State(StrEnum):
    """STOPPED: begun, and not at its end; whoever starts the same plan again goes on with it."""

    STOPPED = "stopped"
    DONE = "done"
    GOING_BACK = "going back"
    BACK = "back"


@dataclass(frozen=True, slots=True)
class Run:
    """A migration that was started. `moved`, `returned`, `blocked` and `stays` count leads: moved, moved back, and those that could
    not be."""

    id: int
    process: str
    from_version: int
    to_version: int
    plan: Plan
    reason: str
    started_by: str
    started_at: datetime
    finished_at: datetime | None
    back_by: str | None
    back_reason: str | None
    back_at: datetime | None
    back_done_at: datetime | None
    moved: int = 0
    returned: int = 0
    blocked: int = 0
    stays: int = 0

    @property
    def state(self) -> State:
        if self.back_done_at is not None:
            return State.BACK
        if self.back_at is not None:
            return State.GOING_BACK
        return State.DONE if self.finished_at is not None else State.STOPPED


@dataclass(frozen=True, slots=True)
class MovedLead:
    """A lead as a run moved it: the decision, and the one before with its answers. `gone_on`: it came to another stage, cycle or
    version since then, or is closed; `since` is what has happened to it."""

    lead: Lead
    decision: Decision
    before: Decision
    before_settled: Settled
    gone_on: bool
    since: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InTheWay:
    """Why a lead was not moved."""

    lead: str
    code: str
    why: str


# --- leads -----------------------------------------------------------------------------------------------------------


async def in_flight(conn: Connection, digest: str) -> AsyncIterator[Lead]:
    """Every lead that runs on this version, as of its last decision, in the order of keys."""
    after = ""
    while rows := await conn.fetch(_SQL["in_flight"], digest, after, AT_A_TIME):
        for row in rows:
            lead = lead_from_json(row["snapshot"])
            after = lead.key
            yield lead


async def standing_in(conn: Connection, digest: str) -> dict[str, int]:
    """How many leads in flight stand in each stage of this version."""
    return {row["stage"]: row["leads"] for row in await conn.fetch(_SQL["standing_in"], digest)}


async def moved_by(conn: Connection, run: int) -> AsyncIterator[MovedLead]:
    """The leads that a run has moved and that were not moved back, in the order of keys."""
    after = ""
    while rows := await conn.fetch(_SQL["moved_by"], str(run), after, AT_A_TIME):
        for row in rows:
            after = row["lead"]
            yield MovedLead(
                lead=lead_from_json(row["snapshot"]),
                decision=decision_from_json(row["decision"]),
                before=decision_from_json(row["before"]),
                before_settled=settled_from_json(row["before_settled"]),
                gone_on=row["gone_on"],
                since=tuple(row["since"]),
            )


# --- runs ------------------------------------------------------------------------------------------------------------


async def alone(conn: Connection, process: str) -> bool:
    """Whether nobody else moves leads of this process; nobody else can from now on, until the connection closes."""
    return bool(await conn.fetchval(_SQL["alone"], process))


async def under_way(conn: Connection, plan: Plan) -> Run | None:
    """The run of this very plan, where it was started and not taken back."""
    row = await conn.fetchrow(_SQL["under_way"], plan.origin, plan.target, _json(plan))
    return await run(conn, row["id"]) if row is not None else None


async def start(conn: Connection, plan: Plan, versions: tuple[int, int], source: str, reason: str, by: str) -> Run:
    """Note a run before it begins."""
    row = await conn.fetchrow(
        _SQL["start"], plan.process, *versions, plan.origin, plan.target, _json(plan), source, reason, by
    )
    assert row is not None
    return _run(row)


async def run(conn: Connection, number: int) -> Run | None:
    found = await runs(conn, number)
    return found[0] if found else None


async def runs(conn: Connection, number: int | None = None) -> tuple[Run, ...]:
    """The latest first; or the one with this number."""
    return tuple(_run(row) for row in await conn.fetch(_SQL["runs"], number))


async def reopen(conn: Connection, number: int) -> None:
    await conn.execute(_SQL["reopen"], number)


async def finish(conn: Connection, number: int) -> None:
    await conn.execute(_SQL["finish"], number)


async def begin_back(conn: Connection, number: int, by: str, reason: str) -> None:
    await conn.execute(_SQL["begin_back"], number, by, reason)


async def finish_back(conn: Connection, number: int) -> None:
    await conn.execute(_SQL["finish_back"], number)


async def note_blocked(conn: Connection, number: int, lead: str, code: str, why: str, *, back: bool) -> None:
    await conn.execute(_SQL["blocked"], number, lead, back, code, why)


async def note_moved(conn: Connection, number: int, lead: str, *, back: bool) -> None:
    """What was in the way is so no more; that it has moved is in the journal."""
    await conn.execute(_SQL["moved"], number, lead, back)


async def in_the_way(conn: Connection, number: int, *, back: bool) -> tuple[InTheWay, ...]:
    return tuple(InTheWay(**row) for row in await conn.fetch(_SQL["in_the_way"], number, back))


def _run(row: asyncpg.Record) -> Run:
    known = {name: value for name, value in row.items() if name in Run.__slots__}
    return Run(**{**known, "plan": _PLAN.validate_python(row["plan"])})


def _json(plan: Plan) -> dict[str, Any]:
    return dict(_PLAN.dump_python(plan, mode="json"))
