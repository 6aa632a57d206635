"""Leads in flight that move to another version while events keep arriving, on real servers: `python -m bench.moving [LEADS]`.

Counted afterwards: each lead is on the new version, has moved once, and has what was sent to it meanwhile.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import bootstrap
from activities.channels import Channels
from bench.core import REFERENCE
from bench.figures import Figure
from bench.intake import AT_ONCE, lead
from cli.roster import read_roster
from client.desk import Desk, Sending
from client.front_door import FrontDoor
from client.migration import Pace, Prepared, migrate, prepare
from client.namespace import WANTED
from client.preview import what_would_change
from engine.catalog import LIVE
from engine.compiling.bundle import Bundle, SourceText
from engine.compiling.compile import compile_bundle
from engine.process import Process
from stack.settings import StackSettings
from stack.supervisor import LocalStack
from store import definitions, holdings, roster
from store.definition_files import load_process
from store.migrate import migrate as bring_up_to_date
from store.pool import Connection, Pool, connection, open_pool

LEADS = 500
EVENTS = 5
"""Leads of which one gets an event while all of them move."""

PLAN = """
migrate: reference
from: 1
to: 2
clocks: {follow_up: {time: recount}}
reason: two working days instead of three
"""


async def measure_moving(home: Path, leads: int = LEADS) -> list[Figure]:
    settings = StackSettings(home=home, temporal_port=0, ui_port=0, search_attributes=WANTED, sink=False)
    async with LocalStack(settings) as endpoints:
        await bring_up_to_date(endpoints.database_url)
        pool = await open_pool(endpoints.database_url, at_most=20)
        try:
            await _publish(pool)
            client = await bootstrap.connect_temporal(endpoints.temporal_address)
            async with bootstrap.build_worker(client, pool, Channels(None, None), lambda key: key):
                door, desk = FrontDoor(pool, client, LIVE), Desk(pool, client, LIVE)
                keys = await _arrive(door, leads)
                await _publish_next(pool)
                async with connection(endpoints.database_url) as alone:
                    prepared = await prepare(alone, SourceText("plan.yaml", PLAN.lstrip()))
                    looked = await _look_ahead(alone, prepared)
                    began, events = time.monotonic(), asyncio.create_task(_keep_coming(desk, keys))
                    pace = Pace(rate=1_000, batch=AT_ONCE, stop=asyncio.Event())
                    run, tally = await migrate(pool, client, alone, prepared, "bench", pace)
                    seconds = time.monotonic() - began
                    sent = await events
            await _nothing_lost(pool, prepared, leads, sent)
        finally:
            await pool.close()
    assert (run.moved, tally.blocked) == (leads, [])
    note = f"{leads} leads, {sent} events meanwhile; none lost, none twice"
    return [
        Figure("looking ahead at a migration, leads a second", leads / looked, "1/s", note="nothing is written"),
        Figure("migration, leads a second", leads / seconds, "1/s", note=note),
    ]


async def _publish(pool: Pool) -> None:
    async with pool.acquire() as conn:
        bundle, process = load_process(REFERENCE)
        await definitions.publish(conn, bundle, process, "bench", "bench")
        await roster.load(conn, read_roster(REFERENCE.parent / "roster.yaml"), "bench")
    LIVE.add(process)


async def _publish_next(pool: Pool) -> None:
    bundle, process = _next_version()
    async with pool.acquire() as conn:
        await definitions.publish(conn, bundle, process, "bench", "bench")
        await holdings.tell(conn, "bench", [process.digest])
    LIVE.add(process)


def _next_version() -> tuple[Bundle, Process]:
    bundle, _ = load_process(REFERENCE)
    text = bundle.process.text.replace("version: 1", "version: 2").replace("3 working days", "2 working days")
    later = replace(bundle, process=SourceText("v2.yaml", text))
    return later, compile_bundle(later)


async def _arrive(door: FrontDoor, leads: int) -> list[str]:
    room = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> str:
        async with room:
            return (await door.arrive(lead(number, "moving"), source_system="bench")).key

    return list(await asyncio.gather(*(one(number) for number in range(leads))))


async def _look_ahead(conn: Connection, prepared: Prepared) -> float:
    began = time.monotonic()
    async for outlook in what_would_change(conn, prepared.origin, prepared.target, prepared.plan):
        assert outlook.ok, outlook.why
    return time.monotonic() - began


async def _keep_coming(desk: Desk, keys: list[str]) -> int:
    chosen = keys[::EVENTS]
    for key in chosen:
        await desk.send(key, Sending("note", note="Called.", id=f"meanwhile:{key}"))
    return len(chosen)


async def _nothing_lost(pool: Pool, prepared: Prepared, leads: int, sent: int) -> None:
    on_it = await pool.fetchval("select count(*) from lead where digest = $1", prepared.target.digest)
    moves = await pool.fetchval("select count(*) from event where happening = 'moved'")
    movers = await pool.fetchval("select count(distinct lead) from event where happening = 'moved'")
    notes = await pool.fetchval("select count(*) from event where happening = 'note'")
    assert (on_it, moves, movers, notes) == (leads, leads, leads, sent)


async def _alone(leads: int) -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        figures = await measure_moving(Path(folder) / "moving", leads)
    await asyncio.sleep(0.5)
    return figures


if __name__ == "__main__":
    for figure in asyncio.run(_alone(int(sys.argv[1]) if len(sys.argv) > 1 else 5_000)):
        print(f"{figure.name}: {figure.value:.0f} ({figure.note})")
