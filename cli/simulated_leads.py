"""Leads of a file for a simulation: read and checked as an import does it, sent nowhere."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import IntakeError, LeadflowError

if TYPE_CHECKING:
    from client.importing import Row
    from client.mapping import MappingFile
    from engine.process import Process
    from trials.simulation.values import Seedling


def seedlings(file: Path, mapping: Path | None, arrived: str | None, process: Process) -> list[Seedling]:
    """The rows that the process takes; others are left out, as the import would refuse them or another process take them.

    Raises LeadflowError where none is left, or the file has no such column.
    """
    from client.importing import rows_of
    from client.mapping import read_mapping

    rule = read_mapping(mapping) if mapping is not None else None
    rows = list(rows_of(file))
    if arrived is not None and not any(arrived in row.values for row in rows):
        raise LeadflowError(f"{file} has no column '{arrived}'", "Correct `arrived`, or leave it out.")
    if rule is not None and rule.order is not None:
        column = rule.order
        rows.sort(key=lambda row: str(row.values.get(column, "")).zfill(20))
    found = [one for row in rows if (one := _seedling(row, rule, arrived, process)) is not None]
    if not found:
        raise LeadflowError(
            f"of {len(rows)} rows of {file} there is none that {process.name} takes",
            "Give the mapping of the file, or another file; `leadflow import` says what is wrong with each row.",
        )
    return found


def _seedling(row: Row, rule: MappingFile | None, arrived: str | None, process: Process) -> Seedling | None:
    from client.incoming import Incoming, receive
    from trials.simulation.values import Seedling

    if row.trouble is not None:
        return None
    at = _moment(row, arrived) if arrived is not None else None
    try:
        raw = rule.lead(row.values) if rule is not None else {k: v for k, v in row.values.items() if k != arrived}
        lead = receive(raw, lambda _key: (process,), at or datetime(2000, 1, 1, tzinfo=UTC), "file")
    except IntakeError:
        return None
    if not isinstance(lead, Incoming):
        return None
    return Seedling(lead.title, lead.fields, lead.known, at)


def _moment(row: Row, column: str) -> datetime:
    said = str(row.values.get(column) or "").strip()
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        raise LeadflowError(
            f"line {row.line}: '{said[:40]}' in {column} is no time", "Write it as 2027-01-18T09:30:00+01:00."
        ) from None
    return (at if at.tzinfo is not None else at.replace(tzinfo=UTC)).astimezone(UTC)
