"""What an unquoted YAML word means.

Two versions of YAML are in use, and readers differ: `no` is a word to one and false to another, `17:00` is 1020,
`017` is 15. A definition must mean the same to whoever reads it, so what two readers take differently is refused
(B.1, C.5). The rest needs few rules: null, true, false, whole numbers, decimal fractions, and text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

Scalar: TypeAlias = str | int | float | bool | None

MOST_DIGITS = 15
"""Up to here a number is exact in every reader, JSON's included. Longer ones are identifiers and belong in quotes."""

_WORDS: dict[str, Scalar] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_BOOLEAN_TO_SOME = frozenset({"yes", "no", "on", "off", "y", "n"})

_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]*)")
_FRACTION = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+")
# To YAML 1.1 10:00 is a number and 09:00 is not; an author cannot be asked to know where that begins.
_TIME = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-9]{1,2})+(?:\.[0-9_]*)?")
_DATE = re.compile(
    r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
    r"(?:(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::?[0-9]{2})?))?)?"
)
_LIKE_A_NUMBER = re.compile(
    r"[-+]?(?:0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+"
    r"|(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][-+]?[0-9]+)?"
    r"|\.(?:inf|Inf|INF|nan|NaN|NAN))"
)


@dataclass(frozen=True)
class Doubt:
    """Why an unquoted word is refused: code, message and remedy of the finding."""

    code: str
    message: str
    remedy: str


def shown(text: str) -> str:
    """Text from a file as messages show it: in quotes, on one line, not longer than a glance."""
    line = " ".join(text.split())
    return f"'{line if len(line) <= 40 else line[:39] + '…'}'"


def meaning(text: str) -> Scalar | Doubt:
    """The value of an unquoted scalar, or the doubt for which it is refused. Never raises."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "0123456789+-.":
        return text if text.lower() not in _BOOLEAN_TO_SOME else _boolean(text)
    whole = _WHOLE.fullmatch(text)
    if whole or _FRACTION.fullmatch(text):
        if sum(map(str.isdigit, text)) > MOST_DIGITS:
            return Doubt(
                "TOO_LARGE",
                f"the number {shown(text)} has more than {MOST_DIGITS} digits",
                "Put it in quotes if it is an identifier, or round it",
            )
        return int(text) if whole else float(text)
    return _number_or_time(text) or text


def _boolean(text: str) -> Doubt:
    return Doubt(
        "AMBIGUOUS_BOOLEAN",
        f"{shown(text)} without quotes is a word to some readers and true or false to others",
        f"Write true or false, or put it in quotes: {shown(text)}",
    )


def _number_or_time(text: str) -> Doubt | None:
    if _TIME.fullmatch(text):
        message = f"{shown(text)} without quotes is a time to some readers and a number of seconds or minutes to others"
        return Doubt("AMBIGUOUS_TIME", message, f"Put it in quotes: {shown(text)}")
    if _DATE.fullmatch(text):
        message = f"{shown(text)} without quotes is text to some readers and a date with its own time zone to others"
        return Doubt("AMBIGUOUS_DATE", message, f"Put it in quotes: {shown(text)}")
    if _LIKE_A_NUMBER.fullmatch(text):
        plain = text.replace("_", "").lstrip("+")
        plain = re.sub(r"^(-?)0+(?=[0-9])", r"\1", plain)
        example = plain if _WHOLE.fullmatch(plain) or _FRACTION.fullmatch(plain) else "such as 1000 or 0.5"
        message = f"{shown(text)} without quotes is not the same number to all readers"
        remedy = f"Write a plain number, {example}, or put it in quotes: {shown(text)}"
        return Doubt("AMBIGUOUS_NUMBER", message, remedy)
    return None
