"""Intake against a workflow written by hand that does the same writes: same servers, same run, same number of leads.

Both register the lead, start a workflow with an update, run one regular activity that writes lead, event, visit, assignment, score and
clock in one transaction, upsert search attributes once and start one timer. Also the memory of a cached lead.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg
from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.worker import PollerBehaviorAutoscaling, Worker

import bootstrap
from activities.channels import Channels
from bench.by_hand import TABLES, HandActivities, HandLead, HandStart
from bench.core import REFERENCE
from bench.figures import Figure
from cli.roster import read_roster
from client.front_door import FrontDoor
from client.namespace import WANTED
from engine.catalog import LIVE
from stack.settings import StackSettings
from stack.supervisor import LocalStack
from store import definitions, roster
from store.definition_files import load_process
from store.migrate import migrate
from store.pool import open_pool

LEADS = 200
AT_ONCE = 20
ROUNDS = 3


def lead(number: int, batch: str) -> dict[str, Any]:
    return {
        "id": f"{batch}-{number}",
        "kind": "sales",
        "channel": "direct",
        "source": "web",
        "campaign": "bench",
        "company": f"Company {number}",
        "country": "DE",
        "email": f"person{number}@example.com",
        "employees": number,
        "budget": 3,
    }


async def measure_intake(home: Path) -> list[Figure]:
    settings = StackSettings(home=home, temporal_port=0, ui_port=0, search_attributes=WANTED, sink=False)
    async with LocalStack(settings) as endpoints:
        await migrate(endpoints.database_url)
        pool = await open_pool(endpoints.database_url, at_most=20)
        try:
            async with pool.acquire() as connection:
                bundle, process = load_process(REFERENCE)
                await definitions.publish(connection, bundle, process, "bench", "bench")
                await roster.load(connection, read_roster(REFERENCE.parent / "roster.yaml"), "bench")
                await connection.execute(TABLES)
            LIVE.add(process)
            client = await bootstrap.connect_temporal(endpoints.temporal_address)
            async with bootstrap.build_worker(client, pool, Channels(None, None), lambda key: key):
                ours = _ours(FrontDoor(pool, client, LIVE))
                await _rate(ours, "warm")
                memory = await _memory(ours)
                async with _hand_worker(client, pool):
                    by_hand = _by_hand(client, pool)
                    await _rate(by_hand, "warm")
                    pairs = [(await _rate(ours, f"r{n}"), await _rate(by_hand, f"r{n}")) for n in range(ROUNDS)]
        finally:
            await pool.close()
    best, floor = max(pair[0] for pair in pairs), max(pair[1] for pair in pairs)
    return [
        Figure(
            "intake, leads a second",
            best,
            "1/s",
            floor,
            note=f"floor: hand-written workflow, same writes; best of {ROUNDS} rounds of {LEADS}",
        ),
        Figure("memory of one more cached lead", memory, "KiB", note="worker and client in one process, all in"),
    ]


def _hand_worker(client: Client, pool: asyncpg.Pool) -> Worker:
    return Worker(
        client,
        task_queue="by-hand",
        workflows=[HandLead],
        activities=[HandActivities(pool).settle],
        max_concurrent_workflow_tasks=100,
        workflow_task_poller_behavior=PollerBehaviorAutoscaling(),
        activity_task_poller_behavior=PollerBehaviorAutoscaling(),
    )


def _ours(door: FrontDoor) -> Callable[[int, str], Awaitable[object]]:
    return lambda number, batch: door.arrive(lead(number, batch), source_system="bench")


def _by_hand(client: Client, pool: asyncpg.Pool) -> Callable[[int, str], Awaitable[object]]:
    async def arrive(number: int, batch: str) -> object:
        raw = lead(number, batch)
        key = f"hand:{raw.pop('id')}"
        personal = {"email": raw.pop("email")}
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(
                "insert into hand_lead (key, fields, personal) values ($1, $2, $3)", key, raw, personal
            )
            await connection.execute("insert into hand_touch (lead, at, id) values ($1, now(), $2)", key, key)
        start: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
            "HandLead",
            HandStart(key, raw),
            id=key,
            task_queue="by-hand",
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
        return await client.execute_update_with_start_workflow("arrive", start_workflow_operation=start, id=key)

    return arrive


async def _rate(arrive: Callable[[int, str], Awaitable[object]], batch: str) -> float:
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> None:
        async with limit:
            await arrive(number, batch)

    began = time.monotonic()
    await asyncio.gather(*(one(number) for number in range(LEADS)))
    return LEADS / (time.monotonic() - began)


async def _memory(arrive: Callable[[int, str], Awaitable[object]]) -> float:
    """Growth of this process by so many more leads, all of them cached."""
    before = _resident()
    await _rate(arrive, "memory")
    return (_resident() - before) / LEADS / 1024


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1]) if Path("/proc/self/statm").exists() else 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def to_json(figures: list[Figure]) -> str:
    return json.dumps(
        [{**figure.__dict__, "ratio": figure.ratio, "within": figure.within} for figure in figures], indent=2
    )
