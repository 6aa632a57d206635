"""B.3: leads in flight move to another version of their process, each by one validated update, and come back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from client.moving import Mover, Moving, Outcome, Tally, on_its_way_back
from engine.catalog import LIVE
from engine.compiling.bundle import SourceText
from engine.compiling.plan_checked import check_plan, read_plan
from engine.lead import Lead
from engine.moving import MOVE
from engine.plan import Plan
from engine.process import Process
from store import definitions, moves
from store.moves import Run
from tests.installation import Installation, eventually, installation, updates
from tests.workflow.processes import PUMPS, pumps, staff
from workflows.messages import MoveArgs

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

SECOND = (
    PUMPS.replace("version: 1", "version: 2")
    .replace("due: 3 working days", "due: 2 working days")
    .replace("  working:", "  talks:")
    .replace("to: working", "to: talks")
    .replace("      decide:", "      verdict:")
)
PLAN = """
migrate: pumps
from: 1
to: 2
stages: {working: talks}
clocks: {decide: verdict, follow_up: {time: recount}}
reason: agreed with sales
"""


@pytest_asyncio.fixture(scope="module")
async def desk(temporal: WorkflowEnvironment, database: str) -> AsyncIterator[Installation]:
    async with installation(temporal, database, [pumps()], [staff()]) as made, made.worker():
        async with made.pool.acquire() as connection:
            await definitions.publish(connection, *pumps(SECOND), "test", "")
        # Published for whoever asks; new leads of these tests still begin with the first.
        for catalog in (made.catalog, LIVE):
            catalog.add(pumps(SECOND)[1], current=False)
        yield made


def versions() -> tuple[Process, Process]:
    return pumps()[1], pumps(SECOND)[1]


def plan(text: str = PLAN) -> Plan:
    return check_plan(read_plan(SourceText("plan.yaml", text.lstrip())), *versions())


async def run_of(desk: Installation, made: Plan | None = None) -> Run:
    made = made or plan()
    async with desk.pool.acquire() as connection:
        known = await moves.under_way(connection, made)
        return known or await moves.start(connection, made, (1, 2), PLAN, "agreed with sales", "maria")


async def move(
    desk: Installation, run: Run, *leads: Lead | str, target: Process | None = None
) -> tuple[Tally, list[Outcome]]:
    found = [await desk.snapshot(one) if isinstance(one, str) else one for one in leads]

    async def each() -> AsyncIterator[Moving]:
        for lead in found:
            yield Moving(lead, run.plan)

    told: list[Outcome] = []
    origin, second = versions()
    mover = Mover(desk.pool, desk.client, run, origin, target or second, run.started_by, run.reason)
    tally = await mover.move_all(each(), asyncio.Event(), rate=1000, batch=10, tell=told.append)
    return tally, told


async def back(desk: Installation, run: Run) -> list[Outcome]:
    async def each() -> AsyncIterator[Moving]:
        async with desk.pool.acquire() as connection:
            async for one in moves.moved_by(connection, run.id):
                if not one.gone_on:
                    yield on_its_way_back(run, *versions(), one)

    told: list[Outcome] = []
    origin, target = versions()
    mover = Mover(desk.pool, desk.client, run, target, origin, "boss", "it was a mistake", back=True)
    await mover.move_all(each(), asyncio.Event(), rate=1000, batch=10, tell=told.append)
    return told


async def test_a_lead_moves_with_its_stage_and_clocks_and_says_so_everywhere(desk: Installation) -> None:
    """B.3, C.7: one update in its history, one line in its story and journal; owner and time left stay, and the new version's
    events are what it listens to."""
    key = await desk.new(kind="pumps", size="normal")
    await desk.done(key, "accept")
    await desk.forward(key, 2 * HOUR)
    before = await desk.lead(key)
    run = await run_of(desk)
    tally, _ = await move(desk, run, key)
    assert (tally.moved, tally.blocked) == (1, [])

    after = (await desk.idle(key)).lead
    assert (after.version, after.stage, after.owner) == (2, "talks", before.owner)
    assert after.clocks["verdict"].due_at == before.clocks["decide"].due_at
    assert after.clocks["verdict"].warnings == before.clocks["decide"].warnings
    assert after.clocks["visit"].due_at == before.clocks["visit"].due_at
    story = (await desk.state(key)).story[-1].words
    assert "moved from v1 to v2 by maria: agreed with sales" in story
    [entry] = await desk.rows("select * from event where lead = $1 and happening = 'moved'", key)
    assert (entry["by"], entry["id"], entry["from_stage"], entry["to_stage"]) == (
        "maria",
        f"move:{run.id}",
        "working",
        "talks",
    )
    [row] = await desk.rows("select process, version, digest, stage from lead where key = $1", key)
    assert (row["version"], row["digest"], row["stage"]) == (2, versions()[1].digest, "talks")
    stays = await desk.rows(
        "select stage, digest, left_at is null as open from visit where lead = $1 order by entered_seq", key
    )
    assert [(one["stage"], one["open"]) for one in stays] == [("fresh", False), ("working", False), ("talks", True)]
    clocks = await desk.rows("select name, state, ending from clock where lead = $1 order by started_seq, name", key)
    assert [(one["name"], one["state"], one["ending"]) for one in clocks] == [
        ("follow_up", "ended", "met"),
        ("decide", "ended", "moved"),
        ("visit", "ended", "moved"),
        ("verdict", "running", None),
        ("visit", "running", None),
    ]
    [described] = [one async for one in desk.client.list_workflows(f'WorkflowId="{key}"')]
    assert described.search_attributes["LeadDefinition"] == ["pumps v2"]
    assert (await desk.done(key, "win")).closed
    await desk.settled(key)


async def test_a_clock_that_is_counted_anew_falls_due_by_the_new_rule(desk: Installation) -> None:
    """B.3: an author who changes 3 working days to 2 and means the leads in flight: after 50 hours it is overdue at once."""
    key = await desk.new(kind="pumps", size="normal")
    await desk.forward(key, 50 * HOUR)
    assert (await desk.lead(key)).hops == 0
    await move(desk, await run_of(desk), key)
    after = (await desk.idle(key)).lead
    assert after.version == 2
    assert after.hops == 1
    await desk.settled(key)


async def test_what_was_missed_before_a_move_counts_once(desk: Installation) -> None:
    """B.3, S2.4: a clock that was missed goes on under its new name, missed since then; what it took is counted from its start."""
    key = await desk.new(kind="pumps", size="normal")
    await desk.done(key, "accept")
    await desk.forward(key, 11 * HOUR)
    before = (await desk.idle(key)).lead
    assert before.clocks["decide"].breached_at is not None
    await move(desk, await run_of(desk), key)
    after = (await desk.idle(key)).lead
    assert after.clocks["verdict"].breached_at == before.clocks["decide"].breached_at
    assert list(after.climbs) == ["late/verdict"]
    await desk.forward(key, HOUR)
    await desk.done(key, "win")
    rows = await desk.rows(
        "select name, ending, breached_at, raw_seconds from clock where lead = $1 and name in ('decide', 'verdict') order by name",
        key,
    )
    assert [(row["name"], row["ending"], row["breached_at"] is not None) for row in rows] == [
        ("decide", "moved", False),
        ("verdict", "stopped_late", True),
    ]
    assert abs(rows[1]["raw_seconds"] - 12 * 3600) < 120


async def test_time_that_a_clock_has_counted_is_kept_with_what_it_has_left(desk: Installation) -> None:
    """B.3, S1.10: 10 of 72 hours have passed; in a version that gives 48 its deadline stays, also when hours are reckoned anew,
    and in the end the ledger has all of the time that it took."""
    key = await desk.new(kind="pumps", size="normal")
    await desk.forward(key, 10 * HOUR)
    before = (await desk.idle(key)).lead
    await move(desk, await run_of(desk, replace(plan(), clocks={})), key)
    after = (await desk.idle(key)).lead
    assert after.clocks["follow_up"].due_at == before.clocks["follow_up"].due_at
    await desk.desk.world_changed([key], "other working hours", "hours:moves")
    await desk.forward(key, 10 * HOUR)
    again = (await desk.idle(key)).lead.clocks["follow_up"].due_at
    assert again == before.clocks["follow_up"].due_at
    await desk.done(key, "accept")
    [row] = await desk.rows("select * from clock where lead = $1 and name = 'follow_up'", key)
    assert (row["ending"], row["digest"]) == ("met", versions()[1].digest)
    assert abs(row["raw_seconds"] - 20 * 3600) < 120
    assert abs(row["working_seconds"] - 20 * 3600) < 120
    await desk.settled(key)


async def test_a_lead_moves_once_in_a_run_however_often_it_is_asked(desk: Installation) -> None:
    """B.3: asked again, and by two at once, it has moved."""
    key = await desk.new(kind="pumps", size="normal")
    run, lead = await run_of(desk), await desk.snapshot(key)
    both = await asyncio.gather(move(desk, run, lead), move(desk, run, lead))
    assert [tally.moved for tally, _ in both] == [1, 1]
    assert (await move(desk, run, lead))[0].moved == 1
    assert await desk.column("select count(*) from event where lead = $1 and happening = 'moved'", key) == [1]
    await desk.settled(key)


async def test_a_lead_that_may_not_move_stays_and_says_why(desk: Installation) -> None:
    """B.3: refused before it is accepted: no trace in history, and the run has noted what is in the way."""
    key = await desk.new(kind="pumps", size="normal")
    await desk.done(key, "accept")
    lead = (await desk.idle(key)).lead
    run = await run_of(desk, replace(plan(), stages={}))
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await desk.handle(key).execute_update(MOVE, MoveArgs(run.id, run.plan, "maria", "agreed", after=lead.seq))
    assert isinstance(refused.value.cause, ApplicationError)
    assert refused.value.cause.type == "NOT_HERE"
    _, [outcome] = await move(desk, run, key)
    assert (outcome.code, outcome.moved) == ("NOT_HERE", False)
    assert "stage working is not in v2" in outcome.why
    assert updates(await desk.history(key)) == ["arrive", "accept"]
    async with desk.pool.acquire() as connection:
        [noted] = await moves.in_the_way(connection, run.id, back=False)
    assert (noted.lead, noted.code) == (key, "NOT_HERE")
    assert (await desk.lead(key)).version == 1


async def test_a_lead_in_the_midst_of_something_is_asked_again_and_not_forced(desk: Installation) -> None:
    """B.3: while an owner is being looked for it answers BUSY; once that is done it moves."""
    key = await desk.new(kind="pumps", size="normal")
    run, lead = await run_of(desk), await desk.snapshot(key)
    async with desk.pool.acquire() as connection, connection.transaction():
        await connection.execute("select from lead where key = $1 for update", key)
        given = asyncio.create_task(desk.done(key, "assign", by="lee", to="eva"))

        async def busy() -> bool | None:
            try:
                args = MoveArgs(run.id, replace(run.plan, origin="elsewhere"), "maria", "to see", after=lead.seq)
                await desk.handle(key).execute_update(MOVE, args)
            except WorkflowUpdateFailedError as error:
                return (isinstance(error.cause, ApplicationError) and error.cause.type == "BUSY") or None
            return None

        assert await eventually(busy)
        moving = asyncio.create_task(move(desk, run, lead))
    assert (await given).owner == "eva"
    tally, _ = await moving
    assert tally.moved == 1
    lead = (await desk.idle(key)).lead
    assert (lead.version, lead.owner) == (2, "eva")
    assert await desk.happenings(key) == ["arrived", "assign", "moved"]
    await desk.settled(key)


async def test_a_worker_that_lacks_the_version_refuses_and_nothing_is_half_done(desk: Installation) -> None:
    """B.3, C.5: the lead goes on in its own version."""
    key = await desk.new(kind="pumps", size="normal")
    later = pumps(SECOND.replace("version: 2", "version: 3"))[1]
    run = await run_of(desk)
    elsewhere = replace(run, plan=replace(run.plan, target=later.digest))
    _, [outcome] = await move(desk, elsewhere, key, target=later)
    assert outcome.code == "NOT_HELD"
    assert f"does not hold version {later.digest[:12]}" in outcome.why
    assert (await desk.done(key, "accept")).stage == "working"
    await desk.settled(key)


async def test_leads_come_back_unless_they_have_gone_on(desk: Installation) -> None:
    """B.3: the way back: stage and deadlines as they were, and whoever has come further stays where it is."""
    keys = [await desk.new(kind="pumps", size="normal") for _ in range(2)]
    for key in keys:
        await desk.done(key, "accept")
    before = {key: await desk.lead(key) for key in keys}
    run = await run_of(desk, replace(plan(), fields={"size": "normal"}))
    await move(desk, run, *keys)
    await desk.done(keys[1], "rest", fields={"wake_on": "2199-01-01"})
    told = await back(desk, run)
    assert [(one.lead, one.moved) for one in told] == [(keys[0], True)]
    lead = (await desk.idle(keys[0])).lead
    assert (lead.version, lead.stage, lead.visits["working"]) == (1, "working", 2)
    assert {name: clock.due_at for name, clock in lead.clocks.items()} == {
        name: clock.due_at for name, clock in before[keys[0]].clocks.items()
    }
    assert (await desk.lead(keys[1])).version == 2
    assert await back(desk, run) == []
    for key in keys:
        await desk.settled(key)
