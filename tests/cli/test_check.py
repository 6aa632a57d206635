"""`leadflow check` on files as they lie in a folder: what no single file can tell, and what only a process can."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from cli.checked_files import checked
from cli.drift import set_up
from engine.compiling.bundle import Bundle, SourceText, parse
from engine.compiling.elsewhere import endpoints, unpublished_processes
from tests.cli.command import ROOT, Leadflow


@pytest.fixture
def definitions(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "definitions", tmp_path / "definitions")
    return tmp_path / "definitions"


def change(file: Path, before: str, after: str) -> None:
    text = file.read_text("utf-8")
    assert before in text
    file.write_text(text.replace(before, after, 1), "utf-8")


def found_in(*files: Path) -> list[str]:
    """Findings as printed, with the last two parts of the file's path."""
    return [
        f"{'/'.join(Path(finding.mark.file).parts[-2:])}:{finding.mark.line} {finding.code} {finding.message}. "
        f"{finding.remedy}"
        for finding in checked(files).findings
    ]


# --- tables ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "before", "after", "told"),
    [
        (
            "tables/offices.yaml",
            "default: berlin",
            "default: paris_",
            "5 UNKNOWN_CALENDAR there is no calendar 'paris_'",
        ),
        ("tables/offices.yaml", "holidays: DE-BE", "holidays: DE-XX", "12 UNKNOWN_REGION there are no public holidays"),
        ("tables/mail.yaml", "{{ person }}", "{{ persn }}", "13 TEMPLATE_VARIABLE there is no 'persn' in a text"),
        ("tables/bant.yaml", "{5: 2 days", "{5: 2 working days", "9 WORKING_UNIT a score counts round the clock"),
        ("tables/emea_sales.yaml", "name: ", "name: x\n    naem: ", "UNKNOWN_KEY 'naem' is not a key"),
        ("rosters/sample.yaml", "leader: ", "leader: nobody_", "NOT_IN_ROSTER team "),
    ],
)
def test_a_table_is_checked_by_itself(definitions: Path, table: str, before: str, after: str, told: str) -> None:
    """B.1: what is wrong whoever uses it: zones, holidays, texts, units, leaders."""
    change(definitions / table, before, after)
    (finding, *_) = found_in(definitions / table)
    assert finding.startswith(table)
    assert told in finding


def test_a_table_is_checked_for_the_processes_that_use_it(definitions: Path) -> None:
    """B.1, S4.4: a condition reads fields, and only a process has some. Told is what lies in the table, once."""
    change(definitions / "tables" / "market.yaml", "lead.sector", "lead.secto")
    change(definitions / "nurture" / "v1.yaml", "status: ", "state: ")
    (finding,) = found_in(definitions / "tables" / "market.yaml")
    assert finding == ("tables/market.yaml:5 UNKNOWN_FIELD there is no field `lead.secto`. Did you mean lead.sector?")


def test_a_plan_beside_its_process_is_no_table_that_nobody_uses(definitions: Path) -> None:
    """B.1, B.3: plans are named on the command line and by no process, wherever they lie."""
    move, trial = definitions / "partner" / "move.yaml", definitions / "partner" / "trial.yaml"
    move.write_text("migrate: partner\nfrom: 1\nto: 2\nreason: agreed\n", "utf-8")
    trial.write_text("simulate: partner\n", "utf-8")
    assert found_in(move, trial) == []
    move.write_text("migrate: partner\nfrom: 1\nto: 1\nresaon: agreed\n", "utf-8")
    assert any("UNKNOWN_KEY 'resaon'" in told for told in found_in(move))


def test_a_roster_may_name_who_is_in_another_one_beside_it(definitions: Path) -> None:
    """B.1: rosters are loaded one after the other, into one."""
    other = definitions / "rosters" / "other.yaml"
    other.write_text("roster: other\npeople: {ann: {name: Ann, teams: [nobody_knows]}}\n", "utf-8")
    (finding,) = found_in(other)
    assert finding.startswith("rosters/other.yaml:2 NOT_IN_ROSTER ann is in team nobody_knows")
    known = parse(SourceText("sample.yaml", (definitions / "rosters" / "sample.yaml").read_text("utf-8"))).model
    other.write_text(f"roster: other\npeople: {{ann: {{name: Ann, teams: [{next(iter(known.teams))}]}}}}\n", "utf-8")  # type: ignore[attr-defined]
    assert found_in(other) == []


# --- tables that a process looks for ---------------------------------------------------------------------------------


def test_a_table_that_cannot_be_read_is_told_in_its_own_place(definitions: Path) -> None:
    """B.1: not as a table that is missing, at the process that uses it."""
    change(definitions / "tables" / "bant.yaml", "title: Completeness", "title:Completeness")
    findings = found_in(definitions / "inbound_b2b" / "v1.yaml")
    assert [finding.partition(" ")[0] for finding in findings] == ["tables/bant.yaml:5"]
    assert "SYNTAX a space is missing after the colon of 'title'" in findings[0]
    change(definitions / "tables" / "bant.yaml", "score: bant", "scores: bant")
    change(definitions / "tables" / "bant.yaml", "title:Completeness", "title: Completeness")
    (finding,) = found_in(definitions / "inbound_b2b" / "v1.yaml")
    assert finding.startswith("tables/bant.yaml:4 UNKNOWN_KIND this file does not say what it is")


def test_a_table_that_cannot_be_read_is_of_no_concern_to_who_does_not_use_it(definitions: Path) -> None:
    """B.1: what is wrong elsewhere hides nothing and stops nobody."""
    (definitions / "tables" / "half_done.yaml").write_text("score: half_done\nparts: {\n", "utf-8")
    (definitions / "tables" / "notes.yaml").write_text("remember: the milk\n", "utf-8")
    assert found_in(definitions / "inbound_b2b" / "v1.yaml") == []
    change(definitions / "inbound_b2b" / "v1.yaml", "segments: market", "segments: markt")
    (finding,) = found_in(definitions / "inbound_b2b" / "v1.yaml")
    assert finding.endswith("UNKNOWN_TABLE there is no segments table 'markt'. Did you mean 'market'?")


def test_a_missing_table_says_where_it_was_looked_for(tmp_path: Path) -> None:
    """B.1: beside the process, and in the nearest `tables/` above."""
    (tmp_path / "tables").mkdir()
    (tmp_path / "small").mkdir()
    file = tmp_path / "small" / "v1.yaml"
    file.write_text("process: small\nversion: 1\ntitle: S\nuses: {intake: front}\nstages: {new: {}}\n", "utf-8")
    (finding,) = found_in(file)
    assert finding == (
        "small/v1.yaml:4 UNKNOWN_TABLE there is no intake table 'front'. Define an intake table with that name first. "
        f"Looked in: {tmp_path}/small, {tmp_path}/tables."
    )


# --- processes among others ------------------------------------------------------------------------------------------


def test_a_process_to_go_on_in_is_one_of_the_folder(definitions: Path) -> None:
    """B.1, S1.1: a lead that is handed over to nobody would stay where it is."""
    file = definitions / "inbound_b2b" / "v1.yaml"
    change(file, "hand_over: nurture", "hand_over: nurtur")
    (finding,) = found_in(file)
    assert finding.endswith("UNKNOWN_PROCESS there is no process 'nurtur'. Did you mean 'nurture'?")
    alone = definitions.parent / "elsewhere" / "inbound" / "v1.yaml"
    shutil.copytree(definitions / "tables", alone.parent.parent / "tables")
    alone.parent.mkdir()
    shutil.copy(file, alone)
    assert found_in(alone) == []


def test_a_process_is_published_after_those_it_goes_on_in() -> None:
    """B.1, S1.1: or together with them; the finding lies where it hands over."""
    text = (
        "process: a\nversion: 1\ntitle: A\nstages:\n"
        "  new: {waits_for_ever: true, events: {go: {then: {hand_over: b}}, stay: {then: [{hand_over: a}]}}}\n"
    )
    bundle = Bundle(SourceText("a.yaml", text))
    assert unpublished_processes(bundle, {"a", "b"}) == []
    (finding,) = unpublished_processes(bundle, {"a"})
    assert (str(finding.mark), finding.code) == ("a.yaml:5:63", "UNPUBLISHED_PROCESS")
    assert "'b', which is not published" in finding.message


def test_the_version_in_a_file_is_that_of_its_name(definitions: Path) -> None:
    """B.1: a copy that still calls itself version 1 would be taken for the old one."""
    shutil.copy(definitions / "nurture" / "v1.yaml", definitions / "nurture" / "v2.yaml")
    (finding,) = found_in(definitions / "nurture" / "v2.yaml")
    assert finding == (
        "nurture/v2.yaml:3 VERSION_NAME the file is called v2.yaml and says version 1. "
        "Write `version: 2`, or rename the file to v1.yaml."
    )


def test_a_file_that_nothing_would_find_is_told(leadflow: Leadflow, tmp_path: Path) -> None:
    """B.1: `.yml` is no mistake in YAML, and yet nobody looks for it."""
    (tmp_path / "small").mkdir()
    (tmp_path / "small" / "v1.yml").write_text("process: small\n", "utf-8")
    answer = leadflow("check", tmp_path / "small", "--json")
    assert answer.status == 1
    (finding,) = answer.json()["findings"]
    assert (finding["code"], finding["remedy"]) == ("FILE_NAME", "Rename it to v1.yaml.")


# --- endpoints -------------------------------------------------------------------------------------------------------


def test_the_doctor_names_endpoints_that_are_not_set_up() -> None:
    """B.1, section 7: a process is checked without the operator's settings, so it is looked at where both are."""
    text = (
        "process: a\nversion: 1\ntitle: A\nstages: {new: {waits_for_ever: true, on_entry: {webhook: crm}}}\n"
        "ladders: {late: [{after: 1 hour, webhook: pager}, {after: 1 day, notify: person:ann, with: late}]}\n"
    )
    calls = {"a": endpoints(Bundle(SourceText("a.yaml", text))), "b": ["crm"], "c": []}
    assert calls["a"] == ["crm", "pager"]
    (missing,) = set_up(calls, {"crm"})
    assert not missing.ok and "a calls the endpoint 'pager'" in missing.what and "pager=URL" in missing.remedy
    assert [check.ok for check in set_up(calls, {"crm", "pager"})] == [True]
    assert set_up({"c": []}, {}) == []


# --- several processes -----------------------------------------------------------------------------------------------


def handing(name: str, to: str) -> str:
    return (
        f"process: {name}\nversion: 1\ntitle: {name}\nstages:\n  new:\n"
        f"    clocks: {{rest: {{due: 6 months, on_breach: [{{task: Call them}}, {{hand_over: {to}}}]}}}}\n"
        "    events: {win: {to: won}}\n  won: {kind: won, closes: true}\n"
    )


def test_processes_that_hand_leads_round_by_clocks_alone_are_told(tmp_path: Path) -> None:
    """B.1: whichever of them is checked; a step that needs a person ends it, and so does a reason to allow it."""
    files = {}
    for name, to in (("one", "two"), ("two", "one")):
        files[name] = tmp_path / name / "v1.yaml"
        files[name].parent.mkdir()
        files[name].write_text(handing(name, to), "utf-8")
    (finding,) = found_in(*files.values())
    assert finding.startswith("one/v1.yaml:6 LIVELOCK a lead goes round here for ever")
    assert "one -> two -> one" in finding
    assert [one.partition(" a lead")[0] for one in found_in(files["one"])] == ["one/v1.yaml:6 LIVELOCK"]
    change(files["one"], "    clocks:", "    # allow LIVELOCK: letters twice a year are wanted\n    clocks:")
    assert found_in(*files.values()) == found_in(files["one"]) == []
    change(files["one"], "    # allow LIVELOCK: letters twice a year are wanted\n", "")
    change(files["two"], ", {hand_over: one}]", "]")
    change(files["two"], "{win: {to: won}}", "{win: {to: won}, back: {by: [owner], then: {hand_over: one}}}")
    assert found_in(*files.values()) == []


def test_what_is_personal_in_one_process_is_so_in_the_next(tmp_path: Path) -> None:
    """B.1, B.7: a lead goes from one to the other, and its data with it."""
    for name, field in (("one", "{type: text, personal: true}"), ("two", "{type: text}")):
        file = tmp_path / name / "v1.yaml"
        file.parent.mkdir()
        file.write_text(handing(name, "two").replace("stages:", f"fields: {{illness: {field}}}\nstages:"), "utf-8")
    change(tmp_path / "two" / "v1.yaml", ", {hand_over: two}]", "]")
    (finding,) = found_in(tmp_path / "two" / "v1.yaml")
    assert finding.startswith("two/v1.yaml:4 PERSONAL_IN_HISTORY 'illness' is personal in one, and would be written")
