"""What a running stack writes down: `home/stack.json`, true only while `home/run/stack.lock` is held."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from engine.errors import StackError
from stack.environment import to_our_temporal, without_temporal
from stack.home import write_anew
from stack.lock import is_held
from stack.process import lock_path


class PartKind(StrEnum):
    """Tells how to ask a part whether it is up."""

    POSTGRES = "postgres"
    TEMPORAL = "temporal"
    MAIL = "mail"
    WEBHOOK = "webhook"
    CHILD = "child"


@dataclass(frozen=True)
class Endpoints:
    """Where everything listens. `database_url` holds a password, so it stays out of the representation.

    `own_temporal`: it is the user's, so their configuration says how it is reached.
    """

    database_url: str = field(repr=False)
    temporal_address: str
    ui_url: str | None = None
    smtp_url: str | None = None
    webhook_url: str | None = None
    outbox: str | None = None
    own_temporal: bool = False

    def environment(self, inherited: Mapping[str, str]) -> dict[str, str]:
        """What every child process gets: what the owner of the stack has, and where everything is."""
        if self.own_temporal:
            base = {**inherited, "TEMPORAL_ADDRESS": self.temporal_address}
        else:
            base = {**without_temporal(inherited), **to_our_temporal(self.temporal_address)}
        told = {
            "DATABASE_URL": self.database_url,
            "LEADFLOW_TEMPORAL_UI_URL": self.ui_url,
            "LEADFLOW_SMTP_URL": self.smtp_url,
            "LEADFLOW_WEBHOOK_URL": self.webhook_url,
        }
        return base | {name: value for name, value in told.items() if value is not None}


@dataclass(frozen=True)
class Part:
    """`ours` is False for a server of the user's own. `where` is fit to be shown. `trouble` is the last death;
    `restarted_at` says when it was got over, and is empty while it is not. `restarts` counts starts after a death.
    """

    name: str
    kind: PartKind
    where: str
    ours: bool = True
    restarts: int = 0
    trouble: str = ""
    restarted_at: str = ""


@dataclass(frozen=True)
class State:
    """`pid` is the process that owns the stack, `started_at` an aware time. `ready` turns true when everything has
    answered once.
    """

    pid: int
    started_at: datetime
    ready: bool
    endpoints: Endpoints | None
    parts: tuple[Part, ...]


def owner_lock(home: Path) -> Path:
    """Held by the process that owns the home's stack, and dropped by the kernel when it dies."""
    return lock_path(home, "stack")


def write_state(home: Path, state: State) -> None:
    write_anew(home / "stack.json", json.dumps(asdict(state), indent=2, default=str))


def read_state(home: Path) -> State | None:
    """What runs in `home`; None when nothing does, whatever a killed stack may have left written there."""
    if not is_held(owner_lock(home)):
        return None
    try:
        text = (home / "stack.json").read_text()
    except FileNotFoundError:
        return None  # it has only just begun, or has just ended
    try:
        return _parse(json.loads(text))
    except (KeyError, TypeError, ValueError):
        raise StackError(
            f"{home / 'stack.json'} was written by another version of leadflow",
            "Stop that stack with the version that started it, or end its process; its parts end with it.",
        ) from None


def remove_state(home: Path) -> None:
    (home / "stack.json").unlink(missing_ok=True)


def _parse(values: dict[str, Any]) -> State:
    endpoints = values["endpoints"]
    return State(
        pid=int(values["pid"]),
        started_at=datetime.fromisoformat(values["started_at"]),
        ready=bool(values["ready"]),
        endpoints=None if endpoints is None else Endpoints(**endpoints),
        parts=tuple(Part(**{**part, "kind": PartKind(part["kind"])}) for part in values["parts"]),
    )
