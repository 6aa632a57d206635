"""`leadflow` as tests run it: as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from stack.ports import any_free

ROOT = Path(__file__).resolve().parents[2]
ENTRY = "import sys; sys.argv[0] = 'leadflow'; sys.path[0] = sys.argv.pop(1); from cli import main; main()"
OURS = ("LEADFLOW_", "TEMPORAL_", "DATABASE_URL", "COLUMNS")
PATIENCE = 120.0  # seconds


@dataclass(frozen=True)
class Answer:
    """What a command said, and its exit status."""

    status: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


class Runs(Protocol):
    def run(self, arguments: Sequence[str], environment: Mapping[str, str], given: str) -> Answer: ...


@dataclass(frozen=True)
class Leadflow:
    """Commands on one home and its ports, with nothing of the surrounding environment that concerns us."""

    environment: Mapping[str, str]
    by: Runs

    @property
    def home(self) -> Path:
        return Path(self.environment["LEADFLOW_HOME"])

    def __call__(self, *arguments: str | Path, given: str = "", **environment: str) -> Answer:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        return self.by.run([*map(str, arguments)], {**inherited, **self.environment, **environment}, given)


def on(folder: Path, by: Runs) -> Leadflow:
    """Commands for a stack in this folder, on ports of its own."""
    ports = {"LEADFLOW_TEMPORAL_PORT": str(any_free()), "LEADFLOW_UI_PORT": str(any_free())}
    ports["LEADFLOW_WEB_PORT"] = str(any_free())
    return Leadflow({"LEADFLOW_HOME": str(folder / "home"), **ports}, by)


class FromScratch:
    """As `.venv/bin/leadflow` does it."""

    def run(self, arguments: Sequence[str], environment: Mapping[str, str], given: str) -> Answer:
        command = [sys.executable, "-c", ENTRY, str(ROOT), *arguments]
        process = subprocess.Popen(
            command,
            env=environment,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        out, err = process.communicate(given, PATIENCE)
        return Answer(process.returncode, out, err)


class Prepared:
    """Copies of a process that has loaded everything: for many commands one after another (see `prepared.py`)."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.cli.prepared"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._said()

    def run(self, arguments: Sequence[str], environment: Mapping[str, str], given: str) -> Answer:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for file, text in (("in", given), ("out", ""), ("err", "")):
                (folder / file).write_text(text)
            order = {"arguments": arguments, "environment": environment, "folder": name}
            assert self._process.stdin is not None
            print(json.dumps(order), file=self._process.stdin, flush=True)
            status = int(self._said())
            return Answer(status, (folder / "out").read_text(), (folder / "err").read_text())

    def _said(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def close(self) -> None:
        self._process.communicate("")
