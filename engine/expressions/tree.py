"""What the type checker lets pass and we do not, found on the checked syntax tree; and which names an expression reads.

The tree is the library's `CheckedExpr` message, decoded by `engine.expressions`. Nothing here knows the library.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from functools import cached_property
from typing import Any

from engine.expressions.faults import Names, fault, nearest

MAX_ELEMENTS = 200
MAX_LOOPS = 2

_INT, _DOUBLE = 2, 4  # CEL's numbers for primitive types
_NUMERIC = (_INT, _DOUBLE)
_SMALLER = f"At most {MAX_ELEMENTS} fit; group the values into a choice field first."
_CONNECTIVES = ("_&&_", "_||_", "!_")
_COMPARISONS = ("_==_", "_!=_")
_COLLECTED = "@result"  # what `filter` has found so far; no author can write this name

# Where a literal text has a form of its own: function -> what it is, and an example that works.
LITERALS = {
    "duration": ("a duration", "Write hours, minutes or seconds: duration('48h'), duration('90m')."),
    "timestamp": ("a moment", "Write date, time and zone: timestamp('2026-01-31T00:00:00Z')."),
    "matches": ("a pattern", "Check its parentheses and brackets; RE2 syntax, without look-ahead or back references."),
}
LITERALS |= dict.fromkeys(
    [
        *("getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear"),
        *("getHours", "getMinutes", "getSeconds"),
    ],
    ("a time zone", "Write an IANA name: 'Europe/Berlin'."),
)

WorksAs = Callable[[str, str], bool]
"""(function, literal) -> whether the function accepts that literal text."""


class Tree:
    """A checked expression: its `root` node, and what is rarely asked of a node, by the node's id."""

    def __init__(self, text: str, checked: Any) -> None:
        self.text = text
        self.root = checked.root
        self._checked = checked

    @cached_property
    def types(self) -> dict[int, Any]:
        return {typed.id: typed.kind for typed in self._checked.types}

    @cached_property
    def offsets(self) -> dict[int, int]:
        return {position.id: position.offset for position in self._checked.source.positions}


def inspect(tree: Tree, names: Names, declared: Container[str], works_as: WorksAs) -> list[str]:
    """The declared variables that the expression names, sorted. Raises `ExpressionError` for the first thing in the
    tree that expressions may not do.

    Goes through the nodes from left to right, parents first, with the number of loops around each and the loop
    variables that it may name.
    """
    named: set[str] = set()
    stack: list[tuple[Any, int, frozenset[str]]] = [(tree.root, 0, frozenset())]
    while stack:
        node, loops, scope = stack.pop()
        form = node.WhichOneof("form")
        if form == "literal":
            continue
        if form == "ident":
            name = node.ident.name
            if name in scope:
                continue
            if name not in declared:
                # Type names and the constants of whatever protobuf files the process has loaded resolve as well.
                # They would make an expression mean different things in different processes.
                raise _no_such_name(tree, node, name)
            named.add(name)
            continue
        children: list[Any]
        if form == "call":
            call = node.call
            children = [call.target, *call.args] if call.HasField("target") else list(call.args)
            _check_call(tree, node, call.function, children, names, loops, works_as)
        elif form == "list":
            children = list(node.list.elements)
            _check_list(tree, node, children)
        elif form == "loop":
            _check_loop(tree, node, loops)
            loop = node.loop
            inner = scope | {loop.variable, loop.accumulator}
            stack.extend((part, loops + 1, inner) for part in (loop.result, loop.step, loop.condition))
            children = [loop.range, loop.start]
        elif form == "table":
            _check_table(tree, node)
            children = [part for entry in node.table.entries for part in (entry.key, entry.value)]
        else:
            children = [node.select.operand]
        stack.extend([(child, loops, scope) for child in reversed(children)])
    return sorted(named)


def _check_call(
    tree: Tree, node: Any, function: str, operands: list[Any], names: Names, loops: int, works_as: WorksAs
) -> None:
    if function in _CONNECTIVES:
        return
    if function in _COMPARISONS:
        _check_choice(tree, names, operands[0], operands[1:])
        _check_choice(tree, names, operands[1], operands[:1])
    elif function == "@in":
        _check_choice(tree, names, operands[0], operands[1].list.elements)
        _check_choice(tree, names, operands[1], operands[:1])
    elif function == "_[_]":
        _check_choice(tree, names, operands[1], [entry.key for entry in operands[0].table.entries])
    elif function in LITERALS:
        _check_literal(tree, function, operands[-1], works_as)
    if function == "matches" and loops >= MAX_LOOPS:
        remedy = "Use startsWith, endsWith or contains there."
        raise _at(tree, node, "TOO_COMPLEX", "a pattern inside two loops", remedy)
    if function == "_+_" and loops and operands[0].ident.name != _COLLECTED and _joins(tree, node):
        # Joining texts inside a loop doubles them at every step: thirty short steps fill the memory.
        remedy = "Join them outside exists, all and filter."
        raise _at(tree, node, "TOO_COMPLEX", "values are joined inside a loop", remedy)


def _check_choice(tree: Tree, names: Names, subject: Any, values: Iterable[Any]) -> None:
    variable = subject.ident.name
    allowed = names.choices.get(variable)
    if allowed is None:
        return
    for value in values:
        written = _text_of(value)
        if written is not None and written not in allowed:
            meant = nearest(written, allowed)
            remedy = f"Did you mean '{meant}'?" if meant else f"It is one of: {', '.join(allowed)}."
            raise _at(tree, value, "CHOICE_VALUE", f"'{written}' is not a choice of {variable}", remedy)


def _check_literal(tree: Tree, function: str, literal: Any, works_as: WorksAs) -> None:
    what, remedy = LITERALS[function]
    written = _text_of(literal)
    if written is None:
        if function == "matches":  # a pattern from a lead would be one that an outsider chose
            raise _at(tree, literal, "BAD_LITERAL", "the pattern is not written out", "Write it in quotes.")
    elif not works_as(function, written):
        raise _at(tree, literal, "BAD_LITERAL", f"'{written}' is not {what}", remedy)


def _check_list(tree: Tree, node: Any, elements: list[Any]) -> None:
    if len(elements) > MAX_ELEMENTS:
        raise _at(tree, node, "TOO_LARGE", f"a list of {len(elements)} values", _SMALLER)
    if all(_text_of(element) is not None for element in elements):
        return
    kind = tree.types.get(node.id)
    one_kind = kind is not None and not kind.list.element.HasField("dyn")
    if not one_kind and not all(_is_number(tree, element) for element in elements):
        raise _at(tree, node, "TYPE_MISMATCH", "the list mixes values of different kinds", "Give all the same kind.")


def _check_table(tree: Tree, node: Any) -> None:
    if node.table.message:
        raise _no_such_name(tree, node, node.table.message)
    if len(node.table.entries) > MAX_ELEMENTS:
        raise _at(tree, node, "TOO_LARGE", f"a table of {len(node.table.entries)} values", _SMALLER)


def _check_loop(tree: Tree, node: Any, loops: int) -> None:
    kind = tree.types.get(node.loop.range.id)
    if kind is None or not kind.HasField("list"):
        remedy = "Go over a list: ['DE', 'AT'].exists(c, c == lead.country)."
        raise _at(tree, node, "MAP_ITERATION", "exists, all and filter do not go over a table: it has no order", remedy)
    if loops >= MAX_LOOPS:
        raise _at(tree, node, "TOO_COMPLEX", "a loop inside two loops", "Split it into several rules.")


def _no_such_name(tree: Tree, node: Any, name: str) -> Exception:
    return _at(tree, node, "UNKNOWN_NAME", f"there is no name `{name}`", "Name a field, such as lead.country.")


def _is_number(tree: Tree, node: Any) -> bool:
    kind = tree.types.get(node.id)
    return kind is not None and kind.primitive in _NUMERIC


def _joins(tree: Tree, node: Any) -> bool:
    """Whether an addition puts texts or lists together, instead of adding up numbers or times."""
    kind = tree.types.get(node.id)
    return kind is None or not (kind.primitive in _NUMERIC or kind.HasField("well_known"))


def _text_of(node: Any) -> str | None:
    if node.WhichOneof("form") == "literal" and node.literal.HasField("text"):
        return str(node.literal.text)
    return None


def _at(tree: Tree, node: Any, code: str, message: str, remedy: str) -> Exception:
    return fault(code, message, remedy, tree.text, tree.offsets.get(node.id, 0))
