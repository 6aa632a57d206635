"""JSON from outside, read strictly: what two readers could read in two ways, or nobody could keep, is refused with its place."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

DEEPEST = 40
"""Objects and lists within each other. Leads have one level; what form providers send has a handful."""


class NoObject(ValueError):
    """A text that is no object in JSON; says what it is instead."""


def read_object(text: str) -> dict[str, Any]:
    """An object as JSON writes it, with nothing in it that could not be kept. Raises NoObject."""
    try:
        values = json.loads(text, object_pairs_hook=_once_each, parse_constant=_no_number, parse_float=_finite)
        json.dumps(values, ensure_ascii=False).encode("utf-8")
    except NoObject:
        raise
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}" if error.lineno > 1 else f"column {error.colno}"
        raise NoObject(f"is no JSON at {where}") from None
    except RecursionError:
        raise NoObject("is no JSON that can be read: it is nested too deeply") from None
    except UnicodeEncodeError:
        raise NoObject("holds half of a character (a lone surrogate)") from None
    except ValueError:
        raise NoObject("holds a number of too many digits") from None
    if not isinstance(values, dict):
        raise NoObject("is no object")
    if _deeper_than(values, DEEPEST):
        raise NoObject("is no JSON that can be read: it is nested too deeply")
    return values


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Which of two values of one name is meant, each reader decides otherwise."""
    values = dict(pairs)
    if len(values) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise NoObject(f"has the name '{twice[:80]}' twice")
    return values


def _no_number(constant: str) -> NoReturn:
    raise NoObject(f"holds {constant}, which is no number")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise NoObject("holds a number that is too large")
    return number


def _deeper_than(values: Any, deepest: int) -> bool:
    level = [values]
    for _ in range(deepest):
        level = [
            inner
            for one in level
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True
