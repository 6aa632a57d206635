"""The facts of the world that a decision is settled with, read under the locks that keep them true."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from engine.decision import Decision
from engine.language.tables import Skip
from engine.process import Process
from engine.time.calendars import hours_of
from engine.world import Colleague, World
from store import offers, roster
from store.pool import Connection
from store.queries import queries

_SQL = queries("facts")


async def world_for(conn: Connection, process: Process, decision: Decision, scale: float) -> World:
    """The facts to settle a decision with.

    Where an owner is looked for, everybody's workload; leads are then assigned one after another, until their
    transactions end, so that each sees what the one before it got: those of other assignment tables too, since tables
    share people and their limits. Otherwise only the present owner, for their calendar.
    """
    now, lead = decision.record.at, decision.lead
    digests = await offers.taken_by(conn, lead.key) if decision.hand_over else {}
    if decision.owner is None:
        people, teams = await roster.current(conn)
        owner = people.get(lead.owner) if lead.owner else None
        known = {owner.key: owner} if owner else {}
        return World(now, known, teams, digests=digests, scale=scale)
    table = process.assignment
    # A statement of its own: one that reads beside waiting would read what was there before the wait.
    await conn.execute(_SQL["take_turns"])
    people, teams = await roster.current(conn)
    world = World(now, people, teams, digests=digests, scale=scale)
    world = replace(world, people=await _with_workload(conn, process, world))
    if table is not None and table.keep_with == "account_owner":
        company = lead.fields.get("company")
        owner_of_account = await conn.fetchval(_SQL["account_owner"], company, lead.key) if company else None
        world = replace(world, account_owner=owner_of_account)
    return world


async def _with_workload(conn: Connection, process: Process, world: World) -> dict[str, Colleague]:
    table = process.assignment
    everybody = table is not None and Skip.INACTIVE not in table.skip
    able = [colleague for colleague in world.people.values() if everybody or colleague.person.active]
    mornings = [_day_began(world.now, hours_of(process, world, colleague).zone) for colleague in able]
    rows = await conn.fetch(_SQL["workload"], [colleague.key for colleague in able], mornings)
    busy = {
        row["key"]: replace(world.people[row["key"]], open=row["open"], today=row["today"], last_turn=row["last_turn"])
        for row in rows
    }
    return {**world.people, **busy}


def _day_began(now: datetime, zone: str) -> datetime:
    """Midnight before `now`, where the zone is."""
    local = ZoneInfo(zone)
    return datetime.combine(now.astimezone(local).date(), time(), local).astimezone(UTC)
