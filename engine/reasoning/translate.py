"""From the checked tree of an expression to a formula over atoms.

What has a variable on one side and something written on the other becomes a test of that variable. Whole numbers may be
added to and taken from it, moments may be compared with `now`. Everything else (functions, loops, two variables against
each other) stays opaque, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any, TypeAlias

from engine.expressions import Expression, Kind
from engine.reasoning.formula import (
    Always,
    And,
    Bound,
    Comparison,
    Either,
    Formula,
    Frame,
    Known,
    Not,
    Opaque,
    Test,
    atoms_of,
    either_of,
    where_known,
)

NOW = "now"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LARGEST, _FARTHEST = 2**62, 15 * 10**18
"""Of a sum of whole numbers, and of moments in nanoseconds (to the year 2445). What is beyond could be more than CEL can
reckon with, so it is not reasoned about."""
_MOST_TWICE = 32
"""Parts of a formula that is put in twice, and cases of a term. Without a bound they would double with every level."""
_COMPARISONS = {
    "_<_": Comparison.LESS,
    "_<=_": Comparison.AT_MOST,
    "_>_": Comparison.MORE,
    "_>=_": Comparison.AT_LEAST,
    "_==_": Comparison.IN,
}
_TURNED = {
    Comparison.LESS: Comparison.MORE,
    Comparison.AT_MOST: Comparison.AT_LEAST,
    Comparison.MORE: Comparison.LESS,
    Comparison.AT_LEAST: Comparison.AT_MOST,
    Comparison.IN: Comparison.IN,
}
_SHORT_CIRCUITS = ("_&&_", "_||_", "_?_:_")
_UNITS = {"h": 3_600 * 10**9, "m": 60 * 10**9, "s": 10**9, "ms": 10**6, "us": 10**3, "µs": 10**3, "ns": 1}
_DURATION = re.compile(r"[+-]?((\d+(\.\d*)?|\.\d+)(h|ms|us|µs|ns|m|s))+")
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(h|ms|us|µs|ns|m|s)")


@dataclass(frozen=True, slots=True)
class _Written:
    """A literal."""

    value: Bound


@dataclass(frozen=True, slots=True)
class _Of:
    """A text or a number that is no whole one, as a variable has it."""

    variable: str


@dataclass(frozen=True, slots=True)
class _Sum:
    """Whole numbers or moments: variables, each added or taken away so many times, and a constant (nanoseconds)."""

    counts: tuple[tuple[str, int], ...]
    constant: int
    timed: bool


@dataclass(frozen=True, slots=True)
class _Choice:
    """A term that depends on a condition."""

    condition: Formula
    then: _Term
    otherwise: _Term


_Term: TypeAlias = _Written | _Of | _Sum | _Choice


def translate(expression: Expression, kinds: Mapping[str, Kind]) -> Formula:
    """The formula of a condition. `kinds` has the kind of every variable, `lead.score` or `reason`, that may be unknown
    or be asked about; what is asked of a variable that it has not is a yes-or-no variable itself, `known.email`."""
    return _Translation(kinds).truth(expression.tree().root)


class _Translation:
    def __init__(self, kinds: Mapping[str, Kind]) -> None:
        self.kinds = kinds

    def truth(self, node: Any) -> Formula:
        """What a yes-or-no node says."""
        form = node.WhichOneof("form")
        if form == "literal" and node.literal.HasField("truth"):
            return Always(bool(node.literal.truth))
        if form == "ident":
            return self._asked(node.ident.name) or self._opaque(node)
        if form != "call" or node.call.HasField("target"):
            return self._opaque(node)
        function, operands = node.call.function, list(node.call.args)
        if function == "_&&_":
            return And(tuple(self.truth(operand) for operand in operands))
        if function == "_||_":
            return either_of(tuple(self.truth(operand) for operand in operands))
        if function == "!_":
            return Not(self.truth(operands[0]))
        if function == "_?_:_":
            return Either(*(self.truth(operand) for operand in operands))
        if function == "_!=_":
            return Not(self._compared("_==_", *operands) or self._opaque(node, "_==_"))
        if function in _COMPARISONS:
            return self._compared(function, *operands) or self._opaque(node)
        if function == "@in":
            return self._member(*operands) or self._opaque(node)
        return self._opaque(node)

    def _asked(self, name: str) -> Formula | None:
        head, _, rest = name.rpartition(".")
        if head == "known" and f"lead.{rest}" in self.kinds:
            return Known(f"lead.{rest}")
        return Test(name, Comparison.IN, (True,)) if self.kinds.get(name) is Kind.BOOLEAN else None

    # --- comparisons -------------------------------------------------------------------------------------------------

    def _compared(self, function: str, left: Any, right: Any) -> Formula | None:
        if function == "_==_" and self._is_truth(left) and self._is_truth(right):
            one, other = self.truth(left), self.truth(right)
            few = sum(1 for _ in atoms_of(other)) <= _MOST_TWICE
            return Either(one, other, Not(other)) if few else None
        first, second = self._term(left), self._term(right)
        return None if first is None or second is None else _compare(_COMPARISONS[function], first, second)

    def _member(self, subject: Any, values: Any) -> Formula | None:
        if values.WhichOneof("form") != "list":
            return None
        listed = [self._term(element) for element in values.list.elements]
        bounds = tuple(bound for term in listed if (bound := _bound_of(term)) is not None)
        if len(bounds) < len(listed):
            return None
        if self._is_truth(subject):
            return None
        term = self._term(subject)
        return None if term is None else _among(term, bounds)

    def _is_truth(self, node: Any) -> bool:
        """Whether a node is yes or no, as far as that is seen from outside."""
        match node.WhichOneof("form"):
            case "literal":
                return bool(node.literal.HasField("truth"))
            case "ident":
                return node.ident.name.startswith("known.") or self.kinds.get(node.ident.name) is Kind.BOOLEAN
            case "call":
                function = node.call.function
                if function == "_?_:_":
                    return self._is_truth(node.call.args[1])
                return function in (*_COMPARISONS, "_!=_", "@in", "_&&_", "_||_", "!_")
        return False

    # --- terms -------------------------------------------------------------------------------------------------------

    def _term(self, node: Any) -> _Term | None:
        """What a number, a text, a moment or a length of time is made of; None where that is not told."""
        form = node.WhichOneof("form")
        if form == "literal":
            return _literal(node.literal)
        if form == "ident":
            return self._variable(node.ident.name)
        if form != "call" or node.call.HasField("target"):
            return None
        function, operands = node.call.function, list(node.call.args)
        match function:
            case "_+_" | "_-_":
                return self._sum(operands[0], operands[1], 1 if function == "_+_" else -1)
            case "-_":
                return _negated(self._term(operands[0]))
            case "duration":
                length = _nanoseconds(operands[0].literal.text)
                return None if length is None else _Sum((), length, True)
            case "timestamp":
                moment = _moment(operands[0].literal.text)
                return None if moment is None else _Sum((), moment, True)
            case "_?_:_":
                then, otherwise = self._term(operands[1]), self._term(operands[2])
                if then is None or otherwise is None:
                    return None
                return _Choice(self.truth(operands[0]), then, otherwise)
            case "double":
                return self._as_number(operands[0])
        return None

    def _variable(self, name: str) -> _Term | None:
        kind = Kind.MOMENT if name == NOW else self.kinds.get(name)
        match kind:
            case Kind.INTEGER | Kind.MOMENT:
                return _Sum(((name, 1),), 0, kind is Kind.MOMENT)
            case Kind.NUMBER | Kind.TEXT:
                return _Of(name)
        return None

    def _sum(self, left: Any, right: Any, sign: int) -> _Term | None:
        first, second = self._term(left), self._term(right)
        return _added(first, second, sign) if first is not None and second is not None else None

    def _as_number(self, operand: Any) -> _Term | None:
        """`double(lead.score)`: the same number, as long as nothing is reckoned with it."""
        name = operand.ident.name
        return _Of(name) if self.kinds.get(name) in (Kind.INTEGER, Kind.NUMBER) else None

    # --- what is not reasoned about ----------------------------------------------------------------------------------

    def _opaque(self, node: Any, function: str | None = None) -> Formula:
        """A part as a whole. Functions are unknown as soon as something they are given is."""
        nodes = list(_within(node))
        names = dict.fromkeys(one.ident.name for one in nodes if one.WhichOneof("form") == "ident")
        asked = {name: f"lead.{name.removeprefix('known.')}" for name in names if name.startswith("known.")}
        variables = tuple(
            dict.fromkeys(
                known
                for name in names
                if (known := asked.get(name, name) if asked.get(name) in self.kinds else name) in self.kinds
                or known == NOW
            )
        )
        literals = tuple(
            dict.fromkeys(
                bound
                for one in nodes
                if one.WhichOneof("form") == "literal" and (bound := _bound_of(_literal(one.literal))) is not None
            )
        )
        part = Opaque(_spelled(node, function), variables, literals)
        strict = not any(one.WhichOneof("form") == "loop" or one.call.function in _SHORT_CIRCUITS for one in nodes)
        read = tuple(name for name in variables if name in names and name != NOW)
        return where_known(read, part) if strict else part


def _literal(literal: Any) -> _Term | None:
    if literal.HasField("text"):
        return _Written(str(literal.text))
    if literal.HasField("whole"):
        return _Sum((), int(literal.whole), False)
    if literal.HasField("number"):
        return _Written(float(literal.number))
    return None


def _bound_of(term: _Term | None) -> Bound | None:
    """A term that is a plain text or number."""
    match term:
        case _Written(value):
            return value
        case _Sum((), constant, False):
            return constant
    return None


def _cases(term: _Term) -> int:
    return _cases(term.then) + _cases(term.otherwise) if isinstance(term, _Choice) else 1


def _added(first: _Term, second: _Term, sign: int) -> _Term | None:
    if _cases(first) * _cases(second) > _MOST_TWICE:
        return None
    match first, second:
        case _Choice(condition, then, otherwise), _:
            one, other = _added(then, second, sign), _added(otherwise, second, sign)
        case _, _Choice(condition, then, otherwise):
            one, other = _added(first, then, sign), _added(first, otherwise, sign)
        case _Sum(), _Sum():
            counts = dict(first.counts)
            for name, count in second.counts:
                counts[name] = counts.get(name, 0) + sign * count
            constant = first.constant + sign * second.constant
            timed = first.timed or second.timed
            if abs(constant) > (_FARTHEST if timed else _LARGEST):
                return None
            return _Sum(tuple(sorted(counts.items())), constant, timed)
        case _:
            return None
    return None if one is None or other is None else _Choice(condition, one, other)


def _negated(term: _Term | None) -> _Term | None:
    match term:
        case _Sum():
            return _added(_Sum((), 0, term.timed), term, -1)
        case _Written(value) if isinstance(value, float):
            return _Written(-value)
    return None


def _compare(comparison: Comparison, left: _Term, right: _Term) -> Formula | None:
    if _cases(left) * _cases(right) > _MOST_TWICE:
        return None
    match left, right:
        case _Choice(condition, then, otherwise), _:
            one, other = _compare(comparison, then, right), _compare(comparison, otherwise, right)
        case _, _Choice(condition, then, otherwise):
            one, other = _compare(comparison, left, then), _compare(comparison, left, otherwise)
        case _:
            return _plain(comparison, left, right)
    return None if one is None or other is None else Either(condition, one, other)


def _plain(comparison: Comparison, left: _Term, right: _Term) -> Formula | None:
    """A comparison of two terms without conditions."""
    match left, right:
        case _Sum(), _Sum():
            return _balanced(comparison, left, right)
        case _Of(variable), _ if (bound := _bound_of(right)) is not None:
            return _test(variable, comparison, (bound,))
        case _, _Of(variable) if (bound := _bound_of(left)) is not None:
            return _test(variable, _TURNED[comparison], (bound,))
        case _Sum(((variable, count),), constant, False), _Written(value) if isinstance(value, int | float):
            return _shifted(variable, count, comparison, constant, value)
        case _Written(value), _Sum(((variable, count),), constant, False) if isinstance(value, int | float):
            return _shifted(variable, count, _TURNED[comparison], constant, value)
    one, other = _bound_of(left), _bound_of(right)
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


def _balanced(comparison: Comparison, left: _Sum, right: _Sum) -> Formula | None:
    """Everything that varies on the one side, everything written on the other."""
    difference = _added(left, right, -1)
    if not isinstance(difference, _Sum):
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


def _among(term: _Term, bounds: tuple[Bound, ...]) -> Formula | None:
    match term:
        case _Choice(condition, then, otherwise):
            one, other = _among(then, bounds), _among(otherwise, bounds)
            return None if one is None or other is None else Either(condition, one, other)
        case _Of(variable) | _Sum(((variable, 1),), 0, False):
            return Test(variable, Comparison.IN, bounds)
    return None


# --- literals of time ------------------------------------------------------------------------------------------------


def _nanoseconds(text: str) -> int | None:
    """The length of `1h30m`; None where it is not of this form."""
    if not _DURATION.fullmatch(text):
        return None
    total = sum(Fraction(amount) * _UNITS[unit] for amount, unit in _PART.findall(text))
    if total.denominator != 1 or total > _FARTHEST:
        return None
    return -int(total) if text.startswith("-") else int(total)


def _moment(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if moment.tzinfo is None else since_1970(moment)


def since_1970(moment: datetime) -> int:
    """A moment in nanoseconds."""
    passed = moment - _EPOCH
    return (passed.days * 86_400 + passed.seconds) * 10**9 + passed.microseconds * 1_000


# --- opaque parts ----------------------------------------------------------------------------------------------------


def _children(node: Any) -> list[Any]:
    match node.WhichOneof("form"):
        case "call":
            return [node.call.target, *node.call.args] if node.call.HasField("target") else list(node.call.args)
        case "list":
            return list(node.list.elements)
        case "table":
            return [part for entry in node.table.entries for part in (entry.key, entry.value)]
        case "loop":
            loop = node.loop
            return [loop.range, loop.start, loop.condition, loop.step, loop.result]
        case "select":
            return [node.select.operand]
    return []


def _within(node: Any) -> Iterator[Any]:
    yield node
    for child in _children(node):
        yield from _within(child)


def _spelled(node: Any, function: str | None = None) -> object:
    """The same for the same words, wherever they stand."""
    match node.WhichOneof("form"):
        case "literal":
            literal = node.literal
            return ("literal", *((field.name, str(value)) for field, value in literal.ListFields()))
        case "ident":
            return node.ident.name
        case "call":
            return (function or node.call.function, *map(_spelled, _children(node)))
        case "loop":
            return ("loop", node.loop.variable, *map(_spelled, _children(node)))
        case form:
            return (form, *map(_spelled, _children(node)))
