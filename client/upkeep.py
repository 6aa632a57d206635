"""What a worker sees to beside its leads, when it starts and now and then: nobody else would notice what lies still."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from datetime import timedelta

import asyncpg
from temporalio.exceptions import TemporalError
from temporalio.service import RPCError

from client.absences import tell_absences
from client.desk import Desk
from client.front_door import FrontDoor
from client.hours import tell_hours
from client.merging import Merger
from engine.errors import LeadflowError
from store import requests
from store.pool import Pool

EVERY = timedelta(minutes=10)

_PASSING = (LeadflowError, TemporalError, RPCError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""What a server that is away for a while brings about."""

_log = logging.getLogger(__name__)


class Upkeep:
    def __init__(self, pool: Pool, door: FrontDoor, desk: Desk, merger: Merger) -> None:
        self._pool = pool
        self._door = door
        self._desk = desk
        self._merger = merger

    async def see_to(self) -> None:
        """Start the leads that were accepted and never started, start those again whose workflow is gone, bring merges to their end
        that somebody began, forget answers to requests of long ago, and tell leads of leave and other working hours. All of it can
        be done twice: several workers do it one beside the other."""
        await self._door.start_pending()
        if again := await self._door.start_again():
            _log.warning("%d leads had no workflow any more and were started again from the journal", again)
        if ended := await self._merger.go_on():
            _log.warning("%d merges had begun and not come to their end, and have now", ended)
        async with self._pool.acquire() as connection:
            await requests.forget(connection)
        await tell_absences(self._pool, self._desk)
        await tell_hours(self._pool, self._desk)

    async def until(self, stop: asyncio.Event, every: timedelta = EVERY) -> None:
        """See to it again and again. A server that is away is no reason to end: the leads are worked all the same."""
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(every.total_seconds()):
                    await stop.wait()
            if stop.is_set():
                return
            try:
                await self.see_to()
            except _PASSING as error:
                _log.warning("upkeep did not come to its end, and is tried again: %s", error)
