"""Leads sleep for months, so most tasks find no workflow in memory: everything is replayed, and comes out the same (C.1)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from engine.lead import Lead
from tests.installation import Installation, installation, kinds, shipped_around_the_clock, shipped_roster
from tests.workflow.processes import pumps, shared, staff

DAY = timedelta(days=1)


@pytest_asyncio.fixture(scope="module")
async def cold(temporal: WorkflowEnvironment, database: str) -> AsyncIterator[Installation]:
    """A worker that keeps no workflow in memory: every task is a replay from the first event."""
    processes, rosters = [*shipped_around_the_clock(), pumps(), shared()], [shipped_roster(), staff()]
    async with installation(temporal, database, processes, rosters) as made, made.worker(cached=0):
        yield made


@pytest_asyncio.fixture(scope="module")
async def warm(temporal: WorkflowEnvironment, new_database: Any) -> AsyncIterator[Installation]:
    processes, rosters = [*shipped_around_the_clock(), pumps(), shared()], [shipped_roster(), staff()]
    async with installation(temporal, await new_database(), processes, rosters) as made, made.worker():
        yield made


async def silent_pump(desk: Installation) -> str:
    """Reassigned, held, resumed, overdue, woken."""
    key = await desk.new(kind="pumps", size="normal")
    await desk.forward(key, 3.1 * DAY)
    await desk.done(key, "accept")
    await desk.done(key, "hold", note="Later.")
    await desk.forward(key, DAY)
    await desk.done(key, "resume")
    await desk.forward(key, timedelta(hours=11))
    await desk.done(key, "rest", fields={"wake_on": (datetime.now(UTC) + 60 * DAY).date().isoformat()})
    await desk.forward(key, 60 * DAY)
    return key


async def queued(desk: Installation) -> str:
    key = await desk.new(kind="shared", size="small")
    await desk.forward(key, timedelta(hours=3.5))
    await desk.done(key, "claim", by="cleo")
    return key


async def fair(desk: Installation) -> str:
    """Handed over to direct sales and qualified there."""
    key = await desk.new(
        kind="sales", channel="direct", source="trade_show", company="Zlin", country="DE", temperature="hot"
    )
    await desk.done(key, "spoke", codes={"channel": "booth"})
    await desk.done(key, "qualify", fields={"need": True, "timeframe": "under_3_months"})
    await desk.idle(key)
    await desk.done(key, "accept")
    more = {"budget": 4, "authority": True, "value": 9.0, "expected_on": "2031-03-03"}
    await desk.done(key, "qualify", fields=more)
    return key


def story(lead: Lead, happenings: list[str]) -> dict[str, Any]:
    """What must be the same, whoever was free and whatever the hour."""
    return {
        "stage": lead.stage,
        "process": lead.process,
        "cycle": lead.cycle,
        "seq": lead.seq,
        "hops": lead.hops,
        "ownership": lead.ownership,
        "owned": lead.owner is not None,
        "clocks": {name: clock.state for name, clock in sorted(lead.clocks.items())},
        "climbs": sorted(lead.climbs),
        "visits": lead.visits,
        "happenings": happenings,
    }


async def test_a_replayed_lead_ends_where_one_in_memory_ends(cold: Installation, warm: Installation) -> None:
    """C.1: reassignments, holds, queues, dates, hand-over and reopening, each task a replay: same end, same journal, no failed task."""
    for life in (silent_pump, queued, fair):
        ends = []
        for desk in (cold, warm):
            key = await life(desk)
            ends.append(story((await desk.idle(key)).lead, await desk.happenings(key)))
            await desk.settled(key)
            assert [kind for run in await desk.runs(key) for kind in kinds(run) if kind == "WORKFLOW_TASK_FAILED"] == []
        assert ends[0] == ends[1]


async def test_a_replayed_lead_assigns_and_tells_nobody_twice(cold: Installation) -> None:
    """S4.7: what was done is read from history, and not done again."""
    keys = cold.mailbox.keys
    assert keys
    assert len(keys) == len(set(keys))
    doubled = await cold.column("select lead from assignment group by lead, seq having count(*) > 1")
    assert doubled == []
