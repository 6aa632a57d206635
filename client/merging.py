"""Merging two leads that are one, because a person says so, and the way back (S0.13).

The order of steps, each of which happens once: it is written down that the merge has begun; the loser ends, and from then on whatever
comes under its key reaches the survivor; the survivor takes in what it did not know. Whoever dies in between leaves a merge that is
under way, and `go_on` brings it to its end. The way back goes the other way round: the survivor gives back, the loser goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import asyncpg
from pydantic import TypeAdapter
from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from client.desk import actor_of
from client.moving import NOT_NOW, PATIENCE, PAUSES, UNANSWERED
from engine.catalog import Catalog
from engine.conclude import conclude
from engine.decision import Refusal, RefusalCode
from engine.errors import IntakeError, LeadflowError, StackError
from engine.happening import Actor, GaveBack, MergedInto, OfMerge, Parted, TookIn
from engine.lead import Lead, Value
from engine.merging import MERGE, brought, filled, interrupted, refuse
from engine.plan import place
from engine.process import Process
from engine.step import step
from engine.surviving import Side, in_the_way, survivor
from engine.values import fault_of_text
from store import health, journal, leads, matches, merges
from store.leads import State
from store.matches import PairState
from store.merges import Merge
from store.pool import Connection
from workflows import event_ids, story, visibility
from workflows.messages import CATCH_UP, TASK_QUEUE, WORKFLOW_TYPE, Carried, LeadStart, MergeArgs, Receipt

_REFUSAL: TypeAdapter[Refusal] = TypeAdapter(Refusal)

MAX_REASON = 500
"""Characters, as in a migration."""

NAMED = "it was named"
"""Why the survivor is the one that it is, where no rule was asked."""


class Merger:
    def __init__(
        self,
        pool: asyncpg.Pool,
        temporal: Client,
        catalog: Catalog,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._pool = pool
        self._temporal = temporal
        self._catalog = catalog
        self._clock = clock

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
                await _check(connection, by, reason)
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
                    raise IntakeError(
                        "BUSY", f"merge {known.id} of {one} is being undone", remedy="Try again in a while."
                    )
                return known
        await _check(connection, by, reason)
        stay, ends, rule = await chosen(connection, self._catalog, loser, stays, by_rules=by_rules)
        for under_way in await merges.into(connection, ends.lead.key):
            if under_way.done_at is None or under_way.is_going_back:
                message = f"{under_way.loser} is being merged into {ends.lead.key} at this moment"
                raise IntakeError("BUSY", message, remedy="Try again in a while.")
        return await merges.begin(connection, ends.lead.key, stay.lead.key, rule, by, reason)

    # --- there -------------------------------------------------------------------------------------------------------

    async def _carry_out(self, merge: Merge) -> Merge:
        async with self._pool.acquire() as connection:
            actor = await actor_of(connection, merge.by)

        async def ends(connection: Connection, _: Lead) -> OfMerge:
            stays = await leads.standing(connection, merge.survivor)
            return MergedInto(merge.survivor, actor, merge.reason, stays.lead.owner if stays is not None else None)

        async def takes_in(connection: Connection, lead: Lead) -> OfMerge:
            return await self._what_comes(connection, merge, actor, lead)

        if (refusal := await self._undergo(merge.loser, merge, ends)) is not None:
            if refusal.code not in UNANSWERED:
                async with self._pool.acquire() as connection:
                    await merges.drop(connection, merge.id)
            raise _failed(merge, refusal)
        if (refusal := await self._undergo(merge.survivor, merge, takes_in)) is not None:
            raise _failed(merge, refusal)
        async with self._pool.acquire() as connection, connection.transaction():
            await merges.finish(connection, merge.id)
            if await matches.pair(connection, merge.loser, merge.survivor) is not None:
                at = self._clock()
                await matches.decide(connection, merge.loser, merge.survivor, PairState.SAME, merge.by, at)
        return await self._as_it_stands(merge)

    async def _what_comes(self, connection: Connection, merge: Merge, actor: Actor, lead: Lead) -> TookIn:
        """What the loser knew and waited for, as it stood before it ended; what is personal waits in a parcel."""
        deed = await merges.deed(connection, merge.loser, event_ids.merge(merge.id))
        assert deed is not None
        before = conclude(self._process(deed.before.lead), deed.before, deed.before_settled).lead
        process = self._process(lead)
        personal = await merges.person_of(connection, merge.loser)
        comes = fills_personal(process, lead, personal.personal)
        parcel = None
        if comes:
            parcel = await leads.put_parcel(connection, lead.key, merge.by, comes, None, fills=True)
        return TookIn(
            taken=before.key,
            title=before.title,
            actor=actor,
            reason=merge.reason,
            fields=filled(process, lead, before.fields),
            known=tuple(comes),
            parcel=parcel,
            clocks={place(clock.scope, clock.name): clock for clock in before.clocks.values()},
        )

    # --- and back ----------------------------------------------------------------------------------------------------

    async def _carry_back(self, merge: Merge) -> Merge:
        by, reason = str(merge.undo_by), str(merge.undo_reason)
        async with self._pool.acquire() as connection:
            actor = await actor_of(connection, by)

        async def gives_back(connection: Connection, lead: Lead) -> OfMerge:
            deed = await merges.deed(connection, merge.survivor, event_ids.merge(merge.id))
            assert deed is not None
            before = conclude(self._process(deed.before.lead), deed.before, deed.before_settled).lead
            fields, clocks, stood = brought(before, deed.decision)
            mine = (await merges.person_of(connection, merge.survivor)).personal
            theirs = (await merges.person_of(connection, merge.loser)).personal
            came = [name for name in deed.decision.lead.known if name not in before.known and name in lead.known]
            unknown = tuple(name for name in came if mine.get(name) == theirs.get(name))
            at = deed.decision.record.at
            return GaveBack(merge.loser, actor, reason, at, fields, unknown, clocks, stood)

        async def goes_on(connection: Connection, _: Lead) -> OfMerge:
            deed = await merges.deed(connection, merge.loser, event_ids.merge(merge.id))
            assert deed is not None
            before = conclude(self._process(deed.before.lead), deed.before, deed.before_settled).lead
            return Parted(merge.survivor, actor, reason, interrupted(before, deed.decision.record.at))

        if (refusal := await self._undergo(merge.survivor, merge, gives_back, back=True)) is not None:
            if refusal.code not in UNANSWERED:
                async with self._pool.acquire() as connection:
                    await merges.drop_undo(connection, merge.id)
            raise _failed(merge, refusal)
        if (refusal := await self._undergo(merge.loser, merge, goes_on, back=True)) is not None:
            raise _failed(merge, refusal)
        async with self._pool.acquire() as connection, connection.transaction():
            await merges.finish_undo(connection, merge.id)
            await matches.reopen(connection, merge.loser, merge.survivor)
        return await self._as_it_stands(merge)

    # --- asking a lead -----------------------------------------------------------------------------------------------

    async def _undergo(
        self,
        key: str,
        merge: Merge,
        what: Callable[[Connection, Lead], Awaitable[OfMerge]],
        *,
        back: bool = False,
    ) -> Refusal | None:
        """Have a lead take its part, once; None where it has. One that is in the midst of something is asked again."""
        id = event_ids.merge(merge.id, back=back)
        refusal: Refusal | None = None
        for pause in (0.0, *PAUSES):
            await asyncio.sleep(pause)
            async with self._pool.acquire() as connection:
                if await journal.known(connection, key, id) is not None:
                    return None
                lead = await journal.snapshot(connection, key)
                assert lead is not None
                args = MergeArgs(merge.id, await what(connection, lead), lead.seq)
            refusal = await self._asked(lead, args, again=refusal)
            if isinstance(args.what, TookIn) and args.what.parcel is not None:
                await self._clear(args.what.parcel, refusal)
            if refusal is None or refusal.code not in NOT_NOW:
                return refusal
        return refusal

    async def _asked(self, lead: Lead, args: MergeArgs, again: Refusal | None) -> Refusal | None:
        process = self._process(lead)
        decided = step(process, lead, args.what, max(self._clock(), lead.decided_at or lead.arrived_at))
        if isinstance(decided, Refusal):
            return decided
        if again is not None and again.code is RefusalCode.BUSY:
            # It may lag behind the journal, because its task was lost.
            with contextlib.suppress(RPCError):
                await self._temporal.get_workflow_handle(lead.key).signal(CATCH_UP, lead.seq)
        try:
            async with asyncio.timeout(PATIENCE):
                try:
                    return await self._ask(lead, args)
                except RPCError as error:
                    if error.status is not RPCStatusCode.NOT_FOUND or lead.seq == 0:
                        raise
                return await self._ask(lead, args, starts=True)
        except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError):
            return refuse(RefusalCode.NO_ANSWER, f"no worker answered within {PATIENCE:.0f} seconds", lead)
        except RPCError as error:
            return refuse(RefusalCode.BUSY, f"Temporal does not answer: {error.message}", lead)

    async def _ask(self, lead: Lead, args: MergeArgs, *, starts: bool = False) -> Refusal | None:
        """A lead whose workflow has ended is started for it, from where the journal has it."""
        # With the number in its id: what was refused at one moment is asked anew at the next.
        id = f"{MERGE}:{args.id}:{args.after}"
        try:
            if not starts:
                handle = self._temporal.get_workflow_handle(lead.key)
                await handle.execute_update(MERGE, args, id=id, result_type=Receipt)
                return None
            process = self._process(lead)
            start: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
                WORKFLOW_TYPE,
                LeadStart(Carried(lead), resumes=not lead.closed),
                id=lead.key,
                task_queue=TASK_QUEUE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                static_summary=story.headline(process, lead),
                search_attributes=visibility.at_start(process, lead),
            )
            await self._temporal.execute_update_with_start_workflow(
                MERGE, args, start_workflow_operation=start, id=id, result_type=Receipt
            )
        except WorkflowUpdateFailedError as error:
            if isinstance(error.cause, ApplicationError) and error.cause.details:
                return _REFUSAL.validate_python(error.cause.details[0])
            return refuse(RefusalCode.BUSY, f"its workflow failed to answer: {error.cause}", lead)
        return None

    async def _clear(self, parcel: str, refusal: Refusal | None) -> None:
        """There still where it was refused, or another attempt was quicker. One that nobody has answered may still be opened."""
        if refusal is None or refusal.code is not RefusalCode.NO_ANSWER:
            async with self._pool.acquire() as connection:
                await leads.drop_parcel(connection, parcel)

    async def _as_it_stands(self, merge: Merge) -> Merge:
        async with self._pool.acquire() as connection:
            return await merges.numbered(connection, merge.id) or merge

    def _process(self, lead: Lead) -> Process:
        return self._catalog.get(lead.digest)


# --- what is asked, and what is in the way ----------------------------------------------------------------------------


async def chosen(
    connection: Connection, catalog: Catalog, loser: str, stays: str, *, by_rules: bool
) -> tuple[Side, Side, str]:
    """The survivor, the loser and why. Raises IntakeError where these two cannot be merged."""
    sides = [await _side(connection, catalog, key) for key in (loser, stays)]
    ends, stay = sides
    rule = NAMED
    if ends.lead.key != stay.lead.key and by_rules:
        stay, ends, rule = survivor(*sides)
    if (why := in_the_way(ends, stay)) is not None:
        raise IntakeError("NOT_MERGED", why, remedy="Nothing has happened to either.")
    return stay, ends, rule


async def to_be_undone(connection: Connection, loser: str) -> Merge:
    """The merge that is to be taken back. Raises IntakeError where it cannot be."""
    merge = await merges.of_loser(connection, loser)
    if merge is None:
        raise IntakeError("NOT_MERGED", f"{loser} is not merged into another lead", remedy="There is nothing to undo.")
    if merge.done_at is None:
        raise IntakeError("BUSY", f"merge {merge.id} of {loser} is still under way", remedy="Try again in a while.")
    if (further := await merges.of_loser(connection, merge.survivor)) is not None:
        message = f"{merge.survivor} was itself merged into {further.survivor} since"
        raise IntakeError("NOT_UNDONE", message, remedy=f"Undo that first: leadflow lead merge {merge.survivor} --undo")
    for key in (merge.loser, merge.survivor):
        if (await merges.person_of(connection, key)).erased:
            message = f"the person of {key} was erased: what came from which lead cannot be told any more"
            raise IntakeError("NOT_UNDONE", message, remedy="The two stay one.")
    return merge


def fills_personal(process: Process, lead: Lead, personal: dict[str, Value]) -> dict[str, Value]:
    """What is personal of the other and not known of this one."""
    return {
        name: value
        for name, value in personal.items()
        if value is not None and process.personal(name) and name not in lead.known
    }


async def _side(connection: Connection, catalog: Catalog, key: str) -> Side:
    state = (await health.states(connection, [key])).get(key)
    if state is None:
        remedy = "`leadflow lead list` shows the leads there are."
        raise IntakeError("UNKNOWN_LEAD", f"there is no lead '{key}'", remedy=remedy)
    if state is State.OUT_OF_SCOPE:
        raise IntakeError(
            "NOT_MERGED", f"{key} is out of scope: it is no lead", remedy="Nothing has happened to either."
        )
    if state is State.RECEIVED:
        raise IntakeError("BUSY", f"{key} has come in and not begun yet", remedy="Try again in a while.")
    found = await leads.standing(connection, key)
    assert found is not None
    return Side(catalog.get(found.lead.digest), found.lead)


async def _check(connection: Connection, by: str, reason: str) -> None:
    """Who says so, and why: both stand in the stories of the two leads. Raises IntakeError."""
    fault = fault_of_text(reason, MAX_REASON) or (None if reason.strip() else "is empty")
    if fault is not None:
        raise IntakeError(
            "BAD_FIELDS", f"the reason {fault}", {"reason": fault}, "Say in a few words why they are one."
        )
    await actor_of(connection, by)


def _failed(merge: Merge, refusal: Refusal) -> LeadflowError:
    if refusal.code in UNANSWERED:
        what = f"merge {merge.id} has begun and is not at its end: {refusal.message}"
        return StackError(what, "It goes on by itself as soon as a worker can; the same command goes on with it, too.")
    return IntakeError("NOT_MERGED", refusal.message, remedy="`leadflow lead show` says how the two stand.")
