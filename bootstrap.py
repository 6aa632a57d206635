"""The composition root: puts settings, pool, Temporal client, catalog and activities together. Everything else is handed its parts."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import py_compile
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
from temporalio.client import Client
from temporalio.worker import PollerBehaviorAutoscaling, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.channels import Channels, SmtpChannel, SmtpSettings, WebhookChannel, WebhookSettings
from activities.delivery import Delivery
from activities.digests import Digests
from activities.gathering import Gathering
from activities.settling import Settling
from client.desk import Desk
from client.elsewhere import elsewhere
from client.front_door import FrontDoor
from client.merging import Merger
from client.namespace import furnish
from client.reception import Here, Reception
from client.upkeep import Upkeep
from engine.access import Caller
from engine.catalog import LIVE, Catalog
from engine.compiling.bundle import Bundle
from engine.compiling.compile import compile_published
from engine.errors import StackError
from servers import Servers as Servers
from servers import lead_link, temporal_config
from servers import servers as servers
from settings import Settings
from store import definitions, holdings, offers
from store.migrate import migrate
from store.pool import open_pool
from workflows.converter import DATA_CONVERTER
from workflows.lead import LeadWorkflow
from workflows.messages import TASK_QUEUE, deliveries_of, letters_of

GRACE = timedelta(seconds=5)
"""What a worker that is told to stop gives to what it has begun."""

PASSED_THROUGH = (
    "engine",
    "activities",
    "workflows.event_ids",
    "workflows.limits",
    "workflows.messages",
    "workflows.receipts",
    "workflows.steps",
    "workflows.story",
    "workflows.visibility",
    "workflows.converter",
    "store",
    "asyncpg",
    "transitions",
    "six",
    "yaml",
    "cel_expr_python",
    "google",
    "holidays",
    "zoneinfo",
    "jinja2",
    "markupsafe",
    "aiosmtplib",
    "httpx",
)
"""Modules that workflow code shares with the worker: reloading them for every lead would cost a megabyte each. Only
`workflows/lead.py` itself runs inside the sandbox; `tests/unit/test_purity.py` guards what is passed through."""


async def connect_temporal(address: str | None) -> Client:
    """Connect to the local stack's `address`, or else by the SDK's own configuration (profiles, TLS, API key)."""
    config = temporal_config(address)
    try:
        return await Client.connect(**config, data_converter=DATA_CONVERTER)
    except RuntimeError as error:
        raise StackError(
            f"Temporal at {config['target_host']} does not answer: {_reason(error)}",
            "Start it (`leadflow up`), or mend TEMPORAL_ADDRESS.",
        ) from None


def _reason(error: RuntimeError) -> str:
    """What the operating system said, out of what the SDK's layers made of it."""
    said = re.search(r'message: "([^"]+)"', str(error))
    return said[1].lower() if said else str(error)


@dataclass(frozen=True)
class Office:
    """What a command or an upstream system needs to work with leads."""

    pool: asyncpg.Pool
    temporal: Client
    catalog: Catalog
    front_door: FrontDoor
    desk: Desk
    merger: Merger
    link: Callable[[str], str | None]


def office_of(pool: asyncpg.Pool, temporal: Client, catalog: Catalog, link: Callable[[str], str | None]) -> Office:
    return Office(
        pool=pool,
        temporal=temporal,
        catalog=catalog,
        front_door=FrontDoor(pool, temporal, catalog),
        desk=Desk(pool, temporal, catalog),
        merger=Merger(pool, temporal, catalog),
        link=link,
    )


@contextlib.asynccontextmanager
async def open_office(settings: Settings, *, connections: int = 10) -> AsyncIterator[Office]:
    """Connect to the database, with so many connections at most, and to Temporal, with the published definitions at hand."""
    where = servers(settings)
    pool = await open_pool(where.database_url, at_most=connections)
    try:
        temporal = await connect_temporal(where.temporal_address)
        catalog = Catalog()
        await load_catalog(pool, catalog)
        yield office_of(pool, temporal, catalog, lead_link(where.ui_url, temporal.namespace))
    finally:
        await pool.close()
        # The SDK's runtime may abort the interpreter if it ends within moments of the last call.
        await asyncio.sleep(0.5)


@contextlib.asynccontextmanager
async def open_reception(settings: Settings, who: Caller | None = None) -> AsyncIterator[Reception]:
    """Where leads are sent: a leadflow elsewhere, if LEADFLOW_URL names one, or this one, as `who`."""
    if settings.url is not None:
        async with elsewhere(settings.url, settings.token) as there:
            yield there
    else:
        async with open_office(settings) as office:
            yield Here(office, who)


async def load_catalog(pool: asyncpg.Pool, catalog: Catalog) -> None:
    """Hold every published definition that is not held yet, and let new leads take what they are to take by now."""
    async with pool.acquire() as connection:
        offered = await offers.offers(connection)
        published = await definitions.all_bundles(connection, but=catalog.held)
    for _, body in published:
        catalog.add(compile_published(Bundle.from_json(body)), current=False)
    for process, offer in offered.items():
        catalog.offer(process, offer)


@contextlib.asynccontextmanager
async def build_worker(
    client: Client,
    pool: asyncpg.Pool,
    channels: Channels,
    link: Callable[[str], str],
    *,
    catalog: Catalog = LIVE,
    scale: float = 1.0,
    task_queue: str = TASK_QUEUE,
    max_cached_workflows: int = 1000,
    letters_a_minute: float | None = None,
    gathering: Gathering | None = None,
) -> AsyncIterator[None]:
    """Work while the context is open: the lead workflow with what settles its decisions, and deliveries on queues of their own,
    so that a mail server which hangs delays no assignment. What goes to leads waits for its turn, `letters_a_minute` over all
    workers together: Temporal itself keeps that pace. With `gathering` a flood of notices becomes a digest for each reader."""
    # The sandbox loads this file for every lead: from its source, where no bytecode lies beside it, that takes 15 ms each time.
    with contextlib.suppress(OSError):
        py_compile.compile(inspect.getfile(LeadWorkflow))
    settling = Settling(pool, catalog, scale)
    delivery = Delivery(pool, catalog, channels, link, gathering)
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    leads = Worker(
        client,
        task_queue=task_queue,
        workflows=[LeadWorkflow],
        activities=[settling.record, settling.catch_up, settling.score_and_assign, settling.reassign],
        workflow_runner=SandboxedWorkflowRunner(restrictions=restrictions),
        max_cached_workflows=max_cached_workflows,
        max_concurrent_workflow_tasks=100,
        max_concurrent_activities=50,
        max_concurrent_local_activities=50,
        graceful_shutdown_timeout=GRACE,
        workflow_task_poller_behavior=PollerBehaviorAutoscaling(),
        activity_task_poller_behavior=PollerBehaviorAutoscaling(),
    )
    deliveries = Worker(
        client,
        task_queue=deliveries_of(task_queue),
        activities=[delivery.deliver],
        max_concurrent_activities=20,
        graceful_shutdown_timeout=GRACE,
        activity_task_poller_behavior=PollerBehaviorAutoscaling(),
    )
    letters = Worker(
        client,
        task_queue=letters_of(task_queue),
        activities=[delivery.deliver],
        max_concurrent_activities=20,
        max_task_queue_activities_per_second=None if letters_a_minute is None else letters_a_minute / 60,
        graceful_shutdown_timeout=GRACE,
    )
    async with leads, deliveries, letters:
        if gathering is None:
            yield
            return
        stop = asyncio.Event()
        sending = asyncio.create_task(Digests(pool, catalog, channels, link, gathering).until(stop))
        try:
            yield
        finally:
            stop.set()
            await sending


def build_channels(settings: Settings, where: Servers) -> Channels:
    """Webhooks always can be called; mail needs a server."""
    mail = SmtpChannel(SmtpSettings(where.smtp_url, settings.mail_from)) if where.smtp_url else None
    webhooks = WebhookSettings(base=where.webhook_url, endpoints=settings.webhooks, secret=settings.webhook_secret)
    return Channels(mail, WebhookChannel(webhooks))


async def run_worker(settings: Settings, stop: asyncio.Event, ready: Callable[[], None] = lambda: None) -> None:
    """Run a worker until told to stop: first every live definition, then work, and new definitions as they are published."""
    where = servers(settings)
    await migrate(where.database_url)
    pool = await open_pool(where.database_url)
    try:
        temporal = await connect_temporal(where.temporal_address)
        await furnish(temporal)
        await load_catalog(pool, LIVE)
        link = lead_link(where.ui_url, temporal.namespace)
        worker = build_worker(
            temporal,
            pool,
            build_channels(settings, where),
            lambda key: link(key) or key,  # a notice names the lead at least
            scale=settings.time_scale,
            letters_a_minute=settings.mail_per_minute / settings.time_scale,  # whose minutes are shorter in a demo
            gathering=Gathering().scaled(settings.time_scale),
        )

        async def look() -> None:
            try:
                await load_catalog(pool, LIVE)
            finally:  # one that cannot take up a version says so by what it holds
                async with pool.acquire() as connection:
                    await holdings.tell(connection, temporal.identity, LIVE.held)

        async with worker, definitions.listening(where.database_url, look):
            office = (pool, temporal, LIVE)
            upkeep = Upkeep(pool, FrontDoor(*office), Desk(*office), Merger(*office))
            await upkeep.see_to()
            ready()
            await upkeep.until(stop)
        with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            async with pool.acquire() as connection:
                await holdings.leave(connection, temporal.identity)
    finally:
        await pool.close()
        await asyncio.sleep(0.5)
