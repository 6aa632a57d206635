"""Connections to PostgreSQL as all of the store expects them: UTC, JSON as Python values, no statement without end.

The functions of the store take a connection and leave no transaction open: whoever calls decides what belongs together.
Waiting for a server and trying again are the caller's too.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TypeAlias
from urllib.parse import urlsplit

import asyncpg

from engine.errors import StackError

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

STATEMENT_TIMEOUT = timedelta(seconds=30)
"""Longer than any statement of ours takes; a report over years of leads included."""

_UNREACHABLE = (
    OSError,
    TimeoutError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
)


async def open_pool(
    dsn: str, *, at_least: int = 1, at_most: int = 10, statement_timeout: timedelta = STATEMENT_TIMEOUT
) -> Pool:
    """A pool of between `at_least` and `at_most` connections. Raises StackError where the server cannot be reached."""
    try:
        return await asyncpg.create_pool(
            dsn,
            min_size=at_least,
            max_size=at_most,
            init=_speak_json,
            server_settings=_settings(statement_timeout),
        )
    except _UNREACHABLE as error:
        raise _unreachable(dsn, error) from error


@asynccontextmanager
async def connection(dsn: str, *, statement_timeout: timedelta = STATEMENT_TIMEOUT) -> AsyncIterator[Connection]:
    """A connection for what must not share one: migrating, listening. Raises StackError like `open_pool`."""
    try:
        opened = await asyncpg.connect(dsn, server_settings=_settings(statement_timeout))
    except _UNREACHABLE as error:
        raise _unreachable(dsn, error) from error
    try:
        await _speak_json(opened)
        yield opened
    finally:
        await opened.close()


def _settings(statement_timeout: timedelta) -> dict[str, str]:
    return {
        "application_name": "leadflow",
        "timezone": "UTC",
        "statement_timeout": str(int(statement_timeout.total_seconds() * 1000)),
        # Compiling a statement costs more than any of ours takes.
        "jit": "off",
    }


async def _speak_json(opened: asyncpg.Connection[asyncpg.Record]) -> None:
    await opened.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")


def _unreachable(dsn: str, error: Exception) -> StackError:
    """Says where, without the password that the connection string may hold."""
    parts = urlsplit(dsn)
    where = f"{parts.hostname or 'localhost'}:{parts.port or 5432}{parts.path}"
    why = str(error) or type(error).__name__
    return StackError(
        f"the database at {where} cannot be reached: {why}",
        "Start it with `leadflow up`, or let DATABASE_URL name a server that runs.",
    )
