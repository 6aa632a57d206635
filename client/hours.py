"""Other working hours move deadlines: leads of those who keep them are told (B.6), at once or by whoever comes next.

As with leave (`client.absences`): the roster is loaded first and told of afterwards, and what dies in between is left marked.
"""

from __future__ import annotations

from client.desk import Desk
from store import hours
from store.hours import HoursChange
from store.pool import Pool

SHOWN = 5
"""Names in the story of a lead; a roster may move everybody's hours."""


async def tell_hours(pool: Pool, desk: Desk) -> int:
    """Returns how many leads were told."""
    told = 0
    async with pool.acquire() as connection:
        for change in await hours.not_told(connection):
            keys = await hours.leads_of(connection, change)
            told += await desk.world_changed(keys, _news(change), f"hours:{change.id}")
            await hours.mark_told(connection, change)
    return told


def _news(change: HoursChange) -> str:
    who = (*change.people, *(f"team {team}" for team in change.teams))
    more = f" and {len(who) - SHOWN} more" if len(who) > SHOWN else ""
    return f"other working hours: {', '.join(who[:SHOWN])}{more}"
