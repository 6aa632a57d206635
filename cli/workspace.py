"""The files around a process, as an editor's schema takes its names from them: its tables, rosters and other processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from engine.errors import DefinitionError, Finding, Mark
from engine.language.workspace import Workspace
from engine.reading.document import Plain
from engine.reading.source import read_file
from store.definition_files import process_names, shown, table_files

KINDS = ("intake", "score", "assignment", "calendars", "reasons", "segments", "templates", "identity")


def workspace_of(file: Path) -> Workspace:
    """Everything that has names for this process. Raises DefinitionError where the file cannot be read or is no process."""
    process = read_file(file, shown(file)).value
    if not isinstance(process, dict) or "process" not in process:
        said = "the file of a process has the names of its stages and events, and this is none"
        raise DefinitionError([Finding(Mark(shown(file), 1, 1), "NOT_A_PROCESS", said, "Name the file of a process.")])
    uses = process.get("uses")
    wanted = uses if isinstance(uses, dict) else {}
    tables: dict[str, Plain] = {}
    shelf: list[tuple[str, str]] = []
    for value in _read(table_files(file)):
        kind = next((kind for kind in KINDS if kind in value), None)
        if kind is not None:
            shelf.append((kind, str(value[kind])))
            if wanted.get(kind) == value[kind]:
                tables[kind] = value
    return Workspace(process, tables, tuple(_rosters(file)), tuple(sorted(process_names(file))), tuple(shelf))


def _rosters(file: Path) -> Iterator[Plain]:
    """Those of the folder `rosters` of the definitions that the process lies in."""
    folder = next((one / "rosters" for one in file.resolve().parents if (one / "rosters").is_dir()), None)
    yield from (value for value in _read(sorted(folder.glob("*.yaml")) if folder else ()) if "roster" in value)


def _read(files: Iterator[Path] | list[Path] | tuple[()]) -> Iterator[dict[str | int, Plain]]:
    """What can be read of them: a file that is being written has no names yet."""
    for file in files:
        try:
            value = read_file(file, shown(file)).value
        except DefinitionError:
            continue
        if isinstance(value, dict):
            yield value
