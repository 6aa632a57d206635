"""Which version new leads take: the main one of each process, and a newer one that a share of them goes to first (B.3).

What is set is only ever added, with who and why. The newest version that was given all is the main one; so a version is taken back
by giving it 0 %, and the one before it is the main one again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from engine.errors import LeadflowError, Overtaken
from engine.offer import ALL, Offer
from store.definitions import take_turns
from store.pool import Connection
from store.queries import queries

_SQL = queries("offers")


@dataclass(frozen=True, slots=True)
class ShareGiven:
    """One decision about a version: the share of new leads in percent, and by whom, when and why."""

    process: str
    version: int
    share: Decimal
    set_by: str
    set_at: datetime
    why: str


async def offers(conn: Connection) -> dict[str, Offer]:
    """What new leads take, by process."""
    rows = await conn.fetch(_SQL["offers"])
    return {row["process"]: Offer(row["main"], row["canary"], row["share"]) for row in rows}


async def taken_by(conn: Connection, key: str) -> dict[str, str]:
    """The digest that a lead of this key takes of each process, should it enter it now."""
    return {process: offer.digest_for(key) for process, offer in (await offers(conn)).items()}


async def history(conn: Connection, process: str) -> tuple[ShareGiven, ...]:
    """What was decided about its versions, the last first."""
    return tuple(ShareGiven(**row) for row in await conn.fetch(_SQL["history"], process))


async def give(conn: Connection, process: str, version: int, share: Decimal, by: str, why: str) -> bool:
    """Let this share of new leads take a version. False where it is so already.

    Raises LeadflowError where that cannot be: new leads always have one main version, and at most one newer beside it.
    """
    async with conn.transaction():
        await take_turns(conn)
        rows = {row["version"]: row for row in await conn.fetch(_SQL["versions"], process)}
        if not rows:
            raise LeadflowError(
                f"no version of a process '{process}' is published", "`leadflow versions` lists those that are."
            )
        if version not in rows:
            known = ", ".join(f"v{one}" for one in sorted(rows))
            raise LeadflowError(
                f"there is no version {version} of {process}", f"Publish it first; published are: {known}."
            )
        shares = {one: row["share"] for one, row in rows.items()}
        replaced = share > 0 and any(one > version and given == ALL for one, given in shares.items())
        if shares[version] == share and not replaced:  # what a replaced version was given last counts for nothing
            return False
        _check(process, version, share, shares)
        await conn.execute(_SQL["give"], process, version, share, by, why)
        await conn.execute(_SQL["announce"], rows[version]["digest"])
    return True


def _check(process: str, version: int, share: Decimal, shares: Mapping[int, Decimal]) -> None:
    after = {**shares, version: share}
    main = max((one for one, given in after.items() if given == ALL), default=None)
    if main is None:
        raise LeadflowError(
            f"v{version} of {process} has no other version before it that could take the rest of new leads",
            "Publish another version first, or leave this one where it is.",
        )
    if version < main:
        raise LeadflowError(
            f"v{version} of {process} is older than v{main}, which takes all new leads",
            f"To go back to it, take the newer one back: `leadflow versions share {process} {main}=0%`.",
        )
    canaries = sorted(one for one, given in after.items() if one > main and 0 < given < ALL)
    if len(canaries) > 1:
        other = next(one for one in canaries if one != version)
        raise LeadflowError(
            f"v{other} of {process} takes {percent(after[other])} of new leads already",
            f"One at a time: give it all or nothing first, `leadflow versions share {process} {other}=0%`.",
        )


async def expect(conn: Connection, process: str, seen: Offer | None) -> None:
    """Raises Overtaken where new leads of the process take other versions by now than those that were seen.

    It holds until the transaction ends where `definitions.take_turns` was called in it before.
    """
    now = (await offers(conn)).get(process)
    if now == seen:
        return
    new = [digest for digest in (now.digests if now else ()) if seen is None or digest not in seen.digests]
    if not new:
        raise Overtaken(f"somebody changed meanwhile which share of new leads the versions of {process} take")
    row = await conn.fetchrow(_SQL["published"], new[-1])
    assert row is not None
    raise Overtaken(
        f"{row['published_by']} published v{row['version']} of {process} meanwhile, "
        f"at {row['published_at']:%Y-%m-%d %H:%M:%S} UTC"
    )


def percent(share: Decimal) -> str:
    """`10%`, `0.5%`."""
    return f"{share.normalize():f}%"
