"""B.3, C.1: what a move has made of a lead goes on over the seams of its history, on workers that remember nothing of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from engine.catalog import LIVE
from store import definitions
from tests.installation import Installation, installation, kinds
from tests.workflow.processes import pumps, staff
from tests.workflow.test_continue_as_new import SHORT, long_life
from tests.workflow.test_moves import DAY, HOUR, SECOND, back, move, run_of


@pytest.fixture(scope="module", autouse=True)
def short_histories() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("workflows.messages.HISTORY_LIMIT", SHORT)
        yield


@pytest_asyncio.fixture(scope="module")
async def desk(temporal: WorkflowEnvironment, database: str) -> AsyncIterator[Installation]:
    async with installation(temporal, database, [pumps()], [staff()]) as made, made.worker(cached=0):
        async with made.pool.acquire() as connection:
            await definitions.publish(connection, *pumps(SECOND), "test", "")
        for catalog in (made.catalog, LIVE):
            catalog.add(pumps(SECOND)[1], current=False)
        yield made


async def test_a_moved_lead_goes_on_replayed_and_continued(desk: Installation) -> None:
    """B.3, C.1: every task is a cold replay here; there, on, and back again, with its deadline kept over all of it."""
    key = await desk.new(kind="pumps", size="normal")
    await desk.done(key, "accept")
    await desk.forward(key, 2 * HOUR)
    before = (await desk.idle(key)).lead
    run = await run_of(desk)
    assert (await move(desk, run, key))[0].moved == 1
    await long_life(desk, key)
    there = (await desk.idle(key)).lead
    assert (there.version, there.stage) == (2, "talks")
    assert there.clocks["verdict"].due_at == before.clocks["decide"].due_at
    assert [one.moved for one in await back(desk, run)] == [True]
    lead = (await desk.idle(key)).lead
    assert (lead.version, lead.stage) == (1, "working")
    assert lead.clocks["decide"].due_at == before.clocks["decide"].due_at
    await desk.forward(key, DAY)
    assert "overdue:decide" in await desk.happenings(key)
    histories = await desk.runs(key)
    assert len(histories) > 1
    assert all("WORKFLOW_TASK_FAILED" not in kinds(one) for one in histories)
    await desk.settled(key)
