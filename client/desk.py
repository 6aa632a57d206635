"""Where events reach leads that are already here: from sellers, managers and upstream systems (C.6, C.7)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import asyncpg
from pydantic import TypeAdapter
from temporalio.client import Client, WithStartWorkflowOperation, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from client import touches
from engine.catalog import Catalog
from engine.decision import Refusal, RefusalCode
from engine.errors import IntakeError
from engine.happening import Actor, EventIn
from engine.language.definition import Who
from engine.language.tables import Person, Role
from engine.lead import Lead, Value
from engine.possible import Offered, offered
from engine.process import Process
from engine.reading.offers import nearest
from engine.step import step
from engine.values import MAX_NAME, MAX_NOTE, accept_all, fault_of_text
from store import journal, leads, roster
from store.pool import Connection
from workflows import event_ids, receipts, story, visibility
from workflows.messages import (
    TASK_QUEUE,
    WORKFLOW_TYPE,
    WORLD_CHANGED,
    Carried,
    EventArgs,
    LeadStart,
    Receipt,
    WorldChangedArgs,
)

_REFUSAL: TypeAdapter[Refusal] = TypeAdapter(Refusal)
_ROLES = {Role.MARKETING: Who.MARKETING, Role.OPS: Who.OPS, Role.PARTNER: Who.PARTNER}


@dataclass(frozen=True)
class Sending:
    """An event to send. `by` is a person of the roster, or one of the roles that are no person: system, marketing, ops. Under one
    `id` it happens once in a lead's life; the same id for another event is refused."""

    event: str
    by: str = Who.SYSTEM.value
    fields: Mapping[str, Any] | None = None
    codes: Mapping[str, str] | None = None
    note: str | None = None
    checked: tuple[str, ...] = ()
    to: str | None = None
    id: str | None = None


def _check(key: str, sending: Sending) -> None:
    """Raises IntakeError, with each part at fault."""
    named = EventArgs(
        id=sending.id,
        by=sending.by,
        fields=dict(sending.fields or {}),
        codes=dict(sending.codes or {}),
        checked=sending.checked,
        to=sending.to,
    )
    note = fault_of_text(sending.note, MAX_NOTE, lines=True) if sending.note is not None else None
    texts = {"key": fault_of_text(key, MAX_NAME), "note": note}
    wrong = {place: fault for place, fault in texts.items() if fault is not None} | named.faults()
    if wrong:
        details = "; ".join(f"{place} {fault}" for place, fault in wrong.items())
        raise IntakeError("BAD_FIELDS", details, wrong, "Mend these and send the event again.")


class Desk:
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

    async def send(self, key: str, sending: Sending) -> Receipt | Refusal:
        """Send one event and wait for the answer. Raises IntakeError for an unknown lead, person or field type, and for text that
        cannot be recorded; nothing has been written then."""
        _check(key, sending)
        sending = replace(sending, id=sending.id or f"{sending.event}:{uuid.uuid4()}")
        chain: tuple[str, ...] = ()
        while True:
            asked = chain
            async with self._pool.acquire() as connection:
                chain = await leads.chain(connection, key)
                for reached, id in touches.along(chain, str(sending.id))[:-1]:
                    if (answer := await self._happened(connection, reached, sending.event, id)) is not None:
                        return answer
            if not chain:
                raise unknown(key)
            # What two systems call alike are two events of the lead that is theirs both (S0.13).
            own_id = touches.along(chain, str(sending.id))[-1][1]
            answer = await self._send(chain[-1], replace(sending, id=own_id))
            if not (isinstance(answer, Refusal) and answer.code is RefusalCode.MERGED) or chain == asked:
                return answer

    async def _send(self, key: str, sending: Sending) -> Receipt | Refusal:
        async with self._pool.acquire() as connection:
            known = await leads.standing(connection, key)
            if known is None:
                raise unknown(key)
            key = known.key
            process = self._catalog.get(known.lead.digest)
            if sending.event not in process.event_titles:
                events = ", ".join(process.allowed(known.lead.stage))
                return Refusal(
                    RefusalCode.UNKNOWN_EVENT,
                    f"{process.name} has no event '{sending.event}'; possible now: {events}",
                    sending.event,
                    known.lead.stage,
                    allowed=process.allowed(known.lead.stage),
                )
            values, wrong = accept_all(process.fields, sending.fields or {})
            if wrong:  # where it would not be possible anyway, the core says so first
                event = EventIn(sending.event, fields={name: (sending.fields or {})[name] for name in wrong})
                refused = step(process, known.lead, event, self._clock())
                if isinstance(refused, Refusal):
                    return refused
            if known.erased:
                _nothing_personal(process, sending, values)
            args = await self._args(connection, known.lead, process, sending, values)
        answer = await self._deliver(key, sending.event, args)
        async with self._pool.acquire() as connection:
            if isinstance(answer, Refusal):
                # What was sent long ago may be impossible by now: whoever asks again is told that it has happened.
                answer = await self._happened(connection, key, sending.event, str(args.id)) or answer
            if args.parcel is not None:
                await leads.drop_parcel(connection, args.parcel)  # there still where it was refused, or known already
        return answer

    async def offered(self, key: str, by: str) -> tuple[Process, Lead, tuple[Offered, ...]]:
        """What `by` may do to the lead as it stands, with its process. Raises IntakeError for an unknown lead or person."""
        async with self._pool.acquire() as connection:
            known = await leads.standing(connection, await leads.resolve(connection, key))
            if known is None:
                raise unknown(key)
            actor = await actor_of(connection, by)
        process = self._catalog.get(known.lead.digest)
        return process, known.lead, offered(process, known.lead, actor, self._clock())

    async def world_changed(self, keys: Iterable[str], why: str, change_id: str) -> int:
        """Tell leads that leave, a calendar or the roster changed, so that they compute their deadlines anew (B.6)."""
        told = 0
        for key in keys:
            try:
                await self._temporal.get_workflow_handle(key).signal(WORLD_CHANGED, WorldChangedArgs(change_id, why))
                told += 1
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:  # a lead that closed meanwhile has no deadlines
                    raise
        return told

    async def _args(
        self,
        connection: asyncpg.pool.PoolConnectionProxy,
        lead: Lead,
        process: Process,
        sending: Sending,
        values: Mapping[str, Value],
    ) -> EventArgs:
        actor = await actor_of(connection, sending.by)
        if sending.to is not None:  # else a slip of the pen would take the lead from its owner
            await _of_roster(connection, sending.to)
        personal = {name: value for name, value in values.items() if process.personal(name)}
        parcel = None
        if personal or sending.note:
            parcel = await leads.put_parcel(connection, lead.key, sending.by, personal, sending.note)
        return EventArgs(
            id=sending.id,
            by=actor.person,
            roles=actor.roles,
            teams=actor.teams,
            fields={name: value for name, value in values.items() if name not in personal},
            known=tuple(name for name, value in personal.items() if value is not None),
            unknown=tuple(name for name, value in personal.items() if value is None),
            codes=dict(sending.codes or {}),
            note=bool(sending.note),
            checked=sending.checked,
            to=sending.to,
            parcel=parcel,
            after=lead.seq,
        )

    async def _happened(self, connection: Connection, key: str, event: str, id: str) -> Receipt | Refusal | None:
        """What the journal says of the event's id: the answer that it got, that it is another event's, or nothing."""
        settled = await journal.known(connection, key, event_ids.sent(id))
        lead = await journal.snapshot(connection, key)
        if settled is None or settled.known is None or lead is None:
            return None
        earlier = receipts.from_journal(self._catalog.get(settled.known.lead.digest), settled)
        return receipts.taken(self._catalog.get(lead.digest), lead, event, event_ids.sent(id), earlier) or earlier

    async def _deliver(self, key: str, event: str, args: EventArgs) -> Receipt | Refusal:
        try:
            return await self._update(key, event, args)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
        # The workflow has ended: a closed lead may still take events that reopen it, from where the journal has it.
        async with self._pool.acquire() as connection:
            ended = await leads.standing(connection, key)
            if ended is None:
                raise unknown(key)
            lead = ended.lead
            if (answer := await self._happened(connection, key, event, str(args.id))) is not None:
                return answer
        # What is refused does not start it: a run that only refuses says nothing to whoever reads histories.
        decided = step(self._catalog.get(lead.digest), lead, args.event(event), self._clock())
        if isinstance(decided, Refusal):
            return decided
        return await self._update(key, event, args, reopen=Carried(lead))

    async def _update(self, key: str, event: str, args: EventArgs, reopen: Carried | None = None) -> Receipt | Refusal:
        try:
            if reopen is None:
                handle = self._temporal.get_workflow_handle(key)
                receipt: Receipt = await handle.execute_update(
                    event, args, id=_update_id(event, args), result_type=Receipt
                )
                return receipt
            process = self._catalog.get(reopen.lead.digest)
            start: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
                WORKFLOW_TYPE,
                LeadStart(reopen),
                id=key,
                task_queue=TASK_QUEUE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                static_summary=story.headline(process, reopen.lead),
                search_attributes=visibility.at_start(process, reopen.lead),
            )
            again: Receipt = await self._temporal.execute_update_with_start_workflow(
                event, args, start_workflow_operation=start, id=_update_id(event, args), result_type=Receipt
            )
            return again
        except WorkflowUpdateFailedError as error:
            if isinstance(error.cause, ApplicationError) and error.cause.details:
                return _REFUSAL.validate_python(error.cause.details[0])
            raise


async def actor_of(connection: Connection, by: str) -> Actor:
    """Who acts under this name: one of the roles that are no person, or somebody of the roster. Raises IntakeError for nobody."""
    if by in (Who.SYSTEM, Who.MARKETING, Who.OPS, Who.LEAD):
        return Actor(None, (Who(by),))
    person = await _of_roster(connection, by)
    return Actor(by, tuple(_ROLES[role] for role in person.roles if role in _ROLES), tuple(person.teams))


def _update_id(event: str, args: EventArgs) -> str:
    """The server answers an id that it knows by itself: with the event's name in it, not for another event."""
    return f"{event}:{args.id}"


def _nothing_personal(process: Process, sending: Sending, values: Mapping[str, Value]) -> None:
    """B.7: raises IntakeError for what would make somebody of the lead again whose person was erased."""
    brought = [name for name, value in values.items() if process.personal(name) and value is not None]
    wrong = dict.fromkeys([*brought, *(["note"] if sending.note else [])], "is personal, and the person was erased")
    if wrong:
        details = "; ".join(f"{place} {fault}" for place, fault in wrong.items())
        remedy = "Send the event without. A person who comes again is a new lead."
        raise IntakeError("ERASED", details, wrong, remedy)


def unknown(key: str) -> IntakeError:
    return IntakeError(
        "UNKNOWN_LEAD", f"there is no lead '{key}'", remedy="`leadflow lead list` shows the leads there are."
    )


async def _of_roster(connection: Connection, name: str) -> Person:
    """Raises IntakeError for a name that nobody bears, with the one that may be meant."""
    people = await roster.people(connection)
    if name in people:
        return people[name]
    meant = nearest(name, list(people))
    hint = f"Did you mean '{meant}'? " if meant else ""
    raise IntakeError(
        "UNKNOWN_PERSON",
        f"there is nobody called '{name}' in the roster",
        remedy=f"{hint}`leadflow roster show` lists everybody.",
    )
