"""The small processes of tests/workflow, at work behind the web application; and clients of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from engine.access import CallerRole
from tests.installation import Installation, installation
from tests.web.served import client, house_on, token
from tests.workflow.processes import pumps, staff
from web.house import House


@pytest_asyncio.fixture(scope="module")
async def desk(temporal: WorkflowEnvironment, database: str) -> AsyncIterator[Installation]:
    async with installation(temporal, database, [pumps()], [staff()]) as made, made.worker():
        yield made


@pytest_asyncio.fixture(scope="module")
async def house(desk: Installation) -> House:
    return house_on(desk)


@pytest_asyncio.fixture(scope="module")
async def site(desk: Installation, house: House) -> AsyncIterator[httpx.AsyncClient]:
    """An upstream system that sends for one source, `web`."""
    async with client(house, await token(desk, CallerRole.UPSTREAM, sources=["web"])) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module")
async def admin(desk: Installation, house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with client(house, await token(desk, CallerRole.ADMIN)) as opened:
        yield opened
