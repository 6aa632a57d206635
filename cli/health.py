"""`leadflow status`: what runs where, how many leads wait for what, and what is wrong, in plain words."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cli.health_words import (
    count,
    numbers_in,
    sentence,
    some,
    start_a_worker,
    stuck_in_words,
    troubles_in,
)
from cli.logs import last_line
from cli.mail import ask_mail_server
from cli.trouble import trouble_of
from engine.errors import StackError
from servers import Servers, servers, temporal_config
from settings import Settings
from stack.state import PartKind, read_state
from stack.status import PartStatus, ask
from store import health as store_health
from store import migrate, pool
from store.health import NOTICED_WITHIN, Figures

if TYPE_CHECKING:
    from temporalio.client import Client

DATABASE_PATIENCE = 15.0  # seconds
TEMPORAL_PATIENCE = 20.0

LOOKED_AT = 50
"""Leads of each kind that are asked whether they get on: enough to find what stops many, little enough to be quick."""


class PartState(StrEnum):
    UP = "up"
    DOWN = "down"
    TROUBLE = "trouble"


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the table. `where` is fit to be shown, without passwords; `detail` is for people."""

    name: str
    state: PartState
    where: str
    detail: str


@dataclass(frozen=True, slots=True)
class Health:
    """`words` say what is wrong, most important first, and then how things stand. `well`: nothing is wrong."""

    parts: list[Part]
    words: list[str]
    well: bool
    figures: Mapping[str, int | str | None] = field(default_factory=dict)


@dataclass(slots=True)
class _Report:
    """What has been found so far. `failing` are processes of the stack that end again and again."""

    parts: list[Part] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    figures: dict[str, int | str | None] = field(default_factory=dict)
    failing: list[str] = field(default_factory=list)
    stack_runs: bool = False

    def part(self, name: str, state: PartState, where: str, detail: str = "", trouble: str = "") -> None:
        self.parts.append(Part(name, state, where, detail))
        if trouble:
            self.wrong.append(trouble)

    def finished(self) -> Health:
        down = any(part.state is not PartState.UP for part in self.parts)
        return Health(self.parts, self.wrong + self.words, not self.wrong and not down, self.figures)


async def health(settings: Settings) -> Health:
    """Ask everything at once. Never raises for a server that is away: that is what is to be reported."""
    report = _Report()
    await _stack(settings, report)
    try:
        where = servers(settings)
    except StackError as error:
        report.wrong.append(f"{sentence(error.message)} {error.remedy}")
        return report.finished()
    now = datetime.now(UTC)
    known, suspects = await _database(settings, where, report, now)
    if where.ui_url is None:
        report.words.append("No address of the Temporal UI is known (LEADFLOW_TEMPORAL_UI_URL): leads have no links.")
    await asyncio.gather(_mail(settings, where, report), _temporal(where, report, suspects, now))
    if known is not None:
        _tell_figures(known, report, now)
    return report.finished()


# --- servers ---------------------------------------------------------------------------------------------------------


async def _stack(settings: Settings, report: _Report) -> None:
    """The parts of the local stack. With servers of the user's own there may be none, and that is well."""
    home = settings.home.absolute()
    lines = await ask(home)
    if read_state(home) is None and settings.own_temporal and settings.database_url:
        return
    for line in lines:
        state = PartState.UP if line.up else PartState.DOWN
        report.part(line.name, state, line.where, line.detail, "" if line.up else _missing(line))
    running = read_state(home)
    report.stack_runs = running is not None
    for part in running.parts if running else ():
        if part.kind is PartKind.CHILD and part.trouble:
            report.failing.append(f"{part.name} {part.trouble}; its last words: {sentence(last_line(home, part.name))}")


def _missing(line: PartStatus) -> str:
    if line.name.startswith("mail"):
        return (
            f"The mail server at {line.where} does not answer ({line.detail}): notices are tried again for a day, "
            "by other channels where there are any."
        )
    if line.name == "webhook":
        return f"The sink for webhooks at {line.where} does not answer ({line.detail}): those notices are tried again."
    if line.name == "web":
        return (
            f"The web server at {line.where} does not answer ({line.detail}): what is sent to it has to be sent again."
        )
    return ""  # the others are asked themselves, and say what it means that they are away


async def _database(
    settings: Settings, where: Servers, report: _Report, now: datetime
) -> tuple[Figures | None, tuple[str, ...]]:
    shown = _shown(where.database_url)
    try:
        async with asyncio.timeout(DATABASE_PATIENCE):
            missing = await migrate.pending(where.database_url)
            if missing:
                detail = f"lacks {count(len(missing), 'migration')}: {some(missing)}"
                remedy = "`leadflow up` and every worker that starts bring it up to date."
                report.part("database", PartState.TROUBLE, shown, detail, f"The database {detail}. {remedy}")
                return None, ()
            async with pool.connection(where.database_url) as connection:
                known = await store_health.figures(connection, now - NOTICED_WITHIN)
                suspects = await store_health.suspects(connection, now - NOTICED_WITHIN, LOOKED_AT)
    except migrate.MigrationError as error:
        trouble = f"The database does not fit this version of leadflow: {sentence(error.message)} {error.remedy}"
        report.part("database", PartState.TROUBLE, shown, error.message, trouble)
        return None, ()
    except Exception as error:
        ours = trouble_of(error)
        if ours is None:
            raise
        reason = sentence(ours.message)
        means = "No lead can come in or get on until it does; nothing is lost, all is tried again."
        report.part("database", PartState.DOWN, shown, reason, f"PostgreSQL is away: {reason} {means}")
        return None, ()
    own = "your own server" if settings.database_url else ""
    report.part("database", PartState.UP, shown, own or f"{count(known.running, 'lead')} running")
    return known, suspects


async def _mail(settings: Settings, where: Servers, report: _Report) -> None:
    if where.smtp_url is None:
        report.words.append("No mail server is configured (LEADFLOW_SMTP_URL): notices by mail are not delivered.")
        return
    if settings.smtp_url is None:
        return  # that of the local stack, asked already
    shown, trouble = await ask_mail_server(where.smtp_url)
    line = PartStatus("mail server", trouble is None, shown, trouble or "your own server")
    state = PartState.UP if line.up else PartState.DOWN
    report.part(line.name, state, shown, line.detail, "" if line.up else _missing(line))


# --- Temporal --------------------------------------------------------------------------------------------------------


async def _temporal(where: Servers, report: _Report, suspects: Sequence[str], now: datetime) -> None:
    from temporalio.service import RPCError

    from bootstrap import connect_temporal

    try:
        async with asyncio.timeout(TEMPORAL_PATIENCE):
            client = await connect_temporal(where.temporal_address)
            await _leads_in_temporal(client, report, suspects, now)
    except (StackError, RPCError, TimeoutError) as error:
        means = "Leads stand still until it does; then they go on, and deadlines that passed meanwhile take effect."
        report.part("leads", PartState.DOWN, _address(where), "Temporal does not answer")
        reason = str(error) or "no answer in time"
        report.wrong.append(f"Temporal is away: {sentence(reason)} {means}")


async def _leads_in_temporal(client: Client, report: _Report, suspects: Sequence[str], now: datetime) -> None:
    from cli import inspection
    from client.namespace import unfit
    from workflows.messages import TASK_QUEUE

    where = f"queue '{TASK_QUEUE}' in {client.namespace}"
    if trouble := await unfit(client):
        report.part("leads", PartState.TROUBLE, where, trouble.message, f"{sentence(trouble.message)} {trouble.remedy}")
        return
    workers = await inspection.workers(client, now - inspection.POLL)
    under_way = await inspection.count_running(client)
    report.figures["workers"] = len(workers)
    report.figures["running_workflows"] = under_way
    if not workers:
        report.part("leads", PartState.DOWN, where, f"nobody works on {count(under_way, 'running lead')}")
        report.wrong.append(
            f"No worker is there: leads are accepted and stand still until one runs. {start_a_worker(stack_runs=report.stack_runs)}"
        )
        report.wrong += report.failing
    else:
        detail = f"{count(len(workers), 'worker')}, {count(under_way, 'lead')} under way"
        report.part("leads", PartState.UP, where, detail)
    stuck = await inspection.stuck(client, suspects, LOOKED_AT)
    report.figures["stuck"] = len(stuck)
    report.wrong += stuck_in_words(stuck)


# --- figures ---------------------------------------------------------------------------------------------------------


def _tell_figures(known: Figures, report: _Report, now: datetime) -> None:
    for name, value in asdict(known).items():
        report.figures[name] = value.isoformat() if isinstance(value, datetime) else value
    report.wrong += troubles_in(known, now, workers=bool(report.figures.get("workers")))
    report.words += numbers_in(known)


def _address(where: Servers) -> str:
    try:
        return temporal_config(where.temporal_address)["target_host"]
    except StackError:  # that it cannot be read is told already
        return ""


def _shown(dsn: str) -> str:
    parts = urlsplit(dsn)
    return f"{parts.hostname or 'localhost'}:{parts.port or 5432}{parts.path}"
