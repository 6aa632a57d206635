"""Merges of leads that are one (S0.13): who asked for each, how far it is, and what of it is undone.

What a merge did to each of the two leads is in the journal, under its number; here stands that it was begun, so that it is brought
to its end whoever dies in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.decision import Decision, Settled
from engine.lead import Value
from engine.merging import MERGED, PARTED
from store.pool import Connection
from store.queries import queries
from store.stored import decision_from_json, settled_from_json

_SQL = queries("merges")


@dataclass(frozen=True, slots=True)
class Merge:
    """A merge that was begun. `rule` is why the survivor is the one that it is."""

    id: int
    loser: str
    survivor: str
    rule: str
    by: str
    reason: str
    begun_at: datetime
    done_at: datetime | None
    undo_by: str | None
    undo_reason: str | None
    undo_at: datetime | None
    undone_at: datetime | None

    @property
    def is_going_back(self) -> bool:
        return self.undo_at is not None


@dataclass(frozen=True, slots=True)
class Deed:
    """What a lead's part in a merge was: the decision, and the one before it with its answers."""

    decision: Decision
    before: Decision
    before_settled: Settled


@dataclass(frozen=True, slots=True)
class PersonOf:
    """What is personal of a lead. `erased`: the person is forgotten."""

    personal: dict[str, Value]
    erased: bool


@dataclass(frozen=True, slots=True)
class ComesAlong:
    """How much hangs on a lead. `tasks` are those still to be done."""

    touches: int
    notes: int
    tasks: int


async def take_turns(conn: Connection) -> None:
    """Whoever begins a merge or a way back asks first, in the transaction that begins it."""
    await conn.execute(_SQL["take_turns"])


async def begin(conn: Connection, loser: str, survivor: str, rule: str, by: str, reason: str) -> Merge:
    row = await conn.fetchrow(_SQL["begin"], loser, survivor, rule, by, reason)
    assert row is not None
    return Merge(**row)


async def numbered(conn: Connection, number: int) -> Merge | None:
    row = await conn.fetchrow(_SQL["numbered"], number)
    return Merge(**row) if row is not None else None


async def of_loser(conn: Connection, key: str) -> Merge | None:
    """The merge that a lead is the loser of; None where there is none, or it was undone."""
    row = await conn.fetchrow(_SQL["of_loser"], key)
    return Merge(**row) if row is not None else None


async def into(conn: Connection, key: str) -> tuple[Merge, ...]:
    """The merges that a lead is the survivor of, but for those that were undone."""
    return tuple(Merge(**row) for row in await conn.fetch(_SQL["into"], key))


async def under_way(conn: Connection) -> tuple[Merge, ...]:
    """Those that have begun, there or back, and not come to their end."""
    return tuple(Merge(**row) for row in await conn.fetch(_SQL["under_way"]))


async def finish(conn: Connection, number: int) -> bool:
    """False where that was noted before."""
    return bool(await conn.fetchval(_SQL["finish"], number))


async def drop(conn: Connection, number: int) -> None:
    """It was refused, and nothing of it has happened."""
    await conn.execute(_SQL["drop"], number)


async def begin_undo(conn: Connection, number: int, by: str, reason: str) -> None:
    await conn.execute(_SQL["begin_undo"], number, by, reason)


async def drop_undo(conn: Connection, number: int) -> None:
    await conn.execute(_SQL["drop_undo"], number)


async def finish_undo(conn: Connection, number: int) -> bool:
    """False where that was noted before."""
    return bool(await conn.fetchval(_SQL["finish_undo"], number))


async def deed(conn: Connection, key: str, id: str) -> Deed | None:
    """The lead's part under this id; None where it has not had it yet."""
    row = await conn.fetchrow(_SQL["deed"], key, id)
    if row is None:
        return None
    return Deed(
        decision_from_json(row["decision"]),
        decision_from_json(row["before"]),
        settled_from_json(row["before_settled"]),
    )


async def person_of(conn: Connection, key: str) -> PersonOf:
    row = await conn.fetchrow(_SQL["person"], key)
    assert row is not None
    return PersonOf(**row)


async def comes_along(conn: Connection, key: str) -> ComesAlong:
    row = await conn.fetchrow(_SQL["comes_along"], key)
    assert row is not None
    return ComesAlong(**row)


async def pairs_follow(conn: Connection, loser: str, survivor: str) -> None:
    """Pairs of the loser that wait for a person are pairs of the survivor."""
    await conn.execute(_SQL["pairs_follow"], loser, survivor)


async def follow(conn: Connection, decision: Decision) -> None:
    """What hangs on a lead that was merged away, or goes on again: in the transaction that records the decision."""
    lead, record = decision.lead, decision.record
    if record.happening == MERGED:
        arguments: tuple[Any, ...] = (lead.key, lead.merged_into, lead.seq, record.at)
        await conn.execute(_SQL["merged"], *arguments)
    elif record.happening == PARTED:
        await conn.execute(_SQL["parted"], lead.key, lead.seq)
