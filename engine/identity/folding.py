"""Values as they are compared: what does not tell two people or companies apart is folded away. Folding twice changes nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container

_LETTERS = {"ß": "ss", "æ": "ae", "ø": "oe", "œ": "oe", "đ": "d", "ł": "l", "þ": "th", "ð": "d", "ı": "i"}
_WRITTEN_OUT = re.compile(r"(?<=[aou])e+")
"""Müller is written Mueller where there is no umlaut, and Muller where nobody knows better: all three are compared as muller."""

_WORDS = re.compile(r"[^\W_]+")
_APOSTROPHES = re.compile(r"['’`´.]")

_TITLES = frozenset(("mr", "mrs", "ms", "miss", "sir", "dr", "prof", "herr", "frau", "dipl", "ing", "mag", "jr", "sr"))

_LEGAL_FORMS = frozenset(
    (
        *(
            "ab",
            "ag",
            "as",
            "asa",
            "aps",
            "bv",
            "bvba",
            "co",
            "company",
            "corp",
            "corporation",
            "doo",
            "eg",
            "ek",
            "eu",
            "ev",
        ),
        *(
            "gbr",
            "gmbh",
            "inc",
            "incorporated",
            "kft",
            "kg",
            "kgaa",
            "limited",
            "llc",
            "llp",
            "lp",
            "ltd",
            "ltda",
            "mbh",
        ),
        *(
            "nv",
            "ohg",
            "oy",
            "oyj",
            "plc",
            "pte",
            "pty",
            "pvt",
            "sa",
            "sarl",
            "sas",
            "se",
            "sl",
            "spa",
            "srl",
            "sro",
            "ug",
        ),
        *("holding", "group", "gruppe", "und", "and", "the"),
    )
)

_SECOND_LEVEL = frozenset(("ac", "co", "com", "edu", "gov", "net", "or", "org"))
"""Below which a country of two letters gives names away: example.co.uk."""

_FEWEST_DIGITS = 6


def text(value: str) -> str:
    """Small letters without accents, words parted by one blank."""
    small = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", value).casefold())
    plain = "".join(_LETTERS.get(one, one) for one in small if not unicodedata.combining(one))
    return " ".join(_WRITTEN_OUT.sub("", word) for word in _WORDS.findall(_APOSTROPHES.sub("", plain)))


def name(value: str) -> str | None:
    """A person's name without titles; `Schmidt, Anna` is Anna Schmidt."""
    last, comma, first = value.partition(",")
    words = [
        word for word in text(f"{first} {last}" if comma and first.strip() else value).split() if word not in _TITLES
    ]
    return " ".join(words) or None


def company(value: str) -> str | None:
    """A company's name without its legal form, unless that is all of it."""
    words = text(value).split()
    return " ".join([word for word in words if word not in _LEGAL_FORMS] or words) or None


def mail(value: str) -> str | None:
    """A mail address in small letters, without what its owner may add behind a plus; None for what is none."""
    box, at, host = value.strip().casefold().rpartition("@")
    box = box.partition("+")[0] or box
    return f"{box}@{host.rstrip('.')}" if at and box and host else None


def phone(value: str) -> str | None:
    """The digits of a number, with its country's code where that is written; None where they are too few to mean anybody."""
    digits = "".join(one for one in value if one.isdecimal() and one.isascii())
    if not value.strip().startswith("+"):
        digits = digits.removeprefix("00")
    digits = digits.lstrip("0")
    return digits if len(digits) >= _FEWEST_DIGITS else None


def domain(value: str, free: Container[str] = ()) -> str | None:
    """What a company has registered, of a domain, an address in the web or a mail address; None for a free-mail provider's."""
    host = re.sub(r"^[a-z][a-z0-9+.-]*://", "", value.strip().casefold()).rpartition("@")[2]
    labels = [label for label in re.split(r"[/:?#]", host, maxsplit=1)[0].split(".") if label]
    if len(labels) < 2:
        return None
    kept = 3 if len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL else 2
    registered = ".".join(labels[-kept:])
    return None if registered in free or ".".join(labels) in free else registered
