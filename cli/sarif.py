"""Findings as SARIF 2.1.0, the form in which code review tools take them: each beside its line, allowed ones as such."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import quote

from engine.analysis.allowances import Verdict
from engine.codes import CODES, Code
from engine.errors import Finding

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
ROOT = Path(__file__).resolve().parent.parent

Object = dict[str, Any]


def sarif(verdict: Verdict) -> Object:
    """One run of the check. Places are relative to the folder that it ran in, as review tools expect it."""
    found = [(finding, None) for finding in verdict.findings]
    found += [(one.finding, one.reason) for one in verdict.allowed]  # type: ignore[misc]
    codes = sorted({finding.code for finding, _ in found})
    driver: Object = {"name": "leadflow", "rules": [_rule(CODES[code]) for code in codes]}
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": driver},
                "columnKind": "unicodeCodePoints",
                "invocations": [{"executionSuccessful": True}],
                "results": [
                    _result(finding, reason, codes) for finding, reason in sorted(found, key=lambda one: one[0])
                ],
            }
        ],
    }


def _rule(code: Code) -> Object:
    """What a tool shows beside a finding: the page that explains it, and where that lies in the project."""
    page = ROOT / code.page
    explained = page.read_text("utf-8") if page.is_file() else code.title
    return {
        "id": code.name,
        "name": "".join(word.capitalize() for word in code.name.split("_")),
        "shortDescription": {"text": f"{code.title}."},
        "fullDescription": {"text": _first_paragraph(explained)},
        "help": {"text": f"{code.title}. See {code.page}.", "markdown": explained},
        "defaultConfiguration": {"level": "error"},
        "properties": {"page": code.page, "theme": code.theme.value, "allowable": code.allowable},
    }


def _first_paragraph(page: str) -> str:
    return next((" ".join(part.split()) for part in page.split("\n\n") if not part.startswith("#")), page)


def _result(finding: Finding, reason: str | None, codes: Iterable[str]) -> Object:
    mark = finding.mark
    result: Object = {
        "ruleId": finding.code,
        "ruleIndex": [*codes].index(finding.code),
        "level": "error",
        "message": {"text": " ".join(part for part in (f"{finding.message}.", finding.remedy) if part)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": _artifact(mark.file),
                    "region": {"startLine": mark.line, "startColumn": mark.column},
                }
            }
        ],
    }
    if reason is not None:
        result["suppressions"] = [{"kind": "inSource", "justification": reason}]
    return result


def _artifact(file: str) -> Object:
    path = PurePath(file)
    if path.is_absolute():
        return {"uri": path.as_uri()}
    return {"uri": quote(path.as_posix()), "uriBaseId": "%SRCROOT%"}
