"""Counting while a simulation runs: who was given what, which clocks were missed, what waited, who was told how often."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime

from engine.decision import ClockEnd, Notice, Task
from engine.language.definition import Fire
from engine.lead import Lead, Ownership
from engine.owners.recipients import RecipientKind, recipient
from engine.process import Process
from trials.rehearsal import Done

Stage = tuple[str, str]
"""A process and a stage of it."""

_WAITS = (Ownership.HELD, Ownership.QUEUE, Ownership.EXCEPTION)


@dataclass(slots=True)
class Desk:
    """What one person had to do with. `given` are all leads they got; each is `done` (won or lost in their hands), `moved`
    (to somebody else, or nobody), or still open."""

    given: int = 0
    done: int = 0
    moved: int = 0
    peak: int = 0
    breaches: int = 0
    events: int = 0
    notices: Counter[date] = field(default_factory=Counter)

    @property
    def open(self) -> int:
        return self.given - self.done - self.moved


@dataclass(slots=True)
class ClockTally:
    """Runs of one clock. What was neither kept nor missed had no reason any more, or is still running.

    An `alarm` only causes an event when its time comes: nobody has missed anything then.
    """

    title: str
    alarm: bool
    kept: int = 0
    missed: int = 0
    other: int = 0


@dataclass(frozen=True, slots=True)
class Look:
    """How many leads stood where at one moment, and how many each person had open."""

    at: datetime
    stages: dict[Stage, int]
    desks: dict[str, int]


@dataclass(slots=True)
class _Stay:
    """A lead's ownership by nobody in particular, since when."""

    ownership: Ownership
    since: datetime


class Tally:
    def __init__(self) -> None:
        self.arrived = 0
        self.decisions = 0
        self.refused: Counter[str] = Counter()
        self.stages: Counter[Stage] = Counter()
        self.visits: Counter[Stage] = Counter()
        self.desks: defaultdict[str, Desk] = defaultdict(Desk)
        self.clocks: dict[Stage, ClockTally] = {}
        self.reassigned = 0
        self.first_contact: list[float] = []
        self.waits: dict[Ownership, list[float]] = {one: [] for one in _WAITS}
        self.looks: list[Look] = []
        self._uncontacted: dict[str, datetime] = {}
        self._waiting: dict[str, _Stay] = {}
        self._holder: dict[str, str] = {}

    @property
    def never_contacted(self) -> int:
        """Leads that nobody has caused an event of the definition for yet."""
        return len(self._uncontacted)

    @property
    def still_waiting(self) -> Counter[Ownership]:
        return Counter(stay.ownership for stay in self._waiting.values())

    def look(self, at: datetime) -> None:
        stages = {stage: count for stage, count in self.stages.items() if count}
        self.looks.append(Look(at, stages, {person: desk.open for person, desk in self.desks.items() if desk.open}))

    def done(self, done: Done, by_person: bool) -> None:
        """One decision. `by_person`: one of our people has caused it, by an event of the definition."""
        process, before, after = done.process, done.before, done.conclusion.lead
        at = done.decision.record.at
        self.decisions += 1
        if before.seq == 0:
            self.arrived += 1
            self._uncontacted[after.key] = at
        else:
            self.stages[(before.process, before.stage)] -= 1
        here = (after.process, after.stage)
        self.stages[here] += 1
        if before.seq == 0 or after.entered_at != before.entered_at or here != (before.process, before.stage):
            self.visits[here] += 1
        self._hands(process, after)
        self.reassigned += after.hops > before.hops
        if before.ownership is not after.ownership or before.seq == 0:
            self._wait(after, at)
        if by_person and (since := self._uncontacted.pop(after.key, None)) is not None:
            self.first_contact.append((at - since).total_seconds())
        for entry in done.conclusion.clocks:
            self._clock(process, entry.clock.scope, entry.clock.name, entry.end, before.owner)
        for effect in done.conclusion.outward:
            if isinstance(effect, Notice | Task):
                to = recipient(process, after, effect.to)
                if to is not None and to.kind is RecipientKind.PERSON:
                    self.desks[to.name].notices[at.date()] += 1

    def _hands(self, process: Process, after: Lead) -> None:
        """Leads count in the hands of their owner until they are won or lost; one that is reopened is given again."""
        over = process.leaf(after).is_outcome
        had, has = self._holder.get(after.key), None if over else after.owner
        if had == has:
            return
        if had is not None:
            del self._holder[after.key]
            if over and after.owner == had:
                self.desks[had].done += 1
            else:
                self.desks[had].moved += 1
        if has is not None:
            self._holder[after.key] = has
            desk = self.desks[has]
            desk.given += 1
            desk.peak = max(desk.peak, desk.open)

    def _wait(self, after: Lead, at: datetime) -> None:
        if (stay := self._waiting.pop(after.key, None)) is not None:
            self.waits[stay.ownership].append((at - stay.since).total_seconds())
        if after.ownership in _WAITS:
            self._waiting[after.key] = _Stay(after.ownership, at)

    def _clock(self, process: Process, scope: str, name: str, end: ClockEnd, owner: str | None) -> None:
        tally = self.clocks.get((process.name, name))
        if tally is None:
            rule = process.clocks.get((scope, name))
            title = rule.title if rule else name.replace("_", " ")
            alarm = rule is not None and all(isinstance(action, Fire) for action in rule.on_breach)
            tally = self.clocks[(process.name, name)] = ClockTally(title, alarm)
        match end:
            case ClockEnd.MET:
                tally.kept += 1
            case ClockEnd.BREACHED:
                tally.missed += 1
                if owner is not None and not tally.alarm:
                    self.desks[owner].breaches += 1
            case ClockEnd.CANCELLED | ClockEnd.LEFT:
                tally.other += 1
            case _:
                pass
