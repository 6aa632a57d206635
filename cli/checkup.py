"""`leadflow doctor`: everything that leads need, checked one by one, each with a way to mend it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cli import checks, drift
from cli.checks import Check
from cli.health_words import count, some, stuck_in_words, troubles_in
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
    found += await _attempt("the database", lambda: _database(settings, where))
    found += await _attempt("Temporal", lambda: _temporal(where))
    return [*found, await _mail(where)]


async def _attempt(what: str, checks: Callable[[], Awaitable[list[Check]]]) -> list[Check]:
    """Checks as far as they get: a server that goes away under way is a finding too."""
    try:
        return await checks()
    except Exception as error:
        trouble = trouble_of(error)
        if trouble is None:
            raise
        return [Check(False, f"{what}: {trouble.message}", trouble.remedy)]


# --- the database ----------------------------------------------------------------------------------------------------


async def _database(settings: Settings, where: Servers) -> list[Check]:
    missing = await migrate.pending(where.database_url)
    if missing:
        what = f"the database lacks {count(len(missing), 'migration')}: {some(missing)}"
        return [Check(False, what, "`leadflow up` and every worker that starts bring it up to date.")]
    now = datetime.now(UTC)
    async with connection(where.database_url) as conn:
        figures = await health.figures(conn, now - NOTICED_WITHIN)
        found = [Check(True, "the database answers and is up to date")]
        found += await drift.of_definitions(conn, settings.definitions)
        found += await drift.of_people(conn)
        found += await drift.of_endpoints(conn, settings.webhooks)
    troubles = troubles_in(figures, now)
    return found + [Check(False, words, "Start a worker: `leadflow worker`.") for words in troubles]


# --- Temporal --------------------------------------------------------------------------------------------------------


async def _temporal(where: Servers) -> list[Check]:
    from bootstrap import connect_temporal
    from cli import inspection

    client = await connect_temporal(where.temporal_address)
    found = [Check(True, "Temporal answers"), await _search_attributes(client)]
    workers = await inspection.workers(client, datetime.now(UTC) - inspection.POLL)
    remedy = "" if workers else "Start one with `leadflow worker`, or everything with `leadflow up`."
    found.append(Check(bool(workers), f"{count(len(workers), 'worker')} at work", remedy))
    async with connection(where.database_url) as conn:
        found += await _leads(conn, client)
    return found


async def _search_attributes(client: Client) -> Check:
    from bootstrap import search_attribute_types
    from cli import inspection

    there = await inspection.search_attributes(client)
    wanted = search_attribute_types()
    wrong = [f"{name} ({kind})" for name, kind in wanted.items() if there.get(name) != kind]
    if not wrong:
        return Check(True, f"{len(wanted)} search attributes are registered")
    remedy = "Register them: `temporal operator search-attribute create --name NAME --type TYPE`."
    return Check(False, f"search attributes missing or of another type: {', '.join(wrong)}", remedy)


async def _leads(conn: Connection, client: Client) -> list[Check]:
    """Whether leads get on, and whether both sides know the same of them."""
    from cli import inspection, reconcile
    from cli.health import LOOKED_AT

    suspects = await health.suspects(conn, datetime.now(UTC) - NOTICED_WITHIN, LOOKED_AT)
    stuck = stuck_in_words(await inspection.stuck(client, suspects, LOOKED_AT))
    found = [Check(False, words, "Mend the cause; the leads go on by themselves.") for words in stuck]
    both = await reconcile.compare(conn, client)
    if both.without_workflow:
        what = f"in the database and not running in Temporal: {some(both.without_workflow)}"
        found.append(Check(False, what, "Was another Temporal server used, or its data removed? Bring it back."))
    if both.without_record:
        what = f"running in Temporal and not in the database: {some(both.without_record)}"
        found.append(Check(False, what, "Was another database used, or its data removed? Bring it back."))
    if not both.without_workflow and not both.without_record:
        found.append(Check(True, f"the database and Temporal agree on {count(both.compared, 'running lead')}"))
    return found


# --- mail ------------------------------------------------------------------------------------------------------------


async def _mail(where: Servers) -> Check:
    if where.smtp_url is None:
        return Check(False, "no mail server is configured", "Set LEADFLOW_SMTP_URL=smtp://user:password@host:587.")
    shown, trouble = await ask_mail_server(where.smtp_url)
    if trouble is None:
        return Check(True, f"the mail server at {shown} answers")
    remedy = "Start it, or mend LEADFLOW_SMTP_URL."
    return Check(False, f"the mail server at {shown} does not answer: {trouble}", remedy)
