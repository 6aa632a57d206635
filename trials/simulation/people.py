"""What people do with leads: who does what next, when, and with all that it asks for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from engine.decision import Refusal
from engine.errors import NoWorkingTime
from engine.happening import Actor, EventIn
from engine.language.builtin import RESERVED
from engine.language.definition import Who
from engine.language.tables import Role
from engine.lead import Ownership, Value
from engine.process import Branch, Process
from engine.time import worktime
from engine.time.calendars import calendar_of
from engine.world import Colleague, World
from trials.floor import Floor
from trials.simulation.chance import Chance
from trials.simulation.conduct import PEOPLE, Conducts, Delay, Habit
from trials.simulation.lead import Intent, LeadRun
from trials.simulation.values import Values

_CLAIMS = Delay(3_600.0, 4 * 3_600.0, True)
"""Until somebody of the team takes a lead from its queue: open time."""
_DECIDES = Delay(2 * 3_600.0, 8 * 3_600.0, True)
"""Until whoever decides gives a lead that no rule could place to somebody."""


class People:
    """`values` are what they fill in, by the digest of the process; for others than these it is worked out."""

    def __init__(self, floor: Floor, conducts: Conducts, values: dict[str, Values], chance: Chance) -> None:
        self._floor = floor
        self._conducts = conducts
        self._values = values
        self._chance = chance
        self._world = World(datetime.min.replace(tzinfo=UTC), floor.people, floor.teams)

    def intend(self, run: LeadRun) -> Intent | None:
        """What people will do with a lead that has just come to this stage, or into these hands."""
        lead, chance = run.lead, self._chance
        run.draws += 1
        chance.about(run.number + 1, run.draws)
        match lead.ownership:
            case Ownership.HELD:
                return None
            case Ownership.QUEUE:
                return Intent(self._after(run, _CLAIMS, None, 1.0), ("claim",))
            case Ownership.EXCEPTION if not run.process.leaf(lead).is_outcome:
                return Intent(self._after(run, _DECIDES, lead.owner, 1.0), ("assign",))
            case _:
                return self._work_on(run)

    def _work_on(self, run: LeadRun) -> Intent | None:
        lead, chance = run.lead, self._chance
        manner = self._conducts.manner(lead.owner)
        habit = self._conducts.habit(run.process, lead.stage, lead.owner)
        ignores = chance.share() < manner.ignores
        if run.looked_at_by != lead.owner:
            run.looked_at_by = lead.owner
            run.ignored_by = lead.owner if ignores else None
        if run.ignored_by is not None:
            return None
        contact = self._after(run, habit.contact, lead.owner, manner.pace)
        moves: Intent | None = None
        left = chance.share() < habit.nothing
        if habit.events:
            event = habit.events[chance.choice(habit.cumulated)]
            at = self._after(run, habit.after, lead.owner, manner.pace)
            moves = None if left else Intent(at, (event,))
        if talks := self._awaited(run, habit):
            return Intent(min(contact, moves.at) if moves else contact, talks, moves)
        return moves

    def _awaited(self, run: LeadRun, habit: Habit) -> tuple[str, ...]:
        """Talks and the like that clocks of this very lead wait for."""
        if not habit.contacts:
            return ()
        clocks = run.lead.clocks
        wanted = [
            event
            for rule in run.process.rules_at(run.lead.stage)
            if rule.name in clocks
            for event in rule.spec.stops_on
        ]
        return tuple(event for event in habit.contacts if event in wanted)

    def _after(self, run: LeadRun, delay: Delay, person: str | None, pace: float) -> datetime:
        """When a wait that is drawn now is over, on the calendar of whoever it is for."""
        wait = timedelta(seconds=round(self._chance.skewed(delay.median, delay.most) / pace))
        if not delay.working:
            return run.now + wait
        return self.open_time_later(run.process, person, run.now, wait)

    def open_time_later(self, process: Process, person: str | None, start: datetime, wait: timedelta) -> datetime:
        calendar = calendar_of(process, self._world, person or "")
        try:
            return worktime.add_working_time(calendar, start, wait)
        except NoWorkingTime:  # away for good
            return worktime.add_working_time(worktime.with_absences(calendar, ()), start, wait)

    def cause(self, run: LeadRun, event: str, person: str | None, at: datetime) -> Refusal | None:
        branches = run.process.branches.get((run.lead.stage, event), ())
        if not branches:
            return None
        run.by_person = event not in RESERVED
        actor = self._actor(run, branches[0], person)
        to = self._somebody_for(run) if event == "assign" else None
        return run.event(self._with_needs(run, event, branches, actor, to), at)

    def _actor(self, run: LeadRun, branch: Branch, person: str | None) -> Actor:
        """Who causes an event of this kind: whoever works the lead if they may, and otherwise whoever may."""
        for who in branch.by:
            if who in (Who.OWNER, Who.TEAM, Who.ANYONE) and person is not None:
                return self._floor.actor(person)
            if who is Who.TEAM_LEADER and run.lead.leader is not None:
                return self._floor.actor(run.lead.leader)
            if who in PEOPLE and who not in (Who.OWNER, Who.TEAM, Who.TEAM_LEADER):
                mine = self._floor.actor(person)
                return mine if who in mine.roles else Actor(None, (who,))
        return self._floor.actor(person)

    def _with_needs(
        self, run: LeadRun, event: str, branches: Iterable[Branch], actor: Actor, to: str | None
    ) -> EventIn:
        """The event with all that it asks for, drawn."""
        process, lead, chance = run.process, run.lead, self._chance
        run.draws += 1
        chance.about(run.number + 1, run.draws)
        fields: dict[str, Value] = {}
        codes: dict[str, str] = {}
        known: list[str] = []
        checked: tuple[str, ...] = ()
        for branch in branches:
            checked += branch.checklist
            for name in branch.fields:
                if process.personal(name):
                    known += [] if name in lead.known else [name]
                elif lead.fields.get(name) is None and name not in fields:
                    fields[name] = self._values_of(process).fill(name, run.now, chance)
            for name, reasons in branch.codes.items():
                choices = tuple(process.codes_of(reasons))
                if choices and name not in codes:
                    codes[name] = choices[chance.whole(0, len(choices) - 1)]
        return EventIn(event, actor, fields=fields, known=tuple(known), codes=codes, note=True, checked=checked, to=to)

    def _values_of(self, process: Process) -> Values:
        known = self._values.get(process.digest)
        if known is None:
            people = [one.person for one in self._floor.people.values()]
            known = self._values[process.digest] = Values(process, {}, {}, people)
        return known

    def claimer(self, run: LeadRun) -> str | None:
        """Of the team that the queue belongs to, whoever has the fewest open leads."""
        members = (one for one in self._floor.people.values() if run.lead.team in one.person.teams)
        return self._least_busy(members, run.now)

    def _somebody_for(self, run: LeadRun) -> str | None:
        """Whom the one who decides gives a lead to: a seller whose territory fits if there is one, with the fewest open leads."""
        sellers = [
            one
            for one in self._floor.people.values()
            if one.person.active and Role.SELLER in one.person.roles and one.key != run.lead.owner
        ]
        country = run.lead.fields.get("country")
        near = [one for one in sellers if country in one.person.territories]
        return self._least_busy(near, run.now) or self._least_busy(sellers, run.now)

    @staticmethod
    def _least_busy(people: Iterable[Colleague], now: datetime) -> str | None:
        there = (one for one in people if one.person.active and not _is_away(one, now))
        least = min(there, key=lambda one: (one.open, one.key), default=None)
        return least.key if least else None


def _is_away(colleague: Colleague, now: datetime) -> bool:
    return any(one.start <= now < one.end for one in colleague.absences)
