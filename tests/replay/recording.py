"""A recorded life: the history of one run of a lead, the definitions it ran on as they were then, and the state it ended in.

The three belong together: later versions of the workflow must replay the history to the very same state, whatever has become of the
files under definitions/ meanwhile. Definitions are kept once each, by digest.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from temporalio.client import WorkflowHistory

from engine.compiling.bundle import Bundle
from engine.compiling.compile import compile_bundle
from engine.process import Process
from workflows.messages import Carried

FOLDER = Path(__file__).parent
_CARRIED: TypeAdapter[Carried] = TypeAdapter(Carried)
_NOBODY = "worker"


@dataclass(frozen=True)
class Recording:
    """`limit` is the history's length at which leads continued as new when it was recorded; `state` as JSON."""

    name: str
    history: dict[str, Any]
    definitions: tuple[str, ...]
    limit: int
    state: dict[str, Any]

    def save(self) -> None:
        body = {"definitions": self.definitions, "limit": self.limit, "state": self.state, "history": self.history}
        _write(FOLDER / "histories" / f"{self.name}.json", body)

    def processes(self) -> list[Process]:
        """Compiled from the definitions as they were recorded."""
        bodies = [
            (FOLDER / "definitions" / f"{digest}.json").read_text(encoding="utf-8") for digest in self.definitions
        ]
        return [compile_bundle(Bundle.from_json(body)) for body in bodies]

    def replayable(self) -> WorkflowHistory:
        return WorkflowHistory.from_json(self.name, self.history)


def as_json(carried: Carried) -> dict[str, Any]:
    """The state as it is recorded and compared."""
    return dict(_CARRIED.dump_python(carried, mode="json"))


def recordings() -> list[Recording]:
    found = []
    for file in sorted((FOLDER / "histories").glob("*.json")):
        body = json.loads(file.read_text(encoding="utf-8"))
        found.append(Recording(file.stem, body["history"], tuple(body["definitions"]), body["limit"], body["state"]))
    return found


def keep(bundles: Iterable[tuple[str, Bundle]]) -> None:
    """Keep definitions by digest."""
    for digest, bundle in bundles:
        _write(FOLDER / "definitions" / f"{digest}.json", json.loads(bundle.to_json()))


def nameless(history: WorkflowHistory) -> dict[str, Any]:
    """The history without the names that a machine gives to its processes."""
    return dict(_nameless(json.loads(history.to_json())))


def _nameless(value: Any) -> Any:
    if isinstance(value, list):
        return [_nameless(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {name: _nameless(item) for name, item in value.items()}
    if "identity" in kept:
        kept["identity"] = _NOBODY
    if kept.get("kind") == "TASK_QUEUE_KIND_STICKY":
        kept["name"] = _NOBODY
    return kept


def _write(file: Path, body: object) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(body, separators=(",", ":"), ensure_ascii=False) + "\n", encoding="utf-8")
