"""Everything wrong in a set of files: processes with their tables, tables by themselves and for whoever uses them.

What a condition in a table may read, only a process can say that has the fields. So a table is also looked at through
the newest processes of its folder of definitions that use it; of those, only findings in the table itself are told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from client.mapping import read_mapping
from engine.compiling.bundle import Parsed, parse
from engine.compiling.checking import Checker
from engine.compiling.elsewhere import unknown_processes
from engine.compiling.table_alone import check_alone, strangers
from engine.errors import DefinitionError, Finding, Mark
from engine.language.definition import ProcessFile
from engine.language.tables import RosterFile
from engine.reading.source import read_file
from store.definition_files import load_process, process_files, process_names, shown, text_of


def findings_in(files: Iterable[Path]) -> list[Finding]:
    """Every finding, each once, in the order of files and lines."""
    found: set[Finding] = set()
    processes: list[Path] = []
    tables: dict[str, tuple[Path, Parsed]] = {}
    for file in files:
        try:
            said = read_file(file, shown(file)).value
            if isinstance(said, dict) and "process" in said:
                processes.append(file)
            elif isinstance(said, dict) and "mapping" in said:
                read_mapping(file)
            else:
                tables[shown(file)] = file, parse(text_of(file))
        except DefinitionError as error:
            found.update(error.findings)
    for file in processes:
        found.update(_in_process(file))
    for file, table in tables.values():
        found.update(_in_table(file, table))
    users = {user for file, table in tables.values() for user in _users(file, table)}
    for file in users - {file.resolve() for file in processes}:
        found.update(finding for finding in _in_process(file) if finding.mark.file in tables)
    return sorted(found)


def misnamed_in(folder: Path) -> Iterator[Finding]:
    """Files that nobody would find."""
    for file in sorted(folder.rglob("*.yml")):
        message = "definitions are looked for in files that end in .yaml, so nothing finds this one"
        yield Finding(Mark(shown(file), 1, 1), "FILE_NAME", message, f"Rename it to {file.stem}.yaml.")


def _in_process(file: Path) -> list[Finding]:
    elsewhere = _handed_over(file)
    try:
        load_process(file)
    except DefinitionError as error:
        return [*elsewhere, *error.findings]
    return elsewhere


def _handed_over(file: Path) -> list[Finding]:
    """A process that is alone in its folder goes on in ones that lie elsewhere; publishing looks for those."""
    process = _parsed(file)
    if process is None:
        return []
    names = process_names(file)
    return unknown_processes(process, names) if names - {process.name} else []


def _in_table(file: Path, table: Parsed) -> list[Finding]:
    check = Checker()
    check_alone(check, table)
    if isinstance(table.model, RosterFile):
        others = list(_other_rosters(file))
        people = {person for roster in others for person in roster.people}
        teams = {team for roster in others for team in roster.teams}
        for path, words in strangers(table.model, people, teams):
            check.report(table, path, "NOT_IN_ROSTER", words, "Add who or what is missing, or correct the name.")
    return check.findings


def _other_rosters(file: Path) -> Iterator[RosterFile]:
    """Rosters are loaded side by side, and one may name people of another."""
    for other in sorted(file.parent.glob("*.yaml")):
        if other != file and (parsed := _parsed(other)) is not None and isinstance(parsed.model, RosterFile):
            yield parsed.model


def _users(file: Path, table: Parsed) -> Iterator[Path]:
    """The newest processes that use a table: those beside it, and those below the folder that its `tables/` lies in."""
    folder = file.resolve().parent
    root = next((path.parent for path in (folder, *folder.parents) if path.name == "tables"), folder)
    for process in dict.fromkeys([*process_files(root), *sorted(folder.glob("*.yaml")), *sorted(root.glob("*.yaml"))]):
        parsed = _parsed(process)
        if parsed is None or not isinstance(parsed.model, ProcessFile):
            continue
        if getattr(parsed.model.uses, table.kind, None) == table.name:
            yield process


def _parsed(file: Path) -> Parsed | None:
    try:
        return parse(text_of(file))
    except DefinitionError:
        return None
