"""Formulas as bit masks: for each variable, which of its cells make an atom true, false or unknown.

A state of knowledge is a list with the cells that each variable may still be in. What a formula can be, given that, is
read off the masks: exact for each atom, and never too narrow for what is built of them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from engine.expressions import Kind
from engine.reasoning.formula import (
    Always,
    And,
    Comparison,
    Either,
    Formula,
    Frame,
    Known,
    Not,
    Opaque,
    Test,
    atoms_of,
)
from engine.reasoning.spaces import Cell, Space, cells_of

TRUE, FALSE, UNKNOWN = 1, 2, 4
_YES_NO = (Cell((True,)), Cell((False,)))
ANY = TRUE | FALSE | UNKNOWN
"""What a formula can be: any of these together."""

Masks: TypeAlias = list[int]

_SWAPPED = tuple((o & UNKNOWN) | ((o & TRUE) << 1) | ((o & FALSE) >> 1) for o in range(8))


class Atom:
    """A test of the variable with this number: the cells for which it is true, false, unknown."""

    __slots__ = ("false", "number", "true", "unknown")

    def __init__(self, number: int, true: int, false: int, unknown: int) -> None:
        self.number = number
        self.true = true
        self.false = false
        self.unknown = unknown

    def outcomes(self, masks: Masks) -> int:
        cells = masks[self.number]
        return (
            (TRUE if cells & self.true else 0)
            | (FALSE if cells & self.false else 0)
            | (UNKNOWN if cells & self.unknown else 0)
        )

    def require(self, wanted: int, masks: Masks) -> bool:
        allowed = (
            (self.true if wanted & TRUE else 0)
            | (self.false if wanted & FALSE else 0)
            | (self.unknown if wanted & UNKNOWN else 0)
        )
        masks[self.number] &= allowed
        return masks[self.number] != 0

    def undecided(self, masks: Masks) -> Atom | None:
        return None if self.outcomes(masks) in (TRUE, FALSE, UNKNOWN) else self


class Constant:
    __slots__ = ("outcome",)

    def __init__(self, outcome: int) -> None:
        self.outcome = outcome

    def outcomes(self, masks: Masks) -> int:  # noqa: ARG002
        return self.outcome

    def require(self, wanted: int, masks: Masks) -> bool:  # noqa: ARG002
        return bool(self.outcome & wanted)

    def undecided(self, masks: Masks) -> Atom | None:  # noqa: ARG002
        return None


class Negation:
    __slots__ = ("part",)

    def __init__(self, part: Node) -> None:
        self.part = part

    def outcomes(self, masks: Masks) -> int:
        return _SWAPPED[self.part.outcomes(masks)]

    def require(self, wanted: int, masks: Masks) -> bool:
        return self.part.require(_SWAPPED[wanted], masks)

    def undecided(self, masks: Masks) -> Atom | None:
        return self.part.undecided(masks)


class Conjunction:
    __slots__ = ("parts",)

    def __init__(self, parts: tuple[Node, ...]) -> None:
        self.parts = parts

    def outcomes(self, masks: Masks) -> int:
        true, unknown, seen = TRUE, 0, 0
        for part in self.parts:
            one = part.outcomes(masks)
            if one == FALSE:
                return FALSE
            seen |= one & FALSE
            true &= one
            unknown |= one & UNKNOWN
        return true | seen | unknown

    def require(self, wanted: int, masks: Masks) -> bool:
        """Narrow what must be so; what may be so in several ways is left for the search to split."""
        if not wanted & FALSE:
            if not all(part.require(TRUE | UNKNOWN if wanted & UNKNOWN else TRUE, masks) for part in self.parts):
                return False
            return bool(self.outcomes(masks) & wanted)
        if wanted & TRUE:
            return bool(self.outcomes(masks) & wanted)
        able = [part for part in self.parts if part.outcomes(masks) & wanted]
        if len(able) == 1:
            return able[0].require(wanted, masks)
        return bool(able)

    def undecided(self, masks: Masks) -> Atom | None:
        for part in self.parts:
            if (atom := part.undecided(masks)) is not None:
                return atom
        return None


class Conditional:
    __slots__ = ("condition", "otherwise", "then")

    def __init__(self, condition: Node, then: Node, otherwise: Node) -> None:
        self.condition = condition
        self.then = then
        self.otherwise = otherwise

    def outcomes(self, masks: Masks) -> int:
        asked = self.condition.outcomes(masks)
        return (
            (self.then.outcomes(masks) if asked & TRUE else 0)
            | (self.otherwise.outcomes(masks) if asked & FALSE else 0)
            | (asked & UNKNOWN)
        )

    def require(self, wanted: int, masks: Masks) -> bool:
        possible = (
            (TRUE if self.then.outcomes(masks) & wanted else 0)
            | (FALSE if self.otherwise.outcomes(masks) & wanted else 0)
            | (wanted & UNKNOWN)
        )
        if not self.condition.require(possible, masks):
            return False
        asked = self.condition.outcomes(masks)
        if asked == TRUE:
            return self.then.require(wanted, masks)
        if asked == FALSE:
            return self.otherwise.require(wanted, masks)
        return bool(self.outcomes(masks) & wanted)

    def undecided(self, masks: Masks) -> Atom | None:
        if (atom := self.condition.undecided(masks)) is not None:
            return atom
        part = self.then if self.condition.outcomes(masks) == TRUE else self.otherwise
        return part.undecided(masks)


Node: TypeAlias = Atom | Constant | Negation | Conjunction | Conditional


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of a partition: its cells, and the masks of the known ones and of being unknown."""

    name: str
    cells: tuple[Cell, ...]
    known: int
    unknown: int
    relative: bool = False
    timed: bool = False
    places: Mapping[object, int] = field(default_factory=dict)

    def among(self, values: Iterable[object]) -> int:
        """The cells of values at which it was cut: each has one of its own, if the variable can have it."""
        mask = 0
        for value in values:
            mask |= self.places.get(value, 0)
        return mask

    def on_one_side(self, test: Test) -> int:
        """The cells for which an order holds: all up to one of them, or all from there on."""
        rising = test.comparison in (Comparison.MORE, Comparison.AT_LEAST)
        edge = bisect_left(self.cells, True, key=lambda cell: test.holds(cell.values[0]) is rising)
        below = (1 << edge) - 1
        return self.known & ~below if rising else below

    def cell_of(self, value: object) -> int:
        """The cell, as a mask, that a known value lies in; none where the variable cannot have it."""
        if value in self.places:
            return self.places[value]
        return next((1 << place for place, cell in enumerate(self.cells) if not cell.single and cell.has(value)), 0)

    @property
    def all(self) -> int:
        return self.known | self.unknown

    def cells_in(self, mask: int) -> Iterator[tuple[int, Cell | None]]:
        """The cells of a mask, each with its own bit; None is unknown, and comes last."""
        for place, cell in enumerate(self.cells):
            if mask >> place & 1:
                yield 1 << place, cell
        if mask & self.unknown:
            yield self.unknown, None


class Partition:
    """The cells of every variable that some formulas read, and the formulas in terms of them."""

    def __init__(self, spaces: Mapping[str, Space], formulas: Iterable[Formula]) -> None:
        cuts: dict[str, dict[object, None]] = {}
        frames: dict[str, dict[Frame, None]] = {}
        opaque: dict[Opaque, None] = {}
        self.spaces = spaces
        for formula in formulas:
            for atom in atoms_of(formula):
                match atom:
                    case Opaque(_, names, bounds):
                        opaque[atom] = None
                    case Test(name, _, bounds):
                        names = (name,)
                        frames.setdefault(name, {})[atom.frame] = None
                    case Known(name):
                        names, bounds = (name,), ()
                for name in names:
                    derived = spaces[name].derived
                    cuts.setdefault(self._base(name), {}).update(
                        dict.fromkeys(bounds if derived is None else derived.cuts)
                    )
        self.variables: list[Variable] = []
        self.numbers: dict[str, int] = {}
        for name, within in cuts.items():
            self._add(name, spaces[name], within, relative=Frame.RELATIVE in frames.get(name, {}))
        self.opaque: dict[Opaque, int] = {}
        for part in opaque:
            self.opaque[part] = len(self.variables)
            self.variables.append(Variable("", _YES_NO, 3, 4))
        self.mixed: dict[Test, int] = {}
        """Tests of dates that are held against `now` as well, each with a variable of its own."""

    def _add(self, name: str, space: Space, bounds: Iterable[object], *, relative: bool) -> None:
        cells = tuple(cells_of(space, bounds, relative=relative))
        known = (1 << len(cells)) - 1
        unknown = 1 << len(cells) if space.unknown or space.never_known else 0
        self.numbers[name] = len(self.variables)
        timed = space.kind is Kind.MOMENT
        places = {cell.values[0]: 1 << place for place, cell in enumerate(cells) if cell.single}
        self.variables.append(Variable(name, cells, known, unknown, relative, timed, places))

    def reads(self, name: str) -> bool:
        """Whether a formula reads this variable, or the one that it follows from."""
        return name in self.spaces and self._base(name) in self.numbers

    def number(self, name: str) -> int:
        """The variable that a name stands for, or that it follows from."""
        return self.numbers[self._base(name)]

    def _base(self, name: str) -> str:
        derived = self.spaces[name].derived
        return derived.of if derived is not None else name

    def node(self, formula: Formula) -> Node:
        """A formula in terms of masks. It must be one of those that the partition was made for."""
        match formula:
            case Always(value):
                return Constant(UNKNOWN if value is None else TRUE if value else FALSE)
            case Not(part):
                inner = self.node(part)
                if isinstance(inner, Atom):
                    return Atom(inner.number, inner.false, inner.true, inner.unknown)
                return inner.part if isinstance(inner, Negation) else Negation(inner)
            case And(parts):
                return Conjunction(tuple(self.node(part) for part in parts))
            case Either(condition, then, otherwise):
                return Conditional(self.node(condition), self.node(then), self.node(otherwise))
            case Known(name):
                number = self.number(name)
                variable = self.variables[number]
                return Atom(number, variable.known, variable.unknown, 0)
            case Opaque():
                return Atom(self.opaque[formula], 1, 2, 4)
            case Test():
                return self._test(formula)

    def _test(self, test: Test) -> Node:
        number = self.number(test.variable)
        variable = self.variables[number]
        if variable.relative != (test.frame is Frame.RELATIVE):
            return self._unrelated(test, number)
        if self.spaces[test.variable].derived is not None:
            true = self.cells_where(test.variable, test.holds)
        elif test.comparison is Comparison.IN:
            true = variable.among(test.bounds)
        else:
            true = variable.on_one_side(test)
        return Atom(number, true, variable.known & ~true, variable.unknown)

    def cells_where(self, name: str, holds: Callable[[object], bool]) -> int:
        """The known cells whose first value, or what follows from it, is such."""
        derived = self.spaces[name].derived
        mask = 0
        for place, cell in enumerate(self.variables[self.number(name)].cells):
            value = cell.values[0]
            if holds(derived.value(value) if derived is not None else value):
                mask |= 1 << place
        return mask

    def _unrelated(self, test: Test, number: int) -> Node:
        """A date held against `now` in one place and against a day in another: the two are told apart, no more."""
        if test not in self.mixed:
            self.mixed[test] = len(self.variables)
            self.variables.append(Variable("", _YES_NO, 3, 0))
        variable = self.variables[number]
        known = Atom(number, variable.known, variable.unknown, 0)
        return Conditional(known, Atom(self.mixed[test], 1, 2, 0), Constant(UNKNOWN))
