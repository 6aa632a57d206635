"""Where an import reports the rows that it did not take: found writable before it begins, and nobody else's file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from cli.harmless import harmless_json
from cli.output import plain
from engine.errors import LeadflowError

if TYPE_CHECKING:
    from client.importing import Refused

MARKS = {"file", "line", "code", "reason"}
"""What every line of a report has."""


class Report:
    """NDJSON: line and reason of each row, and no more of the row than its id. Without such rows there is no file."""

    def __init__(self, path: Path, imported: Path) -> None:
        """Raises LeadflowError for a file that is no report of an import, and OSError where none can be written."""
        if path.exists() and (not path.is_file() or path.samefile(imported) or not _is_report(path)):
            raise LeadflowError(
                f"{path} is there already and is no report of refused rows, so it is not written over",
                "Let --refused name another file.",
            )
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = path
        self._imported = imported
        with path.open("a", encoding="utf-8"):
            pass  # what is there stays until there is something to put in its place

    def write(self, rows: Sequence[Refused]) -> Path | None:
        """Where they are; None where there are none."""
        if not rows:
            self._path.unlink(missing_ok=True)
            return None
        self._path.write_text(written(rows, self._imported.name), encoding="utf-8")
        return self._path


def written(rows: Sequence[Refused], imported: str) -> str:
    """The lines of a report, in the order of the file; empty without such rows."""
    in_order = sorted(rows, key=lambda row: row.line)
    lines = (json.dumps({"file": imported, **plain(row)}, ensure_ascii=False) for row in in_order)
    return "".join(harmless_json(line) + "\n" for line in lines)  # a CSV's cell, too, may hold what UTF-8 cannot


def of_its_own(folder: Path, stem: str) -> Path:
    """A new file in the folder of reports, for this import alone: another one of a file of that name may begin in the same second."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for number in count(1):
        path = folder / (f"{stem}.ndjson" if number == 1 else f"{stem}-{number}.ndjson")
        with suppress(FileExistsError), path.open("x", encoding="utf-8"):
            return path
    raise AssertionError("there is no last number")


def _is_report(path: Path) -> bool:
    """By its first line; an empty file is anybody's."""
    with path.open(encoding="utf-8", errors="replace") as stream:
        first = stream.readline()
    try:
        said = json.loads(first) if first else dict.fromkeys(MARKS)
    except (json.JSONDecodeError, RecursionError):
        return False
    return isinstance(said, dict) and said.keys() >= MARKS
