"""What `leadflow doctor` looks at on this machine, and what a finding is."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from engine.errors import StackError
from settings import Settings
from stack.cluster import find_binaries
from stack.ports import is_free
from stack.state import State
from stack.temporal import find_temporal

OLDEST_PYTHON = (3, 11)
LITTLE_SPACE = 1_000_000_000  # bytes


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `remedy` is empty where it is as it must be."""

    ok: bool
    what: str
    remedy: str = ""


def of_machine(settings: Settings, state: State | None) -> list[Check]:
    """Tools, ports and room for the local stack; `state` is that of a running one."""
    return [_python(), *_programs(settings), *_ports(settings, state), *_home(settings)]


def _python() -> Check:
    found = ".".join(map(str, sys.version_info[:3]))
    wanted = ".".join(map(str, OLDEST_PYTHON))
    ok = sys.version_info >= OLDEST_PYTHON
    return Check(ok, f"Python {found}", "" if ok else f"Install Python {wanted} or later and run `make setup`.")


def _programs(settings: Settings) -> Iterable[Check]:
    """Only those that the local stack would run."""
    if not settings.own_temporal:
        yield _program("Temporal", find_temporal)
    if settings.database_url is None:
        yield _program("PostgreSQL", lambda: find_binaries(settings.pg_bin))


def _program(name: str, find: Callable[[], Path]) -> Check:
    try:
        return Check(True, f"programs of {name} in {_folder(find())}")
    except StackError as error:
        return Check(False, error.message, error.remedy)


def _folder(path: Path) -> Path:
    return path if path.is_dir() else path.parent


def _ports(settings: Settings, state: State | None) -> Iterable[Check]:
    if state is not None:
        local = state.endpoints
        if not settings.own_temporal:
            yield Check(True, f"ports are those of our own stack: {local.temporal_address if local else 'starting'}")
        return
    ours = [(settings.temporal_port, "LEADFLOW_TEMPORAL_PORT"), (settings.ui_port, "LEADFLOW_UI_PORT")]
    for port, variable in (*([] if settings.own_temporal else ours), (settings.web_port, "LEADFLOW_WEB_PORT")):
        free = is_free(port)
        remedy = f"Stop the program that uses it, or set {variable}={port + 100}."
        yield Check(free, f"port {port} is {'free' if free else 'in use by another program'}", "" if free else remedy)


def _home(settings: Settings) -> Iterable[Check]:
    """Two troubles with two remedies: no room, and no permission."""
    home = settings.home.absolute()
    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    if not os.access(existing, os.W_OK):
        remedy = "Change its permissions, or set LEADFLOW_HOME to a folder that you may write to."
        yield Check(False, f"{existing} cannot be written to", remedy)
    free = shutil.disk_usage(existing).free
    ok = free >= LITTLE_SPACE
    remedy = "Make room, or set LEADFLOW_HOME to a folder that has it."
    yield Check(ok, f"{free / 1e9:.1f} GB of disk free for {home}", "" if ok else remedy)
