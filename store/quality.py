"""How reliable the data of each source is (S0.11), and how clean the database was month by month (S0.15). Read from the views
`report_source_quality` and `report_cleanliness`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from store.pool import Connection
from store.queries import queries

_SQL = queries("quality")


class By(StrEnum):
    """What figures are told apart by. A group is the generating channel of a source."""

    SOURCE = "source"
    GROUP = "group"
    CAMPAIGN = "campaign"
    SOURCE_SYSTEM = "source_system"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class QualityLine:
    """One source, or whatever was asked for; `name` None is what came without one, and `known` says whether a table has it.

    `leads` are those that it brought; `came` counts arrivals, of which `duplicates` were leads that were known, `wanted` and `filled`
    the fields that should come and did. `incomplete`, `invalid` (contacts), `bounced` and `rejected` count leads, `out_of_scope` what
    was none.
    """

    name: str | None
    known: bool
    came: int
    leads: int
    duplicates: int
    wanted: int
    filled: int
    incomplete: int
    invalid: int
    bounced: int
    rejected: int
    out_of_scope: int

    @property
    def completeness(self) -> float | None:
        """The share of wanted fields that came, from 0 to 1; None where nothing was counted."""
        return self.filled / self.wanted if self.wanted else None


@dataclass(frozen=True, slots=True)
class OutOfScopeLine:
    """S0.14: how many were recognised as no lead by one rule, of one source."""

    rule: str
    reason: str
    source: str | None
    leads: int


@dataclass(frozen=True, slots=True)
class MonthLine:
    """The database at the end of a month, or now in the current one: leads in it, how many had which flaw then, and how many none."""

    month: datetime
    leads: int
    incomplete: int
    invalid: int
    unknown_source: int
    clean: int


async def by(
    conn: Connection, what: By, since: datetime | None = None, until: datetime | None = None
) -> tuple[QualityLine, ...]:
    """Those that brought most first. `since` counts, `until` does not any more."""
    return tuple(QualityLine(**row) for row in await conn.fetch(_SQL["quality"], what, since, until))


async def out_of_scope(
    conn: Connection, since: datetime | None = None, until: datetime | None = None
) -> tuple[OutOfScopeLine, ...]:
    return tuple(OutOfScopeLine(**row) for row in await conn.fetch(_SQL["out_of_scope"], since, until))


async def months(
    conn: Connection, since: datetime | None = None, until: datetime | None = None
) -> tuple[MonthLine, ...]:
    return tuple(MonthLine(**row) for row in await conn.fetch(_SQL["months"], since, until))
