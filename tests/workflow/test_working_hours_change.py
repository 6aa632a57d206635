"""A roster that changes somebody's working hours moves the deadlines of their leads (B.6)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from client.hours import tell_hours
from store import roster
from tests.installation import Installation, people
from tests.workflow.processes import PEOPLE, staff


@pytest_asyncio.fixture
async def usual(desk: Installation) -> AsyncIterator[Installation]:
    """The desk, with its people as they were again at the end."""
    yield desk
    async with desk.pool.acquire() as connection:
        await roster.load(connection, staff(), "test")
    await tell_hours(desk.pool, desk.desk)


async def test_leads_of_those_who_keep_other_hours_are_told(usual: Installation) -> None:
    """B.6: whoever worked in the mornings works all day now: deadlines are reckoned by that, of their leads and no others."""
    desk = usual
    key, other = await desk.new(kind="pumps", size="normal"), await desk.new(kind="pumps", size="normal")
    await desk.done(key, "assign", by="ops", to="early")
    assert (await desk.idle(key)).lead.clocks["follow_up"].calendar == "mornings"
    async with desk.pool.acquire() as connection:
        await roster.load(connection, people(PEOPLE.replace(", calendar: mornings", "")), "test")
    assert await tell_hours(desk.pool, desk.desk) >= 1
    assert await tell_hours(desk.pool, desk.desk) == 0, "once is enough"
    assert (await desk.idle(key)).lead.clocks["follow_up"].calendar == "always"
    assert await desk.happenings(key) == ["arrived", "assign", "deadlines_recomputed"]
    words = await desk.column("select words from event where lead = $1 and seq = 3", key)
    assert words == ["other working hours: early"]
    await desk.idle(other)
    assert await desk.happenings(other) == ["arrived"]
