"""A process of ours in the stack, such as a worker or the web server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path

from engine.errors import StackError
from stack import probe
from stack.process import LeashedProcess
from stack.settings import Child

PROJECT = Path(__file__).resolve().parent.parent
START_TIMEOUT = 60.0  # seconds until a child with a `ready_url` must answer
GRACE = 20.0  # seconds a worker gets to finish what it has begun
# The same when the stack was killed: the servers have gone with it, so nothing that it has begun can end well.
ORPHAN_GRACE = 2.0


class ChildProcess:
    """Runs in the project's root, with the environment that the stack has made and what the child adds."""

    def __init__(self, home: Path, child: Child, environment: Mapping[str, str]) -> None:
        self._child = child
        self._environment = {**environment, **child.environment}
        self._process = LeashedProcess(home, child.name, grace=GRACE, orphan_grace=ORPHAN_GRACE)

    @property
    def name(self) -> str:
        return self._child.name

    @property
    def where(self) -> str:
        return self._child.ready_url or ""

    async def start(self) -> None:
        """Returns once it serves, at once where there is nothing to ask. StackError when it ends or stays silent."""
        await self._process.acquire()
        try:
            await self._nobody_else(self._child.ready_url)
            await self._process.start(self._child.command, self._environment, cwd=PROJECT)
            if self._child.ready_url is not None:
                await self._ready(self._child.ready_url)
        except BaseException:
            await self._process.stop()
            raise

    async def stop(self) -> None:
        await self._process.stop()

    async def wait(self) -> int:
        return await self._process.wait()

    async def _nobody_else(self, url: str | None) -> None:
        """Or the answer of another program would be taken for that of the child."""
        if url is not None and await probe.http(url) is None:
            raise StackError(
                f"{self.name} cannot start: another program answers at {url}", "Stop that program, or use another port."
            )

    async def _ready(self, url: str) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while self._process.running and time.monotonic() < deadline:
            if await probe.http(url) is None:
                return
            await asyncio.sleep(0.05)
        raise StackError(
            f"{self.name} did not start: {self._process.last_words()}", f"Mend what its log says: {self._process.log}"
        )
