"""What scenarios have tried out of a process, and what nobody has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from engine.happening import Due, DueKind, EventIn, Touch
from engine.language.scenario import EventStep
from engine.language.tables import PointsBy, PointsOf
from engine.references import text_of, value_of
from engine.step import asked
from trials.rehearsal import Done
from trials.scenarios.plan import Item, Key, Kind, Plan, guard_key, outcomes_of, way_key
from trials.scenarios.playing import Played

_ENDS = {"met": "met", "breached": "breached"}


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of one process: what has been tried out, and all there is."""

    plan: Plan
    covered: Mapping[Key, None]

    def counts(self) -> Iterator[tuple[Kind, int, int]]:
        """Of each kind that the process has, how many were tried out, and how many there are."""
        for kind in Kind:
            all_ = [item for item in self.plan.items.values() if item.kind is kind]
            if all_:
                yield kind, sum(item.key in self.covered for item in all_), len(all_)

    @property
    def percent(self) -> int:
        """Of all items, rounded down: 100 means that nothing is left out."""
        all_ = len(self.plan.items)
        return 100 * (all_ - len(self.uncovered())) // all_ if all_ else 100

    def uncovered(self) -> list[Item]:
        return [item for key, item in self.plan.items.items() if key not in self.covered]


def coverage(plan: Plan, played: Iterable[Iterable[Played]]) -> Coverage:
    """`played`: the steps of each scenario."""
    found: dict[Key, None] = {}
    for steps in played:
        for one in steps:
            for key in tried(plan, one):
                if key in plan.items:
                    found[key] = None
    return Coverage(plan, found)


def tried(plan: Plan, played: Played) -> Iterator[Key]:
    """What one step has tried out."""
    if played.refusal is not None and played.act is not None and played.act.event is not None:
        if isinstance(played.step, EventStep) and played.process.digest == plan.process.digest:
            for branch, holds in asked(played.process, played.lead, played.act.event, played.at):
                place = _place(plan, branch.source, branch.event, branch)
                if place is not None and branch.when is not None:
                    yield guard_key(place, holds=holds)
        return
    for done in played.done:
        if done.process.digest == plan.process.digest:
            yield from _of_decision(plan, done)


def _of_decision(plan: Plan, done: Done) -> Iterator[Key]:
    yield "stage", done.conclusion.lead.stage
    match done.happening:
        case EventIn():
            yield from _of_event(plan, done, done.happening)
        case Touch() if done.decision.record.happening in done.process.event_titles:
            name = done.decision.record.happening
            yield from _of_event(plan, done, EventIn(name, fields=done.happening.fields))
        case Due(kind=DueKind.WARNING, name=name):
            clock = done.before.clocks[name]
            yield "clock", clock.scope, name, "warned"
        case Due(kind=DueKind.STEP, name=name):
            climb = done.before.climbs[name]
            yield "rung", climb.name, str(climb.step)
    for entry in done.conclusion.clocks:
        outcome = _ENDS.get(entry.end.value)
        if outcome is not None:
            yield "clock", entry.clock.scope, entry.clock.name, outcome
    if done.settled.assigned is not None:
        yield "rule", done.settled.assigned.rule
    if done.settled.segment is not None:
        yield "segment", done.settled.segment
    yield from _of_score(done)


def _of_event(plan: Plan, done: Done, event: EventIn) -> Iterator[Key]:
    if done.decision.record.happening != event.name:
        return  # it could not happen
    for branch, holds in asked(done.process, done.before, event, done.decision.record.at):
        place = _place(plan, branch.source, branch.event, branch)
        if place is None:
            continue
        if branch.when is not None:
            yield guard_key(place, holds=holds)
        if holds:
            yield way_key(place)


def _place(plan: Plan, leaf: str, event: str, branch: object) -> tuple[str | int, ...] | None:
    places = plan.written.get((leaf, event))
    if places is None:
        return None
    branches = plan.process.branches[(leaf, event)]
    return next(place for one, place in zip(branches, places, strict=True) if one is branch)


def _of_score(done: Done) -> Iterator[Key]:
    scored, table = done.settled.scored, done.process.score
    if scored is None or table is None:
        return
    yield "priority", scored.score.priority
    if scored.score.grade:
        yield "grade", scored.score.grade
    for name, part in table.parts.items():
        points = scored.score.parts.get(name)
        if points is None:
            continue
        if isinstance(part, PointsBy):
            yield "band", name, text_of(value_of(done.conclusion.lead, part.by))
        elif isinstance(part, PointsOf):
            if value_of(done.conclusion.lead, part.points) is not None:
                yield "band", name, "points"
        elif str(points) in outcomes_of(part):
            yield "band", name, str(points)
