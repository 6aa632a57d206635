"""What a move to another version would make of the leads in flight: asked of the world as it is, and nothing is written (B.3).

    async for outlook in what_would_change(connection, old, candidate): ...

The candidate need not be published. Without a plan every stage and clock keeps its name.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

from engine.happening import SYSTEM, Actor, Moved
from engine.outlook import Outlook, look_ahead
from engine.plan import Plan, unchanged
from engine.process import Process
from engine.world import World
from store import moves, roster
from store.pool import Connection


async def what_would_change(
    connection: Connection,
    origin: Process,
    target: Process,
    plan: Plan | None = None,
    *,
    now: datetime | None = None,
    actor: Actor = SYSTEM,
    reason: str = "preview",
    scale: float = 1.0,
) -> AsyncIterator[Outlook]:
    """Each lead that runs on `origin`, with its stage and deadlines before and after. All of them are seen at one moment."""
    people, teams = await roster.current(connection)
    world = World(now or datetime.now(UTC), people, teams, scale=scale)
    moved = Moved(plan or unchanged(origin, target), actor, reason)
    async for lead in moves.in_flight(connection, origin.digest):
        # A lead may have been decided about a moment ago by a machine whose clock is ahead.
        moment = max(world.now, lead.decided_at or world.now)
        yield look_ahead(origin, target, lead, moved, replace(world, now=moment))
