"""docs/walkthrough.md, run from its own text: every command in it, in order, and what it says they answer."""

from __future__ import annotations

import doctest
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from stack.detached import stop_detached
from stack.ports import any_free
from tests.cli.command import OURS

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "walkthrough.md"
PATIENCE = 120.0  # seconds
SAME = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@dataclass(frozen=True)
class Command:
    """One command of the page with the answer printed below it; `line` is where it stands."""

    line: int
    text: str
    answer: str


def commands(page: str) -> Iterator[Command]:
    for block in re.finditer(r"^```console\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        first = page.count("\n", 0, block.start()) + 2
        lines = block[1].splitlines()
        starts = [number for number, line in enumerate(lines) if line.startswith("$ ")]
        for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
            said = start + 1
            while said < end and lines[said].startswith("> "):
                said += 1
            text = "\n".join(line[2:] for line in lines[start:said])
            yield Command(first + start, text, "\n".join(lines[said:end]))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    """A checkout of one's own, as far as an author changes it, and a stack of one's own."""
    shutil.copytree(ROOT / "definitions", tmp_path / "definitions")
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    environment |= {
        "LEADFLOW_HOME": str(tmp_path / ".leadflow"),
        "LEADFLOW_TEMPORAL_PORT": str(any_free()),
        "LEADFLOW_UI_PORT": str(any_free()),
        "LEADFLOW_WEB_PORT": str(any_free()),
        "COLUMNS": "160",
    }
    yield tmp_path, environment
    stop_detached(tmp_path / ".leadflow")


def test_the_walk_through_does_what_it_says(place: tuple[Path, dict[str, str]]) -> None:
    """B.1, B.2, B.3, B.4, C.5: an author changes a rule, sees what that means, rolls it out to leads in flight, and takes it
    back."""
    folder, environment = place
    for command in commands(PAGE.read_text(encoding="utf-8")):
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command.text],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
        )
        where = f"{PAGE.name}:{command.line}: $ {command.text}\n"
        assert done.returncode == 0, f"{where}exit status {done.returncode}\n{done.stdout}"
        if not doctest.OutputChecker().check_output(command.answer + "\n", done.stdout, SAME):
            pytest.fail(f"{where}says\n{done.stdout}\nand the page\n{command.answer}")
