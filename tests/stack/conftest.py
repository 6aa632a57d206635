"""What tests of the local stack share: a home in a closed folder, with a space in its path, and owners to kill."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    private = tmp_path / "pri vate"
    private.mkdir(mode=0o700)
    return private / ".leadflow"


@pytest.fixture
def owner() -> Iterator[Callable[[str, Path], tuple[subprocess.Popen[str], str]]]:
    """Starts another process that owns servers: it runs the code, which may await and has `home`, and then idles.

    Gives the process and the line that the code printed.
    """
    started: list[subprocess.Popen[str]] = []

    def start(code: str, home: Path) -> tuple[subprocess.Popen[str], str]:
        body = textwrap.indent(textwrap.dedent(code), "    ")
        program = f"import asyncio, pathlib, sys\nasync def main():\n    home = pathlib.Path(sys.argv[1])\n{body}\n"
        program += "    sys.stdout.flush()\n    await asyncio.sleep(120)\nasyncio.run(main())\n"
        command = [sys.executable, "-c", program, str(home)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout
        return process, process.stdout.readline().strip()

    yield start
    for process in started:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()
