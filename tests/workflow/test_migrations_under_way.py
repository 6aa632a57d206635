"""B.3: many leads in flight migrate while events keep arriving: none lost, none twice; stopped, gone on with, taken back."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from client.desk import Sending
from client.migration import Pace, Prepared, migrate, prepare, take_back
from client.moving import Outcome, Tally
from engine.catalog import LIVE
from engine.compiling.bundle import SourceText
from engine.errors import DefinitionError, LeadflowError
from store import definitions, holdings, moves
from store.moves import Run, State
from store.pool import connection
from tests.installation import Installation, installation
from tests.workflow.processes import pumps, staff
from tests.workflow.test_moves import PLAN, SECOND
from workflows.messages import Receipt

LEADS = 200


@pytest_asyncio.fixture(scope="module")
async def desk(temporal: WorkflowEnvironment, database: str) -> AsyncIterator[Installation]:
    async with installation(temporal, database, [pumps()], [staff()]) as made, made.worker():
        digests = [pumps()[1].digest, pumps(SECOND)[1].digest]
        async with made.pool.acquire() as conn:
            await definitions.publish(conn, *pumps(SECOND), "test", "")
            await holdings.tell(conn, "test", digests)
        for catalog in (made.catalog, LIVE):
            catalog.add(pumps(SECOND)[1], current=False)
        yield made


async def ready(desk: Installation, text: str = PLAN) -> Prepared:
    async with desk.pool.acquire() as conn:
        await holdings.tell(conn, "test", [pumps()[1].digest, pumps(SECOND)[1].digest])
        return await prepare(conn, SourceText("plan.yaml", text.lstrip()))


@dataclass
class Author:
    """Somebody who moves leads, with a connection that keeps others from it."""

    desk: Installation
    name: str = "maria"

    async def migrates(self, text: str = PLAN, stop_after: int | None = None) -> tuple[Run, Tally]:
        prepared, stop, told = await ready(self.desk, text), asyncio.Event(), []

        def tell(outcome: Outcome) -> None:
            told.append(outcome)
            if len(told) == stop_after:
                stop.set()

        async with connection(self.desk.dsn) as alone:
            pace = Pace(rate=200, batch=10, stop=stop, tell=tell)
            return await migrate(self.desk.pool, self.desk.client, alone, prepared, self.name, pace)

    async def takes_back(self, run: int) -> tuple[Run, Tally]:
        await ready(self.desk)
        async with connection(self.desk.dsn) as alone:
            pace = Pace(rate=200, batch=10, stop=asyncio.Event())
            return await take_back(self.desk.pool, self.desk.client, alone, run, self.name, "a mistake", pace)


async def many(desk: Installation, number: int) -> list[str]:
    room = asyncio.Semaphore(20)

    async def one() -> str:
        async with room:
            return await desk.new(kind="pumps", size="normal")

    return list(await asyncio.gather(*(one() for _ in range(number))))


async def moves_of(desk: Installation, keys: list[str]) -> Counter[str]:
    sql = "select lead from event where lead = any($1) and happening = 'moved'"
    return Counter(await desk.column(sql, keys))


async def test_leads_migrate_while_events_keep_arriving(desk: Installation) -> None:
    """B.3: none is lost, none moves twice, and every event that was sent meanwhile has happened once."""
    keys = await many(desk, LEADS)
    sent: dict[str, list[str]] = {}

    async def keep_coming() -> None:
        for number, key in enumerate(keys[::2]):
            name, by, note = ("accept", "lee", None) if number % 2 else ("note", "system", "Called.")
            answer = await desk.desk.send(key, Sending(name, by, note=note, id=f"meanwhile-{number}"))
            assert isinstance(answer, Receipt), answer
            sent.setdefault(key, []).append(name)

    (run, tally), _, _ = await asyncio.gather(Author(desk).migrates(), keep_coming(), many(desk, 10))
    assert (tally.stopped, tally.blocked) == (False, [])
    assert run.state is State.DONE
    late = await desk.column("select key from lead where digest = $1 and state = 'running'", pumps()[1].digest)
    assert set(late).isdisjoint(keys)
    assert await moves_of(desk, keys) == Counter(dict.fromkeys(keys, 1))
    assert run.moved == tally.moved >= LEADS
    for key, names in sent.items():
        assert [one for one in await desk.happenings(key) if one in ("accept", "note")] == names
    for key in keys[::10]:
        lead = (await desk.idle(key)).lead
        assert lead == await desk.snapshot(key)
        assert (lead.version, lead.stage) == (2, "talks" if "accept" in sent.get(key, []) else "fresh")
    # Each stands in one stage, and the clocks that run there are those of its state.
    assert (
        await desk.column(
            "select lead from visit where lead = any($1) and left_at is null group by lead having count(*) <> 1", keys
        )
        == []
    )
    open_clocks = await desk.rows(
        "select lead, array_agg(name order by name) as names from clock where lead = any($1) and ended_at is null group by lead",
        keys,
    )
    running = {row["lead"]: row["names"] for row in open_clocks}
    for key in keys[::10]:
        assert running[key] == sorted((await desk.snapshot(key)).clocks)


async def test_a_run_that_was_stopped_goes_on_where_it_was_and_comes_back(desk: Installation) -> None:
    """B.3: resumable: it is the same run, with the same number, and nobody is moved again; then all of it is taken back."""
    keys = await many(desk, 30)
    plan = PLAN.replace("agreed with sales", "stopped on the way")
    run, tally = await Author(desk).migrates(plan + "select: lead.size == 'normal'\n", stop_after=8)
    assert tally.stopped
    assert run.state is State.STOPPED
    assert 8 <= run.moved < 30
    again, rest = await Author(desk, "ben").migrates(plan + "select: lead.size == 'normal'\n")
    assert (again.id, again.state, again.started_by) == (run.id, State.DONE, "maria")
    assert again.moved == run.moved + rest.moved >= 30
    assert await moves_of(desk, keys) == Counter(dict.fromkeys(keys, 1))

    await desk.desk.send(keys[0], Sending("accept", "lee"))
    back, taken = await Author(desk).takes_back(run.id)
    assert back.state is State.BACK
    assert taken.moved == again.moved - 1
    assert {(await desk.snapshot(key)).version for key in keys[1:]} == {1}
    assert (await desk.snapshot(keys[0])).version == 2
    async with desk.pool.acquire() as conn:
        [stays] = await moves.in_the_way(conn, run.id, back=True)
    assert (stays.lead, stays.why) == (keys[0], "it has come to talks since")
    for key in keys[:5]:
        await desk.settled(key)
    # The plan may be started anew: that is another run.
    anew, _ = await Author(desk).migrates(plan + "select: lead.size == 'normal'\n")
    assert anew.id != run.id


async def test_a_lead_that_came_back_by_another_plan_is_not_said_to_have_moved(desk: Installation) -> None:
    """B.3: a run moves a lead once; where the lead stands on the old version again, that is told, and how to go on."""
    [key] = await many(desk, 1)
    plan = PLAN.replace("agreed with sales", "there and back") + "select: lead.size != 'lone'\n"
    back = (
        "migrate: pumps\nfrom: 2\nto: 1\nstages: {talks: working}\nclocks: {verdict: decide}\nreason: back by a plan\n"
    )
    run, _ = await Author(desk).migrates(plan)
    await Author(desk).migrates(back)
    again, tally = await Author(desk).migrates(plan)
    assert (again.id, tally.outcomes[key].moved, tally.outcomes[key].code) == (run.id, False, "CONFLICT")
    assert f"run {run.id} has moved it already, and it is on v1 again" in tally.outcomes[key].why
    assert (await desk.snapshot(key)).version == 1

    await Author(desk).takes_back(run.id)
    anew, tally = await Author(desk).migrates(plan)
    assert anew.id != run.id
    assert tally.outcomes[key].moved
    assert (await desk.snapshot(key)).version == 2


async def test_two_authors_at_once_are_told_of_each_other(desk: Installation) -> None:
    """B.3: the second is refused with the number of the run, and nothing is half done."""
    await many(desk, 1)
    async with connection(desk.dsn) as first:
        assert await moves.alone(first, "pumps")
        with pytest.raises(
            LeadflowError, match=r"somebody else is moving leads of pumps at this moment \(run \d+, started by"
        ):
            await Author(desk).migrates(PLAN.replace("agreed with sales", "another plan"))
    run, _ = await Author(desk).migrates(PLAN.replace("agreed with sales", "another plan"))
    assert run.state is State.DONE


async def test_a_version_that_a_worker_lacks_is_told_before_anything_moves(desk: Installation) -> None:
    """B.3, C.5: whoever does not hold it is named as such; no run is begun."""
    prepared = await ready(desk)
    async with desk.pool.acquire() as conn:
        runs = len(await moves.runs(conn))
        await holdings.tell(conn, "another", [pumps()[1].digest])
    async with connection(desk.dsn) as alone:
        with pytest.raises(LeadflowError, match="1 of 2 workers do not hold v2 of pumps"):
            await migrate(desk.pool, desk.client, alone, prepared, "maria", Pace(50, 5, asyncio.Event()))
    async with desk.pool.acquire() as conn:
        await holdings.leave(conn, "another")
        assert len(await moves.runs(conn)) == runs


async def test_a_version_that_is_not_published_is_a_finding_in_the_plan(desk: Installation) -> None:
    """B.3: with its place, and those that there are."""
    with pytest.raises(DefinitionError) as refused:
        await ready(desk, PLAN.replace("to: 2", "to: 7"))
    assert str(refused.value.findings[0]) == (
        "plan.yaml:3:5: UNKNOWN_VERSION version 7 of pumps is not published. Published are: 1, 2."
    )
    with pytest.raises(DefinitionError) as refused:
        await ready(desk, PLAN.replace("migrate: pumps", "migrate: pomps"))
    assert "no process 'pomps' is published" in str(refused.value.findings[0])
