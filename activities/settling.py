"""Settling a decision: score, owner, deadlines and the journal, in one database transaction, once.

The three activities do the same; they are three so that the Temporal UI says what a person wants to know.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace

import asyncpg
from temporalio import activity
from temporalio.exceptions import ApplicationError

from engine.catalog import Catalog
from engine.decision import Decision, Record, Settled
from engine.language.definition import Who
from engine.lead import Lead
from engine.settle import measure, settle_and_conclude, stay, task_deadlines
from store import journal, merges


class Settling:
    """`scale` shortens durations for the demo; it is 1 everywhere else."""

    def __init__(self, pool: asyncpg.Pool, catalog: Catalog, scale: float = 1.0) -> None:
        self._pool = pool
        self._catalog = catalog
        self._scale = scale

    @activity.defn(name="record")
    async def record(self, decision: Decision) -> Settled:
        """Record a decision and compute the deadlines it starts."""
        return await self._settle(decision)

    @activity.defn(name="score_and_assign")
    async def score_and_assign(self, decision: Decision) -> Settled:
        """Score the lead and find its owner (S3.6, S4.4 to S4.6)."""
        return await self._settle(decision)

    @activity.defn(name="reassign")
    async def reassign(self, decision: Decision) -> Settled:
        """Take the lead from a silent owner and find another (S2.5)."""
        return await self._settle(decision)

    @activity.defn(name="catch_up")
    async def catch_up(self, lead: Lead) -> Settled | None:
        """The decision that follows this state in the journal, as `instead`; None where there is none."""
        async with _in_words(), self._pool.acquire() as connection:
            known = await journal.recorded(connection, _nothing_after(lead))
        return for_history(known) if known is not None else None

    async def _settle(self, decision: Decision) -> Settled:
        process = self._catalog.get(decision.lead.digest)
        async with _in_words(), self._pool.acquire() as connection, connection.transaction():
            if (known := await journal.recorded(connection, decision)) is not None:
                return for_history(known)
            world = await journal.world_for(connection, process, decision, self._scale)
            origin = self._catalog.get(decision.origin) if decision.origin else process
            settled, concluded = settle_and_conclude(process, decision, world, origin)
            clocks = journal.to_measure(decision, concluded)
            written = await journal.write(
                connection,
                process,
                decision,
                settled,
                concluded,
                {
                    journal.place(clock): measure(
                        origin if journal.ran_elsewhere(decision, clock) else process, decision.lead, clock, world
                    )
                    for clock in clocks
                },
                stage_seconds=stay(process, decision, world),
                task_due=task_deadlines(process, concluded, world),
            )
            if written:
                await merges.follow(connection, decision)
            else:  # another attempt was quicker: its answers count
                settled = await journal.recorded(connection, decision) or settled
        return for_history(settled)


@contextlib.asynccontextmanager
async def _in_words() -> AsyncIterator[None]:
    """What fails ends up in workflow history. What the database says may quote what was to be written, and is left out (B.7)."""
    try:
        yield
    except (
        OSError,
        TimeoutError,
        asyncpg.InterfaceError,
        asyncpg.PostgresConnectionError,
        asyncpg.OperatorInterventionError,
    ):
        words = "the database does not answer; trying again"
    except asyncpg.PostgresError as error:
        words = f"the database refuses to record it ({type(error).__name__}, {error.sqlstate}); trying again"
    else:
        return
    raise ApplicationError(words, type="DATABASE") from None


def _nothing_after(lead: Lead) -> Decision:
    """A decision that nobody made, so that any other with its number is the one that counts."""
    record = Record("nothing", lead.entered_at, Who.SYSTEM, lead.stage, lead.stage)
    return Decision(replace(lead, seq=lead.seq + 1), record)


def for_history(settled: Settled) -> Settled:
    """Without the long explanations: those are in the database, where `leadflow lead show` and reports read them."""
    assigned = replace(settled.assigned, tried=()) if settled.assigned else None
    scored = replace(settled.scored, why={}) if settled.scored else None
    return replace(settled, assigned=assigned, scored=scored)
