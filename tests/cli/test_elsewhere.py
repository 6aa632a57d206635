"""Commands on a leadflow elsewhere: with LEADFLOW_URL set they go there over HTTP, and need neither its database nor Temporal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.command import Leadflow

LEAD = {"kind": "sales", "channel": "direct", "source": "web", "company": "Cobalt", "country": "DE"}


@pytest.fixture(scope="module")
def there(running: Leadflow) -> dict[str, str]:
    """What a machine has that is not the one where leadflow runs: the address, and a token."""
    token = running("token", "issue", "boss", "--role", "admin")
    assert token.status == 0, token.err
    url = f"http://127.0.0.1:{running.environment['LEADFLOW_WEB_PORT']}"
    return {"LEADFLOW_URL": url, "LEADFLOW_TOKEN": token.out.strip()}


def test_a_lead_is_started_moved_and_shown_over_http(leadflow: Leadflow, there: dict[str, str]) -> None:
    """C.6: the same commands with the same answers, from a machine where nothing runs."""
    lead = json.dumps(LEAD | {"id": "e1"})
    started = leadflow("lead", "start", lead, "--source-system", "web", "--json", **there)
    assert started.status == 0, started.err
    assert (started.json()["key"], started.json()["created"]) == ("lead:web:e1", True)
    owner = started.json()["receipt"]["owner"]
    refused = leadflow("lead", "send", "lead:web:e1", "reject", "--by", owner, "--json", **there)
    assert refused.status == 1
    assert [item["name"] for item in refused.json()["refused"]["missing"]] == ["reason"]
    done = leadflow("lead", "send", "lead:web:e1", "accept", "--by", owner, **there)
    assert done.status == 0 and "Sales Accepted" in done.out
    shown = leadflow("lead", "show", "lead:web:e1", **there)
    assert shown.status == 0, shown.err
    assert "Cobalt" in shown.out and owner in shown.out
    assert leadflow("lead", "show", "lead:web:e1", "--json", **there).json()["fields"]["company"] == "Cobalt"


def test_a_file_is_imported_over_http(leadflow: Leadflow, there: dict[str, str], tmp_path: Path) -> None:
    """C.6: told by row as ever, and repeated without doubling."""
    file = tmp_path / "leads.ndjson"
    rows = [json.dumps(LEAD | {"id": f"i{n}", "company": f"Company {n}"}) for n in range(30)]
    file.write_text("\n".join([*rows, json.dumps(LEAD | {"id": "bad", "employees": "many"}), "{"]), "utf-8")
    first, again = (leadflow("import", file, "--source-system", "web", "--json", **there) for _ in range(2))
    assert (first.status, again.status) == (0, 0), first.err
    assert (first.json()["created"], first.json()["refused"]) == (30, 2)
    assert (again.json()["created"], again.json()["known"]) == (0, 30)


def test_what_is_wrong_with_address_or_token_is_one_line(leadflow: Leadflow, there: dict[str, str]) -> None:
    """C.6: with a remedy, and without the token."""
    wrong = leadflow("lead", "show", "lead:web:e1", **there | {"LEADFLOW_TOKEN": "lf_wrong"})
    assert wrong.status == 1 and "token" in wrong.err and "lf_wrong" not in wrong.err
    nobody = leadflow("lead", "show", "lead:web:e1", **there | {"LEADFLOW_URL": "http://127.0.0.1:9"})
    assert nobody.status == 1 and "LEADFLOW_URL" in nobody.err
    assert len(nobody.err.strip().splitlines()) == 1
