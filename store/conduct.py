"""How people have worked, as the journal tells it: waits and choices in each stage, for simulations."""

from __future__ import annotations

from collections.abc import Sequence

from engine.language.definition import Percent
from engine.language.simulation import StageConduct, Wait
from engine.time.durations import Duration, Unit
from store.pool import Connection
from store.queries import queries

_SQL = queries("conduct")

FEWEST = 10
"""Stays in a stage that people have ended; of fewer, nothing can be told."""


async def measured(
    conn: Connection, process: str, contacts: Sequence[str], fewest: int = FEWEST
) -> dict[str, StageConduct]:
    """By stage, of all versions together. `contacts` are the events that leave a lead where it is and count as a first sign.

    Waits until such an event pass day and night; waits until an event that moves the lead on are open time of its owner.
    """
    shares: dict[str, dict[str, int]] = {}
    for row in await conn.fetch(_SQL["events_of_people"], process):
        shares.setdefault(row["stage"], {})[row["event"]] = row["times"]
    signs = {
        row["stage"]: _wait(row["median_seconds"], row["p90_seconds"], Unit.minutes)
        for row in await conn.fetch(_SQL["first_contacts"], process, fewest, list(contacts))
    }
    return {
        row["stage"]: StageConduct(
            contact=signs.get(row["stage"]),
            after=_wait(row["median_seconds"], row["p90_seconds"], Unit.working_minutes),
            events=dict(shares[row["stage"]]),
            nothing=_percent(row["stays"] - row["by_people"], row["stays"]),
        )
        for row in await conn.fetch(_SQL["left_by_people"], process, fewest)
    }


def _wait(median: float, most: float, unit: Unit) -> Wait:
    """In whole minutes; what takes none is taken to take one."""
    least = max(round(median / 60), 1)
    return Wait(median=Duration(least, unit), most=Duration(max(round(most / 60), least), unit))


def _percent(part: int, whole: int) -> Percent:
    return f"{round(100 * part / whole)}%"
