"""What a manager sees of a lead in the Temporal UI: its story in words, its summaries, and the lists it is found in (C.7)."""

from __future__ import annotations

from typing import Any

from tests.installation import Installation

A_LEAD: dict[str, Any] = {
    "kind": "sales",
    "channel": "direct",
    "source": "web",
    "campaign": "spring",
    "company": "Nordwind GmbH",
    "country": "DE",
    "product_line": "pumps",
    "employees": 40,
    "email": "ada@nordwind.example",
}


async def test_a_manager_reads_the_story_in_the_temporal_ui(office: Installation) -> None:
    """C.7, B.5: who has it and why, its score in parts, what is due, what happened, what is possible; and lists find it."""
    key = await office.new(**{**A_LEAD, "company": "Story GmbH"})
    lead = (await office.idle(key)).lead
    await office.done(key, "accept")
    await office.done(key, "hold", note="Later.")
    shown = (await office.handle(key).query("__temporal_workflow_metadata")).current_details
    for words in (
        "# Story GmbH — Sales Accepted / Contacted",
        "**Status** Contacted",
        "**On hold**",
        f"**Owner** {lead.owner} (field_emea) — rule 'by territory'",
        "aging 5",
        "authority unknown",
        "- first response: due **",
        "- decision to qualify or not: paused",
        f"**Accept** by {lead.owner} → **Sales Accepted / Contacted**",
        "## Possible now",
        "Qualify",
    ):
        assert words in shown, shown
    described = await office.handle(key).describe()
    assert "Story GmbH" in (await described.static_summary() or "")
    assert "email: kept in the database" in (await described.static_details() or "")
    found = {pair.key.name: pair.value for pair in described.typed_search_attributes}
    assert {
        name: found[name] for name in ("LeadStage", "LeadStatus", "LeadOwner", "LeadSource", "LeadCampaign", "LeadSla")
    } == {
        "LeadStage": "Sales Accepted / Contacted",
        "LeadStatus": "Contacted",
        "LeadOwner": lead.owner,
        "LeadSource": "web",
        "LeadCampaign": "spring",
        "LeadSla": "ok",
    }
    assert list(found["LeadTags"]) == ["on_hold"]
    summaries = [
        event.user_metadata.summary.data.decode()
        for event in (await office.history(key)).events
        if event.HasField("user_metadata")
    ]
    assert '"Score the lead and find its owner"' in summaries
    assert any(one.startswith(f'"Tell {lead.owner}: new lead (') for one in summaries)
