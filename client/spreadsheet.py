"""CSV for spreadsheets, which run what looks like a formula: the one place that writes cells so that they do not, and reads them back.

A cell that begins with = + - @, a tab or a line end gets an apostrophe before it, which spreadsheets take for "this is text"; so does one
that begins with an apostrophe, so that whatever was written is read as it was.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n")
_MARK = "'"


def harmless_cell(value: object) -> object:
    """Text that no spreadsheet runs; numbers stay numbers."""
    if isinstance(value, str) and value.startswith((*_RUNS, _MARK)):
        return _MARK + value
    return "" if value is None else value


def original_cell(cell: str) -> str:
    """What was written. In a file of others, a marked cell means the same to a spreadsheet."""
    return cell[1:] if cell.startswith(_MARK) and cell[1:].startswith((*_RUNS, _MARK)) else cell


def written(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A whole file, in UTF-8's characters, a line for each row."""
    out = io.StringIO(newline="")
    writer = csv.writer(
        out
    )  # whose line ends are those of RFC 4180, so that either character of them is quoted in a cell
    writer.writerow([harmless_cell(name) for name in header])
    writer.writerows([harmless_cell(cell) for cell in row] for row in rows)
    return out.getvalue()
