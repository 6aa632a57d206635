"""What `leadflow check` found, for machines: JSON with what is allowed, and SARIF for code review tools (B.1)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, FormatChecker

from engine.codes import CODES
from tests.cli.command import ROOT, Leadflow

PROCESS = """\
process: small
version: 1
title: Small
fields:
  mail: {type: email}           # allow PERSONAL_IN_HISTORY: the address of a department
stages:
  new:
    clocks: {answer: {due: 3 days, on_breach: {task: Call them}}}
    events: {win: {to: won}}
  old:
    clocks: {answer: {due: 3 days, on_breach: {task: Call them}}}
    events: {win: {to: won}}
  won: {kind: won, closes: true}
"""

TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
REGION = {
    "type": "object",
    "required": ["startLine", "startColumn"],
    "properties": {"startLine": {"type": "integer", "minimum": 1}, "startColumn": {"type": "integer", "minimum": 1}},
}
ARTIFACT = {
    "type": "object",
    "required": ["uri"],
    "properties": {"uri": {"type": "string", "pattern": r"^[^\s\\]+$"}, "uriBaseId": {"type": "string"}},
    "additionalProperties": False,
}
RULE = {
    "type": "object",
    "required": ["id", "name", "shortDescription", "fullDescription", "help"],
    "properties": {
        "id": {"enum": list(CODES)},
        "name": {"type": "string", "pattern": "^[A-Z][A-Za-z]+$"},
        "shortDescription": TEXT,
        "fullDescription": TEXT,
        "help": {**TEXT, "required": ["text", "markdown"]},
        "helpUri": {"type": "string", "format": "uri"},
        "defaultConfiguration": {"properties": {"level": {"enum": ["none", "note", "warning", "error"]}}},
        "properties": {"type": "object"},
    },
    "additionalProperties": False,
}
RESULT = {
    "type": "object",
    "required": ["ruleId", "ruleIndex", "level", "message", "locations"],
    "properties": {
        "ruleId": {"enum": list(CODES)},
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": {"enum": ["none", "note", "warning", "error"]},
        "message": TEXT,
        "locations": {
            "type": "array",
            "minItems": 1,
            "items": {
                "required": ["physicalLocation"],
                "properties": {
                    "physicalLocation": {
                        "required": ["artifactLocation", "region"],
                        "properties": {"artifactLocation": ARTIFACT, "region": REGION},
                        "additionalProperties": False,
                    }
                },
            },
        },
        "suppressions": {
            "type": "array",
            "items": {
                "required": ["kind"],
                "properties": {"kind": {"enum": ["inSource", "external"]}, "justification": {"type": "string"}},
            },
        },
    },
    "additionalProperties": False,
}
SARIF = {
    "type": "object",
    "required": ["$schema", "version", "runs"],
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "minItems": 1,
            "items": {
                "required": ["tool", "results"],
                "properties": {
                    "tool": {
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "required": ["name", "rules"],
                                "properties": {"rules": {"type": "array", "uniqueItems": True, "items": RULE}},
                            }
                        },
                    },
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "invocations": {"type": "array", "items": {"required": ["executionSuccessful"]}},
                    "results": {"type": "array", "items": RESULT},
                },
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}
"""What the standard asks of the parts that are used here, in its own words for them."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "small file.yaml"
    file.write_text(PROCESS, "utf-8")
    return file


def well_formed(log: Any) -> Any:
    Draft7Validator(SARIF, format_checker=FormatChecker()).validate(log)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    return run


def test_json_lists_what_is_found_and_what_is_allowed(leadflow: Leadflow, file: Path) -> None:
    """B.1: the reason is part of the answer, and what is allowed is no failure."""
    answer = leadflow("check", file, "--json")
    assert answer.status == 1
    said = answer.json()
    assert said["ok"] is False
    assert [(one["code"], one["line"], one["column"]) for one in said["findings"]] == [("UNREACHABLE_STAGE", 10, 3)]
    (allowed,) = said["allowed"]
    assert (allowed["code"], allowed["line"]) == ("PERSONAL_IN_HISTORY", 5)
    assert allowed["reason"] == "the address of a department"
    file.write_text(PROCESS.replace("{win: {to: won}}", "{win: {to: old}}", 1), "utf-8")
    sound = leadflow("check", file)
    assert (sound.status, sound.out) == (0, "1 file checked, nothing wrong; 1 allowed\n")


def test_sarif_has_each_finding_in_its_place_and_allowed_ones_as_such(
    leadflow: Leadflow, file: Path, tmp_path: Path
) -> None:
    """B.1: review tools show a finding beside its line, with the page that explains it."""
    log = tmp_path / "findings.sarif"
    answer = leadflow("check", file, "--sarif", log)
    assert answer.status == 1
    assert "UNREACHABLE_STAGE" in answer.err
    run = well_formed(json.loads(log.read_text("utf-8")))
    allowed, found = run["results"]
    assert allowed["suppressions"] == [{"kind": "inSource", "justification": "the address of a department"}]
    assert (found["ruleId"], "suppressions" in found) == ("UNREACHABLE_STAGE", False)
    place = found["locations"][0]["physicalLocation"]
    assert place["region"] == {"startLine": 10, "startColumn": 3}
    assert place["artifactLocation"]["uri"].endswith("/small%20file.yaml")
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert rules["UNREACHABLE_STAGE"]["properties"]["page"] == "docs/findings/UNREACHABLE_STAGE.md"
    assert "## Mended" in rules["UNREACHABLE_STAGE"]["help"]["markdown"]


def test_sarif_of_the_shipped_definitions_is_empty_and_well_formed(leadflow: Leadflow) -> None:
    """B.1: on standard output alone, for a pipe."""
    answer = leadflow("check", "definitions", "--sarif", "-")
    assert answer.status == 0
    run = well_formed(answer.json())
    assert [result for result in run["results"] if "suppressions" not in result] == []


def test_places_are_relative_to_where_it_ran(leadflow: Leadflow, tmp_path: Path) -> None:
    """B.1: a review tool has another folder than this machine."""
    del tmp_path
    answer = leadflow("check", "docs/findings/base/tables/mail.yaml", "definitions/none.yaml", "--sarif", "-")
    assert answer.status == 1
    (result,) = well_formed(json.loads(answer.out))["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "definitions/none.yaml", "uriBaseId": "%SRCROOT%"}
    assert str(ROOT) not in answer.out
