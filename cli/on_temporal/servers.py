"""The servers that scenarios run on for real: a Temporal in which the time of each lead can be sent forward, and a PostgreSQL."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment

from stack.postgres import PostgresServer
from stack.temporal import find_temporal
from store.migrate import migrate
from workflows.converter import DATA_CONVERTER
from workflows.visibility import ALL as SEARCH_ATTRIBUTES


@contextlib.asynccontextmanager
async def time_skipping_temporal() -> AsyncIterator[WorkflowEnvironment]:
    """A Temporal server in which each lead has a clock of its own; it stands on real time until it is sent forward."""
    environment = await WorkflowEnvironment.start_time_skipping_v2(
        ts_config=TimeSkippingConfig(enabled=False),  # else a lead that waits runs away by itself
        data_converter=DATA_CONVERTER,
        dev_server_existing_path=str(find_temporal()),
        dev_server_log_level="error",
        search_attributes=SEARCH_ATTRIBUTES,
        dev_server_extra_args=[
            *("--output", "none"),  # standard output is for what was asked for
            *("--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"),
            # How far timers are looked at ahead of time: with the default a skip takes a second of real time.
            *("--dynamic-config-value", 'history.timerProcessorMaxTimeShift="10ms"'),
        ],
    )
    try:
        yield environment
    finally:
        await environment.shutdown()
        # The SDK's runtime may abort the interpreter if it ends within moments of the last call.
        await asyncio.sleep(0.5)


@contextlib.asynccontextmanager
async def databases(count: int) -> AsyncIterator[list[str]]:
    """So many migrated databases on a PostgreSQL server of their own, gone at the end."""
    with tempfile.TemporaryDirectory(prefix="leadflow-") as folder:
        server = PostgresServer(Path(folder))
        try:
            await server.start()
            dsns = [await server.ensure_database(f"lane_{number}") for number in range(count)]
            for dsn in dsns:
                await migrate(dsn)
            yield dsns
        finally:
            await server.stop()
