"""`leadflow test`: scenarios run, with failures that can be worked with, what they leave out, and suggestions for it."""

from __future__ import annotations

import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.command import ROOT, Leadflow

SCENARIO = """\
scenarios: nurture
given: {now: 2027-03-01 10:00 Europe/Berlin, roster: sample, lead: {kind: sales, channel: direct, company: Cobalt, timeframe: over_1_year}}
of:
  - name: asked again after half a year
    shows: [S4.8]
    steps:
      - lead: {}
      - expect: {stage: resting}
      - advance: 6 months
      - expect: {stage: ripe}
"""


@pytest.fixture
def definitions(tmp_path: Path) -> Path:
    """As they ship, without scenarios."""
    folder = tmp_path / "definitions"
    shutil.copytree(ROOT / "definitions", folder, ignore=shutil.ignore_patterns("scenarios"))
    return folder


@pytest.fixture
def written(definitions: Path) -> Path:
    file = definitions / "nurture" / "scenarios" / "half_a_year.yaml"
    file.parent.mkdir()
    file.write_text(SCENARIO, "utf-8")
    return file


def test_shipped_scenarios_run_from_the_command_line(leadflow: Leadflow) -> None:
    """B.2: `leadflow test definitions` finds them all."""
    answer = leadflow("test", "definitions")
    assert (answer.status, answer.err) == (0, "")
    assert answer.out.strip().endswith("scenarios run, all as expected")
    assert leadflow("check", "definitions").status == 0


def test_a_failure_says_expected_got_and_what_had_happened(leadflow: Leadflow, written: Path) -> None:
    """B.2: at file, line and column, for people and for machines; exit status 1."""
    written.write_text(SCENARIO.replace("stage: ripe", "stage: resting"), "utf-8")
    answer = leadflow("test", written)
    assert answer.status == 1
    for words in (
        "half_a_year.yaml:10:25: stage",
        "expected: resting",
        "got:      ripe",
        "Wed 2027-09-01 11:00  ripen by clock",
    ):
        assert words in answer.err, answer.err
    told = leadflow("test", written, "--json").json()
    assert told["ok"] is False
    failure = told["scenarios"][0]["failures"][0]
    assert (failure["line"], failure["column"], failure["expected"], failure["got"]) == (10, 25, "resting", "ripe")


def test_a_bad_scenario_is_refused_with_its_place(leadflow: Leadflow, written: Path) -> None:
    """B.2, C.5: by `test` and by `check`."""
    written.write_text(SCENARIO.replace("stage: ripe", "stage: rip"), "utf-8")
    for command in ("test", "check"):
        answer = leadflow(command, written)
        assert answer.status == 1
        assert "half_a_year.yaml:10:25: UNKNOWN_STAGE there is no stage 'rip'" in answer.err
        assert "Did you mean 'ripe'?" in answer.err


def test_coverage_is_told_and_held_to(leadflow: Leadflow, written: Path) -> None:
    """B.2: what nobody has tried out, at file and line; below the least there is no success."""
    answer = leadflow("test", written, "--coverage")
    assert answer.status == 0
    assert "nurture v2: " in answer.out and "recycle (ripe)" in answer.out
    assert leadflow("test", written, "--min", "10%").status == 0
    answer = leadflow("test", written, "--min", "100%")
    assert (answer.status, "100 % wanted" in answer.err) == (1, True)
    kinds = leadflow("test", written, "--coverage", "--json").json()["coverage"][0]["kinds"]
    assert kinds["stages"] == {"covered": 2, "all": 3}
    assert leadflow("test", written, "--min", "much").status == 2


def test_suggestions_are_written_and_run_green(leadflow: Leadflow, definitions: Path) -> None:
    """B.2: for a process of which nobody has tried out anything."""
    file = definitions / "nurture" / "scenarios" / "suggested.yaml"
    file.parent.mkdir()
    answer = leadflow("test", definitions / "nurture" / "v1.yaml", "--suggest", "-o", file)
    assert answer.status == 0, answer.err
    answer = leadflow("test", definitions / "nurture", "--min", "85%")
    assert answer.status == 0, answer.err
    assert "suggested, for a person to read" in answer.out


def test_scenarios_run_on_the_version_that_is_named_and_else_on_the_newest(leadflow: Leadflow, written: Path) -> None:
    """B.2: what holds for one version may not for the next; the answer is about the file that was asked for."""
    first, second = written.parents[1] / "v1.yaml", written.parents[1] / "v2.yaml"
    text = first.read_text("utf-8").replace("version: 1", "version: 2", 1)
    assert "due: 6 months" in text
    second.write_text(text.replace("due: 6 months", "due: 7 months", 1), "utf-8")
    assert leadflow("test", first).status == 0
    assert "nurture v1: " in leadflow("test", first, "--coverage").out
    assert [leadflow("test", what).status for what in (second, written, written.parent)] == [1, 1, 1]
    assert leadflow("test", first, "--suggest", "-o", written.with_name("more.yaml")).status == 0


def test_build_servers_are_told(leadflow: Leadflow, written: Path, tmp_path: Path) -> None:
    """B.2: JUnit XML."""
    leadflow("test", written, "--junit", tmp_path / "junit.xml")
    suite = ElementTree.parse(tmp_path / "junit.xml").getroot()[0]
    assert (suite.get("name"), suite.get("tests"), suite.get("failures")) == ("nurture", "1", "0")


@pytest.mark.parametrize(
    ("what", "says"),
    [("nurture", "there are no scenarios in"), ("tables/mail.yaml", "this file is a templates table")],
)
def test_what_holds_no_scenarios_is_told(leadflow: Leadflow, definitions: Path, what: str, says: str) -> None:
    """Every error says what and how to mend it."""
    answer = leadflow("test", definitions / what)
    assert answer.status == 1
    assert says in answer.err and "scenarios: PROCESS" in answer.err


def test_a_scenario_runs_the_same_on_temporal(leadflow: Leadflow, written: Path) -> None:
    """B.2, B.3: on servers of its own, with time skipped; half a year in seconds."""
    answer = leadflow("test", written, "--on-temporal", "--json")
    assert answer.status == 0, answer.err
    assert answer.json()["disagreements"] == []
