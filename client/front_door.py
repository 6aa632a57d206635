"""Where leads come in: one lead per upstream key, whatever arrives twice or at once (C.6).

What is personal is written to the database first; then the workflow is started and answers with the lead's owner. A lead that was
written but not started, because something died in between, is started by `start_pending`, and one whose workflow is gone
by `start_again`: accepted is never lost.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import asyncpg
from temporalio.client import Client, WithStartWorkflowOperation, WorkflowUpdateFailedError
from temporalio.common import Priority, WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from client import erasing, matching, touches
from client.incoming import Incoming, KeptOut, receive
from client.known_names import KnownNames
from client.matching import Match, Placed
from engine.catalog import Catalog
from engine.decision import RefusalCode
from engine.errors import IntakeError
from engine.happening import TakenOver
from engine.language.definition import Who
from engine.lead import Lead
from engine.step import new_lead
from store import journal, leads
from store.health import NOTICED_WITHIN
from store.leads import Waiting
from store.pool import Connection
from workflows import event_ids, story, visibility
from workflows.messages import ARRIVE, TASK_QUEUE, WORKFLOW_TYPE, ArriveArgs, Carried, LeadStart, Receipt

_log = logging.getLogger(__name__)

_NOBODY_CAN_START = (
    RPCStatusCode.CANCELLED,
    RPCStatusCode.DEADLINE_EXCEEDED,
    RPCStatusCode.PERMISSION_DENIED,
    RPCStatusCode.UNAUTHENTICATED,
    RPCStatusCode.UNAVAILABLE,
)
"""What Temporal answers for its own reasons, whichever lead is to be started."""

LIVE_PRIORITY = 2
BULK_PRIORITY = 5
"""Temporal task priorities: a lead that arrives now goes before an import."""


@dataclass(frozen=True)
class Arrived:
    """What became of an incoming lead. `created` is False for one that was known; `kept_out` says why it is none; `match` which lead
    it is the same as, then that one's is the `key`, or may be. `missing` are required fields that a new lead lacks, `invalid` contact
    fields that held no address or number: they are not known."""

    key: str
    created: bool
    receipt: Receipt | None = None
    kept_out: KeptOut | None = None
    match: Match | None = None
    missing: tuple[str, ...] = ()
    invalid: tuple[str, ...] = ()


class FrontDoor:
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
        self._names = KnownNames(pool)

    async def arrive(
        self, raw: Mapping[str, Any], *, source_system: str = "manual", bulk: bool = False, touch: str | None = None
    ) -> Arrived:
        """Take a lead in. Raises IntakeError where it is refused: nothing has been written then.

        A lead that is known comes again, unless it is the same touch as before (`client.touches`; `touch` names it for a caller who
        knows). What it brings then is kept with the touch, and fills what was unknown of the lead; it overwrites nothing.
        """
        now = self._clock()
        incoming = receive(raw, self._catalog.for_new, now, source_system, await self._names.current(now))
        if isinstance(incoming, KeptOut):
            async with self._pool.acquire() as connection, connection.transaction():
                created = await leads.keep_out(
                    connection,
                    incoming.key,
                    incoming.source_system,
                    incoming.external_id,
                    incoming.rule,
                    incoming.reason,
                    now,
                    incoming.touch,
                )
            return Arrived(incoming.key, created, kept_out=incoming)
        if (fresh := await erasing.anew(self._pool, incoming, touch, now)) is None:
            return Arrived(incoming.key, created=False)
        incoming = fresh
        lead = new_lead(incoming.process, incoming.key, incoming.title, dict(incoming.fields), incoming.known, now)
        search = await matching.look(self._pool, self._catalog, incoming, now)
        async with self._pool.acquire() as connection, connection.transaction():
            placed = await matching.place(connection, self._catalog, search, _row(incoming, lead), now)
            registered, key = placed.registered, placed.registered.key
            touch = touches.under(placed.alias, touch) if touch else await _touch_of(connection, incoming, placed, now)
            new = await leads.add_touch(connection, key, now, incoming.touch, touch, incoming.fields, incoming.quality)
        if registered.lead is None:
            raise IntakeError(
                "OUT_OF_SCOPE",
                f"{incoming.key} was kept out as out of scope before",
                remedy="Send it under another id if it is a lead after all.",
            )
        if not new and await self._has_happened(key, touch):
            return Arrived(await self._goes_on_as(key), created=False, match=placed.match)
        arrival = ArriveArgs(touch, incoming.touch["source"], incoming.touch["campaign"], incoming.touch["channel"])
        priority = BULK_PRIORITY if bulk else LIVE_PRIORITY
        if registered.created:
            receipt = await self._start(LeadStart(Carried(registered.lead), touch), arrival, priority)
        else:
            receipt = await self._come(registered.lead, registered.touch, arrival, priority, incoming)
        lacks = incoming.missing if registered.created else ()
        return Arrived(
            *(receipt.lead, registered.created, receipt), match=placed.match, missing=lacks, invalid=incoming.invalid
        )

    async def _come(
        self, lead: Lead, first: str | None, arrival: ArriveArgs, priority: int, incoming: Incoming | None = None
    ) -> Receipt:
        """A lead comes again; the one that goes on is told, where it was merged into another or is at this moment (S0.13)."""
        while True:
            args, told = arrival, await self._that_goes_on(lead)
            if told.key != lead.key:
                args, first = replace(arrival, id=touches.under(lead.key, arrival.id)), None
            if incoming is not None:
                args = await self._with_news(args, told, incoming)
            try:
                return await self._start(LeadStart(Carried(told), first), args, priority)
            except WorkflowUpdateFailedError as error:
                if not _was_merged(error) or (await self._that_goes_on(lead)).key == told.key:
                    raise
            finally:
                if args.parcel is not None and args.parcel != arrival.parcel:
                    async with self._pool.acquire() as connection:
                        await leads.drop_parcel(
                            connection, args.parcel
                        )  # there still if the touch had happened already

    async def _that_goes_on(self, lead: Lead) -> Lead:
        key = await self._goes_on_as(lead.key)
        if key == lead.key and lead.merged_into is None:
            return lead
        async with self._pool.acquire() as connection:
            found = await leads.standing(connection, key)
        return found.lead if found is not None else lead

    async def _goes_on_as(self, key: str) -> str:
        async with self._pool.acquire() as connection:
            return await leads.resolve(connection, key)

    async def again(self, lead: Lead, arrival: ArriveArgs) -> Receipt:
        """A lead that is known comes again, with just this; one that has closed is started from where it stands."""
        return await self._come(lead, None, arrival, LIVE_PRIORITY)

    async def start_pending(self) -> int:
        """Start every lead that was accepted but never started. Returns how many.

        One that Temporal refuses keeps none of the others waiting, nor the worker that asks: it is logged, and tried again
        when the next worker starts. Raises RPCError where Temporal takes none at all.
        """
        async with self._pool.acquire() as connection:
            waiting = await leads.not_started(connection)
        return sum([await self._start_if_possible(one) for one in waiting])

    async def start_again(self) -> int:
        """Start every lead that should have got on by itself and whose workflow is gone, from where the journal has it. How many.

        Somebody may have terminated it by hand. Those that run are known to Temporal, and left alone.
        """
        noticed_by = self._clock() - NOTICED_WITHIN
        started, last = 0, ""
        while True:
            async with self._pool.acquire() as connection:
                leads_behind = await leads.overslept(connection, noticed_by, last)
            if not leads_behind:
                return started
            started += sum([await self._start_if_possible(Waiting(lead, None)) for lead in leads_behind])
            last = leads_behind[-1].key

    async def _with_news(self, arrival: ArriveArgs, lead: Lead, incoming: Incoming) -> ArriveArgs:
        """With what is not known of the lead yet: personal or not by the process that the lead is in, whatever it came for now."""
        process = self._catalog.get(lead.digest)
        brought = incoming.fields | incoming.personal
        personal = {name: value for name, value in brought.items() if process.personal(name) and name not in lead.known}
        fields = {
            name: value
            for name, value in incoming.fields.items()
            if name in process.fields and not process.personal(name) and lead.fields.get(name) is None
        }
        parcel = None
        if personal:
            async with self._pool.acquire() as connection:
                parcel = await leads.put_parcel(connection, lead.key, Who.LEAD, personal, None, fills=True)
        return replace(arrival, fields=fields, known=tuple(personal), parcel=parcel)

    async def _has_happened(self, key: str, touch: str) -> bool:
        """Whether the lead has been told of the touch: what died before it could is sent to the lead when it comes again."""
        async with self._pool.acquire() as connection:
            for reached, id in touches.along(await leads.chain(connection, key), touch):
                if await journal.known(connection, reached, event_ids.touch(id)) is not None:
                    return True
        return False

    async def _start(self, lead: LeadStart, args: ArriveArgs, priority: int) -> Receipt:
        start: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
            WORKFLOW_TYPE,
            lead,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            **self._as(lead.carried.lead, priority),
        )
        receipt: Receipt = await self._temporal.execute_update_with_start_workflow(
            ARRIVE, args, start_workflow_operation=start, id=f"{ARRIVE}:{args.id}", result_type=Receipt
        )
        return receipt

    async def _start_if_possible(self, waiting: Waiting) -> bool:
        if waiting.lead.digest not in self._catalog:
            return False
        try:
            return await self._start_alone(waiting)
        except RPCError as error:
            if error.status in _NOBODY_CAN_START:
                raise
            _log.error("%s was accepted and cannot be started: %s", waiting.lead.key, error.message)
            return False

    async def _start_alone(self, waiting: Waiting) -> bool:
        """With the touch that brought it: whoever sent the lead may be sending it still, and it must not seem to have come again.
        False where it runs."""
        lead = waiting.lead
        takes_over = TakenOver(waiting.past_from, waiting.owner_left) if waiting.past_from is not None else None
        try:
            await self._temporal.start_workflow(
                WORKFLOW_TYPE,
                LeadStart(
                    Carried(lead), waiting.touch, resumes=lead.seq > 0 and takes_over is None, takes_over=takes_over
                ),
                id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY,
                **self._as(lead, BULK_PRIORITY),
            )
        except WorkflowAlreadyStartedError:
            return False
        return True

    def _as(self, lead: Lead, priority: int) -> dict[str, Any]:
        """What a lead's workflow is started as: its id, its queue, and what the Temporal UI shows of it."""
        process = self._catalog.get(lead.digest)
        return {
            "id": lead.key,
            "task_queue": TASK_QUEUE,
            "static_summary": story.headline(process, lead),
            "static_details": story.opening(process, lead),
            "search_attributes": visibility.at_start(process, lead),
            "priority": Priority(priority_key=priority),
        }


async def _touch_of(connection: Connection, incoming: Incoming, placed: Placed, now: datetime) -> str:
    if incoming.touch_id is not None:
        return touches.under(placed.alias, touches.given(incoming.touch_id))
    content = touches.of_content(incoming.content, now)
    this, earlier = (touches.under(placed.alias, touch) for touch in content)
    came = await leads.has_touch(connection, placed.registered.key, earlier, now - touches.WINDOW)
    return earlier if came else this


def _was_merged(error: WorkflowUpdateFailedError) -> bool:
    return isinstance(error.cause, ApplicationError) and error.cause.type == RefusalCode.MERGED


def _row(incoming: Incoming, lead: Lead) -> leads.NewLead:
    return leads.NewLead(
        lead=lead,
        source_system=incoming.source_system,
        external_id=incoming.external_id,
        personal=incoming.personal,
        missing=incoming.missing,
    )
