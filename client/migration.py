"""A migration from its plan to its end: checked, started, gone on with where it stopped, and taken back (B.3)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from temporalio.client import Client

from client.moving import Mover, Moving, Outcome, Tally, on_its_way_back
from engine.compiling.bundle import Bundle, SourceText
from engine.compiling.compile import compile_published
from engine.compiling.plan_checked import PlanFile, check_plan, read_plan
from engine.decision import RefusalCode
from engine.errors import DefinitionError, Finding, LeadflowError
from engine.happening import Actor, Moved
from engine.outlook import Outlook, look_ahead
from engine.plan import Plan
from engine.process import Process
from engine.world import World
from store import definitions, holdings, moves, roster
from store.moves import MovedLead, Run
from store.pool import Connection, Pool

PASSES = 3
"""How often leads are looked for: new ones may come on the old version meanwhile, and busy ones are asked again."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan that fits the versions which it names. `standing` is how many leads stand in each stage."""

    plan: Plan
    origin: Process
    target: Process
    reason: str
    source: str
    standing: Mapping[str, int]

    @property
    def leads(self) -> int:
        return sum(self.standing.values())


@dataclass(frozen=True)
class Pace:
    """`rate` leads a second at most are begun, `batch` are under way at a time; `stop` ends it in good order."""

    rate: float
    batch: int
    stop: asyncio.Event
    tell: Callable[[Outcome], None] = lambda _: None


async def prepare(connection: Connection, source: SourceText) -> Prepared:
    """Raises DefinitionError with everything that is wrong with the plan."""
    file = read_plan(source)
    origin, target = await _versions(connection, file)
    standing = await moves.standing_in(connection, origin.digest)
    plan = check_plan(file, origin, target, standing)
    return Prepared(plan, origin, target, file.model.reason.strip(), source.text, standing)


async def migrate(
    pool: Pool, temporal: Client, connection: Connection, prepared: Prepared, by: str, pace: Pace
) -> tuple[Run, Tally]:
    """Move the leads that the plan is for. `connection` keeps others from moving leads of the process meanwhile.

    A plan that was started before goes on where it stopped. Raises LeadflowError where somebody else is at it, or a worker
    does not hold the version.
    """
    plan = prepared.plan
    await _alone(connection, plan.process)
    await _held(connection, prepared.target)
    run = await moves.under_way(connection, plan)
    if run is None:
        versions = (prepared.origin.version, prepared.target.version)
        run = await moves.start(connection, plan, versions, prepared.source, prepared.reason, by)
    else:
        await moves.reopen(connection, run.id)
    mover = Mover(pool, temporal, run, prepared.origin, prepared.target, by, prepared.reason)
    tally = await _passes(mover, lambda seen: _in_flight(pool, plan, seen), pace)
    if not tally.stopped and not tally.unanswered:
        await moves.finish(connection, run.id)
    return await _as_it_stands(connection, run), tally


async def take_back(
    pool: Pool, temporal: Client, connection: Connection, number: int, by: str, reason: str, pace: Pace
) -> tuple[Run, Tally]:
    """Move back what a run has moved and what has not gone on since; the same again goes on where it stopped."""
    run = await run_numbered(connection, number)
    await _alone(connection, run.process)
    origin, target = await processes_of(connection, run)
    await _held(connection, origin)
    await moves.begin_back(connection, run.id, by, reason)
    mover = Mover(pool, temporal, run, target, origin, by, reason, back=True)
    tally = await _passes(mover, lambda seen: _moved(pool, run, origin, target, seen), pace)
    async for one in moves.moved_by(connection, run.id):
        if one.gone_on:
            await moves.note_blocked(connection, run.id, one.lead.key, RefusalCode.CONFLICT, gone_on(one), back=True)
    if not tally.stopped and not tally.unanswered:
        await moves.finish_back(connection, run.id)
    return await _as_it_stands(connection, run), tally


async def look_back(connection: Connection, run: Run, scale: float) -> AsyncIterator[tuple[MovedLead, Outlook | None]]:
    """What the way back would make of each lead that a run has moved; None of those that have gone on since."""
    origin, target = await processes_of(connection, run)
    people, teams = await roster.current(connection)
    world = World(datetime.now(UTC), people, teams, scale=scale)
    async for one in moves.moved_by(connection, run.id):
        if one.gone_on:
            yield one, None
            continue
        moving = on_its_way_back(run, origin, target, one)
        moved = Moved(moving.plan, Actor("somebody"), "the way back", moving.back)
        yield one, look_ahead(target, origin, one.lead, moved, world)


def gone_on(moved: MovedLead) -> str:
    """Why a lead is not moved back."""
    lead = moved.lead
    if lead.closed:
        return "it is closed"
    if lead.digest != moved.decision.lead.digest:
        return f"it has gone on to version {lead.version} since"
    return f"it has come to {lead.stage} since"


async def run_numbered(connection: Connection, number: int) -> Run:
    run = await moves.run(connection, number)
    if run is None:
        raise LeadflowError(f"there is no run {number}", "`leadflow migrate --runs` lists them.")
    return run


async def processes_of(connection: Connection, run: Run) -> tuple[Process, Process]:
    return await _process(connection, run.plan.origin), await _process(connection, run.plan.target)


# --- the parts of it --------------------------------------------------------------------------------------------------


async def _passes(mover: Mover, leads: Callable[[dict[str, bool]], AsyncGenerator[Moving, None]], pace: Pace) -> Tally:
    """Whoever could not be asked is asked again in the next pass."""
    total = Tally()
    seen: dict[str, bool] = {}
    for _ in range(PASSES):
        unanswered: list[str] = []

        def tell(outcome: Outcome, unanswered: list[str] = unanswered) -> None:
            if outcome.unanswered:
                unanswered.append(outcome.lead)
            pace.tell(outcome)

        found = len(seen)
        async with contextlib.aclosing(leads(seen)) as each:
            passed = await mover.move_all(each, pace.stop, rate=pace.rate, batch=pace.batch, tell=tell)
        total = total.with_pass(passed)
        for key in unanswered:
            seen.pop(key, None)
        if passed.stopped or (len(seen) == found and not unanswered):
            break
    return total


async def _in_flight(pool: Pool, plan: Plan, seen: dict[str, bool]) -> AsyncGenerator[Moving, None]:
    async with pool.acquire() as connection:
        async for lead in moves.in_flight(connection, plan.origin):
            if lead.key not in seen:
                seen[lead.key] = True
                yield Moving(lead, plan)


async def _moved(
    pool: Pool, run: Run, origin: Process, target: Process, seen: dict[str, bool]
) -> AsyncGenerator[Moving, None]:
    async with pool.acquire() as connection:
        async for one in moves.moved_by(connection, run.id):
            if not one.gone_on and one.lead.key not in seen:
                seen[one.lead.key] = True
                yield on_its_way_back(run, origin, target, one)


async def _alone(connection: Connection, process: str) -> None:
    if await moves.alone(connection, process):
        return
    begun = next((run for run in await moves.runs(connection) if run.process == process), None)
    known = f" (run {begun.id}, started by {begun.started_by})" if begun is not None else ""
    raise LeadflowError(
        f"somebody else is moving leads of {process} at this moment{known}",
        "Wait until that is over: `leadflow migrate --runs` says how far it is.",
    )


async def _held(connection: Connection, target: Process) -> None:
    held = await holdings.holders(connection, [target.digest])
    if not held.workers:
        raise LeadflowError("no worker is at work, and leads are moved by them", "Start one: `leadflow up`.")
    if not held.by_all:
        raise LeadflowError(
            f"{held.workers - held.holding} of {held.workers} workers do not hold v{target.version} of {target.name}",
            "They take it up within seconds, or are gone: `leadflow doctor` says which. Try again then.",
        )


async def _versions(connection: Connection, file: PlanFile) -> tuple[Process, Process]:
    name = file.model.migrate
    known = {row.version: row.digest for row in await definitions.versions(connection) if row.process == name}
    findings = []
    if not known:
        published = dict.fromkeys(row.process for row in await definitions.versions(connection))
        remedy = f"Published are: {', '.join(published)}." if published else "Publish it first: `leadflow publish`."
        mark = file.document.document.mark(("migrate",))
        findings.append(Finding(mark, "UNKNOWN_PROCESS", f"no process '{name}' is published", remedy))
    for key, number in (("from", file.model.from_), ("to", file.model.to)):
        if known and number not in known:
            mark = file.document.document.mark((key,))
            there = ", ".join(str(version) for version in sorted(known))
            message = f"version {number} of {name} is not published"
            findings.append(Finding(mark, "UNKNOWN_VERSION", message, f"Published are: {there}."))
    if findings:
        raise DefinitionError(findings)
    return await _process(connection, known[file.model.from_]), await _process(connection, known[file.model.to])


async def _process(connection: Connection, digest: str) -> Process:
    return compile_published(Bundle.from_json(await definitions.body(connection, digest)))


async def _as_it_stands(connection: Connection, run: Run) -> Run:
    return await moves.run(connection, run.id) or run
