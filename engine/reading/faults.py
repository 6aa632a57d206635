"""pydantic's errors, told apart: which of them stand for a mistake, and where in the file each lies.

For a value that may take several forms pydantic reports once for each form, and puts the form's name into the way
to the error as if it were a key. `mistakes` takes both apart and keeps, of each such value, the form that its
author most likely meant.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic_core import ErrorDetails

from engine.reading.document import NodePath
from engine.reading.offers import Step


class Wrong(ValueError):
    """Raised by a validator of ours for a value of the right type that makes no sense: a finding with this code."""

    def __init__(self, code: str, message: str, remedy: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.remedy = remedy


def wrong(code: str, message: str, remedy: str) -> Wrong:
    """For a validator to raise. Code in UPPER_SNAKE; message in lower case, no full stop; remedy as one sentence."""
    return Wrong(code, message, remedy)


@dataclass(frozen=True)
class Fault:
    """One error of pydantic's: the way to it, what stands there (or the key), what could have stood there."""

    kind: str
    steps: tuple[Step, ...]
    given: Any
    context: Mapping[str, Any]
    expected: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()

    @property
    def path(self) -> NodePath:
        return tuple(step.part for step in self.steps if step.taken)

    @property
    def about_key(self) -> bool:
        """Whether the key is wrong, not its value."""
        return self.steps[-1:] == (Step(False, "[key]"),)

    def below(self, depth: int) -> int:
        """How many levels of the file lie between `depth` steps and the fault."""
        return sum(step.taken for step in self.steps[depth:])


_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "decimal_type": "a number",
    "decimal_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "dataclass_type": "a mapping",
    "model_attributes_type": "a mapping",
    "date_type": "a date",
    "date_parsing": "a date",
    "date_from_datetime_parsing": "a date",
    "time_type": "a time",
    "time_parsing": "a time",
    "datetime_type": "a date with a time",
    "datetime_parsing": "a date with a time",
    "datetime_from_date_parsing": "a date with a time",
    "none_required": "nothing",
}
_CHOICES = ("literal_error", "enum", "union_tag_invalid")


def mistakes(errors: list[ErrorDetails], data: Any) -> list[Fault]:
    """One fault for each mistake in `data`, which is what was validated, as JSON has it."""
    return _settle([_fault(error, data) for error in errors], 0)


def _fault(detail: ErrorDetails, data: Any) -> Fault:
    kind, loc = detail["type"], detail["loc"]
    context: Mapping[str, Any] = detail.get("ctx", {})
    way, absent = (loc[:-1], loc[-1:]) if kind == "missing" else (loc, ())
    steps, given = _follow(data, way, detail["input"])
    steps += tuple(Step(True, key) for key in absent)
    if loc[-1:] == ("[key]",):
        given = detail["input"]
    if kind == "union_tag_invalid":
        tag = str(context["discriminator"]).strip("'")
        if _holds(given, tag):
            steps, given = (*steps, Step(True, tag)), given[tag]
    expected = (_EXPECTED[kind],) if kind in _EXPECTED else ()
    allowed = _words(str(context.get("expected") or context.get("expected_tags"))) if kind in _CHOICES else ()
    return Fault(kind, steps, given, context, expected, allowed)


def _words(listing: str) -> tuple[str, ...]:
    """pydantic lists what it allows as `'a', 'b' or 'c'`; numbers without quotes."""
    return tuple(re.findall(r"'([^']*)'", listing) or re.split(", | or ", listing))


def _follow(data: Any, loc: tuple[int | str, ...], given: Any) -> tuple[tuple[Step, ...], Any]:
    """The way to an error, and the value that the author wrote there.

    Tells the keys in `loc` from the names of union branches between them.
    A branch may be called like a key. Of all ways to follow `loc` the best is the one that ends at the value pydantic
    complains of, and among those the one that takes the most parts for keys.
    """
    known: dict[tuple[int, int], tuple[bool, int, tuple[Step, ...], Any]] = {}

    def best(value: Any, at: int) -> tuple[bool, int, tuple[Step, ...], Any]:
        if at == len(loc):
            return type(value) is type(given) and value == given, 0, (), value
        if (id(value), at) not in known:
            matches, taken, rest, end = best(value, at + 1)
            way = (matches, taken, (Step(False, loc[at]), *rest), end)
            if _holds(value, loc[at]):
                matches, taken, rest, end = best(value[loc[at]], at + 1)
                way = max((matches, taken + 1, (Step(True, loc[at]), *rest), end), way, key=lambda found: found[:2])
            known[id(value), at] = way
        return known[id(value), at]

    return best(data, 0)[2:]


def _holds(value: Any, part: int | str) -> bool:
    if isinstance(value, list):
        return isinstance(part, int) and part < len(value)
    return isinstance(value, dict) and part in value


# --- one mistake, one fault ------------------------------------------------------------------------------------------


def _settle(faults: list[Fault], depth: int) -> list[Fault]:
    """Of the branches of each union, keeps the one that the author most likely meant."""
    ends: list[Fault] = []
    groups: dict[Step, list[Fault]] = {}
    for fault in faults:
        if len(fault.steps) == depth:
            ends.append(fault)
        else:
            groups.setdefault(fault.steps[depth], []).append(fault)
    settled = {step: _settle(group, depth + 1) for step, group in groups.items()}
    branches = [group for step, group in settled.items() if not step.taken]
    keys = [fault for step, group in settled.items() if step.taken for fault in group]
    return ends + keys + _likeliest(branches, depth)


def _likeliest(branches: list[list[Fault]], depth: int) -> list[Fault]:
    if len(branches) < 2:
        return [fault for branch in branches for fault in branch]
    if all(len(branch) == 1 and branch[0].expected and not branch[0].below(depth) for branch in branches):
        expected = tuple(dict.fromkeys(words for branch in branches for words in branch[0].expected))
        return [replace(branches[0][0], expected=expected)]
    return min(branches, key=lambda branch: _misfit(branch, depth))


def _misfit(branch: list[Fault], depth: int) -> tuple[int, ...]:
    """How badly a branch fits. Wrong as a whole is worst, then naming another kind, then not knowing a key."""
    whole = [fault for fault in branch if not fault.below(depth)]
    first = [fault for fault in branch if fault.below(depth) == 1]
    return (
        sum(bool(fault.expected) or (bool(fault.allowed) and isinstance(fault.given, (dict, list))) for fault in whole),
        sum(len(fault.allowed) == 1 for fault in first),
        sum(fault.kind == "extra_forbidden" for fault in first),
        sum(bool(fault.allowed) for fault in whole),
        -max(fault.below(depth) for fault in branch),
        len(branch),
    )
