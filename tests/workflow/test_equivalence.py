"""What runs in memory is what runs in production: the same scenarios on the lead workflow, a Temporal server and PostgreSQL.

After every step the whole lead, the answer to an event, what was sent, the tasks and the explanations are compared. Each
lead is at the time of its scenario (`cli.on_temporal.times`), so that deadlines are the same to the microsecond; its
timers are the server's own, sent forward.

A few of the generated ones are run with the suite; `make equivalence` runs 1,000.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from cli.on_temporal.running import run_in_lanes
from cli.scenarios_read import read_scenarios
from tests.installation import shipped, shipped_roster
from trials.scenarios.case import Case, Setting
from trials.scenarios.generating import generate

DEFINITIONS = Path(__file__).parents[2] / "definitions"
LANES = 3
SEED = 2026

NewDatabase = Callable[[], Awaitable[str]]


async def disagreements(cases: Sequence[Case], environment: WorkflowEnvironment, new: NewDatabase) -> list[str]:
    published = {process.digest: (bundle, process) for bundle, process in shipped()}
    dsns = [await new() for _ in range(LANES)]
    return [str(one) for one in await run_in_lanes(cases, published, environment, dsns)]


async def test_shipped_scenarios_agree_step_by_step(temporal: WorkflowEnvironment, new_database: NewDatabase) -> None:
    """B.2, B.3: every scenario that ships."""
    cases = [case for group in read_scenarios([DEFINITIONS]) for case in group.cases]
    assert await disagreements(cases, temporal, new_database) == []


async def test_generated_scenarios_agree_step_by_step(
    temporal: WorkflowEnvironment, new_database: NewDatabase, request: pytest.FixtureRequest
) -> None:
    """B.2, B.3: events that may happen and that may not, time, leave, returns, other rosters, on all shipped processes."""
    processes = [process for _, process in shipped()]
    settings = [Setting(one, tuple(other for other in processes if other is not one), {}) for one in processes]
    cases = list(generate(settings, shipped_roster(), request.config.getoption("--generated"), SEED))
    assert await disagreements(cases, temporal, new_database) == []
