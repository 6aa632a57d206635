"""A sales desk in memory for tests of the core: a process from the few lines that a test is about, its people, and
their leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from engine.clocks import next_due
from engine.compiling.bundle import Bundle, SourceText, parse
from engine.compiling.compile import compile_bundle
from engine.decision import Decision, Notice, Pack, Refusal
from engine.happening import Actor, EventIn
from engine.language.definition import Who
from engine.language.tables import Role, RosterFile, Team
from engine.lead import Clock, Value
from engine.process import Process
from engine.step import new_lead
from engine.time.worktime import Absence
from engine.world import Colleague, World
from trials.rehearsal import Done, Rehearsal

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""Ten o'clock in Berlin, on a working day; clocks change on the 29th."""

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

OPS = Actor(None, (Who.OPS,))
MARKETING = Actor("mia", (Who.MARKETING,))

_ROLES = {Role.MARKETING: Who.MARKETING, Role.OPS: Who.OPS, Role.PARTNER: Who.PARTNER}

_HEAD = """
process: desk
version: 1
title: Desk
uses: {score: simple, assignment: sales, calendars: offices, reasons: reasons, templates: mail}
fields:
  company:    {type: text}
  email:      {type: email, personal: true}
  country:    {type: country}
  budget:     {type: integer, min: 1, max: 9}
  value:      {type: money, currency: EUR}
  seats:      {type: integer}
  size:       {type: choice, of: [small, large]}
  wake_on:    {type: date}
  deliver_on: {type: date}
"""
_LADDERS = """
ladders:
  silence:
    - {after: 0 minutes, notify: owner, with: overdue}
    - {after: 4 working hours, notify: team_leader, with: overdue}
    - {after: 1 working day, notify: person:head, with: overdue, repeat: every working day}
"""
_TABLES = {
    "score": """
score: simple
parts:
  budget: {points: lead.budget}
  fresh:  {since: lead.arrived_at, bands: {2: 2 days, 0: later}}
priority: {high: 7, low: 0}
""",
    "assignment": """
assignment: sales
rules: [{name: everybody, among: {team: sales}}]
when_nobody: {then: exception}
exception: {person: lee, clock: 8 working hours, climb: silence}
tells: {owner: new_lead, earlier_owner: taken_away}
""",
    "calendars": """
calendars: offices
default: berlin
of:
  berlin:   {zone: Europe/Berlin, hours: {mon-fri: "09:00-17:00"}}
  new_york: {zone: America/New_York, hours: {mon-fri: "09:00-17:00"}}
  evening:  {zone: Europe/Berlin, hours: {mon-fri: "18:00-22:00"}}
""",
    "reasons": """
reasons: reasons
lists:
  why_not:  {price: Too expensive, other: Something else}
  channels: {phone: Phone, visit: Visit}
""",
    "templates": "templates: mail\nof:\n"
    + "".join(
        f"  {name}: {{subject: {name}, text: Please look.}}\n"
        for name in ("new_lead", "taken_away", "exception", "queued", "warning", "overdue", "pack", "keep_warm")
    ),
}
QUEUE = """
assignment: sales
rules: [{name: Germany only, when: lead.country == 'DE', among: {team: sales}}]
when_nobody: {then: queue}
queue: {team: sales, clock: 4 working hours, climb: silence}
exception: {person: lee, clock: 8 working hours, climb: silence}
"""
HOLD = """
assignment: sales
rules: [{name: everybody, among: {team: sales}}]
when_nobody: {hold: 4 working hours, then: exception}
exception: {person: lee, clock: 8 working hours, climb: silence}
"""
ROSTER = """
roster: desk
teams:
  sales: {title: Sales, leader: lee, calendar: berlin}
people:
  ann:  {name: Ann, teams: [sales]}
  ben:  {name: Ben, teams: [sales]}
  cleo: {name: Cleo, teams: [sales], calendar: new_york}
  lee:  {name: Lee, roles: [team_leader]}
  head: {name: Head of sales}
  zoe:  {name: Zoe, calendar: new_york}
  gone: {name: Gone, active: false}
"""


def process(text: str, *, name: str = "desk", without: str = "", **tables: str) -> Process:
    """The process that an author would write with these stages; its ladder is `silence` where none is written.

    `tables` replace those of the desk by kind, `without` leaves one out.
    """
    files = {**_TABLES, **tables}
    sources = tuple(SourceText(f"{kind}.yaml", table) for kind, table in files.items())
    return compile_bundle(Bundle(SourceText(f"{name}.yaml", source_of(text, name, without)), sources))


def source_of(text: str, name: str = "desk", without: str = "") -> str:
    """The whole file of such a process."""
    head = _HEAD.replace("process: desk", f"process: {name}").replace(f"{without or None}: sales, ", "")
    return head + text + ("" if "\nladders:" in text else _LADDERS)


def tables() -> Mapping[str, str]:
    """The tables of the desk as they are written, by kind."""
    return _TABLES


class Office:
    """The world: who is there, who is away, who has their hands full. In turn it is Ann's, then Ben's, then Cleo's."""

    def __init__(self, roster: str = ROSTER, *, scale: float = 1.0, processes: tuple[Process, ...] = ()) -> None:
        self._people, self._teams = people_of(roster)
        self._scale = scale
        self._digests = {one.name: one.digest for one in processes}

    def away(self, *people: str, start: datetime = MONDAY, days: float = 365) -> None:
        for person in people:
            known = self._people[person]
            self._people[person] = replace(known, absences=(*known.absences, Absence(start, start + days * DAY)))

    def busy(self, *people: str) -> None:
        """They have more open leads than any limit allows."""
        for person in people:
            self._people[person] = replace(self._people[person], open=9_999)

    def back(self, *people: str) -> None:
        for person in people:
            self._people[person] = replace(self._people[person], absences=())

    def actor(self, person: str | None) -> Actor:
        """Somebody with the roles and teams that the roster gives them."""
        known = self._people.get(person or "")
        if known is None:
            return Actor(person)
        roles = tuple(_ROLES[role] for role in known.person.roles if role in _ROLES)
        return Actor(person, roles, tuple(known.person.teams))

    def world(self, process: Process, decision: Decision) -> World:
        return self.at(decision.record.at)

    def at(self, now: datetime) -> World:
        return World(now, dict(self._people), self._teams, digests=self._digests, scale=self._scale)

    def take_note(self, process: Process, done: Done) -> None:
        """Nobody's workload grows here: a test says itself whose hands are full."""


def people_of(roster: str) -> tuple[dict[str, Colleague], Mapping[str, Team]]:
    """Everybody of a roster, having had their last lead in the order written; and the teams."""
    model = parse(SourceText("roster.yaml", roster)).model
    assert isinstance(model, RosterFile)
    people = {key: Colleague(key, one, last_turn=turn) for turn, (key, one) in enumerate(model.people.items())}
    return people, dict(model.teams)


class Desk(Rehearsal):
    """A rehearsal that reads well in tests: a lead of this process, arrived on a Monday at ten."""

    def __init__(
        self,
        process: Process,
        office: Office | None = None,
        fields: Mapping[str, Value] | None = None,
        /,
        *,
        at: datetime = MONDAY,
        others: tuple[Process, ...] = (),
        **more: Value,
    ) -> None:
        self.office = office or Office(processes=(process, *others))
        lead = new_lead(process, "L1", "Cobalt", {**(fields or {}), **more}, (), at)
        super().__init__(process, lead, self.office, others)
        self.arrive()

    def owner(self, event: str, at: datetime | None = None, **more: object) -> Refusal | None:
        """The owner of the lead causes an event."""
        return self.event(EventIn(event, self.office.actor(self.lead.owner), **more), at)  # type: ignore[arg-type]

    def must(self, event: str, at: datetime | None = None, **more: object) -> None:
        refusal = self.owner(event, at, **more)
        assert refusal is None, refusal

    def set(self, at: datetime | None = None, **fields: Value) -> None:
        refusal = self.event(EventIn("update", OPS, fields=fields), at)
        assert refusal is None, refusal

    def clock(self, name: str) -> Clock:
        return self.lead.clocks[name]

    def due(self, name: str) -> str:
        """When a clock is due, on Berlin's wall clock in winter: `Thu 10:00`."""
        at = self.clock(name).due_at
        assert at is not None, self.clock(name)
        return said(at)

    def told(self, template: str = "") -> list[str]:
        """Who was told what, in order: `ann overdue`. Only of one template, if it is named."""
        notices = [
            one for one in self.sent if isinstance(one.effect, Notice) and one.effect.template.startswith(template)
        ]
        return [f"{one.to.name if one.to else None} {one.effect.template}" for one in notices]  # type: ignore[union-attr]

    def packs(self) -> list[str]:
        return [one.effect.template for one in self.sent if isinstance(one.effect, Pack)]

    def ends(self, clock: str) -> list[str]:
        """How a clock ended, again and again."""
        return [entry.end.value for one in self.done for entry in one.conclusion.clocks if entry.clock.name == clock]

    def happened(self) -> list[str]:
        return [one.decision.record.happening for one in self.done]

    def next(self) -> str:
        due = next_due(self.lead)
        return f"{due.kind.value} {due.name} {said(due.at)}".replace("  ", " ") if due else ""


def said(at: datetime, form: str = "%a %H:%M") -> str:
    """A moment on the wall clock in Berlin."""
    return at.astimezone(ZoneInfo("Europe/Berlin")).strftime(form)
