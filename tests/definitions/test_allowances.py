"""Findings that an author allows, with a reason, in the file: on the line or above it (B.1)."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.checked_files import checked
from engine.analysis.allowances import allowances_of
from engine.errors import DefinitionError
from engine.reading.source import read
from store.definition_files import load_process, load_sound

PROCESS = """\
process: small
version: 1
title: Small
stages:
  new:
    clocks: {answer: {due: 3 days, on_breach: {task: Call them}}}
    events: {win: {to: won}}
  old:{beside}
    clocks: {answer: {due: 3 days, on_breach: {task: Call them}}}
    events: {win: {to: won}}
  won: {kind: won, closes: true}
"""


def file_with(folder: Path, beside: str = "", above: str = "") -> Path:
    text = PROCESS.replace("{beside}", beside)
    file = folder / "small.yaml"
    file.write_text(text.replace("  old:", f"{above}  old:"), "utf-8")
    return file


def said(file: Path) -> tuple[list[str], list[str]]:
    """Findings, and reasons for what is allowed."""
    verdict = checked([file])
    return (
        [f"{one.mark.line}:{one.mark.column} {one.code}" for one in verdict.findings],
        [f"{one.finding.mark.line} {one.finding.code}: {one.reason}" for one in verdict.allowed],
    )


def test_a_finding_is_allowed_on_its_line_or_above_it(tmp_path: Path) -> None:
    """B.1: with the reason, which the answer tells."""
    assert said(file_with(tmp_path)) == (["8:3 UNREACHABLE_STAGE"], [])
    beside = file_with(tmp_path, beside="  # allow UNREACHABLE_STAGE: kept for reports until March")
    assert said(beside) == ([], ["8 UNREACHABLE_STAGE: kept for reports until March"])
    above = file_with(tmp_path, above="  # allow UNREACHABLE_STAGE: kept for reports\n  # until March\n\n")
    assert said(above) == ([], ["11 UNREACHABLE_STAGE: kept for reports"])


@pytest.mark.parametrize(
    ("comment", "code", "remedy"),
    [
        ("allow UNREACHABLE_STAGE", "ALLOW_REASON", "Say why"),
        ("allow UNREACHABLE_STAGE:", "ALLOW_REASON", "Say why"),
        ("allow UNREACHABLE_STAGES: we know", "ALLOW_UNKNOWN", "Did you mean UNREACHABLE_STAGE?"),
        ("allow unreachable_stage: we know", "ALLOW_UNKNOWN", "Did you mean UNREACHABLE_STAGE?"),
        ("allow UNKNOWN_FIELD: we know", "ALLOW_NEVER", "Mend what it is about"),
    ],
)
def test_an_allowance_that_says_too_little_is_a_finding_itself(
    tmp_path: Path, comment: str, code: str, remedy: str
) -> None:
    """B.1: and allows nothing."""
    findings = checked([file_with(tmp_path, beside=f"  # {comment}")]).findings
    assert [one.code for one in findings] == ["UNREACHABLE_STAGE", code]
    assert (findings[1].mark.line, findings[1].mark.column) == (8, 9)
    assert findings[1].remedy.startswith(remedy)


def test_what_is_not_found_need_not_be_allowed(tmp_path: Path) -> None:
    """B.1: when the cause is mended, the comment has to go."""
    file = file_with(tmp_path, above="  # allow UNREACHABLE_STAGE: kept for reports\n")
    file.write_text(file.read_text("utf-8").replace("events: {win: {to: won}}", "events: {win: {to: old}}", 1), "utf-8")
    assert said(file) == (["8:3 ALLOW_NOTHING"], [])


def test_only_comments_allow() -> None:
    """B.1: the same words in a text are text, and other comments are left alone."""
    text = (
        "title: 'a # allow UNREACHABLE_STAGE: no'\n"
        "text: |\n  one\n  # allow UNREACHABLE_STAGE: no\n"
        "other: >-\n  # allow UNREACHABLE_STAGE: no\n\n  two\n"
        'wide: "one\n  # allow UNREACHABLE_STAGE: no"\n'
        "# allow the owner: all of it\n"
        "last: 1 # allow UNREACHABLE_STAGE: yes\n"
    )
    document = read(text, "a.yaml")
    assert [(one.line, one.reason) for one in allowances_of(document)] == [(12, "yes")]


def test_publishing_goes_by_the_same_findings(tmp_path: Path) -> None:
    """B.1: what is found is not published; what is allowed is. To run or draw it, nobody asks."""
    with pytest.raises(DefinitionError) as refused:
        load_sound(file_with(tmp_path))
    assert [one.code for one in refused.value.findings] == ["UNREACHABLE_STAGE"]
    assert load_process(file_with(tmp_path))[1].name == "small"
    allowed = file_with(tmp_path, beside="  # allow UNREACHABLE_STAGE: kept for reports until March")
    assert load_sound(allowed)[1].name == "small"
