"""The ledger of notices and calls: what is to be sent under which key, every attempt, and whether it arrived (S4.7).

    begun = await begin(conn, key, ...)                   # a retried activity learns what was done before it
    await attempted(conn, key, channel, outcome, detail)  # at once after every attempt
    await finished(conn, key, Status.SENT, channel)

Each in a transaction of its own: what was tried stays on record, whatever becomes of what follows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from engine.errors import LeadflowError
from engine.owners.recipients import Recipient, RecipientKind
from store.pool import Connection
from store.queries import queries

_SQL = queries("notifications")

_ADDRESS = re.compile(r"[^\s<>\"',;:()]+@[^\s<>\"',;:()]+")


class Status(StrEnum):
    """FAILED was refused on every channel; UNDELIVERABLE has no channel to try."""

    PLANNED = "planned"
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


async def begin(
    conn: Connection,
    key: str,
    lead: str,
    at: datetime,
    recipient: Recipient,
    template: str,
    channels: Sequence[str],
    subject: str = "",
) -> Begun:
    """Enter a notice, or find it as it stands. `key` is the step key and the number of the effect: lead:cycle:seq:n.

    `subject` as the template writes it, before anything is filled in: what is filled in may be personal.
    """
    name = None if recipient.kind is RecipientKind.LEAD else recipient.name
    await conn.execute(_SQL["begin"], key, lead, at, recipient.kind, name, template, list(channels), subject)
    row = await conn.fetchrow(_SQL["read"], key)
    assert row is not None
    attempts = tuple(Attempt(**{**one, "at": datetime.fromisoformat(one["at"])}) for one in row["attempts"])
    return Begun(Status(row["status"]), attempts, row["delivered_channel"])


async def attempted(conn: Connection, key: str, channel: str, outcome: str, detail: str = "") -> None:
    """Note one attempt. Mail servers quote addresses in what they say; those are left out (B.7).

    Raises LeadflowError where the notice was never begun.
    """
    if not await conn.fetchval(_SQL["attempted"], key, channel, outcome, _ADDRESS.sub("(address)", detail)):
        raise LeadflowError(f"there is no notice {key}", "Begin it before trying to send it.")


async def finished(conn: Connection, key: str, status: Status, channel: str | None = None) -> bool:
    """Note how it ended; `channel` is the one that took it. False where it was sent already: that stays so."""
    return bool(await conn.fetchval(_SQL["finished"], key, status, channel))
