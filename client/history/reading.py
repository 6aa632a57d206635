"""Two files of another system read as what each lead was and what happened to it; what cannot be read is remarked on, row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from client.history.mapping import EventColumns, Happened, HistoryFile, LeadColumns
from client.history.remarks import Doubt, Remark
from client.importing import Row, rows_of
from client.mapping import FieldMapping, mapped, said
from engine.errors import IntakeError, LeadflowError

_SHOWN = 80
"""Characters of a cell that a remark shows."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the file of events. `day_only`: its time is not told, only its day. `place` is its place among the rows of its lead."""

    line: int
    at: datetime
    what: str
    meant: Happened
    owner: str | None = None
    by: str | None = None
    note: str | None = None
    codes: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)
    day_only: bool = False
    place: int = 0


@dataclass
class Account:
    """All that the other system says of one lead. `later` are fields that were known only after it arrived."""

    line: int
    id: str
    arrived: datetime | None
    title: str | None
    owner: str | None
    stands: str | None
    fields: dict[str, Any]
    later: dict[str, Any]
    entries: list[Entry] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Files:
    """What was read. `stray` are remarks on rows that belong to no lead; `rows` counts both files."""

    accounts: tuple[Account, ...]
    stray: tuple[Remark, ...]
    leads: str
    events: str
    rows: int


def read_files(leads: Path, events: Path, mapping: HistoryFile) -> Files:
    """Raises LeadflowError where a file is not what the mapping is for."""
    stray: list[Remark] = []
    accounts: dict[str, Account] = {}
    lead_rows, event_rows = list(rows_of(leads)), list(rows_of(events))
    _fits(leads, lead_rows, list(mapping.leads.columns), mapping)
    _fits(events, event_rows, list(mapping.events.columns), mapping)
    for row in lead_rows:
        account, remarks = _account(row, leads.name, mapping)
        if account is not None and account.id in accounts:
            what = f"lead {account.id} stands in line {accounts[account.id].line} already"
            stray.append(Remark(leads.name, row.line, Doubt.TWICE, what, "only the first line counts"))
        elif account is not None:
            account.remarks += remarks
            accounts[account.id] = account
        else:
            stray += remarks
    for row in event_rows:
        stray += _take(row, events.name, mapping, accounts)
    return Files(tuple(accounts.values()), tuple(stray), leads.name, events.name, len(lead_rows) + len(event_rows))


def _fits(path: Path, rows: list[Row], columns: list[str], mapping: HistoryFile) -> None:
    there = {name for row in rows[:1000] for name in row.values}
    if rows and (missing := [column for column in dict.fromkeys(columns) if column not in there]):
        raise LeadflowError(
            f"{path} does not have columns that the mapping {mapping.history} reads: {', '.join(missing)}",
            "Correct the names in the mapping, or name the file of leads first and that of events after it.",
        )


# --- leads -----------------------------------------------------------------------------------------------------------


def _account(row: Row, file: str, mapping: HistoryFile) -> tuple[Account | None, list[Remark]]:
    columns = mapping.leads
    id = _key(row, columns)
    if row.trouble is not None or id is None:
        what = row.trouble or f"the row has no {', '.join(columns.keys)}"
        return None, [Remark(file, row.line, Doubt.UNREADABLE, what, "left out")]
    remarks: list[Remark] = []
    values, wrong = _values(columns.fields, columns.empty, row)
    remarks += [Remark(file, row.line, Doubt.BAD_FIELD, *words) for words in wrong]
    later = {name for name, rule in columns.fields.items() if rule.from_ in columns.known_after}
    arrived, _, remark = _moment(row, columns.arrived, file, mapping, "taken to be when the first thing happened to it")
    remarks += remark
    account = Account(
        line=row.line,
        id=id,
        arrived=arrived,
        title=columns.title_of(row.values),
        owner=_text(row, columns.owner, columns.empty),
        stands=_text(row, columns.stands, columns.empty),
        fields=columns.constants | {name: value for name, value in values.items() if name not in later},
        later={name: value for name, value in values.items() if name in later},
    )
    return account, remarks


# --- events ----------------------------------------------------------------------------------------------------------


def _take(row: Row, file: str, mapping: HistoryFile, accounts: Mapping[str, Account]) -> Iterator[Remark]:
    """Put a row to its lead, with the remarks on it. Those on rows of no lead are given back."""
    columns = mapping.events
    id = _key(row, columns)
    if row.trouble is not None or id is None:
        what = row.trouble or f"the row has no {', '.join(columns.keys)}"
        yield Remark(file, row.line, Doubt.UNREADABLE, what, "left out")
        return
    account = accounts.get(id)
    if account is None:
        yield Remark(file, row.line, Doubt.NO_LEAD, f"lead {id} is not in the file of leads", "left out")
        return
    entry, remarks = _entry(row, file, mapping, len(account.entries))
    account.remarks += remarks
    if entry is not None:
        account.entries.append(entry)


def _entry(row: Row, file: str, mapping: HistoryFile, place: int) -> tuple[Entry | None, list[Remark]]:
    columns = mapping.events
    at, day_only, remarks = _moment(row, columns.at, file, mapping, "left out: nobody knows when it was")
    if at is None:
        if not remarks:
            remarks = [Remark(file, row.line, Doubt.BAD_DATE, f"{columns.at} is empty", "left out")]
        return None, remarks
    what = said(row.values.get(columns.what))
    meant = mapping.happened.get(what)
    if meant is None:
        words = f"the mapping does not say what is meant by what stands in {columns.what}"
        return None, [Remark(file, row.line, Doubt.UNKNOWN_STAGE, words, "left out", what[:_SHOWN])]
    if meant.ignore:
        return None, remarks
    codes, wrong = _values(columns.codes, columns.empty, row)
    for told, _, cell in wrong:
        remarks.append(Remark(file, row.line, Doubt.UNKNOWN_REASON, told, "imported without the reason", cell))
    fields, wrong = _values(columns.fields, columns.empty, row)
    remarks += [Remark(file, row.line, Doubt.BAD_FIELD, *words) for words in wrong]
    entry = Entry(
        line=row.line,
        at=at,
        what=what,
        meant=meant,
        owner=_text(row, columns.owner, columns.empty),
        by=_text(row, columns.by, columns.empty),
        note=_text(row, columns.note, columns.empty),
        codes={**meant.codes, **{name: str(code) for name, code in codes.items()}},
        fields=fields,
        day_only=day_only,
        place=place,
    )
    return entry, remarks


# --- cells -----------------------------------------------------------------------------------------------------------


def _key(row: Row, columns: LeadColumns | EventColumns) -> str | None:
    parts = [said(row.values.get(column)) for column in columns.keys]
    return "-".join(parts) if all(parts) else None


def _text(row: Row, column: str | None, empty: Iterable[str]) -> str | None:
    text = said(row.values.get(column)) if column is not None else ""
    return text if text and text not in empty else None


def _values(
    rules: Mapping[str, FieldMapping], empty: list[str], row: Row
) -> tuple[dict[str, Any], list[tuple[str, str, str]]]:
    """What the cells become; and of those that become nothing what is wrong, what is made of it, and the cell."""
    read: Callable[[str], Any] = row.values.get
    values: dict[str, Any] = {}
    wrong = []
    for name, rule in rules.items():
        try:
            values |= mapped({name: rule}, empty, read)
        except IntakeError:
            words = f"the mapping does not list what stands in {rule.from_}"
            wrong.append((words, f"{name} is left out", said(read(rule.from_))[:_SHOWN]))
    return values, wrong


def _moment(
    row: Row, column: str, file: str, mapping: HistoryFile, mended: str
) -> tuple[datetime | None, bool, list[Remark]]:
    cell = said(row.values.get(column))
    try:
        at = mapping.moment(cell)
    except (ValueError, OverflowError):
        return None, False, [Remark(file, row.line, Doubt.BAD_DATE, f"{column} is no time", mended, cell[:_SHOWN])]
    return at, ":" not in cell and "T" not in cell, []


def moved(entry: Entry, at: datetime) -> Entry:
    """The same at another time."""
    return replace(entry, at=at)
