"""`leadflow import`: a file of leads, with a progress bar, repeatable, refused rows in a file."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import settings as configuration
from cli.output import AsJson, awaited, console, print_json, say
from cli.rights import caller, counts
from engine.access import source_system_for
from engine.errors import LeadflowError, StackError
from settings import Settings

if TYPE_CHECKING:
    from temporalio.client import Client

    from cli.refused_rows import Report
    from client.importing import Row, Tally
    from client.mapping import MappingFile

Progress = Callable[["Tally"], None]


@awaited
async def import_leads(
    file: Annotated[Path, typer.Argument(help="A .csv or .ndjson file.")],
    events: Annotated[
        Path | None, typer.Argument(help="With --history: what happened to the leads of the first.")
    ] = None,
    history: Annotated[
        bool, typer.Option("--history", help="Past leads of another system, with their dated events.")
    ] = False,
    mapping: Annotated[
        Path | None, typer.Option(help="How columns become fields; found by the file's header if left out.")
    ] = None,
    source_system: Annotated[
        str | None, typer.Option(help="What the ids of an .ndjson file belong to; import, or the token's own.")
    ] = None,
    refused: Annotated[Path | None, typer.Option(help="Where refused rows are reported.")] = None,
    at_once: Annotated[int | None, typer.Option(min=1, max=500, help="Leads in flight; 24 if left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Import leads. Interrupted or not, it can be run again: nothing doubles.

    Rows that no rule lets in are reported with line and reason, and the rest goes on. Exit status 1 when rows failed
    for another reason, or the file is broken: mend it and import it again then.

    With --history two files of another system, leads and events, become the past of leads here, as its --mapping says
    (a file of `definitions/histories`): closed leads start nothing, open ones go on. What contradicts itself is reported
    by row, and comes in as far as it can be true.

    For instance: leadflow import definitions/samples/leads.ndjson --source-system fair
    """
    if history or events is not None:
        from cli.importing_history import import_past

        await import_past(file, events, mapping, refused, history=history, as_json=as_json)
        return
    from cli.refused_rows import Report, of_its_own
    from client.importing import Tally

    settings = configuration.load()
    rule, rows = read_rows(settings, file, mapping)
    _check_sources(rule, rows, source_system)
    name = f"{file.stem}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    tally, interrupted, began = Tally(), False, time.monotonic()
    async with _importer(settings, at_once) as importer:
        report = Report(refused or of_its_own(settings.home / "refused", name), file)
        try:
            with _no_progress() if as_json else _progress_bar(file, len(rows), began) as progress:
                await importer(iter(rows), source_system=source_system, mapping=rule, progress=progress, tally=tally)
        except asyncio.CancelledError:  # by Ctrl-C
            interrupted = True
        finally:
            counts(len(rows))
            _tell(tally, report, len(rows), time.monotonic() - began, interrupted=interrupted, as_json=as_json)
    if interrupted:
        raise typer.Exit(130)
    if not tally.complete:
        raise typer.Exit(1)


def _check_sources(rule: MappingFile | None, rows: Iterable[Row], source_system: str | None) -> None:
    """Raises AccessError where a row is of a source system that the caller may not send for; nothing has been imported then."""
    who = caller()
    if who is None:
        return
    for row in rows:
        named = rule.source_system if rule is not None else row.values.get("source_system")
        source_system_for(who, str(named or source_system or "import").strip())


@asynccontextmanager
async def _importer(settings: Settings, at_once: int | None) -> AsyncIterator[Callable[..., Awaitable[object]]]:
    """What takes rows in: this installation, or one elsewhere, which decides by itself how many at once."""
    if settings.url is not None:
        from client.elsewhere import elsewhere
        from upstream import Patience

        async with elsewhere(settings.url, settings.token, Patience()) as there:
            yield there.import_rows
        return
    from bootstrap import open_office
    from client.importing import AT_ONCE, import_rows

    async with open_office(settings) as office:
        await somebody_works(settings, office.temporal)

        async def here(rows: Iterator[Row], *, source_system: str | None, **more: Any) -> object:
            system = source_system or "import"
            return await import_rows(office.front_door, rows, source_system=system, at_once=at_once or AT_ONCE, **more)

        yield here


# --- reading ---------------------------------------------------------------------------------------------------------


def read_rows(settings: Settings, file: Path, mapping: Path | None) -> tuple[MappingFile | None, list[Row]]:
    """The rows, in the order in which they came, and how they become leads."""
    from client.importing import header_of, rows_of
    from client.mapping import read_mapping

    rows = list(rows_of(file))
    is_csv = file.suffix.lower() == ".csv"
    columns = set(header_of(file)) if is_csv else {name for row in rows for name in row.values}
    if mapping is not None:
        rule: MappingFile | None = _that_fits(mapping, read_mapping(mapping), file, columns)
    else:
        rule = _fitting(settings.definitions, file, columns) if is_csv else None
    if rule is not None and rule.order is not None:
        column = rule.order
        rows.sort(key=lambda row: _sortable(row.values.get(column)))
    return rule, rows


def _that_fits(path: Path, mapping: MappingFile, file: Path, columns: set[str]) -> MappingFile:
    """Without this, what stands in a column of another name would be missing from every lead, in silence."""
    if missing := [column for column in mapping.columns if column not in columns]:
        raise LeadflowError(
            f"{file} does not have columns that the mapping {path} reads: {', '.join(missing)}",
            "Correct the names in the mapping, or name another one.",
        )
    return mapping


def _fitting(definitions: Path, file: Path, columns: set[str]) -> MappingFile:
    """The shipped mapping whose columns the file has."""
    from client.mapping import read_mapping

    for path in sorted((definitions / "mappings").glob("*.yaml")):
        mapping = read_mapping(path)
        if columns.issuperset(mapping.columns):
            return mapping
    where = definitions / "mappings"
    raise LeadflowError(
        f"no mapping in {where} fits the columns of {file.name}", "Write one and name it with --mapping."
    )


def _sortable(cell: object) -> tuple[int, float, str]:
    """Numbers as numbers, before what is none."""
    text = str(cell or "").strip()
    try:
        return (0, float(text), text)
    except ValueError:
        return (1, 0.0, text)


# --- under way -------------------------------------------------------------------------------------------------------


async def somebody_works(settings: Settings, temporal: Client) -> None:
    """Without a worker an import would accept its first leads and then wait for ever."""
    from cli import inspection
    from cli.health_words import start_a_worker
    from stack.state import read_state

    if not await inspection.workers(temporal, datetime.now(UTC) - inspection.POLL):
        remedy = start_a_worker(stack_runs=read_state(settings.home) is not None)
        raise StackError("no worker is there to take the leads", remedy)


@contextmanager
def _no_progress() -> Iterator[Progress]:
    yield lambda _tally: None


@contextmanager
def _progress_bar(file: Path, total: int, began: float) -> Iterator[Progress]:
    from rich import progress

    columns = (
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TextColumn("{task.fields[rate]}"),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=console(stderr=True)) as bar:
        task = bar.add_task(f"importing {file.name}", total=total, rate="")

        def update(tally: Tally) -> None:
            rate = tally.rows / max(time.monotonic() - began, 0.001)
            bar.update(task, completed=tally.rows, rate=f"{rate:.0f} a second")

        yield update


# --- what became of it -----------------------------------------------------------------------------------------------


def _tell(tally: Tally, report: Report, total: int, seconds: float, *, interrupted: bool, as_json: bool) -> None:
    """The summary is told whatever becomes of the report."""
    refusal: OSError | None = None
    written: Path | None = None
    try:
        written = report.write([*tally.refused, *tally.failed])
    except OSError as error:
        refusal = error
    if as_json:
        summary = {
            "rows": tally.rows,
            "created": tally.created,
            "known": tally.known,
            "kept_out": tally.kept_out,
            "refused": len(tally.refused),
            "failed": len(tally.failed),
            "interrupted": interrupted,
            "report": str(written) if written else None,
            "seconds": round(seconds, 1),
            "per_second": round(tally.rows / seconds, 1),
        }
        print_json(summary)
    else:
        say(
            f"{tally.rows} rows: {tally.created} new leads, {tally.known} known already, {tally.kept_out} kept out, "
            f"{len(tally.refused)} refused, {len(tally.failed)} failed; "
            f"{seconds:.0f} s, {tally.rows / seconds:.0f} a second"
        )
        if written:
            say(f"refused and failed rows, with line and reason: {written}")
        if interrupted:
            say(f"interrupted after {tally.rows} of {total}; run it again, nothing doubles", stderr=True)
    if refusal is not None:
        raise refusal
