"""`leadflow doctor`: everything that leads need, checked one by one, each with a way to mend it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cli import checks, drift
from cli.checks import Check
from cli.health_words import count, some, start_a_worker, stuck_in_words, troubles_in
from cli.mail import ask_mail_server
from cli.trouble import trouble_of
from engine.errors import StackError
from servers import Servers, servers
from settings import Settings
from stack.state import read_state
from store import health, migrate
from store.health import NOTICED_WITHIN
from store.pool import Connection, connection

if TYPE_CHECKING:
    from temporalio.client import Client


async def examine(settings: Settings) -> list[Check]:
    """Every check that can be made; what a missing server would have answered is left out."""
    found = checks.of_machine(settings, read_state(settings.home))
    try:
        where = servers(settings)
    except StackError as error:
        return [*found, Check(False, error.message, error.remedy)]
    found += await _as_far_as_they_get("the database", _database(settings, where))
    found += await _as_far_as_they_get("Temporal", _temporal(settings, where))
    return [*found, await _mail(where)]


async def _as_far_as_they_get(what: str, checks: AsyncIterator[Check]) -> list[Check]:
    """A server that goes away under way is a finding too, beside those made before."""
    found = []
    try:
        async for check in checks:
            found.append(check)  # noqa: PERF401  a comprehension would lose them with the error
    except Exception as error:
        trouble = trouble_of(error)
        if trouble is None:
            raise
        found.append(Check(False, f"{what}: {trouble.message}", trouble.remedy))
    return found


# --- the database ----------------------------------------------------------------------------------------------------


async def _database(settings: Settings, where: Servers) -> AsyncIterator[Check]:
    if missing := await migrate.pending(where.database_url):
        what = f"the database is not up to date: it lacks {count(len(missing), 'migration')}, {some(missing)}"
        yield Check(False, what, "Run `leadflow up` or a worker: each brings it up to date when it starts.")
        return
    now = datetime.now(UTC)
    async with connection(where.database_url) as conn:
        yield Check(True, "the database answers and is up to date")
        for words in troubles_in(await health.figures(conn, now - NOTICED_WITHIN), now):
            yield Check(False, words, "Start a worker, `leadflow worker`; if one is at work, its log says more.")
        for check in await drift.of_definitions(conn, settings.definitions):
            yield check
        for check in await drift.of_people(conn):
            yield check
        for check in await drift.of_endpoints(conn, settings.webhooks):
            yield check


# --- Temporal --------------------------------------------------------------------------------------------------------


async def _temporal(settings: Settings, where: Servers) -> AsyncIterator[Check]:
    from bootstrap import connect_temporal
    from cli import inspection
    from client.namespace import WANTED, unfit

    client = await connect_temporal(where.temporal_address)
    yield Check(True, "Temporal answers")
    if where.ui_url is None:
        yield Check(True, "no address of the Temporal UI is known (LEADFLOW_TEMPORAL_UI_URL), so leads have no links")
    if trouble := await unfit(client):
        yield Check(False, trouble.message, trouble.remedy)
    else:
        yield Check(True, f"{len(WANTED)} search attributes are registered")
    workers = await inspection.workers(client, datetime.now(UTC) - inspection.POLL)
    remedy = "" if workers else start_a_worker(stack_runs=read_state(settings.home) is not None)
    yield Check(bool(workers), f"{count(len(workers), 'worker')} at work", remedy)
    if await migrate.pending(where.database_url):
        return  # told already, and there is nothing to compare with
    async with connection(where.database_url) as conn:
        for check in await drift.of_workers(conn):
            yield check
        async for check in _leads(conn, client):
            yield check


async def _leads(conn: Connection, client: Client) -> AsyncIterator[Check]:
    """Whether leads get on, and whether both sides know the same of them."""
    from cli import inspection, reconcile
    from cli.health import LOOKED_AT

    suspects = await health.suspects(conn, datetime.now(UTC) - NOTICED_WITHIN, LOOKED_AT)
    for words in stuck_in_words(await inspection.stuck(client, suspects, LOOKED_AT)):
        yield Check(False, words, "Mend the cause; the leads go on by themselves.")
    both = await reconcile.compare(conn, client)
    if both.without_workflow:
        what = f"in the database and not running in Temporal: {some(both.without_workflow)}"
        yield Check(False, what, "Was another Temporal server used, or its data removed? Bring it back.")
    if both.without_record:
        what = f"running in Temporal and not in the database: {some(both.without_record)}"
        yield Check(False, what, "Was another database used, or its data removed? Bring it back.")
    if not both.without_workflow and not both.without_record:
        yield Check(True, f"the database and Temporal agree on {count(both.compared, 'running lead')}")


# --- mail ------------------------------------------------------------------------------------------------------------


async def _mail(where: Servers) -> Check:
    if where.smtp_url is None:
        return Check(False, "no mail server is configured", "Set LEADFLOW_SMTP_URL=smtp://user:password@host:587.")
    shown, trouble = await ask_mail_server(where.smtp_url)
    if trouble is None:
        return Check(True, f"the mail server at {shown} answers")
    remedy = "Start it, or mend LEADFLOW_SMTP_URL."
    return Check(False, f"the mail server at {shown} does not answer: {trouble}", remedy)
