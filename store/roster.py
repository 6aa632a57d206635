"""People and teams: loaded from a roster file, read as the colleagues that rules decide among."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

import asyncpg

from engine.compiling.table_alone import strangers
from engine.errors import LeadflowError
from engine.language.tables import ChannelKind, Limits, Person, Role, RosterFile, Team
from engine.time.worktime import Absence
from engine.world import Colleague
from store import hours
from store.pool import Connection
from store.queries import queries

_SQL = queries("roster")


class Roster(NamedTuple):
    """Everybody, those who have left included; teams that are in use. Colleagues with leave and without workload."""

    people: Mapping[str, Colleague]
    teams: Mapping[str, Team]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading a roster file did. `retired` were in it before and are not any more; `other_hours` are people and teams whose
    working hours changed: their leads are to be told (`store.hours`)."""

    people: int
    teams: int
    retired: tuple[str, ...]
    other_hours: tuple[str, ...] = ()


# --- reading ---------------------------------------------------------------------------------------------------------

_read: dict[UUID, Roster] = {}
"""The roster as last read, by its version. Versions are unique among all databases: what is here is never stale."""


async def current(conn: Connection) -> Roster:
    """The roster as it stands, from memory where it has not changed. Not to be altered."""
    # The version first: what changes while we read is then read again next time.
    version = await conn.fetchval(_SQL["version"])
    known = _read.get(version)
    if known is None:
        known = Roster(await _colleagues(conn), await teams(conn))
        _read.clear()
        _read[version] = known
    return known


async def people(conn: Connection) -> dict[str, Person]:
    """Everybody by key, those who have left included."""
    return {row["key"]: _person(row) for row in await conn.fetch(_SQL["people"])}


async def teams(conn: Connection) -> dict[str, Team]:
    """The teams in use, by key."""
    rows = await conn.fetch(_SQL["teams"])
    return {row["key"]: Team(title=row["title"], leader=row["leader"], calendar=row["calendar"]) for row in rows}


async def _colleagues(conn: Connection) -> dict[str, Colleague]:
    absences: dict[str, list[Absence]] = {}
    for row in await conn.fetch(_SQL["absences"]):
        absences.setdefault(row["person"], []).append(Absence(row["starts_at"], row["ends_at"]))
    everybody = await people(conn)
    return {key: Colleague(key, person, tuple(absences.get(key, ()))) for key, person in everybody.items()}


def _person(row: asyncpg.Record) -> Person:
    return Person(
        name=row["name"],
        email=row["email"],
        webhook=row["webhook"],
        channels=[ChannelKind(channel) for channel in row["channels"]],
        roles=[Role(role) for role in row["roles"]],
        teams=row["teams"],
        territories=row["territories"],
        skills=row["skills"],
        weight=row["weight"],
        limits=Limits(open=row["limit_open"], per_day=row["limit_per_day"]),
        calendar=row["calendar"],
        active=row["active"],
    )


# --- loading ---------------------------------------------------------------------------------------------------------


async def load(conn: Connection, file: RosterFile, by: str) -> Loaded:
    """Make the database say what the file says. Who is no longer in this roster becomes inactive, never removed.

    Raises LeadflowError, and changes nothing, where a team or leader that the file names does not exist.
    """
    async with conn.transaction():
        others = await conn.fetchrow(_SQL["known"], file.roster)
        assert others is not None
        _check(file, set(others["people"]), set(others["teams"]))
        before = await hours.kept(conn)
        await conn.executemany(
            _SQL["put_team"],
            [(key, file.roster, team.title, team.leader, team.calendar) for key, team in file.teams.items()],
        )
        rows = [_row(file.roster, key, person) for key, person in file.people.items()]
        await conn.executemany(_SQL["put_person"], rows)
        await conn.execute(_SQL["leave_teams"], file.roster)
        memberships = [
            (key, position, team)
            for key, person in file.people.items()
            for position, team in enumerate(dict.fromkeys(person.teams), start=1)
        ]
        await conn.executemany(_SQL["join_team"], memberships)
        gone = await conn.fetch(_SQL["retire_people"], file.roster, list(file.people))
        gone += await conn.fetch(_SQL["retire_teams"], file.roster, list(file.teams))
        moved = await hours.note_change(conn, before)
        loaded = Loaded(len(file.people), len(file.teams), tuple(sorted(row["key"] for row in gone)), moved)
        await conn.execute(_SQL["note_load"], file.roster, by, loaded.people, loaded.teams, loaded.retired)
        await conn.execute(_SQL["remember"])
    return loaded


def _row(roster: str, key: str, person: Person) -> tuple[object, ...]:
    return (
        *(key, roster, person.name, person.email, person.webhook),
        *(list(person.channels), list(person.roles), person.territories, person.skills),
        *(person.weight, person.limits.open, person.limits.per_day, person.calendar, person.active),
    )


def _check(file: RosterFile, people: set[str], teams: set[str]) -> None:
    faults = [words for _, words in strangers(file, people, teams)]
    if faults:
        raise LeadflowError(
            f"roster {file.roster}: {'; '.join(faults)}", "Add who or what is missing, or correct the name."
        )
