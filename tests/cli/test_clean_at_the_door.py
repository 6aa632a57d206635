"""What people at a terminal see of leads that come in half, unclean, or from nobody knows where."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.command import Leadflow

LEAD = {
    "id": "77",
    "kind": "sales",
    "channel": "direct",
    "source": "Web Form",
    "country": "Germany",
    "product_line": "Pumps",
    "email": "see below",
    "phone": "(030) 9018-20",
}


def start(leadflow: Leadflow, **lead: object) -> str:
    answer = leadflow("lead", "start", "-", "--source-system", "web", "--json", given=json.dumps({**LEAD, **lead}))
    assert answer.status == 0, answer.err
    told = answer.json()
    assert (told["missing"], told["invalid"]) == ((["company"], ["email"]) if not lead else ([], []))
    return str(told["key"])


def test_half_a_lead_is_seen_mended_and_counted(running: Leadflow, tmp_path: Path) -> None:
    """S0.11, S0.14, S0.15: the list of incomplete leads, what was sent beside what is kept, and figures for each source."""
    loaded = running("sources", "load", "definitions/tables/sources.yaml", "--by", "ann")
    assert loaded.status == 0 and "21 sources, " in loaded.out, loaded.err + loaded.out
    key = start(running)
    start(running, id="78", company="Cobalt", source="hearsay", email="ada@cobalt.example")
    start(running, id="79", kind=None, source="job board", company="Cobalt", email="jo@example.org")

    assert [row["key"] for row in running("lead", "list", "--incomplete", "--json").json()] == [key]
    page = " ".join(running("lead", "show", key).out.split())
    assert "incomplete: company not known" in page
    assert "invalid: email" in page
    assert all(sent in page for sent in ("Web Form", "Germany", "see below", "(030) 9018-20", "+4930901820"))
    assert "Find out what is missing: Company" in page

    owner = running("lead", "list", "--incomplete", "--json").json()[0]["owner"]
    filled = ("-f", "company=Cobalt Mended", "-f", "email=ada@cobalt.example")
    assert running("lead", "send", key, "update", "--by", owner, *filled).status == 0
    assert running("lead", "list", "--incomplete", "--json").json() == []
    assert "incomplete" not in running("lead", "show", key).out

    told = running("quality", "--json").json()
    rows = {row["name"]: row for row in told["rows"]}
    assert (rows["web"]["incomplete"], rows["web"]["invalid"], rows["web"]["completeness"]) == (1, 1, 0.5)
    assert rows["hearsay"]["known"] is False and rows["hearsay"]["completeness"] == 1.0
    assert [(row["source"], row["reason"], row["leads"]) for row in told["out_of_scope"]] == [("careers", "hiring", 1)]
    assert told["months"][-1]["leads"] == 2 and told["months"][-1]["clean"] == 1
    words = running("quality", "--by", "campaign", "--from", "2020-01-01")
    assert words.status == 0 and "none named" in words.out and "Out of scope" in words.out

    shown = running("sources", "show")
    assert "hearsay" in shown.out and "unknown" in shown.out
    twice = tmp_path / "names.yaml"
    twice.write_text("sources: names\nof:\n  web: {title: Web}\n  fair: {title: Fair, aliases: [WEB]}\n", "utf-8")
    refused = running("sources", "load", twice)
    assert refused.status == 1 and ":4:" in refused.err and "DUPLICATE_NAME" in refused.err
    none = running("sources", "load", "definitions/tables/intake.yaml")
    assert none.status == 1 and "is no table of sources" in none.err
