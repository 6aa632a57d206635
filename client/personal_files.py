"""Files in which a person may stand (B.7): what the mail sink keeps, refused rows of imports, and files that a watched folder has set
aside. Rows and messages of the person are taken out; what is left stays as it was, to the byte.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from activities.channels import wire_key
from client.mapping import MappingFile
from stack.outbox import Outbox, key_of
from store.personal import Traces

_ROWS = (".csv", ".ndjson", ".jsonl")
_ADDRESS_OR_NUMBER = re.compile(r"[^@\s]+@[^@\s]+|\+?[\d\s()/.-]{7,}")
_TELLING = 40
"""Characters from which a text can be nobody else's. A name can."""


@dataclass(frozen=True, slots=True)
class Held:
    """A file in which the person stands, and in how many rows or messages of it. `waits`: it is still to be imported, so that nobody
    but its sender may alter it."""

    path: Path
    rows: int
    waits: bool = False


class Remembered:
    """The folders that were watched from here, so that a person can be found in what they have set aside."""

    def __init__(self, home: Path) -> None:
        self._file = home / "watched"

    def folders(self) -> list[Path]:
        with suppress(FileNotFoundError):
            return [Path(line) for line in self._file.read_text(encoding="utf-8").splitlines() if line]
        return []

    def add(self, folder: Path) -> None:
        if folder.resolve() not in self.folders():
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._file.open("a", encoding="utf-8") as stream:
                stream.write(f"{folder.resolve()}\n")


class PersonalFiles:
    """The files of this machine. `mappings` tell which columns of a .csv name a lead."""

    def __init__(self, home: Path, mappings: Sequence[MappingFile], folders: Iterable[Path] = ()) -> None:
        self._outbox = home / "outbox"
        self._mappings = mappings
        watched = [*Remembered(home).folders(), *folders]
        self._places = [home / "refused", *(folder / name for folder in watched for name in ("done", "failed"))]
        self._waiting = [*watched, *(place for folder in watched for place in _inside(folder / "working"))]

    def holding(self, traces: Traces) -> list[Held]:
        """The files in which the person stands."""
        return [*self._messages(traces), *(held for held, _ in self._rows(traces))]

    def erase(self, traces: Traces) -> list[Held]:
        """Take the person out of them, but for those that wait; which they are."""
        found = self._messages(traces)
        for message in found:
            message.path.unlink(missing_ok=True)
            message.path.with_suffix(".html").unlink(missing_ok=True)
        if found:
            Outbox(self._outbox).write_index()
        for held, left in self._rows(traces):
            found.append(held)
            if not held.waits:
                fresh = held.path.with_name(f".{held.path.name}.new")
                fresh.touch(mode=held.path.stat().st_mode & 0o777)
                fresh.write_bytes(left)
                fresh.replace(held.path)
        return found

    def _messages(self, traces: Traces) -> list[Held]:
        """By what each was sent under: the notices of the leads, and digests that they went with."""
        keys = [wire_key(key) for key in traces.notices]
        wanted = {*keys, *(f"<{key}@leadflow>" for key in keys)}
        if not wanted or not self._outbox.is_dir():
            return []
        files = (path for path in sorted(self._outbox.iterdir()) if path.suffix in (".eml", ".json"))
        return [Held(path, 1) for path in files if key_of(path) in wanted]

    def _rows(self, traces: Traces) -> Iterator[tuple[Held, bytes]]:
        """Each file with rows of the person, and what is left without them."""
        telling = _telling(traces.values)
        for path in _files([*self._places, *self._waiting]):
            content = path.read_bytes()
            theirs = _theirs_in_csv if path.suffix.lower() == ".csv" else _theirs_in_json
            parts = theirs(content, self._mappings, traces.external_ids, telling)
            if rows := sum(found for _, found in parts):
                left = b"".join(part for part, found in parts if not found)
                yield Held(path, rows, waits=path.parent in self._waiting), left


def _files(places: Iterable[Path]) -> list[Path]:
    files = [path for place in dict.fromkeys(places) if place.is_dir() for path in place.iterdir()]
    return sorted({path for path in files if path.suffix.lower() in _ROWS and path.is_file()})


def _inside(place: Path) -> list[Path]:
    """A watcher keeps what it has in work in a folder of its own."""
    return [folder for folder in place.iterdir() if folder.is_dir()] if place.is_dir() else []


def _telling(values: Iterable[str]) -> re.Pattern[str]:
    """Of a person's values those that are nobody else's: addresses, numbers, what they wrote. As they stand in a text."""
    theirs = [value for value in values if len(value) >= _TELLING or _ADDRESS_OR_NUMBER.fullmatch(value) is not None]
    written = "|".join(map(re.escape, sorted(theirs, key=len, reverse=True))) or r"(?!)"
    return re.compile(rf"(?<![\w.+-])(?:{written})(?![\w-])", re.IGNORECASE)


Parts = list[tuple[bytes, bool]]
"""A file in parts that are whole rows, each with whether it is the person's."""


def _theirs_in_json(
    content: bytes, _mappings: Sequence[MappingFile], external_ids: frozenset[str], telling: re.Pattern[str]
) -> Parts:
    def theirs(line: bytes) -> bool:
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            return telling.search(line.decode(errors="replace")) is not None
        if not isinstance(row, dict):
            return False
        return str(row.get("id", "")).strip() in external_ids or _says(row.values(), telling)

    return [(line, theirs(line)) for line in content.splitlines(keepends=True)]


def _theirs_in_csv(
    content: bytes, mappings: Sequence[MappingFile], external_ids: frozenset[str], telling: re.Pattern[str]
) -> Parts:
    """Rows as a reader of CSV takes them: one may go over several lines."""
    lines = content.splitlines(keepends=True)
    reader = csv.reader(io.StringIO(content.decode("utf-8-sig", errors="replace"), newline=""))
    parts: Parts = []
    header: list[str] = []
    fitting: list[MappingFile] = []
    before = 0
    try:
        for cells in reader:
            part = b"".join(lines[before : reader.line_num])
            before = reader.line_num
            if not parts:
                header, fitting = cells, [one for one in mappings if set(cells).issuperset(one.columns)]
                parts.append((part, False))
                continue
            ids = _ids(dict(zip(header, cells, strict=False)), fitting)
            parts.append((part, not external_ids.isdisjoint(ids) or _says(cells, telling)))
    except csv.Error:
        pass
    parts.append((b"".join(lines[before:]), False))
    return parts


def _ids(row: dict[str, str], mappings: Sequence[MappingFile]) -> list[str]:
    """What the row may be called by."""
    by_mapping = ("-".join(str(row.get(column, "")).strip() for column in one.keys) for one in mappings)
    return [*by_mapping, str(row.get("id", "")).strip()]


def _says(cells: Iterable[Any], telling: re.Pattern[str]) -> bool:
    """Whether one of them is what only the person has, or quotes it."""
    return any(isinstance(cell, str) and telling.search(cell) is not None for cell in cells)
