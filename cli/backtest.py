"""`leadflow backtest`: past leads run through a candidate definition, and what would have been otherwise (B.4)."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import settings as configuration
from cli.database import database
from cli.output import AsJson, awaited, print_json
from engine.errors import LeadflowError

if TYPE_CHECKING:
    from cli.backtest_file import Source
    from engine.catalog import Catalog
    from engine.past import Past
    from engine.process import Process
    from trials.backtest.judgement import Judgement
    from trials.backtest.report import Backtest, Choice


@awaited
async def backtest(
    file: Annotated[Path, typer.Argument(help="The process file to try.", metavar="FILE")],
    begins: Annotated[str | None, typer.Option("--from", help="Leads that arrived from this day on.")] = None,
    ends: Annotated[str | None, typer.Option("--to", help="Leads that arrived before this day.")] = None,
    where: Annotated[str | None, typer.Option(help="Only leads for which this condition holds now.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the last so many of them.")] = None,
    by: Annotated[str | None, typer.Option(help="Figures for each location, product, value, customer, ...")] = None,
    lead: Annotated[str | None, typer.Option(help="One lead: both stories side by side.", metavar="KEY")] = None,
    listed: Annotated[
        bool, typer.Option("--list", help="Every lead that differs, and in what; of a file, every lead.")
    ] = False,
    scores: Annotated[
        bool, typer.Option("--scores", help="The score on arrival against what became of the leads.")
    ] = False,
    keep_times: Annotated[
        bool, typer.Option("--keep-times", help="People act at the moment they did, not at the age of the lead.")
    ] = False,
    control: Annotated[
        bool, typer.Option("--control", help="Run them on the versions that ran, too: they must come out as they went.")
    ] = False,
    leads: Annotated[
        Path | None, typer.Option(help="A file of leads as the past, .csv or .ndjson; they arrive in its order.")
    ] = None,
    mapping: Annotated[Path | None, typer.Option(help="With --leads: how columns become fields.")] = None,
    outcome: Annotated[
        str | None, typer.Option(help="With --leads: by what one sees that a lead was won.", metavar="COLUMN=VALUE")
    ] = None,
    roster: Annotated[
        list[Path] | None, typer.Option(help="With --leads: who works here; the shipped rosters if left out.")
    ] = None,
    follow: Annotated[str, typer.Option(help="With --leads: how long each lead is followed.")] = "1 day",
    as_json: AsJson = False,
) -> None:
    """Run past leads through a process as it is in a file: who would have had them, what would have been missed.

    Clocks, ladders, scores and assignments are decided anew; what people did is kept as it was, at the working age that
    the lead had. What they would have done differently, nobody knows. Nothing is published or changed.

    With --leads the past is a file. Nobody acts in it then, and it shows what the rules alone make of such leads; with
    --outcome also how well the score tells who buys. Without --from and --to its leads arrive evenly over 90 days.

    For instance: leadflow backtest definitions/inbound_b2b/v1.yaml --from 2026-07-01 --by priority
    """
    from cli import backtest_pages
    from store.definition_files import load_process
    from trials.backtest.dimensions import check_dimension
    from trials.backtest.report import backtest as run

    if by is not None:
        check_dimension(by)
    gc.disable()  # all that is read and told is kept to the end: looking through it for what could go takes a third of the time
    _, candidate = load_process(file)
    choice = _choice(candidate, begins, ends, where, limit)
    settings, source = configuration.load(), None
    _check_options(
        leads,
        of_file={"--mapping": mapping, "--outcome": outcome, "--roster": roster},
        of_past={"--control": control, "--keep-times": keep_times, "--scores": scores},
    )
    if leads is not None:
        from cli.backtest_file import Given, run_file

        given = Given(file, leads, mapping, outcome, roster or [], follow)
        result, source = run_file(settings, candidate, given, choice)
    else:
        past, catalog = await _past(choice.ends)
        scale = settings.time_scale
        result = run(past, candidate, catalog, choice, keep_times=keep_times, control=control, scale=scale)
    judgement = _judgement(result, source, scores)
    if as_json:
        shown = backtest_pages.Shown(by, lead, listed, keep_times)
        print_json(backtest_pages.document(result, file, source, judgement, shown))
    elif lead is not None:
        backtest_pages.one(result.pair(lead))
    elif listed and source is not None:
        backtest_pages.arrivals(result)
    elif listed:
        backtest_pages.differences(result)
    else:
        backtest_pages.summary(result, file, source, judgement, by=by, keep_times=keep_times)


def _check_options(leads: Path | None, *, of_file: Mapping[str, object], of_past: Mapping[str, object]) -> None:
    """An option that means nothing here must not be passed over in silence."""
    if wrong := [name for name, given in of_file.items() if given and leads is None]:
        raise typer.BadParameter("is for a file of leads: name it with --leads", param_hint=", ".join(wrong))
    if wrong := [name for name, given in of_past.items() if given and leads is not None]:
        more = " (--outcome judges the scores of a file)" if "--scores" in wrong else ""
        raise typer.BadParameter(
            f"is for past leads of the database, not for a file{more}", param_hint=", ".join(wrong)
        )


def _judgement(result: Backtest, source: Source | None, wanted: bool) -> Judgement | None:
    from trials.backtest.judgement import judge_arrivals, judge_past

    if source is not None:
        return judge_arrivals(source.arriving, result, source.perhaps_later) if source.outcome is not None else None
    return judge_past(result) if wanted else None


async def _past(before: datetime | None) -> tuple[Past, Catalog]:
    from engine.catalog import Catalog
    from engine.compiling.bundle import Bundle
    from engine.compiling.compile import compile_published
    from store import definitions
    from store.past import past

    catalog = Catalog()
    async with database() as connection:
        for pinned in await definitions.all_bundles(connection):
            catalog.add(compile_published(Bundle.from_json(pinned.body)))
        known = await past(connection, before)
    if not known.leads:
        raise LeadflowError(
            "there are no past leads", "Leads that have run are in the database; see `leadflow lead list`."
        )
    return known, catalog


def _choice(candidate: Process, begins: str | None, ends: str | None, where: str | None, limit: int | None) -> Choice:
    from trials.backtest.report import Choice

    condition = candidate.vocabulary.compile(where) if where is not None else None
    first, last = _day(begins, "--from"), _day(ends, "--to")
    if first is not None and last is not None and last <= first:
        raise typer.BadParameter("must be later than --from", param_hint="--to")
    return Choice(first, last, condition, limit)


def _day(text: str | None, option: str) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("write a day or a time in UTC, such as 2026-07-01", param_hint=option) from None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
