"""The past, read back: every lead with its decisions, and roster and leave as they were (B.4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import asyncpg

from engine.language.tables import Limits, Person, Role, Team
from engine.past import CameIn, LeaveKnown, Past, PastLead, Published, Recorded, Staffing
from engine.time.worktime import Absence
from store.pool import Connection
from store.queries import queries
from store.stored import decision_from_json, settled_from_json

_SQL = queries("past")
_AT_ONCE = 500


async def past(conn: Connection, before: datetime | None = None) -> Past:
    """All that is known of leads that arrived before a moment, as of one moment of the database."""
    async with conn.transaction(isolation="repeatable_read", readonly=True):
        until: datetime = await conn.fetchval(_SQL["until"])
        leads = await _leads(conn, before)
        staffings = tuple(_staffing(row) for row in await conn.fetch(_SQL["staffings"]))
        leave = await conn.fetch(_SQL["leave"])
        published = await conn.fetch(_SQL["published"])
    taken_over = any(row["taken_over"] for row in leave)
    began = min((lead.arrived_at for lead in leads), default=until)
    late = bool(staffings) and staffings[0].at > began
    return Past(
        leads=leads,
        until=until,
        staffings=staffings,
        leave=tuple(_leave(row) for row in leave),
        published=tuple(_main_versions(published)),
        roster_since=staffings[0].at if late else None,
        leave_since=staffings[0].at if staffings and taken_over else None,
    )


async def _leads(conn: Connection, before: datetime | None) -> tuple[PastLead, ...]:
    decisions: dict[str, list[Recorded]] = {}
    async for row in conn.cursor(_SQL["decisions"], before, prefetch=_AT_ONCE):
        recorded = Recorded(
            decision_from_json(row["decision"]), settled_from_json(row["settled"]), row["note"], row["turn"]
        )
        decisions.setdefault(row["lead"], []).append(recorded)
    touches: dict[str, list[CameIn]] = {}
    for row in await conn.fetch(_SQL["touches"], before):
        came = CameIn(row["idempotency_key"], row["source"], row["campaign"], row["channel"], row["payload"])
        touches.setdefault(row["lead"], []).append(came)
    return tuple(
        PastLead(
            row["key"],
            row["title"],
            row["arrived_at"],
            tuple(decisions[row["key"]]),
            tuple(touches.get(row["key"], ())),
        )
        for row in await conn.fetch(_SQL["leads"], before)
    )


def _main_versions(rows: Iterable[asyncpg.Record]) -> Iterator[Published]:
    """What new leads took, each time that it became another version: the newest that takes all."""
    whole: dict[str, dict[int, str]] = {}
    main: dict[str, str] = {}
    for row in rows:
        versions = whole.setdefault(row["process"], {})
        if row["share"] == 100:
            versions[row["version"]] = row["digest"]
        else:
            versions.pop(row["version"], None)
        digest = versions[max(versions)] if versions else None
        if digest is not None and digest != main.get(row["process"]):
            main[row["process"]] = digest
            yield Published(row["at"], row["process"], digest)


def _staffing(row: asyncpg.Record) -> Staffing:
    people = {key: _person(key, stored) for key, stored in sorted(row["people"].items())}
    return Staffing(row["at"], people, {key: Team(**stored) for key, stored in sorted(row["teams"].items())})


def _person(key: str, stored: Mapping[str, Any]) -> Person:
    return Person(
        name=key,
        roles=[Role(role) for role in stored["roles"]],
        teams=stored["teams"],
        territories=stored["territories"],
        skills=stored["skills"],
        weight=stored["weight"],
        limits=Limits(open=stored["limit_open"], per_day=stored["limit_per_day"]),
        calendar=stored["calendar"],
        active=stored["active"],
    )


def _leave(row: asyncpg.Record) -> LeaveKnown:
    absence = Absence(row["starts_at"], row["ends_at"]) if row["ends_at"] > row["starts_at"] else None
    return LeaveKnown(row["at"], row["leave"], row["person"], absence)
