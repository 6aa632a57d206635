"""Moving leads in flight to another version, many of them, one validated update each (B.3).

A lead that is in the midst of something is asked again, never forced. Whatever ends in between, the same lead moves once in a
run: its workflow and the journal know the run by its number.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import asyncpg
from pydantic import TypeAdapter
from temporalio.client import Client, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from engine.carrying import called
from engine.conclude import conclude
from engine.decision import Refusal, RefusalCode
from engine.lead import Lead
from engine.moving import MOVE, way_back
from engine.plan import Plan, WayBack
from engine.process import Process
from engine.step import step
from store import journal, moves
from store.moves import MovedLead, Run
from store.pool import Pool
from workflows import event_ids
from workflows.messages import CATCH_UP, MoveArgs, Receipt

_REFUSAL: TypeAdapter[Refusal] = TypeAdapter(Refusal)

PATIENCE = 30.0
"""Seconds that a lead has for its answer; no worker may be there to give it."""

PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0)
"""Seconds before a lead that is busy, or whose worker does not hold the version yet, is asked again."""

NOT_NOW = (RefusalCode.BUSY, RefusalCode.NOT_HELD)
UNANSWERED = (*NOT_NOW, RefusalCode.NO_ANSWER)


@dataclass(frozen=True, slots=True)
class Moving:
    """One lead that is to move: where to, and what a way back undoes."""

    lead: Lead
    plan: Plan
    back: WayBack | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of it; without a `code` it has moved."""

    lead: str
    code: str | None = None
    why: str = ""

    @property
    def moved(self) -> bool:
        return self.code is None

    @property
    def unanswered(self) -> bool:
        """Whether it may move later, if only it is asked again."""
        return self.code in UNANSWERED

    @property
    def passed_over(self) -> bool:
        """Whether the plan is not for it."""
        return self.code == RefusalCode.GUARD


@dataclass
class Tally:
    """How far a run has come: the last outcome of each lead, by its key."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    stopped: bool = False

    @property
    def moved(self) -> int:
        return sum(outcome.moved for outcome in self.outcomes.values())

    @property
    def passed_over(self) -> int:
        return sum(outcome.passed_over for outcome in self.outcomes.values())

    @property
    def unanswered(self) -> int:
        return sum(outcome.unanswered for outcome in self.outcomes.values())

    @property
    def blocked(self) -> list[Outcome]:
        """Those that did not move, whatever the reason."""
        return [one for one in self.outcomes.values() if not one.moved and not one.passed_over]

    def with_pass(self, later: Tally) -> Tally:
        return Tally({**self.outcomes, **later.outcomes}, later.stopped)


class Mover:
    """Moves the leads of one run from `origin` to `target`, or with `back` on their way back, which is the other way round."""

    def __init__(
        self,
        pool: Pool,
        temporal: Client,
        run: Run,
        origin: Process,
        target: Process,
        by: str,
        reason: str,
        *,
        back: bool = False,
    ) -> None:
        self._pool = pool
        self._temporal = temporal
        self._run = run
        self._origin = origin
        self._target = target
        self._by = by
        self._reason = reason
        self._back = back
        self._id = event_ids.move(run.id, back=back)

    async def move_all(
        self,
        leads: AsyncIterable[Moving],
        stop: asyncio.Event,
        *,
        rate: float,
        batch: int,
        tell: Callable[[Outcome], None] = lambda _: None,
    ) -> Tally:
        """Until all are through, or `stop` is set: what has been begun comes to its end then. `rate` leads a second at most are
        begun, and `batch` of them are under way at a time."""
        tally = Tally()
        room = asyncio.Semaphore(batch)
        loop = asyncio.get_running_loop()
        next_at = loop.time()

        async def one(moving: Moving) -> None:
            try:
                try:
                    outcome = await self._move(moving)
                    await self._note(outcome)
                except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                    # Whether it has moved or not: the next pass asks the journal.
                    outcome = Outcome(moving.lead.key, RefusalCode.NO_ANSWER, "the database does not answer")
                tally.outcomes[outcome.lead] = outcome
                tell(outcome)
            finally:
                room.release()

        async with asyncio.TaskGroup() as group:
            async for moving in leads:
                await room.acquire()
                next_at = max(next_at + 1 / rate, loop.time())
                if await _set_within(stop, next_at - loop.time()):
                    tally.stopped = True
                    room.release()
                    break
                group.create_task(one(moving))
        return tally

    async def _note(self, outcome: Outcome) -> None:
        if outcome.passed_over:
            return
        async with self._pool.acquire() as connection:
            if outcome.moved:
                await moves.note_moved(connection, self._run.id, outcome.lead, back=self._back)
            else:
                code, why = str(outcome.code), outcome.why
                await moves.note_blocked(connection, self._run.id, outcome.lead, code, why, back=self._back)

    async def _move(self, moving: Moving) -> Outcome:
        key = moving.lead.key
        answer: Refusal | None = None
        for pause in (0.0, *PAUSES):
            await asyncio.sleep(pause)
            answer = await self._asked(key, moving, again=answer)
            if answer is None or await self._has_moved(key):
                return Outcome(key)
            if answer.code not in NOT_NOW:
                break
        assert answer is not None
        return Outcome(key, answer.code, answer.message)

    async def _asked(self, key: str, moving: Moving, again: Refusal | None) -> Refusal | None:
        """Nobody is disturbed for what the journal can tell: a lead that may not move is not even asked."""
        moved, lead = await self._stands(key)
        if lead is None:
            return Refusal(RefusalCode.CLOSED, "there is no such lead", MOVE, "")
        if moved and lead.digest == self._origin.digest:
            return Refusal(RefusalCode.CONFLICT, self._came_back(), MOVE, lead.stage)
        args = MoveArgs(self._run.id, moving.plan, self._by, self._reason, moving.back, lead.seq)
        decided = step(self._origin, lead, args.moved(), max(datetime.now(UTC), lead.entered_at), self._target)
        if isinstance(decided, Refusal):
            return decided
        if again is not None and again.code is RefusalCode.BUSY:
            # It may lag behind the journal, because its task was lost.
            with contextlib.suppress(RPCError):
                await self._temporal.get_workflow_handle(key).signal(CATCH_UP, lead.seq)
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._ask(key, args)
        except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError):
            return Refusal(RefusalCode.NO_ANSWER, f"no worker answered within {PATIENCE:.0f} seconds", MOVE, lead.stage)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return Refusal(RefusalCode.CLOSED, "its workflow has ended", MOVE, lead.stage)
            return Refusal(RefusalCode.BUSY, f"Temporal does not answer: {error.message}", MOVE, lead.stage)

    async def _ask(self, key: str, args: MoveArgs) -> Refusal | None:
        handle = self._temporal.get_workflow_handle(key)
        try:
            # With the number in its id: what was refused at one moment is asked anew at the next.
            await handle.execute_update(MOVE, args, id=f"{MOVE}:{self._id}:{args.after}", result_type=Receipt)
        except WorkflowUpdateFailedError as error:
            if isinstance(error.cause, ApplicationError) and error.cause.details:
                return _REFUSAL.validate_python(error.cause.details[0])
            return Refusal(RefusalCode.CONFLICT, f"its workflow failed to answer: {error.cause}", MOVE, "")
        return None

    async def _has_moved(self, key: str) -> bool:
        """Whether it had moved in this run already: whoever asked before may have died before the answer came."""
        moved, lead = await self._stands(key)
        return moved and lead is not None and lead.digest != self._origin.digest

    async def _stands(self, key: str) -> tuple[bool, Lead | None]:
        """Whether the run has moved it at some time, and where it stands now; asked in this order, so that it is not taken to
        have come back when it moves in between."""
        async with self._pool.acquire() as connection:
            moved = await journal.known(connection, key, self._id) is not None
            return moved, await journal.snapshot(connection, key)

    def _came_back(self) -> str:
        """A run moves a lead once, and whoever moved it back by another plan, or gave it a new cycle, may have meant it."""
        return (
            f"run {self._run.id} has moved it already, and it is on {called(self._origin)} again; "
            f"take run {self._run.id} back, and the plan begins anew"
        )


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    if seconds <= 0:
        await asyncio.sleep(0)
        return event.is_set()
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True


def on_its_way_back(run: Run, origin: Process, target: Process, moved: MovedLead) -> Moving:
    """What brings a lead back that a run has moved and that has not gone on since."""
    before = conclude(origin, moved.before, moved.before_settled).lead
    plan, back = way_back(before, moved.decision, origin, target, run.plan, moved.since)
    return Moving(moved.lead, plan, back)
