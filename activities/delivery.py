"""Delivering notices, packs and calls: channel after channel, every try in the ledger, nothing twice (S2.1, S4.7).

What a worker lost between sending and noting it is sent again under the same key, which receivers drop. Whatever ends
up in workflow history (results, errors) names our people by their key in the roster, and holds no address (B.7).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from functools import partial

import asyncpg
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.addressees import Addressee, Nobody, Route, addressees
from activities.channels import Channels
from activities.gathering import Gathering
from activities.orders import DIGEST, Delivered, OrderKind, Outgoing
from activities.trying import Outcome, Reached, by_some_route
from engine.catalog import Catalog
from engine.language.tables import ChannelKind, Template
from engine.language.templates import Filled, TemplateError, fill
from engine.owners.recipients import Recipient, RecipientKind
from engine.process import Process
from store import leads, notifications, roster
from store.delivery import alone
from store.notifications import Begun, Status
from store.pool import Connection, Pool

GIVE_UP_AFTER = timedelta(hours=24)
"""From when it was first to be sent: a notice a day late misleads more than it helps, and the clocks have gone on."""

ONE_ATTEMPT = timedelta(seconds=50)
"""Less than the workflow waits for one attempt, so that none goes on unseen beside its successor."""

LONGEST_PAUSE = timedelta(minutes=5)
"""Between attempts, once they have failed for long."""

MEMBERS_AT_ONCE = 5


class Delivery:
    """`link` gives the URL of a lead's page from its key; without `gathering` every notice goes alone.

    Uses at most half of the pool: however long a mail server hangs, leads go on. Of that half letters to leads have at most half,
    so that notices to our people go on beside two thousand of them.
    """

    def __init__(
        self,
        pool: Pool,
        catalog: Catalog,
        channels: Channels,
        link: Callable[[str], str],
        gathering: Gathering | None = None,
    ) -> None:
        self._pool = pool
        self._gathering = gathering
        self._catalog = catalog
        self._channels = channels
        self._link = link
        self._room = asyncio.Semaphore(max(1, pool.get_max_size() // 2))
        self._letters = asyncio.Semaphore(max(1, pool.get_max_size() // 4))

    @activity.defn(name="deliver")
    async def deliver(self, lead_key: str, digest: str, outgoing: Outgoing) -> Delivered:
        """Deliver, or find that it has been. Raises ApplicationError DELIVERY or DATABASE for another attempt."""
        process = self._catalog.get(digest)
        try:
            async with (
                asyncio.timeout(ONE_ATTEMPT.total_seconds()),
                self._letters if outgoing.kind is OrderKind.LEAD else nullcontext(),
                self._room,
                self._pool.acquire() as connection,
                alone(connection, outgoing.key),
            ):
                if outgoing.kind is OrderKind.HOOK:
                    return await self._call(connection, lead_key, outgoing)
                return await self._tell(connection, process, lead_key, outgoing)
        except ApplicationError:
            raise  # in words of ours, and not too late
        except TimeoutError:
            problem = _again("it takes too long")
        except asyncpg.QueryCanceledError:
            problem = _again("another attempt is still under way")
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            # What the database says may quote what was to be written.
            problem = ApplicationError("the database does not answer; trying again", type="DATABASE")
        except Exception as error:
            # Whatever it is: its words may quote the lead, and it is not tried for ever.
            problem = _again(f"it fails for a reason that nobody foresaw ({type(error).__name__})")
        if _too_late(outgoing):
            return Delivered(False, detail="a day was not enough to send it, or to note that it was sent")
        raise problem

    async def _call(self, connection: Connection, lead_key: str, order: Outgoing) -> Delivered:
        """An endpoint is called as a person is told: once, and the ledger has what became of it."""
        webhook = self._channels.webhook
        url = webhook.endpoint(order.to) if webhook else None
        route = Route(ChannelKind.WEBHOOK, url, f"no endpoint '{order.to}' is configured")
        ledger = _Ledger(connection, lead_key, order, order.about)

        async def call(_channel: ChannelKind, address: str) -> None:
            assert webhook is not None
            await webhook.send(order.key, address, {"key": order.key, "lead": lead_key, "event": order.about})

        begun = await ledger.begin(order.key, Recipient(RecipientKind.HOOK, order.to), (route,))
        reached = _settled(begun) or await by_some_route(self._channels, ledger, begun, order.key, (route,), call)
        return _summed_up([order.to], [reached])

    async def _tell(self, connection: Connection, process: Process, lead_key: str, order: Outgoing) -> Delivered:
        template = process.templates.of.get(order.template) if process.templates else None
        standing = await leads.standing(connection, lead_key)
        if template is None or standing is None:
            missing = f"template '{order.template}'" if template is None else "lead of that key"
            return Delivered(False, detail=f"there is no {missing}")
        known = await roster.current(connection)
        ledger = _Ledger(connection, lead_key, order, order.template, template.subject, self._gathering)
        told = addressees(process, template, standing, known, order, self._link(lead_key))
        if isinstance(told, Nobody):
            await ledger.begin(told.key, told.to, ())
            await ledger.finish(told.key, Status.UNDELIVERABLE)
            return Delivered(False, detail=told.why)
        return _summed_up([one.to.name for one in told], await self._reach_all(ledger, template, told))

    async def _reach_all(self, ledger: _Ledger, template: Template, told: list[Addressee]) -> list[Reached]:
        """Every one to the end, whatever becomes of the others: they share a connection, which is given back then."""
        room = asyncio.Semaphore(MEMBERS_AT_ONCE)

        async def reach(to: Addressee) -> Reached:
            async with room:
                return await self._reach(ledger, template, to)

        reached = []
        for result in await asyncio.gather(*(reach(one) for one in told), return_exceptions=True):
            if isinstance(result, BaseException):
                raise result
            reached.append(result)
        return reached

    async def _reach(self, ledger: _Ledger, template: Template, to: Addressee) -> Reached:
        begun = await ledger.begin(to.key, to.to, to.routes)
        if settled := _settled(begun):
            return settled
        try:
            message = fill(template.subject, template.text, to.words)
        except TemplateError as error:
            await ledger.finish(to.key, Status.FAILED)
            return Reached(detail=error.message)
        send = partial(self._send, to, message, ledger.lead)
        return await by_some_route(self._channels, ledger, begun, to.key, to.routes, send)

    async def _send(self, to: Addressee, message: Filled, lead: str, channel: ChannelKind, address: str) -> None:
        if channel is ChannelKind.EMAIL and self._channels.email is not None:
            await self._channels.email.send(to.key, address, message.subject, message.text)
        elif channel is ChannelKind.WEBHOOK and self._channels.webhook is not None:
            about = {"key": to.key, "lead": lead, "to": to.to.name}
            body = about | {"title": message.subject, "text": message.text}
            await self._channels.webhook.send(to.key, address, body)


class _Ledger:
    """The ledger's side of one order. Members of a team share its connection, which does one thing at a time.

    `name` is what is sent: a template, for a call the event. `subject` is as the template writes it.
    """

    def __init__(
        self,
        connection: Connection,
        lead: str,
        order: Outgoing,
        name: str,
        subject: str = "",
        gathering: Gathering | None = None,
    ) -> None:
        self.lead = lead
        self._gathering = gathering
        self.order = order
        self._name = name
        self._subject = subject
        self._connection = connection
        self._turn = asyncio.Lock()

    async def begin(self, key: str, to: Recipient, routes: Sequence[Route]) -> Begun:
        entry = notifications.Entry(
            key=key,
            lead=self.lead,
            at=_since(self.order),
            recipient=to,
            template=self._name,
            channels=tuple(route.channel for route in routes),
            subject=self._subject,
            about=self.order.about,
            due_at=self.order.due_at,
        )
        gathering = self._gathering if to.kind is RecipientKind.PERSON else None
        flood = notifications.Flood(gathering.at_once, gathering.every) if gathering is not None else None
        async with self._turn:
            return await notifications.begin(self._connection, entry, flood)

    @property
    def too_late(self) -> bool:
        return _too_late(self.order)

    async def attempt(self, key: str, route: Route, outcome: Outcome, detail: str) -> None:
        async with self._turn:
            await notifications.attempted(self._connection, key, route.channel, outcome, detail)

    async def arrived(self, key: str, route: Route) -> None:
        async with self._turn, self._connection.transaction():
            await notifications.attempted(self._connection, key, route.channel, Outcome.DELIVERED)
            await notifications.finished(self._connection, key, Status.SENT, route.channel)

    async def finish(self, key: str, status: Status) -> None:
        async with self._turn:
            await notifications.finished(self._connection, key, status)


def _settled(begun: Begun) -> Reached | None:
    """What the ledger says of an order that was carried out before, with why it did not arrive."""
    if begun.status is Status.PLANNED:
        return None
    if begun.status is Status.GATHERED:
        return Reached(DIGEST)
    said = "; ".join(dict.fromkeys(one.detail for one in begun.attempts if one.detail))
    return Reached(begun.delivered_channel, "" if begun.status is Status.SENT else said)


def _summed_up(names: list[str], reached: list[Reached]) -> Delivered:
    """S4.7: it arrived if it reached anybody it was meant for. As long as somebody may still be reached it goes on."""
    if pending := [one.detail for one in reached if one.again]:
        who = f"{len(pending)} of {len(names)} are not reached yet: " if len(names) > 1 else ""
        raise _again(who + "; ".join(dict.fromkeys(pending)))
    channels = sorted({one.channel for one in reached if one.channel})
    if len(names) == 1:
        details = [reached[0].detail]
    else:
        details = [f"{name}: {one.detail}" for name, one in zip(names, reached, strict=True) if not one.channel]
    return Delivered(bool(channels), ", ".join(channels) or None, "; ".join(details))


def _since(order: Outgoing) -> datetime:
    return order.since or activity.info().scheduled_time


def _too_late(order: Outgoing) -> bool:
    return datetime.now(UTC) - _since(order) >= GIVE_UP_AFTER


def _again(words: str) -> ApplicationError:
    pause = min(2.0 ** min(activity.info().attempt, 10), LONGEST_PAUSE.total_seconds())
    return ApplicationError(f"{words}; trying again", type="DELIVERY", next_retry_delay=timedelta(seconds=pause))
