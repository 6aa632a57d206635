"""Events that a process fires itself, worked off by the lead workflow (C.2)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from tests.installation import Installation, installation, written
from tests.workflow.processes import staff

FIRING = """
process: firing
version: 1
title: Firing
takes: {priority: 20, when: lead.kind == 'firing'}
stages:
  fresh:
    waits_for_ever: true
    events:
      go:    {then: [{fire: one}, {fire: two}]}
      one:   {by: [system], then: [{fire: inner}]}
      two:   {by: [system]}
      inner: {by: [system]}
"""


@pytest_asyncio.fixture(scope="module")
async def firing(temporal: WorkflowEnvironment, database: str) -> AsyncIterator[Installation]:
    async with installation(temporal, database, [written(FIRING)], [staff()]) as made, made.worker():
        yield made


async def test_what_an_event_fires_happens_in_the_order_written_and_each_once(firing: Installation) -> None:
    """C.2: by the workflow as by the rehearsal; what is fired on the way comes at once, not at the end."""
    key = await firing.new(kind="firing")
    await firing.done(key, "go", by="maria")
    await firing.idle(key)
    assert await firing.happenings(key) == ["arrived", "go", "one", "inner", "two"]
