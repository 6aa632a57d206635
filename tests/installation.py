"""leadflow as it is installed, for tests: a real Temporal server whose time can be skipped, a database, a worker in this process.

Each installation has a queue of its own, so that several may use one server, one after another, without working each other's leads.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import temporalio.client
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, Interceptor, OutboundInterceptor, WorkflowHandle, WorkflowHistory
from temporalio.testing import WorkflowEnvironment

import bootstrap
from activities.channels import Channels, SmtpChannel, SmtpSettings
from activities.gathering import Gathering
from cli.on_temporal.servers import time_skipping_temporal as time_skipping_temporal
from cli.roster import read_roster
from client.desk import Desk, Sending
from client.front_door import Arrived, FrontDoor
from engine.catalog import LIVE, Catalog
from engine.clocks import next_due
from engine.compiling.bundle import Bundle, SourceText, parse
from engine.compiling.compile import compile_bundle
from engine.decision import Refusal
from engine.language.identity import IdentityTable
from engine.language.tables import CalendarTable, RosterFile
from engine.lead import Lead
from engine.process import Process
from store import definitions, journal, roster
from store.definition_files import load_process, process_files
from store.pool import Pool, open_pool
from workflows.messages import Carried, Receipt

ROOT = Path(__file__).resolve().parents[1]
PATIENCE = 20.0
"""Seconds after which what a test waits for will not come any more."""

AFTERWARDS, RUNAWAY = timedelta(seconds=20), timedelta(minutes=1)

Published = tuple[Bundle, Process]
T = TypeVar("T")
_numbers = count(1)


# --- servers ---------------------------------------------------------------------------------------------------------


class TimeRanAway(RuntimeError):
    """The experimental time skipping of the test server went on to a later timer: whatever the test finds then says nothing.
    Such a test, and no other, is run again (tests/conftest.py)."""


class _OnQueue(Interceptor):
    """Leads started by this client are worked on another queue than the usual one."""

    def __init__(self, queue: str, task_timeout: timedelta | None) -> None:
        self._queue = queue
        self._task_timeout = task_timeout

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        queue, task_timeout = self._queue, self._task_timeout

        class Outbound(OutboundInterceptor):
            async def start_workflow(self, input: temporalio.client.StartWorkflowInput) -> WorkflowHandle[Any, Any]:
                input.task_queue = queue
                input.task_timeout = task_timeout
                return await super().start_workflow(input)

            async def start_update_with_start_workflow(
                self, input: temporalio.client.StartWorkflowUpdateWithStartInput
            ) -> temporalio.client.WorkflowUpdateHandle[Any]:
                input.start_workflow_input.task_queue = queue
                input.start_workflow_input.task_timeout = task_timeout
                return await super().start_update_with_start_workflow(input)

        return Outbound(next)


def on_queue(client: Client, queue: str, task_timeout: timedelta | None = None) -> Client:
    """`task_timeout` is how long a worker that fails or dies keeps others waiting; ten seconds if left out."""
    config = client.config()
    config["interceptors"] = [*config["interceptors"], _OnQueue(queue, task_timeout)]
    return Client(**config)


# --- definitions and people ------------------------------------------------------------------------------------------


@functools.cache
def shipped() -> tuple[Published, ...]:
    """Every process of definitions/, in its newest version."""
    return tuple(load_process(file) for file in process_files(ROOT / "definitions"))


@functools.cache
def shipped_around_the_clock() -> tuple[Published, ...]:
    """The same with offices that never close: a working day is 24 hours, whatever day and hour the tests run at. Nor is anybody
    compared with anybody (tests/workflow/test_one_lead_per_person.py does): each lead of a test is a lead, whatever it says."""
    bundles = (
        Bundle(
            _comparing_nobody(made.process),
            tuple(_never_closed(table) for table in made.tables if not _is_identity(table)),
        )
        for made, _ in shipped()
    )
    return tuple((bundle, compile_bundle(bundle)) for bundle in bundles)


def _comparing_nobody(process: SourceText) -> SourceText:
    return SourceText(process.name, re.sub(r",\s*identity: \w+(?=})", "", process.text))


def _is_identity(table: SourceText) -> bool:
    return isinstance(parse(table).model, IdentityTable)


def _never_closed(table: SourceText) -> SourceText:
    model = parse(table).model
    if not isinstance(model, CalendarTable):
        return table
    always = {"zone": "UTC", "hours": {"mon-sun": "00:00-24:00"}}
    open_always = {"calendars": model.calendars, "default": model.default, "of": dict.fromkeys(model.of, always)}
    return SourceText(table.name, json.dumps(open_always))


def shipped_roster() -> RosterFile:
    return read_roster(ROOT / "definitions" / "rosters" / "sample.yaml")


@functools.cache
def written(process: str, *tables: str) -> Published:
    """A process with its tables, as an author would write them."""
    sources = [SourceText(f"{text.split(':')[0].strip()}.yaml", text) for text in tables]
    bundle = Bundle(SourceText("process.yaml", process), tuple(sources))
    return bundle, compile_bundle(bundle)


def people(text: str) -> RosterFile:
    model = parse(SourceText("roster.yaml", text)).model
    assert isinstance(model, RosterFile)
    return model


# --- the installation ------------------------------------------------------------------------------------------------


class Mailbox(SmtpChannel):
    """A mail server that takes everything at once: for tests that are not about delivery."""

    def __init__(self) -> None:
        super().__init__(SmtpSettings("smtp://localhost", "leads@desk.example"))
        self.keys: list[str] = []

    async def send(self, key: str, to: str, subject: str, text: str) -> None:
        self.keys.append(key)


@dataclass
class Installation:
    """One installation: what an upstream system and a seller use, and what tests look into."""

    environment: WorkflowEnvironment
    client: Client
    dsn: str
    pool: Pool
    catalog: Catalog
    queue: str
    mailbox: Mailbox = field(default_factory=Mailbox)

    @property
    def door(self) -> FrontDoor:
        return FrontDoor(self.pool, self.client, self.catalog)

    @property
    def desk(self) -> Desk:
        return Desk(self.pool, self.client, self.catalog)

    @property
    def office(self) -> bootstrap.Office:
        """As the web server and commands have it."""
        return bootstrap.office_of(self.pool, self.client, self.catalog, lambda key: f"http://ui.example/{key}")

    def worker(
        self,
        channels: Channels | None = None,
        *,
        pool: Pool | None = None,
        cached: int = 1000,
        letters_a_minute: float | None = None,
        gathering: Gathering | None = None,
    ) -> contextlib.AbstractAsyncContextManager[None]:
        return bootstrap.build_worker(
            self.client,
            pool or self.pool,
            channels or Channels(self.mailbox),
            lambda key: f"http://ui.example/{key}",
            task_queue=self.queue,
            max_cached_workflows=cached,
            letters_a_minute=letters_a_minute,
            gathering=gathering,
        )

    # What upstream systems and people do.

    async def arrive(self, id: str | None = None, **fields: Any) -> Arrived:
        return await self.door.arrive({"id": id or f"n{next(_numbers)}", **fields}, source_system="test")

    async def new(self, id: str | None = None, **fields: Any) -> str:
        """The key of a lead that has just arrived and been answered."""
        arrived = await self.arrive(id, **fields)
        assert arrived.created and arrived.receipt is not None, arrived
        return arrived.key

    async def send(self, key: str, event: str, by: str | None = None, **more: Any) -> Receipt | Refusal:
        """Send an event; by the lead's owner unless somebody is named."""
        by = by or (await self.snapshot(key)).owner
        assert by is not None, f"{key} has no owner"
        return await self.desk.send(key, Sending(event, by, **more))

    async def done(self, key: str, event: str, by: str | None = None, **more: Any) -> Receipt:
        answer = await self.send(key, event, by, **more)
        assert isinstance(answer, Receipt), answer
        return answer

    async def refused(self, key: str, event: str, by: str | None = None, **more: Any) -> Refusal:
        answer = await self.send(key, event, by, **more)
        assert isinstance(answer, Refusal), answer
        return answer

    # Time.

    async def now(self, key: str) -> datetime:
        """What the lead takes for the present time."""
        return await self.environment.get_current_time(self.handle(key))

    async def forward(self, key: str, by: timedelta) -> None:
        """From one thing that falls due to the next, and past each: a timer that fires just before the moment that the test server
        was sent to makes it go on to the next timer. Raises TimeRanAway where it does all the same."""
        target = await self.now(key) + by
        while True:
            due = next_due((await self.state(key)).lead)
            stop = target if due is None or due.at > target else due.at + AFTERWARDS
            began, now = time.monotonic(), await self.now(key)
            if stop > now:
                await self.environment.fast_forward(self.handle(key), stop - now)
            await self.idle(key)
            late = await self.now(key) - max(stop, now) - timedelta(seconds=time.monotonic() - began)
            if late > RUNAWAY:
                raise TimeRanAway(f"{key} is {late} further than it was sent")
            if stop >= target:
                return

    async def forward_to(self, key: str, at: datetime, past: timedelta = timedelta(seconds=1)) -> None:
        """Send the lead to a moment, and a little `past` it."""
        await self.forward(key, at + past - await self.now(key))

    async def idle(self, key: str) -> Carried:
        """Until nothing is under way: whatever was due is worked off, what follows from it too, and every notice is out."""

        async def quiet() -> Carried | None:
            described = (await self.handle(key).describe()).raw_description
            if described.pending_activities or described.HasField("pending_workflow_task"):
                return None
            carried = await self.state(key)
            now = await self.now(key)
            due = next_due(carried.lead)
            return carried if not carried.outgoing and (due is None or due.at > now) else None

        return await eventually(quiet)

    # What can be looked into.

    def handle(self, key: str) -> WorkflowHandle[Any, Any]:
        return self.client.get_workflow_handle(key)

    async def state(self, key: str) -> Carried:
        carried: Carried = await self.handle(key).query("state", result_type=Carried)
        return carried

    async def lead(self, key: str) -> Lead:
        """The lead as its workflow has it."""
        return (await self.state(key)).lead

    async def snapshot(self, key: str) -> Lead:
        """The lead as the database has it."""
        async with self.pool.acquire() as connection:
            found = await journal.snapshot(connection, key)
        assert found is not None
        return found

    async def rows(self, sql: str, *arguments: Any) -> list[dict[str, Any]]:
        return [dict(row) for row in await self.pool.fetch(sql, *arguments)]

    async def column(self, sql: str, *arguments: Any) -> list[Any]:
        """The first column."""
        return [row[0] for row in await self.pool.fetch(sql, *arguments)]

    async def happenings(self, key: str) -> list[str]:
        return await self.column("select happening from event where lead = $1 order by seq", key)

    async def notices(self, key: str) -> list[tuple[str, str | None]]:
        """Template and recipient of every notice that has arrived, in the order of decision."""
        sql = "select template, name from notification where lead = $1 and status = 'sent' order by at, key"
        return [(row["template"], row["name"]) for row in await self.rows(sql, key)]

    async def runs(self, key: str) -> list[WorkflowHistory]:
        """The histories of all runs, the first one first."""
        found = [run async for run in self.client.list_workflows(f'WorkflowId="{key}"')]
        found.sort(key=lambda run: run.start_time)
        return [await self.client.get_workflow_handle(key, run_id=run.run_id).fetch_history() for run in found]

    async def history(self, key: str) -> WorkflowHistory:
        """The history of the latest run."""
        return await self.handle(key).fetch_history()

    async def settled(self, key: str) -> None:
        """Workflow and database tell the same of the lead, once nothing is under way."""
        carried = await self.idle(key)
        assert carried.lead == await self.snapshot(key)


@contextlib.asynccontextmanager
async def installation(
    environment: WorkflowEnvironment, dsn: str, processes: Iterable[Published], rosters: Sequence[RosterFile]
) -> AsyncIterator[Installation]:
    """Published definitions, a loaded roster, and a way in; work begins with `Installation.worker`."""
    catalog = Catalog()
    queue = f"leads-{next(_numbers)}"
    async with await open_pool(dsn, at_most=20) as pool:
        async with pool.acquire() as connection:
            for bundle, process in processes:
                await definitions.publish(connection, bundle, process, "test", "")
                catalog.add(process)
                LIVE.add(process)
            for file in rosters:
                await roster.load(connection, file, "test")
        yield Installation(environment, on_queue(environment.client, queue), dsn, pool, catalog, queue)


# --- waiting and reading ---------------------------------------------------------------------------------------------


async def eventually(check: Callable[[], Awaitable[T | None]], patience: float = PATIENCE) -> T:
    """What `check` gives as soon as that is something; a test fails where it never is."""
    deadline = time.monotonic() + patience
    while True:
        found = await check()
        if found:
            return found
        assert time.monotonic() < deadline, f"it did not come about within {patience:g} s"
        await asyncio.sleep(0.02)


def kinds(history: WorkflowHistory) -> list[str]:
    """The events of a history by name: WORKFLOW_EXECUTION_STARTED, TIMER_STARTED, ..."""
    return [EventType.Name(event.event_type).removeprefix("EVENT_TYPE_") for event in history.events]


def updates(history: WorkflowHistory) -> list[str]:
    """The names of the updates that were accepted."""
    return [
        accepted(event)
        for event in history.events
        if event.HasField("workflow_execution_update_accepted_event_attributes")
    ]


def accepted(event: HistoryEvent) -> str:
    return event.workflow_execution_update_accepted_event_attributes.accepted_request.input.name
