"""The ledger of notices and calls: what is to be sent under which key, every attempt, and whether it arrived (S4.7).

    begun = await begin(conn, Entry(key, ...))            # a retried activity learns what was done before it
    await attempted(conn, key, channel, outcome, detail)  # at once after every attempt
    await finished(conn, key, Status.SENT, channel)

Each in a transaction of its own: what was tried stays on record, whatever becomes of what follows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import asyncpg

from engine.errors import LeadflowError
from engine.owners.recipients import Recipient, RecipientKind
from store.pool import Connection
from store.queries import queries

_SQL = queries("notifications")

_ADDRESS = re.compile(r"[^\s<>\"',;:()]+@[^\s<>\"',;:()]+")


class Status(StrEnum):
    """FAILED was refused on every channel; UNDELIVERABLE has no channel to try; GATHERED waits for a digest (store.digests)."""

    PLANNED = "planned"
    GATHERED = "gathered"
    SENT = "sent"
    FAILED = "failed"
    UNDELIVERABLE = "undeliverable"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try on one channel. `outcome` and `detail` are the sender's words, without addresses."""

    channel: str
    at: datetime
    outcome: str
    detail: str


@dataclass(frozen=True, slots=True)
class Begun:
    """Where a notice stands: all attempts so far, those before a retry included."""

    status: Status
    attempts: tuple[Attempt, ...]
    delivered_channel: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A notice or call that is to be sent. `key` is the step key and the number of the effect: lead:cycle:seq:n.

    `subject` as the template writes it, before anything is filled in: what is filled in may be personal. `about` and `due_at` are
    what the order says.
    """

    key: str
    lead: str
    at: datetime
    recipient: Recipient
    template: str
    channels: tuple[str, ...]
    subject: str = ""
    about: str = ""
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Flood:
    """So many of the same notice to the same person within this time are one: what comes beyond them is gathered."""

    at_once: int
    within: timedelta


async def begin(conn: Connection, entry: Entry, flood: Flood | None = None) -> Begun:
    """Enter a notice, or find it as it stands. Whether it is gathered is decided once, when it is entered."""
    to = entry.recipient
    name = None if to.kind is RecipientKind.LEAD else to.name
    row = (entry.key, entry.lead, entry.at, to.kind, name, entry.template, list(entry.channels), entry.subject)
    more = (entry.about, entry.due_at)
    if flood is None:
        await conn.execute(_SQL["begin"], *row, *more, Status.PLANNED)
    else:
        async with conn.transaction():
            await conn.execute(_SQL["one_by_one"], f"{name}:{entry.template}")
            within = await conn.fetchval(_SQL["count_recent"], name, entry.template, flood.within)
            status = Status.GATHERED if within >= flood.at_once else Status.PLANNED
            await conn.execute(_SQL["begin"], *row, *more, status)
    found = await conn.fetchrow(_SQL["read"], entry.key)
    assert found is not None
    return begun(found)


def begun(row: asyncpg.Record) -> Begun:
    attempts = tuple(Attempt(**{**one, "at": datetime.fromisoformat(one["at"])}) for one in row["attempts"])
    return Begun(Status(row["status"]), attempts, row["delivered_channel"])


def without_addresses(detail: str) -> str:
    return _ADDRESS.sub("(address)", detail)


async def attempted(conn: Connection, key: str, channel: str, outcome: str, detail: str = "") -> None:
    """Note one attempt. Mail servers quote addresses in what they say; those are left out (B.7).

    Raises LeadflowError where the notice was never begun.
    """
    if not await conn.fetchval(_SQL["attempted"], key, channel, outcome, without_addresses(detail)):
        raise LeadflowError(f"there is no notice {key}", "Begin it before trying to send it.")


async def finished(conn: Connection, key: str, status: Status, channel: str | None = None) -> bool:
    """Note how it ended; `channel` is the one that took it. False where it was sent already: that stays so."""
    return bool(await conn.fetchval(_SQL["finished"], key, status, channel))
