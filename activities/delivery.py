"""Delivering notices, packs and calls: channel after channel, every try in the ledger, nothing twice (S2.1, S4.7).

What a worker lost between sending and noting it is sent again under the same key, which receivers drop. Whatever ends
up in workflow history (results, errors) names our people by their key in the roster, and holds no address (B.7).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

import asyncpg
from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.addressees import Addressee, Nobody, Route, addressees
from activities.channels import ChannelFailed, Channels
from activities.orders import Delivered, OrderKind, Outgoing
from engine.catalog import Catalog
from engine.language.tables import ChannelKind, Template
from engine.language.templates import Filled, TemplateError, fill
from engine.owners.recipients import Recipient
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


class Outcome(StrEnum):
    """What one try came to. REFUSED lasts, so that channel is not tried again; FAILED may pass."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Reached:
    """What became of one addressee so far. `again`: it is not settled, another try may help."""

    channel: str | None = None
    detail: str = ""
    again: bool = False


class Delivery:
    """`link` gives the URL of a lead's page from its key.

    Uses at most half of the pool: however long a mail server hangs, leads go on.
    """

    def __init__(self, pool: Pool, catalog: Catalog, channels: Channels, link: Callable[[str], str]) -> None:
        self._pool = pool
        self._catalog = catalog
        self._channels = channels
        self._link = link
        self._room = asyncio.Semaphore(max(1, pool.get_max_size() // 2))

    @activity.defn(name="deliver")
    async def deliver(self, lead_key: str, digest: str, outgoing: Outgoing) -> Delivered:
        """Deliver, or find that it has been. Raises ApplicationError DELIVERY or DATABASE for another attempt."""
        process = self._catalog.get(digest)
        try:
            async with (
                asyncio.timeout(ONE_ATTEMPT.total_seconds()),
                self._room,
                self._pool.acquire() as connection,
                alone(connection, outgoing.key),
            ):
                if outgoing.kind is OrderKind.HOOK:
                    return await self._call(lead_key, outgoing)
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
        if _too_late():
            return Delivered(False, detail="a day was not enough to send it, or to note that it was sent")
        raise problem

    async def _call(self, lead_key: str, order: Outgoing) -> Delivered:
        webhook = self._channels.webhook
        url = webhook.endpoint(order.to) if webhook else None
        if webhook is None or url is None:
            return Delivered(False, detail=f"no endpoint '{order.to}' is configured")
        try:
            await webhook.send(order.key, url, {"key": order.key, "lead": lead_key, "event": order.about})
        except ChannelFailed as failed:
            if failed.lasting or _too_late():
                return Delivered(False, detail=failed.words)
            raise _again(failed.words) from None
        return Delivered(True, ChannelKind.WEBHOOK)

    async def _tell(self, connection: Connection, process: Process, lead_key: str, order: Outgoing) -> Delivered:
        template = process.templates.of.get(order.template) if process.templates else None
        standing = await leads.standing(connection, lead_key)
        if template is None or standing is None:
            missing = f"template '{order.template}'" if template is None else "lead of that key"
            return Delivered(False, detail=f"there is no {missing}")
        known = await roster.current(connection)
        ledger = _Ledger(connection, lead_key, order.template, template)
        told = addressees(process, template, standing, known, order, self._link(lead_key))
        if isinstance(told, Nobody):
            await ledger.begin(told.key, told.to, ())
            await ledger.finish(told.key, Status.UNDELIVERABLE)
            return Delivered(False, detail=told.why)
        return _summed_up(told, await self._reach_all(ledger, told))

    async def _reach_all(self, ledger: _Ledger, told: list[Addressee]) -> list[Reached]:
        """Every one to the end, whatever becomes of the others: they share a connection, which is given back then."""
        room = asyncio.Semaphore(MEMBERS_AT_ONCE)

        async def reach(to: Addressee) -> Reached:
            async with room:
                return await self._reach(ledger, to)

        reached = []
        for result in await asyncio.gather(*(reach(one) for one in told), return_exceptions=True):
            if isinstance(result, BaseException):
                raise result
            reached.append(result)
        return reached

    async def _reach(self, ledger: _Ledger, to: Addressee) -> Reached:
        begun = await ledger.begin(to.key, to.to, to.routes)
        if begun.status is not Status.PLANNED:
            return Reached(begun.delivered_channel, "" if begun.status is Status.SENT else _said(begun))
        try:
            message = fill(ledger.template.subject, ledger.template.text, to.words)
        except TemplateError as error:
            await ledger.finish(to.key, Status.FAILED)
            return Reached(detail=error.message)
        outcomes: list[Outcome] = []
        problems: list[str] = []
        for route in to.routes:
            outcome, words = await self._try(ledger, begun, to, route, message)
            if outcome is Outcome.DELIVERED:
                return Reached(route.channel, "; ".join(problems))
            outcomes.append(outcome)
            problems.append(words)
        detail = "; ".join(dict.fromkeys(problems)) or "no channel is given"
        if Outcome.FAILED in outcomes and not _too_late():
            return Reached(detail=detail, again=True)
        nothing_to_try = all(outcome is Outcome.SKIPPED for outcome in outcomes)
        await ledger.finish(to.key, Status.UNDELIVERABLE if nothing_to_try else Status.FAILED)
        return Reached(detail=detail)

    async def _try(
        self, ledger: _Ledger, begun: Begun, to: Addressee, route: Route, message: Filled
    ) -> tuple[Outcome, str]:
        """One channel, at most once: what has refused for good is not asked again, what is missing is noted once."""
        earlier = {one.detail: one.outcome for one in begun.attempts if one.channel == route.channel}
        refused = next((words for words, outcome in earlier.items() if outcome == Outcome.REFUSED), None)
        if refused is not None:
            return Outcome.REFUSED, refused
        missing = route.missing if route.address is None else self._unconfigured(route.channel)
        if route.address is None or missing:
            if missing not in earlier:
                await ledger.attempt(to.key, route, Outcome.SKIPPED, missing)
            return Outcome.SKIPPED, missing
        try:
            await self._send(to, route.channel, route.address, message, ledger.lead)
        except ChannelFailed as failed:
            outcome = Outcome.REFUSED if failed.lasting else Outcome.FAILED
            await ledger.attempt(to.key, route, outcome, failed.words)
            return outcome, failed.words
        await ledger.arrived(to.key, route)
        return Outcome.DELIVERED, ""

    def _unconfigured(self, channel: ChannelKind) -> str:
        match channel:
            case ChannelKind.EMAIL:
                return "" if self._channels.email else "no mail server is configured"
            case ChannelKind.WEBHOOK:
                return "" if self._channels.webhook else "webhooks are not configured"

    async def _send(self, to: Addressee, channel: ChannelKind, address: str, message: Filled, lead: str) -> None:
        if channel is ChannelKind.EMAIL and self._channels.email is not None:
            await self._channels.email.send(to.key, address, message.subject, message.text)
        elif channel is ChannelKind.WEBHOOK and self._channels.webhook is not None:
            about = {"key": to.key, "lead": lead, "to": to.to.name}
            body = about | {"title": message.subject, "text": message.text}
            await self._channels.webhook.send(to.key, address, body)


class _Ledger:
    """The ledger's side of one order. Members of a team share its connection, which does one thing at a time."""

    def __init__(self, connection: Connection, lead: str, name: str, template: Template) -> None:
        self.lead = lead
        self.template = template
        self._name = name
        self._connection = connection
        self._turn = asyncio.Lock()

    async def begin(self, key: str, to: Recipient, routes: Sequence[Route]) -> Begun:
        at = activity.info().scheduled_time
        channels = [route.channel for route in routes]
        written = self.template.subject
        async with self._turn:
            return await notifications.begin(self._connection, key, self.lead, at, to, self._name, channels, written)

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


def _said(begun: Begun) -> str:
    """Why it did not arrive, from the ledger: for an attempt that finds it settled."""
    return "; ".join(dict.fromkeys(one.detail for one in begun.attempts if one.detail))


def _summed_up(told: list[Addressee], reached: list[Reached]) -> Delivered:
    """S4.7: it arrived if it reached anybody it was meant for. As long as somebody may still be reached it goes on."""
    if pending := [one.detail for one in reached if one.again]:
        who = f"{len(pending)} of {len(told)} are not reached yet: " if len(told) > 1 else ""
        raise _again(who + "; ".join(dict.fromkeys(pending)))
    channels = sorted({one.channel for one in reached if one.channel})
    if len(told) == 1:
        details = [reached[0].detail]
    else:
        details = [f"{to.to.name}: {one.detail}" for to, one in zip(told, reached, strict=True) if not one.channel]
    return Delivered(bool(channels), ", ".join(channels) or None, "; ".join(details))


def _too_late() -> bool:
    return datetime.now(UTC) - activity.info().scheduled_time >= GIVE_UP_AFTER


def _again(words: str) -> ApplicationError:
    pause = min(2.0 ** min(activity.info().attempt, 10), LONGEST_PAUSE.total_seconds())
    return ApplicationError(f"{words}; trying again", type="DELIVERY", next_retry_delay=timedelta(seconds=pause))
