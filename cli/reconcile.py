"""Leads in the database against workflows in Temporal: both must tell the same of what is under way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cli import inspection
from store import health
from store.leads import State

if TYPE_CHECKING:
    from temporalio.client import Client

    from store.pool import Connection

COMPARED = 1000
"""Leads that are compared, the newest of each side: a check, not an audit."""

ASKED = 200
"""Of those that seem to differ, how many are asked about singly: lists lag behind by a moment."""


@dataclass(frozen=True, slots=True)
class Difference:
    """`without_workflow`: the database has them as running, and nothing moves them. `without_record`: they run, and the
    database has them as closed or not at all. `compared` is how many leads were looked at.
    """

    compared: int
    without_workflow: tuple[str, ...]
    without_record: tuple[str, ...]


async def compare(connection: Connection, client: Client) -> Difference:
    """What differs was asked for twice, so that leads that start or close meanwhile are not taken for it."""
    recorded = set(await health.some_running(connection, COMPARED))
    under_way = set(await inspection.running(client, COMPARED))
    unmoved = sorted(recorded - under_way)[:ASKED]
    unknown = sorted(under_way - recorded)[:ASKED]
    moving = await inspection.are_running(client, [*unmoved, *unknown])
    states = await health.states(connection, [*unmoved, *unknown])
    return Difference(
        len(recorded | under_way),
        tuple(key for key in unmoved if states.get(key) == State.RUNNING and not moving[key]),
        tuple(key for key in unknown if states.get(key) in (None, State.CLOSED) and moving[key]),
    )
