"""The cells of all variables that some formulas read, and the formulas in terms of them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

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
from engine.reasoning.nodes import FALSE, TRUE, UNKNOWN, Atom, Conditional, Conjunction, Constant, Negation, Node
from engine.reasoning.spaces import Cell, Space, cells_of

_YES_NO = (Cell((True,)), Cell((False,)))


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
