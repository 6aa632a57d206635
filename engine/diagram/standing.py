"""What a diagram says of the leads that stand in a stage now: how many, for how long, how many overdue, what they are worth.

Where leads rot shows in weight and colour, and always in words too (S1.9, S2.9, S2.14).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

ROTTEN = 0.25
"""A share of overdue leads from which a stage is drawn as one where leads rot."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Leads in one stage. Ages are how long they have been in it; `value` is by currency, of those whose value is known.

    `others` of them run on other versions than the one that is drawn.
    """

    leads: int
    overdue: int = 0
    median_age: timedelta | None = None
    oldest_age: timedelta | None = None
    value: Mapping[str, float] = field(default_factory=dict)
    others: int = 0

    @property
    def rot(self) -> float:
        """The share of them that is overdue."""
        return self.overdue / self.leads if self.leads else 0.0


@dataclass(frozen=True, slots=True)
class Live:
    """All leads of a process at one moment. `stages` by path; `elsewhere` those in stages that the version drawn does not have, by
    their paths; `versions` how many run on each other version."""

    stages: Mapping[str, Standing]
    at: datetime | None = None
    elsewhere: Mapping[str, int] = field(default_factory=dict)
    versions: Mapping[int, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(one.leads for one in self.stages.values()) + sum(self.elsewhere.values())

    def notes(self) -> list[str]:
        """What one has to know to read the numbers, in sentences."""
        said = []
        if self.versions:
            each = ", ".join(f"{count:,} on version {version}" for version, count in sorted(self.versions.items()))
            said.append(f"Of them {each}: counted in the stage of the same name.")
        if self.elsewhere:
            each = ", ".join(f"{name} ({count:,})" for name, count in sorted(self.elsewhere.items()))
            said.append(f"In stages that this version does not have: {each}.")
        return said


def together(parts: Iterable[Standing]) -> Standing:
    """Of the stages inside a stage. How old half of all are cannot be told from the halves."""
    found = list(parts)
    value: dict[str, float] = {}
    for one in found:
        for currency, amount in one.value.items():
            value[currency] = value.get(currency, 0.0) + amount
    return Standing(
        sum(one.leads for one in found),
        sum(one.overdue for one in found),
        None,
        max((one.oldest_age for one in found if one.oldest_age is not None), default=None),
        value,
        sum(one.others for one in found),
    )


def ages(standing: Standing) -> str:
    """`half for 3 days or longer, the oldest for 21 days`; empty where nobody is there."""
    if not standing.leads or standing.oldest_age is None:
        return ""
    if standing.leads == 1 or standing.median_age is None:
        return f"{'for' if standing.leads == 1 else 'the oldest for'} {long(standing.oldest_age)}"
    return f"half for {long(standing.median_age)} or longer, the oldest for {long(standing.oldest_age)}"


def worth(standing: Standing) -> str:
    """`120,000 EUR`, of several currencies each."""
    return ", ".join(f"{amount:,.0f} {currency}" for currency, amount in sorted(standing.value.items()) if amount)


def overdue(standing: Standing) -> str:
    return f"{standing.overdue:,} of {standing.leads:,} overdue" if standing.overdue else ""


def long(age: timedelta) -> str:
    """A time that people can picture: `40 minutes`, `26 hours`, `12 days`."""
    minutes = max(round(age.total_seconds() / 60), 0)
    for size, unit in ((1_440, "day"), (60, "hour"), (1, "minute")):
        if minutes >= 2 * size or size == 1:
            count = minutes // size
            return f"{count:,} {unit}{'' if count == 1 else 's'}"
    return ""
