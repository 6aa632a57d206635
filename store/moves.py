"""Leads in flight on one version of a process, and runs of a migration with what became of each lead (B.3)."""

from __future__ import annotations

from collections.abc import AsyncIterator

from engine.lead import Lead
from store.pool import Connection
from store.queries import queries
from store.stored import lead_from_json

_SQL = queries("moves")

AT_A_TIME = 500


async def in_flight(conn: Connection, digest: str) -> AsyncIterator[Lead]:
    """Every lead that runs on this version, as of its last decision, in the order of keys."""
    after = ""
    while rows := await conn.fetch(_SQL["in_flight"], digest, after, AT_A_TIME):
        for row in rows:
            lead = lead_from_json(row["snapshot"])
            after = lead.key
            yield lead


async def standing_in(conn: Connection, digest: str) -> dict[str, int]:
    """How many leads in flight stand in each stage of this version."""
    return {row["stage"]: row["leads"] for row in await conn.fetch(_SQL["standing_in"], digest)}
