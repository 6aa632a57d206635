"""`python -m bench burst 5000`: so many leads in one go, each a request of its own, by the client that comes again when it is told to.

They go over a socket to the real application with its database, Temporal and a worker. In the end each must be there exactly once,
with its owner or its place (C.6).
"""

from __future__ import annotations

import asyncio
import os
import random
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any

import asyncpg
import httpx
from rich.console import Console

from bench.figures import Figure
from bench.fuzz import lost, site
from upstream import Arrived, AsyncLeadflowClient, Patience, UpstreamError

LEADS = 5_000
PATIENCE = Patience(attempts=1_000)
TIMEOUT = httpx.Timeout(120.0)
"""Seconds for one answer: the machine that answers is the one that asks."""

EACH = 50
"""Leads of one client, which has a connection for each of them. All clients begin at once; the time that a pool of connections takes
to hand them out grows with its square, which is not what is measured."""


@dataclass
class Tally:
    """`took`: seconds from the start of the burst until a lead was taken in, with all that was asked again."""

    statuses: Counter[int] = field(default_factory=Counter)
    took: list[float] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    seconds: float = 0.0


class _Counted(httpx.AsyncHTTPTransport):
    """Notes each status that was answered, also those after which the client comes again."""

    def __init__(self, statuses: Counter[int]) -> None:
        super().__init__(limits=httpx.Limits(max_connections=EACH, max_keepalive_connections=EACH))
        self._statuses = statuses

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await super().handle_async_request(request)
        self._statuses[answer.status_code] += 1
        return answer


async def send_all(url: str, token: str, leads: list[dict[str, Any]]) -> Tally:
    tally = Tally()
    began = time.monotonic()
    await asyncio.gather(
        *(
            _send(url, token, some, tally, began)
            for some in (leads[at : at + EACH] for at in range(0, len(leads), EACH))
        )
    )
    tally.seconds = time.monotonic() - began
    return tally


async def _send(url: str, token: str, leads: list[dict[str, Any]], tally: Tally, began: float) -> None:
    transport = _Counted(tally.statuses)
    async with AsyncLeadflowClient(url, token, patience=PATIENCE, timeout=TIMEOUT, transport=transport) as leadflow:

        async def send(lead: dict[str, Any]) -> None:
            try:
                arrived: Arrived = await leadflow.start(lead)
            except UpstreamError as error:
                tally.failed.append(f"{lead['id']}: {error}")
                return
            tally.took.append(time.monotonic() - began)
            tally.keys.append(arrived.lead)

        await asyncio.gather(*map(send, leads))


def made_up(count: int, seed: int = 1) -> list[dict[str, Any]]:
    """Inquiries of people who have nothing to do with each other."""
    chance = random.Random(seed)  # no secret
    return [_inquiry(number, chance) for number in range(count)]


def _inquiry(number: int, chance: random.Random) -> dict[str, Any]:
    word = "".join(chance.choices("bcdfghklmnprstvwz", k=4)) + "".join(chance.choices("aeiou", k=2)) + str(number)
    return {
        "id": f"burst-{number}",
        "kind": "sales",
        "company": f"{word.capitalize()} GmbH",
        "contact_name": f"{word[::-1].capitalize()} {word.capitalize()}",
        "email": f"info@{word}.example",
        "country": chance.choice(("DE", "FR", "AT")),
        "product_line": chance.choice(("pumps", "valves")),
        "employees": chance.randint(5, 3000),
    }


_TOUCHES = "select lead, count(*) as touches from touch where lead like 'lead:web:burst-%' group by lead"


async def measure_burst(home: Path, count: int) -> tuple[list[Figure], Tally]:
    async with site(home) as (url, (upstream, _), pool):
        tally = await send_all(url, upstream, made_up(count))
        gone, twice = await _missing(pool, tally, count)
    middle, most = _shares(tally.took)
    note = f"{os.cpu_count()} cores for everything: client, web server, worker, Temporal, PostgreSQL"
    figures = [
        Figure("leads sent in one go", count, "", note="each on a connection of its own"),
        Figure("answered with 201", tally.statuses[201], ""),
        Figure("sent away with 429, and came again", tally.statuses[429], ""),
        Figure(
            "answered otherwise",
            sum(n for status, n in tally.statuses.items() if status not in (201, 429)),
            "",
            bound=0,
        ),
        Figure("leads a second", len(tally.took) / tally.seconds, "", note=note),
        Figure("until half of them were in", middle, "s"),
        Figure("until 95 in 100 were in", most, "s"),
        Figure("until all were in", tally.seconds, "s"),
        Figure("given up", len(tally.failed), "", bound=0),
        Figure("lost", gone, "", bound=0, note="not there, or with neither owner nor place"),
        Figure("there more than once", twice, "", bound=0),
    ]
    return figures, tally


async def _missing(pool: asyncpg.Pool, tally: Tally, count: int) -> tuple[int, int]:
    away = await lost(pool, sorted(tally.keys))
    touches = {row["lead"]: row["touches"] for row in await pool.fetch(_TOUCHES)}
    wanted = {f"lead:web:burst-{number}" for number in range(count)}
    return len(set(away) | (wanted - touches.keys())), sum(number != 1 for number in touches.values())


def _shares(took: list[float]) -> tuple[float, float]:
    if len(took) < 2:
        return 0.0, 0.0
    parts = quantiles(took, n=20)
    return parts[9], parts[18]


def main(arguments: list[str]) -> list[Figure]:
    """`python -m bench burst [LEADS]`."""
    count = int(arguments[0]) if arguments else LEADS
    err = Console(stderr=True)
    with tempfile.TemporaryDirectory() as folder:
        figures, tally = asyncio.run(measure_burst(Path(folder), count))
    for status, number in sorted(tally.statuses.items()):
        err.print(f"{status} {number:>7}")
    for line in tally.failed[:20]:
        err.print(line)
    return figures
