"""The page of one lead: complete, readable on a terminal of 80 columns, and safe from what stands in a lead."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Literal

import pytest
from rich.cells import cell_len
from rich.console import Console

from cli.card import card
from engine.decision import Candidate, RuleTried
from store.card import (
    AssignmentLine,
    ClockLine,
    EventLine,
    LeadCard,
    NoteLine,
    NoticeLine,
    Origin,
    ScoreLine,
    TouchLine,
    VisitLine,
)
from store.listing import LeadLine
from store.notifications import Attempt
from store.tasks import TaskLine
from store.titles import Titles

MORNING = datetime(2026, 12, 21, 9, 0, tzinfo=UTC)
DIGEST = "ab12" * 16
TITLES = Titles({(DIGEST, "marketing_qualified"): "Marketing Qualified"}, {DIGEST: 3})
LINK = "http://127.0.0.1:8233/namespaces/default/workflows/lead%3Aweb%3A42"

ATTACKS = {
    "clears the screen": "\x1b[2J\x1b[H",
    "renames the window": "\x1b]0;owned\x07",
    "writes the clipboard": "\x1b]52;c;cm0gLXJmIC8=\x1b\\",
    "begins a sequence with one byte": "\x9b31m",
    "forges a line": "Cobalt\nOwner\n  nobody",
    "goes back and overwrites": "safe\rEVIL\b\b\b",
    "turns the writing round": "invoice\u202egpj.exe",
    "breaks the line in Unicode's own way": "a\u2028b\x85c",
    "is markup": "[bold red]loud[/bold red] [link=http://evil.example]click[/link]",
    "is an emoji's name": ":bomb: lead:email:42",
    "holds half a character": "\ud83d",
    "is a zero byte": "nul\x00",
}
STEERING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def lead_card(evil: str = "") -> LeadCard:
    """A lead with something in every block, and `evil` in every text that comes from outside."""
    lead = LeadLine(
        key="lead:web:42",
        title=f"Cobalt{evil}",
        external_id=f"42{evil}",
        state="running",
        process="inbound_b2b",
        stage="marketing_qualified",
        status="Open",
        kind="open",
        ownership="person",
        owner="ann",
        team="enterprise_dach",
        owner_because="rule 'large accounts' (enterprise_dach): next turn by weight",
        score=14,
        priority="medium",
        grade="B",
        segment="enterprise",
        value=Decimal("24000"),
        currency="EUR",
        cycle=2,
        hops=1,
        on_hold=False,
        arrived_at=MORNING,
        entered_at=MORNING,
        due_at=MORNING + timedelta(hours=24),
        due_clock="first_response",
        overdue_since=MORNING + timedelta(hours=2),
        closed_at=None,
    )
    origin = Origin(
        key=lead.key,
        source_system=f"web{evil}",
        external_id=lead.external_id,
        state="running",
        personal={"contact_name": f"Ada Lovelace{evil}"},
        first_source=f"web{evil}",
        first_campaign=f"spring{evil}",
        first_channel="direct",
        origin="central",
        out_of_scope_rule=None,
        out_of_scope_reason=None,
        registered_at=MORNING,
        erased_at=None,
    )
    later = MORNING + timedelta(hours=1)
    stage = "marketing_qualified"
    event = EventLine(2, 4, MORNING, "arrived", "system", None, None, stage, {}, {}, "arrived", DIGEST)
    contact = replace(event, seq=5, at=later, happening="contact", by="ann", from_stage=stage)
    contact = replace(contact, codes={"channel": "phone"}, changes={"message": f"hello{evil}"}, words=f"by phone{evil}")
    explanation = (
        RuleTried("account owner", False, "the account has no owner yet"),
        RuleTried(
            "large accounts",
            True,
            "condition holds",
            (Candidate("ann", True, "next turn by weight"), Candidate("ben", False, f"absent until 2027-01-04{evil}")),
        ),
    )
    assignment = AssignmentLine(
        *(1, 2, 4, MORNING, "reassign", "follow-up overdue", "person", "ann", "enterprise_dach", "hanna", "ben"),
        *("large accounts", "rule 'large accounts' (enterprise_dach): next turn by weight", "enterprise"),
        *(explanation, DIGEST),
    )
    parts: dict[str, int | None] = {"aging": 5, "authority": None, "budget": 0}
    why = {"aging": "5: arrived at most 2 days ago", "authority": "unknown: no authority given", "budget": "0: none"}
    clock = ClockLine(
        *(2, "", "first_response", f"first response{evil}", "ann", MORNING, MORNING + timedelta(hours=2)),
        *("berlin", "breached", MORNING + timedelta(hours=2), None, None, None, None),
    )
    met = replace(clock, name="seen", title="looking at it", state="ended", breached_at=None, ending="met")
    met = replace(met, ended_at=later, raw_seconds=3_900.0, working_seconds=2_700.0)
    notice = NoticeLine(
        *(f"{lead.key}:2:4:0", MORNING, "person", "ann", "new_lead", ["email", "webhook"], f"New lead {evil}"),
        *("sent", (Attempt("email", MORNING, "failed", f"mailbox full{evil}"),), "webhook", later),
    )
    call = replace(notice, key="call", recipient="hook", name="erp", template="won", status="failed")
    return LeadCard(
        lead=lead,
        origin=origin,
        visits=(VisitLine(2, stage, 1, "inbound_b2b", "Open", "open", MORNING, "arrived", None, None, None),),
        events=(event, contact),
        assignments=(assignment,),
        scores=(ScoreLine(2, 4, MORNING, "bant", 14, "medium", "B", parts, why, DIGEST),),
        clocks=(met, clock),
        notices=(notice, replace(notice, key="other", name="hanna", status="undeliverable", attempts=()), call),
        tasks=(TaskLine("t", lead.key, "owner", "ann", f"Call them{evil}", later, MORNING, None, None),),
        touches=(TouchLine(MORNING, f"web{evil}", "spring", "direct", "central", "touch:1", {}),),
        notes=(NoteLine(1, 2, 5, later, "ann", f"Reached her.\nWants an offer.{evil}"),),
    )


def page(data: LeadCard, width: int = 100, *, terminal: bool = False) -> str:
    told = io.StringIO()
    colours: Literal["truecolor"] | None = "truecolor" if terminal else None
    console = Console(file=told, width=width, force_terminal=terminal, color_system=colours, markup=False, emoji=False)
    card(data, LINK, TITLES, {"country": "DE", "employees": 1200, "value": None}, console)
    return told.getvalue()


def block(text: str, heading: str) -> str:
    """The lines under a heading."""
    lines = text.splitlines()
    begin = next(number for number, line in enumerate(lines) if line.split("  ")[0] == heading)
    end = next((number for number in range(begin + 1, len(lines)) if not lines[number]), len(lines))
    return "\n".join(lines[begin + 1 : end])


def test_the_page_begins_with_what_one_wants_to_know() -> None:
    """C.7: title, stage, status, process and version, cycle, what is overdue, and the way into the Temporal UI."""
    top = page(lead_card(), 120).split("\n\n")[0].splitlines()
    assert top[0] == "Cobalt"
    assert top[1] == "Marketing Qualified · Open · inbound_b2b v3 · cycle 2 · overdue since 2026-12-21 11:00"
    assert top[-1] == LINK


def test_every_rule_and_candidate_is_explained_and_the_chosen_one_marked() -> None:
    """B.5: who was considered, who was passed over and why, by which rule of which version."""
    told = block(page(lead_card()), "Assignments")
    assert "by the rule 'large accounts'" in told and "v3, digest ab12ab12ab12" in told
    assert "asked: follow-up overdue · earlier owner ben" in told
    assert "account owner: not matched — the account has no owner yet" in told
    assert "large accounts: matched — condition holds" in told
    assert re.search(r"▶ +ann +chosen: next turn by weight", told)
    assert re.search(r"\n +ben +passed over: absent until 2027-01-04", told)


def test_each_component_of_the_score_has_points_and_words_and_unknown_is_not_zero() -> None:
    """S3.6, S3.7: total, priority and components; unknown is told from zero."""
    told = block(page(lead_card()), "Score")
    assert "14 · priority medium · grade B · by the table bant · v3, digest ab12ab12ab12" in told
    assert re.search(r"aging +5 +arrived at most 2 days ago", told)
    assert re.search(r"authority +unknown +no authority given", told)
    assert re.search(r"budget +0 +none", told)


def test_clocks_tell_what_is_overdue_first_and_what_took_how_long() -> None:
    """S2.4, S4.1: due, overdue and ended clocks, with time as it passed and as open time."""
    told = block(page(lead_card()), "Clocks")
    assert told.index("overdue since 2026-12-21 11:00") < told.index("met 2026-12-21 10:00")
    assert "took 1 h 5 min, of which open 45 min" in told


def test_the_story_has_who_did_what_with_codes_and_notes() -> None:
    """S2.3, C.7: events in the order of time, a note under the event it came with."""
    told = block(page(lead_card()), "Story")
    assert re.search(r"2026-12-21 09:00 +system +arrived → Marketing Qualified", told)
    assert re.search(r"2026-12-21 10:00 +ann +contact · by phone · channel phone", told)
    assert re.search(r"note: Reached her.\n +Wants an offer.", told)


def test_notices_say_whether_they_arrived_and_what_was_tried() -> None:
    """S4.7: to whom, by which channel, when, and why not."""
    told = block(page(lead_card()), "Notices")
    assert re.search(r"ann +new lead +delivered by webhook 2026-12-21 10:00\n +email 2026-12-21 09:00: failed", told)
    assert re.search(r"hanna +new lead +no channel to try", told)
    assert re.search(r"webhook erp +won +refused on every channel", told)


def test_personal_data_stands_apart_and_is_gone_when_it_was_erased() -> None:
    """B.7: in a block of its own; after erasing the page says so and keeps the rest."""
    assert "Ada Lovelace" in block(page(lead_card()), "Personal data")
    data = lead_card()
    erased = replace(data, origin=replace(data.origin, personal={}, erased_at=MORNING))
    erased = replace(erased, notes=tuple(replace(note, text="") for note in data.notes))
    told = page(erased)
    assert block(told, "Personal data") == "  erased 2026-12-21 09:00"
    assert "note: erased" in block(told, "Story")
    assert "Ada" not in told and "Reached" not in told


def test_a_lead_out_of_scope_says_why_and_has_nothing_else() -> None:
    """S0.14: routed out with a reason."""
    data = lead_card()
    line = replace(data.lead, state="out_of_scope", stage=None, status=None, process=None, overdue_since=None)
    line = replace(line, ownership="nobody", owner=None)
    origin = replace(data.origin, out_of_scope_rule="job applications", out_of_scope_reason="hiring")
    nothing = LeadCard(line, origin, (), (), (), (), (), (), (), (), ())
    told = page(nothing)
    assert "out of scope: hiring, by the rule 'job applications'" in told
    assert "Owner" not in told and "None" not in told


@pytest.mark.parametrize("width", [80, 120, 300])
def test_the_page_fits_the_terminal_and_is_plain_without_one(width: int) -> None:
    """Readable at 80 and 120 columns, never wider; a file gets neither colours nor trailing blanks."""
    lines = page(lead_card(), width).splitlines()
    assert max(map(cell_len, lines)) <= min(width, 120)
    assert all(line == line.rstrip() and "\x1b" not in line for line in lines)


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_nothing_in_a_lead_steers_the_terminal(attack: str) -> None:
    """S1.13: control characters from names, notes and sources are shown, not obeyed; nothing is taken as markup."""
    told = page(lead_card(attack))
    assert STEERING.search(told.replace("\n", "")) is None
    assert len([line for line in told.splitlines() if line == "Owner"]) == 1
    if attack.isprintable():
        assert attack in told.replace("\n", "")[:200], "shown as it was written"


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_on_a_terminal_only_our_own_colours_are_sequences(attack: str) -> None:
    """S1.13: the same where there are colours; every escape sequence is one that sets a style."""
    told = page(lead_card(attack), 120, terminal=True)
    assert "\x1b[1m" in told
    assert STEERING.search(re.sub(r"\x1b\[[0-9;]*m", "", told).replace("\n", "")) is None
