"""A person in the database (B.7): all that is held of them, and forgetting them everywhere while what is counted stays.

Which fields are personal is told by definitions (`personal: true`); where their values come to stand, here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import LeadflowError
from store.pool import Connection
from store.queries import queries

_SQL = queries("personal")


@dataclass(frozen=True, slots=True)
class Traces:
    """By what a person is found again outside of the database: what their systems call them, and what was sent of them."""

    external_ids: frozenset[str]
    values: frozenset[str]
    notices: frozenset[str]


async def one_person(conn: Connection, key: str) -> tuple[str, ...]:
    """The keys of the leads that are one by now (S0.13), the one that goes on first: what it was merged with is the same person."""
    found = await conn.fetch(_SQL["one_person"], key)
    if not found:
        raise LeadflowError(f"there is no lead {key}", "`leadflow lead list` shows the leads there are.")
    return tuple(row["key"] for row in found)


async def of_address(conn: Connection, address: str) -> tuple[str, ...]:
    """The leads in which this address, number or name stands."""
    return tuple(row["key"] for row in await conn.fetch(_SQL["of_address"], address.strip()))


async def traces(conn: Connection, keys: Sequence[str]) -> Traces:
    """To be asked before the person is erased."""
    rows = await conn.fetch(_SQL["raw_values"], list(keys))
    values = {value for row in rows for held in (row["personal"], *row["raw"]) for value in _texts(held)}
    notices = await conn.fetch(_SQL["notices"], list(keys))
    sent = {name for row in notices for name in (row["key"], row["digest"]) if name is not None}
    return Traces(frozenset(row["external_id"] for row in rows), frozenset(values), frozenset(sent))


async def erase(conn: Connection, keys: Sequence[str]) -> None:
    """Forget the person of these leads. What is counted stays: leads, journal, touches, and that there were notes."""
    await conn.execute(_SQL["erase"], list(keys))


async def is_erased(conn: Connection, key: str) -> bool:
    return bool(await conn.fetchval(_SQL["erased"], key))


async def has_any_touch(conn: Connection, key: str, touches: Sequence[str]) -> bool:
    return bool(await conn.fetchval(_SQL["touched"], key, list(touches)))


async def held(conn: Connection, key: str) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table that is about the lead, by table."""
    found = {"lead": [row["row"] for row in await conn.fetch(_SQL["lead"], key)]}
    for row in await conn.fetch(_SQL["tables"]):
        table, column = row["table_name"], row["column_name"]
        # Names of the catalog, quoted: none of them comes from outside.
        about = await conn.fetch(f'select to_jsonb(t) as row from "{table}" as t where "{column}" = $1', key)
        if about:
            found.setdefault(table, []).extend(one["row"] for one in about)
    if audited := [row["row"] for row in await conn.fetch(_SQL["audit"], key)]:
        found["audit"] = audited
    return found


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str() if value.strip():
            yield value.strip()
        case dict():
            for one in value.values():
                yield from _texts(one)
        case list():
            for one in value:
                yield from _texts(one)
