"""A lead's story: what managers read in the Temporal UI. The UI takes it for Markdown, what comes from outside must not be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from engine.conclude import conclude
from engine.decision import Assigned, Decision, Record, Settled
from engine.happening import Actor, EventIn, Touch
from engine.language.definition import Who
from engine.lead import Lead, Ownership
from engine.process import Process
from engine.step import new_lead, step
from tests.unit.small_process import process_with
from workflows import story

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
LINK, IMAGE, BARE = "[came](https://evil.example)", "<img src=x>", "https://evil.example"
HOSTILE = f"{LINK} {IMAGE} {BARE} *b* &lt;"
SHOWN = r"\[came\](https\://evil.example) \<img src=x> https\://evil.example \*b\* \&lt;"


@pytest.fixture(scope="module")
def process() -> Process:
    return process_with()


def lead_of(process: Process, **changes: object) -> Lead:
    return replace(new_lead(process, "lead:test:1", "Cobalt", {"company": "Cobalt"}, (), NOW), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        "O'Brien-Smith & Söhne GmbH (Berlin), 10:30",
        "anna_schulz",
        "it asks for: lead.score >= 8 && lead.country == 'DE'",
        "no rule found anybody; held until Mon 09:00 + 4 hours!",
        "lead:web:42 by jo@cobalt.example | R&D",
    ],
)
def test_ordinary_words_are_left_as_they_are(text: str) -> None:
    """C.7: the text is read as it stands, too."""
    assert story.literal(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (HOSTILE, SHOWN),
        ("see ftp://x.example or MAILTO:x@y.example", r"see ftp\://x.example or MAILTO\:x@y.example"),
        ("_all_ ~~of~~ `it` $x$ C# {workflowId}", r"\_all\_ \~\~of\~\~ \`it\` \$x\$ C\# \{workflowId}"),
        ("a\\", "a\\\\"),
        ("one\n\n# two", r"one \# two"),
    ],
)
def test_what_would_be_markup_is_shown_as_it_is(text: str, shown: str) -> None:
    """C.7: nothing that comes from outside becomes a link, an image, HTML or a heading."""
    assert story.literal(text) == shown


def test_a_lead_that_comes_again_shows_its_source(process: Process) -> None:
    """C.7, S0.13: where it came from is told, and leads nowhere."""
    lead = lead_of(process, seq=1)
    decided = step(process, lead, Touch(source=HOSTILE), NOW)
    assert isinstance(decided, Decision)
    after = conclude(process, decided, Settled()).lead
    assert story.tell(process, lead, after, decided, Settled()).words == f"came again from {SHOWN}"


def test_who_acts_with_which_code_is_told(process: Process) -> None:
    """C.7: what a caller says of itself is no more to be trusted than what it sends."""
    lead = lead_of(process, seq=1)
    decided = step(process, lead, EventIn("update", Actor(HOSTILE, (Who.OPS,))), NOW)
    assert isinstance(decided, Decision)
    decided = replace(decided, record=replace(decided.record, codes={"reason": HOSTILE}))
    words = story.tell(process, lead, decided.lead, decided, Settled()).words
    assert words == f"**Update** by {SHOWN} · reason: {SHOWN}"


@pytest.mark.parametrize(
    ("ownership", "told"),
    [
        (Ownership.PERSON, f"from {SHOWN} to **x{SHOWN}**: {SHOWN}"),
        (Ownership.EXCEPTION, f"to the exception owner **x{SHOWN}**: {SHOWN}"),
        (Ownership.QUEUE, f"in the queue of **{SHOWN}**: {SHOWN}"),
        (Ownership.HELD, f"waits for somebody free: {SHOWN}"),
    ],
)
def test_the_owner_and_the_reason_are_told(process: Process, ownership: Ownership, told: str) -> None:
    """C.7, S4.6: the reason for an owner may quote who was asked for; our own bold stays."""
    lead = lead_of(process, seq=1, owner=HOSTILE)
    decision = Decision(lead, Record("assign", NOW, "ops", lead.stage, lead.stage))
    assigned = Assigned(ownership, f"x{HOSTILE}", HOSTILE, None, "by name", HOSTILE)
    words = story.tell(process, lead, lead, decision, Settled(assigned=assigned)).words
    assert words == f"**Assign** by ops · {told}"


def test_a_refusal_in_the_story_is_text(process: Process) -> None:
    """C.7: refusals quote what was brought."""
    assert story.refused(NOW, "reach_lead", HOSTILE).words == f"could not reach lead: {SHOWN}"


def test_the_details_of_a_lead_hold_our_own_markup_and_no_other(process: Process) -> None:
    """C.7: headline, owner, team and reason are from outside; headings, bold and links to lists are ours."""
    lead = lead_of(process, seq=1, title=HOSTILE, owner=HOSTILE, team=HOSTILE, owner_because=HOSTILE)
    shown = story.details(process, lead, [story.refused(NOW, "notify", HOSTILE)], NOW)
    lines = shown.split("\n")
    assert lines[0] == f"# {SHOWN} — Incoming"
    assert f"**Owner** {SHOWN} ({SHOWN}) — {SHOWN}" in lines
    assert f"- Fri 20 Nov 2026 09:00 — could not notify: {SHOWN}" in lines
    assert shown.replace(SHOWN, "").count("](") == 2
    assert "](../../../workflows?query=%60LeadOwner%60%3D%22%5Bcame%5D%28https" in shown
    assert story.headline(process, lead).startswith(f"**{SHOWN}**")
    assert story.opening(process, replace(lead, fields={"source": HOSTILE})).endswith(f"- source: {SHOWN}")


def test_an_ordinary_lead_reads_well_without_being_rendered(process: Process) -> None:
    """C.7: the same text is read in the terminal and in tests."""
    lead = lead_of(
        process, seq=1, owner="anna_schulz", team="emea", owner_because="longest since her last lead: 3-4 days"
    )
    shown = story.details(process, lead, [story.refused(NOW, "notify", "the lead has no team_leader")], NOW)
    assert "\\" not in shown
    assert "**Owner** anna_schulz (emea) — longest since her last lead: 3-4 days" in shown
