"""C.6, S1.4: files of leads that are put into a folder, and a watcher that imports them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import ENTRY, PATIENCE, ROOT, Leadflow

LEAD = {"kind": "sales", "channel": "direct", "source": "web", "company": "Cobalt", "country": "DE"}
QUICK = ("--settled", "0.3")


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def leads(prefix: str, number: int) -> str:
    return "".join(json.dumps({**LEAD, "id": f"{prefix}-{one}"}) + "\n" for one in range(number))


def watching(running: Leadflow, inbox: Path, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", ENTRY, str(ROOT), "watch", str(inbox), *QUICK, "--json", *more]
    return subprocess.Popen(
        command,
        env={**os.environ, **running.environment},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def until(true: Callable[[], Any]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def known(running: Leadflow, prefix: str) -> int:
    found = running("lead", "list", "--limit", "100000", "--json").json()
    return sum(line["key"].startswith(f"lead:import:{prefix}-") for line in found)


def report(file: Path) -> dict[str, Any]:
    return dict(json.loads(file.with_name(f"{file.name}.report.json").read_text()))


def test_each_complete_file_is_imported_and_set_aside_with_its_report(running: Leadflow, inbox: Path) -> None:
    """C.6: done/ has what went in, with the refused rows beside, failed/ what is broken; what is not complete is left."""
    (inbox / "fair.ndjson").write_text(leads("fair", 2) + "{broken\n")
    (inbox / "other.csv").write_text("Column,Nobody\n1,2\n")
    left = [".hidden.ndjson", "later.ndjson.part", "later.tmp", "empty.ndjson", "readme.txt"]
    for name in left:
        (inbox / name).write_text("" if name == "empty.ndjson" else leads("left", 1))
    answer = running("watch", inbox, *QUICK, "--once", "--json")

    assert answer.status == 1, "one file is broken"
    fair, other = inbox / "done" / "fair.ndjson", inbox / "failed" / "other.csv"
    assert {Path(json.loads(line)["path"]) for line in answer.out.splitlines()} == {fair, other}
    told = report(fair)
    assert [told[name] for name in ("rows", "created", "refused", "failed")] == [3, 2, 1, 0]
    refused = json.loads((fair.parent / told["refused_rows"]).read_text())
    assert (refused["line"], refused["code"]) == (3, "UNREADABLE")
    assert "no mapping" in report(other)["error"] and report(other)["remedy"]
    assert sorted(path.name for path in inbox.iterdir() if path.is_file()) == sorted(left)
    assert known(running, "fair") == 2 and known(running, "left") == 0


def test_nothing_is_written_over(running: Leadflow, inbox: Path) -> None:
    """C.6: a file of the same name comes again, and again: each is kept, with its own report."""
    for number in (1, 2):
        (inbox / "daily.ndjson").write_text(leads("daily", number))
        assert running("watch", inbox, *QUICK, "--once").status == 0
    kept = sorted((inbox / "done").glob("daily*.ndjson"), key=lambda file: file.stat().st_size)
    assert [file.name for file in kept] == ["daily.ndjson", "daily-2.ndjson"]
    assert [report(file)["created"] for file in kept] == [1, 1]
    assert [report(file)["rows"] for file in kept] == [1, 2]


def test_two_watchers_import_each_file_once(running: Leadflow, inbox: Path) -> None:
    """S0.13, C.6: whoever moves the file away first has it; the other goes on to the next."""
    for number in range(4):
        (inbox / f"box{number}.ndjson").write_text(leads(f"shared{number}", 3))
    both = [watching(running, inbox, "--once") for _ in range(2)]
    told = [json.loads(line) for one in both for line in one.communicate(timeout=PATIENCE)[0].splitlines()]
    assert [one.returncode for one in both] == [0, 0]
    assert sorted(Path(one["path"]).name for one in told) == [f"box{number}.ndjson" for number in range(4)]
    assert [one["created"] for one in told] == [3] * 4
    assert list((inbox / "working").iterdir()) == []


def test_what_a_watcher_that_died_had_begun_is_picked_up(running: Leadflow, inbox: Path) -> None:
    """S1.4, C.6: killed in the middle of a file; the next watcher imports it, and every lead is there once."""
    (inbox / "long.ndjson").write_text(leads("long", 100))
    first = watching(running, inbox)
    until(lambda: running("lead", "show", "lead:import:long-3").status == 0)
    first.kill()
    first.communicate(timeout=PATIENCE)
    assert not (inbox / "done" / "long.ndjson").exists(), "it was in the middle"
    assert running("watch", inbox, *QUICK, "--once").status == 0
    told = report(inbox / "done" / "long.ndjson")
    assert told["again"] and told["created"] + told["known"] == told["rows"] == 100 and told["known"] > 0
    assert known(running, "long") == 100
    assert list((inbox / "working").iterdir()) == []


def test_while_servers_are_away_it_waits(running: Leadflow, inbox: Path) -> None:
    """S1.4, C.6: the file is put in while nothing runs, and goes in when everything is back."""
    assert running("down").status == 0
    (inbox / "early.ndjson").write_text(leads("early", 2))
    assert running("watch", inbox, *QUICK, "--once").status == 1
    watcher = watching(running, inbox)
    try:
        assert watcher.stderr is not None
        assert watcher.stderr.readline().startswith("waiting: ")
        assert running("up").status == 0
        until((inbox / "done" / "early.ndjson").exists)
    finally:
        watcher.terminate()
        watcher.communicate(timeout=PATIENCE)
    assert report(inbox / "done" / "early.ndjson")["created"] == 2
