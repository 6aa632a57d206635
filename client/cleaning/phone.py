"""Phone numbers in one way of writing, that of E.164: `+49301234567`."""

from __future__ import annotations

import re

import phonenumbers

_TYPED = re.compile(r"[\d\s()/.\-\u2010-\u2015]+")
"""What a number without its country is written with."""

_FEWEST, _MOST = 6, 15
"""Digits of a number that can be told from one that means nothing; and all that E.164 has room for."""


def phone_number(text: str, country: str | None) -> str | None:
    """The number in E.164, read as one of this country (two letters) unless it names its own with a `+`; None for what is none.

    One without any country cannot be written so: where it looks like a number it stays as it is, rather than be taken for that of
    another place. What follows it, such as an extension, is no part of E.164.
    """
    try:
        found = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException as failure:
        unknown = failure.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE
        return text if unknown and country is None and _is_national(text) else None
    if not phonenumbers.is_valid_number(found):
        return None
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)


def _is_national(text: str) -> bool:
    return bool(_TYPED.fullmatch(text)) and _FEWEST <= sum(map(str.isdigit, text)) <= _MOST
