"""Values of a definition in words, short enough for one line and different wherever the values differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum

from pydantic import BaseModel

from engine.time.durations import Duration

NOTHING = "nothing"


def worded(value: object) -> str:
    """`3 working days`, `owner, team_leader`, `notify owner with overdue`, `reassign except earlier_owners at_most 3`."""
    match value:
        case None:
            return NOTHING
        case bool():
            return "yes" if value else "no"
        case Enum():
            return str(value.value)
        case Duration():
            return str(value)
        case BaseModel():
            return _sentence(_said(value))
        case Mapping():
            return _sentence(value) if value else NOTHING
        case str():
            return value if value else "no text"
        case Sequence():
            return ("; " if any(isinstance(one, BaseModel) for one in value) else ", ").join(
                map(worded, value)
            ) or NOTHING
        case _:
            return str(value)


def _said(value: BaseModel) -> Mapping[str, object]:
    """By the names in the file, without what is left out or empty."""
    fields = type(value).model_fields
    said = {spec.alias or name: getattr(value, name) for name, spec in fields.items()}
    said |= value.model_extra or {}
    return {name: one for name, one in said.items() if one is not None and one not in ([], {})}


def _sentence(said: Mapping[str, object]) -> str:
    parts = []
    for name, value in said.items():
        inner = isinstance(value, BaseModel | Mapping)
        parts.append(f"{name} ({worded(value)})" if inner else f"{name} {worded(value)}")
    return " ".join(parts)


def ordinal(place: int) -> str:
    """Of a place that counts from 0: `1st`, `2nd`, `11th`."""
    number = place + 1
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
