"""`leadflow simulate`: without a server, without a plan, for people and for machines (S1.7, B.4)."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.command import Leadflow

INBOUND = "definitions/inbound_b2b/v1.yaml"
ROSTER = ("--roster", "definitions/rosters/sample.yaml")


def test_a_process_is_tried_without_a_plan(leadflow: Leadflow, tmp_path: Path) -> None:
    """S1.7: one command gives workload, missed clocks, waits and stages, and says what it assumes; with a picture."""
    answer = leadflow("simulate", INBOUND, *ROSTER, "--leads", "60", "--plot", tmp_path / "quarter.svg")
    assert (answer.status, answer.err) == (0, "")
    for words in ("60 leads", "first response", "Marketing Qualified", "claire_moreau", "takes for granted"):
        assert words in answer.out
    assert (tmp_path / "quarter.svg").read_text("utf-8").startswith("<svg ")


def test_two_definitions_meet_the_same_leads(leadflow: Leadflow, tmp_path: Path) -> None:
    """B.4: what a change of the file changes, side by side; as JSON, in figures."""
    folder = tmp_path / "definitions"
    changed = (
        Path(INBOUND).read_text("utf-8").replace("due: 3 working days             # on", "due: 1 working day # on")
    )
    (folder / "inbound_b2b").mkdir(parents=True)
    (folder / "inbound_b2b" / "v2.yaml").write_text(changed.replace("version: 1", "version: 2"), "utf-8")
    (folder / "tables").symlink_to(Path("definitions/tables").resolve())
    answer = leadflow("simulate", INBOUND, folder / "inbound_b2b" / "v2.yaml", *ROSTER, "--leads", "80", "--json")
    assert answer.status == 0, answer.err
    three, one = answer.json()
    assert (three["version"], one["version"]) == (1, 2)
    assert three["leads"] == one["leads"] == 80
    assert one["reassigned"] > three["reassigned"]


def test_the_shipped_plan_fits_and_one_that_does_not_says_where(leadflow: Leadflow, tmp_path: Path) -> None:
    """B.1: a plan is read as strictly as a definition: file, line, column, code, remedy."""
    fitting = leadflow(
        "simulate", INBOUND, "--plan", "definitions/plans/spring_fair.yaml", *ROSTER, "--leads", "20", "--json"
    )
    assert fitting.status == 0, fitting.err
    assert fitting.json()[0]["seed"] == 7 and fitting.json()[0]["leads"] == 270  # the fair's own come beside
    plan = tmp_path / "plan.yaml"
    plan.write_text("simulate: inbound_b2b\nbehaviour:\n  stages:\n    sales_acepted: {nothing: 5%}\n", "utf-8")
    refused = leadflow("simulate", INBOUND, "--plan", plan, *ROSTER)
    assert refused.status == 1 and ":4:5: UNKNOWN_STAGE" in refused.err
    plan.write_text("simulate: inbound_b2b\narrivals: {rate: 12 daily}\n", "utf-8")
    assert ":2:18: " in leadflow("simulate", INBOUND, "--plan", plan, *ROSTER).err
    mixed_up = leadflow("simulate", INBOUND, "--plan", "definitions/rosters/sample.yaml", *ROSTER)
    assert mixed_up.status == 1 and "NOT_A_PLAN" in mixed_up.err


def test_leads_of_a_file_take_the_place_of_drawn_ones(leadflow: Leadflow, tmp_path: Path) -> None:
    """S1.7: those that the process takes, at the times that the file gives; a column that is not there is told."""
    answer = leadflow("simulate", INBOUND, *ROSTER, "--arrivals", "definitions/samples/leads.ndjson", "--json")
    assert answer.status == 0, answer.err
    assert 10 < answer.json()[0]["leads"] < 150
    plan, file = tmp_path / "plan.yaml", tmp_path / "leads.ndjson"
    lead = {"kind": "sales", "channel": "direct", "source": "web", "company": "Cobalt", "country": "DE"}
    rows = [{**lead, "id": f"{number}", "came": f"2027-01-{number:02}T09:00:00+01:00"} for number in (5, 6, 7)]
    file.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    period = 'simulate: inbound_b2b\nfrom: "2027-01-04"\nuntil: "2027-01-17"\n'
    plan.write_text(f"{period}arrivals: {{file: leads.ndjson, arrived: came}}\n", "utf-8")
    found = leadflow("simulate", INBOUND, "--plan", plan, *ROSTER, "--json").json()[0]
    assert found["leads"] == 3
    assert any("those of the file, in its order (3 rows)" in sentence for sentence in found["assumed"])
    plan.write_text(f"{period}arrivals: {{file: leads.ndjson, arrived: comes}}\n", "utf-8")
    assert "has no column 'comes'" in leadflow("simulate", INBOUND, "--plan", plan, *ROSTER).err


def test_without_a_roster_it_says_how_to_name_one(leadflow: Leadflow) -> None:
    """Section 7: people are those of the database if none are named; where nothing runs, the error says what to do."""
    answer = leadflow("simulate", INBOUND, "--leads", "5", "--json")
    assert answer.status == 1
    assert "leadflow up" in json.loads(answer.err)["remedy"]
