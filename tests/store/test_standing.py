"""What a live diagram shows comes from the database as it stands, versions of other days included (S1.9, S2.9)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import pytest_asyncio

from engine.diagram import svg
from engine.diagram.standing import Live
from engine.happening import Due, DueKind
from engine.process import Process
from store import standing
from store.pool import Pool
from tests.store.sales import MONDAY, PROCESS, arrived, by_owner, happen, pumps, staff

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest_asyncio.fixture(autouse=True, scope="module")
async def _staffed(pool: Pool) -> None:
    await staff(pool)


def named(process: str, *, version: int = 1, stage: str = "accepted") -> Process:
    """A process of its own for each test, since leads are counted by its name."""
    text = PROCESS.replace("process: pumps", f"process: {process}").replace("version: 1", f"version: {version}")
    return pumps(text.replace("accepted", stage))


async def now(pool: Pool, process: Process, days: float) -> Live:
    async with pool.acquire() as conn:
        return await standing.live(conn, process, MONDAY + days * DAY)


@pytest.mark.asyncio
async def test_leads_are_counted_with_age_deadlines_and_worth(pool: Pool) -> None:
    """S2.9: three leads that came on three days, one of them overdue, one moved on."""
    process = named("live_one")
    for number, value in ((1, 4_000), (2, 6_000), (3, 500)):
        lead = await arrived(pool, process, f"live-{number}", MONDAY + number * DAY, value=value)
        if number == 1:
            await happen(pool, process, lead, Due(DueKind.CLOCK, "first_word", MONDAY + 2 * DAY), MONDAY + 2 * DAY)
        if number == 3:
            await happen(pool, process, lead, by_owner(lead, "accept"), MONDAY + 3 * DAY + HOUR)
    found = await now(pool, process, 5)
    assert found.total == 3 and not found.elsewhere and not found.versions
    waiting, accepted = found.stages["qualified"], found.stages["accepted"]
    assert (waiting.leads, waiting.overdue, waiting.others) == (2, 1, 0)
    assert (waiting.median_age, waiting.oldest_age) == (3.5 * DAY, 4 * DAY)
    assert (accepted.leads, accepted.overdue, accepted.oldest_age) == (1, 0, 2 * DAY - HOUR)
    assert svg(process, found).count("1 of 2 overdue") >= 1


@pytest.mark.asyncio
async def test_leads_of_other_versions_count_in_the_stage_of_the_same_name(pool: Pool) -> None:
    """S2.9: what has no such stage any more is told apart, and so is how many run on which version."""
    old, new = named("live_two"), named("live_two", version=2, stage="agreed")
    for number in (1, 2):
        lead = await arrived(pool, old, f"old-{number}")
        if number == 2:
            await happen(pool, old, lead, by_owner(lead, "accept"), MONDAY + HOUR)
    await arrived(pool, new, "new-1")
    found = await now(pool, new, 1)
    assert (found.stages["qualified"].leads, found.stages["qualified"].others) == (2, 1)
    assert found.elsewhere == {"accepted": 1}
    assert found.versions == {1: 2}
    assert (await now(pool, old, 1)).versions == {2: 1}


@pytest.mark.asyncio
async def test_a_process_without_leads_stands_empty(pool: Pool) -> None:
    """S2.9: nothing to show is shown as nothing."""
    found = await now(pool, named("live_none"), 1)
    assert (found.total, found.stages) == (0, {})
