"""Values of a lead as they are compared with another's (S0.13): what does not tell two people apart is folded away. Nobody is shown
them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from client.cleaning import company, domain
from engine.identity.card import Card
from engine.language.identity import IdentityTable
from engine.lead import Value
from engine.plain_words import plain as folded

_WRITTEN_OUT = re.compile(r"(?<=[aou])e+")
"""Müller is written Mueller where there is no umlaut, and Muller where nobody knows better: all three are compared as muller."""

_TITLES = frozenset(("mr", "mrs", "ms", "miss", "sir", "dr", "prof", "herr", "frau", "dipl", "ing", "mag", "jr", "sr"))
_IN_A_NAME = re.compile(r"['’`´.]")

_FEWEST_DIGITS = 6


def card_of(table: IdentityTable, values: Mapping[str, Value]) -> Card:
    """What a lead with these values, personal ones among them, is compared by."""

    def said(fields: Collection[str] | None) -> str:
        found = (values.get(field) for field in fields or ())
        return " ".join(str(value) for value in found if value is not None)

    parts = table.parts
    email = mail(said(parts.email.from_ if parts.email else None))
    site = said(parts.domain.from_ if parts.domain else None)
    return Card(
        email=email,
        phone=phone(said(parts.phone.from_ if parts.phone else None)),
        name=name(said(parts.name.from_ if parts.name else None)),
        company=company.compared(said(parts.company.from_ if parts.company else None)) or None,
        domain=(_firms(site, table) or _firms(email, table)) if parts.domain else None,
        country=folded(said(parts.country.from_ if parts.country else None)) or None,
    )


def name(value: str) -> str | None:
    """A person's name without titles; `Schmidt, Anna` is Anna Schmidt."""
    last, comma, first = value.partition(",")
    whole = f"{first} {last}" if comma and first.strip() else value
    words = folded(_IN_A_NAME.sub("", whole)).split()
    return " ".join(_WRITTEN_OUT.sub("", word) for word in words if word not in _TITLES) or None


def mail(value: str) -> str | None:
    """A mail address in small letters, without what its owner may add behind a plus; None for what is none."""
    box, at, host = value.strip().casefold().rpartition("@")
    box = box.partition("+")[0] or box
    return f"{box}@{host.rstrip('.')}" if at and box and host else None


def phone(value: str) -> str | None:
    """The digits of a number, with its country's code where that is known; None where they are too few to mean anybody."""
    digits = "".join(one for one in value if one.isdecimal() and one.isascii()).lstrip("0")
    return digits if len(digits) >= _FEWEST_DIGITS else None


def _firms(value: str | None, table: IdentityTable) -> str | None:
    """The domain of a company: under one of a free-mail provider there may be anybody."""
    found = domain.company_domain(value)
    return found if found not in table.free_mail else None
