"""An editor offers the names that a process and its tables define, wherever one is meant (C.5)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from cli.workspace import workspace_of
from engine.errors import DefinitionError
from engine.language.schema import schema
from engine.language.workspace import PLACES, Workspace, names_of, workspace_schema
from engine.reading.source import read, read_file
from store.definition_files import process_files

DEFINITIONS = Path(__file__).parents[2] / "definitions"
SHIPPED = {file.parent.name: file for file in process_files(DEFINITIONS)}
INBOUND = SHIPPED["inbound_b2b"]


def validator(file: Path) -> Draft202012Validator:
    return Draft202012Validator(workspace_schema(workspace_of(file)))


@pytest.mark.parametrize("name", SHIPPED)
def test_what_ships_is_right_by_the_schema_of_its_names(name: str) -> None:
    """C.5: the process, the tables that it uses, and its scenarios."""
    around = workspace_of(SHIPPED[name])
    editor = Draft202012Validator(workspace_schema(around))
    scenarios = [read_file(file).value for file in sorted((SHIPPED[name].parent / "scenarios").glob("*.yaml"))]
    for value in (around.process, *around.tables.values(), *around.rosters, *scenarios):
        assert [
            f"{'/'.join(map(str, one.path))}: {one.message[:80]}"
            for one in editor.iter_errors(json.loads(json.dumps(value)))
        ] == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("to: sales_accepted", "to: sales_acepted"),
        ("initial: contacted", "initial: contactd"),
        ("from: any open", "from: [marketing_qualifid]"),
        ("stops_on: [accept, reject]", "stops_on: [acept, reject]"),
        ("{fire: recycle}", "{fire: recycl}"),
        ("{climb: silence}", "{climb: silenc}"),
        ("{start: keep_warm}", "{start: keep_wam}"),
        ("send: info_pack", "send: info_pak"),
        ("with: unseen", "with: unsen"),
        ("notify: team:marketing", "notify: team:markting"),
        ("notify: person:head_of_sales", "notify: person:head_of_saels"),
        ("reason: reject_reasons", "reason: reject_reason"),
        ("fields: [wake_on]", "fields: [wake_up]"),
        ("at: lead.deliver_on", "at: lead.product_line"),
        ("value: lead.estimate", "value: lead.estmate"),
        ("runs_on: marketing", "runs_on: markting"),
        ("hand_over: nurture", "hand_over: nurtur"),
        ("{set: {wake_on: null}}", "{set: {wake_up: null}}"),
        ("segments: market", "segments: markt"),
        ("status: Open", "status: Opn"),
    ],
)
def test_a_name_that_nothing_defines_is_told_while_it_is_typed(right: str, wrong: str) -> None:
    """C.5: with a red line in the editor; the schema of all files lets it pass."""
    text = INBOUND.read_text("utf-8")
    assert right in text
    editor = validator(INBOUND)
    assert list(editor.iter_errors(read(text, "v1.yaml").value)) == []
    assert list(editor.iter_errors(read(text.replace(right, wrong, 1), "v1.yaml").value)) != []


def test_every_place_is_one_that_the_schema_has() -> None:
    """C.5: a key that is renamed must not lose its names in silence."""
    definitions: dict[str, Any] = schema()["$defs"]
    for place in (place for places in PLACES.values() for place in places):
        model, _, key = place.partition(".")
        assert key == "*" or key in definitions[model]["properties"], place


def test_names_are_there_while_a_file_is_half_written(tmp_path: Path) -> None:
    """C.5: an editor asks before the definition is right."""
    file = tmp_path / "v1.yaml"
    file.write_text(
        "process: half\nstages:\n  new: {events: {go: {to: nowhere}}}\n  talk: {stages: {first: {}}}\n", "utf-8"
    )
    names = names_of(workspace_of(file))
    assert names["stage"] == ("new", "talk", "talk.first", "first")
    assert names["event"][0] == "go" and "update" in names["event"]
    assert names["ladder"] == ()
    assert "KnownLadder" not in workspace_schema(Workspace({"process": "half"}))["$defs"]


def test_words_of_the_roster_stay_free() -> None:
    """C.5: skills and territories are what people say they are."""
    rule = {"name": "a", "among": {"team": "field_emea", "skills": ["tenders"], "territory": "DE"}}
    around = workspace_of(INBOUND)
    table = around.tables["assignment"]
    assert isinstance(table, dict)
    assert list(validator(INBOUND).iter_errors({**table, "rules": [rule]})) == []


def test_names_are_those_of_a_process(tmp_path: Path) -> None:
    """B.1: a table alone has no stages; the answer says what to name."""
    with pytest.raises(DefinitionError, match="NOT_A_PROCESS"):
        workspace_of(DEFINITIONS / "tables" / "bant.yaml")
