"""Commands where nothing runs: clear answers, and everything that needs no server works."""

from __future__ import annotations

import json
import os
import shutil
import socket
from pathlib import Path
from types import SimpleNamespace

import pytest

from cli import checks
from settings import load
from tests.cli.command import ROOT, Leadflow


def test_status_and_down_say_that_nothing_runs(leadflow: Leadflow) -> None:
    """Section 7: what runs where; a stopped stack is told from a broken one."""
    status, down = leadflow("status", "--json"), leadflow("down", "--json")
    assert status.status == 1
    report = status.json()
    assert report["well"] is False
    assert [(part["name"], part["state"]) for part in report["parts"]] == [("stack", "down")]
    assert "`leadflow up`" in " ".join(report["words"])
    assert (down.status, down.json()) == (0, {"stopped": False})


@pytest.mark.parametrize("command", [("versions",), ("lead", "list"), ("roster", "show"), ("lead", "show", "lead:x:1")])
def test_what_needs_a_server_says_how_to_get_one(leadflow: Leadflow, command: tuple[str, ...]) -> None:
    """Every error says how to mend it; on standard error, as JSON where JSON was asked for."""
    answer = leadflow(*command, "--json")
    assert (answer.status, answer.out) == (1, "")
    error = json.loads(answer.err)
    assert error["error"] == "StackError"
    assert "leadflow up" in error["remedy"]


def test_a_folder_in_place_of_a_file_is_told_and_its_bare_name_means_the_process(leadflow: Leadflow) -> None:
    """B.1: whoever stands among the definitions names a process, and whoever names a path is told what lies there."""
    for command in (("graph",), ("diff", "definitions/partner/v1.yaml"), ("schema", "--for"), ("backtest",)):
        told = leadflow(*command, "definitions/partner")
        assert told.status == 1
        assert "UNREADABLE this is a folder, and one file is asked for. Name a file in it" in told.err
    assert "leadflow up" in leadflow("graph", "definitions").err


def test_a_password_never_shows_in_an_error(leadflow: Leadflow) -> None:
    """S1.13: neither of a server that is away nor of an address that is none."""
    for url in ("postgresql://leadflow:hunter2@127.0.0.1:1/leads", "postgresql://leadflow:hunter2@127.0.0.1:p/leads"):
        for command in ("versions", "status"):
            answer = leadflow(command, DATABASE_URL=url, TEMPORAL_ADDRESS="127.0.0.1:1")
            assert answer.status == 1
            assert "hunter2" not in answer.out + answer.err
            assert "Traceback" not in answer.err


@pytest.mark.parametrize(
    ("lead", "says"),
    [
        (f'{{"id": {"9" * 5_000}}}', "too many digits"),
        ('{"id": "a\\ud800"}', "half of a character"),
        ('{"id": 1', "no JSON at column 9"),
        ("[1]", "no object"),
    ],
)
def test_what_is_no_lead_is_told_in_words(leadflow: Leadflow, lead: str, says: str) -> None:
    """C.6: whatever is piped in, the answer is a line with a remedy and no traceback."""
    answer = leadflow("lead", "start", "-", "--json", given=lead)
    assert (answer.status, answer.out) == (1, "")
    error = json.loads(answer.err)
    assert says in error["message"] and error["remedy"]


def test_check_names_file_line_and_column_of_each_fault(leadflow: Leadflow, tmp_path: Path) -> None:
    """B.1: findings as file:line:column, a stable code, and how to mend it."""
    shutil.copytree(ROOT / "definitions", tmp_path / "definitions")
    file = tmp_path / "definitions" / "nurture" / "v1.yaml"
    lines = file.read_text().splitlines()
    place = next(number for number, line in enumerate(lines) if line.lstrip().startswith("status: "))
    lines[place] = lines[place].replace("status: ", "state: ")
    file.write_text("\n".join(lines))
    answer = leadflow("check", file, "--json")
    assert answer.status == 1
    finding = answer.json()["findings"][0]
    assert (finding["file"], finding["line"]) == (str(file), place + 1)
    assert finding["code"] and finding["remedy"]


def test_check_takes_a_folder_with_processes_tables_and_mappings(leadflow: Leadflow) -> None:
    """C.5: all that ops teams author is checked with one command, and what is shipped is right."""
    answer = leadflow("check", "definitions")
    assert (answer.status, answer.err) == (0, "")
    assert answer.out.endswith("nothing wrong\n")


def test_a_missing_file_is_told_by_its_name(leadflow: Leadflow) -> None:
    """Errors say where."""
    for command in (("check", "none.yaml"), ("import", "none.csv"), ("schema", "-o", "none/none.json")):
        answer = leadflow(*command)
        assert answer.status == 1
        assert command[-1] in answer.err and "Traceback" not in answer.err


def test_a_file_that_an_import_cannot_read_is_told_before_anything_is_asked(leadflow: Leadflow, tmp_path: Path) -> None:
    """S0.11: another encoding, and columns that an explicit mapping reads and the file does not have."""
    file = tmp_path / "leads.csv"
    file.write_text("Prospect ID,Lead Number\n1,2\n", encoding="utf-16")
    answer = leadflow("import", file)
    assert answer.status == 1 and "is UTF-16" in answer.err and "Traceback" not in answer.err
    file.write_text("Prospect ID,Lead Number,Lead source\n1,2,web\n")
    answer = leadflow("import", file, "--mapping", "definitions/mappings/xeducation.yaml")
    assert answer.status == 1
    assert "does not have columns" in answer.err and "Lead Source" in answer.err and "Prospect ID" not in answer.err


def test_doctor_tells_a_folder_without_permission_from_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Section 7: each finding with its own remedy."""
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write anywhere
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10**12))
    wrong = [check for check in checks.of_machine(load({"LEADFLOW_HOME": str(tmp_path)}), None) if not check.ok]
    told = next(check for check in wrong if str(tmp_path) in check.what)
    assert told.what == f"{tmp_path} cannot be written to" and "permissions" in told.remedy
    assert not any("disk" in check.what for check in wrong)


def test_doctor_finds_a_port_that_is_taken(leadflow: Leadflow) -> None:
    """Section 7: what is wrong, and how to mend it."""
    with socket.create_server(("127.0.0.1", int(leadflow.environment["LEADFLOW_UI_PORT"]))):
        answer = leadflow("doctor", "--json")
    assert answer.status == 1
    checks = answer.json()
    taken = next(check for check in checks if "in use" in check["what"])
    assert "LEADFLOW_UI_PORT" in taken["remedy"]
    assert all(check["remedy"] for check in checks if not check["ok"])
