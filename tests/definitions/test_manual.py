"""The page for authors names everything that they may write, and what it shows works."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cli.scenarios_read import read_scenarios
from engine.compiling.bundle import KINDS, SourceText, parse
from engine.expressions import Kind, Vocabulary
from trials.scenarios.reading import cases_of
from trials.scenarios.running import run

DEFINITIONS = Path(__file__).parents[2] / "definitions"
MANUAL = (DEFINITIONS / "README.md").read_text("utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_of_a_file_is_in_the_manual(kind: str) -> None:
    """B.1: an author finds each key on the page, without reading what checks them."""
    schema = json.dumps(KINDS[kind].model_json_schema(by_alias=True))
    keys = {key for properties in _properties(json.loads(schema)) for key in properties}
    assert {key for key in keys if not re.search(rf"(?<!\w){key}(?!\w)", MANUAL)} == set()


def _properties(part: object) -> list[list[str]]:
    match part:
        case dict():
            inner = [found for value in part.values() for found in _properties(value)]
            return [list(part["properties"]), *inner] if isinstance(part.get("properties"), dict) else inner
        case list():
            return [found for value in part for found in _properties(value)]
    return []


def test_conditions_that_the_manual_shows_can_be_written() -> None:
    """B.1: moments, and whole numbers beside others."""
    words = Vocabulary({"arrived_at": Kind.MOMENT, "score": Kind.INTEGER, "value": Kind.NUMBER})
    for condition in ("lead.arrived_at < now - duration('48h')", "double(lead.score) * 1.5 > lead.value"):
        assert words.compile(condition)
    assert "lead.arrived_at < now - duration('48h')" in MANUAL and "double(lead.score)" in MANUAL


def test_the_scenario_that_the_manual_shows_runs() -> None:
    """B.2: as it stands there, on the process that ships."""
    text = re.search(r"```yaml scenarios\n(.*?)```", MANUAL, re.DOTALL)
    assert text is not None
    group = next(one for one in read_scenarios([DEFINITIONS]) if one.plan.process.name == "inbound_b2b")
    cases = cases_of(parse(SourceText("manual", text[1])), group.setting)
    assert [run(case).failures for case in cases] == [()]
