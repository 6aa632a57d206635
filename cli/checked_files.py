"""Everything wrong in a set of files: processes with their tables, tables by themselves and for whoever uses them.

What a condition in a table may read, only a process can say that has the fields. So a table is also looked at through
the newest processes of its folder of definitions that use it; of those, only findings in the table itself are told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from client.mapping import read_mapping
from engine.analysis.allowances import Verdict, judge
from engine.analysis.analyse import analyse, documents_of
from engine.compiling.bundle import Parsed, parse
from engine.compiling.checking import Checker
from engine.compiling.compile import Compiled
from engine.compiling.elsewhere import unknown_processes
from engine.compiling.table_alone import check_alone, strangers
from engine.errors import DefinitionError, Finding, Mark
from engine.language.definition import ProcessFile
from engine.language.tables import RosterFile
from engine.reading.document import Document
from engine.reading.source import read_file
from store.definition_files import load_compiled, process_files, process_names, shown, text_of


def checked(files: Iterable[Path], beside: Iterable[Finding] = ()) -> Verdict:
    """Every finding, each once, in the order of files and lines; those that are allowed set apart.

    `beside` are findings that were made already, such as `misnamed_in` makes.
    """
    looks = _Looks([*beside])
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
            looks.found += error.findings
    for file in processes:
        looks.at_process(file)
    for file, table in tables.values():
        looks.found += _in_table(file, table)
        looks.documents[shown(file)] = table.document
    for file, table in tables.values():
        sound = [looks.at_process(user, only=tables) for user in _users(file, table)]
        if all(sound):
            looks.complete.append(shown(file))
    return judge(dict.fromkeys(looks.found), looks.documents.values(), looks.complete)


@dataclass
class _Looks:
    """What was seen so far. `complete` are the files of which everything there is to find was looked for."""

    found: list[Finding] = field(default_factory=list)
    documents: dict[str, Document] = field(default_factory=dict)
    complete: list[str] = field(default_factory=list)
    seen: dict[Path, bool] = field(default_factory=dict)

    def at_process(self, file: Path, only: Collection[str] | None = None) -> bool:
        """Look at a process once, and say whether it could be analysed. `only` are the files whose findings are told."""
        if (place := file.resolve()) not in self.seen:
            findings, compiled = _in_process(file)
            self.found += [one for one in findings if only is None or one.mark.file in only]
            self.seen[place] = compiled is not None
            for document in documents_of(compiled) if compiled is not None else ():
                if only is None or document.file in only:
                    self.documents[document.file] = document
            if compiled is not None and only is None:
                self.complete.append(compiled.source.document.file)
        return self.seen[place]


def misnamed_in(folder: Path) -> Iterator[Finding]:
    """Files that nobody would find."""
    for file in sorted(folder.rglob("*.yml")):
        message = "definitions are looked for in files that end in .yaml, so nothing finds this one"
        yield Finding(Mark(shown(file), 1, 1), "FILE_NAME", message, f"Rename it to {file.stem}.yaml.")


def _in_process(file: Path) -> tuple[list[Finding], Compiled | None]:
    elsewhere = _handed_over(file)
    try:
        _, compiled = load_compiled(file)
    except DefinitionError as error:
        return [*elsewhere, *error.findings], None
    return [*elsewhere, *analyse(compiled)], compiled


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
