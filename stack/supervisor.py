"""Owns the local stack: starts its parts, starts again what dies, says where all is, leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Protocol
from urllib.parse import urlsplit

from engine.errors import StackError
from stack import probe
from stack.child import ChildProcess
from stack.home import make_home
from stack.lock import FileLock, is_held, wait_until_free
from stack.postgres import PostgresServer
from stack.process import LEFTOVER_PATIENCE, runs_already
from stack.settings import StackSettings
from stack.sink import Sink
from stack.state import Endpoints, Part, PartKind, State, owner_lock, remove_state, write_state
from stack.temporal import TemporalServer

FIRST_PAUSE = 0.2  # seconds between a part's death and its next start; doubles with every death
LONGEST_PAUSE = 15.0
STEADY_AFTER = 60.0  # seconds of life after which a death counts as the first again

Progress = Callable[[str], None]


class Server(Protocol):
    """A part that runs as a process of its own."""

    @property
    def name(self) -> str: ...

    async def start(self) -> object: ...

    async def stop(self) -> None: ...

    async def wait(self) -> int: ...


class LocalStack:
    """`async with LocalStack(settings) as endpoints:` has everything up, and takes it down again at the end, also
    after an error.

    `progress` is told each step as it begins. Killing this process stops all parts too.
    """

    def __init__(self, settings: StackSettings, progress: Progress = lambda _step: None) -> None:
        self.settings = dataclasses.replace(settings, home=settings.home.absolute())
        self.endpoints: Endpoints | None = None
        self._progress = progress
        self._lock = FileLock(owner_lock(self.settings.home))
        self._parts: dict[str, Part] = {}
        self._children: list[Server] = []
        self._servers: list[Server] = []
        self._sink: Sink | None = None
        self._keepers: list[asyncio.Task[None]] = []
        self._started_at = datetime.now(UTC)
        self._ready = False

    async def __aenter__(self) -> Endpoints:
        """StackError when a stack runs in this home, others may write into it, or a part does not start; then nothing is left
        running."""
        home = self.settings.home
        make_home(home)
        if not await self._lock.acquire(patience=0.5):
            raise StackError(
                f"a stack is already running in {home}", "See `leadflow status`; stop it with `leadflow down`."
            )
        try:
            self._write()
            await self._wait_for_remains()
            self.endpoints = await self._start_servers()
            await self._start_children(self.endpoints)
            self._ready = True
            self._write()
            return self.endpoints
        except BaseException:
            await self._stop()
            raise

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self._stop()

    async def _wait_for_remains(self) -> None:
        """Until the parts of a killed stack have ended: a new server beside an old worker would be no fresh start."""
        home = self.settings.home
        held = [lock for lock in sorted((home / "run").glob("*.lock")) if lock != self._lock.path and is_held(lock)]
        if held:
            self._progress(f"waiting for the remains of a killed stack: {', '.join(lock.stem for lock in held)}")
        deadline = time.monotonic() + LEFTOVER_PATIENCE
        for lock in held:
            if not await asyncio.to_thread(wait_until_free, lock, deadline - time.monotonic()):
                raise runs_already(home, lock.stem)

    async def _start_servers(self) -> Endpoints:
        settings, home = self.settings, self.settings.home
        async with _together() as group:
            database = group.create_task(self._database())
            temporal = group.create_task(self._temporal())
        address, ui_url = temporal.result()
        endpoints = Endpoints(database.result(), address, ui_url, own_temporal=settings.temporal_address is not None)
        if settings.sink:
            self._progress("starting the notification sink")
            sink = self._sink = Sink(home / "outbox")
            await sink.start()
            self._note(Part("mail", PartKind.MAIL, sink.smtp_url))
            self._note(Part("webhook", PartKind.WEBHOOK, sink.browse_url))
            outbox = str(home / "outbox")
            endpoints = dataclasses.replace(
                endpoints, smtp_url=sink.smtp_url, webhook_url=sink.webhook_url, outbox=outbox
            )
        return endpoints

    async def _database(self) -> str:
        dsn = self.settings.database_url
        if dsn is not None:
            self._progress("looking for your database")
            trouble = await probe.database(dsn)
            if trouble is not None:
                raise StackError(
                    f"the database of DATABASE_URL does not answer: {trouble}",
                    "Start it, or unset DATABASE_URL to use ours.",
                )
            self._note(Part("postgres", PartKind.POSTGRES, without_password(dsn), ours=False))
            return dsn
        self._progress("starting PostgreSQL")
        server = PostgresServer(self.settings.home, binaries=self.settings.postgres_binaries)
        self._servers.append(server)
        dsn = await server.start()
        self._note(Part(server.name, PartKind.POSTGRES, without_password(dsn)))
        self._keep(server)
        return dsn

    async def _temporal(self) -> tuple[str, str | None]:
        settings = self.settings
        if settings.temporal_address is not None:
            self._progress("looking for your Temporal server")
            trouble = await probe.tcp(settings.temporal_address)
            if trouble is not None:
                raise StackError(
                    f"the Temporal server of TEMPORAL_ADDRESS ({settings.temporal_address}) does not answer: {trouble}",
                    "Start it, or unset TEMPORAL_ADDRESS to use ours.",
                )
            self._note(Part("temporal", PartKind.TEMPORAL, settings.temporal_address, ours=False))
            return settings.temporal_address, None
        self._progress("starting Temporal and its UI")
        server = TemporalServer(
            settings.home,
            port=settings.temporal_port,
            ui_port=settings.ui_port,
            search_attributes=settings.search_attributes,
        )
        self._servers.append(server)
        address = await server.start()
        self._note(Part(server.name, PartKind.TEMPORAL, server.ui_url))
        self._keep(server)
        return address, server.ui_url

    async def _start_children(self, endpoints: Endpoints) -> None:
        environment = endpoints.environment(os.environ)
        children = [ChildProcess(self.settings.home, child, environment) for child in self.settings.children]
        self._children.extend(children)
        async with _together() as group:
            for child in children:
                self._progress(f"starting {child.name}")
                group.create_task(self._start_child(child))

    async def _start_child(self, child: ChildProcess) -> None:
        await child.start()
        self._note(Part(child.name, PartKind.CHILD, child.where))
        self._keep(child)

    def _keep(self, server: Server) -> None:
        self._keepers.append(asyncio.create_task(self._start_again_when_it_dies(server)))

    async def _start_again_when_it_dies(self, server: Server) -> None:
        pause = FIRST_PAUSE
        while True:
            began = time.monotonic()
            status = await server.wait()
            trouble = f"ended with status {status}"
            if time.monotonic() - began > STEADY_AFTER:
                pause = FIRST_PAUSE
            while True:
                self._note_death(server.name, trouble)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
                try:
                    await server.start()
                    break
                except Exception as problem:  # whatever it was, the part is wanted: try until told to stop
                    trouble = str(problem)
            self._note_life(server.name)

    def _note(self, part: Part) -> None:
        self._parts[part.name] = part
        self._write()

    def _note_death(self, name: str, trouble: str) -> None:
        self._note(dataclasses.replace(self._parts[name], trouble=f"{trouble}, at {_clock()}", restarted_at=""))

    def _note_life(self, name: str) -> None:
        restarts = self._parts[name].restarts + 1
        self._note(dataclasses.replace(self._parts[name], restarts=restarts, restarted_at=_clock()))

    def _write(self) -> None:
        in_order = list(PartKind)
        parts = sorted(self._parts.values(), key=lambda part: (in_order.index(part.kind), part.name))
        state = State(os.getpid(), self._started_at, self._ready, self.endpoints, tuple(parts))
        write_state(self.settings.home, state)

    async def _stop(self) -> None:
        """Those who use the servers first. Interrupting does not stop it: what stayed behind would be worse."""
        stopping = asyncio.ensure_future(self._stop_all())
        while not stopping.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.shield(stopping)
        stopping.result()

    async def _stop_all(self) -> None:
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        try:
            await asyncio.gather(*(child.stop() for child in self._children))
            if self._sink is not None:
                await self._sink.stop()
            await asyncio.gather(*(server.stop() for server in self._servers))
        finally:
            remove_state(self.settings.home)
            self._lock.release()


@contextlib.asynccontextmanager
async def _together() -> AsyncIterator[asyncio.TaskGroup]:
    """Tasks that start side by side; the first to fail cancels the others, and its error is the one raised."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None


def _clock() -> str:
    return f"{datetime.now(UTC):%H:%M:%S} UTC"


def without_password(dsn: str) -> str:
    """host:port/database of a connection string."""
    parts = urlsplit(dsn)
    return f"{parts.hostname or 'localhost'}:{parts.port or 5432}{parts.path}"
