"""Installations for tests of the lead workflow: the definitions that ship, or small ones that a module writes."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from tests.installation import Installation, installation, shipped_around_the_clock, shipped_roster
from tests.workflow.processes import aged, pumps, shared, staff


@pytest_asyncio.fixture(scope="module")
async def office(temporal: WorkflowEnvironment, database: str) -> AsyncIterator[Installation]:
    """The definitions and the roster that ship, at work in offices that never close."""
    async with installation(temporal, database, shipped_around_the_clock(), [shipped_roster()]) as made, made.worker():
        yield made


@pytest_asyncio.fixture(scope="module")
async def desk(temporal: WorkflowEnvironment, database: str) -> AsyncIterator[Installation]:
    """The small processes of tests/workflow/processes.py, at work."""
    async with installation(temporal, database, [pumps(), aged(), shared()], [staff()]) as made, made.worker():
        yield made
