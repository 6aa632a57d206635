"""Places in the body of a webhook: `contact.email`, `items[0].name`, `answers[field.ref=email].text`.

A part in brackets chooses from a list: by its number, counted from 0, or the first item that has this value there. A key that is
written exactly like the place, as forms have it (`contact[email]`), is found first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import StringConstraints

from client.mapping import said

Place = Annotated[str, StringConstraints(min_length=1, max_length=300)]

_PART = re.compile(r"(?P<key>[^.\[\]]+)(?P<picks>(?:\[[^\[\]]+\])*)(?:\.|$)")
_PICK = re.compile(r"\[([^\[\]]+)\]")


def fault_of_place(place: str) -> str | None:
    """What is wrong with how a place is written."""
    at = 0
    while at < len(place):
        found = _PART.match(place, at)
        if found is None:
            return f"'{place}' is no place in a body"
        at = found.end()
    return f"'{place}' is no place in a body: it ends with a full stop" if place.endswith(".") else None


def found_at(body: Any, place: str) -> Any:
    """What stands there; None where nothing does."""
    if isinstance(body, Mapping) and place in body:
        return body[place]
    for part in _PART.finditer(place):
        body = body.get(part["key"]) if isinstance(body, Mapping) else None
        for pick in _PICK.findall(part["picks"]):
            body = _picked(body, pick)
    return body


def _picked(items: Any, pick: str) -> Any:
    if not isinstance(items, list):
        return None
    name, equals, value = pick.partition("=")
    if equals:
        return next((item for item in items if said(found_at(item, name.strip())) == value.strip()), None)
    return items[int(pick)] if pick.isdecimal() and len(pick) < 10 and int(pick) < len(items) else None
