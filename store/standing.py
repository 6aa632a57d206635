"""How many leads of a process stand where now, and since when: for its diagram (S1.9, S2.9)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from engine.diagram.standing import Live, Standing
from engine.process import Process
from store.pool import Connection
from store.queries import queries

_SQL = queries("standing")


async def live(conn: Connection, process: Process, now: datetime) -> Live:
    """Of all versions: leads of others count in the stage of the same path, if this version has it."""
    worth: dict[str, dict[str, float]] = {}
    for row in await conn.fetch(_SQL["worth"], process.name):
        worth.setdefault(row["stage"], {})[row["currency"]] = row["value"]
    found = {
        row["stage"]: Standing(
            row["leads"],
            row["overdue"],
            timedelta(seconds=row["median_seconds"]),
            timedelta(seconds=row["oldest_seconds"]),
            worth.get(row["stage"], {}),
            row["others"],
        )
        for row in await conn.fetch(_SQL["stages"], process.name, process.digest, now)
    }
    known: Collection[str] = process.leaves
    return Live(
        {stage: standing for stage, standing in found.items() if stage in known},
        now,
        {stage: standing.leads for stage, standing in found.items() if stage not in known},
        {
            row["version"]: row["leads"]
            for row in await conn.fetch(_SQL["other_versions"], process.name, process.digest)
        },
    )
