"""Published definitions: pinned with their tables under a digest, never changed; workers hear of new ones."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

import asyncpg

from engine.compiling.bundle import Bundle
from engine.errors import LeadflowError
from engine.process import Process
from store.pool import Connection, connection
from store.queries import queries

_SQL = queries("definitions")
_log = logging.getLogger(__name__)

CHANNEL = "definition_published"
PAUSE = 2.0
"""Seconds between attempts, while the server is away or a definition cannot be read."""
SILENCE = 30.0
"""Seconds after which one looks without having heard anything; a connection may have died in silence."""

MISSED = 3
"""A worker that did not say what it holds for so many times is taken to be gone."""


@dataclass(frozen=True, slots=True)
class Version:
    """One published version. `current` is the main one of its process, and `share` the part of new leads that takes it now, in
    percent; `running` are the leads that run on it now; `held_by` of the `workers` that are at work hold it.
    """

    process: str
    version: int
    digest: str
    title: str
    published_by: str
    published_at: datetime
    why: str
    current: bool
    share: Decimal
    running: int
    held_by: int
    workers: int


class Pinned(NamedTuple):
    """A published bundle; `body` is what `engine.compiling.bundle.Bundle.from_json` reads."""

    digest: str
    body: str


async def publish(conn: Connection, bundle: Bundle, process: Process, by: str, why: str) -> bool:
    """Pin a process, compiled from this bundle. False where the very same is published already.

    Raises LeadflowError where this version of the process says something else already.
    """
    async with conn.transaction():
        await take_turns(conn)
        body = json.loads(bundle.to_json())
        row = (process.digest, process.name, process.version, process.title, body, by, why)
        if await conn.fetchval(_SQL["publish"], *row) is None:
            there = await conn.fetchrow(_SQL["version"], process.name, process.version)
            if there is None or there["digest"] == process.digest:
                return False
            raise LeadflowError(
                f"version {process.version} of {process.name} is published already and says something else "
                f"(by {there['published_by']}, {there['published_at']:%Y-%m-%d %H:%M} UTC)",
                f"Published versions never change: write `version: {there['newest'] + 1}`.",
            )
        stages = [
            (process.digest, leaf.path, position, leaf.title, leaf.status, leaf.kind, leaf.closes, leaf.probability)
            for position, leaf in enumerate(process.leaves.values(), start=1)
        ]
        await conn.executemany(_SQL["add_stages"], stages)
        await conn.execute(_SQL["announce"], process.digest)
    return True


async def take_turns(conn: Connection) -> None:
    """Until the transaction ends, nobody else changes what new leads take; whoever waited sees the result."""
    await conn.execute(_SQL["take_turns"])


async def all_bundles(conn: Connection, but: Collection[str] = ()) -> tuple[Pinned, ...]:
    """Every version of every process, since leads of any age may run on them; without those of the digests given."""
    return tuple(Pinned(row["digest"], json.dumps(row["body"])) for row in await conn.fetch(_SQL["bundles"], list(but)))


async def body(conn: Connection, digest: str) -> str:
    """The bundle of a published version, as `engine.compiling.bundle.Bundle.from_json` reads it."""
    return json.dumps(await conn.fetchval(_SQL["body"], digest))


async def current(conn: Connection) -> dict[str, str]:
    """The digest of the main version of each process."""
    return {row["process"]: row["digest"] for row in await conn.fetch(_SQL["current"])}


async def versions(conn: Connection) -> tuple[Version, ...]:
    """All versions, by process, the newest first."""
    return tuple(Version(**row) for row in await conn.fetch(_SQL["versions"], SILENCE * MISSED))


@asynccontextmanager
async def listening(dsn: str, look: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Meanwhile call `look`: at once, after everything that is published, after every loss of the connection, and now and then.

    It looks for itself (`all_bundles`), so that what was published while nobody could hear is found too.
    """
    listener = asyncio.create_task(_listen(dsn, look))
    try:
        yield
    finally:
        listener.cancel()
        with suppress(asyncio.CancelledError):
            await listener


async def _listen(dsn: str, look: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            async with connection(dsn) as conn:
                await _listen_on(conn, look)
        except (LeadflowError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            _log.warning("not listening for new definitions: %s; trying again", error)
        await asyncio.sleep(PAUSE)


async def _listen_on(conn: Connection, look: Callable[[], Awaitable[None]]) -> None:
    stir = asyncio.Event()
    await conn.add_listener(CHANNEL, lambda *_: stir.set())
    conn.add_termination_listener(lambda *_: stir.set())
    while not conn.is_closed():
        stir.clear()
        await look()
        while not stir.is_set() and not conn.is_closed():
            try:
                await asyncio.wait_for(stir.wait(), SILENCE)
            except TimeoutError:
                await conn.execute("select 1")  # fails where the other side is gone without a word
                await look()
