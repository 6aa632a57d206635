"""`leadflow migrate`: leads in flight go on in another version of their process, after a dry run, and back (B.3)."""

from __future__ import annotations

import asyncio
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import settings as configuration
from cli.author import author
from cli.database import database
from cli.output import AsJson, awaited, console, print_json, say

if TYPE_CHECKING:
    from client.migration import Pace, Prepared
    from client.moving import Outcome, Tally
    from store.moves import Run

MOST_BLOCKED = 20
"""Leads that are listed for people; machines get all."""

MAX_REASON = 500
"""Characters, as in a plan."""

_RATE = re.compile(r"^([0-9]+(?:\.[0-9]+)?)(?:/s)?$")


@awaited
async def migrate(
    plan: Annotated[Path | None, typer.Argument(help="A migration plan.", metavar="PLAN")] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Move the leads; without it, it is a dry run.")] = False,
    revert: Annotated[int | None, typer.Option(help="Move back what this run has moved.", metavar="RUN")] = None,
    runs: Annotated[bool, typer.Option("--runs", help="List the runs there were, and how far they are.")] = False,
    by: Annotated[str, typer.Option(help="Who moves them; you, if left out.")] = "",
    why: Annotated[str, typer.Option(help="With --revert: why; each lead's story says it.")] = "",
    rate: Annotated[str, typer.Option(help="Leads a second, at most.")] = "50/s",
    batch: Annotated[int, typer.Option(min=1, max=500, help="Leads under way at a time.")] = 20,
    shown: Annotated[
        int, typer.Option("--show", min=0, help="Leads that a dry run lists, the blocked ones first.")
    ] = 20,
    as_json: AsJson = False,
) -> None:
    """Move leads in flight to another version of their process, by a plan. Without --apply nothing is written.

    A dry run says of each lead whether it would move, what is in the way, and its deadlines before and after. A run that
    was stopped goes on when the same plan is started again. A lead that is in the midst of something is asked again, and
    never forced. Exit status 1 when leads are in the way of the plan.

    For instance: leadflow migrate plan.yaml, then leadflow migrate plan.yaml --apply
    """
    if [plan is not None, revert is not None, runs].count(True) != 1:
        raise typer.BadParameter("name a plan, or --revert RUN, or --runs", param_hint="PLAN")
    pace = _pace(rate)
    _check(by, why)
    if runs:
        await _list(as_json=as_json)
    elif revert is not None:
        await _revert(revert, by or author(), why, pace, batch, shown, apply=apply, as_json=as_json)
    elif plan is not None and apply:
        await _apply(plan, by or author(), pace, batch, as_json=as_json)
    elif plan is not None:
        await _look_ahead(plan, shown, as_json=as_json)


def _pace(rate: str) -> float:
    found = _RATE.match(rate.strip())
    if found is None or float(found[1]) <= 0:
        raise typer.BadParameter("write leads a second, such as 50/s", param_hint="--rate")
    return float(found[1])


def _check(by: str, why: str) -> None:
    """Both end up in the journal and in each lead's story."""
    from engine.values import MAX_NAME, fault_of_text

    for option, text, most in (("--by", by, MAX_NAME), ("--why", why, MAX_REASON)):
        if fault := fault_of_text(text, most):
            raise typer.BadParameter(fault, param_hint=option)


# --- dry runs ---------------------------------------------------------------------------------------------------------


async def _look_ahead(plan: Path, shown: int, *, as_json: bool) -> None:
    from cli.migration_page import as_object, page
    from client.preview import what_would_change

    async with database() as connection:
        prepared = await _prepared(connection, plan)
        scale = configuration.load().time_scale
        changes = what_would_change(connection, prepared.origin, prepared.target, prepared.plan, scale=scale)
        outlooks = [one async for one in changes]
    title = f"{prepared.plan.process} v{prepared.origin.version} -> v{prepared.target.version}: {prepared.reason}"
    if as_json:
        print_json({**_about(prepared), "dry_run": True, **as_object(outlooks)})
    else:
        page(title, outlooks, shown)
        say(f"\nNothing was written. To move them: leadflow migrate {plan} --apply")
    if any(not one.ok and not one.passed_over for one in outlooks):
        raise typer.Exit(1)


async def _prepared(connection: Any, plan: Path) -> Prepared:
    from client.migration import prepare
    from store.definition_files import text_of

    return await prepare(connection, text_of(plan))


def _about(prepared: Prepared) -> dict[str, Any]:
    return {
        "process": prepared.plan.process,
        "from": prepared.origin.version,
        "to": prepared.target.version,
        "reason": prepared.reason,
        "leads": prepared.leads,
    }


# --- in earnest -------------------------------------------------------------------------------------------------------


async def _apply(plan: Path, by: str, rate: float, batch: int, *, as_json: bool) -> None:
    from bootstrap import open_office
    from cli.importing import somebody_works
    from client.migration import migrate as carry_out

    settings = configuration.load()
    async with open_office(settings) as office, database() as connection:
        prepared = await _prepared(connection, plan)
        await somebody_works(settings, office.temporal)
        with _at_a_pace(rate, batch, prepared.leads, f"moving {prepared.plan.process}", quiet=as_json) as pace:
            began = time.monotonic()
            run, tally = await carry_out(office.pool, office.temporal, connection, prepared, by, pace)
    again = f"leadflow migrate {plan} --apply"
    _tell(run, tally, time.monotonic() - began, again, prepared.leads, as_json=as_json)


async def _revert(
    number: int, by: str, why: str, rate: float, batch: int, shown: int, *, apply: bool, as_json: bool
) -> None:
    from client.migration import run_numbered

    async with database() as connection:
        run = await run_numbered(connection, number)
    if not apply:
        await _look_back(run, shown, as_json=as_json)
        return
    from bootstrap import open_office
    from cli.importing import somebody_works
    from client.migration import take_back

    settings = configuration.load()
    reason = why.strip() or f"run {number} is taken back"
    async with open_office(settings) as office, database() as connection:
        await somebody_works(settings, office.temporal)
        left = run.moved - run.returned
        with _at_a_pace(rate, batch, left, f"moving {run.process} back", quiet=as_json) as pace:
            began = time.monotonic()
            run, tally = await take_back(office.pool, office.temporal, connection, number, by, reason, pace)
    _tell(run, tally, time.monotonic() - began, f"leadflow migrate --revert {number} --apply", left, as_json=as_json)


async def _look_back(run: Run, shown: int, *, as_json: bool) -> None:
    from cli.migration_page import as_object, page
    from client.migration import gone_on, look_back

    async with database() as connection:
        found = [one async for one in look_back(connection, run, configuration.load().time_scale)]
    outlooks = [outlook for _, outlook in found if outlook is not None]
    stays = {moved.lead.key: gone_on(moved) for moved, outlook in found if outlook is None}
    if as_json:
        print_json({"run": run.id, "dry_run": True, "stays": stays, **as_object(outlooks)})
    else:
        page(f"{run.process} v{run.to_version} -> v{run.from_version}: run {run.id} is taken back", outlooks, shown)
        if stays:
            say(f"{len(stays)} stay, because they have gone on since:")
            say("\n".join(f"  {key}: {why}" for key, why in list(stays.items())[:shown]))
        say(f"\nNothing was written. To move them back: leadflow migrate --revert {run.id} --apply")
    if any(not one.ok for one in outlooks):
        raise typer.Exit(1)


# --- under way --------------------------------------------------------------------------------------------------------


@contextmanager
def _at_a_pace(rate: float, batch: int, total: int, what: str, *, quiet: bool) -> Iterator[Pace]:
    """Ctrl-C stops it in good order: what was begun comes to its end."""
    from client.migration import Pace

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, stop.set)
    try:
        with _progress(total, what, quiet=quiet) as tell:
            yield Pace(rate, batch, stop, tell)
    finally:
        loop.remove_signal_handler(signal.SIGINT)


@contextmanager
def _progress(total: int, what: str, *, quiet: bool) -> Iterator[Callable[[Outcome], None]]:
    if quiet:
        yield lambda _: None
        return
    from rich import progress

    columns = (
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TextColumn("{task.fields[moved]} moved"),
        progress.TimeRemainingColumn(),
    )
    told: dict[str, bool] = {}
    with progress.Progress(*columns, console=console(stderr=True)) as bar:
        task = bar.add_task(what, total=total, moved=0)

        def tell(outcome: Outcome) -> None:
            told[outcome.lead] = outcome.moved
            bar.update(task, completed=len(told), total=max(total, len(told)), moved=sum(told.values()))

        yield tell


def _tell(run: Run, tally: Tally, seconds: float, again: str, total: int, *, as_json: bool) -> None:
    from cli.migration_page import run_object

    blocked = tally.blocked
    if as_json:
        outcome = {
            "moved": tally.moved,
            "passed_over": tally.passed_over,
            "blocked": [{"lead": one.lead, "code": one.code, "why": one.why} for one in blocked],
            "stopped": tally.stopped,
            "seconds": round(seconds, 1),
        }
        print_json({"run": run_object(run), **outcome})
    else:
        rate = f"{seconds:.0f} s, {len(tally.outcomes) / max(seconds, 0.1):.0f} a second"
        others = f", {tally.passed_over} are not selected" if tally.passed_over else ""
        moved = "moved" if run.back_at is None else "moved back"
        say(f"run {run.id}: {tally.moved} {moved}, {len(blocked)} blocked{others}; {rate}")
        for one in blocked[:MOST_BLOCKED]:
            say(f"  {one.lead}: {one.why}", stderr=True)
        if len(blocked) > MOST_BLOCKED:
            say(f"  and {len(blocked) - MOST_BLOCKED} more; --json lists all", stderr=True)
        if tally.stopped:
            said = f"stopped after {len(tally.outcomes)} of {total}; what was begun is done"
            say(f"{said}. To go on: {again}", stderr=True)
        elif tally.unanswered:
            say(f"{tally.unanswered} could not be asked. To ask them again: {again}", stderr=True)
        if run.back_at is None and not tally.stopped and tally.moved:
            say(f"the way back: leadflow migrate --revert {run.id}")
    if tally.stopped:
        raise typer.Exit(130)
    if blocked:
        raise typer.Exit(1)


# --- runs -------------------------------------------------------------------------------------------------------------


async def _list(*, as_json: bool) -> None:
    from cli.migration_page import print_runs, run_object
    from store import moves

    async with database() as connection:
        found = await moves.runs(connection)
    if as_json:
        print_json([run_object(run) for run in found])
    elif found:
        print_runs(found)
    else:
        say("no leads were ever moved to another version")
