"""Clean at the door: what was sent, as it is kept, and what it was where that is not the same (S0.11).

    clean(values, fields, names) -> Cleaned

Data in, data out; the database is not asked, nor the network. What is typed is mended where it can only mean one thing; nothing is
guessed. A mail address or phone number that is none is taken away, unknown rather than wrong; all else that does not fit its field is
left for the field to refuse.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from client.cleaning.country import country_code
from client.cleaning.domain import company_domain, domain_of
from client.cleaning.mail import mail_address
from client.cleaning.names import NO_NAMES as NO_NAMES
from client.cleaning.names import Names as Names
from client.cleaning.phone import phone_number
from client.cleaning.text import mended, unquoted
from engine.language.definition import FieldType, LeadField
from engine.plain_words import plain
from engine.values import MAX_TEXT, BadValue, accept, fault_of_text

_CONTACT = (FieldType.EMAIL, FieldType.PHONE)
_FREE_TEXT = 255
"""Characters from which on a text is something to read, whose quotes are its own."""


@dataclass(frozen=True, slots=True)
class Cleaned:
    """`raw` has what was sent of every field that is kept otherwise, or not at all; it may be personal. `invalid` names the contact
    fields that held no address or number: they are unknown now."""

    values: dict[str, Any]
    raw: dict[str, str]
    invalid: tuple[str, ...] = ()


def clean(values: Mapping[str, Any], fields: Mapping[str, LeadField], names: Names = NO_NAMES) -> Cleaned:
    """Of values by field. Done again, it changes nothing."""
    country = _country_of(values, fields, names)
    kept: dict[str, Any] = {}
    raw: dict[str, str] = {}
    invalid: list[str] = []
    for name, sent in values.items():
        spec = fields.get(name)
        text = _text(sent, spec)
        if spec is None or text is None:
            kept[name] = sent
            continue
        value = _cleaned(name, text, spec, country, names)
        if spec.type in _CONTACT and mended(text) and not _fits(spec, value):
            value = None
            invalid.append(name)
        if value == text.strip():
            kept[name] = sent
        else:
            kept[name] = value
            raw[name] = text
    if (domain := _domain_of(kept, fields)) is not None:
        kept.update(domain)
    kind = names.kinds.get(str(kept.get("source")))
    if kind is not None and "kind" in fields and values.get("kind") in (None, ""):
        kept["kind"] = kind
    return Cleaned(kept, raw, tuple(invalid))


def _text(sent: Any, spec: LeadField | None) -> str | None:
    """What is text, or for a contact field may be meant as such; None for what there is nothing to clean of, and for what cannot
    be kept at all."""
    if spec is not None and spec.type in _CONTACT and isinstance(sent, bool | int | float):
        sent = str(sent)
    if not isinstance(sent, str) or fault_of_text(sent, MAX_TEXT, lines=True) is not None:
        return None
    return sent


def _cleaned(name: str, text: str, spec: LeadField, country: str | None, names: Names) -> str | None:
    whole = mended(text)
    if len(whole) <= _FREE_TEXT and "\n" not in whole:
        whole = unquoted(whole)
    match spec.type:
        case FieldType.EMAIL:
            return mail_address(whole) if whole else ""
        case FieldType.PHONE:
            return phone_number(whole, country) if whole else ""
        case FieldType.COUNTRY:
            return names.countries.get(plain(whole)) or country_code(whole) or whole
        case FieldType.DOMAIN:
            return domain_of(whole) or whole
        case FieldType.CHOICE:
            return _choice(whole, spec.of or [])
        case FieldType.TEXT if name == "source":
            return names.sources.get(plain(whole), whole)
        case FieldType.TEXT if name == "campaign":
            return names.campaigns.get(plain(whole), whole)
        case _:
            return whole


def _domain_of(values: Mapping[str, Any], fields: Mapping[str, LeadField]) -> dict[str, str] | None:
    """Whose mail address it is, where that is a company's and nobody has said: rules may read a domain, and no address (B.7)."""
    asked = [name for name, spec in fields.items() if spec.type is FieldType.DOMAIN]
    mail = [str(values[name]) for name, spec in fields.items() if spec.type is FieldType.EMAIL and values.get(name)]
    if len(asked) != 1 or len(mail) != 1 or values.get(asked[0]) not in (None, ""):
        return None
    domain = company_domain(mail[0])
    return {asked[0]: domain} if domain is not None else None


def _choice(text: str, offered: list[str]) -> str:
    """One of those that are offered, however it is written, where it can be only one."""
    if text in offered:
        return text
    meant = [one for one in offered if plain(one) == plain(text)]
    return meant[0] if len(meant) == 1 else text


def _fits(spec: LeadField, value: str | None) -> bool:
    try:
        return value is not None and accept(spec, value) is not None
    except BadValue:
        return False


def _country_of(values: Mapping[str, Any], fields: Mapping[str, LeadField], names: Names) -> str | None:
    """Where the lead is, for numbers that do not say; None where that is not known, or several fields disagree."""
    told = {
        _cleaned(name, text, spec, None, names)
        for name, spec in fields.items()
        if spec.type is FieldType.COUNTRY and (text := _text(values.get(name), spec))
    }
    found = {code for code in told if code and country_code(code) == code}
    return next(iter(found)) if len(found) == 1 and len(told) == 1 else None
