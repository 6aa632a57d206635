"""Events that actions fire: whether they can happen where the lead is then, for who causes them, with what comes along.

A clock acts as `clock`, everything else as `system`, and neither brings a note, a code or a tick on a checklist. A fired
event that is refused changes nothing and tells nobody, so what can never happen is refused here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from engine.compiling.bundle import Parsed
from engine.compiling.checking import Checker
from engine.compiling.flatten import Placed, Stages
from engine.language.builtin import RESERVED
from engine.language.definition import (
    Climb,
    ClockSpec,
    Event,
    Fire,
    ProcessFile,
    SharedEvent,
    StageKind,
    StartSequence,
    Who,
    Written,
)
from engine.language.tables import AssignmentTable
from engine.process import Branch, Leaf
from engine.reading.document import NodePath

Leaves = frozenset[str]

_CLOCK = frozenset({Who.CLOCK})
_SYSTEM = frozenset({Who.SYSTEM})
_OUTCOMES = (StageKind.WON, StageKind.LOST)


class Moment(NamedTuple):
    """Where a lead can be when actions are done, and in whose name. What they start goes on in `then`."""

    leaves: Leaves
    who: frozenset[Who]
    then: Leaves


class Fires:
    """One look at all actions of a process. `branches` are those of every leaf and event."""

    def __init__(
        self,
        check: Checker,
        source: Parsed,
        stages: Stages,
        leaves: Mapping[str, Leaf],
        branches: Mapping[tuple[str, str], Sequence[Branch]],
    ) -> None:
        self.report = check.report
        self.source = source
        self.stages = stages
        self.all = leaves
        self.branches = branches
        self.climbs: dict[str, list[Moment]] = {}

    def check(self, file: ProcessFile, assignment: AssignmentTable | None) -> None:
        under_way = frozenset(path for path, leaf in self.all.items() if leaf.kind not in _OUTCOMES)
        self._clocks((), file.clocks, under_way)
        for placed in self.stages.placed.values():
            self._stage(placed)
        for name, shared in file.events.items():
            self._event(("events", name), shared, self._from(shared))
        if assignment is not None:
            for answer in (assignment.exception, assignment.queue):
                if answer is not None:
                    self.climbs.setdefault(answer.climb, []).append(Moment(under_way, _CLOCK, under_way))
        for kind, group in (("ladders", file.ladders), ("sequences", file.sequences)):
            for name, steps in group.items():
                climbed = self.climbs.get(name) or [Moment(frozenset(self.all), _CLOCK | _SYSTEM, frozenset())]
                leaves = frozenset(leaf for moment in climbed for leaf in moment.then or moment.leaves)
                who = frozenset(one for moment in climbed for one in moment.who)
                self._actions((kind, name), steps, Moment(leaves, who, leaves))

    # --- where actions stand -----------------------------------------------------------------------------------------

    def _stage(self, placed: Placed) -> None:
        inside = self._under(placed.path)
        after = frozenset(
            branch.leaf
            for (leaf, _), branches in self.branches.items()
            for branch in branches
            if leaf in inside and branch.leaf is not None
        )
        stage = placed.stage
        self._actions((*placed.at, "on_entry"), stage.on_entry, Moment(inside, _SYSTEM, inside))
        self._actions((*placed.at, "on_exit"), stage.on_exit, Moment(after, _SYSTEM, frozenset(self.all)))
        self._clocks(placed.at, stage.clocks, inside)
        for name, branches in stage.events.items():
            for number, event in enumerate(branches):
                self._event((*placed.at, "events", name, number), event, inside)

    def _clocks(self, at: NodePath, clocks: Mapping[str, ClockSpec], leaves: Leaves) -> None:
        moment = Moment(leaves, _CLOCK, leaves)
        for name, spec in clocks.items():
            self._actions((*at, "clocks", name, "on_warning"), spec.on_warning or (), moment)
            self._actions((*at, "clocks", name, "on_breach"), spec.on_breach, moment)

    def _event(self, at: NodePath, event: Event, here: Leaves) -> None:
        target = self.stages.find(event.to) if event.to else None
        if target is None:
            moment = Moment(here, _SYSTEM, here)
        else:
            moment = Moment(frozenset({self.stages.leaf_of(target)}), _SYSTEM, self._under(target))
        self._actions((*at, "then"), event.then, moment)

    def _from(self, shared: SharedEvent) -> Leaves:
        if shared.from_ == "any":
            return frozenset(self.all)
        if shared.from_ == "any open":
            return frozenset(path for path, leaf in self.all.items() if leaf.kind is StageKind.OPEN)
        found = (self.stages.find(name) for name in shared.from_)
        return frozenset(leaf for path in found if path is not None for leaf in self._under(path))

    def _under(self, path: str) -> Leaves:
        return frozenset(leaf.path for leaf in self.all.values() if path in leaf.chain)

    # --- what they do ------------------------------------------------------------------------------------------------

    def _actions(self, at: NodePath, actions: Iterable[str | Written], moment: Moment) -> None:
        leaves = moment.leaves
        for number, action in enumerate(actions):
            match action:
                case Climb():
                    self.climbs.setdefault(action.climb, []).append(moment)
                case StartSequence():
                    self.climbs.setdefault(action.start, []).append(moment)
                case Fire():
                    self._fire((*at, number, "fire"), action.fire, Moment(leaves, moment.who, moment.then))
                    leaves |= frozenset(one.leaf for one in self._at(action.fire, leaves) if one.leaf is not None)

    def _at(self, event: str, leaves: Leaves) -> list[Branch]:
        return [branch for leaf in self.all if leaf in leaves for branch in self.branches.get((leaf, event), ())]

    def _fire(self, at: NodePath, event: str, moment: Moment) -> None:
        anywhere = [leaf for leaf, name in self.branches if name == event]
        here = self._at(event, moment.leaves)
        who = " and ".join(sorted(moment.who))
        allowed = [branch for branch in here if Who.ANYONE in branch.by or moment.who.intersection(branch.by)]
        if not anywhere:
            return  # reported where names are looked up, or where the event is declared
        if not here:
            message = f"'{event}' is not possible where the lead is then ({_some(sorted(moment.leaves))})"
            self.report(self.source, at, "FIRE_NOT_HERE", message, f"It is possible in: {_some(anywhere)}.")
        elif not allowed:
            message = f"'{event}' is not for {who}, which causes it here, but for {', '.join(here[0].by)}"
            remedy = f"Add {who} to its `by`."
            if event in RESERVED:
                remedy = f"Write an event of your own for it, with {who} in its `by`."
            self.report(self.source, at, "FIRE_NOT_ALLOWED", message, remedy)
        elif all(_asked(branch) for branch in allowed):
            message = f"'{event}' asks for {_asked(allowed[0])}, which nobody brings along here"
            remedy = "Fire an event that asks for nothing of the kind."
            if event == "assign":
                remedy = "Write the action `assign`, or `reassign: {}`."
            self.report(self.source, at, "FIRE_NEEDS", message, remedy)


def _asked(branch: Branch) -> str:
    """What must come with an event that only somebody can bring; nothing where it can be fired."""
    if branch.event == "assign":
        return "a person"
    if branch.note is True:
        return "a note"
    if branch.codes:
        return f"the code '{next(iter(branch.codes))}'"
    return "points to confirm" if branch.checklist else ""


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:4]) + (", ..." if len(names) > 4 else "")
