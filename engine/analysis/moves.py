"""How leads get from stage to stage, and which of it happens by itself: on entry, by clocks, by rungs of ladders.

An event that only a clock may cause is possible where some clock or rung of its fires it, and nowhere else. Everything
else may happen: whether a condition can hold is for `engine.analysis.guards` to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from engine.compiling.flatten import Stages
from engine.language.definition import Climb, Fire, HandOver, StartSequence, Who
from engine.process import ROOT, Branch, ClockRule, CompiledAction, Process
from engine.reading.document import NodePath


@dataclass(frozen=True, slots=True)
class Cause:
    """An action that happens by itself while a lead stands in a leaf; if there is an `after`, once that event has happened.

    `who` acts; `rule` is the clock that it waits for or that its ladder is climbed for, `at` where the action stands.
    It begins anew whenever `scope` is entered, the process itself (`ROOT`) only once.
    """

    leaf: str
    action: Fire | HandOver
    who: Who
    at: NodePath
    scope: str
    rule: ClockRule | None = None
    waits: bool = False
    after: Branch | None = None


@dataclass(frozen=True, slots=True)
class _Hand:
    """In whose name actions are done, and what for."""

    who: Who
    scope: str
    rule: ClockRule | None = None
    waits: bool = False
    after: Branch | None = None

    def cause(self, leaf: str, action: Fire | HandOver, at: NodePath, *, waits: bool = False) -> Cause:
        return Cause(leaf, action, self.who, at, self.scope, self.rule, self.waits or waits, self.after)


class Moves:
    """One look at everything that a process does by itself."""

    def __init__(self, process: Process, stages: Stages) -> None:
        self.process = process
        self.stages = stages
        self.causes = tuple(self._causes())

    # --- what is possible --------------------------------------------------------------------------------------------

    @cached_property
    def possible(self) -> tuple[Branch, ...]:
        """Every branch of an event that somebody or something can cause, in the order written."""
        fired = {(cause.leaf, cause.action.fire) for cause in self.causes if isinstance(cause.action, Fire)}
        return tuple(
            branch
            for key, branches in self.process.branches.items()
            for branch in branches
            if any(who is not Who.CLOCK for who in branch.by) or (Who.CLOCK in branch.by and key in fired)
        )

    @cached_property
    def ways(self) -> dict[str, tuple[Branch, ...]]:
        """Of each leaf, the possible branches that lead on."""
        leading = [branch for branch in self.possible if branch.leaf is not None]
        return {leaf: tuple(one for one in leading if one.source == leaf) for leaf in self.process.leaves}

    def from_(self, start: str) -> list[str]:
        """The leaves that can be reached from one, itself first."""
        reached = [start]
        for here in reached:
            for branch in self.ways[here]:
                if branch.leaf is not None and branch.leaf not in reached:
                    reached.append(branch.leaf)
        return reached

    @cached_property
    def reached(self) -> tuple[str, ...]:
        """The leaves that a lead can ever stand in."""
        return tuple(self.from_(self.process.start))

    @cached_property
    def handing_over(self) -> frozenset[str]:
        """The leaves in which a lead may go on in another process."""
        by_event = {one.source for one in self.possible if any(isinstance(act, HandOver) for act in one.then)}
        return frozenset(by_event | {cause.leaf for cause in self.causes if isinstance(cause.action, HandOver)})

    def taken(self, cause: Cause) -> tuple[Branch, ...]:
        """The branches that a fired event may take, for whoever fires it."""
        if not isinstance(cause.action, Fire):
            return ()
        branches = self.process.branches.get((cause.leaf, cause.action.fire), ())
        return tuple(one for one in branches if cause.who in one.by or Who.ANYONE in one.by)

    # --- what happens by itself --------------------------------------------------------------------------------------

    def _causes(self) -> Iterator[Cause]:
        for leaf in self.process.leaves.values():
            for path in leaf.chain:
                at = (*self.stages.placed[path].at, "on_entry")
                yield from self._of([leaf.path], at, self.process.scopes[path].on_entry, _Hand(Who.SYSTEM, path))
            for rule in self.process.rules_at(leaf.path):
                if not (rule.scope == ROOT and leaf.is_outcome):
                    yield from self._of_clock([leaf.path], rule)
        under_way = [leaf.path for leaf in self.process.leaves.values() if not leaf.is_outcome]
        for (scope, name), rule in self.process.clocks.items():
            if scope == ROOT and name in ("exception", "queue"):
                yield from self._of(under_way, (), rule.on_breach, _Hand(Who.CLOCK, ROOT, rule, waits=True))
        for branches in self.process.branches.values():
            for branch in branches:
                yield from self._of_event(branch)

    def _of_clock(self, leaves: list[str], rule: ClockRule) -> Iterator[Cause]:
        at = clock_at(self.stages, rule)
        hand = _Hand(Who.CLOCK, rule.scope, rule, waits=rule.spec.due is None or rule.spec.due.amount > 0)
        yield from self._of(leaves, (*at, "on_warning"), rule.on_warning, hand)
        yield from self._of(leaves, (*at, "on_breach"), rule.on_breach, hand)

    def _of_event(self, branch: Branch) -> Iterator[Cause]:
        """What an event does, and what leaving does: where the lead is then."""
        here = branch.leaf or branch.source
        hand = _Hand(Who.SYSTEM, branch.target or here, after=branch)
        yield from self._of([here], (*branch.at, "then"), branch.then, hand, self._under(branch.target or here))
        for path in self.process.passed(branch.source, branch)[1]:
            at = (*self.stages.placed[path].at, "on_exit")
            yield from self._of([here], at, self.process.scopes[path].on_exit, hand, [])

    def _under(self, path: str) -> list[str]:
        return [leaf.path for leaf in self.process.leaves.values() if path in leaf.chain]

    def _of(
        self,
        leaves: Iterable[str],
        at: NodePath,
        actions: Iterable[CompiledAction],
        hand: _Hand,
        climbing: Iterable[str] | None = None,
    ) -> Iterator[Cause]:
        """`climbing` are the leaves in which a ladder goes on that is started here; the same, if left out."""
        for leaf in leaves:
            for number, action in enumerate(actions):
                if isinstance(action, Fire | HandOver):
                    yield hand.cause(leaf, action, (*at, number))
        for leaf in leaves if climbing is None else climbing:
            for action in actions:
                if isinstance(action, Climb | StartSequence):
                    yield from self._of_series(leaf, action, hand)

    def _of_series(self, leaf: str, action: Climb | StartSequence, hand: _Hand) -> Iterator[Cause]:
        kind, name = ("ladders", action.climb) if isinstance(action, Climb) else ("sequences", action.start)
        for number, step in enumerate(self.process.series[name].steps):
            if isinstance(step, Fire):
                yield hand.cause(leaf, step, (kind, name, number), waits=step.after.amount > 0)


def clock_at(stages: Stages, rule: ClockRule) -> NodePath:
    """Where a clock of the process or of a stage stands in the file."""
    around: NodePath = () if rule.scope == ROOT else stages.placed[rule.scope].at
    return (*around, "clocks", rule.name)
