"""What a model offers an author at one place of a document: the keys allowed there, and the form of a text.

Asked of the model's JSON Schema, the same that editors complete from, so that findings and editors never disagree.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic.errors import PydanticUserError

Schema = dict[str, Any]


class Step(NamedTuple):
    """One part of pydantic's way to an error. If not `taken`, it is no key but names a branch of a union."""

    taken: bool
    part: str | int


def keys_at(model: type[BaseModel], steps: tuple[Step, ...]) -> tuple[list[str], list[str]]:
    """The keys of the mapping at `steps`: of the branch that `steps` ends in, and of all. None where any may stand."""
    return _properties(_schemas_at(model, steps)), _properties(_schemas_at(model, _outside(steps)))


_TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
}


def types_at(model: type[BaseModel], steps: tuple[Step, ...]) -> tuple[str, ...]:
    """What an author may write at `steps`, in words; nothing where types alone do not say it (dates, single words)."""
    schemas = [schema for _, schema in _schemas_at(model, _outside(steps))]
    types = dict.fromkeys(_TYPES[schema["type"]] for schema in schemas if schema.get("type") in _TYPES)
    return () if any(schema.keys() & {"format", "enum", "const"} for schema in schemas) else tuple(types)


def pattern_at(model: type[BaseModel], steps: tuple[Step, ...]) -> str | None:
    """The form that a text at `steps` must have, where there is exactly one."""
    patterns = {schema["pattern"] for _, schema in _schemas_at(model, steps) if "pattern" in schema}
    return patterns.pop() if len(patterns) == 1 else None


def list_item_at(model: type[BaseModel], steps: tuple[Step, ...]) -> str | None:
    """The form of each text in the list that may stand at `steps`, where a list of plain texts may."""
    lists = [schema for _, schema in _schemas_at(model, _outside(steps)) if schema.get("type") == "array"]
    return next((items["pattern"] for schema in lists if "pattern" in (items := schema.get("items", {}))), None)


def nearest(written: str, allowed: list[str]) -> str | None:
    """The allowed word that an author most likely meant."""
    words = {_normal(word): word for word in reversed(allowed)}
    close = get_close_matches(_normal(written), words, n=1, cutoff=0.6)
    return words[close[0]] if close else None


def fitting(pattern: str, written: str) -> str | None:
    """`written` with the smallest change that gives it the form asked for, if a usual one does."""
    tries = (
        *(_normal(written), written + "%", written.upper(), written.strip(), f"lead.{written}"),
        _SHARE.sub(lambda share: f"{float(share[0]) * 100:g}%", written),
        _SHORT_HOUR.sub(r"0\1:", written),
        _LONG_DAY.sub(r"\1", written.strip().lower()),
    )
    return next((text for text in tries if re.search(pattern, text)), None)


_SHARE = re.compile(r"^(?:0\.[0-9]+|1\.0+)$")
_SHORT_HOUR = re.compile(r"(?<![0-9])([0-9]):")
_LONG_DAY = re.compile(r"\b(mon|tue|wed|thu|fri|sat|sun)[a-z]*")


_LIKE = {
    "80%": "a share from 0% to 100%, such as 80%",
    "09:00-17:00": "hours as 09:00-17:00, or several spans as 09:00-12:00, 13:00-17:00",
    "mon-fri": "a day as mon, tue, wed, thu, fri, sat or sun, or a range of days as mon-fri",
    "2026-12-24": "a day as 2026-12-24",
    "EUR": "three capital letters, such as EUR",
}
"""A text of each form that is no plain one, and how to say that form."""

_NAME = re.compile(r"\[a-z\]\[a-z0-9_\](?:\*|\{0,\d+\})")


def form(pattern: str) -> str | None:
    """A pattern in words, where it is plain enough: names, dots and alternatives; or where a well-known text fits it."""
    plain = _NAME.sub("NAME", pattern).removeprefix("^").removesuffix("$").replace(r"\.", ".").replace("(.NAME)*", "")
    if re.fullmatch(r"\((?:[^()]|\([^()]*\))*\)", plain):
        plain = plain[1:-1]
    if re.search(r"[\[\]{}\\*+?^$]", plain):
        return next((words for like, words in _LIKE.items() if re.search(pattern, like)), None)
    if plain == "NAME":
        return "a name of small letters, digits and underscores that begins with a letter"
    return plain.replace("|", " | ")


def _normal(word: str) -> str:
    return re.sub(r"[\s-]+", "_", word.strip().lower())


@lru_cache(maxsize=64)
def _schema(model: type[BaseModel]) -> Schema:
    try:
        return model.model_json_schema()
    except PydanticUserError:  # some type has no JSON Schema: findings then go without suggestions
        return {}


def _outside(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The way to the value itself, before any branch of its union is chosen."""
    end = len(steps)
    while end and not steps[end - 1].taken:
        end -= 1
    return steps[:end]


_Named = tuple[str, Schema]


def _schemas_at(model: type[BaseModel], steps: tuple[Step, ...]) -> list[_Named]:
    root = _schema(model)
    here = _alternatives("", root, root)
    for taken, part in steps:
        if taken:
            children = [child for _, schema in here for child in _children(schema, part)]
            here = [inner for child in children for inner in _alternatives("", child, root)]
        else:
            # A branch is called like its model or, where keys tell the kind, like the key that tells.
            here = [named for named in here if named[0] == part or part in named[1].get("required", ())] or here
    return here


def _alternatives(name: str, schema: Schema, root: Schema) -> list[_Named]:
    """The schema itself, or every branch of the unions it consists of; each with the name of its model."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return _alternatives(name, root.get("$defs", {}).get(name, {}), root)
    branches = [branch for union in ("anyOf", "oneOf", "allOf") for branch in schema.get(union, ())]
    if branches:
        return [inner for branch in branches for inner in _alternatives(name, branch, root)]
    return [(name, schema)]


def _children(schema: Schema, part: str | int) -> list[Schema]:
    found = [schema.get("items")] if isinstance(part, int) else [schema.get("properties", {}).get(part)]
    if found == [None] and isinstance(part, str):
        found = [*schema.get("patternProperties", {}).values(), schema.get("additionalProperties")]
    return [child for child in found if isinstance(child, dict)]


def _properties(schemas: list[_Named]) -> list[str]:
    return list(dict.fromkeys(key for _, schema in schemas for key in schema.get("properties", ())))
