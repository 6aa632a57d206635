"""Leads as they come in: registered once, touched any number of times, with what is personal kept apart (B.7, C.6).

What becomes of a lead afterwards is written by `store.journal`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import asyncpg

from engine.errors import LeadflowError
from engine.lead import Lead, Value
from store.pool import Connection
from store.queries import queries
from store.stored import lead_from_json, lead_to_json

_SQL = queries("leads")

_TOUCHED = ("source", "campaign", "channel", "origin")
_NOT_LOOKED_AT: tuple[object, ...] = ({}, (), (), None, None)


class State(StrEnum):
    """RECEIVED: no workflow has taken it up yet. CLOSED: its workflow has ended. OUT_OF_SCOPE: it is none (S0.14). MERGED: it turned
    out to be another one (S0.13)."""

    RECEIVED = "received"
    RUNNING = "running"
    CLOSED = "closed"
    OUT_OF_SCOPE = "out_of_scope"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class NewLead:
    """A lead before anything has happened to it (`seq` 0), and what must not go into its state; `missing` are the required fields
    that nobody knows yet."""

    lead: Lead
    source_system: str
    external_id: str
    personal: Mapping[str, Value] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Quality:
    """How well a touch was filled in (S0.11). `raw` has what was sent of every field that was kept otherwise; it may be personal.
    `invalid` are contact fields that held none, `missing` required ones; of `wanted` fields, `filled` came."""

    raw: Mapping[str, str]
    invalid: tuple[str, ...]
    missing: tuple[str, ...]
    wanted: int
    filled: int


@dataclass(frozen=True, slots=True)
class Registered:
    """`created` is False where the upstream key was known; `lead` is then as it stands, None for one out of scope, and `touch`
    the one that brought it."""

    created: bool
    key: str
    lead: Lead | None
    touch: str | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A lead that no workflow has taken up yet, and the touch that brought it. `past_from` is the system that its past was imported
    from, `owner_left` whether whose it was there does not work here."""

    lead: Lead
    touch: str | None
    past_from: str | None = None
    owner_left: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """A lead as of its last decision, with what is personal."""

    key: str
    state: State
    lead: Lead
    personal: dict[str, Value]
    erased: bool = False


# --- coming in -------------------------------------------------------------------------------------------------------


async def register(conn: Connection, new: NewLead) -> Registered:
    """Enter a lead, once for each source system and external id, however many come at once.

    Raises LeadflowError where its key belongs to a lead with another external id.
    """
    lead = new.lead
    touch = [_text(lead.fields.get(name)) for name in _TOUCHED]
    key = await conn.fetchval(
        _SQL["register"],
        *(lead.key, lead.title, new.source_system, new.external_id, lead.arrived_at, *touch),
        *(lead.process, lead.version, lead.digest, lead.fields, dict(new.personal), lead.known, lead_to_json(lead)),
        new.missing,
    )
    if key is not None:
        return Registered(True, key, lead)
    found = await known(conn, new.source_system, new.external_id)
    if found is None:
        raise LeadflowError(
            f"the key {lead.key} belongs to another lead than {new.external_id} of {new.source_system}",
            "Give every lead a key of its own.",
        )
    return found


async def keep_out(
    conn: Connection,
    key: str,
    source_system: str,
    external_id: str,
    rule: str,
    reason: str,
    at: datetime,
    touch: Mapping[str, str | None] | None = None,
) -> bool:
    """S0.14: enter a lead that is none, with the rule that recognised it and the reason. False where it was known."""
    came = [(touch or {}).get(name) for name in _TOUCHED]
    row = (key, external_id, source_system, external_id, at, rule, reason, *came)
    return await conn.fetchval(_SQL["keep_out"], *row) is not None


async def known(conn: Connection, source_system: str, external_id: str) -> Registered | None:
    """The lead that came under these before, itself or as the same as another; None where there is none."""
    row = await conn.fetchrow(_SQL["registered"], source_system, external_id)
    if row is None:
        return None
    lead = lead_from_json(row["snapshot"]) if row["snapshot"] is not None else None
    return Registered(False, row["key"], lead, row["touch"])


async def add_touch(
    conn: Connection,
    key: str,
    at: datetime,
    touch: Mapping[str, str | None],
    idempotency_key: str,
    payload: Mapping[str, Value] | None = None,
    quality: Quality | None = None,
) -> bool:
    """Note where a lead came from, this time: `source`, `campaign`, `channel`, `origin`. False where that was noted.

    `payload` is what else came with it, nothing personal; `quality` how well it was filled in.
    """
    names = [touch.get(name) for name in _TOUCHED]
    told = (
        (dict(quality.raw), quality.invalid, quality.missing, quality.wanted, quality.filled)
        if quality
        else _NOT_LOOKED_AT
    )
    return bool(await conn.fetchval(_SQL["add_touch"], key, at, *names, idempotency_key, dict(payload or {}), *told))


async def has_touch(conn: Connection, key: str, idempotency_key: str, since: datetime) -> bool:
    """Whether the lead has come with this touch, after `since`."""
    return bool(await conn.fetchval(_SQL["has_touch"], key, idempotency_key, since))


# --- what is personal ------------------------------------------------------------------------------------------------


async def set_personal(conn: Connection, key: str, values: Mapping[str, Value]) -> tuple[str, ...]:
    """Fill personal fields, or with None take them away. Returns the names of those that are filled now."""
    filled = await conn.fetchval(_SQL["set_personal"], key, dict(values))
    if filled is None:
        raise _unknown(key)
    return tuple(filled)


async def add_note(conn: Connection, key: str, at: datetime, by: str, text: str) -> int:
    """Write something down on a lead, and return the number of the note."""
    try:
        return int(await conn.fetchval(_SQL["add_note"], key, at, by, text))
    except asyncpg.ForeignKeyViolationError:
        raise _unknown(key) from None


async def put_parcel(
    conn: Connection, key: str, by: str, personal: Mapping[str, Value], note: str | None, *, fills: bool = False
) -> str:
    """Leave what an event brings that is personal; the name of the parcel goes with the event. One that `fills` takes the
    place of nothing that is known.

    `journal.write` opens it in the transaction of the decision: it counts if and only if the event has happened.
    """
    name = secrets.token_urlsafe(12)
    try:
        await conn.execute(_SQL["put_parcel"], name, key, by, dict(personal), note, fills)
    except asyncpg.ForeignKeyViolationError:
        raise _unknown(key) from None
    return name


async def drop_parcel(conn: Connection, name: str) -> None:
    """The event was refused: what came with it goes."""
    await conn.execute(_SQL["drop_parcel"], name)


# --- as it stands ----------------------------------------------------------------------------------------------------


async def standing(conn: Connection, key: str) -> Standing | None:
    """None for a key that is unknown or of a lead out of scope. For the key of one that came as another lead, that one."""
    row = await conn.fetchrow(_SQL["standing"], key)
    if row is None:
        return None
    return Standing(row["key"], State(row["state"]), lead_from_json(row["snapshot"]), row["personal"], row["erased"])


async def resolve(conn: Connection, key: str) -> str:
    """The lead that a key means by now: the one that it came as, at the end of the merges that that went through (S0.13). A key that
    there is not means itself."""
    return await conn.fetchval(_SQL["resolve"], key) or key


async def chain(conn: Connection, key: str) -> tuple[str, ...]:
    """The lead that a key came as, the one that it was merged into, and so on to the one that goes on. Empty for an unknown key."""
    return tuple(row["key"] for row in await conn.fetch(_SQL["chain"], key))


async def not_started(conn: Connection) -> tuple[Waiting, ...]:
    """Leads that were registered and that no workflow has taken up yet, the longest waiting first."""
    return tuple(
        Waiting(lead_from_json(row["snapshot"]), row["touch"], row["past_from"], row["owner_left"])
        for row in await conn.fetch(_SQL["not_started"])
    )


async def overslept(conn: Connection, noticed_by: datetime, after: str = "", limit: int = 500) -> tuple[Lead, ...]:
    """Running leads that should have got on by themselves before `noticed_by`, in the order of their keys, from `after` on."""
    rows = await conn.fetch(_SQL["overslept"], noticed_by, after, limit)
    return tuple(lead_from_json(row["snapshot"]) for row in rows)


def _text(value: Value) -> str | None:
    return value if isinstance(value, str) else None


def _unknown(key: str) -> LeadflowError:
    return LeadflowError(f"there is no lead {key}", "`leadflow lead list` shows the leads there are.")
