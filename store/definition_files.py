"""Definitions as files: a process file and the tables it uses, found by the names they give themselves.

Tables are looked for in the `tables/` folder of the nearest folder above that has one, and beside the process file. Everything is read
as text; what it says is `engine.compiling.compile`'s to judge.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from engine.analysis.allowances import judge
from engine.analysis.analyse import analyse, documents_of
from engine.compiling.bundle import KINDS, Bundle, Shelf, SourceText, kind_of, parse
from engine.compiling.compile import Compiled, compile_files
from engine.errors import DefinitionError, Finding, Mark
from engine.language.definition import ProcessFile, Uses
from engine.process import Process
from engine.reading.document import Document
from engine.reading.source import read_file

_SAYS = re.compile(r"^['\"]?(\w+)['\"]?\s*:", re.MULTILINE)
_SAYS_PROCESS = re.compile(r"^['\"]?process['\"]?\s*:\s*['\"]?(\w+)", re.MULTILINE)

TableKey = tuple[str, str]
"""Kind and name of a table."""


def bundle_of(path: Path) -> Bundle:
    """The process in this file with the tables it uses. Raises DefinitionError where a file cannot be read or is no process."""
    source = text_of(path)
    process = parse(source)
    if not isinstance(process.model, ProcessFile):
        mark = process.document.mark((process.kind,))
        raise DefinitionError(
            [Finding(mark, "NOT_A_PROCESS", f"this file is a {process.kind} table", "Name the file of a process.")]
        )
    wanted = {(kind, name) for kind in Uses.model_fields if (name := getattr(process.model.uses, kind)) is not None}
    found: dict[TableKey, SourceText] = {}
    others: list[TableKey] = []
    findings: list[Finding] = []
    unread: list[tuple[Path, DefinitionError]] = []
    for file in table_files(path):
        try:
            named = _named(file)
        except DefinitionError as error:
            unread.append((file, error))
            continue
        if named is None:
            continue
        key, mark = named
        if key not in wanted:
            others.append(key)
            continue
        if key in found:
            message = f"{found[key].name} is a {key[0]} table '{key[1]}' too"
            findings.append(Finding(mark, "DUPLICATE_TABLE", message, "Give one of them another name."))
        found[key] = text_of(file)
    # A file that cannot be read is somebody else's trouble, unless it may be what is missing here.
    missing = wanted - found.keys()
    findings += [finding for file, error in unread if _may_be_one_of(file, missing) for finding in error.findings]
    if findings:
        raise DefinitionError(findings)
    folders = tuple(dict.fromkeys(shown(folder) for folder in _table_folders(path)))
    return Bundle(source, tuple(found[key] for key in sorted(found)), Shelf(folders, tuple(others)))


def load_process(path: Path) -> tuple[Bundle, Process]:
    """Read and compile a process file. Raises DefinitionError with every finding in any of its files."""
    bundle, compiled = load_compiled(path)
    return bundle, compiled.process


def load_compiled(path: Path) -> tuple[Bundle, Compiled]:
    """The same with the files that the process was made of, for its analysis."""
    bundle = bundle_of(path)
    findings = _misnamed(path, bundle)
    try:
        compiled = compile_files(bundle)
    except DefinitionError as error:
        raise DefinitionError([*findings, *error.findings]) from None
    if findings:
        raise DefinitionError(findings)
    return bundle, compiled


def load_sound(path: Path) -> tuple[Bundle, Process]:
    """A process in which no lead can be lost: refused with what its analysis finds, but for what its author allows.

    Whether something is allowed for nothing, only a look at all processes together can say.
    """
    bundle, compiled = load_compiled(path)
    verdict = judge(analyse(compiled), documents_of(compiled), ())
    if verdict.findings:
        raise DefinitionError(list(verdict.findings))
    return bundle, compiled.process


def process_files(definitions: Path) -> list[Path]:
    """The newest version of each process in a definitions folder: the highest `vN.yaml` of every folder that has one."""
    newest = []
    for folder in sorted(path for path in definitions.iterdir() if path.is_dir()):
        versions = sorted(
            folder.glob("v*.yaml"), key=lambda file: int(file.stem[1:]) if file.stem[1:].isdecimal() else -1
        )
        newest += versions[-1:]
    return newest


def process_names(path: Path) -> set[str]:
    """The processes in the folder of definitions that this process file lies in, those that cannot be read included."""
    folder = path.resolve().parent
    files = {*folder.glob("*.yaml"), *folder.parent.glob("*/v*.yaml")}
    texts = (file.read_text(encoding="utf-8", errors="replace") for file in files if file.is_file())
    return {match[1] for text in texts if (match := _SAYS_PROCESS.search(text))}


def table_files(path: Path) -> Iterator[Path]:
    """Files that may hold tables for a process file, in a fixed order."""
    beside, *above = _table_folders(path)
    yield from (file for file in sorted(beside.glob("*.yaml")) if file != path)
    for folder in above:
        yield from sorted(folder.rglob("*.yaml"))


def shown(file: Path) -> str:
    """As a person would name it: below the current folder where it lies there."""
    try:
        return str(file.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(file)


def text_of(file: Path) -> SourceText:
    """Reads through the strict reader first, for its limits on size and its words for what is no text."""
    read_file(file, shown(file))
    return SourceText(shown(file), file.read_text(encoding="utf-8"))


def _table_folders(path: Path) -> list[Path]:
    """The process's own, and the `tables/` of the nearest folder above that has one."""
    nearest = next((folder / "tables" for folder in path.resolve().parents if (folder / "tables").is_dir()), None)
    return [path.parent, nearest] if nearest is not None else [path.parent]


def _misnamed(path: Path, bundle: Bundle) -> list[Finding]:
    """`v2.yaml` holds version 2: whoever copies a version must say in it that it is the next one."""
    process = parse(bundle.process)
    number = path.stem[1:]
    if not (path.stem.startswith("v") and number.isdecimal() and isinstance(process.model, ProcessFile)):
        return []
    if int(number) == process.model.version:
        return []
    message = f"the file is called {path.name} and says version {process.model.version}"
    remedy = f"Write `version: {int(number)}`, or rename the file to v{process.model.version}{path.suffix}."
    return [Finding(process.document.mark(("version",)), "VERSION_NAME", message, remedy)]


def _named(file: Path) -> tuple[TableKey, Mark] | None:
    """Which table a file says it is, None where it is a process. Raises DefinitionError for a file that cannot be read."""
    document: Document = read_file(file, shown(file))
    kind = kind_of(document)
    value = document.value
    name = value[kind] if isinstance(value, dict) else None
    return ((kind, str(name)), document.mark((kind,))) if kind != "process" else None


def _may_be_one_of(file: Path, missing: set[TableKey]) -> bool:
    """Whether a file that cannot be read was to be one of these tables: by the kind that it says, or else by the name."""
    if not missing or not file.is_file():
        return False
    text = file.read_text(encoding="utf-8", errors="replace")
    said = next((key for key in _SAYS.findall(text) if key in KINDS), None)
    if said is not None:
        return any(kind == said for kind, _ in missing)
    return any(re.search(rf"^\W*\w+\W+{re.escape(name)}\b", text, re.MULTILINE) for _, name in missing)
