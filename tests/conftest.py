"""What tests on real servers share: one PostgreSQL with migrated databases copied from a template, and one Temporal."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import asyncpg
import hypothesis
import pytest
import pytest_asyncio

from stack.postgres import PostgresServer
from store.migrate import migrate
from store.pool import Pool, open_pool

if TYPE_CHECKING:
    from temporalio.testing import WorkflowEnvironment

# Machines are slow at times; what a property says does not depend on it. The same examples every time, so that what was
# green stays green; `--hypothesis-profile=search` looks for others.
hypothesis.settings.register_profile("search", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.register_profile("any machine", hypothesis.settings.get_profile("search"), derandomize=True)
hypothesis.settings.load_profile("any machine")


@pytest_asyncio.fixture(scope="session")
async def postgres_dsn(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """A PostgreSQL server of its own; `--database-url URL` takes one that runs, such as another version of it."""
    running: str | None = request.config.getoption("--database-url")
    if running is not None:
        yield running
        return
    server = PostgresServer(tmp_path_factory.mktemp("postgres"))
    try:
        yield await server.start()
    finally:
        await server.stop()


@pytest_asyncio.fixture(scope="session")
async def new_database(postgres_dsn: str) -> AsyncIterator[Callable[[], Awaitable[str]]]:
    """Makes migrated, empty databases and gives their connection strings."""
    run = f"leadflow_test_{secrets.token_hex(4)}"
    made: list[str] = []

    async def make(template: str = run) -> str:
        name = f"{run}_{len(made)}" if made else run
        made.append(name)
        await _command(postgres_dsn, f'create database "{name}" template "{template}"')
        return urlsplit(postgres_dsn)._replace(path=f"/{name}").geturl()

    await migrate(await make("template1"))
    yield make
    for name in made:
        await _command(postgres_dsn, f'drop database "{name}" with (force)')


@pytest_asyncio.fixture(scope="module")
async def database(new_database: Callable[[], Awaitable[str]]) -> str:
    """A migrated database for the tests of one module."""
    return await new_database()


@pytest_asyncio.fixture(scope="module")
async def pool(database: str) -> AsyncIterator[Pool]:
    """A pool on the module's database."""
    async with await open_pool(database) as opened:
        yield opened


@pytest_asyncio.fixture
async def fresh_pool(new_database: Callable[[], Awaitable[str]]) -> AsyncIterator[Pool]:
    """A pool on a database that no other test has touched."""
    async with await open_pool(await new_database(), at_most=25) as opened:
        yield opened


@pytest_asyncio.fixture(scope="session")
async def temporal() -> AsyncIterator[WorkflowEnvironment]:
    """A Temporal server of its own, in which every lead's time can be sent forward (tests/installation.py)."""
    from tests.installation import time_skipping_temporal  # most tests need none, nor what it takes to import it

    async with time_skipping_temporal() as environment:
        yield environment


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database-url", help="a PostgreSQL server to test with, instead of our own")
    parser.addoption(
        "--generated", type=int, default=30, help="how many scenarios are made by chance and run on Temporal"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(pytest.mark.flaky(reruns=3, only_rerun=["TimeRanAway"]))


async def _command(server: str, command: str) -> None:
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(command)
    finally:
        await connection.close()
