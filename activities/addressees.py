"""Whom an order goes to, by which ways, and with which words: everything that is known before anything is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from activities import wording
from activities.orders import OrderKind, Outgoing
from engine.language.tables import ChannelKind, Template
from engine.language.templates import Words
from engine.owners.recipients import Recipient, RecipientKind
from engine.process import Process
from engine.world import Colleague
from store.leads import Standing
from store.roster import Roster


@dataclass(frozen=True, slots=True)
class Route:
    """One way to reach somebody. Without an address it cannot be taken, and `missing` says so."""

    channel: ChannelKind
    address: str | None
    missing: str


@dataclass(frozen=True, slots=True)
class Addressee:
    """One entry of the ledger: who is told, by which routes in this order, with which words."""

    key: str
    to: Recipient
    routes: tuple[Route, ...]
    words: Words


@dataclass(frozen=True, slots=True)
class Nobody:
    """There is no one to tell; `why` in words."""

    key: str
    to: Recipient
    why: str


def addressees(
    process: Process, template: Template, standing: Standing, roster: Roster, order: Outgoing, link: str
) -> list[Addressee] | Nobody:
    """A person is told as the template says or else as they prefer, a team as its active members, the lead by mail.

    Who has left is not told: what goes out here is not for other companies (S1.13).
    """

    def colleague(key: str, who: Colleague) -> Addressee:
        routes = routes_to(who, template.channels)
        words = wording.notice(process, standing, roster, who, order, link)
        return Addressee(key, Recipient(RecipientKind.PERSON, who.key), routes, words)

    match order.kind:
        case OrderKind.PERSON:
            who = roster.people.get(order.to)
            if who is not None and who.person.active:
                return [colleague(order.key, who)]
            why = f"the roster does not have '{order.to}'" if who is None else f"{order.to} is no longer active"
            return Nobody(order.key, Recipient(RecipientKind.PERSON, order.to), why)
        case OrderKind.TEAM:
            members = [one for one in roster.people.values() if one.person.active and order.to in one.person.teams]
            if members:
                return [colleague(f"{order.key}:{one.key}", one) for one in members]
            return Nobody(order.key, Recipient(RecipientKind.TEAM, order.to), f"nobody in team {order.to} is active")
        case _:
            address = wording.mail_address(process, standing)
            route = Route(ChannelKind.EMAIL, address, "the lead has no mail address")
            words = wording.letter(process, standing, roster)
            return [Addressee(order.key, Recipient(RecipientKind.LEAD, ""), (route,), words)]


def routes_to(who: Colleague, channels: Sequence[ChannelKind] | None = None) -> tuple[Route, ...]:
    """By these channels, or else as they prefer."""
    return tuple(_route(who, kind) for kind in dict.fromkeys(channels or who.person.channels))


def _route(who: Colleague, kind: ChannelKind) -> Route:
    match kind:
        case ChannelKind.EMAIL:
            return Route(kind, who.person.email or None, f"{who.key} has no mail address")
        case ChannelKind.WEBHOOK:
            return Route(kind, who.person.webhook or None, f"{who.key} has no webhook")
