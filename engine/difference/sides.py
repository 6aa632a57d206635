"""One version of a process as it is compared: its files, the places of their parts, and what stages are called."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from enum import Enum

from pydantic import BaseModel

from engine.compiling.bundle import Bundle, Parsed, parse
from engine.compiling.flatten import Stages
from engine.errors import Mark
from engine.language.definition import ProcessFile, Stage
from engine.reading.document import Document, ListNode, NodePath
from engine.time.durations import Duration


class Side:
    """Raises DefinitionError where a file of the bundle cannot be read."""

    def __init__(self, bundle: Bundle) -> None:
        parsed = [parse(source) for source in (bundle.process, *bundle.tables)]
        self.files: Mapping[str, Parsed] = {one.kind: one for one in parsed}
        process = parsed[0].model
        assert isinstance(process, ProcessFile), "a bundle begins with its process"
        self.process = process
        self.stages = Stages(process)

    @property
    def start(self) -> str | None:
        """The stage that new leads stand in first, written or not."""
        name = self.process.start or first_of(self.process.stages)
        path = self.stages.find(name) if name else None
        return self.stages.leaf_of(path) if path else name

    def mark(self, kind: str, path: NodePath, *, key: bool = False) -> Mark | None:
        """Where a part stands: of a key that names it, or of the value. None where the file has no such part."""
        file = self.files.get(kind)
        if file is None:
            return None
        written = _as_written(file.document, path)
        return file.document.key_mark(written) if key else file.document.mark(written)

    def stage_named(self, name: str) -> str:
        """The full path of a stage, however it is named; the name itself where there is none."""
        return self.stages.find(name) or name

    def title_of(self, path: str) -> str:
        """A stage as people say it: `Sales Accepted / Contacted`."""
        placed = self.stages.placed.get(path)
        return " / ".join(self.stages.title(one) for one in placed.chain) if placed else path


def first_of(stages: Mapping[str, Stage]) -> str | None:
    return next(iter(stages), None)


def canonical(value: object) -> str:
    """The same text for what says the same, and never for what does not: true is not 1, nor 1 the text of it."""
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=False)


def _plain(value: object) -> object:
    match value:
        case BaseModel():
            said = {name: _plain(getattr(value, name)) for name in type(value).model_fields}
            return {
                "": type(value).__name__,
                **said,
                **{key: _plain(one) for key, one in (value.model_extra or {}).items()},
            }
        case Mapping():
            return {str(key): _plain(one) for key, one in value.items()}
        case str() if not isinstance(value, Enum):
            return value
        case Enum():
            return value.value
        case Duration():
            return str(value)
        case Sequence():
            return [_plain(one) for one in value]
        case _:
            return value


def _as_written(document: Document, path: NodePath) -> NodePath:
    """The way as the author wrote it: where one thing stands instead of a list of one, there is no number."""
    written: NodePath = ()
    for part in path:
        if not isinstance(part, int) or isinstance(document.node(written), ListNode):
            written = (*written, part)
    return written
