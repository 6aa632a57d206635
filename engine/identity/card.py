"""What is compared of a lead, folded. Nobody reads it; it is personal (B.7)."""

from __future__ import annotations

from dataclasses import dataclass

from engine.language.identity import IdentityTable


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
