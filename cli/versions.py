"""`leadflow versions`: what is published, which share of new leads each version takes, and how their leads fare (B.3)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from cli.author import author
from cli.database import database
from cli.output import AsJson, awaited, print_json, print_table, say
from cli.shares import given
from engine.errors import LeadflowError

if TYPE_CHECKING:
    from store.comparison import Outcome
    from store.definitions import Version

ofProcess = Annotated[str, typer.Argument(help="A process that is published.", metavar="PROCESS")]


@awaited
async def versions(context: typer.Context, as_json: AsJson = False) -> None:
    """Published versions of all processes, the share of new leads that takes each, the leads on it and the workers that hold it."""
    if context.invoked_subcommand is not None:
        return
    from store import definitions

    async with database() as connection:
        rows = await definitions.versions(connection)
    if as_json:
        print_json(rows)
    else:
        columns = ("process", "version", "digest", "new leads", "leads", "held by", "published (UTC)", "by", "why")
        print_table(columns, [_row(version) for version in rows])


def _row(version: Version) -> tuple[object, ...]:
    from store.offers import percent

    takes = percent(version.share) if version.share else ""
    held = f"{version.held_by} of {version.workers}" if version.workers else ""
    what = (version.process, version.version, version.digest[:12], takes, version.running, held)
    return *what, version.published_at, version.published_by, version.why


# --- shares ----------------------------------------------------------------------------------------------------------


@awaited
async def share(
    process: ofProcess,
    what: Annotated[
        str | None, typer.Argument(help="3=10% lets a tenth of new leads take version 3.", metavar="[VERSION=SHARE]")
    ] = None,
    by: Annotated[str, typer.Option(help="Who decides; you, if left out.")] = "",
    why: Annotated[str, typer.Option(help="Why.")] = "",
    as_json: AsJson = False,
) -> None:
    """Let a share of new leads take a newer version; without one, tell what was decided so far.

    Which leads, their keys decide: raising the share takes none of them back. 100% makes it the main version, 0% takes
    it back; leads under way stay on the version they are on. Leads that another process hands over follow the share too.

    For instance: leadflow versions share inbound_b2b 3=10% --why "see how two days fare"
    """
    from store import definitions, offers

    async with database() as connection:
        new = False
        if what is not None:
            version, part = given(what)
            new = await offers.give(connection, process, version, part, by or author(), why)
        rows = [row for row in await definitions.versions(connection) if row.process == process]
        history = await offers.history(connection, process)
    _known(process, bool(rows))
    takes = {row.version: row.share for row in rows if row.share}
    if as_json:
        shares = [{"version": version, "share": float(part)} for version, part in takes.items()]
        print_json({"process": process, "new": new, "shares": shares, "history": history})
        return
    said = ", ".join(f"{offers.percent(part)} take v{version}" for version, part in takes.items())
    say(f"new leads of {process}: {said}" + ("" if new or what is None else "; it was so already"))
    if what is None and history:
        columns = ("version", "share", "when (UTC)", "by", "why")
        lines = [(one.version, offers.percent(one.share), one.set_at, one.set_by, one.why) for one in history]
        print_table(columns, lines)


# --- comparing -------------------------------------------------------------------------------------------------------


@awaited
async def compare(
    process: ofProcess,
    days: Annotated[
        int | None,
        typer.Option(min=1, max=3650, help="Look at each lead for so many days; leave out those that are younger."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """What became of the leads that entered under each version: how far they came, deadlines missed, time to an answer.

    A version that is newer has younger leads, of which more are open: --days compares them at the same age.

    For instance: leadflow versions compare inbound_b2b --days 14
    """
    from store import comparison

    async with database() as connection:
        rows = await comparison.by_version(connection, process, timedelta(days=days) if days else None)
    _known(process, bool(rows))
    if as_json:
        print_json({"process": process, "days": days, "versions": rows})
        return
    print_table(_COLUMNS, [_outcome(row) for row in rows])
    say("")
    said = [f"v{row.version}: {_share(row.open, row.leads)} of its leads are open" for row in rows if row.open]
    if said:
        say("What becomes of open leads is not known yet. " + "; ".join(said) + ".")
    if days is None and len([row for row in rows if row.leads]) > 1:
        say("Newer versions have younger leads: --days compares all at the same age.")


_COLUMNS = (
    *("version", "leads", "contacted", "working", "converted", "lost", "open", "missed a deadline"),
    *("answered", "median time to an answer"),
)


def _outcome(row: Outcome) -> tuple[object, ...]:
    counts = (row.contacted, row.working, row.converted, row.lost, row.open, row.leads_breached, row.answered)
    shares = [f"{number} ({_share(number, row.leads)})" if row.leads else "" for number in counts]
    return f"v{row.version}", row.leads, *shares, _time(row.median_seconds_to_answer)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f}%"


def _time(seconds: float | None) -> str:
    if seconds is None:
        return ""
    for length, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.0f} s"


def _known(process: str, known: bool) -> None:
    if not known:
        raise LeadflowError(f"no version of a process '{process}' is published", "`leadflow versions` lists them.")
