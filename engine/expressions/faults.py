"""What is wrong with an expression, in the words of the person who wrote it.

The CEL library speaks of overloads, undeclared references and token recognition. Here its complaints become one
`ExpressionError` each: a stable code, a sentence in sales operations' words, a way to mend it, and the place. Codes:

    SYNTAX           it cannot be read at all
    UNKNOWN_FIELD    `lead.x` or `known.x` names no field of this definition
    PERSONAL_FIELD   `lead.x` names a field that holds personal data, which expressions may not read
    UNKNOWN_NAME     any other name or function that does not exist
    TYPE_MISMATCH    a whole number compared with text, and the like
    NOT_A_CONDITION  it is right in itself, but yields another kind of value than its place needs
    CHOICE_VALUE     a choice field is compared with a value that is not among its choices
    BAD_LITERAL      a duration, moment, time zone or pattern is written in a form that never works
    MAP_ITERATION    exists, all or filter over a table `{...}`, whose order is not defined
    TOO_LARGE        too long a text or list
    TOO_COMPLEX      nested too deeply
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from engine.errors import ExpressionError

_COMPLAINT = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): (.*?)(?=\n \||\nERROR: | \[[A-Z_]+\]$|$)", re.DOTALL)
_TOO_DEEP = re.compile(r"^CANCELLED: Expression recursion|ERROR: <input>:-1:-1: Exceeded max recursion")
_UNDECLARED = re.compile(r"undeclared reference to '([^']*)'")
_OVERLOAD = re.compile(r"found no matching overload for '([^']*)' applied to '\((.*)\)'", re.DOTALL)
_NO_PARTS = re.compile(r"expression of type '([^']*)' cannot be")

_WORDS = {
    "int": "a whole number",
    "double": "a number",
    "string": "text",
    "bool": "yes or no",
    "google.protobuf.Timestamp": "a moment",
    "google.protobuf.Duration": "a duration",
    "null_type": "null",
    "uint": "an unsigned number",
    "bytes": "bytes",
    "dyn": "a mixed value",
}

_INSTEAD = {
    "has": "Write known.<field> to ask whether a field is filled in.",
    "map": "Use exists, all, exists_one or filter.",
    "len": "Write size(...).",
    "now": "Write `now` without parentheses.",
    "today": "Write `now`.",
    "dyn": "Compare values of the same kind.",
    "type": "Every field has the kind its definition gives it.",
    "lead": "Name one of its fields, such as `lead.country`.",
    "known": "Name a field, such as `known.email`.",
    "True": "Write true.",
    "False": "Write false.",
    "None": "Write known.<field> to ask whether a field is filled in.",
}

_READABLE_INSTEAD = (
    (re.compile(r"(?<![=!<>])=(?![=])"), "Write == to compare."),
    (re.compile(r"\b(and|or|not)\b", re.IGNORECASE), "Write && for and, || for or, ! for not."),
    (re.compile(r"[‘’“”„‚`]"), "Write text in plain quotes: 'enterprise'."),
    (re.compile(r"<>"), "Write != for not equal."),
    (re.compile(r"\bnot in\b|!in\b"), "Write !(lead.country in ['DE', 'AT'])."),
)


@dataclass(frozen=True)
class Names:
    """What an expression may name. `choices` maps a variable as it is written, `lead.segment`, to the values it may
    have."""

    fields: frozenset[str]
    known: frozenset[str]
    plain: frozenset[str]
    functions: frozenset[str]
    choices: Mapping[str, tuple[str, ...]]


def place(text: str, offset: int) -> tuple[int, int]:
    """Line and column, both from 1, of a character of the expression."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def fault(code: str, message: str, remedy: str, text: str, offset: int) -> ExpressionError:
    line, column = place(text, offset)
    return ExpressionError(code, message, remedy, line, column)


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The name that was probably meant. Sorted first, so that ties fall the same way in every process."""
    found = get_close_matches(name, sorted(candidates), n=1, cutoff=0.6)
    return found[0] if found else None


def explain(complaint: str, text: str, names: Names) -> ExpressionError:
    """Turns what the library raised for `text` into one error: the first complaint, unless a later one says more."""
    if _TOO_DEEP.search(complaint):
        return ExpressionError("TOO_COMPLEX", "the expression is nested too deeply", "Split it into several rules.")
    found = [(int(line), int(column), said) for line, column, said in _COMPLAINT.findall(complaint)]
    if not found:
        return ExpressionError("SYNTAX", "the expression cannot be read", "Write a condition such as lead.score >= 12.")
    line, column, said = next((entry for entry in found if _telling(entry[2])), found[0])
    offset = _offset(text, line, column)
    if undeclared := _UNDECLARED.search(said):
        return _unknown(undeclared[1], text, offset, names)
    if overload := _OVERLOAD.search(said):
        return _mismatch(overload[1], _arguments(overload[2]), text, offset)
    if parts := _NO_PARTS.search(said):
        return fault("TYPE_MISMATCH", f"{_in_words(parts[1])} has no parts", "Name the field alone.", text, offset)
    return _unreadable(said, text, offset)


def kind_in_words(cel_name: str) -> str:
    """The library's name of a result type (`STRING`, `LIST<STRING>`) in words."""
    spelled = {"TIMESTAMP": "google.protobuf.Timestamp", "DURATION": "google.protobuf.Duration", "NULL": "null_type"}
    inner = re.fullmatch(r"LIST<(\w+)>", cel_name)
    name = inner[1] if inner else cel_name
    kind = spelled.get(name, name.lower())
    return _in_words(f"list({kind})" if inner else kind)


def _telling(said: str) -> bool:
    # `lead.tags.map(t, t)` first complains of `t`, which is only unknown because `map` is.
    undeclared = _UNDECLARED.search(said)
    return undeclared is not None and undeclared[1] in _INSTEAD


def _offset(text: str, line: int, column: int) -> int:
    lines = text.split("\n")
    if not 1 <= line <= len(lines):
        return 0
    return sum(len(each) + 1 for each in lines[: line - 1]) + max(column - 1, 0)


def _unknown(name: str, text: str, offset: int, names: Names) -> ExpressionError:
    head, _, rest = name.partition(".")
    if head in ("lead", "known") and rest:
        field = rest.split(".")[0]
        return _unknown_field(head, field, text, _start(text, offset, rf"\b{head}\s*\.\s*{re.escape(field)}\b"), names)
    at = _start(text, offset, rf"(?<!\w){re.escape(name)}\b")
    called = re.match(r"\s*\(", text[at + len(name) :]) is not None
    if name in _INSTEAD:
        remedy = _INSTEAD[name]
    elif not called and name in names.fields:
        remedy = f"Write lead.{name}."
    elif meant := nearest(name, names.functions if called else names.plain | names.fields):
        meant = f"lead.{meant}" if not called and meant not in names.plain else meant
        remedy = f"Did you mean {meant}?"
    elif called:
        remedy = "There are size, contains, startsWith, endsWith, matches, exists, all, filter, duration, timestamp."
    else:
        remedy = f"Put text in quotes; there are lead, known, {', '.join(sorted(names.plain))}."
    what = "function" if called else "name"
    return fault("UNKNOWN_NAME", f"there is no {what} `{name}`", remedy, text, at)


def _unknown_field(head: str, field: str, text: str, at: int, names: Names) -> ExpressionError:
    if head == "lead" and field in names.known and field not in names.fields:
        return fault(
            "PERSONAL_FIELD",
            f"`lead.{field}` may not be read here",
            f"Personal fields are not readable in expressions; use known.{field}.",
            text,
            at,
        )
    meant = nearest(field, names.fields if head == "lead" else names.known)
    remedy = f"Did you mean {head}.{meant}?" if meant else "Add it to the definition's fields, or name another."
    return fault("UNKNOWN_FIELD", f"there is no field `{head}.{field}`", remedy, text, at)


def _start(text: str, offset: int, pattern: str) -> int:
    # The library points at a dot or a parenthesis; people look for the name.
    spans = [match.span() for match in re.finditer(pattern, text)]
    return next((start for start, end in spans if start <= offset <= end), offset)


def _mismatch(operator: str, kinds: list[str], text: str, offset: int) -> ExpressionError:
    words = " and ".join(_in_words(kind) for kind in kinds)
    if operator == "_?_:_":
        condition, met, otherwise = (_in_words(kind) for kind in kinds)
        shown, words = "? :", f"a condition that is {condition}, then {met} or {otherwise}"
    elif operator == "_[_]":
        shown = "[ ]"
    else:
        shown = "in" if operator == "@in" else operator.strip("_")
    return fault("TYPE_MISMATCH", f"`{shown}` does not take {words}", _mend(operator, kinds), text, offset)


def _mend(operator: str, kinds: list[str]) -> str:
    if "null_type" in kinds:
        return "Write known.<field> or !known.<field> to ask whether a field is filled in."
    if operator in ("_&&_", "_||_", "!_") or (operator == "_?_:_" and kinds[0] != "bool"):
        return "Each part must be a condition, such as lead.score >= 12."
    if {"int", "double"} <= {kind.removeprefix("list(").rstrip(")") for kind in kinds}:
        return "Write 1.0 instead of 1, use a whole number on both sides, or convert a field: double(lead.score)."
    if "google.protobuf.Timestamp" in kinds:
        return "Compare with a moment: now, now - duration('48h'), timestamp('2026-01-31T00:00:00Z')."
    if "string" in kinds and ("int" in kinds or "double" in kinds):
        return "Numbers are written without quotes, text with them."
    if "string" in kinds and "bool" in kinds:
        return "Yes and no are written true and false, without quotes."
    return "Both sides must be of the same kind."


def _arguments(listed: str) -> list[str]:
    """`int, list(string)` -> [`int`, `list(string)`]. What a method is called on comes first."""
    arguments, depth, current = [], 0, ""
    for character in listed:
        depth += (character in "(<") - (character in ")>")
        if character == "," and depth == 0:
            arguments.append(current.strip())
            current = ""
        else:
            current += character
    return [*arguments, current.strip()]


def _in_words(kind: str) -> str:
    if kind in _WORDS:
        return _WORDS[kind]
    if kind.startswith("list("):
        return f"a list with {_in_words(kind[5:-1])} in it"
    return "a table" if kind.startswith("map(") else f"`{kind}`"


def _unreadable(said: str, text: str, offset: int) -> ExpressionError:
    rest = text[offset:].strip()
    if not text.strip():
        return ExpressionError("SYNTAX", "the expression is empty", "Write a condition such as lead.score >= 12.")
    if not said.startswith("Syntax error"):
        message = f"the expression cannot be read: {said.splitlines()[0]}"
        return fault("SYNTAX", message, "Write it in a plainer way.", text, offset)
    if not rest or "<EOF>' expecting" in said:
        remedy = "Complete it, and close every quote and parenthesis."
        return fault("SYNTAX", "the expression ends too early", remedy, text, offset)
    outside_quotes = re.sub(r"'[^'\n]*'|\"[^\"\n]*\"", "''", text)
    remedy = next((hint for pattern, hint in _READABLE_INSTEAD if pattern.search(outside_quotes)), "")
    if not remedy and rest[0] in "'\"":
        remedy = "Close the quote."
    remedy = remedy or "Write a condition such as lead.country in ['DE', 'AT'] && lead.score >= 12."
    return fault("SYNTAX", f"the expression cannot be read from `{rest.splitlines()[0][:20]}` on", remedy, text, offset)
