"""Erasing a person (B.7): out of the database first, then out of what the lead's workflow knows, so that its rules find it unknown.

Histories hold nothing personal, so nothing has to be taken out of them. Each part can be done again: whoever finds a server away
erases once more.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from client import touches
from client.incoming import Incoming
from engine.catalog import Catalog
from store import leads, personal
from store.leads import State
from store.pool import Pool
from workflows import story, visibility
from workflows.messages import ERASED, TASK_QUEUE, WORKFLOW_TYPE, Carried, ErasedArgs, LeadStart, Receipt


class Eraser:
    def __init__(
        self,
        pool: Pool,
        temporal: Client,
        catalog: Catalog,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._pool = pool
        self._temporal = temporal
        self._catalog = catalog
        self._clock = clock

    async def erase(self, keys: Sequence[str], by: str) -> None:
        """Raises RPCError where Temporal is away: the database has forgotten the person by then, and the rules have not."""
        async with self._pool.acquire() as connection:
            await personal.erase(connection, keys)
        for key in keys:
            await self._tell(key, ErasedArgs(str(uuid.uuid4()), by))

    async def _tell(self, key: str, args: ErasedArgs) -> None:
        """A lead that is closed, or was merged into another, is opened for this, and closes again."""
        async with self._pool.acquire() as connection:
            standing = await leads.standing(connection, key)
        if standing is None or (standing.state is not State.RUNNING and not standing.lead.known):
            return
        process = self._catalog.get(standing.lead.digest)
        start: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
            WORKFLOW_TYPE,
            LeadStart(Carried(standing.lead)),
            id=key,
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            static_summary=story.headline(process, standing.lead),
            search_attributes=visibility.at_start(process, standing.lead),
        )
        receipt: Receipt = await self._temporal.execute_update_with_start_workflow(
            ERASED, args, start_workflow_operation=start, id=f"{ERASED}:{args.id}", result_type=Receipt
        )
        assert receipt.lead == key


async def anew(pool: Pool, incoming: Incoming, touch: str | None, now: datetime) -> Incoming | None:
    """A person who comes again under the id of a lead whose person was erased is somebody new, with a key of their own. None where it
    is what had brought that lead, sent once more: an old file that is imported again brings nobody back."""
    key, number = incoming.key, 1
    async with pool.acquire() as connection:
        while await personal.is_erased(connection, key):
            if await personal.has_any_touch(connection, key, _sent_as(incoming, touch, now)):
                return None
            number += 1
            again = hashlib.sha256(f"{incoming.key}:{number}".encode()).hexdigest()[:8]
            key = f"{incoming.key[:246]}~{again}"
    return incoming if number == 1 else replace(incoming, key=key)


def _sent_as(incoming: Incoming, touch: str | None, now: datetime) -> list[str]:
    if touch is not None:
        return [touch]
    if incoming.touch_id is not None:
        return [touches.given(incoming.touch_id)]
    return list(touches.of_content([incoming.fields, incoming.personal], now))
