"""Numbers, texts and moments in conditions: what they are made of, and comparisons of them as tests of one variable.

Whole numbers may be added to and taken from a variable, moments may be compared with `now`. What is anything else is
None: not reasoned about.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

from engine.reasoning.formula import Always, Bound, Comparison, Either, Formula, Frame, Test, where_known
from engine.reasoning.moments import FARTHEST

NOW = "now"
_LARGEST = 2**62
"""Of a sum of whole numbers: beyond it CEL may have none."""
MOST_TWICE = 32
"""Parts of a formula that is put in twice, and cases of a term. Without a bound they would double with every level."""
_TURNED = {
    Comparison.LESS: Comparison.MORE,
    Comparison.AT_MOST: Comparison.AT_LEAST,
    Comparison.MORE: Comparison.LESS,
    Comparison.AT_LEAST: Comparison.AT_MOST,
    Comparison.IN: Comparison.IN,
}


@dataclass(frozen=True, slots=True)
class Written:
    """A literal."""

    value: Bound


@dataclass(frozen=True, slots=True)
class Of:
    """A text or a number that is no whole one, as a variable has it."""

    variable: str


@dataclass(frozen=True, slots=True)
class Sum:
    """Whole numbers or moments: variables, each added or taken away so many times, and a constant (nanoseconds)."""

    counts: tuple[tuple[str, int], ...]
    constant: int
    timed: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """A term that depends on a condition."""

    condition: Formula
    then: Term
    otherwise: Term


Term: TypeAlias = Written | Of | Sum | Choice


def literal_term(literal: Any) -> Term | None:
    if literal.HasField("text"):
        return Written(str(literal.text))
    if literal.HasField("whole"):
        return Sum((), int(literal.whole), False)
    if literal.HasField("number"):
        return Written(float(literal.number))
    return None


def bound_of(term: Term | None) -> Bound | None:
    """A term that is a plain text or number."""
    match term:
        case Written(value):
            return value
        case Sum((), constant, False):
            return constant
    return None


def _cases(term: Term) -> int:
    return _cases(term.then) + _cases(term.otherwise) if isinstance(term, Choice) else 1


def added(first: Term, second: Term, sign: int) -> Term | None:
    if _cases(first) * _cases(second) > MOST_TWICE:
        return None
    match first, second:
        case Choice(condition, then, otherwise), _:
            one, other = added(then, second, sign), added(otherwise, second, sign)
        case _, Choice(condition, then, otherwise):
            one, other = added(first, then, sign), added(first, otherwise, sign)
        case Sum(), Sum():
            counts = dict(first.counts)
            for name, count in second.counts:
                counts[name] = counts.get(name, 0) + sign * count
            constant = first.constant + sign * second.constant
            timed = first.timed or second.timed
            if abs(constant) > (FARTHEST if timed else _LARGEST):
                return None
            return Sum(tuple(sorted(counts.items())), constant, timed)
        case _:
            return None
    return None if one is None or other is None else Choice(condition, one, other)


def negated(term: Term | None) -> Term | None:
    match term:
        case Sum():
            return added(Sum((), 0, term.timed), term, -1)
        case Written(value) if isinstance(value, float):
            return Written(-value)
    return None


def compare(comparison: Comparison, left: Term, right: Term) -> Formula | None:
    if _cases(left) * _cases(right) > MOST_TWICE:
        return None
    match left, right:
        case Choice(condition, then, otherwise), _:
            one, other = compare(comparison, then, right), compare(comparison, otherwise, right)
        case _, Choice(condition, then, otherwise):
            one, other = compare(comparison, left, then), compare(comparison, left, otherwise)
        case _:
            return _plain(comparison, left, right)
    return None if one is None or other is None else Either(condition, one, other)


def _plain(comparison: Comparison, left: Term, right: Term) -> Formula | None:
    """A comparison of two terms without conditions."""
    match left, right:
        case Sum(), Sum():
            return _balanced(comparison, left, right)
        case Of(variable), _ if (bound := bound_of(right)) is not None:
            return _test(variable, comparison, (bound,))
        case _, Of(variable) if (bound := bound_of(left)) is not None:
            return _test(variable, _TURNED[comparison], (bound,))
        case Sum(((variable, count),), constant, False), Written(value) if isinstance(value, int | float):
            return _shifted(variable, count, comparison, constant, value)
        case Written(value), Sum(((variable, count),), constant, False) if isinstance(value, int | float):
            return _shifted(variable, count, _TURNED[comparison], constant, value)
    one, other = bound_of(left), bound_of(right)
    if one is not None and other is not None and not isinstance(one, str) and not isinstance(other, str):
        return Always(Test("", comparison, (other,)).holds(one))
    return None


def _test(variable: str, comparison: Comparison, bounds: tuple[Bound, ...]) -> Formula | None:
    """Texts are told apart; which of them is the lesser is not reasoned about."""
    if comparison is not Comparison.IN and isinstance(bounds[0], str):
        return None
    return Test(variable, comparison, bounds)


def _shifted(variable: str, count: int, comparison: Comparison, constant: int, value: float) -> Formula | None:
    """`count * variable + constant` against a number that is no whole one."""
    if abs(count) != 1 or abs(value) > 2**52 or abs(constant) > 2**52:
        return None
    if not constant:
        bound: float = value * count
    else:
        exact = (Fraction(value) - constant) * count
        bound = float(exact)
        if Fraction(bound) != exact:
            return None
    return Test(variable, comparison if count > 0 else _TURNED[comparison], (bound,))


def _balanced(comparison: Comparison, left: Sum, right: Sum) -> Formula | None:
    """Everything that varies on the one side, everything written on the other."""
    difference = added(left, right, -1)
    if not isinstance(difference, Sum):
        return None
    bound = -difference.constant
    counts = [(name, count) for name, count in difference.counts if count]
    gone = tuple(name for name, count in difference.counts if not count and name != NOW)
    match sorted(counts, key=lambda one: one[0] == NOW):
        case []:
            formula: Formula = Always(Test("", comparison, (bound,)).holds(0))
        case [(variable, 1)]:
            formula = Test(variable, comparison, (bound,))
        case [(variable, -1)]:
            formula = Test(variable, _TURNED[comparison], (-bound,))
        case [(variable, 1), ("now", -1)]:
            formula = Test(variable, comparison, (bound,), Frame.RELATIVE)
        case [(variable, -1), ("now", 1)]:
            formula = Test(variable, _TURNED[comparison], (-bound,), Frame.RELATIVE)
        case _:
            return None
    return where_known(gone, formula)


def among(term: Term, bounds: tuple[Bound, ...]) -> Formula | None:
    match term:
        case Choice(condition, then, otherwise):
            one, other = among(then, bounds), among(otherwise, bounds)
            return None if one is None or other is None else Either(condition, one, other)
        case Of(variable) | Sum(((variable, 1),), 0, False):
            return Test(variable, Comparison.IN, bounds)
    return None
