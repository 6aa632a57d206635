"""Definitions as files: a process file and the tables it uses, found by the names they give themselves.

Tables are looked for in the `tables/` folder of the nearest folder above that has one, and beside the process file. Everything is read
as text; what it says is `engine.compiling.compile`'s to judge.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from engine.compiling.bundle import Bundle, SourceText, kind_of, parse
from engine.compiling.compile import compile_bundle
from engine.errors import DefinitionError, Finding, Mark
from engine.language.definition import ProcessFile, Uses
from engine.process import Process
from engine.reading.document import Document
from engine.reading.source import read_file


def bundle_of(path: Path) -> Bundle:
    """The process in this file with the tables it uses. Raises DefinitionError where a file cannot be read or is no process."""
    source = _text(path)
    process = parse(source)
    if not isinstance(process.model, ProcessFile):
        mark = process.document.mark((process.kind,))
        raise DefinitionError(
            [Finding(mark, "NOT_A_PROCESS", f"this file is a {process.kind} table", "Name the file of a process.")]
        )
    wanted = {(kind, name) for kind in Uses.model_fields if (name := getattr(process.model.uses, kind)) is not None}
    found: dict[tuple[str, str], SourceText] = {}
    findings: list[Finding] = []
    for file in table_files(path):
        named = _named(file)
        if named is None or named[0] not in wanted:
            continue
        key, mark = named
        if key in found:
            message = f"{found[key].name} is a {key[0]} table '{key[1]}' too"
            findings.append(Finding(mark, "DUPLICATE_TABLE", message, "Give one of them another name."))
        found[key] = _text(file)
    if findings:
        raise DefinitionError(findings)
    return Bundle(source, tuple(found[key] for key in sorted(found)))


def load_process(path: Path) -> tuple[Bundle, Process]:
    """Read and compile a process file. Raises DefinitionError with every finding in any of its files."""
    bundle = bundle_of(path)
    return bundle, compile_bundle(bundle)


def process_files(definitions: Path) -> list[Path]:
    """The newest version of each process in a definitions folder: the highest `vN.yaml` of every folder that has one."""
    newest = []
    for folder in sorted(path for path in definitions.iterdir() if path.is_dir()):
        versions = sorted(
            folder.glob("v*.yaml"), key=lambda file: int(file.stem[1:]) if file.stem[1:].isdecimal() else -1
        )
        newest += versions[-1:]
    return newest


def table_files(path: Path) -> Iterator[Path]:
    """Files that may hold tables for a process file, in a fixed order."""
    yield from (file for file in sorted(path.parent.glob("*.yaml")) if file != path)
    for folder in path.resolve().parents:
        if (folder / "tables").is_dir():
            yield from sorted((folder / "tables").rglob("*.yaml"))
            return


def _named(file: Path) -> tuple[tuple[str, str], Mark] | None:
    """Which table a file says it is. A file that cannot be read is somebody else's trouble unless it is used."""
    try:
        document: Document = read_file(file, _shown(file))
        kind = kind_of(document)
    except DefinitionError:
        return None
    value = document.value
    name = value[kind] if isinstance(value, dict) else None
    return ((kind, str(name)), document.mark((kind,))) if kind != "process" else None


def _text(file: Path) -> SourceText:
    """Reads through the strict reader first, for its limits on size and its words for what is no text."""
    read_file(file, _shown(file))
    return SourceText(_shown(file), file.read_text(encoding="utf-8"))


def _shown(file: Path) -> str:
    """As a person would name it: below the current folder where it lies there."""
    try:
        return str(file.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(file)
