"""Requests that name themselves: each worked once, and the same again answered the same, also at the same time and after a restart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto

from store.pool import Connection
from store.queries import queries

_SQL = queries("requests")

KEPT = timedelta(days=8)
"""How long an answer is kept: a day more than the week that is promised."""

DIED_AFTER = timedelta(seconds=90)
"""Longer than any request takes: without an answer by then, whoever worked on it has died."""


@dataclass(frozen=True, slots=True)
class Named:
    """A request: who sent it, under which key, and what it asks as a SHA-256."""

    caller: str
    key: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer that it got; its body is JSON."""

    status: int
    body: str


class Standing(Enum):
    """MINE: nobody has it, whoever asks is to work on it. UNDER_WAY: somebody does. ANOTHER: its key belongs to another request."""

    MINE = auto()
    UNDER_WAY = auto()
    ANOTHER = auto()


async def claim(conn: Connection, request: Named) -> Standing | Answered:
    """Take the request on, unless somebody has."""
    own = (request.caller, request.key, request.digest)
    if await conn.fetchval(_SQL["claim"], *own, DIED_AFTER):
        return Standing.MINE
    row = await conn.fetchrow(_SQL["found"], *own)
    if row is None:
        return Standing.UNDER_WAY  # let go of just now: whoever looks again gets it
    if not row["same"]:
        return Standing.ANOTHER
    return Standing.UNDER_WAY if row["status"] is None else Answered(row["status"], row["body"])


async def answer(conn: Connection, request: Named, answered: Answered) -> None:
    """Keep the answer, which must hold nothing personal."""
    await conn.execute(_SQL["answer"], request.caller, request.key, request.digest, answered.status, answered.body)


async def release(conn: Connection, request: Named) -> None:
    """Nothing has come of it: the same may be tried again."""
    await conn.execute(_SQL["release"], request.caller, request.key, request.digest)


async def forget(conn: Connection) -> int:
    """Let go of what is older than is promised. How many."""
    return int(await conn.fetchval(_SQL["forget"], KEPT))
