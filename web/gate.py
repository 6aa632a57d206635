"""How many arrivals are under way at once: some are worked, some wait, the rest is asked to come back (C.6).

What has been let in is finished. Whoever is sent away has left nothing behind and loses nothing by coming again.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

AT_ONCE = 24
"""Arrivals under way: as many as an import keeps in flight, so that the servers are busy and each is answered soon."""

WAITING = 200
"""Arrivals that wait for their turn, which takes them a few seconds."""

LONGEST_WAIT = 10.0
"""Seconds after which one that waits is asked to come back."""

BATCHES = 4
"""Batches that come in at once; each has lines under way as long as it lasts."""

SOONEST, LATEST = 1, 300
"""Seconds that `Retry-After` may say."""

BATCHES_TAKE = 15
"""Seconds after which one of the batches under way may be over."""


class Full(Exception):
    """Too many are under way. `retry_after` is in whole seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"come again in {retry_after} s")
        self.retry_after = retry_after


class Gate:
    def __init__(self, at_once: int = AT_ONCE, waiting: int = WAITING, longest_wait: float = LONGEST_WAIT) -> None:
        self._at_once = at_once
        self._room = waiting
        self._longest_wait = longest_wait
        self._places = asyncio.Semaphore(at_once)
        self._waiting = 0
        self._batches = 0
        self._takes = 0.1  # seconds that one takes, as a moving average
        self._free_at = 0.0  # when all who were sent away will have had their turn

    def sent_away(self) -> Full:
        """Each is told a time of its own, after all who are here and all who were sent away before: of those who come back
        together, most would be sent away again."""
        now, each = time.monotonic(), self._takes / self._at_once
        served = now + each * (self._waiting + self._at_once)
        self._free_at = max(self._free_at, served) + each
        return Full(min(max(math.ceil(self._free_at - now), SOONEST), LATEST))

    @asynccontextmanager
    async def entered(self) -> AsyncIterator[None]:
        """For one arrival. Raises Full where too many wait already, or its turn does not come in time."""
        if self._places.locked() and self._waiting >= self._room:
            raise self.sent_away()
        self._waiting += 1
        try:
            async with asyncio.timeout(self._longest_wait):
                await self._places.acquire()
        except TimeoutError:
            raise self.sent_away() from None
        finally:
            self._waiting -= 1
        try:
            async with self._timed():
                yield
        finally:
            self._places.release()

    @contextmanager
    def batch(self) -> Iterator[None]:
        """For a whole batch. Raises Full where several are coming in already."""
        if self._batches >= BATCHES:
            raise Full(BATCHES_TAKE)
        self._batches += 1
        try:
            yield
        finally:
            self._batches -= 1

    @asynccontextmanager
    async def in_turn(self) -> AsyncIterator[None]:
        """For one line of a batch, whose sender is slowed down instead of being sent away."""
        async with self._places, self._timed():
            yield

    @asynccontextmanager
    async def _timed(self) -> AsyncIterator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            self._takes += (time.monotonic() - began - self._takes) / 10
