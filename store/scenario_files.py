"""Scenarios as files: they lie beside the process that they try out, or in a folder `scenarios/` there.

Where no version is named the newest counts, found in the folder of the file or in the nearest one above; so do the newest of the
processes that a lead may go on in, and the rosters in `rosters/` beside them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.compiling.bundle import Bundle, Parsed, SourceText, parse
from engine.errors import DefinitionError, Finding
from engine.language.tables import RosterFile
from engine.process import Process
from engine.reading.source import read_file
from store.definition_files import load_process, process_files, shown, text_of


@dataclass(frozen=True, slots=True)
class Around:
    """What lies around a file of scenarios: its process, the others of its folder of definitions, the rosters."""

    process: Process
    others: tuple[Process, ...]
    rosters: Mapping[str, RosterFile]
    bundles: tuple[Bundle, ...]
    """As they would be published: of the process first, then of the others."""


class ScenarioFiles:
    """Reads files of scenarios; what several of them share is read once."""

    def __init__(self) -> None:
        self._processes: dict[Path, tuple[Bundle, Process]] = {}

    def read(self, file: Path, process: Path | None = None) -> tuple[Parsed, Around]:
        """What a file says, of the newest version of its process or of the one in the file `process`.

        Raises DefinitionError where it is no such file, or its process cannot be compiled.
        """
        parsed = parse(text_of(file))
        if parsed.kind != "scenarios":
            what = "a process" if parsed.kind == "process" else f"a {parsed.kind} table"
            remedy = "Name a file that begins with `scenarios: PROCESS`."
            raise DefinitionError([Finding(parsed.document.mark(()), "NOT_SCENARIOS", f"this file is {what}", remedy)])
        return parsed, self.around(process or self._process_file(file, parsed))

    def around(self, source: Path) -> Around:
        """What lies around the file of a process."""
        bundle, process = self._process(source)
        others = [
            self._process(other)
            for other in process_files(source.resolve().parent.parent)
            if other.resolve() != source.resolve()
        ]
        different = [one for one in others if one[1].name != process.name]
        bundles = (bundle, *(other for other, _ in different))
        return Around(process, tuple(one for _, one in different), self._rosters(source), bundles)

    def _process_file(self, file: Path, parsed: Parsed) -> Path:
        """The newest version of the process, in the nearest folder that has one."""
        names: list[str] = []
        for folder in (file.resolve().parent, *file.resolve().parents[1:3]):
            for candidate in _candidates(folder):
                name = _says(candidate)
                if name == parsed.name:
                    return candidate
                names.append(name)
        known = ", ".join(dict.fromkeys(name for name in names if name))
        remedy = f"Known here are: {known}." if known else "Put the file beside the process, or in a folder below it."
        message = f"there is no process '{parsed.name}' beside this file or above it"
        raise DefinitionError([Finding(parsed.document.mark(("scenarios",)), "UNKNOWN_PROCESS", message, remedy)])

    def _process(self, file: Path) -> tuple[Bundle, Process]:
        file = file.resolve()
        if file not in self._processes:
            self._processes[file] = load_process(file)
        return self._processes[file]

    def _rosters(self, source: Path) -> dict[str, RosterFile]:
        found: dict[str, RosterFile] = {}
        folder = source.resolve().parent
        for place in (folder, folder.parent / "rosters", folder / "rosters"):
            for file in sorted(place.glob("*.yaml")):
                if (roster := _roster(file)) is not None:
                    found.setdefault(roster.roster, roster)
        return found


def scenario_files(folder: Path) -> Iterator[Path]:
    """Every file of scenarios in a folder and below."""
    for file in sorted(folder.rglob("*.yaml")):
        if "scenarios:" in file.read_text(encoding="utf-8", errors="replace") and says_scenarios(file):
            yield file


def scenarios_of(process: Path) -> list[Path]:
    """The files of scenarios that lie beside the file of a process, or below it."""
    return [file for file in scenario_files(process.parent) if _name_in(file) == _says(process)]


def _name_in(file: Path) -> str:
    said = read_file(file, shown(file)).value
    return str(said["scenarios"]) if isinstance(said, dict) else ""


def says_process(file: Path) -> bool:
    """Whether a file says that it is a process."""
    return bool(_says(file))


def says_scenarios(file: Path) -> bool:
    """Whether a file says that it holds scenarios; one that cannot be read does where it begins so."""
    try:
        said = read_file(file, shown(file)).value
    except DefinitionError:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        return any(line.startswith("scenarios:") for line in lines)
    return isinstance(said, dict) and "scenarios" in said


def _candidates(folder: Path) -> list[Path]:
    """Versions first, the newest before the others; then files with any name."""
    if not folder.is_dir():
        return []
    versions = [file for file in folder.glob("v*.yaml") if file.stem[1:].isdecimal()]
    versions.sort(key=lambda file: -int(file.stem[1:]))
    return [*versions, *(file for file in sorted(folder.glob("*.yaml")) if file not in versions)]


def _says(file: Path) -> str:
    """The process that a file says it is, empty where it is none."""
    try:
        said = read_file(file, shown(file)).value
    except DefinitionError:
        return ""
    return str(said["process"]) if isinstance(said, dict) and "process" in said else ""


def _roster(file: Path) -> RosterFile | None:
    text = file.read_text(encoding="utf-8", errors="replace")
    if not any(line.startswith("roster:") for line in text.splitlines()):
        return None
    model = parse(SourceText(shown(file), text)).model
    return model if isinstance(model, RosterFile) else None
