"""What is pinned when a process is published: its file and every table it uses, as written, under one digest.

The digest is of what the files say, not of how: comments, order of keys and quotes do not count.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import DefinitionError, Finding, Mark
from engine.language.definition import ProcessFile, Written
from engine.language.migration import MigrationFile
from engine.language.scenario import ScenarioFile
from engine.language.simulation import SimulationPlan
from engine.language.tables import TABLE_MODELS
from engine.reading.document import Document, Plain
from engine.reading.source import read
from engine.reading.validation import validate

KINDS: Mapping[str, type[Written]] = {
    "process": ProcessFile,
    "scenarios": ScenarioFile,
    "simulate": SimulationPlan,
    "migrate": MigrationFile,
    **TABLE_MODELS,
}
"""First key of a file to its model."""


@dataclass(frozen=True, slots=True)
class SourceText:
    """A file as written. `name` is what findings call it."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where tables were looked for, and the others that lie there: for findings only, nothing of it is pinned."""

    folders: tuple[str, ...] = ()
    others: tuple[tuple[str, str], ...] = ()
    """Kind and name."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A process file with the tables it uses, unparsed."""

    process: SourceText
    tables: tuple[SourceText, ...] = ()
    shelf: Shelf = field(default=Shelf(), compare=False)

    def to_json(self) -> str:
        """As it is stored when published."""
        return json.dumps({"process": _pair(self.process), "tables": [_pair(table) for table in self.tables]})

    @staticmethod
    def from_json(body: str) -> Bundle:
        data = json.loads(body)
        return Bundle(SourceText(*data["process"]), tuple(SourceText(*pair) for pair in data["tables"]))


@dataclass(frozen=True, slots=True)
class Parsed:
    """One file, read and validated. `kind` is its first key, `name` the value of that."""

    kind: str
    name: str
    document: Document
    model: Written


def parse(source: SourceText) -> Parsed:
    """Read one file of any kind. Raises DefinitionError with every finding in it."""
    document = read(source.text, source.name)
    kind = kind_of(document)
    model = validate(KINDS[kind], document)
    return Parsed(kind, str(getattr(model, kind)), document, model)


def kind_of(document: Document) -> str:
    """Which kind of file this is, by the key that names it. Raises DefinitionError where none does."""
    value = document.value
    kind = next((key for key in value if key in KINDS), None) if isinstance(value, dict) else None
    if kind is None:
        kinds = ", ".join(KINDS)
        raise DefinitionError(
            [
                Finding(
                    document.mark(()) if value is not None else Mark(document.file, 1, 1),
                    "UNKNOWN_KIND",
                    "this file does not say what it is",
                    f"Begin it with one of: {kinds}; for instance `process: my_process`.",
                )
            ]
        )
    return str(kind)


def digest_of(parsed: list[Parsed]) -> str:
    """SHA-256 over what all files say, in hex. The order of files does not count."""
    content = {f"{one.kind}:{one.name}": _keyed(one.document.value) for one in parsed}
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _keyed(value: Plain) -> Any:
    """The same with every key as text: a table may have whole numbers beside words for keys."""
    if isinstance(value, dict):
        return {str(key): _keyed(item) for key, item in value.items()}
    return [_keyed(item) for item in value] if isinstance(value, list) else value


def _pair(source: SourceText) -> list[str]:
    return [source.name, source.text]
