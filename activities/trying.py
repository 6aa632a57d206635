"""Trying to reach somebody: channel after channel, each at most once where it refuses for good, every try in a ledger (S4.7)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from activities.addressees import Route
from activities.channels import ChannelFailed, Channels
from engine.language.tables import ChannelKind
from store.notifications import Begun, Status


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


Send = Callable[[ChannelKind, str], Awaitable[None]]
"""Sends something by a channel to an address."""


class Ledger(Protocol):
    """Where tries are noted. `too_late`: it is not worth another one."""

    @property
    def too_late(self) -> bool: ...

    async def attempt(self, key: str, route: Route, outcome: Outcome, detail: str) -> None: ...

    async def arrived(self, key: str, route: Route) -> None: ...

    async def finish(self, key: str, status: Status) -> None: ...


async def by_some_route(
    channels: Channels, ledger: Ledger, begun: Begun, key: str, routes: Sequence[Route], send: Send
) -> Reached:
    outcomes: list[Outcome] = []
    problems: list[str] = []
    for route in routes:
        outcome, words = await _try(channels, ledger, begun, key, route, send)
        if outcome is Outcome.DELIVERED:
            return Reached(route.channel, "; ".join(problems))
        outcomes.append(outcome)
        problems.append(words)
    detail = "; ".join(dict.fromkeys(problems)) or "no channel is given"
    if Outcome.FAILED in outcomes and not ledger.too_late:
        return Reached(detail=detail, again=True)
    nothing_to_try = all(outcome is Outcome.SKIPPED for outcome in outcomes)
    await ledger.finish(key, Status.UNDELIVERABLE if nothing_to_try else Status.FAILED)
    return Reached(detail=detail)


async def _try(
    channels: Channels, ledger: Ledger, begun: Begun, key: str, route: Route, send: Send
) -> tuple[Outcome, str]:
    """One channel, at most once: what has refused for good is not asked again, what is missing is noted once."""
    earlier = {one.detail: one.outcome for one in begun.attempts if one.channel == route.channel}
    refused = next((words for words, outcome in earlier.items() if outcome == Outcome.REFUSED), None)
    if refused is not None:
        return Outcome.REFUSED, refused
    missing = route.missing if route.address is None else _unconfigured(channels, route.channel)
    if route.address is None or missing:
        if missing not in earlier:
            await ledger.attempt(key, route, Outcome.SKIPPED, missing)
        return Outcome.SKIPPED, missing
    try:
        await send(route.channel, route.address)
    except ChannelFailed as failed:
        outcome = Outcome.REFUSED if failed.lasting else Outcome.FAILED
        await ledger.attempt(key, route, outcome, failed.words)
        return outcome, failed.words
    await ledger.arrived(key, route)
    return Outcome.DELIVERED, ""


def _unconfigured(channels: Channels, channel: ChannelKind) -> str:
    match channel:
        case ChannelKind.EMAIL:
            return "" if channels.email else "no mail server is configured"
        case ChannelKind.WEBHOOK:
            return "" if channels.webhook else "webhooks are not configured"
