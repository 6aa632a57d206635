"""Reasoning about conditions: whether they can hold, follow from each other, overlap, or leave a gap.

    reasoner = reasoner_of(process)         # engine.reasoning.of_process
    reasoner.satisfiable(guard)             # an Example that meets it, None if nothing can, CANNOT_TELL
    reasoner.implies(guard, other)          # True, False, CANNOT_TELL
    reasoner.overlap(guard, other)          # an Example that meets both
    reasoner.gap([guard, other])            # an Example with everything known that meets none of them

Not by sampling: values fall into cells that no comparison tells apart, and all cells are gone through. So None means never.
An example is borne out by evaluating the conditions themselves. What functions, loops and two variables against each
other say is left open; where the answer hangs on it, or too many cases would have to be looked at, it cannot be told.

Unknown is kept apart as in `engine.expressions`: "not held by" a condition is what makes it false or unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from operator import eq

from engine.expressions import Expression, ExpressionFailed, Kind, View, Vocabulary
from engine.language.definition import LeadField
from engine.reasoning.example import CANNOT_TELL, CannotTell, Example
from engine.reasoning.formula import Formula, Opaque, atoms_of
from engine.reasoning.nodes import FALSE, TRUE, UNKNOWN, Masks
from engine.reasoning.partition import Partition
from engine.reasoning.search import Goal, Picked, Search
from engine.reasoning.showing import EXAMPLE_DAY, Showing, day_in, inner_value
from engine.reasoning.spaces import Space
from engine.reasoning.terms import NOW
from engine.reasoning.translate import translate

__all__ = ["CANNOT_TELL", "CannotTell", "Example", "Given", "Reasoner"]

Answer = Example | None | CannotTell
Given = Mapping[str, object]
"""What is fixed beforehand, by names as conditions say them: `lead.country`, `known.email`, `reason`, `now`. A value, a
tuple of which it is one, or None for unknown."""


class Reasoner:
    """Answers about conditions of one vocabulary. Conditions that are given beforehand are prepared together."""

    def __init__(
        self,
        spaces: Mapping[str, Space],
        vocabulary: Vocabulary,
        fields: Mapping[str, LeadField],
        conditions: Iterable[Expression] = (),
    ) -> None:
        self._spaces = spaces
        self._vocabulary = vocabulary
        self._fields = fields
        self._kinds = {name: space.kind for name, space in spaces.items()}
        self._following = tuple((name, space) for name, space in spaces.items() if space.derived is not None)
        self._formulas: dict[str, Formula] = {}
        self._goals: dict[tuple[str, int], Goal] = {}
        self.learn(conditions)

    def learn(self, conditions: Iterable[Expression]) -> None:
        """Take up conditions that are to be asked about. Those that come one by one are dearer."""
        new = {one.text: translate(one, self._kinds) for one in conditions if one.text not in self._formulas}
        if new or not self._formulas:
            self._formulas |= new
            self._partition = Partition(self._spaces, self._formulas.values())
            self._goals = {}

    # --- questions ---------------------------------------------------------------------------------------------------

    def satisfiable(
        self, *conditions: Expression, unless: Iterable[Expression] = (), given: Given | None = None
    ) -> Answer:
        """Whether all of these can hold at once while none of `unless` does."""
        wanted = [(one, TRUE) for one in conditions] + [(one, FALSE | UNKNOWN) for one in unless]
        return self._find(wanted, given or {})

    def implies(self, one: Expression, other: Expression, given: Given | None = None) -> bool | CannotTell:
        """Whether the other holds wherever the one does."""
        found = self.satisfiable(one, unless=(other,), given=given)
        return found if isinstance(found, CannotTell) else found is None

    def overlap(
        self, one: Expression, other: Expression, unless: Iterable[Expression] = (), given: Given | None = None
    ) -> Answer:
        """Whether both can hold at once."""
        return self.satisfiable(one, other, unless=unless, given=given)

    def gap(self, conditions: Sequence[Expression], given: Given | None = None) -> Answer:
        """Whether all of them can fail for a lead of which everything is known that they read or ask about."""
        return self._find([(one, FALSE | UNKNOWN) for one in conditions], given or {}, all_known=True)

    def example_for(
        self, holds: Iterable[Expression], unless: Iterable[Expression] = (), given: Given | None = None
    ) -> Answer:
        """Values with which these hold and those do not, some of them given."""
        return self.satisfiable(*holds, unless=unless, given=given)

    def blamed(
        self, *conditions: Expression, unless: Sequence[Expression] = (), given: Given | None = None
    ) -> list[str]:
        """Of conditions that can never hold together, the variables whose values would have to be others for it."""
        self.learn([*conditions, *unless])
        fixed = given or {}
        blamed = []
        for name in self._named([*conditions, *unless]):
            freed = self._spaces[name]
            if name not in fixed and freed.kind is not Kind.BOOLEAN and not self._others_follow_from(name, Kind.TEXT):
                freed = Space(freed.kind)
            free = Reasoner({**self._spaces, name: freed}, self._vocabulary, self._fields)
            others = {other: value for other, value in fixed.items() if other != name}
            if free.satisfiable(*conditions, unless=unless, given=others) is not None:
                blamed.append(name)
        return blamed

    def _named(self, conditions: Iterable[Expression]) -> list[str]:
        """The variables that conditions read, and those that they follow from."""
        named: dict[str, None] = {}
        for condition in conditions:
            for atom in atoms_of(self._formulas[condition.text]):
                for name in atom.variables if isinstance(atom, Opaque) else (atom.variable,):
                    named[name] = None
                    if (derived := self._spaces[name].derived) is not None:
                        named[derived.of] = None
        return list(named)

    def _others_follow_from(self, name: str, kind: Kind) -> bool:
        followed = (space.derived.of for space in self._spaces.values() if space.derived is not None)
        return self._kinds[name] is kind and name in followed

    def ends(self, name: str) -> tuple[object, object] | None:
        """The least and the greatest of a number's values that conditions tell apart; None where it is no number."""
        if self._kinds.get(name) not in (Kind.INTEGER, Kind.NUMBER) or not self._partition.reads(name):
            return None
        cells = self._partition.variables[self._partition.number(name)].cells
        return (cells[0].values[0], cells[-1].values[0]) if cells else None

    def space(self, name: str) -> Space:
        """What values a variable can have, by its name in conditions."""
        return self._spaces[name]

    # --- answers -----------------------------------------------------------------------------------------------------

    def _find(self, wanted: Sequence[tuple[Expression, int]], given: Given, *, all_known: bool = False) -> Answer:
        goals = self._goals_for(wanted)
        masks = [variable.all for variable in self._partition.variables]
        if all_known:
            self._fill(masks, goals)
        now = given.get(NOW)
        moment = now if isinstance(now, datetime) else None
        pinned = self._fix(masks, given, moment or EXAMPLE_DAY)
        if pinned is None:
            return None
        if any(self._partition.variables[number].relative for number in pinned):
            moment = moment or EXAMPLE_DAY
        if moment is not None and not self._cross_out(masks, moment):
            return None
        showing = Showing(self._partition, self._spaces, self._following, self._fields, given, moment)

        def accept(picked: Picked) -> bool:
            view = showing.view(picked, self._vocabulary)
            return all(_outcome(condition, view) & outcome for condition, outcome in wanted)

        search = Search(self._partition.variables, goals, accept, pinned)
        found = search.run(masks)
        if found is not None:
            return showing.example(found)
        if search.undecided and self._partition.mixed and len(wanted) < len(self._formulas):
            # Other conditions hold the same date against something else; these alone may be clearer.
            alone = Reasoner(self._spaces, self._vocabulary, self._fields, (one for one, _ in wanted))
            return alone._find(wanted, given, all_known=all_known)
        return CANNOT_TELL if search.undecided else None

    def _cross_out(self, masks: Masks, now: datetime) -> bool:
        """A date is a whole day. Once it is told when now is, some stretches of time hold no midnight."""
        for number, variable in enumerate(self._partition.variables):
            if variable.relative and self._spaces[variable.name].whole_days:
                for bit, cell in variable.cells_in(masks[number] & variable.known):
                    if cell is not None and all(
                        day_in(cell, value, now) is None for value in cell.values if isinstance(value, int)
                    ):
                        masks[number] &= ~bit
        return all(masks)

    def _fill(self, masks: Masks, goals: Iterable[Goal]) -> None:
        """Let everything be known that the goals read, as far as it ever is."""
        for number in dict.fromkeys(number for goal in goals for number in goal.variables):
            variable = self._partition.variables[number]
            masks[number] &= variable.known or masks[number]
            if variable.name.startswith("known."):
                masks[number] = variable.cell_of(True)

    def _goals_for(self, wanted: Sequence[tuple[Expression, int]]) -> list[Goal]:
        known = [self._goals.get((condition.text, outcome)) for condition, outcome in wanted]
        goals = [goal for goal in known if goal is not None]
        if len(goals) == len(known):
            return goals
        self.learn(condition for condition, _ in wanted)
        return [self._goal(condition, outcome) for condition, outcome in wanted]

    def _goal(self, condition: Expression, outcome: int) -> Goal:
        if (known := self._goals.get((condition.text, outcome))) is None:
            partition, formula = self._partition, self._formulas[condition.text]
            atoms = list(atoms_of(formula))
            opaque = [name for atom in atoms if isinstance(atom, Opaque) for name in atom.variables]
            read = [name for atom in atoms if not isinstance(atom, Opaque) for name in (atom.variable,)]
            known = Goal(
                partition.node(formula),
                outcome,
                tuple(dict.fromkeys(partition.number(name) for name in (*read, *opaque))),
                tuple(dict.fromkeys(partition.number(name) for name in opaque)),
            )
            self._goals[(condition.text, outcome)] = known
        return known

    def _fix(self, masks: Masks, given: Given, now: datetime) -> dict[int, object] | None:
        """Cross out all but what is given. The values that are given exactly; None where no lead can have one of them."""
        pinned: dict[int, object] = {}
        for name, value in given.items():
            if not self._partition.reads(name):
                continue
            number = self._partition.number(name)
            variable = self._partition.variables[number]
            values = value if isinstance(value, tuple) else (value,)
            mask = 0
            for one in values:
                if one is None:
                    mask |= variable.unknown
                elif self._spaces[name].derived is not None:
                    mask |= self._partition.cells_where(name, partial(eq, one))
                else:
                    inside = inner_value(variable, one, now)
                    mask |= variable.cell_of(inside)
                    if not isinstance(value, tuple):
                        pinned[number] = inside
            masks[number] &= mask
            if not masks[number]:
                return None
        return pinned


def _outcome(condition: Expression, view: View) -> int:
    try:
        value = condition.evaluate(view).value
    except ExpressionFailed:
        return UNKNOWN
    return UNKNOWN if value is None else TRUE if value else FALSE
