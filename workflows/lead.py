"""The lead: one durable workflow from arrival to closure, and again from the journal when it comes back.

Handlers only put things into the inbox. `run` is the single writer: it takes one thing at a time through the engine's `step`, has
the world's answers recorded by one activity, works them in, and sends what is to be sent off the answering path. One durable
timer, for the earliest time the lead waits for, serves all of its clocks.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError, FailureError

with workflow.unsafe.imports_passed_through():
    from activities.delivery import Delivery
    from activities.orders import Delivered, OrderKind, Outgoing
    from activities.settling import Settling
    from engine import merging
    from engine.catalog import LIVE
    from engine.clocks import due_before, next_deadline, next_due
    from engine.conclude import conclude
    from engine.decision import (
        Completed,
        Conclusion,
        Decision,
        Hook,
        Notice,
        Outward,
        Pack,
        Refusal,
        RefusalCode,
        Settled,
        Task,
    )
    from engine.happening import Arrival, EventIn, HandedOver, Happening, Moved, WorldChanged
    from engine.lead import AssignMode
    from engine.moving import MOVE, refuse
    from engine.owners.recipients import recipient
    from engine.process import Process
    from engine.step import never_possible, step
    from workflows import event_ids, receipts, steps, story, visibility
    from workflows.messages import (
        ARRIVE,
        CATCH_UP,
        ERASED,
        HISTORY_LIMIT,
        WORLD_CHANGED,
        ArriveArgs,
        Carried,
        ErasedArgs,
        EventArgs,
        LeadStart,
        MergeArgs,
        MoveArgs,
        Receipt,
        StoryLine,
        WorldChangedArgs,
        deliveries_of,
        letters_of,
    )

KEPT_RECEIPTS = 50
"""Answers kept by event id, so that an event sent twice is mostly answered without asking the journal, which knows all of them."""

NOTHING = EventArgs()
NO_REASON = WorldChangedArgs()

_ATTEMPTS = RetryPolicy(
    initial_interval=timedelta(seconds=1), backoff_coefficient=2.0, maximum_interval=timedelta(minutes=1)
)
_FIRST_ATTEMPTS = RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_attempts=3)


@dataclass(eq=False)
class Item:
    """Something in the inbox: what happened, when, and the handler that waits for its answer."""

    happening: Happening
    at: datetime
    id: str | None = None
    done: bool = False
    receipt: Receipt | None = None
    refusal: Refusal | None = None
    waits: bool = False
    attempted: bool = False


@workflow.defn(name="Lead")
class LeadWorkflow:
    @workflow.init
    def __init__(self, start: LeadStart) -> None:
        carried = start.carried
        self.lead = carried.lead
        self.story = deque(carried.story, maxlen=story.KEPT_LINES)
        self.outgoing = {one.key: one for one in carried.outgoing}
        self.receipts = dict(carried.receipts)
        self.signals = carried.signals
        self.inbox: deque[Item] = deque()
        self.sending: dict[str, asyncio.Task[None]] = {}
        self.timer: asyncio.Task[None] | None = None
        self.timer_at: datetime | None = None
        self.shown: dict[Any, Any] = {}
        self.journal_seq = 0
        self.cancel_told = False
        self.deciding = False
        self.process = LIVE.get(self.lead.digest)
        if self.lead.seq == 0:
            self.inbox.append(Item(Arrival(), workflow.now(), event_ids.touch(start.touch) if start.touch else None))
        else:
            self.shown = visibility.values(self.process, self.lead)
        if start.takes_over is not None:
            # Before whatever was due there since: that is missed now, and in no other way than this.
            self.inbox.append(Item(start.takes_over, self.lead.decided_at or workflow.now(), event_ids.TAKEN_OVER))
        self._listen(self.process)

    # --- listening ---------------------------------------------------------------------------------------------------

    def _listen(self, process: Process) -> None:
        """One update and one signal per event of the definition, so that the UI offers and shows them by name."""
        workflow.set_update_handler(ARRIVE, self._arrive)
        workflow.set_update_handler(ERASED, self._erased)
        workflow.set_update_handler(MOVE, self._move, validator=self._validate_move)
        workflow.set_update_handler(merging.MERGE, self._merge, validator=self._validate_merge)
        workflow.set_signal_handler(WORLD_CHANGED, self._world_changed)
        workflow.set_signal_handler(CATCH_UP, self._behind)
        for name in process.events:
            handler, validator, signal = self._handlers(name)
            workflow.set_update_handler(name, handler, validator=validator)
            workflow.set_signal_handler(name, signal)

    def _handlers(
        self, name: str
    ) -> tuple[Callable[[EventArgs], Awaitable[Receipt]], Callable[[EventArgs], None], Callable[[EventArgs], None]]:
        # Nothing need come along: the Temporal UI sends nothing at all then.
        async def event(args: EventArgs = NOTHING) -> Receipt:
            self.journal_seq = max(self.journal_seq, args.after)
            return await self._answer(args.event(name), self._update_id(args))

        def validate(args: EventArgs = NOTHING) -> None:
            if (unfit := self._unfit(name, args)) is not None:
                raise _refused(unfit)
            self._validate(args.event(name), args)

        def signal(args: EventArgs = NOTHING) -> None:
            self.inbox.append(
                Item(args.event(name), workflow.now(), self._signal_id(args), refusal=self._unfit(name, args))
            )

        return event, validate, signal

    def _update_id(self, args: EventArgs) -> str:
        update = workflow.current_update_info()
        return event_ids.update(update.id) if update is not None and not args.id else event_ids.sent(str(args.id))

    def _signal_id(self, args: EventArgs) -> str:
        return event_ids.sent(args.id) if args.id else self._counted()

    def _counted(self) -> str:
        self.signals += 1
        return event_ids.signal(workflow.info().first_execution_run_id, self.signals)

    async def _arrive(self, args: ArriveArgs) -> Receipt:
        """The touch that brings the lead is answered with what becomes of it; another one is a happening."""
        id = event_ids.touch(args.id)
        arriving = next((item for item in self.inbox if isinstance(item.happening, Arrival) and item.id == id), None)
        if arriving is not None:
            return await self._answered(arriving)
        return await self._answer(args.touch(), id)

    async def _erased(self, args: ErasedArgs) -> Receipt:
        return await self._answer(args.erased(), event_ids.erasure(args.id))

    async def _move(self, args: MoveArgs) -> Receipt:
        self.journal_seq = max(self.journal_seq, args.after)
        return await self._answer(args.moved(), args.id)

    def _validate_move(self, args: MoveArgs) -> None:
        """B.3: a lead in the midst of something is not moved but left alone; whoever asks, asks again."""
        if args.id in self.receipts:
            return
        if args.plan.target not in LIVE:
            message = f"this worker does not hold version {args.plan.target[:12]} yet"
            raise _refused(refuse(RefusalCode.NOT_HELD, message, self.lead))
        behind = max(args.after, self.journal_seq) > self.lead.seq
        if self.deciding or self.inbox or behind or self.lead.seq == 0:
            raise _refused(refuse(RefusalCode.BUSY, "the lead is in the midst of something", self.lead))
        decided = self._step(args.moved())
        if isinstance(decided, Refusal):
            raise _refused(decided)

    async def _merge(self, args: MergeArgs) -> Receipt:
        return await self._answer(args.what, args.id)

    def _validate_merge(self, args: MergeArgs) -> None:
        """S0.13: like a move. What was reckoned from another state than this is reckoned again by whoever asks."""
        if args.id in self.receipts:
            return
        if faults := args.faults():
            raise _refused(merging.refuse(RefusalCode.BAD_VALUE, "; ".join(faults), self.lead))
        if self.deciding or self.inbox or self.lead.seq == 0 or self.lead.seq != max(args.after, self.journal_seq):
            raise _refused(merging.refuse(RefusalCode.BUSY, "the lead is in the midst of something", self.lead))
        decided = self._step(args.what)
        if isinstance(decided, Refusal):
            raise _refused(decided)

    def _world_changed(self, args: WorldChangedArgs = NO_REASON) -> None:
        id = event_ids.change(args.id) if args.id else self._counted()
        self.inbox.append(Item(WorldChanged(args.why), workflow.now(), id))

    def _behind(self, journal_seq: int = 0) -> None:
        self.journal_seq = max(self.journal_seq, journal_seq)

    def _validate(self, event: EventIn, args: EventArgs) -> None:
        """A refused event leaves no trace in history: it is decided here, before it is accepted. Where something else comes first
        that is not possible, but what can never be is not let in (B.7)."""
        id = self._update_id(args)
        if id in self.receipts:
            if (refusal := receipts.taken(self.process, self.lead, event.name, id, self.receipts[id])) is not None:
                raise _refused(refusal)
            return
        decided: Decision | Refusal | None
        if args.after > self.lead.seq or self.lead.seq == 0 or self.inbox:
            decided = never_possible(self.process, self.lead, event)
        else:
            decided = step(self.process, self.lead, event, workflow.now())
        if isinstance(decided, Refusal):
            raise _refused(decided)

    def _unfit(self, name: str, args: EventArgs) -> Refusal | None:
        """Refuses what nobody could record, whatever comes before it."""
        if not (faults := args.faults()):
            return None
        words = "; ".join(f"{place} {fault}" for place, fault in faults.items())
        return Refusal(
            RefusalCode.BAD_VALUE, f"'{name}' cannot be recorded: {words}", name, self.lead.stage, fields=faults
        )

    async def _answer(self, happening: Happening, id: str | None) -> Receipt:
        item = Item(happening, workflow.now(), id, waits=True)
        if not self._is_known(item):
            self.inbox.append(item)
        return await self._answered(item)

    async def _answered(self, item: Item) -> Receipt:
        await workflow.wait_condition(lambda: item.done)
        if item.refusal is not None:
            raise _refused(item.refusal)
        if item.receipt is None:
            raise ApplicationError("the event was not answered", type="INTERNAL", non_retryable=True)
        return item.receipt

    # --- the single writer -------------------------------------------------------------------------------------------

    @workflow.run
    async def run(self, start: LeadStart) -> Receipt:
        for outgoing in list(self.outgoing.values()):
            self._send(outgoing)
        self._show()
        resumes = start.resumes
        while True:
            try:
                if resumes:
                    await self._take_up()
                    resumes = False
                return await self._live()
            except asyncio.CancelledError:
                # Evicted from memory, unless somebody asked Temporal to cancel it; that is told once.
                if workflow.cancellation_reason() is None or self.cancel_told:
                    raise
                self.cancel_told = True
                story.add(self.story, StoryLine(workflow.now(), "not cancelled: a lead ends by what happens to it"))
                self._show()

    async def _live(self) -> Receipt:
        while True:
            await self._work_off()
            if self._may_close():
                return receipts.receipt_of(self.process, self.lead)
            if self._should_continue():
                await workflow.wait_condition(lambda: bool(self.inbox) or workflow.all_handlers_finished())
                if self.inbox:
                    continue
                workflow.continue_as_new(LeadStart(self._carried()))
            self._arm()
            await workflow.wait_condition(
                lambda: bool(self.inbox) or self.journal_seq > self.lead.seq or self._timer_fired() or self._may_close()
            )

    async def _work_off(self) -> None:
        """Everything that has happened, in the order of time: a deadline before an event that came after it."""
        while True:
            item = self.inbox[0] if self.inbox else None
            horizon = item.at if item else workflow.now() + timedelta.resolution
            if self.journal_seq > self.lead.seq:
                await self._catch_up()
            elif (due := due_before(self.lead, horizon)) is not None:
                await self._happen(Item(due, workflow.now()))
            elif item is not None:
                if await self._happen(item):
                    self.inbox.remove(item)
                    item.done = True
            else:
                return

    async def _happen(self, item: Item) -> bool:
        """Decide, have it recorded, work it in. False where the journal knows of another decision first: that one is worked in,
        and what follows from it comes before this one is decided again. An activity may have recorded what a task that was lost
        with its worker had decided."""
        if self._is_over(item):
            return True
        decided = item.refusal or self._step(item.happening)
        if isinstance(decided, Refusal):
            self._refuse(item, decided)
            return True
        if item.id is not None:
            decided = replace(decided, record=replace(decided.record, id=item.id))
        self.deciding = True
        try:
            settled = await self._settle(decided)
        finally:
            self.deciding = False
        if settled.instead is not None:
            self._work_in(settled.instead, settled)
            return False
        if settled.known is not None:
            self._answer_again(item, receipts.from_journal(LIVE.get(settled.known.lead.digest), settled))
            return True
        item.receipt = self._work_in(decided, settled)
        return True

    def _step(self, happening: Happening) -> Decision | Refusal:
        process, target = self.process, None
        if isinstance(happening, HandedOver) and happening.digest is not None:
            process = LIVE.get(happening.digest)
        elif isinstance(happening, Moved):
            target = LIVE.get(happening.plan.target)
        return step(process, self.lead, happening, self._now(), target)

    def _refuse(self, item: Item, refusal: Refusal) -> None:
        item.refusal = refusal
        if not item.waits:
            story.add(self.story, story.refused(workflow.now(), refusal.event, refusal.message))
            self._show()

    def _now(self) -> datetime:
        """The workflow's time, and never before the last decision: one from the journal may be of a lost task that had gone on
        for longer than this one was waiting to begin."""
        now, last = workflow.now(), self.lead.decided_at
        return max(now, last) if last is not None else now

    def _is_over(self, item: Item) -> bool:
        """Whether there is nothing (any more) to decide, because it has happened already."""
        if self._is_known(item):
            return True
        item.attempted = True
        if isinstance(item.happening, Arrival) and self.lead.seq > 0:
            item.receipt = receipts.receipt_of(self.process, self.lead, "arrived")
            return True
        return False

    def _is_known(self, item: Item) -> bool:
        """Whether it has happened and its answer is still at hand; then it is answered."""
        if item.id is None or item.id not in self.receipts:
            return False
        known = self.receipts[item.id]
        self._answer_again(item, known if item.attempted else replace(known, duplicate=True))
        return True

    def _answer_again(self, item: Item, earlier: Receipt) -> None:
        item.done = True
        event = item.happening
        name = event.name if isinstance(event, EventIn) and not event.fired else earlier.event
        refusal = receipts.taken(self.process, self.lead, name, item.id or "", earlier)
        if refusal is None:
            item.receipt = earlier
        else:
            self._refuse(item, refusal)

    async def _catch_up(self) -> None:
        """Work in a decision that the journal has and this workflow does not: its task was lost, and whoever sent it is gone."""
        settled: Settled | None = await workflow.execute_local_activity_method(
            Settling.catch_up, self.lead, start_to_close_timeout=timedelta(seconds=5), retry_policy=_ATTEMPTS
        )
        if settled is not None and settled.instead is not None:
            self._work_in(settled.instead, settled)
        else:
            self.journal_seq = self.lead.seq

    def _work_in(self, decision: Decision, settled: Settled) -> Receipt:
        before, process = self.lead, LIVE.get(decision.lead.digest)
        concluded = conclude(process, decision, settled)
        self.lead = concluded.lead
        story.add(self.story, story.tell(process, before, self.lead, decision, settled))
        if process is not self.process:
            # What is still to be sent was worded by the version that ordered it.
            left = self.process.digest
            self.outgoing = {key: replace(one, digest=one.digest or left) for key, one in self.outgoing.items()}
            self.process = process
            self._listen(process)
        self._follow_up(decision, concluded)
        receipt = receipts.receipt_of(self.process, self.lead, decision.record.happening)
        if decision.record.id is not None:
            self._remember(decision.record.id, receipt)
        self._show()
        return receipt

    def _follow_up(self, decision: Decision, concluded: Conclusion) -> None:
        """Do what a decision asks for. All of it has an id or a key of its own, so that it happens once however often it is asked."""
        if concluded.hand_over is not None:
            self.inbox.appendleft(Item(concluded.hand_over, workflow.now(), event_ids.hand_over(self.lead.seq)))
        for event in reversed(concluded.fire):
            self.inbox.appendleft(Item(event, workflow.now(), event.id))
        for number, effect in enumerate(concluded.outward):
            self._send_effect(number, effect, decision)

    async def _take_up(self) -> None:
        """Follow up the last decision again: whoever ended the workflow by hand may have done so before it was."""
        settled: Settled | None = await workflow.execute_local_activity_method(
            Settling.catch_up,
            replace(self.lead, seq=self.lead.seq - 1),
            start_to_close_timeout=timedelta(seconds=5),
            retry_policy=_ATTEMPTS,
        )
        if settled is not None and settled.instead is not None:
            process = LIVE.get(settled.instead.lead.digest)
            self._follow_up(settled.instead, conclude(process, settled.instead, settled))

    async def _settle(self, decision: Decision) -> Settled:
        """Have the decision recorded with the world's answers. What a person should see as a step is a regular activity;
        the rest is local, and becomes regular, and so visible as pending, when the database does not answer."""
        ask = decision.owner
        if ask is not None:
            activity = Settling.reassign if ask.mode is AssignMode.REASSIGN else Settling.score_and_assign
            return await workflow.execute_activity_method(
                activity,
                decision,
                start_to_close_timeout=timedelta(seconds=20),
                retry_policy=_ATTEMPTS,
                summary=steps.asking(decision),
            )
        try:
            return await workflow.execute_local_activity_method(
                Settling.record, decision, start_to_close_timeout=timedelta(seconds=5), retry_policy=_FIRST_ATTEMPTS
            )
        except (
            FailureError
        ):  # of a local activity it is what the activity raised, not an ActivityError; uncaught it ends the lead
            return await workflow.execute_activity_method(
                Settling.record,
                decision,
                start_to_close_timeout=timedelta(seconds=20),
                retry_policy=_ATTEMPTS,
                summary=f"Record '{decision.record.happening}': the database does not answer, trying again",
            )

    # --- sending -----------------------------------------------------------------------------------------------------

    def _send_effect(self, number: int, effect: Outward, decision: Decision) -> None:
        key = f"{decision.lead.step_key}:{number}"
        match effect:
            case Notice():
                to = recipient(self.process, self.lead, effect.to)
                if to is None:
                    story.add(self.story, story.refused(decision.record.at, "notify", f"the lead has no {effect.to}"))
                    return
                due = next_deadline(self.lead)
                kind = OrderKind(to.kind.value)
                self._send(Outgoing(key, kind, to.name, effect.template, effect.about, due.at if due else None))
            case Pack():
                self._send(Outgoing(key, OrderKind.LEAD, template=effect.template))
            case Hook():
                self._send(Outgoing(key, OrderKind.HOOK, effect.name, about=decision.record.happening))
            case Task() | Completed():
                return  # written with the decision itself: a task is a row in the database

    def _send(self, outgoing: Outgoing) -> None:
        if outgoing.since is None:
            outgoing = replace(outgoing, since=workflow.now())
        self.outgoing[outgoing.key] = outgoing
        self.sending[outgoing.key] = asyncio.create_task(self._deliver(outgoing))

    async def _deliver(self, outgoing: Outgoing) -> None:
        # Not gated by `patched`: a replay compares an activity's type and id, never the queue that it waited in.
        queue_of = letters_of if outgoing.kind is OrderKind.LEAD else deliveries_of
        delivered: Delivered = await workflow.execute_activity_method(
            Delivery.deliver,
            args=[self.lead.key, outgoing.digest or self.lead.digest, outgoing],
            task_queue=queue_of(workflow.info().task_queue),
            start_to_close_timeout=timedelta(seconds=60),
            retry_policy=_ATTEMPTS,
            summary=steps.telling(outgoing),
        )
        self.outgoing.pop(outgoing.key, None)
        self.sending.pop(outgoing.key, None)
        if not delivered.arrived:
            story.add(self.story, story.refused(workflow.now(), f"reach {outgoing.to or 'the lead'}", delivered.detail))
        self._show()

    # --- waiting, closing, going on ----------------------------------------------------------------------------------

    def _arm(self) -> None:
        """One timer for the earliest time. It is moved only forward in time: a wake too early costs less than moving it each step."""
        if self._timer_fired():
            self.timer, self.timer_at = None, None
        due = next_due(self.lead)
        if due is None or (self.timer_at is not None and self.timer_at <= due.at):
            return
        if self.timer is not None:
            self.timer.cancel()
        wait = max((due.at - workflow.now()).total_seconds(), 0.0)
        self.timer_at = due.at
        self.timer = asyncio.create_task(
            workflow.sleep(
                math.ceil(wait * 1000) / 1000, summary="Wakes the lead for its next deadline (see User Metadata)"
            )
        )

    def _timer_fired(self) -> bool:
        return self.timer is not None and self.timer.done()

    def _may_close(self) -> bool:
        return self.lead.closed and not self.inbox and not self.outgoing and workflow.all_handlers_finished()

    def _should_continue(self) -> bool:
        info = workflow.info()
        return info.is_continue_as_new_suggested() or info.get_current_history_length() > HISTORY_LIMIT

    def _carried(self) -> Carried:
        return Carried(self.lead, tuple(self.story), tuple(self.outgoing.values()), self.receipts, self.signals)

    # --- showing -----------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        if self.lead.seq == 0:
            return
        values = visibility.values(self.process, self.lead)
        if updates := visibility.changes(self.shown, values):
            workflow.upsert_search_attributes(updates)
            self.shown = values
        waiting = [steps.telling(one) for one in self.outgoing.values()]
        workflow.set_current_details(story.details(self.process, self.lead, self.story, workflow.now(), waiting))

    def _remember(self, id: str, receipt: Receipt) -> None:
        self.receipts[id] = receipt
        while len(self.receipts) > KEPT_RECEIPTS:
            del self.receipts[next(iter(self.receipts))]

    @workflow.query
    def state(self) -> Carried:
        """Everything the lead carries: for `leadflow lead show` and for checks against the database."""
        return self._carried()


def _refused(refusal: Refusal) -> ApplicationError:
    return ApplicationError(refusal.message, refusal, type=refusal.code.value, non_retryable=True)
