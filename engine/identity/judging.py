"""Whether two leads are one (S0.13): points for what agrees and differs by an identity table, each with its reason in words (B.5).

    judge(table, new, known) -> Judgement
    judge_all(table, new, cards) -> {key: Judgement}

Pure. The words hold no value of either lead: they are kept where nothing personal may stand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from engine.identity.card import Card
from engine.identity.likeness import nearly
from engine.identity.names import Names, compare
from engine.language.identity import IdentityTable, Likeness, SharedLikeness


class Verdict(StrEnum):
    """SAME: one lead. POSSIBLE: a person decides. DIFFERENT: two."""

    SAME = "same"
    POSSIBLE = "possible"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Reason:
    """What agrees or differs, and what that counts."""

    words: str
    points: int

    def __str__(self) -> str:
        return f"{self.words} ({self.points:+d})"


@dataclass(frozen=True, slots=True)
class Judgement:
    verdict: Verdict
    points: int
    reasons: tuple[Reason, ...]

    @property
    def why(self) -> tuple[str, ...]:
        """The reasons in words."""
        return tuple(str(reason) for reason in self.reasons)


def judge_all(table: IdentityTable, new: Card, cards: Mapping[str, Card]) -> dict[str, Judgement]:
    """Every known lead's judgement beside a new one. Among them is told which number is a switchboard."""
    crowd = new.phone is not None and _people(new, cards) >= table.shared.people
    return {key: judge(table, new, card, switchboard=crowd) for key, card in cards.items()}


def judge(table: IdentityTable, new: Card, known: Card, *, switchboard: bool = False) -> Judgement:
    """`switchboard`: several people have the new lead's number. Who bears another name is never the same, whatever else agrees."""
    names = compare(new.name, known.name) if new.name is not None and known.name is not None else None
    reasons = (
        *_mail(table, new, known),
        *_phone(table, new, known, switchboard=switchboard),
        *_name(table.parts.name, names),
        *_firm(table, new, known),
        *_country(table.parts.country, new, known),
    )
    points = sum(reason.points for reason in reasons)
    if points < table.possible:
        verdict = Verdict.DIFFERENT
    elif points < table.same or names is Names.ANOTHER:
        verdict = Verdict.POSSIBLE
    else:
        verdict = Verdict.SAME
    return Judgement(verdict, points, reasons)


def _people(new: Card, cards: Mapping[str, Card]) -> int:
    """How many people have the number of the new lead, as far as names tell."""
    found: list[str] = [new.name] if new.name is not None else []
    for name in (card.name for card in cards.values() if card.phone == new.phone):
        if name is not None and all(compare(name, one) is Names.ANOTHER for one in found):
            found.append(name)
    return len(found)


def _mail(table: IdentityTable, new: Card, known: Card) -> Iterator[Reason]:
    part = table.parts.email
    if part is None or new.email is None or known.email is None:
        return
    if new.email == known.email:
        of_many = new.mailbox in table.shared.mailboxes
        yield _agrees(part, "mail address", shared_by="many" if of_many else None)
    elif _misspelt(table, new.email, known.email):
        yield Reason("nearly the same mail address", part.alike)
    else:
        yield Reason("another mail address", part.differs)


def _misspelt(table: IdentityTable, one: str, other: str) -> bool:
    """At a free-mail provider a letter more is soon somebody else; and numbers are there to tell two people apart."""
    (a, _, at_a), (b, _, at_b) = one.partition("@"), other.partition("@")
    if _digits(a) != _digits(b):
        return False
    if a == b:
        return nearly(at_a, at_b)
    if a in table.shared.mailboxes or b in table.shared.mailboxes:
        return False
    return at_a == at_b and nearly(a, b)


def _phone(table: IdentityTable, new: Card, known: Card, *, switchboard: bool) -> Iterator[Reason]:
    part = table.parts.phone
    if part is None or new.phone is None or known.phone is None:
        return
    if _one_number(new.phone, known.phone):
        yield _agrees(part, "phone number", shared_by="several people" if switchboard else None)
    elif len(new.phone) == len(known.phone) and nearly(new.phone, known.phone) and new.phone[-1] == known.phone[-1]:
        yield Reason("nearly the same phone number", part.alike)
    else:
        yield Reason("another phone number", part.differs)


def _one_number(one: str, other: str) -> bool:
    """Also where one is written without its country's code."""
    short, long = sorted((one, other), key=len)
    return one == other or (len(short) >= 8 and len(long) - len(short) <= 3 and long.endswith(short))


def _name(part: Likeness | None, names: Names | None) -> Iterator[Reason]:
    if part is None or names is None:
        return
    points = {Names.SAME: part.same, Names.ALIKE: part.alike, Names.UNCLEAR: 0, Names.ANOTHER: part.differs}
    yield Reason(names.value, points[names])


def _firm(table: IdentityTable, new: Card, known: Card) -> Iterator[Reason]:
    """A company has one name and several domains, or several names and one domain: who agrees in one is not of another company."""
    company, domain = table.parts.company, table.parts.domain
    domains = None if new.domain is None or known.domain is None else new.domain == known.domain
    firms = None if new.company is None or known.company is None else _one_company(new.company, known.company)
    if company is not None and firms is not None:
        if firms is not False:
            exactly = new.company == known.company
            words = "the same company" if exactly else "companies of nearly the same name"
            yield Reason(words, company.same if exactly else company.alike)
        elif domains is not True:
            yield Reason("another company", company.differs)
    if domain is not None and domains is not None:
        if domains:
            yield Reason("the same domain", domain.same)
        elif not firms:
            yield Reason("another domain", domain.differs)


def _one_company(one: str, other: str) -> bool:
    """Also where one name is the beginning of the other: Cobalt, and Cobalt Pumps Europe."""
    a, b = one.split(), other.split()
    begins = a[: len(b)] == b or b[: len(a)] == a
    return one == other or nearly(one, other) or (begins and min(len(one), len(other)) > 3)


def _country(part: Likeness | None, new: Card, known: Card) -> Iterator[Reason]:
    if part is None or new.country is None or known.country is None:
        return
    same = new.country == known.country
    yield Reason("the same country" if same else "another country", part.same if same else part.differs)


def _agrees(part: SharedLikeness, what: str, *, shared_by: str | None) -> Reason:
    if shared_by is not None:
        return Reason(f"the same {what}, which {shared_by} have", part.shared)
    return Reason(f"the same {what}", part.same)


def _digits(text: str) -> str:
    return "".join(one for one in text if one.isdigit())
