"""`leadflow import`: a file of leads, with a progress bar, repeatable, refused rows in a file."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import settings as configuration
from cli.output import AsJson, awaited, console, plain, print_json, say
from engine.errors import LeadflowError, StackError
from settings import Settings

if TYPE_CHECKING:
    from temporalio.client import Client

    from client.importing import Row, Tally
    from client.mapping import MappingFile

Progress = Callable[["Tally"], None]


@awaited
async def import_leads(
    file: Annotated[Path, typer.Argument(help="A .csv or .ndjson file.")],
    mapping: Annotated[
        Path | None, typer.Option(help="How columns become fields; found by the file's header if left out.")
    ] = None,
    source_system: Annotated[str, typer.Option(help="What the ids of an .ndjson file belong to.")] = "import",
    refused: Annotated[Path | None, typer.Option(help="Where refused rows are reported.")] = None,
    at_once: Annotated[int | None, typer.Option(min=1, max=500, help="Leads in flight; 24 if left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Import leads. Interrupted or not, it can be run again: nothing doubles.

    Rows that no rule lets in are reported with line and reason, and the rest goes on. Exit status 1 when rows failed
    for another reason: import the file again then.
    """
    from bootstrap import open_office
    from client.importing import AT_ONCE, import_rows

    settings = configuration.load()
    rule, rows = _read(settings, file, mapping)
    began = time.monotonic()
    async with open_office(settings) as office:
        await _somebody_works(office.temporal)
        with _no_progress() if as_json else _progress_bar(file, len(rows), began) as progress:
            tally = await import_rows(
                office.front_door,
                iter(rows),
                source_system=source_system,
                mapping=rule,
                at_once=at_once or AT_ONCE,
                progress=progress,
            )
    name = f"{file.stem}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.ndjson"
    report = _report(tally, file, refused or settings.home / "refused" / name)
    _tell(tally, report, time.monotonic() - began, as_json=as_json)
    if not tally.complete:
        raise typer.Exit(1)


# --- reading ---------------------------------------------------------------------------------------------------------


def _read(settings: Settings, file: Path, mapping: Path | None) -> tuple[MappingFile | None, list[Row]]:
    """The rows, in the order in which they came, and how they become leads."""
    from client.importing import rows_of
    from client.mapping import read_mapping

    rows = list(rows_of(file))
    if mapping is not None:
        rule: MappingFile | None = read_mapping(mapping)
    else:
        rule = _fitting(settings.definitions, file) if file.suffix.lower() == ".csv" else None
    if rule is not None and rule.order is not None:
        column = rule.order
        rows.sort(key=lambda row: _sortable(row.values.get(column)))
    return rule, rows


def _fitting(definitions: Path, file: Path) -> MappingFile:
    """The shipped mapping whose columns the file has."""
    from client.mapping import read_mapping

    with file.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
        header = set(next(csv.reader(stream), []))
    for path in sorted((definitions / "mappings").glob("*.yaml")):
        mapping = read_mapping(path)
        if header.issuperset((*mapping.keys, *(rule.from_ for rule in mapping.fields.values()))):
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


async def _somebody_works(temporal: Client) -> None:
    """Without a worker an import would accept its first leads and then wait for ever."""
    from cli import inspection

    if not await inspection.workers(temporal, datetime.now(UTC) - inspection.POLL):
        raise StackError("no worker is there to take the leads", "Start one: `leadflow worker`, or `leadflow up`.")


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


def _tell(tally: Tally, report: Path | None, seconds: float, *, as_json: bool) -> None:
    if as_json:
        summary = {
            "rows": tally.rows,
            "created": tally.created,
            "known": tally.known,
            "kept_out": tally.kept_out,
            "refused": len(tally.refused),
            "failed": len(tally.failed),
            "report": str(report) if report else None,
            "seconds": round(seconds, 1),
            "per_second": round(tally.rows / seconds, 1),
        }
        print_json(summary)
        return
    say(
        f"{tally.rows} rows: {tally.created} new leads, {tally.known} known already, {tally.kept_out} kept out, "
        f"{len(tally.refused)} refused, {len(tally.failed)} failed; "
        f"{seconds:.0f} s, {tally.rows / seconds:.0f} a second"
    )
    if report:
        say(f"refused and failed rows, with line and reason: {report}")


def _report(tally: Tally, file: Path, where: Path) -> Path | None:
    """Refused rows as NDJSON: line and reason, no more of the row than its id."""
    rows = sorted([*tally.refused, *tally.failed], key=lambda row: row.line)
    if not rows:
        return None
    where.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with where.open("w", encoding="utf-8") as stream:
        for row in rows:
            stream.write(json.dumps({"file": file.name, **plain(row)}, ensure_ascii=False) + "\n")
    return where
