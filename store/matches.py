"""Pairs of leads that may be one (S0.13): noted at intake, decided by a person, never asked about twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import asyncpg

from engine.errors import LeadflowError
from engine.lead import Value
from store.pool import Connection
from store.queries import queries

_SQL = queries("matches")


class PairState(StrEnum):
    """OPEN: nobody has decided yet. What is SAME has been merged, or is about to be."""

    OPEN = "open"
    SAME = "same"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two leads that may be one, in the order of their keys. `why` is what agrees and differs, in words without values (B.5)."""

    one: str
    other: str
    points: int
    why: tuple[str, ...]
    found_at: datetime
    state: PairState = PairState.OPEN
    decided_by: str | None = None
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """One lead of a pair, as whoever decides wants to see it beside the other."""

    key: str
    title: str
    process: str
    stage: str | None
    state: str
    owner: str | None
    source: str | None
    arrived_at: datetime
    fields: dict[str, Value]
    personal: dict[str, Value]


@dataclass(frozen=True, slots=True)
class OpenPair:
    """A pair that waits for a person, with both sides."""

    pair: Pair
    one: Side
    other: Side


async def note_possible(conn: Connection, key: str, other: str, points: int, why: Sequence[str], at: datetime) -> bool:
    """Have a person decide on a pair. False where it is known already, decided or not."""
    return bool(await conn.fetchval(_SQL["note_possible"], key, other, points, list(why), at))


async def open_pairs(conn: Connection, lead: str | None = None, limit: int = 100) -> tuple[OpenPair, ...]:
    """Pairs that nobody has decided on, the likeliest first; only those of `lead`, if one is named."""
    rows = await conn.fetch(_SQL["open_pairs"], lead, limit)
    return tuple(OpenPair(_pair(row), _side(row, "one"), _side(row, "other")) for row in rows)


async def pair(conn: Connection, one: str, other: str) -> Pair | None:
    """What is known of a pair, in whichever order it is named."""
    row = await conn.fetchrow(_SQL["pair"], one, other)
    return _pair(row) if row is not None else None


async def decide(conn: Connection, one: str, other: str, state: PairState, by: str, at: datetime) -> bool:
    """Note what somebody says of a pair, asked or not. False where that was said before.

    Raises LeadflowError where one of them is no lead, or both are the same one.
    """
    if one == other:
        raise LeadflowError(f"{one} is one lead", "Name two.")
    try:
        return bool(await conn.fetchval(_SQL["decide"], one, other, state.value, by, at))
    except asyncpg.ForeignKeyViolationError:
        raise LeadflowError(
            f"there is no lead {one}, or no lead {other}", "`leadflow lead list` shows the leads there are."
        ) from None


async def reopen(conn: Connection, one: str, other: str) -> bool:
    """Ask about a pair again, such as after a merge that was undone. False where it is open, or unknown."""
    return bool(await conn.fetchval(_SQL["reopen"], one, other))


def _pair(row: asyncpg.Record) -> Pair:
    return Pair(
        row["one"],
        row["other"],
        row["points"],
        tuple(row["why"]),
        row["found_at"],
        PairState(row["state"]),
        row["decided_by"],
        row["decided_at"],
    )


def _side(row: Any, which: str) -> Side:
    names = ("title", "process", "stage", "state", "owner", "source", "arrived_at", "fields", "personal")
    return Side(row[which], *(row[f"{which}_{name}"] for name in names))
