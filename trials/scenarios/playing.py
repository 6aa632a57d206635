"""A scenario played step by step in memory, each step with what it brought about."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from engine.decision import Refusal
from engine.errors import LeadflowError, NoWorkingTime
from engine.happening import SYSTEM, THE_LEAD, Actor, EventIn, Touch
from engine.language.definition import Who
from engine.language.scenario import (
    AdvanceStep,
    BackStep,
    EventStep,
    ExpectStep,
    LeadStep,
    Leave,
    LeaveStep,
    RefusedStep,
    Roster,
    RosterStep,
    Step,
    TouchStep,
    UntilStep,
)
from engine.language.tables import Person, RosterFile
from engine.lead import Lead
from engine.process import Process
from engine.step import new_lead
from engine.time import worktime
from engine.time.calendars import calendar_of, hours_of
from engine.time.worktime import Absence, Calendar
from engine.values import accept_all
from engine.world import World
from trials.floor import Floor
from trials.rehearsal import Done, Rehearsal, Sent
from trials.scenarios import moments
from trials.scenarios.case import Case
from trials.scenarios.coming_in import event_of, roster_of, touch_of

ROLES = {
    "system": SYSTEM,
    "lead": THE_LEAD,
    "marketing": Actor(roles=(Who.MARKETING,)),
    "ops": Actor(roles=(Who.OPS,)),
}
"""Who may act without being anybody of the roster."""

WORDS = ("owner", "team_leader", *ROLES)
"""What `by` may say beside a person."""

KEY = "lead:scenario:1"


class Halted(LeadflowError):
    """A step that makes no sense when it comes to it: nobody owns the lead, or the moment is past."""


@dataclass(frozen=True, slots=True)
class Act:
    """What a step does to the world, worked out: for whoever does the same elsewhere. `event` is sent by `by`."""

    kind: str
    fields: dict[str, object] | None = None
    event: EventIn | None = None
    by: str = ""
    touch: Touch | None = None
    person: str = ""
    absence: Absence | None = None
    roster: RosterFile | None = None
    tells: str = ""


@dataclass(frozen=True, slots=True)
class Played:
    """One step and what it brought about. `lead` is how it stands after it."""

    number: int
    step: Step
    began: datetime
    at: datetime
    lead: Lead
    process: Process
    done: tuple[Done, ...] = ()
    sent: tuple[Sent, ...] = ()
    refusal: Refusal | None = None
    act: Act | None = None


class Playing:
    """One scenario under way."""

    def __init__(self, case: Case, key: str = KEY) -> None:
        self.case = case
        self.key = key
        self.now = case.now
        self.run: Rehearsal | None = None
        processes = case.setting.processes
        self.floor = Floor(case.roster.people, case.roster.teams, digests={one.name: one.digest for one in processes})
        for person, count in case.workload.items():
            self.floor.add_load(person, [f"{person}:{number}" for number in range(count)])
        for company, person in case.accounts.items():
            self.floor.add_account(company, person, case.now)
        for leave in case.leave:
            self.floor.away(leave.person, self._absence(leave, case.now))

    def play(self) -> Iterator[Played]:
        """Each step in turn. Raises Halted where one makes no sense."""
        for number, step in enumerate(self.case.steps):
            yield self.step(number, step)

    def fork(self) -> Playing:
        """The same scenario at this point, to go on otherwise from here."""
        other = copy(self)
        other.floor = self.floor.copy()
        other.run = self.run.fork(other.floor) if self.run is not None else None
        return other

    def step(self, number: int, step: Step) -> Played:
        began = self.now
        had, told = (len(self.run.done), len(self.run.sent)) if self.run is not None else (0, 0)
        act, refusal = self._do(step)
        run = self._running()
        if act is not None:
            run.advance(run.now)  # what is due at this very moment comes after it, and before anything else
        self.now = run.now
        return Played(
            number,
            step,
            began,
            run.now,
            run.lead,
            run.process,
            tuple(run.done[had:]),
            tuple(run.sent[told:]),
            refusal,
            act,
        )

    def _do(self, step: Step) -> tuple[Act | None, Refusal | None]:
        match step:
            case LeadStep():
                return self._arrive(step), None
            case EventStep():
                return self._event(step)
            case TouchStep():
                touch = touch_of(self._running().process, self._running().lead, dict(step.touch))
                self._running().touch(touch)
                return Act("touch", fields=dict(step.touch), touch=touch), None
            case AdvanceStep():
                self._running().advance(self._later(step))
            case UntilStep():
                until = moments.until(step.until, self.now, self.case.zone)
                if until < self.now:
                    now = moments.said(self.now, self.case.zone)
                    raise Halted(f"{moments.said(until, self.case.zone)} is past: it is {now} already")
                self._running().advance(until)
            case LeaveStep():
                absence = self._absence(step.leave, self.now)
                self.floor.away(step.leave.person, absence)
                words = f"from {absence.start:%Y-%m-%d %H:%M} to {absence.end:%Y-%m-%d %H:%M} UTC"
                tells = self._tell_of(step.leave.person, f"{step.leave.person} is absent {words}")
                return Act("leave", person=step.leave.person, absence=absence, tells=tells), None
            case BackStep():
                self.floor.back(step.back, self.now)
                tells = self._tell_of(step.back, f"{step.back} is back")
                return Act("back", person=step.back, tells=tells), None
            case RosterStep():
                return self._load(step.roster), None
            case ExpectStep() | RefusedStep():
                pass
        return None, None

    def _running(self) -> Rehearsal:
        if self.run is None:
            raise Halted("no lead has arrived yet", "Let the first step be `lead`.")
        return self.run

    # --- leads and events --------------------------------------------------------------------------------------------

    def _arrive(self, step: LeadStep) -> Act:
        brought = {**self.case.lead, **step.lead}
        process = self.case.setting.process
        values, _ = accept_all(process.fields, brought)
        known = tuple(name for name, value in values.items() if process.personal(name) and value is not None)
        plain: dict[str, object] = {name: value for name, value in values.items() if not process.personal(name)}
        title = " ".join(str(values.get("company") or f"Lead {self.key.rpartition(':')[2]}").split())[:120]
        lead = new_lead(process, self.key, title, plain, known, self.now)
        self.run = Rehearsal(process, lead, self.floor, self.case.setting.others)
        self.run.arrive()
        return Act("lead", fields=dict(brought))

    def _event(self, step: EventStep) -> tuple[Act, Refusal | None]:
        run = self._running()
        by, actor = self._actor(step.by, run.lead)
        event = event_of(run.process, step, actor)
        return Act("event", fields=dict(step.fields), event=event, by=by), run.event(event)

    def _actor(self, by: str, lead: Lead) -> tuple[str, Actor]:
        if by in ROLES:
            return by, ROLES[by]
        person = {"owner": lead.owner, "team_leader": lead.leader}.get(by, by)
        if person is None:
            who = "nobody owns the lead" if by == "owner" else "the lead has no team leader"
            raise Halted(f"{who} now, so it cannot be done by the {by.replace('_', ' ')}", "Say by whom: `by: NAME`.")
        return person, self.floor.actor(person)

    # --- time and the world ------------------------------------------------------------------------------------------

    def _later(self, step: AdvanceStep) -> datetime:
        try:
            return worktime.add(self._calendar(step.runs_on), self.now, step.advance)
        except NoWorkingTime as error:
            raise Halted(error.message, error.remedy) from None

    def _calendar(self, on: str) -> Calendar:
        run = self._running()
        if on in self.floor.people:
            return calendar_of(run.process, World(self.now, self.floor.people, self.floor.teams), on)
        return self.floor.calendar(run.process, run.lead, on, self.now)

    def _absence(self, leave: Leave, now: datetime) -> Absence:
        """Days are those of whoever is away, as when leave is entered; a time of day is the scenario's."""
        person = self.floor.people[leave.person]
        process = self.run.process if self.run is not None else self.case.setting.process
        zone = ZoneInfo(hours_of(process, World(now, self.floor.people, self.floor.teams), person).zone)
        start = self._day(leave.from_, zone, after=False) if leave.from_ is not None else now
        end = self._day(leave.until, zone, after=True)
        if end <= start:
            raise Halted(f"the leave of {leave.person} ends before it begins", "Give a later day under `until`.")
        return Absence(start.astimezone(UTC), end.astimezone(UTC))

    def _day(self, text: str, zone: ZoneInfo, *, after: bool) -> datetime:
        return moments.day_or_moment(text, self.case.zone if " " in text else zone, after=after)

    def _tell_of(self, person: str, why: str) -> str:
        run = self.run
        if run is None or run.lead.closed or run.lead.owner != person:
            return ""
        run.world_changed(why)
        return why

    def _load(self, roster: Roster) -> Act:
        """As `leadflow roster load`: who is not in it becomes inactive, and leads whose hours change are told."""
        loaded = roster_of(self.case.setting, roster)
        before = self._hours()
        people: dict[str, Person] = {
            key: known.person.model_copy(update={"active": False}) for key, known in self.floor.people.items()
        }
        people.update(loaded.people)
        self.floor.staff(people, loaded.teams)
        after = self._hours()
        moved = [who for who, hours in before.items() if after.get(who) != hours]
        run = self._running()
        tells = ""
        if not run.lead.closed and (("person", run.lead.owner) in moved or ("team", run.lead.team) in moved):
            tells = "other working hours"
            run.world_changed(tells)
        return Act("roster", roster=loaded, tells=tells)

    def _hours(self) -> dict[tuple[str, str | None], tuple[str | None, ...]]:
        teams = self.floor.teams
        hours: dict[tuple[str, str | None], tuple[str | None, ...]] = {
            ("team", key): (team.calendar,) for key, team in teams.items()
        }
        for key, known in self.floor.people.items():
            first = next((name for name in known.person.teams[:1] if name in teams), None)
            hours[("person", key)] = (known.person.calendar, first, teams[first].calendar if first else None)
        return hours
