"""Everything wrong in a set of files: processes with their tables, tables by themselves and for whoever uses them.

What a condition in a table may read, only a process can say that has the fields. So a table is also looked at through
the newest processes of its folder of definitions that use it; of those, only findings in the table itself are told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cli.neighbours import Neighbours
from client.history.mapping import read_history
from client.hooks.file import read_hook
from client.mapping import read_mapping
from engine.analysis.allowances import Verdict, judge
from engine.analysis.analyse import analyse
from engine.analysis.front_door import check_taken
from engine.analysis.livelock import check_handed_round
from engine.analysis.personal import check_personal_elsewhere
from engine.analysis.unused import check_table_used
from engine.compiling.bundle import Parsed, parse
from engine.compiling.checking import Checker
from engine.compiling.compile import Compiled
from engine.compiling.elsewhere import unknown_processes
from engine.compiling.table_alone import check_alone, strangers
from engine.errors import DefinitionError, Finding, Mark
from engine.language.definition import Uses
from engine.language.tables import RosterFile
from engine.reading.document import Document
from engine.reading.source import read_file
from store.definition_files import load_compiled, process_files, process_names, shown, text_of
from store.scenario_files import ScenarioFiles
from trials.scenarios.case import Setting
from trials.scenarios.reading import cases_of


def checked(files: Iterable[Path], beside: Iterable[Finding] = ()) -> Verdict:
    """Every finding, each once, in the order of files and lines; those that are allowed set apart.

    `beside` are findings that were made already, such as `misnamed_in` makes.
    """
    looks = _Looks([*beside])
    processes: list[Path] = []
    tables: dict[str, tuple[Path, Parsed]] = {}
    scenarios = ScenarioFiles()
    for file in files:
        try:
            said = read_file(file, shown(file)).value
            if isinstance(said, dict) and "process" in said:
                processes.append(file)
            elif isinstance(said, dict) and "mapping" in said:
                read_mapping(file)
            elif isinstance(said, dict) and "history" in said:
                read_history(file)
            elif isinstance(said, dict) and "hook" in said:
                read_hook(file, shown(file))
            elif isinstance(said, dict) and "scenarios" in said:
                looks.found += _in_scenarios(file, scenarios)
            else:
                tables[shown(file)] = file, parse(text_of(file))
        except DefinitionError as error:
            looks.found += error.findings
    for file in processes:
        looks.at_process(file)
    for file, table in tables.values():
        looks.at_table(file, table, tables)
    looks.at_all(processes)
    return judge(dict.fromkeys(looks.found), looks.documents.values(), looks.complete)


@dataclass
class _Looks:
    """What was seen so far. `complete` are the files of which everything there is to find was looked for."""

    found: list[Finding] = field(default_factory=list)
    documents: dict[str, Document] = field(default_factory=dict)
    complete: list[str] = field(default_factory=list)
    sound: dict[Path, bool] = field(default_factory=dict)
    together: dict[str, Parsed] = field(default_factory=dict)
    compiled: dict[Path, list[Compiled]] = field(default_factory=dict)
    """By the folder of definitions that they lie in: those of another are not asked for the same leads."""
    around: Neighbours = field(default_factory=Neighbours)

    def at_process(self, file: Path, only: Collection[str] | None = None) -> bool:
        """Look at a process once, and say whether it could be analysed. `only` are the files whose findings are told."""
        if (place := file.resolve()) not in self.sound:
            findings, compiled = self._in_process(file)
            self.found += [one for one in findings if only is None or one.mark.file in only]
            self.sound[place] = compiled is not None
            for one in (compiled.source, *compiled.tables) if compiled is not None else ():
                self.together[one.document.file] = one
                if only is None or one.document.file in only:
                    self.documents[one.document.file] = one.document
            if compiled is not None:
                self.compiled.setdefault(place.parent.parent, []).append(compiled)
                if only is None:
                    self.complete.append(compiled.source.document.file)
        return self.sound[place]

    def at_table(self, file: Path, table: Parsed, told: Collection[str]) -> None:
        """Look at a table by itself, through the processes that use it, and for what nobody uses."""
        check = Checker()
        check_alone(check, table)
        if isinstance(table.model, RosterFile):
            _strangers(check, table, table.model, list(self.around.other_rosters(file)))
        elif table.kind in Uses.model_fields and (users := self.around.all_users(file, table)) is not None:
            check_table_used(check, table, users)
        self.found += check.findings
        self.documents[shown(file)] = table.document
        sound = [self.at_process(user, told) for user in self.around.users(file, table)]
        if all(sound):
            self.complete.append(shown(file))

    def at_all(self, processes: Iterable[Path]) -> None:
        """Look at what only several processes together can tell, the newest of the folder among them: so that one file alone
        has the findings that it has in company."""
        folders = dict.fromkeys(file.resolve().parent.parent for file in processes if file.stem.startswith("v"))
        for file in [file for folder in folders for file in process_files(folder)]:
            self.at_process(file, only=())
        check = Checker()
        check_personal_elsewhere(check, self.together.values())
        for among_themselves in self.compiled.values():
            check_taken(check, among_themselves)
            check_handed_round(check, among_themselves)
        self.found += [one for one in check.findings if one.mark.file in self.documents]

    def _in_process(self, file: Path) -> tuple[list[Finding], Compiled | None]:
        elsewhere = self._handed_over(file)
        try:
            _, compiled = load_compiled(file)
        except DefinitionError as error:
            return [*elsewhere, *error.findings], None
        return [*elsewhere, *analyse(compiled)], compiled

    def _handed_over(self, file: Path) -> list[Finding]:
        """A process that is alone in its folder goes on in ones that lie elsewhere; publishing looks for those."""
        process = self.around.parsed(file)
        if process is None:
            return []
        names = process_names(file)
        return unknown_processes(process, names) if names - {process.name} else []


def misnamed_in(folder: Path) -> Iterator[Finding]:
    """Files that nobody would find."""
    for file in sorted(folder.rglob("*.yml")):
        message = "definitions are looked for in files that end in .yaml, so nothing finds this one"
        yield Finding(Mark(shown(file), 1, 1), "FILE_NAME", message, f"Rename it to {file.stem}.yaml.")


def _strangers(check: Checker, at: Parsed, roster: RosterFile, others: Sequence[RosterFile]) -> None:
    people = {person for other in others for person in other.people}
    teams = {team for other in others for team in other.teams}
    for path, words in strangers(roster, people, teams):
        check.report(at, path, "NOT_IN_ROSTER", words, "Add who or what is missing, or correct the name.")


def _in_scenarios(file: Path, files: ScenarioFiles) -> list[Finding]:
    """What is wrong in the process that they try out is told where it stands."""
    try:
        parsed, around = files.read(file)
        cases_of(parsed, Setting(around.process, around.others, around.rosters))
    except DefinitionError as error:
        return error.findings
    return []
