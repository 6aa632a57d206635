"""`leadflow demo`: everything in one command. Starts the stack, publishes the shipped definitions, imports a sample of leads,
lets a cast of sellers act on accelerated clocks, and says what has happened and where to look."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import signal
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

import settings as configuration
from cli.output import awaited, console, print_table, say
from cli.stack import stack_settings
from engine.errors import AccessError
from settings import web_url

if TYPE_CHECKING:
    from bootstrap import Office
    from client.importing import Tally
    from settings import Settings
    from stack.state import Endpoints
    from store.summary import Counts

DAY = timedelta(seconds=12)
"""How long a day takes in the demo. Nothing else is different from real time."""

ACT_FOR = 70.0
"""Seconds that the cast goes on acting after the import, before the summary: a working week of the demo."""


@awaited
async def demo(
    once: Annotated[bool, typer.Option("--once", help="Print the summary, stop everything and exit.")] = False,
    seconds: Annotated[
        float, typer.Option(min=5, max=3600, help="How long the cast acts before the summary.")
    ] = ACT_FOR,
) -> None:
    """Show it all: real servers, sample leads, a cast of sellers on clocks where a day takes twelve seconds."""
    from stack.supervisor import LocalStack

    settings = configuration.load()
    scale = DAY / timedelta(days=1)
    settings = dataclasses.replace(settings, time_scale=scale)
    stack = stack_settings(settings, environment={"LEADFLOW_TIME_SCALE": str(scale)})
    began = time.monotonic()
    interrupted = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupted.set)
    async with LocalStack(stack, lambda step: say(f"· {step}")) as endpoints:
        await _run(settings, endpoints, interrupted, began, once=once, seconds=seconds)
        say("stopping")
    say("stopped; the data is kept. The next start goes on from here.")


async def _run(
    settings: Settings, endpoints: Endpoints, interrupted: asyncio.Event, began: float, *, once: bool, seconds: float
) -> None:
    from bootstrap import open_office
    from cli.cast import Cast

    await _prepare(settings)
    async with open_office(settings) as office:
        say(f"· ready after {time.monotonic() - began:.1f} s")
        say(f"· web server {web_url(settings)}, admin token for today {await _token(office)}")
        cast = Cast(office.pool, office.desk, office.catalog, day=DAY)
        playing = asyncio.create_task(cast.play(interrupted.is_set))  # sellers do not wait for an import to end
        tally = await _import(settings, office)
        await _watch(playing, interrupted, time.monotonic() + seconds)
        if not interrupted.is_set():
            await _summarise(settings, office, endpoints, tally, cast.acted.events)
            if not once:
                say("\nThe cast goes on. Ctrl-C stops everything.")
                await interrupted.wait()
        interrupted.set()
        with contextlib.suppress(Exception):
            await asyncio.wait_for(playing, 10)


async def _prepare(settings: Settings) -> None:
    """Migrations, definitions and roster: once, and a glance when all is there."""
    from bootstrap import servers
    from cli.roster import read_roster
    from cli.sources import read_sources
    from store import definitions, roster, sources
    from store.definition_files import load_process, process_files
    from store.migrate import migrate
    from store.pool import open_pool

    url = servers(settings).database_url
    say("· bringing the database up to date")
    await migrate(url)
    say("· publishing the shipped definitions, loading the sample roster")
    pool = await open_pool(url)
    try:
        async with pool.acquire() as connection, connection.transaction():
            for file in process_files(settings.definitions):
                bundle, process = load_process(file)
                await definitions.publish(connection, bundle, process, "demo", "shipped with leadflow")
            await roster.load(connection, read_roster(settings.definitions / "rosters" / "sample.yaml"), "demo")
            await sources.load(connection, read_sources(settings.definitions / "tables" / "sources.yaml"), "demo")
    finally:
        await pool.close()


async def _token(office: Office) -> str:
    """A new one at each start: it is shown once and kept nowhere."""
    from engine.access import CallerRole
    from store import credentials

    async with office.pool.acquire() as connection, connection.transaction():
        with contextlib.suppress(AccessError):  # none from the last start
            await credentials.revoke(connection, "demo", by="demo")
        issued = await credentials.issue(connection, "demo", CallerRole.ADMIN, by="demo", lasts=timedelta(days=1))
    return issued.token


async def _import(settings: Settings, office: Office) -> Tally:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from client.importing import import_rows, rows_of

    rows = list(rows_of(settings.definitions / "samples" / "leads.ndjson"))
    with Progress(
        TextColumn("· {task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console(stderr=True),
    ) as bar:
        task = bar.add_task("importing sample leads", total=len(rows))
        return await import_rows(
            office.front_door,
            iter(rows),
            source_system="demo",
            at_once=12,
            progress=lambda tally: bar.update(task, completed=tally.rows),
        )


async def _watch(playing: asyncio.Task[object], interrupted: asyncio.Event, ends: float) -> None:
    """A bar while the cast acts: long steps show that they go on."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    total = max(ends - time.monotonic(), 1.0)
    with Progress(
        TextColumn("· {task.description}"), BarColumn(), TimeRemainingColumn(), console=console(stderr=True)
    ) as bar:
        task = bar.add_task(f"sellers act; a day takes {DAY.total_seconds():.0f} s", total=total)
        while (left := ends - time.monotonic()) > 0 and not interrupted.is_set() and not playing.done():
            bar.update(task, completed=total - left)
            await asyncio.sleep(0.5)
        bar.update(task, completed=total)
    if playing.done() and playing.exception() is not None:
        playing.result()


async def _summarise(settings: Settings, office: Office, endpoints: Endpoints, tally: Tally, events: int) -> None:
    from store import summary

    async with office.pool.acquire() as connection:
        counts = await summary.counts(connection)
    say("")
    print_table(
        ("stage", "process", "leads", "overdue"),
        [(stage.title or stage.stage, stage.process, stage.leads, stage.overdue or "") for stage in counts.stages],
        title="Leads per stage",
    )
    say("")
    print_table(
        ("owner", "open", "overdue", "won", "lost"),
        [(owner.owner, owner.open, owner.overdue or "", owner.won or "", owner.lost or "") for owner in counts.owners],
        title="Leads per owner",
    )
    say("")
    print_table(("what", "leads"), _happened(counts, tally, events), title="What has happened")
    if tally.refused:
        say("")
        print_table(
            ("line", "id", "reason"),
            [(row.line, row.id, row.reason) for row in sorted(tally.refused, key=lambda row: row.line)],
            title="Rows refused",
        )
    _links(settings, endpoints)


def _happened(counts: Counts, tally: Tally, events: int) -> list[tuple[str, int]]:
    totals = counts.totals
    return [
        ("arrived", totals.leads),
        ("scored", totals.scored),
        ("assigned", totals.assigned),
        ("reassigned after silence", totals.reassigned),
        ("missed a deadline", totals.breached),
        ("escalated", totals.escalated),
        ("sent to the exception owner", totals.sent_to_exception_owner),
        ("in a queue now", totals.queued),
        ("won", totals.won),
        ("lost", totals.lost),
        ("out of scope, kept apart", totals.out_of_scope),
        ("incomplete, kept", totals.incomplete),
        ("duplicates recognised", tally.known),
        ("touches of known leads", totals.repeated_touches),
        ("rows refused", len(tally.refused)),
        ("notices delivered", totals.notices_sent),
        ("events by the cast", events),
    ]


def _links(settings: Settings, endpoints: Endpoints) -> None:
    from cli import start_page

    ui = settings.temporal_ui or endpoints.ui_url
    say("\nWhere to look")
    if ui is not None:
        for title, query in start_page.QUESTIONS[:4]:
            say(f"  {title:<28}{start_page.link(ui, query)}")
        say(f"  {'More questions, columns':<28}{start_page.write(settings.home, ui, endpoints.outbox).as_uri()}")
    say(f"  {'Ways in, for tools':<28}{web_url(settings)}/openapi.json")
    say(f"  {'Messages that were sent':<28}{endpoints.outbox}/index.html")
    say(
        "  One lead's story: open it in the Temporal UI, tab User Metadata; or .venv/bin/leadflow lead list, lead show KEY"
    )
