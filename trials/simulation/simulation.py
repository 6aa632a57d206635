"""The run: all leads on one sales floor in the order of time, decided by the same core as production.

Whatever falls due is the core's; only what leads bring and what people do, and when, is drawn.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from heapq import heappop, heappush
from itertools import count

from engine.catalog import Catalog
from engine.decision import Refusal
from engine.errors import LeadflowError
from engine.happening import Actor, EventIn
from engine.language.definition import Who
from engine.language.simulation import Leave
from engine.language.tables import Role
from engine.lead import Ownership, Value
from engine.process import Branch, Process
from engine.step import new_lead
from engine.time import worktime
from engine.time.calendars import calendar_of, hours_of
from engine.time.worktime import Absence
from engine.world import Colleague, World
from trials.floor import Floor
from trials.rehearsal import Done, Run
from trials.simulation.arrivals import Coming, Period
from trials.simulation.chance import Chance
from trials.simulation.conduct import PEOPLE, Conducts, Delay, Habit
from trials.simulation.tally import Tally
from trials.simulation.values import Values

_TRIES = 3
"""How often somebody tries a lead again, in one stage, whose event was refused."""

_CLAIMS = Delay(3_600.0, 4 * 3_600.0, True)
"""Until somebody of the team takes a lead from its queue: open time."""
_DECIDES = Delay(2 * 3_600.0, 8 * 3_600.0, True)
"""Until whoever decides gives a lead that no rule could place to somebody."""

_MIDNIGHT = time()


@dataclass(frozen=True, slots=True)
class _Intent:
    """What is to happen next to a lead by people's doing. `events` in this order, `then` what comes after them."""

    at: datetime
    events: tuple[str, ...]
    then: _Intent | None = None


class _LeadRun(Run):
    """A lead of the simulation: what is intended with it, and for which stay that was drawn."""

    def __init__(self, number: int, process: Process, coming: Coming, floor: Floor, catalog: Catalog, tally: Tally):
        self.number = number
        self.intent: _Intent | None = None
        self.queued = False  # until whoever is to act has time
        self.stay: object = None
        self.draws = 0
        self.tries = 0
        self.ignored_by: str | None = None
        self.looked_at_by: str | None = None
        self.version = 0
        self._tally = tally
        self.by_person = False
        seedling = coming.seedling
        lead = new_lead(process, f"sim:{number}", seedling.title, dict(seedling.fields), seedling.known, coming.at)
        super().__init__(process, lead, floor, catalog)

    def did(self, done: Done) -> None:
        self._tally.done(done, self.by_person)
        self.by_person = False

    def refused_to(self, refusal: Refusal) -> None:
        self._tally.refused[f"{refusal.event}: {refusal.code.value}"] += 1
        self.by_person = False


class Simulation:
    """`catalog` holds the processes, `values` what people fill in by process."""

    def __init__(
        self,
        process: Process,
        catalog: Catalog,
        floor: Floor,
        conducts: Conducts,
        values: Values,
        chance: Chance,
    ) -> None:
        self._process = process
        self._catalog = catalog
        self._floor = floor
        self._conducts = conducts
        self._values = {process.digest: values}
        self._chance = chance
        self._runs: dict[str, _LeadRun] = {}
        self._due: list[tuple[datetime, int, _LeadRun | str, int]] = []
        self._serial = count()
        self._busy: dict[str, datetime] = {}
        self._queues: defaultdict[str, deque[tuple[_LeadRun, _Intent]]] = defaultdict(deque)
        self._world = World(datetime.min.replace(tzinfo=UTC), floor.people, floor.teams)
        self.tally = Tally()

    def run(self, coming: Sequence[Coming], period: Period, leave: Sequence[Leave] = ()) -> Tally:
        """Everything that happens within the period. To be run once."""
        news = self._enter(leave)
        looks = _looks(period)
        arrivals = iter(enumerate(coming))
        arriving = next(arrivals, None)
        while True:
            at_next = [self._due[0][0]] if self._due else []
            at_next += [arriving[1].at] if arriving else []
            at_next += [news[0][0]] if news else []
            at = min(at_next, default=period.end)
            while looks and looks[0] <= min(at, period.end):
                self.tally.look(looks.pop(0))
            if at >= period.end:
                return self.tally
            if news and news[0][0] == at:
                self._away(*news.pop(0))
            elif arriving and arriving[1].at == at:
                self._arrive(*arriving)
                arriving = next(arrivals, None)
            else:
                _, _, whose, version = heappop(self._due)
                if isinstance(whose, str):
                    self._take_next(whose, at)
                elif version == whose.version:
                    self._go_on(whose, at)

    # --- leads -------------------------------------------------------------------------------------------------------

    def _arrive(self, number: int, coming: Coming) -> None:
        run = _LeadRun(number, self._process, coming, self._floor, self._catalog, self.tally)
        self._runs[run.lead.key] = run
        run.arrive()
        self._wait_for_next(run)

    def _go_on(self, run: _LeadRun, at: datetime) -> None:
        intent = run.intent
        if intent is not None and intent.at == at and not run.queued:
            self._turn_to(run, intent)
        else:
            run.advance(at)
        self._wait_for_next(run)

    def _wait_for_next(self, run: _LeadRun) -> None:
        """Put the lead into the queue for whatever comes next: what falls due, or what people intend."""
        lead = run.lead
        if lead.closed:
            run.version += 1
            run.intent = None
            del self._runs[lead.key]
            return
        stay = (lead.digest, lead.stage, lead.visits.get(lead.stage), lead.cycle, lead.owner, lead.ownership)
        if stay != run.stay:
            run.stay = stay
            run.tries = 0
            run.intent, run.queued = self._intend(run), False
        due = run.waits_for()
        at = due.at if due is not None else None
        if run.intent is not None and not run.queued and (at is None or run.intent.at <= at):
            at = run.intent.at
        run.version += 1
        if at is not None:
            heappush(self._due, (max(at, run.now), next(self._serial), run, run.version))

    # --- people ------------------------------------------------------------------------------------------------------

    def _intend(self, run: _LeadRun) -> _Intent | None:
        """What people will do with a lead that has just come to this stage, or into these hands."""
        lead, chance = run.lead, self._chance
        run.draws += 1
        chance.about(run.number + 1, run.draws)
        match lead.ownership:
            case Ownership.HELD:
                return None
            case Ownership.QUEUE:
                return _Intent(self._after(run, _CLAIMS, None, 1.0), ("claim",))
            case Ownership.EXCEPTION if not run.process.leaf(lead).is_outcome:
                return _Intent(self._after(run, _DECIDES, lead.owner, 1.0), ("assign",))
            case _:
                return self._work_on(run)

    def _work_on(self, run: _LeadRun) -> _Intent | None:
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
        moves: _Intent | None = None
        left = chance.share() < habit.nothing
        if habit.events:
            event = habit.events[chance.choice(habit.cumulated)]
            at = self._after(run, habit.after, lead.owner, manner.pace)
            moves = None if left else _Intent(at, (event,))
        if talks := self._awaited(run, habit):
            return _Intent(min(contact, moves.at) if moves else contact, talks, moves)
        return moves

    def _awaited(self, run: _LeadRun, habit: Habit) -> tuple[str, ...]:
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

    def _after(self, run: _LeadRun, delay: Delay, person: str | None, pace: float) -> datetime:
        """When a wait that is drawn now is over, on the calendar of whoever it is for."""
        wait = timedelta(seconds=round(self._chance.skewed(delay.median, delay.most) / pace))
        if not delay.working:
            return run.now + wait
        return self._open_time_later(run.process, person, run.now, wait)

    def _open_time_later(self, process: Process, person: str | None, start: datetime, wait: timedelta) -> datetime:
        calendar = calendar_of(process, self._world, person or "")
        try:
            return worktime.add_working_time(calendar, start, wait)
        except LeadflowError:  # away for good
            return worktime.add_working_time(worktime.with_absences(calendar, ()), start, wait)

    def _turn_to(self, run: _LeadRun, intent: _Intent) -> None:
        """Whoever is to act does it now; while they are busy, the lead waits for its turn with them."""
        person = self._claimer(run) if intent.events == ("claim",) else run.lead.owner
        if person is None:
            self._act(run, intent, None)
            return
        queue, free = self._queues[person], self._busy.get(person, intent.at)
        if not queue and free <= intent.at:
            self._act(run, intent, person)
            return
        if not queue:
            heappush(self._due, (free, next(self._serial), person, 0))
        queue.append((run, intent))
        run.queued = True

    def _take_next(self, person: str, at: datetime) -> None:
        """Somebody is free again: the lead that has waited longest for them, of those that still do."""
        opens = self._open_time_later(self._process, person, at, timedelta())
        if opens > at:
            heappush(self._due, (opens, next(self._serial), person, 0))
            return
        queue = self._queues[person]
        while queue:
            run, intent = queue.popleft()
            if run.queued and run.intent is intent:
                run.queued = False
                self._act(run, replace(intent, at=at), person)
                self._wait_for_next(run)
                break
        if queue:
            heappush(self._due, (max(self._busy.get(person, at), at), next(self._serial), person, 0))

    def _act(self, run: _LeadRun, intent: _Intent, person: str | None) -> None:
        for event in intent.events:
            refusal = self._cause(run, event, person, intent.at)
            if refusal is not None:
                break
        else:
            refusal = None
        if person is not None:
            self._take_time(run, person, intent.at)
        if refusal is not None and intent.then is None:
            run.tries += 1
            run.intent = self._intend(run) if run.tries < _TRIES else None
        else:
            run.intent = intent.then
            if run.intent is not None and run.intent.at < run.now:
                run.intent = replace(run.intent, at=run.now)

    def _take_time(self, run: _LeadRun, person: str, at: datetime) -> None:
        takes = self._conducts.manner(person).each_takes
        self.tally.desks[person].events += 1
        if takes:
            self._busy[person] = self._open_time_later(run.process, person, at, timedelta(seconds=takes))

    def _cause(self, run: _LeadRun, event: str, person: str | None, at: datetime) -> Refusal | None:
        branches = run.process.branches.get((run.lead.stage, event), ())
        if not branches:
            return None
        run.by_person = True
        actor = self._actor(run, branches[0], person)
        to = self._somebody_for(run) if event == "assign" else None
        return run.event(self._with_needs(run, event, branches, actor, to), at)

    def _actor(self, run: _LeadRun, branch: Branch, person: str | None) -> Actor:
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
        self, run: _LeadRun, event: str, branches: Iterable[Branch], actor: Actor, to: str | None
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

    def _claimer(self, run: _LeadRun) -> str | None:
        """Of the team that the queue belongs to, whoever has the fewest open leads."""
        members = (one for one in self._floor.people.values() if run.lead.team in one.person.teams)
        return self._least_busy(members, run.now)

    def _somebody_for(self, run: _LeadRun) -> str | None:
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

    # --- leave -------------------------------------------------------------------------------------------------------

    def _enter(self, leave: Sequence[Leave]) -> list[tuple[datetime, str, Absence]]:
        """Leave that everybody knows of is entered now; the rest in the order in which it becomes known."""
        later = []
        for one in leave:
            known = self._floor.people.get(one.person)
            if known is None:
                remedy = "Correct the name, or add them to the roster."
                raise LeadflowError(f"leave names '{one.person}', whom the roster does not have", remedy)
            zone = hours_of(self._process, self._world, known).zone
            absence = _days_of(one, zone)
            if one.known_from is None:
                self._floor.away(one.person, absence)
            else:
                later.append((_midnight(one.known_from, zone), one.person, absence))
        return sorted(later)

    def _away(self, at: datetime, person: str, absence: Absence) -> None:
        """Leave that nobody foresaw: deadlines move, and so does what the person intended."""
        self._floor.away(person, absence)
        for key in self._floor.leads_of(person):
            if (run := self._runs.get(key)) is not None:
                run.world_changed(f"{person} is away", at)
                if run.intent is not None and not run.queued and absence.start <= run.intent.at < absence.end:
                    run.intent = replace(run.intent, at=self._open_time_later(run.process, person, at, timedelta()))
                self._wait_for_next(run)


def _is_away(colleague: Colleague, now: datetime) -> bool:
    return any(one.start <= now < one.end for one in colleague.absences)


def _looks(period: Period) -> list[datetime]:
    """Every midnight on which a week ends, and the end of it all."""
    found = []
    at = period.start + timedelta(weeks=1)
    while at < period.end:
        found.append(at)
        at += timedelta(weeks=1)
    return [*found, period.end]


def _days_of(leave: Leave, zone: str) -> Absence:
    return Absence(_midnight(leave.from_, zone), _midnight(leave.until, zone, days=1))


def _midnight(day: str, zone: str, days: int = 0) -> datetime:
    from zoneinfo import ZoneInfo

    return datetime.combine(date.fromisoformat(day) + timedelta(days=days), _MIDNIGHT, ZoneInfo(zone)).astimezone(UTC)
