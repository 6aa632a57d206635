"""Tokens at the command line, on a stack that runs: issued, used, revoked, and nowhere to be found afterwards."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from cli.stack import first_token
from settings import Settings
from tests.cli.command import Leadflow

LEAD = {
    "kind": "sales",
    "channel": "direct",
    "source": "web",
    "company": "Cobalt",
    "country": "DE",
    "product_line": "pumps",
    "employees": 1200,
}


def issued(leadflow: Leadflow, *arguments: str) -> str:
    answer = leadflow("token", "issue", *arguments)
    assert answer.status == 0, answer.err
    token = answer.out.strip()
    assert token.startswith("lf_") and token not in answer.err
    return token


@pytest.fixture(scope="module")
def owned(running: Leadflow) -> str:
    """Two leads of one source system, and who owns the second."""
    for number, email in (("1", "ben@example.org"), ("2", "ada@example.com")):
        lead = json.dumps({"id": number, **LEAD, "email": email})
        answer = running("lead", "start", lead, "--source-system", "web", "--json")
        assert answer.status == 0, answer.err
    owner = answer.json()["receipt"]["owner"]
    assert isinstance(owner, str)
    return owner


def test_the_first_start_shows_one_token_and_no_other_start_does(running: Leadflow) -> None:
    """Section 4: a local stack: one admin token, generated and printed once."""
    (only,) = running("token", "list", "--json").json()
    assert (only["name"], only["role"], only["last_used_at"]) == ("local", "admin", None)
    settings = Settings(home=running.home)
    assert asyncio.run(first_token(settings)) is None


def test_a_seller_sees_and_changes_the_own_leads_only(running: Leadflow, owned: str) -> None:
    """S1.13, S1.14: a lead of somebody else is one that there is not; nobody acts as somebody else."""
    people = running("roster", "show", "--json").json()
    other = next(key for key, person in people.items() if "seller" in person["roles"] and key != owned)
    mine = issued(running, "mine", "--role", "seller", "--person", owned)
    theirs = issued(running, "theirs", "--role", "seller", "--person", other)

    def keys(token: str) -> set[str]:
        return {line["key"] for line in running("lead", "list", "--json", LEADFLOW_TOKEN=token).json()}

    assert "lead:web:2" in keys(mine) and keys(theirs) == set()
    shown = running("lead", "show", "lead:web:2", LEADFLOW_TOKEN=mine)
    assert shown.status == 0 and "ada@example.com" in shown.out
    hidden = running("lead", "show", "lead:web:2", "--json", LEADFLOW_TOKEN=theirs)
    unknown = running("lead", "show", "lead:web:999", "--json", LEADFLOW_TOKEN=theirs)
    assert hidden.status == unknown.status == 1
    assert json.loads(hidden.err)["message"].replace(":2'", ":999'") == json.loads(unknown.err)["message"]
    refused = running("lead", "send", "lead:web:2", "accept", LEADFLOW_TOKEN=theirs)
    assert refused.status == 1 and "there is no lead" in refused.err
    feigned = running("lead", "send", "lead:web:2", "accept", "--by", owned, LEADFLOW_TOKEN=theirs)
    assert feigned.status == 1 and "may not act as" in feigned.err
    done = running("lead", "send", "lead:web:2", "accept", LEADFLOW_TOKEN=mine)
    assert done.status == 0, done.err
    events = running("lead", "show", "lead:web:2", "--json").json()["events"]
    assert (events[-1]["happening"], events[-1]["by"]) == ("accept", owned)


def test_an_upstream_system_sends_for_its_own_sources_and_sees_progress_only(
    running: Leadflow, owned: str, tmp_path: Path
) -> None:
    """Section 4: upstream sends to its own sources only; S1.13: and gets nothing personal back."""
    shop = issued(running, "shop", "--role", "upstream", "--source", "web")
    lead = json.dumps({"id": "3", **LEAD, "email": "cleo@example.net"})
    foreign = running("lead", "start", lead, "--source-system", "fair", LEADFLOW_TOKEN=shop)
    assert foreign.status == 1 and "may not send for the source system 'fair'" in foreign.err
    feigned = json.dumps({"id": "3", "source_system": "fair", **LEAD})
    (tmp_path / "x.ndjson").write_text(f"{lead}\n{feigned}\n")
    for command in (("lead", "start", feigned), ("import", tmp_path / "x.ndjson")):
        refused = running(*command, "--source-system", "web", LEADFLOW_TOKEN=shop)
        assert refused.status == 1 and "may not send" in refused.err, "what the lead says of itself counts"
    assert running("lead", "start", lead, "--source-system", "web", LEADFLOW_TOKEN=shop).status == 0
    shown = running("lead", "show", "lead:web:3", "--json", LEADFLOW_TOKEN=shop)
    assert shown.status == 0, shown.err
    assert "cleo@example.net" in running("lead", "show", "lead:web:3", "--json").out, "who may see it does"
    assert "cleo@example.net" not in shown.out and owned not in shown.out
    assert shown.json()["lead"]["stage"]
    assert running("lead", "list", "--json", LEADFLOW_TOKEN=shop).status == 0


def test_leads_are_merged_by_who_sees_both(running: Leadflow, owned: str) -> None:
    """S1.13, S0.13: to the leader of another team the two are no leads; a seller may not at all."""
    seller = issued(running, "merges", "--role", "seller", "--person", owned)
    refused = running("lead", "merge", "lead:web:1", "lead:web:2", LEADFLOW_TOKEN=seller)
    assert refused.status == 1 and "may not merge leads" in refused.err
    people = running("roster", "show", "--json").json()
    team = people[owned]["teams"][0]
    other = next(
        key for key, person in people.items() if "team_leader" in person["roles"] and team not in person["teams"]
    )
    foreign = issued(running, "leads-another", "--role", "team_leader", "--person", other)
    assert running("lead", "list", "--json", LEADFLOW_TOKEN=foreign).json() == [], "leads neither"
    unknown = running("lead", "merge", "lead:web:1", "lead:web:2", LEADFLOW_TOKEN=foreign)
    assert unknown.status == 1 and "there is no lead" in unknown.err


def test_leave_is_entered_by_whom_it_concerns(running: Leadflow, owned: str) -> None:
    """S1.13: a seller for themselves, and nobody else."""
    token = issued(running, "away", "--role", "seller", "--person", owned)
    foreign = running("leave", "add", "maria_lopez", "2027-01-04", "2027-01-05", LEADFLOW_TOKEN=token)
    assert foreign.status == 1 and "only" in foreign.err
    own = running("leave", "add", owned, "2027-01-04", "2027-01-05", LEADFLOW_TOKEN=token)
    assert own.status == 0, own.err


def test_what_was_done_stands_in_the_audit_and_no_token_stands_anywhere(running: Leadflow, owned: str) -> None:
    """Section 4: every change is noted with who, what, on which lead and whence; no secret in logs, answers or files."""
    token = issued(running, "noted", "--role", "seller", "--person", owned)
    ended = running("lead", "send", "lead:web:1", "no_such_event", "--note", "geheim", LEADFLOW_TOKEN=token)
    assert ended.status == 1
    refused = running("publish", "definitions", LEADFLOW_TOKEN=token)
    assert refused.status == 1 and "may not change definitions" in refused.err
    gone = running("token", "revoke", "noted")
    assert gone.status == 0
    late = running("lead", "list", LEADFLOW_TOKEN=token)
    assert late.status == 1 and "revoked" in late.err and token not in late.err
    entries = running("audit", "--json").json()
    seen = [(entry["who"], entry["what"], entry["ended"], entry["leads"], entry["origin"]) for entry in entries]
    assert ("noted", "send_events", "failed", ["lead:web:1"], "leadflow lead send") in seen
    assert ("noted", "change_definitions", "refused", [], "leadflow publish") in seen
    assert next(entry["role"] for entry in entries if entry["what"] == "change_tokens") == "operator"
    assert running("audit", "--who", "noted", "--limit", "1").out.count("\n") == 2
    everything = b"".join(path.read_bytes() for path in running.home.rglob("*") if path.is_file())
    assert token.encode() not in everything, "in a file, the database's and Temporal's among them"
    assert "geheim" not in json.dumps(entries)
