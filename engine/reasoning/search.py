"""Looking for values that make formulas come out as wanted, exactly: everything is either found, ruled out or given up.

What must be so is narrowed first, then one atom after the other is split into true, false and unknown. Where nothing is
left open, values are picked from what remains; `accept` has the last word, for parts that nothing was known of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

from engine.reasoning.nodes import ANY, FALSE, TRUE, UNKNOWN, Masks, Node
from engine.reasoning.partition import Variable

MOST_SPLITS = 500
MOST_TRIES = 400
"""Beyond these it cannot be told. What people write needs a few; each split is a level deeper."""

Picked = Mapping[int, object]
"""A value for each variable, by number; None is unknown."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A formula, and what it may come out as. `opaque` are the variables that parts read of which nothing is known."""

    node: Node
    wanted: int
    variables: tuple[int, ...]
    opaque: tuple[int, ...] = ()


class GivenUp(Exception):
    """More ways to look at than the budget allows."""


@dataclass(slots=True)
class Search:
    """One search. `undecided` afterwards: something may exist that was not found."""

    variables: Sequence[Variable]
    goals: Sequence[Goal]
    accept: Callable[[Picked], bool]
    pinned: Mapping[int, object] = field(default_factory=dict)
    undecided: bool = False
    _splits: int = 0
    _tries: int = 0

    def run(self, masks: Masks) -> Picked | None:
        try:
            return self._search(masks, list(self.goals))
        except GivenUp:
            self.undecided = True
            return None

    def _search(self, masks: Masks, open_goals: list[Goal]) -> Picked | None:
        narrowed = self._narrow(masks, open_goals)
        if narrowed is None:
            return None
        if not narrowed:
            return self._pick(masks)
        goal = narrowed[0]
        atom = goal.node.undecided(masks)
        if atom is None:  # cannot be: an undecided formula has an undecided atom
            raise GivenUp
        self._splits += 1
        if self._splits > MOST_SPLITS:
            raise GivenUp
        parts = {TRUE: atom.true, FALSE: atom.false, UNKNOWN: atom.unknown}
        for outcome in (TRUE, FALSE, UNKNOWN) if goal.wanted & TRUE else (FALSE, TRUE, UNKNOWN):
            cells = masks[atom.number] & parts[outcome]
            if cells:
                inner = masks.copy()
                inner[atom.number] = cells
                if (found := self._search(inner, narrowed)) is not None:
                    return found
        return None

    def _narrow(self, masks: Masks, goals: list[Goal]) -> list[Goal] | None:
        """Cross out what cannot be, until nothing more follows. The goals that are still open; None where one is lost."""
        while True:
            before = masks.copy()
            still = []
            for goal in goals:
                if not goal.node.require(goal.wanted, masks):
                    return None
                outcomes = goal.node.outcomes(masks)
                if not outcomes & goal.wanted:
                    return None
                if outcomes & ~goal.wanted & ANY:
                    still.append(goal)
            if masks == before:
                return still
            goals = still

    # --- values ------------------------------------------------------------------------------------------------------

    def _pick(self, masks: Masks) -> Picked | None:
        """Values from what is left. Where some part is opaque, several are tried, and all where there are only so many."""
        read = [number for goal in self.goals for number in goal.variables]
        numbers = list(dict.fromkeys((*read, *self.pinned)))
        opaque = [number for goal in self.goals for number in goal.opaque]
        tried = dict.fromkeys((*opaque, *(number for number in numbers if self.variables[number].relative)))
        options = [list(self._options(number, masks[number], number in tried)) for number in numbers]
        for values in product(*options):
            self._tries += 1
            if self._tries > MOST_TRIES:
                raise GivenUp
            picked = dict(zip(numbers, values, strict=True))
            if self.accept(picked):
                return picked
        if (
            not tried
            or not all(self._all_of(number, masks[number]) for number in numbers if number in tried)
            or any(self.variables[number].timed for number in numbers)
        ):
            self.undecided = True
        return None

    def _options(self, number: int, mask: int, several: bool) -> Iterator[object]:
        if number in self.pinned:
            yield self.pinned[number]
            return
        for _, cell in self.variables[number].cells_in(mask):
            if cell is None:
                yield None
            elif several:
                yield from cell.values
            else:
                yield cell.values[0]
            if not several:
                return

    def _all_of(self, number: int, mask: int) -> bool:
        """Whether trying the values of these cells leaves none out."""
        if number in self.pinned:
            return True
        return all(cell is None or cell.single for _, cell in self.variables[number].cells_in(mask))
