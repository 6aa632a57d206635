"""B.3: `leadflow migrate` as an author uses it: a dry run, in earnest, stopped with Ctrl-C and gone on with, and the way back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.command import ENTRY, ROOT, Leadflow
from tests.cli.test_publishing import versioned

PLAN = """\
migrate: callbacks
from: 1
to: 2
clocks: {call: {time: recount}}
reason: two hours were agreed with sales
"""
LEADS = 6


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("migration")
    (folder / "tables").symlink_to(ROOT / "definitions" / "tables")
    (folder / "callbacks").mkdir()
    versioned(folder / "callbacks", 1, "4 working hours")
    versioned(folder / "callbacks", 2, "2 working hours")
    return folder


@pytest.fixture(scope="module")
def two(running: Leadflow, folder: Path) -> Leadflow:
    """Six leads in flight on the first version of a process, and the second one published."""
    assert running("publish", folder / "callbacks" / "v1.yaml").status == 0
    for number in range(LEADS):
        lead = f'{{"id": "{number}", "source": "call_back", "company": "Cobalt {number}", "country": "DE"}}'
        started = running("lead", "start", lead, "--source-system", "web")
        assert started.status == 0, started.err
    published = running("publish", folder / "callbacks" / "v2.yaml", "--why", "sooner")
    assert published.status == 0, published.err
    return running


@pytest.fixture
def plan(folder: Path) -> Callable[[str], Path]:
    def written(text: str) -> Path:
        file = folder / "plan.yaml"
        file.write_text(text, "utf-8")
        return file

    return written


def on_version(leadflow: Leadflow) -> dict[int, int]:
    rows = leadflow("versions", "--json").json()
    return {row["version"]: row["running"] for row in rows if row["process"] == "callbacks"}


def test_a_dry_run_says_what_would_change_and_writes_nothing(two: Leadflow, plan: Callable[[str], Path]) -> None:
    """B.3: totals first, then each lead with its deadline before and after."""
    told = two("migrate", plan(PLAN))
    assert told.status == 0, told.err
    lines = told.out.splitlines()
    assert lines[0] == "callbacks v1 -> v2: two hours were agreed with sales"
    assert lines[1] == f"  {LEADS} leads in flight: {LEADS} would move, 0 blocked, 0 not selected"
    assert any(line.startswith(f"  clock call: {LEADS} sooner") for line in lines)
    assert "lead:web:0" in told.out
    assert "Nothing was written" in told.out
    answer = two("migrate", plan(PLAN), "--json").json()
    assert (answer["dry_run"], answer["would_move"], answer["blocked"]) == (True, LEADS, 0)
    [clock] = [one for one in answer["each"][0]["clocks"] if one["name"] == "call"]
    assert clock["after"] < clock["before"]
    assert on_version(two) == {1: LEADS, 2: 0}
    assert two("migrate", "--runs", "--json").json() == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (PLAN.replace("call:", "cal:"), "plan.yaml:4:10: UNKNOWN_CLOCK v1 has no clock 'cal'. Did you mean 'call'?"),
        (PLAN.replace("to: 2", "to: 9"), "plan.yaml:3:5: UNKNOWN_VERSION version 9 of callbacks is not published."),
        (PLAN.replace("reason:", "reasons:"), "UNKNOWN_KEY 'reasons' is not a key"),
        (PLAN + "select: lead.land == 'DE'\n", "plan.yaml:6:9: UNKNOWN_FIELD"),
    ],
)
def test_a_bad_plan_is_refused_with_its_place(two: Leadflow, plan: Callable[[str], Path], text: str, says: str) -> None:
    """B.3: in a dry run and in earnest, and nothing is half done."""
    refused = two("migrate", plan(text), "--apply")
    assert (refused.status, refused.out) == (1, "")
    assert says in refused.err
    assert two("migrate", "--runs", "--json").json() == []


def test_a_call_that_makes_no_sense_is_told(two: Leadflow, plan: Callable[[str], Path]) -> None:
    """Section 7: a plan, a run to take back, or the list; and a rate that is one."""
    for command in ((), (plan(PLAN), "--runs"), (plan(PLAN), "--rate", "fast"), (plan(PLAN), "--by", "a\nb")):
        assert two("migrate", *command).status == 2
    unknown = two("migrate", "--revert", "99")
    assert (unknown.status, "there is no run 99" in unknown.err) == (1, True)


def test_ctrl_c_stops_in_good_order_and_the_same_plan_goes_on(two: Leadflow, plan: Callable[[str], Path]) -> None:
    """B.3: what was begun is done, it says how to go on, and the second call moves the rest of the same run."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("LEADFLOW_", "TEMPORAL_"))}
    command = [
        sys.executable,
        "-c",
        ENTRY,
        str(ROOT),
        "migrate",
        str(plan(PLAN)),
        "--apply",
        "--rate",
        "2/s",
        "--by",
        "ann",
    ]
    process = subprocess.Popen(
        command,
        env={**inherited, **two.environment},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    began = time.monotonic()
    while on_version(two)[2] == 0 and time.monotonic() - began < 60:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, (out, err)
    assert "To go on: leadflow migrate" in err
    moved = on_version(two)[2]
    assert 0 < moved < LEADS
    [run] = two("migrate", "--runs", "--json").json()
    assert (run["state"], run["moved"], run["by"]) == ("stopped", moved, "ann")

    rest = two("migrate", plan(PLAN), "--apply", "--by", "ben")
    assert rest.status == 0, rest.err
    assert f"run {run['run']}: {LEADS - moved} moved, 0 blocked" in rest.out
    assert on_version(two) == {1: 0, 2: LEADS}
    [run] = two("migrate", "--runs", "--json").json()
    assert (run["state"], run["moved"], run["by"]) == ("done", LEADS, "ann")
    story = two("lead", "show", "lead:web:0").out
    assert "two hours were agreed with sales" in " ".join(story.split())


def test_a_run_is_taken_back_but_for_leads_that_have_gone_on(two: Leadflow) -> None:
    """B.3: shown first, then done; whoever has come further stays, and it says why."""
    [run] = two("migrate", "--runs", "--json").json()
    owner = two("lead", "show", "lead:web:0", "--json").json()["lead"]["owner"]
    assert two("lead", "send", "lead:web:0", "spoke", "--by", owner).status == 0
    shown = two("migrate", "--revert", str(run["run"]))
    assert shown.status == 0, shown.err
    assert f"{LEADS - 1} would move" in shown.out
    assert "lead:web:0: it is closed" in shown.out
    assert on_version(two)[2] == LEADS - 1
    back = two("migrate", "--revert", str(run["run"]), "--apply", "--why", "sales were not asked", "--json")
    assert back.status == 0, back.err
    answer = back.json()
    assert (answer["moved"], answer["run"]["state"], answer["run"]["back_reason"]) == (
        LEADS - 1,
        "back",
        "sales were not asked",
    )
    assert on_version(two) == {1: LEADS - 1, 2: 0}
    assert "v2" not in two("lead", "show", "lead:web:1").out.splitlines()[1]
