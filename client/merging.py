"""Merging two leads that are one, because a person says so, and the way back (S0.13).

The order of steps, each of which happens once: it is written down that the merge has begun; the loser ends, and from then on whatever
comes under its key reaches the survivor; the survivor takes in what it did not know. Whoever dies in between leaves a merge that is
under way, and `go_on` brings it to its end. The way back goes the other way round: the survivor gives back, the loser goes on.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import asyncpg
from temporalio.client import Client

from client.merge_asking import Asking
from client.merge_terms import check, chosen, decided_by, fills_personal, reckoned_back, reckoned_in, to_be_undone
from client.moving import UNANSWERED
from engine.catalog import Catalog
from engine.conclude import conclude
from engine.decision import Refusal
from engine.errors import IntakeError, LeadflowError, StackError
from engine.happening import Actor, MergedInto, OfMerge, TookIn
from engine.lead import Lead
from engine.process import Process
from store import leads, matches, merges
from store.matches import PairState
from store.merges import Merge
from store.pool import Connection
from workflows import event_ids


class Merger:
    def __init__(
        self,
        pool: asyncpg.Pool,
        temporal: Client,
        catalog: Catalog,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._pool = pool
        self._catalog = catalog
        self._clock = clock
        self._asking = Asking(pool, temporal, catalog, clock)

    async def merge(self, loser: str, stays: str, by: str, reason: str, *, by_rules: bool = False) -> Merge:
        """Merge two leads; with `by_rules` whichever of them is to stay. The same again goes on with what was begun.

        Raises IntakeError where they cannot be merged: nothing has happened then. Raises StackError where nobody answers: what was
        begun goes on by itself once a worker is there.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            await merges.take_turns(connection)
            begun = await self._under_way_or_begin(connection, loser, stays, by, reason, by_rules=by_rules)
        return await self._carry_out(begun)

    async def undo(self, loser: str, by: str, reason: str) -> Merge:
        """Take the merge of a lead back. Raises like `merge`."""
        async with self._pool.acquire() as connection, connection.transaction():
            await merges.take_turns(connection)
            merge = await to_be_undone(connection, loser)
            if not merge.is_going_back:
                await check(connection, by, reason)
                await merges.begin_undo(connection, merge.id, by, reason)
        return await self._carry_back(await self._as_it_stands(merge))

    async def go_on(self) -> int:
        """Bring what was begun and left to its end. How many came to it."""
        async with self._pool.acquire() as connection:
            left = await merges.under_way(connection)
        ended = 0
        for merge in left:
            with contextlib.suppress(LeadflowError):
                await (self._carry_back(merge) if merge.is_going_back else self._carry_out(merge))
                ended += 1
        return ended

    async def _under_way_or_begin(
        self, connection: Connection, loser: str, stays: str, by: str, reason: str, *, by_rules: bool
    ) -> Merge:
        for one, other in ((loser, stays), (stays, loser)):
            known = await merges.of_loser(connection, one)
            if known is not None and known.survivor == other and (known.loser == loser or by_rules):
                if known.is_going_back:
                    raise _under_way(known)
                return known
        await check(connection, by, reason)
        stay, ends, rule = await chosen(connection, self._catalog, loser, stays, by_rules=by_rules)
        for key in (ends.lead.key, stay.lead.key):
            if (known := await merges.of_loser(connection, key)) is not None:
                raise _under_way(known)
        for known in await merges.into(connection, ends.lead.key):
            if known.done_at is None or known.is_going_back:
                raise _under_way(known)
        return await merges.begin(connection, ends.lead.key, stay.lead.key, rule, by, reason)

    # --- there -------------------------------------------------------------------------------------------------------

    async def _carry_out(self, merge: Merge) -> Merge:
        actor = decided_by(merge.by)

        async def ends(connection: Connection, _: Lead) -> OfMerge:
            stays = await leads.standing(connection, merge.survivor)
            return MergedInto(merge.survivor, actor, merge.reason, stays.lead.owner if stays is not None else None)

        async def takes_in(connection: Connection, lead: Lead) -> OfMerge:
            return await self._what_comes(connection, merge, actor, lead)

        if (refusal := await self._asking.undergo(merge.loser, merge, ends)) is not None:
            if refusal.code not in UNANSWERED:
                async with self._pool.acquire() as connection:
                    await merges.drop(connection, merge.id)
            raise _failed(merge, refusal)
        if (refusal := await self._asking.undergo(merge.survivor, merge, takes_in)) is not None:
            raise _failed(merge, refusal)
        async with self._pool.acquire() as connection, connection.transaction():
            if await merges.finish(connection, merge.id):
                if await matches.pair(connection, merge.loser, merge.survivor) is not None:
                    at = self._clock()
                    await matches.decide(connection, merge.loser, merge.survivor, PairState.SAME, merge.by, at)
                await merges.pairs_follow(connection, merge.loser, merge.survivor)
        return await self._as_it_stands(merge)

    async def _what_comes(self, connection: Connection, merge: Merge, actor: Actor, lead: Lead) -> TookIn:
        """What the loser knew and waited for, as it stood before it ended; what is personal waits in a parcel."""
        deed = await merges.deed(connection, merge.loser, event_ids.merge(merge.id))
        assert deed is not None
        before = conclude(self._process(deed.before.lead), deed.before, deed.before_settled).lead
        process = self._process(lead)
        theirs = (await merges.person_of(connection, merge.loser)).personal
        comes = fills_personal(process, lead, theirs)
        parcel = None
        if comes:
            parcel = await leads.put_parcel(connection, lead.key, merge.by, comes, None, fills=True)
        took = reckoned_in(process, lead, before, actor, merge.reason, known=tuple(comes))
        return replace(took, parcel=parcel)

    # --- and back ----------------------------------------------------------------------------------------------------

    async def _carry_back(self, merge: Merge) -> Merge:
        by, reason = str(merge.undo_by), str(merge.undo_reason)
        actor = decided_by(by)

        async def gives_back(connection: Connection, lead: Lead) -> OfMerge:
            return (await reckoned_back(connection, self._catalog.get, merge, lead, actor, reason))[0]

        async def goes_on(connection: Connection, lead: Lead) -> OfMerge:
            return (await reckoned_back(connection, self._catalog.get, merge, lead, actor, reason))[1]

        if (refusal := await self._asking.undergo(merge.survivor, merge, gives_back, back=True)) is not None:
            if refusal.code not in UNANSWERED:
                async with self._pool.acquire() as connection:
                    await merges.drop_undo(connection, merge.id)
            raise _failed(merge, refusal)
        if (refusal := await self._asking.undergo(merge.loser, merge, goes_on, back=True)) is not None:
            raise _failed(merge, refusal)
        async with self._pool.acquire() as connection, connection.transaction():
            if await merges.finish_undo(connection, merge.id):
                await matches.reopen(connection, merge.loser, merge.survivor)
        return await self._as_it_stands(merge)

    async def _as_it_stands(self, merge: Merge) -> Merge:
        async with self._pool.acquire() as connection:
            return await merges.numbered(connection, merge.id) or merge

    def _process(self, lead: Lead) -> Process:
        return self._catalog.get(lead.digest)


def _under_way(merge: Merge) -> IntakeError:
    way = "being parted from" if merge.is_going_back else "being merged into"
    message = f"{merge.loser} is {way} {merge.survivor} at this moment (merge {merge.id})"
    return IntakeError("BUSY", message, remedy="Try again in a while.")


def _failed(merge: Merge, refusal: Refusal) -> LeadflowError:
    if refusal.code in UNANSWERED:
        what = f"merge {merge.id} has begun and is not at its end: {refusal.message}"
        return StackError(what, "It goes on by itself as soon as a worker can; the same command goes on with it, too.")
    return IntakeError("NOT_MERGED", refusal.message, remedy="`leadflow lead show` says how the two stand.")
