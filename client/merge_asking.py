"""Asking one of two leads for its part in a merge, once, by a validated update (S0.13).

A lead in the midst of something is asked again; one whose workflow has ended is started for it, from where the journal has it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from datetime import datetime
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

from client.moving import NOT_NOW, PATIENCE, PAUSES
from engine.catalog import Catalog
from engine.decision import Refusal, RefusalCode
from engine.happening import OfMerge, TookIn
from engine.lead import Lead
from engine.merging import MERGE, refuse
from engine.step import step
from store import journal, leads
from store.merges import Merge
from store.pool import Connection
from workflows import event_ids, story, visibility
from workflows.messages import CATCH_UP, TASK_QUEUE, WORKFLOW_TYPE, Carried, LeadStart, MergeArgs, Receipt

_REFUSAL: TypeAdapter[Refusal] = TypeAdapter(Refusal)

Part = Callable[[Connection, Lead], Awaitable[OfMerge]]
"""Reckons what is to happen to a lead that stands like this."""


class Asking:
    def __init__(self, pool: asyncpg.Pool, temporal: Client, catalog: Catalog, clock: Callable[[], datetime]) -> None:
        self._pool = pool
        self._temporal = temporal
        self._catalog = catalog
        self._clock = clock

    async def undergo(self, key: str, merge: Merge, what: Part, *, back: bool = False) -> Refusal | None:
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
            if refusal is None:
                return None
            if refusal.code not in NOT_NOW:
                break
        async with self._pool.acquire() as connection:  # whoever asks beside us may have been quicker
            return None if await journal.known(connection, key, id) is not None else refusal

    async def _asked(self, lead: Lead, args: MergeArgs, again: Refusal | None) -> Refusal | None:
        process = self._catalog.get(lead.digest)
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
            process = self._catalog.get(lead.digest)
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
