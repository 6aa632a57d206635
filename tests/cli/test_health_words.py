"""Findings of `leadflow status` in plain words, and people that a process counts on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cli import named
from cli.health_words import numbers_in, stuck_in_words, troubles_in
from cli.inspection import Stuck
from cli.roster import read_roster
from store.definition_files import bundle_of
from store.health import Figures
from tests.cli.command import ROOT

NOON = datetime(2026, 12, 21, 12, 0, tzinfo=UTC)
QUIET = Figures(12, 3, 1, 0, None, 0, None, 0, None, 0, 0, None, 0, 0, 0, 5, 20, 0)


def test_all_is_well_when_nothing_waits() -> None:
    """Section 1: the operator sees numbers, and no warning without a reason."""
    assert troubles_in(QUIET, NOON) == []
    assert numbers_in(QUIET) == ["12 leads running, 3 closed, 1 out of scope; 5 processes published, 20 active people."]


def test_an_accepted_lead_that_never_started_is_told_once_it_has_waited() -> None:
    """C.6: accepted is never lost, and one that waits is seen; one that came in a moment ago is no trouble."""
    fresh = replace(QUIET, not_started=1, not_started_since=NOON - timedelta(seconds=5))
    assert troubles_in(fresh, NOON) == []
    old = replace(QUIET, not_started=2, not_started_since=NOON - timedelta(minutes=30))
    assert troubles_in(old, NOON) == [
        "2 leads were accepted and never started, the first 2026-12-21 11:30 UTC: a worker that starts does it."
    ]
    assert troubles_in(old, NOON, workers=True)[0].endswith("do not get them started: their logs say why.")


def test_a_deadline_that_passed_unnoticed_is_a_fault_and_an_overdue_one_a_number() -> None:
    """S2.4: overdue is the business of sellers; a deadline without effect is ours."""
    unnoticed = replace(QUIET, unnoticed=1, unnoticed_since=NOON - timedelta(hours=1))
    assert "passed unnoticed, the first 2026-12-21 11:00 UTC" in troubles_in(unnoticed, NOON)[0]
    overdue = replace(QUIET, overdue=4, overdue_since=NOON - timedelta(days=2), breached_clocks=6)
    assert troubles_in(overdue, NOON) == []
    assert "4 leads are overdue (6 clocks), the first since 2026-12-19 12:00 UTC." in numbers_in(overdue)


def test_notices_that_wait_or_failed_are_counted() -> None:
    """S4.7: it is known whether notices arrive."""
    told = numbers_in(
        replace(
            QUIET,
            notices_waiting=1,
            notices_waiting_since=NOON,
            notices_not_delivered=7,
            calls_not_delivered=1,
            letters_without_address=2,
        ),
    )
    assert told[1:] == [
        "1 notice waits to be delivered, the first since 2026-12-21 12:00 UTC.",
        "7 notices could not be delivered; `leadflow lead show KEY` says why.",
        "1 webhook call failed for good; `leadflow lead show KEY` says why.",
        "2 letters to leads had no address to go to: the leads came without one.",
    ]


def test_leads_that_wait_for_the_same_reason_are_one_sentence() -> None:
    """C.1: one broken thing stops many leads, and is one finding; some of them are named."""
    away = [Stuck(f"lead:web:{number}", "the step 'record'", "the database is away", number) for number in range(2, 10)]
    other = Stuck("lead:web:1", "the workflow", "this worker does not hold the definition abc", 3)
    first, second = stuck_in_words([other, *away])
    assert first.startswith("8 leads wait: the step 'record' fails and is tried again (8 times so far): the database ")
    assert first.endswith("(lead:web:2, lead:web:3, lead:web:4, lead:web:5, lead:web:6 and 3 more)")
    assert second.startswith("1 lead waits: the workflow fails and is tried again (2 times so far)")


def test_the_shipped_roster_has_everybody_whom_shipped_processes_name() -> None:
    """S4.6, S1.2: exception owners, ladder persons and teams exist, are active, can be reached, have a calendar."""
    roster = read_roster(ROOT / "definitions" / "rosters" / "sample.yaml")
    assert named.unreachable(roster.people) == []
    for file in sorted((ROOT / "definitions").glob("*/v1.yaml")):
        bundle = bundle_of(file)
        assert list(named.named_in(bundle)), file
        assert named.missing_from({"it": bundle}, roster.people, roster.teams) == []
        assert named.without_calendar("it", bundle, roster.people, roster.teams) == []


def test_a_name_that_nobody_bears_is_found_with_its_place() -> None:
    """S4.6: the exception owner has left, the head of sales is unknown, a team was renamed: found before a lead is."""
    roster = read_roster(ROOT / "definitions" / "rosters" / "sample.yaml")
    people = {**roster.people, "maria_lopez": roster.people["maria_lopez"].model_copy(update={"active": False})}
    del people["head_of_sales"]
    teams = {name: team for name, team in roster.teams.items() if name != "enterprise_dach"}
    bundle = bundle_of(ROOT / "definitions" / "inbound_b2b" / "v1.yaml")
    missing = named.missing_from({"inbound_b2b": bundle, "other": bundle}, people, teams)
    assert sorted(str(one).split(" (")[0] for one in missing) == [
        "inbound_b2b, other: enterprise_dach is no team of the roster",
        "inbound_b2b, other: head_of_sales is not in the roster",
        "inbound_b2b, other: maria_lopez is not active",
    ]
    assert all(one.mark.line > 1 for one in missing)


def test_people_without_an_address_or_a_known_calendar_are_found() -> None:
    """S4.7, B.6: notices need an address, deadlines a calendar."""
    roster = read_roster(ROOT / "definitions" / "rosters" / "sample.yaml")
    silent = roster.people["anna_schulz"].model_copy(update={"email": None, "calendar": "atlantis"})
    people = {"anna_schulz": silent, "gone": silent.model_copy(update={"active": False})}
    bundle = bundle_of(ROOT / "definitions" / "inbound_b2b" / "v1.yaml")
    assert named.unreachable(people) == ["anna_schulz"]
    found = named.without_calendar("inbound_b2b", bundle, people, {})
    assert [(one.process, one.calendar, one.who) for one in found] == [("inbound_b2b", "atlantis", ("anna_schulz",))]
    assert found[0].table == "offices"


def test_a_calendar_matters_only_to_processes_that_can_give_its_bearer_a_lead() -> None:
    """B.6: another process has other calendars, and that of somebody who never gets one of its leads is none of its
    business."""
    roster = read_roster(ROOT / "definitions" / "rosters" / "sample.yaml")
    adviser = next(key for key, person in roster.people.items() if "course_advisers" in person.teams)
    people = {adviser: roster.people[adviser].model_copy(update={"calendar": "atlantis"})}
    courses = bundle_of(ROOT / "definitions" / "course_sales" / "v1.yaml")
    b2b = bundle_of(ROOT / "definitions" / "inbound_b2b" / "v1.yaml")
    assert [one.who for one in named.without_calendar("course_sales", courses, people, {})] == [(adviser,)]
    assert named.without_calendar("inbound_b2b", b2b, people, {}) == []
