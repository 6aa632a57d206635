"""What a difference does to leads in flight: where they stand, which of their clocks move and by how much, what is due at once (B.3).

Each lead is looked at as if it ran by the new version: its clocks counted by the new rules from when they began. It is the same
look ahead that a migration is shown by, with that plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median

from engine.difference.changes import Change, Difference, How, Theme
from engine.outlook import ClockOutlook, Fate, Outlook
from engine.plan import GoesOn, Plan, place
from engine.process import Process


def by_new_rules(found: Difference, origin: Process, target: Process) -> Plan:
    """The plan that counts every clock anew. What goes on under another name is followed there."""
    names = {
        place(change.scope, change.before or ""): change.after
        for change in found.changes
        if change.kind == "clock.renamed"
    }
    clocks = {
        place(scope, name): GoesOn(names.get(place(scope, name), name), recount=True) for scope, name in origin.clocks
    }
    return Plan(target.name, origin.digest, target.digest, dict(found.renamed), clocks)


@dataclass(frozen=True, slots=True)
class Shift:
    """One clock of those that are in flight: how many of it move, the middle and the farthest of them, how many come and go.

    A negative time is sooner.
    """

    name: str
    title: str
    moved: int = 0
    middle: timedelta | None = None
    farthest: timedelta | None = None
    closed: int = 0
    new: int = 0
    at_once: int = 0


@dataclass(frozen=True, slots=True)
class Touched:
    """A lead that the difference touches. `blocked` says why it could not be moved as it stands."""

    lead: str
    title: str
    owner: str | None
    stage: str
    blocked: str
    at_once: tuple[str, ...]
    clocks: tuple[ClockOutlook, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """On `leads` leads in flight. By stage of the old version: how many stand in stages that change, and in those that are gone."""

    leads: int
    in_changed: Mapping[str, int]
    in_removed: Mapping[str, int]
    shifts: tuple[Shift, ...]
    touched: tuple[Touched, ...]

    @property
    def clocks_moved(self) -> int:
        return sum(shift.moved for shift in self.shifts)

    @property
    def due_at_once(self) -> tuple[Touched, ...]:
        return tuple(lead for lead in self.touched if lead.at_once)

    @property
    def blocked(self) -> tuple[Touched, ...]:
        return tuple(lead for lead in self.touched if lead.blocked)


def effect(found: Difference, origin: Process, outlooks: Iterable[Outlook]) -> Effect:
    """Sum up what was seen, lead by lead."""
    changed, removed = stages_changed(found.changes, origin), stages_removed(found.changes, origin)
    in_changed: dict[str, int] = {}
    in_removed: dict[str, int] = {}
    tallies: dict[str, _Tally] = {}
    touched = []
    leads = 0
    for outlook in outlooks:
        leads += 1
        if outlook.stage in removed:
            in_removed[outlook.stage] = in_removed.get(outlook.stage, 0) + 1
        elif outlook.stage in changed:
            in_changed[outlook.stage] = in_changed.get(outlook.stage, 0) + 1
        for clock in outlook.moved_clocks:
            tallies.setdefault(clock.name, _Tally(clock.title)).count(clock)
        if outlook.moved_clocks or not outlook.ok or outlook.stage in removed:
            touched.append(_touched(outlook, gone=outlook.stage in removed))
    shifts = tuple(tally.shift(name) for name, tally in tallies.items())
    return Effect(leads, in_changed, in_removed, shifts, tuple(touched))


def stages_changed(changes: Iterable[Change], origin: Process) -> tuple[str, ...]:
    """Stages that a lead can stand in and of which, or of a stage around it, something of weight changes."""
    scopes = {
        change.scope: True
        for change in changes
        if change.scope and change.theme in (Theme.STAGES, Theme.EVENTS, Theme.CLOCKS) and change.aspect != "title"
    }
    return tuple(path for path, leaf in origin.leaves.items() if any(scope in scopes for scope in leaf.chain))


def stages_removed(changes: Iterable[Change], origin: Process) -> tuple[str, ...]:
    gone = {change.scope: True for change in changes if change.what == "stage" and change.how is How.REMOVED}
    return tuple(path for path, leaf in origin.leaves.items() if any(scope in gone for scope in leaf.chain))


def _touched(outlook: Outlook, *, gone: bool) -> Touched:
    blocked = "its stage is gone; a plan has to say where it goes on" if gone else "" if outlook.ok else outlook.why
    return Touched(
        outlook.lead,
        outlook.title,
        outlook.owner,
        outlook.stage,
        blocked,
        outlook.due_at_once,
        outlook.moved_clocks,
    )


@dataclass
class _Tally:
    title: str
    moves: list[timedelta] = field(default_factory=list)
    closed: int = 0
    new: int = 0
    at_once: int = 0

    def count(self, clock: ClockOutlook) -> None:
        self.closed += clock.fate is Fate.CLOSED
        self.new += clock.fate is Fate.NEW
        self.at_once += clock.at_once
        if clock.before is not None and clock.after is not None and clock.before != clock.after:
            self.moves.append(clock.after - clock.before)

    def shift(self, name: str) -> Shift:
        moves = self.moves
        return Shift(
            name,
            self.title,
            moved=len(moves),
            middle=timedelta(seconds=median(move.total_seconds() for move in moves)) if moves else None,
            farthest=max(moves, key=abs) if moves else None,
            closed=self.closed,
            new=self.new,
            at_once=self.at_once,
        )
