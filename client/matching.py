"""Which lead an incoming one is (S0.13): found among those of its pool, judged by the identity table of its process.

    search = await look(pool, catalog, incoming, now)                        # takes its time, keeps nobody waiting
    placed = await place(connection, catalog, search, row, now)              # in the transaction that registers

Leads of a pool are placed one after another, under a lock, so that fifty at once become one. What came to the pool between looking and
placing is looked at then; it is little, and so is the time that the lock is held.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from client.compared import card_of
from client.incoming import Incoming
from engine.catalog import Catalog
from engine.identity.card import Card, reads
from engine.identity.judging import Judgement, Verdict, judge_all
from engine.language.identity import IdentityTable
from engine.time.durations import elapsed
from store import contacts, leads, matches
from store.contacts import Alias, Contact
from store.leads import NewLead, Registered, State
from store.pool import Connection, Pool


@dataclass(frozen=True, slots=True)
class Match:
    """Which lead an incoming one was found to be, or may be, and why: what agrees and differs, in words (B.5)."""

    verdict: Verdict
    lead: str
    points: int
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Search:
    """What an incoming lead is compared by, and what was found of its pool up to a `change`."""

    table: IdentityTable
    card: Card
    change: int = 0
    found: tuple[Contact, ...] = ()

    @property
    def pool(self) -> str:
        return self.table.identity


@dataclass(frozen=True, slots=True)
class Placed:
    """The lead that an incoming one is now. `alias` is its own key, where it is the same as one that came under another."""

    registered: Registered
    alias: str | None = None
    match: Match | None = None


@dataclass(frozen=True, slots=True)
class _Judged:
    """Leads that the new one is or may be, the best first."""

    same: tuple[tuple[str, Judgement], ...] = ()
    possible: tuple[tuple[str, Judgement], ...] = ()


async def look(pool: Pool, catalog: Catalog, incoming: Incoming, now: datetime) -> Search | None:
    """Leads that could be the same. None where its process compares none, or the lead says nothing of a person."""
    table = incoming.process.identity
    if table is None:
        return None
    card = card_of(table, incoming.fields | incoming.personal)
    if not card.tells_of_somebody:
        return None
    async with pool.acquire() as connection, connection.transaction():
        change = await contacts.newest(connection, table.identity)
        one = await contacts.holder(connection, table.identity, card)
        if one is not None and _judged(catalog, Search(table, card), (one,), now).same:
            return Search(table, card, change, (one,))
        return Search(table, card, change, await contacts.candidates(connection, table.identity, card))


async def place(connection: Connection, catalog: Catalog, search: Search | None, new: NewLead, now: datetime) -> Placed:
    """Register the lead, or find it to be one that is known already. In a transaction, which has the pool to itself then."""
    if search is None:
        return await _known(connection, new, await leads.register(connection, new))
    await contacts.lock(connection, search.pool)
    if (known := await leads.known(connection, new.source_system, new.external_id)) is not None:
        return await _known(connection, new, known)
    await _renew(connection, catalog, search.pool)
    later = await contacts.since(connection, search.pool, search.change)
    judged = _judged(catalog, search, (*search.found, *later), now)
    if judged.same:
        return await _join(connection, new, judged.same, now)
    registered = await leads.register(connection, new)
    await contacts.put(connection, registered.key, search.pool, reads(search.table), search.card)
    for key, judgement in judged.possible:
        await matches.note_possible(connection, registered.key, key, judgement.points, judgement.why, now)
    match = next((_match(key, judgement) for key, judgement in judged.possible), None)
    return Placed(registered, match=match)


async def _known(connection: Connection, new: NewLead, registered: Registered) -> Placed:
    """What was sent before is told again what it was told then."""
    if registered.key == new.lead.key:
        return Placed(registered)
    alias = await contacts.alias(connection, new.source_system, new.external_id)
    if alias is None:
        return Placed(registered)
    return Placed(registered, new.lead.key, Match(Verdict.SAME, registered.key, alias.points, alias.why))


async def _join(connection: Connection, new: NewLead, same: tuple[tuple[str, Judgement], ...], now: datetime) -> Placed:
    """The lead is another one, which its key leads to from now on. If it is several, those may be one."""
    (key, judgement), *others = same
    alias = Alias(key, judgement.points, judgement.why)
    await contacts.put_alias(connection, new.lead.key, new.source_system, new.external_id, alias, now)
    for other, judged in others:
        why = ("both are the same as one that came later", *judged.why)
        await matches.note_possible(connection, key, other, judged.points, why, now)
    registered = await leads.known(connection, new.source_system, new.external_id)
    assert registered is not None  # its alias has just been put
    return Placed(registered, new.lead.key, _match(key, judgement))


async def _renew(connection: Connection, catalog: Catalog, pool: str) -> None:
    """Make anew by what leads are found that have other values by now."""
    digests = [digest for digest in catalog.held if _pool(catalog, digest) == pool]
    for changed in await contacts.stale(connection, pool, digests):
        table = catalog.get(changed.digest).identity if changed.digest in catalog else None
        if table is None:
            await contacts.put(connection, changed.lead, None, (), Card())
        else:
            card = card_of(table, changed.values)
            await contacts.put(connection, changed.lead, table.identity, reads(table), card)


def _judged(catalog: Catalog, search: Search, known: Iterable[Contact], now: datetime) -> _Judged:
    """The best first: by points, open before closed, then whoever came first. What was looked at twice counts as it is now."""
    latest = {one.lead: one for one in known if _counts(catalog, search.table, one, now)}
    judged = judge_all(search.table, search.card, {key: one.card for key, one in latest.items()})

    def rank(key: str) -> tuple[int, bool, datetime, str]:
        return -judged[key].points, latest[key].state is State.CLOSED, latest[key].arrived_at, key

    ranked = [(key, judged[key]) for key in sorted(judged, key=rank)]
    return _Judged(
        tuple(one for one in ranked if one[1].verdict is Verdict.SAME),
        tuple(one for one in ranked if one[1].verdict is Verdict.POSSIBLE),
    )


def _counts(catalog: Catalog, table: IdentityTable, one: Contact, now: datetime) -> bool:
    """Whether a lead can be the same at all: of the pool still, and not over."""
    if one.digest not in catalog or _pool(catalog, one.digest) != table.identity:
        return False
    if not table.closed and one.state is State.CLOSED:
        return False
    return table.within is None or elapsed(table.within, one.last_at) >= now


def _pool(catalog: Catalog, digest: str) -> str | None:
    table = catalog.get(digest).identity
    return table.identity if table is not None else None


def _match(key: str, judgement: Judgement) -> Match:
    return Match(judgement.verdict, key, judgement.points, judgement.why)
