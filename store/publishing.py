"""Publishing what somebody has looked at: all of it or nothing, and only onto what they looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from engine.compiling.bundle import Bundle
from engine.offer import Offer
from engine.process import Process
from store import definitions, offers
from store.pool import Connection


@dataclass(frozen=True, slots=True)
class Candidate:
    """A process that is to be published. `share` of new leads, in percent, go to it first; all, where that is left out. What is
    published already keeps the share that it has.
    """

    bundle: Bundle
    process: Process
    share: Decimal | None = None


async def publish_all(
    conn: Connection, candidates: Sequence[Candidate], seen: Mapping[str, Offer], by: str, why: str
) -> list[bool]:
    """Whether each is new. `seen` is what new leads took when the author decided, by process.

    Raises Overtaken where that has changed since, and LeadflowError where a version is published already and says something else.
    """
    async with conn.transaction():
        await definitions.take_turns(conn)
        for one in candidates:
            await offers.expect(conn, one.process.name, seen.get(one.process.name))
        published = []
        for one in candidates:
            new = await definitions.publish(conn, one.bundle, one.process, by, why)
            if new and one.share is not None:
                await offers.give(conn, one.process.name, one.process.version, one.share, by, why)
            published.append(new)
    return published


async def rehearse(conn: Connection, candidates: Sequence[Candidate], seen: Mapping[str, Offer]) -> None:
    """Publish and take it back, so that what would be refused is refused before anybody is asked. Nobody sees anything of it."""
    rehearsal = conn.transaction()
    await rehearsal.start()
    try:
        await publish_all(conn, candidates, seen, "", "")
    finally:
        await rehearsal.rollback()
