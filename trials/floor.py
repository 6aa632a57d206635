"""The sales floor in memory: who works here, who is away, and what everybody has on their hands.

It answers what `store.facts` reads from PostgreSQL, so that many leads run against the same people: each assignment is
seen by the next one. Leads must be run in the order of time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from engine.decision import Decision
from engine.happening import Actor
from engine.language.definition import StageKind, Who
from engine.language.tables import Person, Role, Team
from engine.lead import Lead, Ownership, Value
from engine.process import Process
from engine.time.calendars import calendar_of, hours_of, named_calendar, team_calendar
from engine.time.worktime import Absence, Calendar
from engine.world import Colleague, World
from trials.rehearsal import Done

ROLES: Mapping[Role, Who] = {Role.MARKETING: Who.MARKETING, Role.OPS: Who.OPS, Role.PARTNER: Who.PARTNER}
"""What a role of the roster makes of somebody who causes an event; owner and team leader are who they are by the lead."""

_ALREADY = datetime.min.replace(tzinfo=UTC)
_OWNED = (Ownership.PERSON, Ownership.EXCEPTION)


@dataclass(slots=True)
class _Day:
    """Which leads somebody was given since midnight where they are. `ends` is the next midnight."""

    ends: datetime
    leads: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Account:
    """One lead of a company, as far as it tells whose the company is."""

    owner: str
    won: bool
    assigned_at: datetime


class Floor:
    """People and teams at work. `digests` are the versions that hand-overs lead to, by process; `scale` as in `World`."""

    def __init__(
        self,
        people: Mapping[str, Person],
        teams: Mapping[str, Team],
        *,
        digests: Mapping[str, str] | None = None,
        scale: float = 1.0,
    ) -> None:
        self._digests = dict(digests or {})
        self._scale = scale
        self._people: dict[str, Colleague] = {}
        self._teams: Mapping[str, Team] = {}
        self._members: dict[str, tuple[str, ...]] = {}
        self._turn = 0
        self._open: dict[str, str] = {}  # lead to whose it is, while it is neither won nor lost
        self._days: dict[str, _Day] = {}
        self._next_day = _ALREADY
        self._accounts: dict[str, dict[str, _Account]] = {}
        self.staff(people, teams)

    def copy(self) -> Floor:
        """The same people as they are now, from here on by themselves."""
        other = copy(self)
        other._people = dict(self._people)
        other._open = dict(self._open)
        other._days = {key: _Day(day.ends, set(day.leads)) for key, day in self._days.items()}
        other._accounts = {account: dict(leads) for account, leads in self._accounts.items()}
        return other

    # --- what changes in the world -----------------------------------------------------------------------------------

    def staff(self, people: Mapping[str, Person], teams: Mapping[str, Team]) -> None:
        """From now on these are the people and teams; whoever stays keeps their leave, leads and turn."""
        self._people = {
            key: replace(self._people[key], person=person) if key in self._people else Colleague(key, person)
            for key, person in people.items()
        }
        self._teams = dict(teams)
        self._members = {}
        for key, person in people.items():
            for team in dict.fromkeys(person.teams):
                self._members[team] = (*self._members.get(team, ()), key)
        self._next_day = _ALREADY

    def away(self, person: str, absence: Absence) -> None:
        """Leave is entered. The leads of that person have to be told (`Run.world_changed`). Raises KeyError for a stranger."""
        known = self._people[person]
        self._people[person] = replace(known, absences=(*known.absences, absence))

    def back(self, person: str, at: datetime) -> None:
        """All leave of somebody ends at this moment, and what has not begun by then is taken back."""
        known = self._people[person]
        shortened = (Absence(one.start, min(one.end, at)) for one in known.absences if one.start < at)
        self._people[person] = replace(known, absences=tuple(shortened))

    def absent(self, person: str, absences: Iterable[Absence]) -> None:
        """From now on this is all the leave that is known of somebody. Raises KeyError for a stranger."""
        self._people[person] = replace(self._people[person], absences=tuple(absences))

    def publish(self, digests: Mapping[str, str]) -> None:
        """From now on hand-overs lead to these versions, by process."""
        self._digests = dict(digests)

    # --- what can be asked -------------------------------------------------------------------------------------------

    @property
    def people(self) -> Mapping[str, Colleague]:
        """Everybody as they are now. `today` is as of the last time that somebody was looked for."""
        return self._people

    @property
    def teams(self) -> Mapping[str, Team]:
        return self._teams

    def leads_of(self, person: str) -> tuple[str, ...]:
        """The open leads of somebody, those given first coming first."""
        return tuple(lead for lead, owner in self._open.items() if owner == person)

    def actor(self, person: str | None, *more: Who) -> Actor:
        """Somebody with the roles and teams that the roster gives them."""
        known = self._people.get(person or "")
        if known is None:
            return Actor(person, more)
        roles = tuple(ROLES[role] for role in known.person.roles if role in ROLES)
        return Actor(person, (*roles, *more), tuple(known.person.teams))

    def calendar(self, process: Process, lead: Lead, runs_on: str, now: datetime) -> Calendar:
        """On whose hours a clock of this lead counts: the owner's with their leave, the team's, or a named one's."""
        world = World(now, self._people, self._teams)
        if runs_on == "owner":
            return calendar_of(process, world, lead.owner) if lead.owner else named_calendar(process, None)
        return team_calendar(process, world, lead.team) if runs_on == "team" else named_calendar(process, runs_on)

    # --- around leads ------------------------------------------------------------------------------------------------

    def world(self, process: Process, decision: Decision) -> World:
        """As `store.facts.world_for`. The people in it are those of this moment and change with the next one."""
        now = decision.record.at
        world = World(now, self._people, self._teams, None, self._digests, self._scale, self._members)
        if decision.owner is None:
            return world
        self._begin_days(process, world)
        table = process.assignment
        if table is not None and table.keep_with == "account_owner":
            return replace(world, account_owner=self._account_owner(decision.lead))
        return world

    def take_note(self, process: Process, done: Done) -> None:
        before, after = done.before, done.conclusion.lead
        assigned = done.settled.assigned
        if assigned is not None and assigned.ownership in _OWNED and assigned.person in self._people:
            self._given(assigned.person, after.key)
        holder = None if process.leaf(after).is_outcome else after.owner
        if holder != self._open.get(after.key):
            self._hold(after.key, holder)
        moved = before.stage != after.stage or before.process != after.process
        if assigned is not None or moved or before.fields.get("company") != after.fields.get("company"):
            self._note_account(process, before, after)

    def add_load(self, person: str, leads: Iterable[str]) -> None:
        """Open leads that somebody has already, and that are not run here. Raises KeyError for a stranger."""
        for lead in leads:
            self._hold(lead, person)

    def add_account(self, company: str, person: str, at: datetime) -> None:
        """A company that is a customer of somebody already, by a lead that is not run here."""
        account = account_of(company)
        if account is not None:
            self._accounts.setdefault(account, {})[f"account:{account}"] = _Account(person, True, at)

    def release(self, lead: str) -> None:
        """Nobody has this lead on their hands any more, whatever becomes of it."""
        self._hold(lead, None)

    def _given(self, person: str, lead: str) -> None:
        self._turn += 1
        known = self._people[person]
        today = self._days[person].leads
        today.add(lead)
        self._people[person] = replace(known, last_turn=self._turn, today=len(today))

    def _hold(self, lead: str, owner: str | None) -> None:
        had = self._open.pop(lead, None)
        if owner is not None:
            self._open[lead] = owner
        for person, change in ((had, -1), (owner, 1)):
            if person in self._people:
                known = self._people[person]
                self._people[person] = replace(known, open=known.open + change)

    def _begin_days(self, process: Process, world: World) -> None:
        """Whose day has ended since the last time starts a new one, at midnight where they are."""
        if world.now < self._next_day:
            return
        for key, colleague in list(self._people.items()):
            day = self._days.get(key)
            if day is not None and world.now < day.ends:
                continue
            self._days[key] = _Day(_day_ends(world.now, hours_of(process, world, colleague).zone))
            if colleague.today:
                self._people[key] = replace(colleague, today=0)
        self._next_day = min((day.ends for key, day in self._days.items() if key in self._people), default=_ALREADY)

    # --- accounts ----------------------------------------------------------------------------------------------------

    def _account_owner(self, lead: Lead) -> str | None:
        """Whose the other leads of the same company are: a customer's first, then the one assigned last."""
        account = account_of(lead.fields.get("company"))
        known = self._accounts.get(account, {}) if account else {}
        others = [one for key, one in known.items() if key != lead.key]
        return max(others, key=lambda one: (one.won, one.assigned_at)).owner if others else None

    def _note_account(self, process: Process, before: Lead, after: Lead) -> None:
        was, account = account_of(before.fields.get("company")), account_of(after.fields.get("company"))
        if was is not None and was in self._accounts:
            self._accounts[was].pop(after.key, None)
        leaf = process.leaf(after)
        kept = leaf.kind is not StageKind.LOST
        if account is None or not kept or after.ownership is not Ownership.PERSON or after.owner is None:
            return
        known = _Account(after.owner, leaf.kind is StageKind.WON, after.assigned_at or after.arrived_at)
        self._accounts.setdefault(account, {})[after.key] = known


def account_of(company: Value) -> str | None:
    """By which name leads of the same company are recognised, as the database does it."""
    return " ".join(company.split()).lower() or None if isinstance(company, str) else None


def _day_ends(now: datetime, zone: str) -> datetime:
    local = ZoneInfo(zone)
    tomorrow = now.astimezone(local).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), local).astimezone(UTC)
