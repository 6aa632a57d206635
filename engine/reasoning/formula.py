"""What a condition says, as a formula over atoms: tests of one variable each, and opaque parts that nothing is known of.

A formula is unknown where a variable that decides it is unknown (see `engine.expressions`): it holds, fails, or neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

Bound: TypeAlias = str | int | float | bool
"""What a variable is compared with. Moments are whole nanoseconds."""


class Frame(StrEnum):
    """What a moment is measured from: itself, as nanoseconds since 1970, or relative to `now`."""

    ABSOLUTE = "absolute"
    RELATIVE = "relative"


class Comparison(StrEnum):
    """How a variable is tested."""

    IN = "in"
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="


@dataclass(frozen=True, slots=True)
class Test:
    """A variable against what is written: unknown where the variable is, true or false otherwise."""

    variable: str
    comparison: Comparison
    bounds: tuple[Bound, ...]
    frame: Frame = Frame.ABSOLUTE

    def holds(self, value: object) -> bool:
        """Whether it is true of a known value."""
        if self.comparison is Comparison.IN:
            return value in self.bounds
        bound = self.bounds[0]
        assert isinstance(value, int | float) and isinstance(bound, int | float)
        match self.comparison:
            case Comparison.LESS:
                return value < bound
            case Comparison.AT_MOST:
                return value <= bound
            case Comparison.MORE:
                return value > bound
            case _:
                return value >= bound


@dataclass(frozen=True, slots=True)
class Known:
    """Whether a variable is filled in: true or false, never unknown."""

    variable: str


@dataclass(frozen=True, slots=True)
class Always:
    """A constant; None is unknown."""

    value: bool | None


@dataclass(frozen=True, slots=True)
class Not:
    part: Formula


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """`condition ? then : otherwise`; unknown where the condition is."""

    condition: Formula
    then: Formula
    otherwise: Formula


@dataclass(frozen=True, slots=True)
class Opaque:
    """A part that is not reasoned about, only told apart: two with the same `spelling` say the same.

    `variables` are those it reads, `literals` what it holds them against: worth trying when a value is looked for.
    """

    spelling: object
    variables: tuple[str, ...]
    literals: tuple[Bound, ...]


Formula: TypeAlias = Test | Known | Always | Not | And | Either | Opaque

UNKNOWN = Always(None)


def either_of(parts: tuple[Formula, ...]) -> Formula:
    """At least one of them."""
    return Not(And(tuple(Not(part) for part in parts)))


def where_known(variables: tuple[str, ...], formula: Formula) -> Formula:
    """The formula, unknown as long as one of the variables is."""
    if not variables:
        return formula
    return Either(And(tuple(Known(variable) for variable in variables)), formula, UNKNOWN)


def atoms_of(formula: Formula) -> Iterator[Test | Known | Opaque]:
    """Every atom, from left to right."""
    match formula:
        case Test() | Known() | Opaque():
            yield formula
        case Not(part):
            yield from atoms_of(part)
        case And(parts):
            for part in parts:
                yield from atoms_of(part)
        case Either(condition, then, otherwise):
            for part in (condition, then, otherwise):
                yield from atoms_of(part)
        case Always():
            return
