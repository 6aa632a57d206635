"""What kinds of values expressions know, and how a lead's values are brought into them.

Strict on purpose: a value that is not of its field's kind is a fault of whoever stored it, never bent into shape.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum


class Kind(StrEnum):
    """What a value is. A date is the moment at which it begins in UTC."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    MOMENT = "moment"
    LIST = "list"


_NUMBERS = (int, float, Decimal)


def _text(value: object) -> str:
    if isinstance(value, str):
        return str(value)
    raise TypeError


def _integer(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63:
        return int(value)
    raise TypeError


def _number(value: object) -> float:
    if isinstance(value, _NUMBERS) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    raise TypeError


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise TypeError


def _moment(value: object) -> datetime:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC)
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time(), UTC)
    raise TypeError


def _texts(value: object) -> list[str]:
    if isinstance(value, list | tuple):
        return [_text(entry) for entry in value]
    raise TypeError


# Into what the expression library takes; `TypeError` for anything that is not of that kind.
CONVERSIONS: dict[Kind, Callable[[object], object]] = {
    Kind.TEXT: _text,
    Kind.INTEGER: _integer,
    Kind.NUMBER: _number,
    Kind.BOOLEAN: _boolean,
    Kind.MOMENT: _moment,
    Kind.LIST: _texts,
}
