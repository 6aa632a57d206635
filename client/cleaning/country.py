"""Countries by the names that people give them, as the two letters of ISO 3166."""

from __future__ import annotations

import gettext
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import pycountry

from engine.plain_words import plain

_ALSO: Mapping[str, str] = {
    "uk": "GB",
    "great britain": "GB",
    "grossbritannien": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
    "u s": "US",
    "u s a": "US",
    "united states of america": "US",
    "holland": "NL",
    "russia": "RU",
    "south korea": "KR",
    "czech republic": "CZ",
    "turkey": "TR",
    "ivory coast": "CI",
    "macedonia": "MK",
    "uae": "AE",
    "brd": "DE",
}
"""What people write and ISO does not."""

_EITHER = frozenset({"congo", "korea", "guyana", "samoa"})
"""Names of more than one: in some language, or in careless use."""

_LANGUAGES = """
    ar bg ca cs da de el es et eu fa fi fr ga he hi hr hu id is it ja ko lt lv nb nl pl pt pt_BR ro ru sk sl sr sv th tr uk vi
    zh_CN zh_TW
"""


def country_code(text: str) -> str | None:
    """`DE` for DE, deu, Germany, Deutschland, Allemagne; None for what is no country, or could be more than one."""
    name = plain(text)
    if not name or name in _EITHER:
        return None
    if name in _ALSO:
        return _ALSO[name]
    return _codes().get(name) or _english().get(name) or _native().get(name)


@cache
def _codes() -> Mapping[str, str]:
    return {code.lower(): one.alpha_2 for one in _countries() for code in (one.alpha_2, one.alpha_3)}


@cache
def _english() -> Mapping[str, str]:
    return _unambiguous((plain(name), one.alpha_2) for one in _countries() for name in _names(one))


@cache
def _native() -> Mapping[str, str]:
    """By the names in the languages that our customers are likely to write; read when the first one is asked for."""
    books = [
        gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language], fallback=True)
        for language in _LANGUAGES.split()
    ]
    return _unambiguous(
        (plain(book.gettext(name)), one.alpha_2) for book in books for one in _countries() for name in _names(one)
    )


def _unambiguous(pairs: Iterator[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for name, code in pairs:
        found.setdefault(name, set()).add(code)
    return {name: next(iter(codes)) for name, codes in found.items() if name and len(codes) == 1}


def _countries() -> list[Any]:
    return list(pycountry.countries)


def _names(country: Any) -> set[str]:
    more = (getattr(country, name, None) for name in ("official_name", "common_name"))
    return {country.name, *(name for name in more if name)}
