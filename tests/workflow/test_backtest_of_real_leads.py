"""The past read back from a real database, after a real workflow has made it (B.4)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from engine.catalog import Catalog
from engine.compiling.bundle import Bundle
from engine.process import Process
from store import leave, past
from tests.installation import Installation, installation, written
from tests.workflow.processes import AGE, DESK, OFFICES, PUMPS, TEMPLATES, staff
from trials.backtest.report import Backtest, Choice, backtest

SCORED = PUMPS.replace("uses: {", "uses: {score: age, ").replace("on_entry: [assign]", "on_entry: [score, assign]")
DAY = timedelta(days=1)


@pytest_asyncio.fixture(scope="module")
async def lived(temporal: WorkflowEnvironment, database: str) -> AsyncIterator[Installation]:
    """Six leads, eight days: some are accepted, some silent, somebody goes on leave, one comes again, one is put on hold."""
    async with installation(temporal, database, [candidate()], [staff()]) as desk, desk.worker():
        keys = [await desk.new(f"b{number}", kind="pumps", size="normal") for number in range(5)]
        keys.append(await desk.new("lone", kind="pumps", size="lone", wake_on="2030-01-01"))
        begin = {key: await desk.now(key) for key in keys}

        async def until(days: float) -> None:
            for key in keys:
                await desk.forward_to(key, begin[key] + days * DAY)

        await until(1)
        await desk.done(keys[0], "accept")
        await desk.done(keys[1], "update", fields={"expected_on": "2031-05-01"})
        absent = (await desk.snapshot(keys[2])).owner
        assert absent is not None
        now = await desk.now(keys[2])
        async with desk.pool.acquire() as connection:
            entered = await leave.add_leave(connection, absent, now + DAY, now + 4 * DAY)
        await desk.desk.world_changed(entered.leads, "leave changed", f"leave:{entered.id}")
        await until(
            1.6
        )  # not at 1.5 days, when a rung is climbed: which of the two comes first in the same second is anybody's guess
        await desk.done(keys[0], "hold", note="waits for papers")
        await until(2)
        await desk.arrive("b3", kind="pumps", size="normal", expected_on="2031-01-01")
        await desk.done(keys[0], "resume")
        await until(4)
        await desk.done(keys[1], "accept")
        await desk.done(keys[4], "rest", fields={"wake_on": "2031-01-01"})
        await until(5)
        await desk.done(keys[1], "win")
        won = keys.pop(1)
        await until(8)
        for key in keys:
            await desk.idle(key)
        assert (await desk.snapshot(won)).closed
        yield desk


def candidate(text: str = SCORED) -> tuple[Bundle, Process]:
    return written(text, DESK, AGE, OFFICES, TEMPLATES)


async def run(lived: Installation, text: str = SCORED) -> Backtest:
    catalog = Catalog()
    catalog.add(candidate()[1])
    async with lived.pool.acquire() as connection:
        known = await past.past(connection)
    return backtest(known, candidate(text)[1], catalog, Choice())


async def test_the_definition_that_ran_makes_the_same_of_every_lead(lived: Installation) -> None:
    """B.4, the control: against the very definition that ran, owners, scores, missed deadlines and stages come out as they were."""
    result = await run(lived)
    assert len(result.pairs) == 6 and result.incomplete == 0
    for pair in result.pairs:
        assert pair.then is not None
        assert [line.happening for line in pair.then.lines] == [line.happening for line in pair.candidate.lines]
        assert [turn.to for turn in pair.then.turns] == [turn.to for turn in pair.candidate.turns]
    assert [(pair.key, one) for pair in result.pairs for one in pair.differences] == []


async def test_two_days_instead_of_three_on_what_really_happened(lived: Installation) -> None:
    """B.4: it goes to the next seller a day earlier, who accepts as long after that as they did, and wins as long after that."""
    result = await run(lived, SCORED.replace("due: 3 working days", "due: 2 working days"))
    pair = result.pair("lead:test:b1")
    assert pair.then is not None

    def days(at: datetime) -> float:
        return round((at - pair.candidate.lead.arrived_at) / DAY, 2)

    told = {
        name: {
            line.happening: days(line.at)
            for line in story.lines
            if line.happening in ("overdue:follow_up", "accept", "win")
        }
        for name, story in (("then", pair.then), ("candidate", pair.candidate))
    }
    assert told == {
        "then": {"overdue:follow_up": 3, "accept": 4, "win": 5},
        "candidate": {"overdue:follow_up": 2, "accept": 3, "win": 4},
    }
    assert pair.candidate.refused == ()
    quick = result.pair("lead:test:b0")
    assert quick.differences == (), "accepted after a day: nothing changes"
