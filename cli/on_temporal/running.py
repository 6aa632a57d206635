"""Scenarios on Temporal, several at a time: each lane takes the next one as soon as it is free."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from temporalio.testing import WorkflowEnvironment

from cli.on_temporal.comparing import Disagreement
from cli.on_temporal.installing import lane
from cli.on_temporal.servers import databases, time_skipping_temporal
from cli.on_temporal.times import Times
from engine.compiling.bundle import Bundle
from engine.process import Process
from trials.scenarios.case import Case

Published = Mapping[str, tuple[Bundle, Process]]


async def run_on_temporal(
    cases: Sequence[Case], published: Published, *, lanes: int = 4, done: Callable[[Case], None] = lambda _: None
) -> list[Disagreement]:
    """Run every scenario in memory and on Temporal, and say where the two disagree. `done` hears of each."""
    async with time_skipping_temporal() as environment, databases(min(lanes, len(cases))) as dsns:
        return await run_in_lanes(cases, published, environment, dsns, done)


async def run_in_lanes(
    cases: Sequence[Case],
    published: Published,
    environment: WorkflowEnvironment,
    dsns: Sequence[str],
    done: Callable[[Case], None] = lambda _: None,
) -> list[Disagreement]:
    """The same on servers that run, in one lane for each of these migrated databases."""
    waiting = deque(cases)
    found: list[Disagreement] = []
    times = Times()

    async def work(dsn: str) -> None:
        async with lane(environment, dsn, published, times) as one:
            while waiting:
                case = waiting.popleft()
                found.extend(await one.play(case))
                done(case)

    await asyncio.gather(*(work(dsn) for dsn in dsns))
    return found
