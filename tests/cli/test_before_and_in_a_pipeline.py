"""The hook and the snippets that are shipped do what they say (B.1, C.5)."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.command import ROOT, Leadflow

PAGE = (ROOT / "docs" / "ci.md").read_text("utf-8")
ENTRY = ".venv/bin/leadflow"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    """Every command of ours that the page shows, of pipelines too."""
    shown = [line for block in blocks("sh") for line in block.splitlines()]
    steps = [step["run"] for block in blocks("yaml") for step in _steps(yaml.safe_load(block))]
    return [line for line in dict.fromkeys([*shown, *steps]) if line.startswith(ENTRY)]


def _steps(workflow: Any) -> list[dict[str, Any]]:
    jobs = workflow.get("jobs", {}) if isinstance(workflow, dict) else {}
    return [step for job in jobs.values() for step in job["steps"] if "run" in step]


@pytest.mark.parametrize("command", commands())
def test_commands_of_the_page_run(leadflow: Leadflow, tmp_path: Path, command: str) -> None:
    """B.1: in the folder that leadflow lies in; what they write goes to a folder of the test."""
    words = shlex.split(command)[1:]
    places = [number + 1 for number, word in enumerate(words) if word in ("--sarif", "--output")]
    for place in places:
        words[place] = str(tmp_path / Path(words[place]).name)
    answer = leadflow(*words)
    assert (answer.status, answer.err) == (0, "")
    for place in places:
        assert json.loads(Path(words[place]).read_text("utf-8"))


def test_targets_of_make_that_the_page_names_exist() -> None:
    """B.1: what sets everything up."""
    named = set(re.findall(r"^(?:.*run: )?make ([a-z-]+)$", PAGE, re.MULTILINE))
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert named and named <= set(targets)


def hook() -> dict[str, Any]:
    (only,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert isinstance(only, dict)
    return only


def test_the_hook_refuses_what_check_refuses(leadflow: Leadflow, tmp_path: Path) -> None:
    """B.1: its entry runs with the changed files behind it, as pre-commit calls it."""
    entry, *arguments = shlex.split(hook()["entry"])
    assert (entry, hook()["id"], hook()["language"]) == (ENTRY, "leadflow-check", "system")
    pattern = re.compile(hook()["files"])
    shipped = [file.relative_to(ROOT).as_posix() for file in sorted((ROOT / "definitions").rglob("*.yaml"))]
    changed = [file for file in shipped if pattern.search(file)]
    assert changed == shipped
    assert leadflow(*arguments, *changed[:3]).status == 0
    bad = tmp_path / "bad.yaml"
    bad.write_text("process: bad\nversion: 1\ntitle: Bad\nstages: {new: {}}\n", "utf-8")
    answer = leadflow(*arguments, bad)
    assert answer.status == 1
    assert "NO_WAY_TO_END" in answer.err


def test_the_page_shows_the_hook_that_is_shipped() -> None:
    """C.5: copied, it is the same."""
    local = next(block for block in map(yaml.safe_load, blocks("yaml")) if "repos" in (block or {}))
    (shown,) = local["repos"][0]["hooks"]
    assert shown == {name: value for name, value in hook().items() if name != "description"}
