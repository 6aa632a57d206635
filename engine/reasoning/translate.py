"""From the checked tree of an expression to a formula over atoms.

What has a variable on one side and something written on the other becomes a test of that variable. Whole numbers may be
added to and taken from it, moments may be compared with `now`. Everything else (functions, loops, two variables against
each other) stays opaque, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.expressions import Expression, Kind
from engine.reasoning.formula import (
    Always,
    And,
    Comparison,
    Either,
    Formula,
    Known,
    Not,
    Opaque,
    Test,
    atoms_of,
    either_of,
    where_known,
)
from engine.reasoning.moments import moment_of, nanoseconds
from engine.reasoning.terms import (
    MOST_TWICE,
    NOW,
    Choice,
    Of,
    Sum,
    Term,
    added,
    among,
    bound_of,
    compare,
    literal_term,
    negated,
)

_COMPARISONS = {
    "_<_": Comparison.LESS,
    "_<=_": Comparison.AT_MOST,
    "_>_": Comparison.MORE,
    "_>=_": Comparison.AT_LEAST,
    "_==_": Comparison.IN,
}
_SHORT_CIRCUITS = ("_&&_", "_||_", "_?_:_")


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
            few = sum(1 for _ in atoms_of(other)) <= MOST_TWICE
            return Either(one, other, Not(other)) if few else None
        first, second = self._term(left), self._term(right)
        return None if first is None or second is None else compare(_COMPARISONS[function], first, second)

    def _member(self, subject: Any, values: Any) -> Formula | None:
        if values.WhichOneof("form") != "list":
            return None
        listed = [self._term(element) for element in values.list.elements]
        bounds = tuple(bound for term in listed if (bound := bound_of(term)) is not None)
        if len(bounds) < len(listed):
            return None
        if self._is_truth(subject):
            return None
        term = self._term(subject)
        return None if term is None else among(term, bounds)

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

    def _term(self, node: Any) -> Term | None:
        """What a number, a text, a moment or a length of time is made of; None where that is not told."""
        form = node.WhichOneof("form")
        if form == "literal":
            return literal_term(node.literal)
        if form == "ident":
            return self._variable(node.ident.name)
        if form != "call" or node.call.HasField("target"):
            return None
        function, operands = node.call.function, list(node.call.args)
        match function:
            case "_+_" | "_-_":
                return self._sum(operands[0], operands[1], 1 if function == "_+_" else -1)
            case "-_":
                return negated(self._term(operands[0]))
            case "duration":
                length = nanoseconds(operands[0].literal.text)
                return None if length is None else Sum((), length, True)
            case "timestamp":
                moment = moment_of(operands[0].literal.text)
                return None if moment is None else Sum((), moment, True)
            case "_?_:_":
                then, otherwise = self._term(operands[1]), self._term(operands[2])
                if then is None or otherwise is None:
                    return None
                return Choice(self.truth(operands[0]), then, otherwise)
            case "double":
                return self._as_number(operands[0])
        return None

    def _variable(self, name: str) -> Term | None:
        kind = Kind.MOMENT if name == NOW else self.kinds.get(name)
        match kind:
            case Kind.INTEGER | Kind.MOMENT:
                return Sum(((name, 1),), 0, kind is Kind.MOMENT)
            case Kind.NUMBER | Kind.TEXT:
                return Of(name)
        return None

    def _sum(self, left: Any, right: Any, sign: int) -> Term | None:
        first, second = self._term(left), self._term(right)
        return added(first, second, sign) if first is not None and second is not None else None

    def _as_number(self, operand: Any) -> Term | None:
        """`double(lead.score)`: the same number, as long as nothing is reckoned with it."""
        name = operand.ident.name
        return Of(name) if self.kinds.get(name) in (Kind.INTEGER, Kind.NUMBER) else None

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
                if one.WhichOneof("form") == "literal" and (bound := bound_of(literal_term(one.literal))) is not None
            )
        )
        part = Opaque(_spelled(node, function), variables, literals)
        strict = not any(one.WhichOneof("form") == "loop" or one.call.function in _SHORT_CIRCUITS for one in nodes)
        read = tuple(name for name in variables if name in names and name != NOW)
        return where_known(read, part) if strict else part


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
