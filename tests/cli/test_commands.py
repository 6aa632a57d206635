"""The command line on a real stack: Temporal, PostgreSQL, the mail sink and a worker, all from `leadflow up`."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bootstrap import connect_temporal
from cli.checkup import examine
from cli.health import Health, PartState, health
from cli.roster import read_roster
from engine.lead import Lead
from settings import Settings, load
from stack.state import read_state
from tests.cli.command import ENTRY, ROOT, Answer, Leadflow
from workflows.messages import TASK_QUEUE, WORKFLOW_TYPE, Carried, LeadStart

COBALT = {
    "id": "42",
    "kind": "sales",
    "channel": "direct",
    "source": "web",
    "campaign": "spring",
    "company": "Cobalt GmbH",
    "country": "DE",
    "employees": 1200,
    "product_line": "pumps",
    "email": "ada@cobalt.example",
    "contact_name": "Ada Lovelace",
}
NOBODY_KNOWN = {name: value for name, value in COBALT.items() if name not in ("email", "contact_name")}
"""Whom nothing finds to be somebody who is here already."""

PATIENCE = 20.0


@pytest.fixture(scope="module")
def cobalt(running: Leadflow) -> str:
    """The key of a lead that has just come in."""
    answer = start(running, COBALT)
    assert answer.status == 0, answer.err
    return str(answer.json()["key"])


@pytest.fixture
def settings(running: Leadflow) -> Settings:
    return load(running.environment)


def start(leadflow: Leadflow, lead: dict[str, object]) -> Answer:
    return leadflow("lead", "start", "-", "--source-system", "web", "--json", given=json.dumps(lead))


def state_of(report: Health, name: str) -> PartState:
    return next(part.state for part in report.parts if part.name == name)


# --- the stack -------------------------------------------------------------------------------------------------------


def test_up_leaves_everything_ready_for_leads(running: Leadflow) -> None:
    """Section 7: `up` starts and waits; `status` finds each part up, the database in shape and a worker at work."""
    answer = running("status", "--json")
    assert answer.status == 0, answer.out
    report = answer.json()
    assert report["well"] is True
    assert {part["name"] for part in report["parts"]} == {
        *("stack", "postgres", "temporal", "mail", "webhook", "worker", "web", "database", "leads")
    }
    assert {part["state"] for part in report["parts"]} == {"up"}
    assert report["figures"]["workers"] == 1
    assert report["figures"]["processes"] == 5


def test_up_on_a_running_stack_is_refused_and_changes_nothing(running: Leadflow) -> None:
    """Section 7: exit status 0 only on success, and the answer says what to do instead."""
    answer = running("up")
    assert answer.status == 1
    assert "already running" in answer.err and "leadflow down" in answer.err


def test_publishing_again_changes_nothing(running: Leadflow) -> None:
    """C.5: a version is pinned once with its tables under one digest."""
    again = running("publish", "definitions/inbound_b2b", "--json").json()
    assert [(one["process"], one["new"]) for one in again] == [("inbound_b2b", False)]
    rows = {row["process"]: row for row in running("versions", "--json").json()}
    assert rows["inbound_b2b"]["digest"] == again[0]["digest"]
    assert rows["inbound_b2b"]["current"] is True


@pytest.mark.usefixtures("cobalt")
def test_doctor_finds_nothing_wrong(running: Leadflow) -> None:
    """Section 7: tools, servers, definitions on disk and published, people that tables name, both sides' leads."""
    answer = running("doctor", "--json")
    checks = answer.json()
    assert [check for check in checks if not check["ok"]] == []
    assert answer.status == 0
    assert any("agree on" in check["what"] for check in checks)


# --- one lead --------------------------------------------------------------------------------------------------------


def test_a_lead_sent_twice_is_one_lead_with_an_owner(running: Leadflow, cobalt: str) -> None:
    """C.6, S4.3: upstream sent it twice; there is one, it has an owner, and the answer says why."""
    again = start(running, COBALT).json()
    assert (again["key"], again["created"]) == (cobalt, False)
    assert again["receipt"]["owner"] and "large accounts in DACH" in again["receipt"]["because"]
    assert again["link"].endswith("/namespaces/default/workflows/lead%3Aweb%3A42")


def test_what_the_readme_shows_works_as_it_stands(running: Leadflow) -> None:
    """C.3: a newcomer copies it and it does what it says; the files that it names are there."""
    block = (ROOT / "README.md").read_text().split("## Working with it")[1].split("```")[1]
    commands = [shlex.split(one, comments=True) for one in re.split(r"^\.venv/bin/leadflow ", block, flags=re.M)]
    shown = {tuple(words[:2]): words for words in commands if words}
    for command in (("lead", "start"), ("lead", "send"), ("lead", "show")):
        # Under an id of its own: other tests have a lead 42 too.
        answer = running(*(word.replace("42", "readme") for word in shown[command]))
        assert (answer.status, answer.err) == (0, ""), command
    files = [word for words in commands for word in words if word.endswith((".yaml", ".ndjson", ".csv"))]
    assert files and all(any(ROOT.glob(file)) for file in files)


def test_a_lead_with_wrong_values_is_refused_field_by_field(running: Leadflow) -> None:
    """C.6: a refused lead names every field at fault, and nothing was written."""
    answer = start(running, {**COBALT, "id": "43", "country": "Atlantis", "employees": "many"})
    assert (answer.status, answer.out) == (1, "")
    error = json.loads(answer.err)
    assert error["code"] == "BAD_FIELDS"
    assert set(error["fields"]) == {"country", "employees"}
    assert running("lead", "show", "lead:web:43").status == 1


def test_an_illegal_event_says_what_is_missing_and_what_is_allowed(running: Leadflow, cobalt: str) -> None:
    """S2.3: rejecting needs a reason from the list; the refusal can be read by machines and by people."""
    owner = start(running, COBALT).json()["receipt"]["owner"]
    told = running("lead", "send", cobalt, "reject", "--by", owner)
    assert (told.status, told.out) == (1, "")
    assert told.err.startswith("refused (MISSING)")
    assert "needs code reason: one of " in told.err
    refused = running("lead", "send", cobalt, "reject", "--by", owner, "--json")
    assert refused.status == 1
    assert refused.json()["refused"]["missing"][0]["name"] == "reason"
    assert "accept" in refused.json()["refused"]["allowed"]


def test_an_event_happens_once_and_the_card_tells_it_all(running: Leadflow) -> None:
    """B.5, S4.7, B.7: events with notes, rules tried, who was passed over and why, clocks, notices, personal data."""
    other = {"company": "Helios AG", "email": "t.nagy@helios.example", "contact_name": "Theodora Nagy"}
    first = start(running, {**COBALT, "id": "44", **other}).json()
    key, owner = first["key"], first["receipt"]["owner"]
    for _ in range(2):
        sent = ("lead", "send", key, "accept", "--by", owner, "--note", "called her", "--id", "call-1", "--json")
        assert running(*sent).json()["done"]["stage"] == "sales_accepted.contacted"

    card = running("lead", "show", key, "--json").json()
    assert [event["happening"] for event in card["events"]] == ["arrived", "accept"]
    assert [(note["by"], note["text"]) for note in card["notes"]] == [(owner, "called her")]
    assert card["origin"]["personal"]["contact_name"] == "Theodora Nagy"
    assert card["fields"]["country"] == "DE"
    tried = card["assignments"][0]["explanation"]
    assert [rule["matched"] for rule in tried][-1] is True and not tried[0]["matched"]
    assert [one["person"] for one in tried[-1]["candidates"] if one["chosen"]] == [owner]
    assert all(one["why"] for one in tried[-1]["candidates"])

    page = running("lead", "show", key).out
    headings = ["Known", "Owner", "Score", "Assignments", "Clocks", "Story", "Touches", "Notices", "Tasks"]
    assert [line.split("  ")[0] for line in page.splitlines() if line.split("  ")[0] in headings] == headings
    for words in ("inbound_b2b v2", "passed over", "note: called her", "Theodora Nagy", "unknown", card["link"]):
        assert words in page


def test_a_list_holds_what_was_asked_for(running: Leadflow, cobalt: str) -> None:
    """S1.4: leads by stage, status and whose they are; piped, each on a line of its own."""
    owner = start(running, COBALT).json()["receipt"]["owner"]
    rows = running("lead", "list", "--owner", owner, "--status", "open", "--stage", "marketing_qualified", "--json")
    assert cobalt in [row["key"] for row in rows.json()]
    assert running("lead", "list", "--owner", "maria_lopez", "--json").json() == []
    lines = running("lead", "list").out.splitlines()
    assert [line for line in lines if line.startswith(f"{cobalt} ") and "Cobalt GmbH" in line]


def test_a_live_diagram_shows_what_stands_where(running: Leadflow, cobalt: str, tmp_path: Path) -> None:
    """S2.9: of the current version or a given one, in both forms; a version that is not published is told."""
    answer = running("graph", "inbound_b2b", "--live", "--json")
    assert answer.status == 0, answer.err
    told = answer.json()
    assert told["leads"] == sum(one["leads"] for one in told["live"]["stages"].values()) > 0
    assert "leads</b>" in told["diagram"] or "lead</b>" in told["diagram"]
    drawn = running("graph", "inbound_b2b", "--live", "--version", "2", "--format", "svg", "-o", tmp_path / "live.svg")
    assert drawn.status == 0, drawn.err
    assert " now (" in (tmp_path / "live.svg").read_text("utf-8")
    assert running("graph", "definitions/nurture/v2.yaml", "--live").status == 0
    refused = running("graph", "inbound_b2b", "--live", "--version", "9")
    assert refused.status == 1 and "has no version 9" in refused.err and "Published are: 2." in refused.err
    assert "no published process" in running("graph", "inbuond", "--live").err


def test_a_list_or_a_lead_that_cannot_be_meant_is_told(running: Leadflow) -> None:
    """S1.4: an empty list is no answer to a slip of the pen, nor are all leads one to nothing."""
    answer = running("lead", "list", "--stage", "marketing_qualifed")
    assert answer.status == 1 and "Did you mean 'marketing_qualified'?" in answer.err
    assert running("lead", "list", "--stage", "sales_accepted").status == 0, "it holds others"
    answer = running("lead", "show", "")
    assert answer.status == 1 and "no lead is named" in answer.err


@pytest.mark.usefixtures("cobalt")
def test_leave_is_told_to_the_leads_whose_deadlines_it_moves(running: Leadflow) -> None:
    """B.6: leave entered while clocks run reaches the leads of that person, and can be taken back."""
    owner = start(running, COBALT).json()["receipt"]["owner"]
    entered = running("leave", "add", owner, "2031-03-03", "2031-03-07", "--json").json()
    assert entered["leads"] >= 1
    assert (entered["starts_at"], entered["ends_at"]) == ("2031-03-02T23:00:00+00:00", "2031-03-07T23:00:00+00:00")
    assert [row["id"] for row in running("leave", "list", "--json").json()] == [entered["leave"]]
    ended = running("leave", "end", str(entered["leave"]), "--json").json()
    assert (ended["ended"], ended["leads"]) == (True, entered["leads"])
    assert running("leave", "list", "--json").json() == []


@pytest.mark.usefixtures("cobalt")
def test_other_working_hours_are_told_to_the_leads_whose_deadlines_they_move(running: Leadflow, tmp_path: Path) -> None:
    """B.6: a roster with another calendar for the owner of a lead; loaded again as it was, nothing is told."""
    owner = start(running, COBALT).json()["receipt"]["owner"]
    sample = "definitions/rosters/sample.yaml"
    roster = read_roster(Path(__file__).parents[2] / sample).model_dump(
        mode="json", by_alias=True, exclude_defaults=True
    )
    roster["people"][owner]["calendar"] = "new_york"
    other = tmp_path / "roster.yaml"
    other.write_text(json.dumps(roster), encoding="utf-8")
    loaded = running("roster", "load", str(other), "--json").json()
    assert loaded["other_hours"] == [owner]
    assert loaded["leads"] >= 1
    assert f"other hours: {owner}" in running("roster", "load", sample).out
    again = running("roster", "load", sample, "--json").json()
    assert (again["other_hours"], again["leads"]) == ([], 0)


def test_an_import_can_be_repeated_and_reports_what_it_refused(running: Leadflow, tmp_path: Path) -> None:
    """S0.11, C.6: bad rows are named with line and reason and do not stop the others; nothing doubles."""
    file, report = tmp_path / "fair.ndjson", tmp_path / "refused.ndjson"
    rows = [{**NOBODY_KNOWN, "id": f"fair-{number}"} for number in range(3)]
    file.write_text("\n".join([json.dumps(rows[0]), "{broken", *map(json.dumps, rows[1:])]))
    half, long = '{"id": "\\ud800"}', f'{{"id": {"9" * 5_000}}}'
    file.write_text(f"{file.read_text()}\n{half}\n{long}")
    first = running("import", file, "--refused", report, "--json")
    assert first.status == 0
    counted = {name: first.json()[name] for name in ("rows", "created", "known", "refused", "failed")}
    assert counted == {"rows": 6, "created": 3, "known": 0, "refused": 3, "failed": 0}
    refused = [json.loads(line) for line in report.read_text().splitlines()]
    assert [(row["line"], row["code"]) for row in refused] == [(2, "UNREADABLE"), (5, "UNREADABLE"), (6, "UNREADABLE")]
    again = running("import", file, "--refused", report, "--json").json()
    assert (again["created"], again["known"]) == (0, 3)


def test_an_import_that_is_interrupted_tells_how_far_it_came_and_can_be_repeated(
    running: Leadflow, tmp_path: Path
) -> None:
    """S0.11, C.6: Ctrl-C loses neither the summary nor the report, and the second run finds what the first did."""
    file, report = tmp_path / "fair.ndjson", tmp_path / "refused.ndjson"
    rows = [json.dumps({**NOBODY_KNOWN, "id": f"stopped-{number}"}) for number in range(2_000)]
    file.write_text("\n".join(["{broken", *rows]))
    command = [
        sys.executable,
        "-c",
        ENTRY,
        str(ROOT),
        "import",
        str(file),
        "--refused",
        str(report),
        "--at-once",
        "1",
        "--json",
    ]
    environment = {**os.environ, **running.environment}
    importing = subprocess.Popen(
        command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True, preexec_fn=_hears_ctrl_c
    )
    deadline = time.monotonic() + PATIENCE
    while running("lead", "show", "lead:import:stopped-3").status != 0:
        assert time.monotonic() < deadline
    importing.send_signal(signal.SIGINT)
    out, _ = importing.communicate(timeout=PATIENCE)
    assert importing.returncode == 130
    told = json.loads(out)
    assert told["interrupted"] and 3 <= told["created"] < 2_000, "one may be under way"
    assert json.loads(report.read_text())["line"] == 1
    file.write_text("\n".join(rows[:4]))
    assert running("import", file, "--refused", report, "--json").json()["known"] == 4


def _hears_ctrl_c() -> None:
    """Also where the tests themselves run in the background of a shell, which lets no child hear it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_an_import_does_not_write_its_report_over_what_is_imported(running: Leadflow, tmp_path: Path) -> None:
    """S0.11: the file is as it was, and nothing was imported."""
    file = tmp_path / "fair.ndjson"
    file.write_text(json.dumps({**COBALT, "id": "kept-1"}))
    answer = running("import", file, "--refused", file)
    assert answer.status == 1 and "not written over" in answer.err
    assert json.loads(file.read_text())["id"] == "kept-1"
    assert running("lead", "show", "lead:import:kept-1").status == 1


# --- what is wrong shows itself --------------------------------------------------------------------------------------


async def test_postgresql_away_shows_itself(settings: Settings) -> None:
    """Section 1, the operator: which server is away, what that means for leads, and that nothing is lost."""
    away = replace(settings, database_url="postgresql://leadflow:hunter2@127.0.0.1:1/leads")
    report = await health(away)
    assert not report.well
    assert state_of(report, "database") is PartState.DOWN
    assert report.words[0].startswith("PostgreSQL is away: ") and "nothing is lost" in report.words[0]
    assert "hunter2" not in repr(report)


async def test_the_mail_server_down_shows_itself(settings: Settings) -> None:
    """S4.7: notices cannot arrive, so somebody must know."""
    report = await health(replace(settings, smtp_url="smtp://127.0.0.1:1"))
    assert not report.well
    assert report.words[0].startswith("The mail server at 127.0.0.1:1 does not answer")
    checks = await examine(replace(settings, smtp_url="smtp://127.0.0.1:1"))
    assert [check.what.split(" does")[0] for check in checks if not check.ok] == ["the mail server at 127.0.0.1:1"]


async def test_temporal_away_shows_itself(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """C.1: leads stand still and catch up; that is said."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    report = await health(replace(settings, own_temporal=True))
    assert not report.well
    assert state_of(report, "leads") is PartState.DOWN
    assert report.words[0].startswith("Temporal is away: ")


async def test_a_worker_without_the_definition_shows_itself(settings: Settings) -> None:
    """C.1: the lead waits unharmed, and status and doctor name it with the reason."""
    state = read_state(settings.home)
    assert state is not None and state.endpoints is not None
    client = await connect_temporal(state.endpoints.temporal_address)
    now = datetime.now(UTC)
    lead = Lead("lead:web:stray", "Stray", "inbound_b2b", 9, "0" * 64, "marketing_qualified", now, now, {})
    stray = await client.start_workflow(
        WORKFLOW_TYPE, LeadStart(Carried(lead)), id=lead.key, task_queue=TASK_QUEUE, result_type=object
    )
    try:
        async with asyncio.timeout(PATIENCE):
            while (report := await health(settings)).well:  # noqa: ASYNC110  it happens in other processes
                await asyncio.sleep(0.2)
        assert report.words[0].startswith("1 lead waits: the workflow fails and is tried again")
        assert "does not hold the definition 000000000000" in report.words[0] and lead.key in report.words[0]
        wrong = [check.what for check in await examine(settings) if not check.ok]
        assert wrong == [report.words[0], f"running in Temporal and not in the database: {lead.key}"]
    finally:
        await stray.terminate()


def test_down_stops_everything_and_keeps_the_data(running: Leadflow, cobalt: str) -> None:
    """Section 7: stopped means that nothing runs any more; the next `up` finds the leads again."""
    assert running("down", "--json").json() == {"stopped": True}
    assert running("lead", "list").status == 1
    assert running("up", "--workers", "0").status == 0
    report = running("status", "--json")
    assert report.status == 1
    assert "No worker is there" in report.json()["words"][0]
    assert "`leadflow worker`." in report.json()["words"][0], "`up` is no way while the stack runs"
    refused = running("import", "definitions/samples/leads.ndjson")
    assert refused.status == 1 and "no worker" in refused.err and "`leadflow up`" not in refused.err
    assert cobalt in [row["key"] for row in running("lead", "list", "--json").json()]
