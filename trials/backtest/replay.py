"""Running past leads again, in the order of time, all on one floor: with the people, leave and versions of then.

Leads that the candidate is for run on it; all others on the versions that they began with, since they fill the same hands.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from engine.catalog import Catalog
from engine.clocks import next_due
from engine.happening import Actor, EventIn
from engine.lead import Lead
from engine.past import Published
from engine.process import Process
from engine.step import new_lead
from trials.backtest.age import acts_at
from trials.backtest.observed import Anchor, FromOutside, Observed, anchored
from trials.backtest.staff import StaffChange, StaffThen
from trials.backtest.story import Line, Refused, Story, line_of
from trials.floor import Floor
from trials.rehearsal import Done, Run

_Item = tuple[datetime, int, int, int]
"""When, whether it is a lead's, which lead or change, and in which state of the lead that was worked out."""


class _Past(Run):
    """One past lead, run again."""

    def __init__(
        self,
        observed: Observed,
        process: Process,
        lead: Lead,
        floor: Floor,
        catalog: Catalog,
        *,
        keep_times: bool,
        follow: timedelta | None,
    ) -> None:
        super().__init__(process, lead, floor, catalog)
        self.observed = observed
        self.lines: list[Line] = []
        self.refused: list[Refused] = []
        self.stood_in = 0
        self.anchors: tuple[Anchor, ...] = ()
        self.state = 0
        self._floor = floor
        self._held = catalog
        self._keep_times = keep_times
        self._coming = iter(observed.outside)
        self._next: FromOutside | None = next(self._coming, None)
        self.arrived = False
        self.admitted = observed.arrived
        self._ends = observed.arrived + follow if follow is not None else None
        self._over = False
        self._takes_in = False

    def did(self, done: Done) -> None:
        after = done.conclusion.lead
        self.lines.append(line_of(self.process, done.before, done.decision, done.settled, done.conclusion))
        self.anchors = anchored(self.anchors, done.before, after)

    def next_at(self, staff: StaffThen) -> datetime | None:
        """When something happens next, None where nothing does any more."""
        if not self.arrived:
            return self.admitted
        if self._over:
            return None
        due, comes, ends = next_due(self.lead), self._comes(staff), self._ends
        at = due.at if due is not None else None
        # What comes at the moment at which something falls due comes before it.
        self._takes_in = comes is not None and (at is None or comes <= at)
        if self._takes_in:
            at = comes
        if ends is not None and (at is None or ends <= at):
            self._takes_in, at = False, ends
        return max(self.now, at) if at is not None else None

    def go_on(self, at: datetime) -> None:
        """Let happen what `next_at` has found to be next."""
        if not self.arrived:
            self.arrived = True
            self.now = self.observed.arrived
            self.arrive()
        elif self._ends is not None and at >= self._ends:
            self._over = True
            self._floor.release(self.lead.key)
        elif self._takes_in and self._next is not None:
            came, self._next = self._next, next(self._coming, None)
            self._take_in(came, at)
        else:
            self.advance(at)

    def _comes(self, staff: StaffThen) -> datetime | None:
        came = self._next
        if came is None:
            return None
        if self._keep_times:
            return max(self.now, came.at)
        ran = self._held.get(came.before.digest)
        at = acts_at(came, ran, staff.world(came.at), self.process, self.lead, self.anchors)
        return max(self.now, at) if at is not None else None

    def _take_in(self, came: FromOutside, at: datetime) -> None:
        if not isinstance(came.happening, EventIn):
            self.touch(came.happening, at)
            return
        event = replace(came.happening, actor=self._acting(came))
        self.stood_in += event.actor.person != came.happening.actor.person
        refusal = self.event(event, at)
        if refusal is not None:
            self.refused.append(Refused(at, event.name, event.actor.name, refusal))

    def _acting(self, came: FromOutside) -> Actor:
        """Whoever has the lead now is taken to act as its owner did then, and its team leader as that of then."""
        assert isinstance(came.happening, EventIn)
        actor, before = came.happening.actor, came.before
        if actor.person is None:
            return actor
        if actor.person == before.owner:
            stands = self.lead.owner
        elif actor.person == before.leader:
            stands = self.lead.leader
        else:
            return actor
        return self._floor.actor(stands) if stands is not None and stands != actor.person else actor

    def told(self) -> Story:
        return Story(self.observed.key, tuple(self.lines), self.lead, tuple(self.refused), self.stood_in)


def replay(
    leads: Iterable[Observed],
    candidate: Process,
    chosen: Collection[str],
    catalog: Catalog,
    staff: StaffThen,
    published: Iterable[Published],
    until: datetime,
    *,
    keep_times: bool = False,
    follow: timedelta | None = None,
    scale: float = 1.0,
) -> Mapping[str, Story]:
    """The story of every lead, by its key. `chosen` are those that run on the candidate; `catalog` holds it and every other version.

    With `follow` each lead is looked at for so long after it arrived; then nobody has it on their hands any more.
    """
    floor = Floor({}, {}, scale=scale)
    runs = [
        _Past(one, process, _anew(one, process), floor, catalog, keep_times=keep_times, follow=follow)
        for one in leads
        if (process := _process_of(one, candidate, chosen, catalog))
    ]
    _admit_in_turn(runs)
    changes: list[StaffChange | Published] = sorted((*staff.changes, *published), key=lambda one: one.at)
    heap: list[_Item] = [(change.at, 0, number, 0) for number, change in enumerate(changes)]
    if staff.changes and runs:  # the first roster that is known is that of before, too
        _apply(staff.changes[0], floor, {}, candidate, {})
    runs.sort(key=lambda run: (run.admitted, run.observed.turn or 0, run.observed.key))
    heap += [(at, 1, number, 0) for number, run in enumerate(runs) if (at := run.next_at(staff)) is not None]
    heapq.heapify(heap)
    by_key = {run.observed.key: (number, run) for number, run in enumerate(runs)}
    digests: dict[str, str] = {}
    while heap:
        at, kind, number, state = heapq.heappop(heap)
        if at > until:
            break
        if kind == 0:
            touched = _apply(changes[number], floor, by_key, candidate, digests)
        else:
            run = runs[number]
            if run.state != state:
                continue
            run.go_on(at)
            touched = [number]
        for moved in touched:
            run = runs[moved]
            run.state += 1
            if (then := run.next_at(staff)) is not None:
                heapq.heappush(heap, (then, 1, moved, run.state))
    return {run.observed.key: run.told() for run in runs if run.arrived}


def _process_of(one: Observed, candidate: Process, chosen: Collection[str], catalog: Catalog) -> Process:
    process = catalog.get(one.fresh.digest)
    return candidate if one.key in chosen and process.name == candidate.name else process


def _anew(one: Observed, process: Process) -> Lead:
    fresh = one.fresh
    if fresh.digest == process.digest:
        return fresh
    return new_lead(process, one.key, fresh.title, dict(fresh.fields), fresh.known, fresh.arrived_at)


def _admit_in_turn(runs: Sequence[_Past]) -> None:
    """Owners are looked for one after another. Of two leads that came within moments, or while a server was away, the second may
    have been given first; then it was so, and nobody could see the other one yet."""
    admitted = datetime.min.replace(tzinfo=UTC)
    for run in sorted((run for run in runs if run.observed.turn is not None), key=lambda run: run.observed.turn or 0):
        run.admitted = admitted = max(admitted, run.observed.arrived)


def _apply(
    change: StaffChange | Published,
    floor: Floor,
    by_key: Mapping[str, tuple[int, _Past]],
    candidate: Process,
    digests: dict[str, str],
) -> list[int]:
    """Let the world change, and tell the leads that it concerns. Returns their numbers."""
    if isinstance(change, Published):
        digests[change.process] = change.digest
        floor.publish({**digests, candidate.name: candidate.digest})
        return []
    floor.staff({key: one.person for key, one in change.people.items()}, change.teams)
    for key, colleague in change.people.items():
        floor.absent(key, colleague.absences)
    concerned = [lead for person in change.moved for lead in floor.leads_of(person)]
    concerned += [key for key, (_, run) in by_key.items() if run.arrived and run.lead.team in change.moved_teams]
    told = []
    for key in dict.fromkeys(concerned):
        number, run = by_key[key]
        if not run.lead.closed:
            run.world_changed(change.why, change.at)
            told.append(number)
    return told
