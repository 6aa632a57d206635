"""The demo as a newcomer runs it, and `starter.py` beside it, as an upstream system runs that."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.command import ENTRY, OURS, PATIENCE, ROOT, FromScratch, Leadflow, on

A_LEAD = {"id": "7", "kind": "sales", "channel": "direct", "source": "web", "company": "Cobalt", "country": "DE"}


def figures(said: str) -> dict[str, int]:
    """The lines of the summary that are a few words and a number."""
    return {words: int(number) for words, number in re.findall(r"^([a-z][a-z ,]+?) {2,}(\d+)$", said, re.MULTILINE)}


@contextmanager
def demo(leadflow: Leadflow, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`leadflow demo` under way; ended as by Ctrl-C, and by force if that takes too long."""
    process = subprocess.Popen(
        [sys.executable, "-c", ENTRY, str(ROOT), "demo", *arguments],
        cwd=ROOT,
        env=environment(leadflow),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    force = threading.Timer(PATIENCE, process.kill)
    force.start()
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate()
        force.cancel()


def environment(leadflow: Leadflow) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return {**inherited, **leadflow.environment}


def starter(leadflow: Leadflow, *arguments: str) -> str:
    command = [sys.executable, "starter.py", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=environment(leadflow), capture_output=True, text=True, check=True
    ).stdout


def until(process: subprocess.Popen[str], last: str) -> str:
    """What it says up to a line with these words."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if last in line:
            return said
    raise AssertionError(f"it ended before it said '{last}':\n{said}")


def test_the_demo_shows_it_all_stays_up_and_goes_on_from_there_the_next_time(tmp_path: Path) -> None:
    """Section 1, C.4, C.6: leads are scored, assigned, late and escalated; bad rows are refused with reasons, and half a lead is kept;
    upstream systems send theirs with starter.py meanwhile; Ctrl-C stops everything; the second start doubles nothing."""
    leadflow = on(tmp_path, FromScratch())
    with demo(leadflow, "--seconds", "40") as process:
        said = until(process, "The cast goes on.")
        started = json.loads(starter(leadflow, "start", json.dumps(A_LEAD), "--source-system", "web", "--json"))
        assert started["key"] == "lead:web:7"
        starter(leadflow, "send", "lead:web:7", "note", "--by", "ops", "--note", "called")
        assert "note: called" in starter(leadflow, "show", "lead:web:7")
        process.send_signal(signal.SIGINT)
        until(process, "stopped; the data is kept.")
        assert process.wait() == 0
    told = figures(said)
    assert told["arrived"] == told["scored"] == 147
    assert told["rows refused"] == 5
    assert told["incomplete, kept"] == 1
    # Nothing that takes working days: there may be none of them in this short time, as between the years.
    for happened in ("assigned", "missed a deadline", "escalated", "notices delivered", "duplicates recognised"):
        assert told[happened] > 0, happened
    assert "product_line must be one of" in said
    assert "http://127.0.0.1:" in said

    again = leadflow("demo", "--once", "--seconds", "5")
    assert again.status == 0, again.err
    second = figures(again.out)
    assert (second["arrived"], second["duplicates recognised"]) == (148, 158)
