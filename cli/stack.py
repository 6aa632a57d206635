"""The local stack from the command line: up, down, status, doctor, worker."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

import settings as configuration
from cli.output import AsJson, awaited, print_json, print_table, say
from cli.trouble import trouble_of
from engine.errors import StackError
from settings import ROOT, Settings, web_url

if TYPE_CHECKING:
    from temporalio.client import Client

    from stack.settings import StackSettings
    from stack.state import State

RUNNING_ON = "The servers are up; `leadflow down` stops them."
WORKERS_START_WITHIN = timedelta(seconds=60)


def stack_settings(
    settings: Settings, *, workers: int = 1, web: bool = True, environment: dict[str, str] | None = None
) -> StackSettings:
    """The local stack as this project wants it: its servers, and workers and the web server beside them."""
    from client.namespace import WANTED
    from stack.settings import Child, StackSettings

    command = (sys.executable, str(ROOT / "worker.py"))
    told = {**_own_ways(settings), **(environment or {})}
    site = (Child("web", (sys.executable, "-m", "web"), told, f"{web_url(settings)}/healthz"),) if web else ()
    names = ["worker"] if workers == 1 else [f"worker-{number}" for number in range(1, workers + 1)]
    return StackSettings(
        home=settings.home,
        database_url=settings.database_url,
        temporal_address=own_temporal_address(settings),
        temporal_port=settings.temporal_port,
        ui_port=settings.ui_port,
        search_attributes=WANTED,
        children=(*(Child(name, command, told) for name in names), *site),
        postgres_binaries=settings.pg_bin,
    )


def _own_ways(settings: Settings) -> dict[str, str]:
    """What the user has set counts for workers of the stack too, before the stack's own mail and webhook sink."""
    own = {
        "LEADFLOW_SMTP_URL": settings.smtp_url,
        "LEADFLOW_WEBHOOK_URL": settings.webhook_url,
        "LEADFLOW_TEMPORAL_UI_URL": settings.temporal_ui,
    }
    return {name: value for name, value in own.items() if value}


def own_temporal_address(settings: Settings) -> str | None:
    """The address of the user's own Temporal, as the SDK's configuration has it."""
    if not settings.own_temporal:
        return None
    from servers import temporal_config

    return temporal_config(None)["target_host"]


# --- up and down -----------------------------------------------------------------------------------------------------


def up(
    workers: Annotated[int, typer.Option(min=0, max=16, help="How many workers to run.")] = 1,
    web: Annotated[bool, typer.Option(help="Whether to run the web server.")] = True,
    as_json: AsJson = False,
) -> None:
    """Start the local stack and wait until it is ready: Temporal with its UI, PostgreSQL, mail sink, workers, web server.

    It goes on when the terminal is closed; `leadflow down` stops it. Its data lies in LEADFLOW_HOME and is kept.

    For instance: leadflow up --workers 2
    """
    from stack.detached import start_detached

    settings = configuration.load()
    tell = (lambda _step: None) if as_json else say
    state = start_detached(stack_settings(settings, workers=workers, web=web), tell)
    try:
        asyncio.run(_made_ready(settings, state, workers, tell))
        token = asyncio.run(first_token(settings))
    except KeyboardInterrupt:
        say(f"interrupted. {RUNNING_ON}", stderr=True)
        raise
    except Exception as error:
        trouble = trouble_of(error)
        if trouble is None:
            raise
        raise StackError(trouble.message, f"{trouble.remedy} {RUNNING_ON}") from error
    where = state.endpoints
    if as_json:
        ui, outbox, address = (where.ui_url, where.outbox, where.temporal_address) if where else (None, None, None)
        told = {"ui": ui, "temporal": address, "outbox": outbox, "web": web_url(settings) if web else None}
        print_json({"ready": True, **told, "home": settings.home.absolute(), "token": token})
    elif where is not None:
        say("ready")
        if web:
            say(f"  web server      {web_url(settings)}")
        if where.ui_url:
            say(f"  Temporal UI     {where.ui_url}")
        if where.outbox:
            say(f"  messages sent   {where.outbox}/index.html")
        if token:
            say(f"  admin token     {token}  (shown this once)")


async def first_token(settings: Settings) -> str | None:
    """A token for whoever has set up a stack of their own: issued when there is none yet, shown once and kept nowhere. A database
    that is shared by others gets its first one by `leadflow token issue`."""
    from cli.author import author
    from engine.access import CallerRole
    from servers import servers
    from store import credentials
    from store.pool import connection

    if settings.database_url is not None:
        return None
    async with connection(servers(settings).database_url) as conn:
        if await credentials.listed(conn, all=True):
            return None
        return (await credentials.issue(conn, "local", CallerRole.ADMIN, by=author())).token


async def _made_ready(settings: Settings, state: State, workers: int, tell: Callable[[str], None]) -> None:
    """What is ready has a database of the right shape, a namespace that knows leads, and workers that ask for work."""
    from bootstrap import connect_temporal, servers
    from client.namespace import furnish
    from store.migrate import migrate

    where = servers(settings)
    if applied := await migrate(where.database_url):
        tell(f"brought the database up to date: {', '.join(applied)}")
    client = await connect_temporal(where.temporal_address)
    if registered := await furnish(client):
        tell(f"registered search attributes: {', '.join(registered)}")
    if not workers:
        return
    tell(f"waiting for {'the worker' if workers == 1 else f'{workers} workers'}")
    await _workers_there(client, settings, state.started_at, workers)


async def _workers_there(client: Client, settings: Settings, since: datetime, wanted: int) -> None:
    """Until as many workers have asked for work since the stack began. StackError when one keeps dying."""
    from cli import inspection
    from cli.logs import last_line
    from stack.state import PartKind, read_state

    deadline = time.monotonic() + WORKERS_START_WITHIN.total_seconds()
    while len(await inspection.workers(client, since=since)) < wanted:
        state = read_state(settings.home)
        failing = [part for part in state.parts if part.kind is PartKind.CHILD and part.trouble] if state else []
        if state is None or failing or time.monotonic() > deadline:
            said = [f"{part.name} {part.trouble}: {last_line(settings.home, part.name)}" for part in failing]
            trouble = "; ".join(said) or "no worker asks for work"
            raise StackError(f"the workers do not start: {trouble}", f"Their logs are in {settings.home}/log.")
        await asyncio.sleep(0.1)


def down(as_json: AsJson = False) -> None:
    """Stop the local stack. Its data stays, and `leadflow up` goes on from there."""
    from stack.detached import stop_detached

    stopped = stop_detached(configuration.load().home)
    if as_json:
        print_json({"stopped": stopped})
    else:
        say("stopped" if stopped else "nothing was running")


# --- looking ---------------------------------------------------------------------------------------------------------


@awaited
async def status(as_json: AsJson = False) -> None:
    """What runs where, how many leads wait for what, and what is wrong. Exit status 1 when anything is."""
    from cli.health import health

    report = await health(configuration.load())
    if as_json:
        print_json(report)
    else:
        rows = [(part.name, part.state, part.where, part.detail) for part in report.parts]
        print_table(("part", "state", "where", "detail"), rows)
        for line in report.words:
            say(line)
    if not report.well:
        raise typer.Exit(1)


@awaited
async def doctor(as_json: AsJson = False) -> None:
    """What is wrong, and how to mend it: tools, ports, servers, definitions, roster, leads that do not get on."""
    from cli.checkup import examine

    findings = await examine(configuration.load())
    if as_json:
        print_json(findings)
    else:
        for finding, following in zip(findings, [*findings[1:], None], strict=True):
            say(f"{'ok     ' if finding.ok else 'TROUBLE'} {finding.what}")
            # What is mended in one way is told how once.
            if not finding.ok and (following is None or following.remedy != finding.remedy):
                say(f"        {finding.remedy}")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(1)


def worker(as_json: AsJson = False) -> None:
    """Run a worker in the foreground until it is interrupted, as `.venv/bin/python worker.py` does.

    It brings the database up to date first. Start as many as there are cores, on as many machines as you like.
    """
    import worker as entry

    entry.run((lambda: print_json({"serving": True})) if as_json else entry.announce)
