"""A sales desk for tests of the journal: a process with its tables, five sellers, and leads that go through it as in an
activity: one transaction for each decision.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from engine.compiling.bundle import Bundle, SourceText, parse
from engine.compiling.compile import compile_bundle
from engine.conclude import conclude
from engine.decision import Decision, Refusal, Settled
from engine.happening import Actor, Arrival, EventIn, Happening
from engine.language.definition import Who
from engine.language.tables import RosterFile
from engine.lead import Lead, Value
from engine.process import Process
from engine.settle import measure, settle, stay
from engine.step import new_lead, step
from store import journal, leads, roster
from store.pool import Connection, Pool

PROCESS = """
process: pumps
version: 1
title: Pumps
uses: {assignment: desk, score: simple, calendars: offices, reasons: reasons, templates: mail}
takes: {priority: 1}
fields:
  company: {type: text, required: true}
  contact: {type: text, personal: true}
  email:   {type: email, personal: true, identity: true}
  country: {type: country}
  value:   {type: money, currency: EUR}
stages:
  qualified:
    title: Marketing Qualified
    forecast: {probability: 10%}
    on_entry: [score, assign, {task: Call them, due: 1 working day}]
    clocks:
      follow_up:
        due: 3 working days
        stops_on: [accept, reject]
        on_new_owner: restart
        on_breach: {reassign: {except: earlier_owners, at_most: 3, otherwise: exception}}
      first_word: {due: 24 hours, stops_on: [accept], on_breach: {climb: silence}}
    events:
      accept: {to: accepted, by: [owner]}
      reject: {to: lost, by: [owner], needs: {reason: why_not}}
  accepted:
    title: Sales Accepted
    status: Working
    clocks:
      decide: {due: 10 working days, on_reentry: keep, on_breach: {climb: silence}}
      talk:   {due: 5 working days, pauses_while: lead.on_hold, on_breach: {climb: silence}}
    events:
      win:  {to: won, by: [owner]}
      back: {to: qualified, by: [owner], cycle: next}
      park: {to: parked, by: [owner]}
      drop: {to: lost, by: [owner], needs: {reason: why_not}}
  parked: {kind: waiting, waits_for_ever: true, events: {talk_again: {to: accepted}}}
  won:  {kind: won, waits_for_ever: true, events: {delivered: {to: done}}}
  done: {kind: won, closes: true, events: {again: {to: qualified, cycle: next}}}
  lost: {kind: lost, waits_for_ever: true}
ladders:
  silence: [{after: 0 minutes, notify: team_leader, with: new_lead}, {after: 1 day, notify: person:lee, with: new_lead}]
"""
TABLES = {
    "assignment": """
assignment: desk
keep_with: account_owner
rules:
  - {name: everybody, among: {team: sales}, pick: longest_since_last}
exception: {person: lee, clock: 8 working hours, climb: silence}
tells: {owner: new_lead}
""",
    "score": """
score: simple
parts:
  country: {by: lead.country, points: {DE: 3}, otherwise: 1}
priority: {high: 3, low: 0}
""",
    "calendars": """
calendars: offices
default: berlin
of:
  berlin: {zone: Europe/Berlin, hours: {mon-fri: "09:00-17:00"}}
  auckland: {zone: Pacific/Auckland, hours: {mon-fri: "09:00-17:00"}}
""",
    "reasons": """
reasons: reasons
lists: {why_not: {price: Too expensive, other: Something else}}
""",
    "templates": """
templates: mail
of:
  new_lead:  {subject: "New lead: {{ lead.title }}", text: Yours.}
  exception: {subject: Whose lead is this, text: Please decide.}
  queued:    {subject: A lead waits, text: Please claim it.}
""",
}
ROSTER = """
roster: desk
teams:
  sales: {title: Sales, leader: lee}
people:
  ann:  {name: Ann, email: ann@desk.example, teams: [sales]}
  ben:  {name: Ben, email: ben@desk.example, teams: [sales]}
  cleo: {name: Cleo, email: cleo@desk.example, teams: [sales]}
  dan:  {name: Dan, email: dan@desk.example, teams: [sales]}
  eva:  {name: Eva, email: eva@desk.example, teams: [sales], calendar: auckland}
  lee:  {name: Lee, email: lee@desk.example, roles: [team_leader]}
"""
SELLERS = ("ann", "ben", "cleo", "dan", "eva")

MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
"""A working day in Berlin, 10:00 there."""


def bundle(process: str = PROCESS, tables: Mapping[str, str] = TABLES) -> Bundle:
    return Bundle(
        SourceText("pumps.yaml", process), tuple(SourceText(f"{kind}.yaml", text) for kind, text in tables.items())
    )


def pumps(process: str = PROCESS, tables: Mapping[str, str] = TABLES) -> Process:
    return compile_bundle(bundle(process, tables))


def roster_file(text: str = ROSTER) -> RosterFile:
    model = parse(SourceText("roster.yaml", text)).model
    assert isinstance(model, RosterFile)
    return model


async def staff(pool: Pool, text: str = ROSTER) -> None:
    async with pool.acquire() as conn:
        await roster.load(conn, roster_file(text), "test")


def fresh_lead(process: Process, key: str, at: datetime = MONDAY, **fields: Value) -> Lead:
    given: dict[str, object] = {"company": f"Company {key}", **fields}
    return new_lead(process, key, f"Company {key}", given, (), at)


async def registered(pool: Pool, process: Process, key: str, at: datetime = MONDAY, **fields: Value) -> Lead:
    lead = fresh_lead(process, key, at, **fields)
    async with pool.acquire() as conn:
        await leads.register(conn, leads.NewLead(lead, "test", key))
    return lead


async def arrived(pool: Pool, process: Process, key: str, at: datetime = MONDAY, **fields: Value) -> Lead:
    """A lead that is in the database, scored and assigned."""
    return await happen(pool, process, await registered(pool, process, key, at, **fields), Arrival(), at)


async def happen(pool: Pool, process: Process, lead: Lead, happening: Happening, at: datetime) -> Lead:
    """One step of a lead, settled and written as an activity does it. The step must not be refused."""
    decision = step(process, lead, happening, at)
    assert not isinstance(decision, Refusal), decision
    async with pool.acquire() as conn, conn.transaction():
        settled, written = await record(conn, process, decision)
    assert written
    return conclude(process, decision, settled).lead


async def record(conn: Connection, process: Process, decision: Decision) -> tuple[Settled, bool]:
    """What an activity does inside its transaction; and whether it was this call that wrote."""
    known = await journal.recorded(conn, decision)
    if known is not None:
        return known, False
    world = await journal.world_for(conn, process, decision, 1.0)
    settled = settle(process, decision, world)
    conclusion = conclude(process, decision, settled)
    stopped = journal.to_measure(decision, conclusion)
    measured = {journal.place(clock): measure(process, decision.lead, clock, world) for clock in stopped}
    seconds = stay(process, decision, world)
    return settled, await journal.write(conn, process, decision, settled, conclusion, measured, stage_seconds=seconds)


async def somebody_waits(conn: Connection) -> None:
    """Until some other connection to this server waits for a lock."""
    while not await conn.fetchval("select count(*) from pg_locks where not granted"):
        pass


def by_owner(lead: Lead, event: str, **more: object) -> EventIn:
    """An event that the owner of the lead causes."""
    return EventIn(event, Actor(lead.owner), **more)  # type: ignore[arg-type]


OPS = Actor(None, (Who.OPS,))
