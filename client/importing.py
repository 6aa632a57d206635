"""Importing files of leads: CSV with a mapping, or NDJSON of leads as they are. Can be interrupted and repeated; nothing doubles."""

from __future__ import annotations

import asyncio
import codecs
import csv
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
from temporalio.exceptions import TemporalError

from client import touches
from client.front_door import Arrived, FrontDoor
from client.mapping import MappingFile
from client.spreadsheet import original_cell
from client.strict_json import NoObject, read_object
from engine.errors import IntakeError, LeadflowError

AT_ONCE = 24
"""Leads in flight: enough to keep the servers busy, few enough that each is answered soon."""

_OTHER_ENCODINGS = {
    codecs.BOM_UTF32_LE: "UTF-32",  # before that of UTF-16, which is its beginning
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
"""By the marks that files in them begin with."""

AWAY = (TemporalError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError)
"""What a server brings about that is away, or fails at what it is asked for."""

ATTEMPTS = 6
"""Tries for a lead while a server does not answer; the waits between them add up to about half a minute."""


UNREADABLE = "UNREADABLE"


@dataclass(frozen=True)
class Row:
    """One row of a file. `line` counts from 1; `trouble` says why it cannot even be read; with it other rows may be `lost`."""

    line: int
    values: dict[str, Any]
    trouble: str | None = None
    lost: bool = False


@dataclass(frozen=True)
class Refused:
    """A row that no rule lets in: where and why, and the fields at fault."""

    line: int
    id: str
    code: str
    reason: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass
class Tally:
    """What became of the rows so far. Of those refused, `unreadable` could not even be read; of those failed, `unanswered` did so
    because a server did not do what it should."""

    rows: int = 0
    unreadable: int = 0
    unanswered: int = 0
    created: int = 0
    known: int = 0
    kept_out: int = 0
    refused: list[Refused] = field(default_factory=list)
    failed: list[Refused] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Every row went in, or was refused by a rule. A file without any row that can be read is not what it should be."""
        return not self.failed and (self.rows == 0 or self.unreadable < self.rows)

    def count(self, arrived: Arrived) -> None:
        if arrived.kept_out is not None:
            self.kept_out += 1
        elif arrived.created:
            self.created += 1
        else:
            self.known += 1


def rows_of(path: Path) -> Iterator[Row]:
    """The rows of a .csv, .ndjson or .jsonl file. A row that cannot be read is a row with trouble, not the end of the file."""
    _readable(path)
    match path.suffix.lower():
        case ".csv":
            yield from _csv_rows(path)
        case ".ndjson" | ".jsonl":
            yield from _json_rows(path)
        case other:
            raise LeadflowError(f"files ending in '{other}' are not read", "Use .csv with a mapping, or .ndjson.")


def header_of(path: Path) -> list[str]:
    """The names of a .csv file's columns, in their order."""
    _readable(path)
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        return _header(path, csv.reader(file, strict=True))


def _readable(path: Path) -> None:
    if not path.is_file():
        raise LeadflowError(f"there is no file {path}", "Name a .csv or .ndjson file.")
    with path.open("rb") as file:
        beginning = file.read(4)
    for mark, encoding in _OTHER_ENCODINGS.items():
        if beginning.startswith(mark):
            raise LeadflowError(f"{path} is {encoding}, and only UTF-8 is read", "Save it as UTF-8 and import that.")


def _header(path: Path, reader: Iterator[list[str]]) -> list[str]:
    try:
        return next(reader, [])
    except csv.Error as error:
        raise LeadflowError(f"the header of {path} is no CSV: {error}", "Mend it; a quote may not be closed.") from None


def _csv_rows(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        # Strict: a quote that is never closed would else make one cell of all that follows.
        reader = csv.reader(file, strict=True)
        header = _header(path, reader)
        while True:
            first = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield _no_csv(first, reader.line_num, error)
                continue
            if not cells:
                continue
            trouble = "the row has more cells than the header" if any(cells[len(header) :]) else None
            if any("�" in cell for cell in cells):
                trouble = "the row is not UTF-8"
            values = dict.fromkeys(header) | dict(zip(header, cells, strict=False))
            read = {name: original_cell(cell) if cell else cell for name, cell in values.items() if name}
            yield Row(reader.line_num, read, trouble)


def _no_csv(first: int, last: int, error: csv.Error) -> Row:
    """Where it takes several lines to find that they are no row, there may be leads in them."""
    if first == last and "end of data" not in str(error):
        return Row(first, {}, f"this line is no CSV: {error}")
    lines = f"lines {first} to {last} are" if first < last else f"line {first} is"
    return Row(
        first, {}, f"{lines} not read: a quote that line {first} opens is not closed where it must be", lost=True
    )


def _json_rows(path: Path) -> Iterator[Row]:
    with path.open("rb") as file:
        for line, raw in enumerate(file, start=1):
            if not raw.strip():
                continue
            try:
                yield Row(line, read_object(raw.decode("utf-8")))
            except UnicodeDecodeError:
                yield Row(line, {}, "the line is not UTF-8")
            except NoObject as error:
                yield Row(line, {}, f"the line {error}")


async def import_rows(
    door: FrontDoor,
    rows: Iterator[Row],
    *,
    source_system: str,
    mapping: MappingFile | None = None,
    at_once: int = AT_ONCE,
    progress: Callable[[Tally], None] = lambda _tally: None,
    tally: Tally | None = None,
) -> Tally:
    """Send every row through the front door. What is refused is tallied with its line and reason; the rest goes on.

    A tally that is handed in tells what was done even if this is cancelled.
    """
    tally = Tally() if tally is None else tally

    async def one(row: Row) -> None:
        with counted(tally, row):
            tally.count(await _patiently(door, lead_of(row, mapping), source_system, touches.of_row(row.values)))
        tally.rows += 1
        progress(tally)

    async for _ in _bounded((one(row) for row in rows), at_once):
        pass
    return tally


def lead_of(row: Row, mapping: MappingFile | None) -> dict[str, Any]:
    """Raises IntakeError where the row is none, LeadflowError where others may be lost with it."""
    if row.trouble is not None and row.lost:
        raise LeadflowError(row.trouble)
    if row.trouble is not None:
        raise IntakeError(UNREADABLE, row.trouble, remedy="Mend the line and import the file again.")
    return mapping.lead(row.values) if mapping else row.values


@contextmanager
def counted(tally: Tally, row: Row) -> Iterator[None]:
    """What becomes of the row within: why it is refused, or what failed, goes to the tally."""
    id = str(row.values.get("id", ""))
    try:
        yield
    except IntakeError as error:
        tally.unreadable += error.code == UNREADABLE
        tally.refused.append(Refused(row.line, id, error.code, error.message, error.fields))
    except (LeadflowError, *AWAY) as error:
        tally.unanswered += isinstance(error, AWAY)
        tally.failed.append(Refused(row.line, id, "FAILED", str(error) or type(error).__name__))


async def _patiently(door: FrontDoor, lead: dict[str, Any], source_system: str, touch: str) -> Arrived:
    """A server that does not answer is asked again for a while: an import outlives a restart."""
    for attempt in range(ATTEMPTS):
        try:
            return await door.arrive(lead, source_system=source_system, bulk=True, touch=touch)
        except (
            TemporalError,
            OSError,
            asyncpg.PostgresConnectionError,
            asyncpg.CannotConnectNowError,
            asyncpg.InterfaceError,
        ):
            if attempt == ATTEMPTS - 1:
                raise
            await asyncio.sleep(2**attempt / 2)
    raise AssertionError("the last attempt returns or raises")


async def _bounded(jobs: Iterator[Any], at_once: int) -> AsyncIterator[None]:
    """Run coroutines, at most `at_once` of them at a time, without making more of them than that."""
    running: set[asyncio.Task[None]] = set()
    try:
        for job in jobs:
            running.add(asyncio.ensure_future(job))
            if len(running) >= at_once:
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    yield task.result()
        while running:
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                yield task.result()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
