"""`python -m bench fuzz 20000`: so many requests by chance against the real application, database and Temporal, over a socket.

None may be answered with 500, each must be answered (but those whose sender goes away), and what was accepted must be there in the
end: as a lead with its owner or its place, or kept apart with the reason.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
from rich.console import Console

import bootstrap
from activities.channels import Channels
from bench.figures import Figure
from bench.hostile import Hostile, Sent
from bench.served import served
from cli.roster import read_roster
from client.hooks.file import read_hooks
from client.namespace import WANTED
from engine.access import CallerRole
from engine.catalog import LIVE
from settings import ROOT, Settings
from stack.settings import StackSettings
from stack.supervisor import LocalStack
from store import credentials, definitions, roster
from store.definition_files import load_process, process_files
from store.migrate import migrate
from store.pool import open_pool
from web.house import House
from web.pace import Pace

DEFINITIONS = ROOT / "definitions"
SECRET = "of the fuzz"
SENDERS = 16
PATIENCE = 60.0
"""Seconds within which each request is answered."""

BRIEFLY = 1.0
"""Seconds that are waited for an answer to what is no whole request."""


@dataclass
class Tally:
    """What became of the requests so far."""

    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    accepted: set[str] = field(default_factory=set)
    faulty: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def sent(self) -> int:
        return sum(self.statuses.values())

    def of(self, status: int) -> int:
        return sum(count for (_, answered), count in self.statuses.items() if answered == status)


async def fuzz(url: str, hostile: Hostile, count: int, pool: asyncpg.Pool) -> Tally:
    """Send so many requests, and look afterwards whether everything that was accepted is there."""
    tally, began = Tally(), time.monotonic()
    requests = hostile.requests(count)
    await asyncio.gather(*(_sender(url, requests, hostile, tally) for _ in range(SENDERS)))
    tally.seconds = time.monotonic() - began
    tally.lost = await lost(pool, sorted(tally.accepted))
    return tally


async def _sender(url: str, requests: Iterator[Sent], hostile: Hostile, tally: Tally) -> None:
    """One after another, on one connection for as long as the server keeps it."""
    line = _Line(url)
    try:
        for sent in requests:
            answer = await line.ask(sent)
            if answer is None and not sent.cut and not line.fresh:  # the server has closed it meanwhile, as it may
                answer = await line.ask(sent)
            _note(sent, answer, hostile, tally)
    finally:
        line.hang_up()


Answer = tuple[int, bytes, bool]
"""Status, body, and whether the server closes the connection."""


class _Line:
    """A connection, made anew where the last one was closed. `fresh`: the last request was its first."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url)
        self._open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.fresh = True

    async def ask(self, sent: Sent) -> Answer | None:
        """None where there is no answer."""
        if sent.last:
            self.hang_up()
        self.fresh = self._open is None
        if self._open is None:
            self._open = await asyncio.open_connection(self._address.hostname, self._address.port, limit=2**22)
        answer = await self._exchange(*self._open, sent)
        if answer is None or sent.last or answer[2]:
            self.hang_up()
        return answer

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sent: Sent) -> Answer | None:
        with contextlib.suppress(ConnectionError, TimeoutError, asyncio.IncompleteReadError):
            async with asyncio.timeout(BRIEFLY if sent.cut else PATIENCE):
                with contextlib.suppress(
                    ConnectionError
                ):  # refused before all was sent: the answer is there all the same
                    writer.write(sent.raw)
                    await writer.drain()
                return await _answer(reader)
        return None

    def hang_up(self) -> None:
        if self._open is not None:
            self._open[1].close()
        self._open = None


async def _answer(reader: asyncio.StreamReader) -> Answer:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    status = int(first.split(" ")[1])
    if status < 200:
        return await _answer(reader)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int(await reader.readline(), 16):
            body += await reader.readexactly(size)
            await reader.readexactly(2)
        await reader.readexactly(2)
    else:
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    return status, body, headers.get("connection") == "close"


def _note(sent: Sent, answer: Answer | None, hostile: Hostile, tally: Tally) -> None:
    if answer is None:
        tally.statuses[sent.kind, 0] += 1
        if not sent.cut:
            tally.unanswered.append(sent.kind)
        return
    status, body, _ = answer
    tally.statuses[sent.kind, status] += 1
    if status >= 500 and status != 503:
        tally.faulty.append(f"{sent.kind} {status}: {sent.raw[:300]!r}")
    for told in _told(body):
        said = told["status"] if isinstance(told.get("status"), int) else status
        if said >= 500 and said != 503 and status < 500:
            tally.faulty.append(f"{sent.kind}, a line: {told}")
        if said < 300 and isinstance(told.get("lead"), str):
            tally.accepted.add(told["lead"])
            hostile.learn(told["lead"])


def _told(body: bytes) -> list[dict[str, Any]]:
    """What the answer says of leads: one, or one to a line."""
    found = []
    for line in body.splitlines():
        with contextlib.suppress(ValueError):
            found.append(json.loads(line))
    return [one for one in found if isinstance(one, dict)]


_PLACES = """
select given.key
from unnest($1::text[]) as given (key)
left join lead_alias on lead_alias.key = given.key
left join lead on lead.key = coalesce(lead_alias.lead, given.key)
where lead.key is null
    or not (
        lead.state in ('closed', 'out_of_scope')
        or lead.state = 'running' and (lead.owner is not null or lead.ownership in ('held', 'queue', 'exception'))
    )
"""


async def lost(pool: asyncpg.Pool, accepted: list[str]) -> list[str]:
    """Those that are not there, or have neither an owner nor a place, once there was time for it."""
    for _ in range(60):
        lost = [row["key"] for row in await pool.fetch(_PLACES, accepted)]
        if not lost:
            break
        await asyncio.sleep(0.5)
    return lost


@contextlib.asynccontextmanager
async def site(home: Path) -> AsyncIterator[tuple[str, tuple[str, str], asyncpg.Pool]]:
    """Servers, a worker and the web application in this process, with everything that ships."""
    settings = StackSettings(home=home, temporal_port=0, ui_port=0, search_attributes=WANTED, sink=False)
    hooks = read_hooks(DEFINITIONS)
    async with LocalStack(settings) as endpoints:
        await migrate(endpoints.database_url)
        async with await open_pool(endpoints.database_url, at_most=30) as pool:
            async with pool.acquire() as connection:
                for file in process_files(DEFINITIONS):
                    bundle, process = load_process(file)
                    await definitions.publish(connection, bundle, process, "bench", "bench")
                    LIVE.add(process)
                await roster.load(connection, read_roster(DEFINITIONS / "rosters" / "sample.yaml"), "bench")
                upstream = await credentials.issue(
                    connection, "sender", CallerRole.UPSTREAM, by="bench", sources=["web"]
                )
                admin = await credentials.issue(connection, "admin", CallerRole.ADMIN, by="bench")
            client = await bootstrap.connect_temporal(endpoints.temporal_address)
            office = bootstrap.office_of(pool, client, LIVE, lambda key: key)
            house = House(
                office,
                Settings(home=home, hook_secrets=dict.fromkeys(hooks, (SECRET,))),
                hooks=hooks,
                pace=Pace(machines=10**6, failures=10**6),
            )
            async with (
                bootstrap.build_worker(client, pool, Channels(None, None), lambda key: key),
                served(house) as url,
            ):
                yield url, (upstream.token, admin.token), pool


async def measure_fuzz(home: Path, count: int, seed: int) -> tuple[list[Figure], Tally]:
    async with site(home) as (url, tokens, pool):
        tally = await fuzz(url, Hostile(seed, tokens, read_hooks(DEFINITIONS), SECRET), count, pool)
    figures = [
        Figure("requests by chance", tally.sent, "", note=f"seed {seed}, {tally.sent / tally.seconds:.0f} a second"),
        Figure("answered with 500", len(tally.faulty), "", bound=0),
        Figure("not answered", len(tally.unanswered), "", bound=0, note="but those whose sender goes away"),
        Figure("leads that were accepted", len(tally.accepted), ""),
        Figure("of those, lost", len(tally.lost), "", bound=0, note="not there, or with neither owner nor place"),
    ]
    return figures, tally


def main(arguments: list[str]) -> list[Figure]:
    """`python -m bench fuzz [REQUESTS] [SEED]`."""
    count, seed = (*map(int, arguments), *(20_000, 1)[len(arguments) :])
    err = Console(stderr=True)
    with tempfile.TemporaryDirectory() as folder:
        figures, tally = asyncio.run(measure_fuzz(Path(folder), count, seed))
    for (kind, status), number in sorted(tally.statuses.items()):
        err.print(f"{kind:<10} {status or 'none':>5} {number:>7}")
    for line in (*tally.faulty[:20], *tally.unanswered[:20], *tally.lost[:20]):
        print(line, file=sys.stderr)
    return figures
