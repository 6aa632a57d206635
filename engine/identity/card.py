"""What is compared of a lead, folded. Nobody reads it; it is personal (B.7)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from engine.identity import folding
from engine.language.identity import IdentityTable
from engine.lead import Value


@dataclass(frozen=True, slots=True)
class Card:
    """A person and their company, as far as they are known."""

    email: str | None = None
    phone: str | None = None
    name: str | None = None
    company: str | None = None
    domain: str | None = None
    country: str | None = None

    @property
    def mailbox(self) -> str | None:
        """What stands before the @."""
        return self.email.partition("@")[0] if self.email is not None else None

    @property
    def tells_of_somebody(self) -> bool:
        """Whether there is anything by which the person could be found again: a company alone is none."""
        return self.email is not None or self.phone is not None or self.name is not None


def reads(table: IdentityTable) -> tuple[str, ...]:
    """The fields that the table compares, each once."""
    parts = (getattr(table.parts, part) for part in type(table.parts).model_fields)
    return tuple(dict.fromkeys(field for part in parts if part is not None for field in part.from_))


def card_of(table: IdentityTable, values: Mapping[str, Value]) -> Card:
    """What a lead with these values, personal ones among them, is compared by."""

    def said(fields: Collection[str] | None) -> str:
        found = (values.get(field) for field in fields or ())
        return " ".join(str(value) for value in found if value is not None)

    parts = table.parts
    free = frozenset(table.free_mail)
    email = folding.mail(said(parts.email.from_ if parts.email else None))
    site = said(parts.domain.from_ if parts.domain else None)
    return Card(
        email=email,
        phone=folding.phone(said(parts.phone.from_ if parts.phone else None)),
        name=folding.name(said(parts.name.from_ if parts.name else None)),
        company=folding.company(said(parts.company.from_ if parts.company else None)),
        domain=folding.domain(site, free) or folding.domain(email or "", free) if parts.domain else None,
        country=folding.text(said(parts.country.from_ if parts.country else None)) or None,
    )
