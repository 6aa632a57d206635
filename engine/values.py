"""Field values: what each type accepts, and how it is kept. Used at intake and when an event brings fields."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from engine.language.definition import FieldType, LeadField
from engine.lead import Value

MAX_TEXT = 2_000
"""Characters; the longest text that a field keeps."""

MAX_NAME = 255
"""Characters of an id, a code, a person's key: of what names something."""

MAX_NOTE = 20_000
"""Characters of a note."""

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_HALF = re.compile("[\ud800-\udfff]")
"""Halves of characters have no UTF-8. Nor is there a NUL in PostgreSQL: neither can be kept, in no text."""

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
"""The dates that a field keeps. At the ends of what Python can tell, a deadline of the next day would not exist."""

_EMAIL = re.compile(r"^(?!.*=\?)[^@\s]{1,64}@[^@\s]{1,255}$")
"""Without `=?`, which mail takes for the beginning of something encoded."""

_COUNTRY = re.compile(r"^[A-Z]{2}$")
_DOMAIN = re.compile(r"^[\w-]{1,63}(\.[\w-]{1,63}){1,8}$")


def fault_of_text(text: object, longest: int, *, lines: bool = False) -> str | None:
    """What is wrong with a text from outside, before it is sent or written anywhere; None where nothing is.

    A name is one line without control characters. With `lines` it is something to read, which may have line ends and
    whatever else can be kept.
    """
    if not isinstance(text, str):
        return "must be text"
    if len(text) > longest:
        return f"is longer than {longest} characters"
    if "\x00" in text:
        return "holds a NUL character"
    if _HALF.search(text):
        return "holds half of a character (a lone surrogate)"
    if not lines and _CONTROL.search(text):
        return "holds a control character"
    return None


class BadValue(ValueError):
    """A value that its field does not accept; says what is accepted."""


def accept(spec: LeadField, raw: Any) -> Value:
    """The value as it is kept, None where nothing was said. Raises BadValue.

    Nothing is guessed: "12" is accepted for an integer because forms and files send text, "twelve" is not.
    """
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return None
    match spec.type:
        case FieldType.INTEGER:
            value: Value = _integer(raw)
        case FieldType.NUMBER | FieldType.MONEY:
            value = _number(raw)
        case FieldType.BOOLEAN:
            value = _boolean(raw)
        case FieldType.DATE:
            value = _date(raw)
        case _:
            value = _text(raw)
    if isinstance(value, int | float) and not isinstance(value, bool):
        if spec.min is not None and value < spec.min:
            raise BadValue(f"must be at least {spec.min}")
        if spec.max is not None and value > spec.max:
            raise BadValue(f"must be at most {spec.max}")
    if isinstance(value, str):
        _check_text(spec, value)
        if spec.type is FieldType.COUNTRY:
            return value.upper()
        if spec.type is FieldType.DOMAIN:
            return value.lower()
    return value


def accept_all(fields: Mapping[str, LeadField], raw: Mapping[str, Any]) -> tuple[dict[str, Value], dict[str, str]]:
    """All accepted values, and for each refused or unknown field what is wrong with it."""
    values: dict[str, Value] = {}
    wrong: dict[str, str] = {}
    for name, given in raw.items():
        spec = fields.get(name)
        if spec is None:
            wrong[name] = "is no field of this process"
            continue
        try:
            values[name] = accept(spec, given)
        except BadValue as error:
            wrong[name] = str(error)
    return values, wrong


def _check_text(spec: LeadField, value: str) -> None:
    if fault := fault_of_text(value, MAX_TEXT, lines=True):
        raise BadValue(fault)
    if spec.type is FieldType.CHOICE and value not in (spec.of or []):
        raise BadValue(f"must be one of {', '.join(spec.of or [])}")
    if spec.type is FieldType.EMAIL and not _EMAIL.match(value):
        raise BadValue("is no mail address")
    if spec.type is FieldType.COUNTRY and not _COUNTRY.match(value.upper()):
        raise BadValue("must be a country code of two letters, such as DE")
    if spec.type is FieldType.DOMAIN and not _DOMAIN.match(value):
        raise BadValue("must be a domain such as example.com")


def _integer(raw: Any) -> int:
    if isinstance(raw, bool):
        raise BadValue("must be a whole number")
    if isinstance(raw, float) and not raw.is_integer():
        raise BadValue("must be a whole number")
    try:
        value = int(raw)
    except (TypeError, ValueError, OverflowError):
        raise BadValue("must be a whole number") from None
    if abs(value) > 2**53:
        raise BadValue("is too large")
    return value


def _number(raw: Any) -> float:
    if isinstance(raw, bool):
        raise BadValue("must be a number")
    try:
        value = float(raw)
    except (TypeError, ValueError, OverflowError):
        raise BadValue("must be a number") from None
    if not math.isfinite(value):
        raise BadValue("must be a finite number")
    return value


def _boolean(raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.strip().lower() in ("true", "false", "yes", "no"):
        return raw.strip().lower() in ("true", "yes")
    raise BadValue("must be true or false")


def _date(raw: Any) -> str:
    try:
        value = date.fromisoformat(str(raw).strip())
    except ValueError:
        raise BadValue("must be a date such as 2026-12-24") from None
    if not FIRST_DAY <= value <= LAST_DAY:
        raise BadValue(f"must be a date from {FIRST_DAY} to {LAST_DAY}")
    return value.isoformat()


def _text(raw: Any) -> str:
    if isinstance(raw, bool | int | float | str):
        return str(raw).strip()
    raise BadValue("must be text")
