"""`leadflow hook`: what a provider's body becomes, before a provider sends any."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.command import ROOT, Leadflow

SAMPLES = ROOT / "definitions" / "samples" / "hooks"


def test_it_shows_what_the_shipped_samples_become(leadflow: Leadflow) -> None:
    """C.6: a lead with its process and its fields, or an event of a lead that is here."""
    form = leadflow("hook", "test", "web_forms", "--file", SAMPLES / "web_forms.json", "--json").json()
    assert (form["lead"], form["process"]) == ("lead:web_forms:rsp-7741", "inbound_b2b")
    assert form["fields"]["product_line"] == "pumps"
    won = leadflow("hook", "test", "crm", "--file", SAMPLES / "crm_won.json").out
    assert "event ordered of lead:web:42, by system" in won


def test_what_would_be_refused_is_refused_here(leadflow: Leadflow, tmp_path: Path) -> None:
    """Section 5: with the field at fault, and exit status 1."""
    body = json.loads((SAMPLES / "crm_contact.json").read_text("utf-8"))
    body["contact"]["company"]["employees"] = "many"
    (tmp_path / "body.json").write_text(json.dumps(body), "utf-8")
    said = leadflow("hook", "test", "crm", "--file", tmp_path / "body.json", "--json")
    assert said.status == 1
    assert json.loads(said.err)["fields"].keys() == {"employees"}


def test_hooks_are_listed_with_where_they_are_served(leadflow: Leadflow) -> None:
    """C.6: and whether their secret is set, which is shown to nobody."""
    said = leadflow("hook", "list", "--json", LEADFLOW_HOOK_SECRETS="crm=very-secret")
    assert {hook["path"]: hook["secret"] for hook in said.json()} == {
        "/hooks/crm": "set",
        "/hooks/web_forms": "missing",
    }
    assert "very-secret" not in said.out
