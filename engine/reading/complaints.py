"""The words for a value that is there but not right: code, message and remedy.

Written for sales operations: what they wrote, what may stand there, and the correction where it can be guessed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pydantic import BaseModel

from engine.reading.document import Document, NodePath, Plain
from engine.reading.faults import Fault, Wrong
from engine.reading.offers import fitting, form, keys_at, list_item_at, nearest, pattern_at, types_at
from engine.reading.scalars import shown


@dataclass(frozen=True)
class Place:
    """Where the validated part lies, and by which model."""

    model: type[BaseModel]
    document: Document
    base: NodePath

    def named(self, path: NodePath) -> str:
        """A place as authors say it: `'due'`, `entry 2 of 'then'`."""
        return _named(self.base + path)


def _named(path: NodePath) -> str:
    if not path:
        return "the file"
    return quoted(path[-1]) if isinstance(path[-1], str) else f"entry {path[-1] + 1} of {_named(path[:-1])}"


def quoted(part: str | int) -> str:
    return shown(str(part))


def complaint(fault: Fault, place: Place) -> tuple[str, str, str]:
    """Code, message and remedy for a value that is there but not right."""
    if fault.expected:
        return wrong_type(fault, place)
    if fault.allowed:
        return _not_allowed(fault, place)
    error = fault.context.get("error")
    if isinstance(error, Wrong):
        return error.code, error.message, error.remedy
    if isinstance(error, (ValueError, AssertionError)):
        return "WRONG_VALUE", str(error) or f"{place.named(fault.path)} is not right", "Correct the value"
    if fault.kind == "string_pattern_mismatch":
        return _wrong_form(fault, place)
    name, context = place.named(fault.path), fault.context
    for key, words in _LIMITS.items():
        if key in context:
            return "WRONG_VALUE", f"{name} {words.format(context[key])}, not {_size(fault)}", "Write another value"
    return "WRONG_VALUE", f"the value of {name} cannot stand here", "Write another value"


_LIMITS = {
    "ge": "must be {} or more",
    "gt": "must be more than {}",
    "le": "must be {} or less",
    "lt": "must be less than {}",
    "multiple_of": "must be a multiple of {}",
    "min_length": "must have a length of {} or more",
    "max_length": "must have a length of {} or less",
}


def _size(fault: Fault) -> str:
    return str(len(fault.given) if isinstance(fault.given, (str, list, dict)) else fault.given)


def _got(value: Plain) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {value}"
        case str():
            return f"the text {shown(value)}"
        case list():
            return "a list"
        case _:
            return "a mapping"


def wrong_type(fault: Fault, place: Place) -> tuple[str, str, str]:
    # A validator may make something else of what was written; the author is told what may be written.
    written = () if fault.about_key else types_at(place.model, fault.steps)
    expected = written if written and _TYPE_OF[type(fault.given)] not in written else fault.expected
    if "a number" in expected:
        expected = tuple(words for words in expected if words != "a whole number")
    name = f"the key {quoted(fault.path[-1])}" if fault.about_key else place.named(fault.path)
    message = f"expected {' or '.join(expected)} for {name}, got {_got(fault.given)}"
    return "WRONG_TYPE", message, _type_remedy(fault, expected, place)


_TYPE_OF = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    dict: "a mapping",
    type(None): "nothing",
}


def _type_remedy(fault: Fault, expected: tuple[str, ...], place: Place) -> str:
    given = fault.given
    if given is None:
        return "Write the value after the colon, or take the key away"
    if (other := _misspelt(fault, place)) is not None:
        return f"Did you mean '{other}'?"
    if "text" in expected and isinstance(given, (bool, int, float)):
        written = getattr(place.document.node(place.base + fault.path), "text", str(given))
        pattern = pattern_at(place.model, fault.steps)
        meant = fitting(pattern, written) if pattern and len(expected) == 1 else None
        return f"Write {meant}" if meant and meant != written else f"Put it in quotes: {shown(written)}"
    if "a mapping" in expected:
        keys = ", ".join(keys_at(place.model, fault.steps)[0])
        below = f"{_HOW_TO['a mapping']}: {keys}" if keys and len(keys) < 80 else _HOW_TO["a mapping"]
        if isinstance(fault.given, list):
            return below.replace(_HOW_TO["a mapping"], "Write keys and values, without '-' and without brackets")
        return _glued(fault, place) or below
    if expected[0] == "a list" and isinstance(given, str) and _PLAIN.fullmatch(given):
        return f"Write it as a list: [{given}]"
    wants_number = "a whole number" in expected or "a number" in expected
    if wants_number and isinstance(given, str) and given.removeprefix("-").isdecimal():
        return f"Write it without quotes: {given}"
    return _HOW_TO.get(expected[0], "Write another value")


_PLAIN = re.compile(r"[\w.%-]+")


def _misspelt(fault: Fault, place: Place) -> str | None:
    """Where any key may stand beside some that have a meaning: the one of those that was meant."""
    key = fault.path[-1] if fault.path else None
    if fault.about_key or not isinstance(key, str):
        return None
    keys = keys_at(place.model, fault.steps[:-1])[0] if fault.steps[-1].taken else []
    return nearest(key, keys) if keys and key not in keys else None


_HOW_TO = {
    "text": "Write a text",
    "a whole number": "Write a whole number, such as 3",
    "a number": "Write a number, such as 3 or 0.5",
    "true or false": "Write true or false",
    "a list": "Write it as a list: [first, second]",
    "a mapping": "Write keys and values below it, indented by two more spaces",
    "a date": "Write it in quotes as year-month-day: '2026-12-24'",
    "a time": "Write it in quotes as hours and minutes: '09:30'",
    "a date with a time": "Write it in quotes: '2026-12-24T09:30:00Z'",
    "nothing": "Take the value away",
}


def _not_allowed(fault: Fault, place: Place) -> tuple[str, str, str]:
    given, name = fault.given, place.named(fault.path)
    meant = nearest(given, list(fault.allowed)) if isinstance(given, str) else None
    got = shown(given) if isinstance(given, str) else _got(given)
    listing = listed("Allowed here", list(fault.allowed))
    message = f"{name} has no value" if given is None else f"{got} is not allowed for {name}"
    remedy = f"Did you mean '{meant}'? {listing}" if meant else listing
    item = list_item_at(place.model, fault.steps)
    if not meant and item and isinstance(given, str) and re.search(item, given):
        remedy = f"Write it as a list: [{given}]. {listing}"
    return "NOT_ALLOWED", message, _glued(fault, place) or remedy


def _glued(fault: Fault, place: Place) -> str | None:
    """`climb:silence` is one word; the author meant a key that is allowed there, and its value."""
    before, colon, after = fault.given.partition(":") if isinstance(fault.given, str) else ("", "", "")
    known = colon and after and before in keys_at(place.model, fault.steps)[1]
    return f"Put a space after the colon: {shown(f'{before}: {after}')}" if known else None


def _wrong_form(fault: Fault, place: Place) -> tuple[str, str, str]:
    pattern = str(fault.context.get("pattern", ""))
    meant, asked = fitting(pattern, fault.given), form(pattern)
    remedy = f"Write {asked}" if asked else "Write it as the others of its kind are written"
    message = f"the text {shown(fault.given)} does not have the form that {place.named(fault.path)} needs"
    if fault.about_key:
        message = f"the key {shown(fault.given)} does not have the form that keys have here"
    return "WRONG_VALUE", message, f"Did you mean '{meant}'? {remedy}" if meant else remedy


def listed(title: str, words: list[str]) -> str:
    return f"{title}: {', '.join(words)}" if words else ""
