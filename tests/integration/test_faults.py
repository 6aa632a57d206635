"""What breaks while leads run: workers, the database, the mail server, answers. Nothing lost, nothing doubled, nothing half (C.1)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import temporalio.client
import temporalio.worker
from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput

from activities.channels import Channels, SmtpChannel, SmtpSettings
from client.merging import Merger
from engine.errors import StackError
from stack.postgres import PostgresServer
from store.merges import Merge
from store.migrate import migrate
from tests.installation import ROOT, Installation, eventually, installation, on_queue
from tests.integration.post import MailServer
from tests.workflow.processes import pumps, staff
from workflows.messages import TASK_QUEUE, EventArgs, Receipt

SELLERS = ("ann", "ben", "cleo", "dan", "eva")
LEADS = 200
AT_ONCE = 20


@pytest_asyncio.fixture(scope="module")
async def idle_desk(temporal: WorkflowEnvironment, database: str) -> AsyncIterator[Installation]:
    """Nobody works here unless a test says who."""
    async with installation(temporal, database, [pumps()], [staff()]) as made:
        yield made


@pytest_asyncio.fixture
async def mail() -> AsyncIterator[MailServer]:
    server = MailServer()
    await server.start()
    yield server
    await server.stop()


def by_mail(server: MailServer) -> Channels:
    return Channels(SmtpChannel(SmtpSettings(server.url, "Sales <sales@desk.example>", timeout=2.0)))


def elsewhere(desk: Installation, queue: str) -> Installation:
    """The same installation with a queue of its own."""
    return replace(desk, queue=queue, client=on_queue(desk.environment.client, queue))


async def doubled(desk: Installation) -> list[Any]:
    """Decisions, assignments and notices that are there more than once, of all leads."""
    return [
        *await desk.rows("select lead, seq from event group by lead, seq having count(*) > 1"),
        *await desk.rows("select lead, seq from assignment group by lead, seq having count(*) > 1"),
        *await desk.rows(
            "select lead, template, name from notification group by lead, template, name having count(*) > 1"
        ),
        *await desk.rows("select lead, meant_for, title from task group by lead, meant_for, title having count(*) > 1"),
    ]


# --- workers ---------------------------------------------------------------------------------------------------------


class WorkerProcess:
    """`python worker.py`, as an operator runs it."""

    def __init__(self, desk: Installation, mail: MailServer, home: Path) -> None:
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("TEMPORAL_", "LEADFLOW_"))},
            "DATABASE_URL": desk.dsn,
            "TEMPORAL_ADDRESS": desk.client.service_client.config.target_host,
            "LEADFLOW_SMTP_URL": mail.url,
            "LEADFLOW_HOME": str(home),
        }
        self._process: asyncio.subprocess.Process | None = None
        self._log = home.with_suffix(".log")

    @property
    def said(self) -> str:
        return self._log.read_text(encoding="utf-8")

    async def start(self) -> None:
        """Started; it serves leads a few seconds later."""
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "worker.py"),
            cwd=ROOT,
            env=self._environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=self._log.open("wb"),
        )

    async def serves(self) -> None:
        assert self._process is not None
        assert self._process.stdout is not None
        assert await self._process.stdout.readline() == b"worker: serving leads\n"

    async def kill(self, with_signal: signal.Signals = signal.SIGKILL) -> int:
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(with_signal)
        return await self._process.wait()


async def test_leads_reach_their_end_though_their_worker_is_killed_amid_them(
    idle_desk: Installation, mail: MailServer, tmp_path: Path
) -> None:
    """C.1: 200 leads under way, kill -9, another worker: all end where they would have, each with one owner and one notice."""
    desk = elsewhere(idle_desk, TASK_QUEUE)
    first, second = (WorkerProcess(desk, mail, tmp_path / name) for name in ("first", "second"))
    await first.start()
    await first.serves()
    limit = asyncio.Semaphore(AT_ONCE)

    async def life(number: int) -> Receipt:
        async with limit:
            arrived = await desk.arrive(f"killed-{number}", kind="pumps", size="normal")
            assert arrived.receipt is not None
            return await desk.done(arrived.key, "accept", arrived.receipt.owner, id=f"{number}:accept")

    lives = asyncio.gather(*(life(number) for number in range(LEADS)))
    try:

        async def amid() -> bool:
            return bool((await desk.column("select count(*) from event"))[0] > LEADS)

        await eventually(amid, patience=60)
        assert await first.kill() == -signal.SIGKILL
        await second.start()
        answers = await asyncio.wait_for(lives, 120)
        assert Counter((one.stage, one.cycle, one.seq) for one in answers) == {("working", 1, 2): LEADS}
        journal = await desk.rows("select happening, count(*) as many from event group by happening")
        assert {one["happening"]: one["many"] for one in journal} == {"arrived": LEADS, "accept": LEADS}
        assert await doubled(desk) == []
        owners = await desk.rows("select l.key, l.owner, a.person from lead l join assignment a on a.lead = l.key")
        assert len(owners) == LEADS
        assert all(one["owner"] == one["person"] for one in owners)
        assert {one.owner for one in answers} == set(SELLERS)
        # A notice that was with the dead worker is tried again after a minute: until then it is on its way.
        # And many at once for one person go in one mail after a while (S4.7).
        told = "select lead from notification where status in ('sent', 'gathered')"
        untold = {one.lead for one in answers} - set(await desk.column(told))
        on_their_way = {key for key in untold if (await desk.state(key)).outgoing}
        assert untold - on_their_way <= set(await desk.column(told))
        assert len(on_their_way) <= AT_ONCE
        # A mail whose worker died before it could note it goes out again under the same key, which receivers drop.
        assert len(mail.ids) <= len(set(mail.ids)) + AT_ONCE
        for answer in answers[:: LEADS // 10]:
            assert await desk.lead(answer.lead) == await desk.snapshot(answer.lead)
    finally:
        lives.cancel()
        await first.kill()
        assert await second.kill(signal.SIGTERM) == 0, second.said


async def test_merges_come_to_their_end_though_the_worker_is_killed_amid_them(
    idle_desk: Installation, mail: MailServer, tmp_path: Path
) -> None:
    """S0.13, C.1: 20 merges under way, kill -9, another worker: each has ended one lead and was taken in by the other, once."""
    desk = elsewhere(idle_desk, TASK_QUEUE)
    first, second = (WorkerProcess(desk, mail, tmp_path / name) for name in ("merging", "merged"))
    await first.start()
    await first.serves()
    merger = Merger(desk.pool, desk.client, desk.catalog)
    pairs = [
        (
            await desk.new(kind="pumps", size="normal"),
            await desk.new(kind="pumps", size="normal", expected_on="2031-05-01"),
        )
        for _ in range(20)
    ]
    merges = asyncio.gather(
        *(merger.merge(ends, stays, "maria", "the same inquiry") for stays, ends in pairs), return_exceptions=True
    )
    try:

        async def amid() -> bool:
            return bool((await desk.column("select count(*) from event where happening = 'merged'"))[0] > 5)

        await eventually(amid, patience=60)
        assert await first.kill() == -signal.SIGKILL
        await second.start()
        for answer in await asyncio.wait_for(merges, 120):
            assert isinstance(answer, Merge | StackError), answer

        async def over() -> bool:
            await merger.go_on()
            return await desk.column("select count(*) from lead_merge where done_at is not null") == [20]

        await eventually(over, patience=60)
        for stays, ends in pairs:
            assert (await desk.happenings(ends)).count("merged") == 1
            assert (await desk.happenings(stays)).count("took_in") == 1
            assert (await desk.snapshot(stays)).fields["expected_on"] == "2031-05-01"
        told = """
            select state, merged_into = any ($1) as survives, count(*) as many
            from lead where key = any ($1 || $2) group by 1, 2 order by 1
        """
        assert await desk.rows(told, [stays for stays, _ in pairs], [ends for _, ends in pairs]) == [
            {"state": "merged", "survives": True, "many": 20},
            {"state": "running", "survives": None, "many": 20},
        ]
        assert await doubled(desk) == []
    finally:
        merges.cancel()
        await first.kill()
        assert await second.kill(signal.SIGTERM) == 0, second.said


# --- the database ----------------------------------------------------------------------------------------------------


async def test_a_database_that_is_away_is_waited_for_and_nothing_is_lost(
    temporal: WorkflowEnvironment, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """C.1: events come while PostgreSQL is down: visible as pending with the reason, and worked off when it is back."""
    server = PostgresServer(tmp_path_factory.mktemp("postgres"))
    dsn = await server.start()
    try:
        await migrate(dsn)
        async with installation(temporal, dsn, [pumps()], [staff()]) as desk, desk.worker():
            keys = [await desk.new(kind="pumps", size="normal") for _ in range(5)]
            owners = {key: (await desk.idle(key)).lead.owner for key in keys}
            await server.stop()
            waiting = [asyncio.create_task(accept(desk, key, owners[key])) for key in keys]
            with pytest.raises(OSError):
                await desk.arrive("while-away", kind="pumps", size="normal")
            pending = await eventually(lambda: pending_record(desk, keys[0]))
            assert pending.last_failure.message == "the database does not answer; trying again"
            assert pending.attempt > 1
            assert not any(task.done() for task in waiting)
            assert {(await desk.lead(key)).stage for key in keys} == {"fresh"}

            await server.start()
            answers = await asyncio.gather(*waiting)
            assert {(one.stage, one.seq) for one in answers} == {("working", 2)}
            for key in keys:
                await desk.settled(key)
                assert await desk.happenings(key) == ["arrived", "accept"]
            assert await doubled(desk) == []
            arrived = await desk.arrive("while-away", kind="pumps", size="normal")
            assert arrived.created, "what was refused to its sender left nothing behind"
    finally:
        await server.stop()


async def accept(desk: Installation, key: str, owner: str | None) -> Receipt:
    """Straight to the workflow: whoever sends it needs no database."""
    args = EventArgs(id=f"{key}:accept", by=owner)
    answer: Receipt = await desk.handle(key).execute_update("accept", args, id=args.id, result_type=Receipt)
    return answer


async def pending_record(desk: Installation, key: str) -> Any:
    """What the Temporal UI shows as pending of a lead, once it has failed more than once."""
    described = (await desk.handle(key).describe()).raw_description
    found = [one for one in described.pending_activities if one.activity_type.name == "record" and one.attempt > 1]
    return found[0] if found else None


# --- the mail server -------------------------------------------------------------------------------------------------


async def test_while_the_mail_server_is_down_notices_wait_in_sight_and_arrive_once(
    idle_desk: Installation, mail: MailServer
) -> None:
    """S4.7: the lead goes on meanwhile; its page names what is still to be delivered, and why it is not."""
    desk = elsewhere(idle_desk, "mail-server-down")
    await mail.stop()
    async with desk.worker(by_mail(mail)):
        key = await desk.new(kind="pumps", size="normal")
        owner = (await desk.lead(key)).owner

        async def failed() -> str:
            described = (await desk.handle(key).describe()).raw_description
            return str(described.pending_activities[0].last_failure.message) if described.pending_activities else ""

        assert await eventually(failed) == "the mail server does not answer (connection refused); trying again"
        details = await desk.handle(key).query("__temporal_workflow_metadata")
        assert f"still to be delivered: Tell {owner}: new lead" in details.current_details
        [notice] = await desk.rows("select status, attempts from notification where lead = $1", key)
        assert notice["status"] == "planned"
        assert notice["attempts"][0]["outcome"] == "failed"
        assert (await desk.done(key, "accept")).stage == "working"

        await mail.start()
        await desk.idle(key)
        assert await desk.notices(key) == [("new_lead", owner)]
        assert len(mail.mails) == 1


# --- answers that are lost -------------------------------------------------------------------------------------------


class LosesAnswers(temporalio.client.Interceptor, temporalio.worker.Interceptor):
    """Every activity does its work, and the answer of its first attempt is lost on the way."""

    def __init__(self) -> None:
        self.lost: Counter[str] = Counter()

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        lost = self.lost

        class Inbound(ActivityInboundInterceptor):
            async def execute_activity(self, input: ExecuteActivityInput) -> Any:
                answer = await super().execute_activity(input)
                info = activity.info()
                if info.attempt == 1:
                    lost[info.activity_type] += 1
                    raise ApplicationError("the answer was lost")
                return answer

        return Inbound(next)


async def test_a_retried_activity_never_assigns_counts_or_tells_twice(
    idle_desk: Installation, mail: MailServer
) -> None:
    """C.2, S4.7, S0.16: every single answer is lost once: scoring and assigning, recording, reassigning, delivering."""
    loses = LosesAnswers()
    config = idle_desk.environment.client.config()
    config["interceptors"] = [*config["interceptors"], loses]
    queue = "answers-are-lost"
    desk = replace(idle_desk, queue=queue, client=on_queue(Client(**config), queue))
    before = await desk.column("select count(*) from assignment")
    async with desk.worker(by_mail(mail)):
        key = await desk.new(kind="pumps", size="normal")
        first = (await desk.idle(key)).lead
        due = first.clocks["follow_up"].due_at
        assert due is not None
        await desk.forward_to(key, due)
        second = (await desk.idle(key)).lead
        assert second.hops == 1
        assert second.owner not in (None, first.owner)
        await desk.done(key, "accept")
        await desk.done(key, "hold", note="Later.")
        await desk.settled(key)
    assert set(loses.lost) == {"score_and_assign", "reassign", "record", "deliver"}
    assert await desk.happenings(key) == ["arrived", "overdue:follow_up", "accept", "hold"]
    assert await desk.column("select person from assignment where lead = $1 order by id", key) == [
        first.owner,
        second.owner,
    ]
    assert (await desk.column("select count(*) from assignment"))[0] == before[0] + 2
    assert sorted(await desk.notices(key), key=str) == sorted(
        [("new_lead", first.owner), ("taken_away", first.owner), ("new_lead", second.owner)], key=str
    )
    assert len(mail.ids) == len(set(mail.ids)) == 3
    assert await desk.column("select count(*) from note where lead = $1", key) == [1]
    assert await doubled(desk) == []


# --- many at once ----------------------------------------------------------------------------------------------------


async def test_a_hundred_leads_at_once_are_shared_equally_by_five_sellers(
    temporal: WorkflowEnvironment, new_database: Any
) -> None:
    """S4.5, S0.16: a hundred in the same moment over five equal sellers: twenty each, however they race."""
    async with installation(temporal, await new_database(), [pumps()], [staff()]) as desk, desk.worker():
        arrived = await asyncio.gather(*(desk.arrive(kind="pumps", size="normal") for _ in range(100)))
        owners = Counter(one.receipt.owner for one in arrived if one.receipt is not None)
        assert owners == dict.fromkeys(SELLERS, 20)
        assert await doubled(desk) == []
        assert await desk.column("select count(distinct lead) from assignment") == [100]
