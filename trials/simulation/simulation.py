"""The run: all leads on one sales floor in the order of time, decided by the same core as production.

Whatever falls due is the core's; only what leads bring and what people do, and when, is drawn.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from heapq import heappop, heappush
from itertools import count
from zoneinfo import ZoneInfo

from engine.catalog import Catalog
from engine.errors import LeadflowError
from engine.language.simulation import Leave
from engine.process import Process
from engine.time.calendars import hours_of
from engine.time.worktime import Absence
from engine.world import World
from trials.floor import Floor
from trials.simulation.arrivals import Coming, Period
from trials.simulation.chance import Chance
from trials.simulation.conduct import Conducts
from trials.simulation.lead import Intent, LeadRun
from trials.simulation.people import People
from trials.simulation.tally import Tally
from trials.simulation.values import Values

_TRIES = 3
"""How often somebody tries a lead again, in one stage, whose event was refused."""


_MIDNIGHT = time()


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
        self._people = People(floor, conducts, {process.digest: values}, chance)
        self._runs: dict[str, LeadRun] = {}
        self._due: list[tuple[datetime, int, LeadRun | str, int]] = []
        self._serial = count()
        self._busy: dict[str, datetime] = {}
        self._queues: defaultdict[str, deque[tuple[LeadRun, Intent]]] = defaultdict(deque)
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
        run = LeadRun(number, self._process, coming, self._floor, self._catalog, self.tally)
        self._runs[run.lead.key] = run
        run.arrive()
        self._wait_for_next(run)

    def _go_on(self, run: LeadRun, at: datetime) -> None:
        intent = run.intent
        if intent is not None and intent.at == at and not run.queued:
            self._turn_to(run, intent)
        else:
            run.advance(at)
        self._wait_for_next(run)

    def _wait_for_next(self, run: LeadRun) -> None:
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
            run.intent, run.queued = self._people.intend(run), False
        due = run.waits_for()
        at = due.at if due is not None else None
        if run.intent is not None and not run.queued and (at is None or run.intent.at <= at):
            at = run.intent.at
        run.version += 1
        if at is not None:
            heappush(self._due, (max(at, run.now), next(self._serial), run, run.version))

    # --- people ------------------------------------------------------------------------------------------------------

    def _turn_to(self, run: LeadRun, intent: Intent) -> None:
        """Whoever is to act does it now; while they are busy, the lead waits for its turn with them."""
        person = self._people.claimer(run) if intent.events == ("claim",) else run.lead.owner
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
        opens = self._people.open_time_later(self._process, person, at, timedelta())
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

    def _act(self, run: LeadRun, intent: Intent, person: str | None) -> None:
        for event in intent.events:
            refusal = self._people.cause(run, event, person, intent.at)
            if refusal is not None:
                break
        else:
            refusal = None
        if person is not None:
            self._take_time(run, person, intent.at)
        if refusal is not None and intent.then is None:
            run.tries += 1
            run.intent = self._people.intend(run) if run.tries < _TRIES else None
        else:
            run.intent = intent.then
            if run.intent is not None and run.intent.at < run.now:
                run.intent = replace(run.intent, at=run.now)

    def _take_time(self, run: LeadRun, person: str, at: datetime) -> None:
        takes = self._conducts.manner(person).each_takes
        self.tally.desks[person].events += 1
        if takes:
            self._busy[person] = self._people.open_time_later(run.process, person, at, timedelta(seconds=takes))

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
                    run.intent = replace(
                        run.intent, at=self._people.open_time_later(run.process, person, at, timedelta())
                    )
                self._wait_for_next(run)


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
    return datetime.combine(date.fromisoformat(day) + timedelta(days=days), _MIDNIGHT, ZoneInfo(zone)).astimezone(UTC)
