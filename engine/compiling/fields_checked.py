"""Fields as declared, by a process or an intake table: names that are free, and keys that fit what the field holds."""

from __future__ import annotations

from collections.abc import Mapping

from engine.compiling.bundle import Parsed
from engine.compiling.checking import Checker
from engine.compiling.field_references import NUMBERS
from engine.compiling.names import COMMON_FIELDS, STATE
from engine.language.definition import FieldType, LeadField
from engine.reading.document import NodePath

_FOR = {"min": NUMBERS, "max": NUMBERS, "of": (FieldType.CHOICE,), "currency": (FieldType.MONEY,)}
"""Keys of a field that say something of some types only."""


def check_fields(check: Checker, at: Parsed, fields: Mapping[str, LeadField]) -> None:
    """Report declarations that contradict themselves or what every lead has."""
    for name, spec in fields.items():
        path: NodePath = ("fields", name)
        if name in STATE:
            message, remedy = f"leadflow itself keeps '{name}' for every lead", "Give the field another name."
            check.report(at, path, "RESERVED_NAME", message, remedy, key=True)
        if name in COMMON_FIELDS:
            message, remedy = f"every lead has '{name}' without declaring it", "Leave it out, or name it otherwise."
            check.report(at, path, "RESERVED_NAME", message, remedy, key=True)
        for key, types in _FOR.items():
            if getattr(spec, key) is not None and spec.type not in types:
                message = f"'{key}' says nothing of a field of type {spec.type}"
                remedy = f"Take it away; it is for {', '.join(types)}."
                check.report(at, (*path, key), "FIELD_KEY", message, remedy, key=True)
        if spec.type is FieldType.CHOICE:
            _choice(check, at, path, name, spec.of or [])
        if spec.min is not None and spec.max is not None and spec.min > spec.max:
            message = f"no number is at least {spec.min} and at most {spec.max}"
            check.report(at, (*path, "max"), "FIELD_BOUNDS", message, "Let `max` be more than `min`.")


def _choice(check: Checker, at: Parsed, path: NodePath, name: str, values: list[str]) -> None:
    if not values:
        message, remedy = f"choice '{name}' has no values", "List them: `of: [first, second]`."
        check.report(at, path, "CHOICE_EMPTY", message, remedy, key=True)
    for number, value in enumerate(values):
        if not value.strip():
            message, remedy = "a value of a choice is empty", "Take it away: a field that is not filled in is unknown."
            check.report(at, (*path, "of", number), "CHOICE_EMPTY", message, remedy)
        elif value in values[:number]:
            message, remedy = f"'{value}' is listed twice", "Keep one of them."
            check.report(at, (*path, "of", number), "DUPLICATE_NAME", message, remedy)
