"""Everything that is known of one lead: where it stands and how it came there, to be read by a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from pydantic import TypeAdapter

from engine.decision import RuleTried
from engine.lead import Value
from store.listing import Filter, LeadLine, listing
from store.notifications import Attempt
from store.past_import import RemarkLine, remarks_of
from store.pool import Connection
from store.queries import queries
from store.tasks import TaskLine

T = TypeVar("T")

_SQL = queries("card")
_EXPLANATION = TypeAdapter(tuple[RuleTried, ...])
_ATTEMPTS = TypeAdapter(tuple[Attempt, ...])


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a lead came from first, and if it is out of scope, why (S0.14)."""

    key: str
    source_system: str
    external_id: str
    state: str
    personal: dict[str, Value]
    first_source: str | None
    first_campaign: str | None
    first_channel: str | None
    origin: str | None
    out_of_scope_rule: str | None
    out_of_scope_reason: str | None
    registered_at: datetime
    erased_at: datetime | None
    past_from: str | None = None


@dataclass(frozen=True, slots=True)
class VisitLine:
    """A stay in a stage; `left_at` is None while it lasts."""

    cycle: int
    stage: str
    number: int
    process: str
    status: str
    kind: str
    entered_at: datetime
    entered_by: str
    left_at: datetime | None
    left_by: str | None
    working_seconds: float | None


@dataclass(frozen=True, slots=True)
class EventLine:
    """One decision. `owner` is whose lead it was then."""

    cycle: int
    seq: int
    at: datetime
    happening: str
    by: str
    owner: str | None
    from_stage: str | None
    to_stage: str
    codes: dict[str, str]
    changes: dict[str, Value]
    words: str
    digest: str


@dataclass(frozen=True, slots=True)
class AssignmentLine:
    """B.5: an assignment with the rules tried and everybody who was considered."""

    id: int
    cycle: int
    seq: int
    at: datetime
    mode: str
    asked: str
    ownership: str
    person: str | None
    team: str | None
    leader: str | None
    earlier: str | None
    rule: str
    because: str
    segment: str | None
    explanation: tuple[RuleTried, ...]
    digest: str


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """A score with its parts; one that is None was unknown."""

    cycle: int
    seq: int
    at: datetime
    table_name: str
    total: int
    priority: str
    grade: str
    parts: dict[str, int | None]
    why: dict[str, str]
    digest: str


@dataclass(frozen=True, slots=True)
class ClockLine:
    """A deadline that ran or runs."""

    cycle: int
    scope: str
    name: str
    title: str
    owner: str | None
    counts_from: datetime
    due_at: datetime | None
    calendar: str
    state: str
    breached_at: datetime | None
    ended_at: datetime | None
    ending: str | None
    raw_seconds: float | None
    working_seconds: float | None


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """A notice and whether it arrived (S4.7)."""

    key: str
    at: datetime
    recipient: str
    name: str | None
    template: str
    channels: list[str]
    subject: str
    status: str
    attempts: tuple[Attempt, ...]
    delivered_channel: str | None
    delivered_at: datetime | None
    digest: str | None = None


@dataclass(frozen=True, slots=True)
class TouchLine:
    """One time the lead came in. `raw` has what was sent where it is not what is kept; `invalid` names contact fields that held none."""

    at: datetime
    source: str | None
    campaign: str | None
    channel: str | None
    origin: str | None
    idempotency_key: str
    payload: dict[str, Value]
    raw: dict[str, str] = field(default_factory=dict)
    invalid: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class NoteLine:
    """Something written down; `seq` is that of the event it came with."""

    id: int
    cycle: int | None
    seq: int | None
    at: datetime
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class LeadCard:
    """All lists are in the order in which things happened. `merged_in` are the leads that turned out to be this one (S0.13), each
    with all that is its own."""

    lead: LeadLine
    origin: Origin
    visits: tuple[VisitLine, ...]
    events: tuple[EventLine, ...]
    assignments: tuple[AssignmentLine, ...]
    scores: tuple[ScoreLine, ...]
    clocks: tuple[ClockLine, ...]
    notices: tuple[NoticeLine, ...]
    tasks: tuple[TaskLine, ...]
    touches: tuple[TouchLine, ...]
    notes: tuple[NoteLine, ...]
    past: tuple[RemarkLine, ...] = ()
    merged_in: tuple[LeadCard, ...] = ()


async def lead_card(conn: Connection, key: str, *, personal: bool = True) -> LeadCard | None:
    """None for an unknown key. All of it as it stood at one moment; what is personal only where it is asked for."""
    # One snapshot for all statements: a card must not show an event without the visit it led to.
    async with conn.transaction(isolation="repeatable_read", readonly=True):
        lines = await listing(conn, Filter(states=None, keys=(key,)))
        if not lines:
            return None
        return LeadCard(
            lead=lines[0],
            origin=await _origin(conn, key, personal=personal),
            visits=await _all(conn, "visits", key, VisitLine),
            events=await _all(conn, "events", key, EventLine),
            assignments=await _all(conn, "assignments", key, _assignment),
            scores=await _all(conn, "scores", key, ScoreLine),
            clocks=await _all(conn, "clocks", key, ClockLine),
            notices=await _all(conn, "notices", key, _notice),
            tasks=await _all(conn, "tasks", key, TaskLine),
            touches=await _touches(conn, key, personal=personal),
            notes=await _all(conn, "notes", key, NoteLine) if personal else (),
            past=await remarks_of(conn, key),
            merged_in=await _merged_in(conn, key, personal=personal),
        )


async def _touches(conn: Connection, key: str, *, personal: bool) -> tuple[TouchLine, ...]:
    if personal:
        return await _all(conn, "touches_as_sent", key, TouchLine)
    return await _all(conn, "touches", key, TouchLine)


async def _merged_in(conn: Connection, key: str, *, personal: bool) -> tuple[LeadCard, ...]:
    keys = [row["key"] for row in await conn.fetch(_SQL["merged_in"], key)]
    cards = [await lead_card(conn, one, personal=personal) for one in keys]
    return tuple(card for card in cards if card is not None)


async def fields_of(conn: Connection, key: str) -> dict[str, Value]:
    """The fields of a lead that are not personal; none for one that is no lead."""
    return dict(await conn.fetchval(_SQL["fields"], key) or {})


async def _origin(conn: Connection, key: str, *, personal: bool) -> Origin:
    row = await conn.fetchrow(_SQL["lead"], key)
    assert row is not None
    return Origin(**row, personal=await conn.fetchval(_SQL["personal"], key) if personal else {})


async def _all(conn: Connection, name: str, key: str, line: Callable[..., T]) -> tuple[T, ...]:
    return tuple(line(**row) for row in await conn.fetch(_SQL[name], key))


def _assignment(explanation: Any, **row: Any) -> AssignmentLine:
    return AssignmentLine(explanation=_EXPLANATION.validate_python(explanation), **row)


def _notice(attempts: Any, **row: Any) -> NoticeLine:
    return NoticeLine(attempts=_ATTEMPTS.validate_python(attempts), **row)
