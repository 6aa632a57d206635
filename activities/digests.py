"""Sending what was gathered: one mail to each person, that lists every notice, and is sent once however many workers see to it.

What was lost between sending and noting it is sent again under the same key, which receivers drop.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import asyncpg

from activities import wording
from activities.addressees import Route, routes_to
from activities.channels import Channels
from activities.gathering import Gathering
from activities.orders import OrderKind, Outgoing
from activities.trying import Outcome, by_some_route
from engine.catalog import Catalog
from engine.language.tables import ChannelKind
from engine.language.templates import TemplateError, fill
from engine.world import Colleague
from store import digests, leads, roster
from store.delivery import alone
from store.digests import Digest, Gathered
from store.notifications import Status
from store.pool import Connection, Pool
from store.roster import Roster

LISTED = 200
"""Notices that one mail lists; of more it says how many there are."""

GIVE_UP_AFTER = timedelta(hours=24)

_log = logging.getLogger(__name__)


class Digests:
    """`link` gives the URL of a lead's page from its key."""

    def __init__(
        self, pool: Pool, catalog: Catalog, channels: Channels, link: Callable[[str], str], gathering: Gathering
    ) -> None:
        self._pool = pool
        self._catalog = catalog
        self._channels = channels
        self._link = link
        self._gathering = gathering

    async def until(self, stop: asyncio.Event) -> None:
        """See to it again and again. A server that is away is no reason to end."""
        pause = max(min(self._gathering.every.total_seconds() / 10, 30.0), 0.2)
        while not stop.is_set():
            try:
                await self.send()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                _log.warning("digests were not sent, and are tried again: %s", type(error).__name__)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await stop.wait()

    async def send(self) -> None:
        """Make up what is due, and send what is not sent. One that fails keeps no other waiting."""
        async with self._pool.acquire() as connection:
            await digests.make_up(connection, self._gathering.every)
            waiting = await digests.not_sent(connection)
        for key in waiting:
            async with self._pool.acquire() as connection, alone(connection, key):
                await self._send(connection, await digests.read(connection, key))

    async def _send(self, connection: Connection, digest: Digest) -> None:
        if digest.begun.status is not Status.PLANNED:
            return  # another worker was faster
        known = await roster.current(connection)
        reader = known.people.get(digest.person)
        if reader is None or not reader.person.active:
            await digests.finished(connection, digest.key, Status.UNDELIVERABLE)
            return
        subject, text = await self._written(connection, digest, known, reader)

        async def send(channel: ChannelKind, address: str) -> None:
            if channel is ChannelKind.EMAIL and self._channels.email is not None:
                await self._channels.email.send(digest.key, address, subject, text)
            elif channel is ChannelKind.WEBHOOK and self._channels.webhook is not None:
                about = {"key": digest.key, "leads": [one.lead for one in digest.notices], "to": digest.person}
                await self._channels.webhook.send(digest.key, address, about | {"title": subject, "text": text})

        await by_some_route(
            self._channels, _Ledger(connection, digest), digest.begun, digest.key, routes_to(reader), send
        )

    async def _written(
        self, connection: Connection, digest: Digest, known: Roster, reader: Colleague
    ) -> tuple[str, str]:
        listed = [await self._line(connection, one, known, reader) for one in digest.notices[:LISTED]]
        number = len(digest.notices)
        if left := number - len(listed):
            listed.append(f"... and {left} more; `leadflow lead list` shows them all.")
        kinds = Counter(one.template.replace("_", " ") for one in digest.notices)
        counted = ", ".join(f"{count} x {kind}" for kind, count in kinds.most_common())
        text = "\n".join(
            (
                f"Hello {reader.person.name},",
                "",
                f"{number} notices came for you in a short time, and are listed here in place of a mail each: {counted}.",
                "",
                *listed,
                "",
            )
        )
        return f"{number} notices: {counted}"[:200], text

    async def _line(self, connection: Connection, one: Gathered, known: Roster, reader: Colleague) -> str:
        """What its mail would have had for a subject, as the lead stands now, and where the lead is."""
        standing = await leads.standing(connection, one.lead)
        link = self._link(one.lead)
        if standing is None or standing.lead.digest not in self._catalog:
            return f"- {one.lead}\n  {link}"
        process = self._catalog.get(standing.lead.digest)
        order = Outgoing(one.key, OrderKind.PERSON, reader.key, one.template, one.about, one.due_at)
        words = wording.notice(process, standing, known, reader, order, link)
        try:
            subject = fill(one.subject, "", words).subject
        except TemplateError:
            subject = standing.lead.title
        due = f"\n  by {words.due}" if words.due else ""
        return f"- {subject}{due}\n  {link}"


class _Ledger:
    def __init__(self, connection: Connection, digest: Digest) -> None:
        self._connection = connection
        self._digest = digest

    @property
    def too_late(self) -> bool:
        return datetime.now(UTC) - self._digest.at >= GIVE_UP_AFTER

    async def attempt(self, key: str, route: Route, outcome: Outcome, detail: str) -> None:
        await digests.attempted(self._connection, key, route.channel, outcome, detail)

    async def arrived(self, key: str, route: Route) -> None:
        async with self._connection.transaction():
            await digests.attempted(self._connection, key, route.channel, Outcome.DELIVERED)
            await digests.finished(self._connection, key, Status.SENT, route.channel)

    async def finish(self, key: str, status: Status) -> None:
        await digests.finished(self._connection, key, status)
