"""Which fields are sure to be filled when a lead stands in a stage, on whatever way it came there.

Sure is what every new lead must bring, what an event on each way asks for, and what actions set. What people may fill
or empty at any time is nothing to count on, for better or worse.
"""

from __future__ import annotations

from functools import cached_property

from engine.analysis.subject import Subject
from engine.expressions import Expression
from engine.process import ROOT, Assignments, Branch, CompiledAction

Fields = frozenset[str]


class Known:
    def __init__(self, subject: Subject) -> None:
        self.process = subject.process
        self.moves = subject.moves

    @cached_property
    def at(self) -> dict[str, Fields]:
        """By leaf. Of one that no lead comes into, everything is known."""
        everything = frozenset(self.process.fields)
        at = dict.fromkeys(self.process.leaves, everything)
        at[self.process.start] = self.at_the_start
        todo = [self.process.start]
        seen = [self.process.start]
        while todo:
            here = todo.pop()
            for branch in self._from[here]:
                there = branch.leaf or here
                sure = at[there] & self._after(branch, at[here])
                if sure != at[there] or there not in seen:
                    at[there] = sure
                    seen.append(there)
                    todo.append(there)
        return at

    @cached_property
    def _from(self) -> dict[str, list[Branch]]:
        branches: dict[str, list[Branch]] = {leaf: [] for leaf in self.process.leaves}
        for branch in self.moves.possible:
            branches[branch.source].append(branch)
        return branches

    def after(self, branch: Branch) -> Fields:
        """Once this event has happened."""
        return self._after(branch, self.at[branch.source])

    @cached_property
    def at_the_start(self) -> Fields:
        sure: Fields = frozenset()
        for path in (ROOT, *self.process.leaves[self.process.start].chain):
            sure = _done(sure, self.process.scopes[path].on_entry)
        return sure

    def _after(self, branch: Branch, before: Fields) -> Fields:
        entered, left = self.process.passed(branch.source, branch)
        sure = before | frozenset(branch.fields)
        for path in left:
            sure = _done(sure, self.process.scopes[path].on_exit)
        sure = _done(sure, branch.then)
        for path in entered:
            sure = _done(sure, self.process.scopes[path].on_entry)
        return sure


def _done(sure: Fields, actions: tuple[CompiledAction, ...]) -> Fields:
    for action in actions:
        if isinstance(action, Assignments):
            emptied = frozenset(name for name, value in action.values.items() if value is None)
            filled = frozenset(
                name
                for name, value in action.values.items()
                if value is not None and (not isinstance(value, Expression) or sure.issuperset(value.reads))
            )
            sure = (sure - emptied) | filled
    return sure
