"""What a difference would do to the leads in flight, asked of the database as it is: nothing is written (B.3)."""

from __future__ import annotations

from datetime import datetime

from client.preview import what_would_change
from engine.difference import Difference
from engine.difference.effect import Effect, by_new_rules, effect
from engine.process import Process
from store.pool import Connection


async def effect_on_leads(
    connection: Connection,
    found: Difference,
    origin: Process,
    target: Process,
    *,
    now: datetime | None = None,
    scale: float = 1.0,
) -> Effect:
    """On those that run on `origin`; the target need not be published."""
    plan = by_new_rules(found, origin, target)
    seen = [one async for one in what_would_change(connection, origin, target, plan, now=now, scale=scale)]
    return effect(found, origin, seen)
