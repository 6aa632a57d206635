"""Leave moves deadlines: the open leads of whoever takes it are told (B.6), at once or by whoever comes next.

Leave is written first and told of afterwards. What dies in between leaves it marked as not told: every command that
changes leave, and every worker that starts, tells what is marked.
"""

from __future__ import annotations

from datetime import UTC, datetime

from client.desk import Desk
from store import leave
from store.leave import Leave
from store.listing import Filter, listing
from store.pool import Pool

MOST_LEADS = 100_000


async def tell_absences(pool: Pool, desk: Desk) -> dict[int, int]:
    """Returns how many leads were told, by the number of each leave that had not been told of."""
    told: dict[int, int] = {}
    async with pool.acquire() as connection:
        for absence in await leave.not_announced(connection):
            lines = await listing(connection, Filter(owner=absence.person), MOST_LEADS)
            change = f"leave:{absence.id}:{absence.ends_at.isoformat()}"
            told[absence.id] = await desk.world_changed([line.key for line in lines], _news(absence), change)
            await leave.mark_announced(connection, absence.id)
    return told


def _news(absence: Leave) -> str:
    """What the story of each lead says."""
    if absence.ends_at == absence.starts_at:
        return f"the leave of {absence.person} was taken back"
    if absence.ends_at <= datetime.now(UTC):
        return f"{absence.person} is back"
    return f"{absence.person} is absent from {absence.starts_at:%Y-%m-%d %H:%M} to {absence.ends_at:%Y-%m-%d %H:%M} UTC"
