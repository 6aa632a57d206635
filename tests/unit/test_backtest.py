"""Past leads through a candidate definition, on small pasts whose outcome is worked out by hand (B.4)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.conclude import conclude
from engine.errors import LeadflowError
from engine.happening import Actor, EventIn, Touch
from engine.language.definition import Who
from engine.process import Process
from engine.time.worktime import Absence
from tests.unit.desk import DAY, HOUR, MONDAY, process
from tests.unit.history import ROSTER, History
from trials.backtest.comparison import Kind, Pair
from trials.backtest.report import Backtest
from trials.backtest.totals import totals, workload
from workflows import event_ids

STAGES = """
stages:
  new:
    status: Open
    on_entry: [score, assign]
    clocks:
      follow_up:
        title: follow-up
        due: 3 working days
        on_new_owner: restart
        on_breach: {reassign: {except: earlier_owners, at_most: 3, otherwise: exception}}
    events:
      accept: {to: working, by: [owner, team_leader]}
  working:
    status: Working
    waits_for_ever: true
    events:
      win: {to: won, by: [owner], needs: {fields: [value]}}
      drop: {to: gone, by: [owner]}
  won:  {kind: won, closes: true}
  gone: {kind: lost, closes: true}
"""
ALONE = ROSTER.replace("Ben, teams: [sales]", "Ben").replace("Cem, teams: [sales]", "Cem")
"""Only Ann sells."""

TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (MONDAY + days * DAY for days in range(1, 5))
"""At ten in Berlin, like MONDAY; the office is open from nine to five."""

NEXT_MONDAY = MONDAY + 7 * DAY


def three_days() -> Process:
    return process(STAGES)


def two_days() -> Process:
    return process(STAGES.replace("3 working days", "2 working days").replace("version: 1", "version: 2"))


def accepted_by(person: str) -> EventIn:
    return EventIn("accept", Actor(person))


def pair(result: Backtest, key: str) -> Pair:
    return result.pair(key)


def kinds(one: Pair) -> list[Kind]:
    return [difference.kind for difference in one.differences]


def three_leads() -> History:
    """Given to Ann, Ben and Cem at ten, an hour apart. Ann accepts after a day, Ben on Wednesday at two, Cem never."""
    history = History(three_days(), MONDAY)
    history.arrives("quick", MONDAY)
    history.arrives("slow", MONDAY + HOUR)
    history.arrives("silent", MONDAY + 2 * HOUR)
    assert [history.owner(key) for key in ("quick", "slow", "silent")] == ["ann", "ben", "cem"]
    history.does("quick", accepted_by("ann"), TUESDAY)
    history.does("slow", accepted_by("ben"), WEDNESDAY + 4 * HOUR)
    return history


# --- three working days become two -----------------------------------------------------------------------------------


def test_who_was_slow_would_have_lost_the_lead_and_who_was_quick_not() -> None:
    """B.4: with two working days Ben loses his lead on Wednesday at eleven; Ann, whose turn it is, gets it, and is taken to accept at
    two, when Ben did: the lead is as old then."""
    result = three_leads().against(two_days(), THURSDAY)
    assert kinds(pair(result, "quick")) == []
    slow = pair(result, "slow")
    assert slow.candidate.owners == ("ben", "ann")
    assert [turn.at for turn in slow.candidate.reassigned] == [WEDNESDAY + HOUR]
    accepted = next(line for line in slow.candidate.lines if line.happening == "accept")
    assert (accepted.at, accepted.by) == (WEDNESDAY + 4 * HOUR, "ann")
    assert slow.candidate.stood_in == 1
    assert kinds(slow) == [Kind.OWNER, Kind.REASSIGNED, Kind.DEADLINE]


def test_who_was_silent_would_have_lost_it_a_day_earlier_and_the_next_one_too() -> None:
    """B.4: Cem's lead goes on Thursday as it was, on Wednesday with the candidate, and from Ben who has had it since to Ann on Friday."""
    result = three_leads().against(two_days(), FRIDAY + 3 * HOUR)
    silent = pair(result, "silent")
    assert silent.then is not None
    assert [(turn.to, turn.at) for turn in silent.then.turns[1:]] == [("ann", THURSDAY + 2 * HOUR)]
    assert [(turn.to, turn.at) for turn in silent.candidate.turns[1:]] == [
        ("ben", WEDNESDAY + 2 * HOUR),
        ("ann", FRIDAY + 2 * HOUR),
    ]


def test_totals_and_workload_are_those_of_the_two_stories() -> None:
    """B.4: reassigned, missed, and what each of them had on their hands, before and after."""
    result = three_leads().against(two_days(), THURSDAY)
    whole = totals(result.pairs)
    assert (whole.leads, whole.other_owner, whole.other_last_owner) == (3, 0, 2)
    assert [(one.what, one.then, one.candidate, one.leads) for one in whole.counts[:2]] == [
        ("leads reassigned", 0, 2, 2),
        ("leads with a missed deadline", 0, 2, 2),
    ]
    assert [(one.what, one.then, one.candidate) for one in whole.clocks] == [("follow-up", 0, 2)]
    hands = {one.person: (one.leads_then, one.leads, one.missed, one.lost) for one in workload(result.pairs)}
    assert hands == {"ann": (1, 2, 0, 0), "ben": (1, 2, 1, 1), "cem": (1, 1, 1, 1)}


def test_the_definition_that_ran_makes_the_same_of_it() -> None:
    """B.4, the control: every difference would be a bug in either telling."""
    result = three_leads().against(three_days(), NEXT_MONDAY)
    assert [(one.key, one.differences) for one in result.pairs if one.differences] == []
    assert three_leads().against(two_days(), NEXT_MONDAY, control=True).astray == ()
    for one in result.pairs:
        assert one.then is not None and one.then.lines == one.candidate.lines


def test_what_is_concluded_while_settling_is_what_is_concluded_from_the_answers() -> None:
    """The workflow concludes from recorded answers, whoever settles at once: both must come to the same lead."""
    for history in (three_leads(), woken()):
        history.past(NEXT_MONDAY)
        assert len(history.done) > 3
        for done in history.done:
            assert conclude(done.process, done.decision, done.settled) == done.conclusion


ACTS = st.tuples(
    st.integers(0, 30),  # hours since the last one
    st.sampled_from(["arrives", "accept", "win", "drop", "assign", "hold", "touch", "leave", "budget"]),
    st.integers(0, 5),
)


@settings(max_examples=40)
@given(st.lists(ACTS, min_size=1, max_size=25), st.booleans())
def test_whatever_happened_the_definition_that_ran_makes_the_same_of_it(
    acts: list[tuple[int, str, int]], keep: bool
) -> None:
    """B.4, the control, for pasts by chance: the same owners, scores, deadlines and stages, decision by decision."""
    history, at, count = History(three_days(), MONDAY), MONDAY, 1
    history.arrives("L00", MONDAY)  # keys in the order of arrival: by them, things due at one moment are done
    for number, (hours, act, which) in enumerate(acts):
        at += hours * HOUR + timedelta(minutes=7)
        key = f"L{which % count:02}"
        owner = Actor(history.owner(key))
        match act:
            case "arrives":
                history.arrives(f"L{count:02}", at, budget=1 + which)
                count += 1
            case "assign":
                history.tries(key, EventIn("assign", Actor(None, (Who.OPS,)), to=("ann", "ben", "cem")[which % 3]), at)
            case "hold":
                history.tries(key, EventIn("hold", owner, note=True), at)
            case "touch":
                history.does(key, Touch(source="web", fields={"country": "DE"}), at)
            case "leave":
                history.leave(("ann", "ben", "cem")[which % 3], Absence(at, at + which * DAY + HOUR), at, number)
            case "budget":
                history.tries(key, EventIn("update", owner, fields={"budget": 1 + which, "value": 10.0}), at)
            case _:
                history.tries(key, EventIn(act, owner), at)
    result = history.against(three_days(), at + 9 * DAY + timedelta(seconds=1), keep_times=keep)
    assert result.incomplete == 0
    for one in result.pairs:
        assert one.then is not None
        assert one.candidate.lines == one.then.lines
        assert one.differences == ()


def test_a_difference_opens_to_the_rule_that_made_it() -> None:
    """B.4, B.5: whom the rule considered, and why the others were passed over."""
    slow = pair(three_leads().against(two_days(), THURSDAY), "slow")
    turn = slow.candidate.turns[1]
    assert turn.asked == "follow-up overdue"
    assert {tried.person: tried.chosen for tried in turn.assigned.tried[-1].candidates} == {
        "ann": True,
        "ben": False,
        "cem": False,
    }
    assert "everybody" in slow.differences[0].rule


# --- when people act -------------------------------------------------------------------------------------------------

WAITING = """
stages:
  resting:
    status: Nurture
    kind: waiting
    on_entry: [assign]
    clocks: {rest: {due: 3 working days, on_breach: {fire: wake}}}
    events: {wake: {to: calling, by: [clock]}}
  calling:
    status: Open
    clocks: {call: {title: call, due: 8 working hours, on_breach: {climb: silence}}}
    events: {done: {to: gone, by: [owner]}}
  gone: {kind: lost, closes: true}
"""


def woken() -> History:
    """It wakes on Thursday at ten, and Ann calls at two: after four hours."""
    history = History(process(WAITING), MONDAY, ALONE)
    history.arrives("L1", MONDAY)
    history.does("L1", EventIn("done", Actor("ann")), THURSDAY + 4 * HOUR)
    return history


@pytest.mark.parametrize(
    ("keep_times", "called"),
    [(False, WEDNESDAY + 4 * HOUR), (True, THURSDAY + 4 * HOUR)],
    ids=["at the age of the lead", "at the moment it was"],
)
def test_people_act_at_the_age_of_the_lead_or_when_they_did(keep_times: bool, called: datetime) -> None:
    """B.4: it wakes a day earlier with the candidate. Ann calls four hours after that, unless the times are kept: then she is late."""
    result = woken().against(process(WAITING.replace("3 working", "2 working")), FRIDAY, keep_times=keep_times)
    story = pair(result, "L1").candidate
    assert next(line.at for line in story.lines if line.happening == "done") == called
    assert [missed.title for missed in story.missed if missed.title == "call"] == (["call"] if keep_times else [])


def test_what_cannot_be_done_yet_waits_for_the_lead_to_get_there() -> None:
    """B.4: with four working days it wakes on Friday at ten; Ann calls four hours after that, and is not refused before."""
    result = woken().against(process(WAITING.replace("3 working", "4 working")), NEXT_MONDAY)
    story = pair(result, "L1").candidate
    assert story.refused == ()
    assert [line.at for line in story.lines if line.happening == "done"] == [FRIDAY + 4 * HOUR]


def test_an_age_is_working_time() -> None:
    """B.4: the lead wakes on Friday at four instead of Thursday at four. Ann called after three hours: on Friday at eleven then,
    and on Monday at eleven now, since the office closes at five."""
    history = History(process(WAITING), MONDAY, ALONE)
    history.arrives("L1", MONDAY + 6 * HOUR)
    history.does("L1", EventIn("done", Actor("ann")), FRIDAY + HOUR)
    result = history.against(process(WAITING.replace("3 working", "4 working")), NEXT_MONDAY + DAY)
    done = [line.at for line in pair(result, "L1").candidate.lines if line.happening == "done"]
    assert done == [NEXT_MONDAY + HOUR]


def test_what_the_lead_does_itself_comes_when_it_came() -> None:
    """B.4: who asks again does so on their own time, whatever the seller's calendar says."""
    history = woken()
    history.arrives("other", THURSDAY + 5 * HOUR)
    night = FRIDAY - 8 * HOUR
    history.does("other", Touch(source="web"), night)
    result = history.against(process(WAITING.replace("3 working", "2 working")), FRIDAY)
    assert [line.at for line in pair(result, "other").candidate.lines if line.happening == "touched"] == [night]


# --- the world as it was ---------------------------------------------------------------------------------------------


def test_who_was_away_then_is_passed_over_and_has_more_time() -> None:
    """B.4, B.6: Ann goes on leave from Wednesday, entered on Tuesday. Her lead of Monday is due two working days of hers later, on the
    Monday after, and what Ben loses on Wednesday goes to Cem."""
    history = History(three_days(), MONDAY)
    history.arrives("L10", MONDAY)
    history.arrives("M1", MONDAY + HOUR)
    history.leave("ann", Absence(WEDNESDAY - 9 * HOUR, NEXT_MONDAY - 9 * HOUR), TUESDAY)
    result = history.against(two_days(), NEXT_MONDAY + 3 * HOUR)
    assert [(turn.to, turn.at) for turn in pair(result, "M1").candidate.turns[:2]] == [
        ("ben", MONDAY + HOUR),
        ("cem", WEDNESDAY + HOUR),
    ]
    assert pair(result, "L10").candidate.reassigned[0].at == NEXT_MONDAY
    same = history.against(three_days(), NEXT_MONDAY + 3 * HOUR)
    assert [one.differences for one in same.pairs if one.differences] == []


def test_leave_that_is_cut_short_counts_as_it_was_known_at_each_time() -> None:
    """B.4, B.6: on Tuesday nobody knew yet that Ann would be back on Thursday."""
    history = History(three_days(), MONDAY, ROSTER.replace("Cem, teams: [sales]", "Cem"))
    history.leave("ann", Absence(MONDAY, NEXT_MONDAY), MONDAY)
    history.arrives("early", TUESDAY)
    history.leave("ann", Absence(MONDAY, THURSDAY - HOUR), WEDNESDAY)
    history.arrives("late", THURSDAY - HOUR / 2)
    assert [history.owner("early"), history.owner("late")] == ["ben", "ann"]
    result = history.against(two_days(), THURSDAY + HOUR)
    assert [pair(result, key).candidate.first_owner for key in ("early", "late")] == ["ben", "ann"]


def test_who_was_not_here_yet_gets_nothing() -> None:
    """B.4: Cem and Dora work here from Thursday on. What Ann loses on Wednesday can go to Ben only."""
    before = ROSTER.replace("  cem:  {name: Cem, teams: [sales]}\n", "")
    history = History(three_days(), MONDAY, before)
    history.arrives("L10", MONDAY)
    history.staffed(ROSTER + "  dora: {name: Dora, teams: [sales]}\n", THURSDAY - HOUR)
    result = history.against(two_days(), THURSDAY)
    assert pair(result, "L10").candidate.owners == ("ann", "ben")
    assert {turn.person for turn in pair(result, "L10").candidate.turns[1].assigned.tried[-1].candidates} == {
        "ann",
        "ben",
    }


# --- what the candidate does not take --------------------------------------------------------------------------------


def test_what_the_candidate_refuses_has_not_happened_and_is_counted() -> None:
    """B.4: the candidate asks for the value before anything is won; without it the lead stays where it was."""
    free = STAGES.replace(", needs: {fields: [value]}", "")
    history = History(process(free), MONDAY, ALONE)
    history.arrives("L1", MONDAY)
    history.does("L1", accepted_by("ann"), MONDAY + HOUR)
    history.does("L1", EventIn("win", Actor("ann")), TUESDAY)
    result = history.against(three_days(), FRIDAY)
    one = pair(result, "L1")
    assert [(refused.event, refused.refusal.code) for refused in one.candidate.refused] == [("win", "MISSING")]
    assert [(d.kind, d.then, d.candidate) for d in one.differences] == [
        (Kind.STAGE, "Won", "Working"),
        (Kind.REFUSED, "happened", "refused"),
    ]
    assert totals(result.pairs).refused == (("win: MISSING", 1),)


def test_what_came_with_an_event_comes_with_it_again() -> None:
    """B.4: fields that a seller filled in are filled in again; what the process itself sets is left to the candidate."""
    counting = STAGES.replace(
        "accept: {to: working, by: [owner, team_leader]}",
        'accept: {to: working, by: [owner], then: [{set: {seats: "= known.seats ? lead.seats + 1 : 1"}}]}',
    )
    history = History(process(counting), MONDAY, ALONE)
    history.arrives("L1", MONDAY)
    history.does("L1", EventIn("accept", Actor("ann"), fields={"budget": 7}), MONDAY + HOUR)
    same = history.against(process(counting), TUESDAY)
    other = history.against(process(counting.replace(': 1"', ': 40"')), TUESDAY)
    assert pair(same, "L1").candidate.lead.fields == {"budget": 7, "seats": 1}
    assert pair(other, "L1").candidate.lead.fields == {"budget": 7, "seats": 40}
    assert same.incomplete == other.incomplete == 0


def test_another_score_table_shows_in_score_and_priority_with_its_parts() -> None:
    """B.4, S3.6: the parts that differ are named."""
    history = History(three_days(), MONDAY)
    history.arrives("L1", MONDAY, budget=6)
    table = "score: simple\nparts:\n  budget: {points: lead.budget, cap: 4}\n  fresh: {since: lead.arrived_at, bands: {2: 2 days}}\n"
    candidate = process(STAGES, score=table + "priority: {high: 7, low: 0}\n")
    score, priority = pair(history.against(candidate, TUESDAY), "L1").differences
    assert (score.then, score.candidate, score.rule) == ("8", "6", "budget 6 -> 4")
    assert (priority.then, priority.candidate) == ("high", "low")


# --- which leads, and by what ----------------------------------------------------------------------------------------


def test_figures_are_cut_by_every_dimension() -> None:
    """B.4, S1.12: location, product, value, customer, confidence, priority, source, time, owner and leader; one that there is not is told
    with the one that was meant."""
    history = History(three_days(), MONDAY)
    history.arrives("L10", MONDAY, country="DE", value=25_000.0, budget=6, source="web")
    history.arrives("M1", MONDAY, country="FR", source="fair")
    result = history.against(two_days(), FRIDAY)
    found = {
        name: list(result.groups(name))
        for name in ("location", "value", "priority", "source", "month", "owner", "leader")
    }
    assert found == {
        "location": ["DE", "FR"],
        "value": ["10,000 to 100,000", "unknown"],
        "priority": ["high", "low"],
        "source": ["fair", "web"],
        "month": ["2026-03"],
        "owner": ["ann", "ben"],
        "leader": ["lee"],
    }
    assert [list(result.groups(name)) for name in ("product", "customer", "confidence")] == [["unknown"]] * 3
    with pytest.raises(LeadflowError, match="no dimension 'locaton'") as raised:
        result.groups("locaton")
    assert "location" in raised.value.remedy


def test_leads_that_the_candidate_would_not_take_are_counted() -> None:
    """B.4, S1.1: they run on it all the same, and that is told."""
    takes = "takes: {priority: 5, when: lead.country == 'DE'}" + STAGES
    history = History(process(takes), MONDAY)
    history.arrives("L10", MONDAY, country="DE", seats=3)
    history.arrives("M1", MONDAY, country="DE", seats=30)
    narrower = process(takes.replace("== 'DE'", "== 'DE' && lead.seats >= 10"))
    result = history.against(narrower, TUESDAY)
    assert (len(result.pairs), result.not_taken, result.taken_too) == (2, 1, 0)
    assert history.against(process(takes), TUESDAY).not_taken == 0


def test_no_lead_is_an_error_that_says_so() -> None:
    """B.4: a period without leads gives no empty table."""
    history = History(three_days(), MONDAY)
    history.arrives("L1", MONDAY)
    other = process(STAGES, name="other")
    with pytest.raises(LeadflowError, match="no past lead of other"):
        history.against(other, TUESDAY)


def test_ids_of_what_comes_from_outside_are_those_that_the_workflow_gives() -> None:
    """B.4: what a person or system sent, and what the lead did, is told from what the process did by itself."""
    from trials.backtest.observed import SENT, TOUCH

    outside = (event_ids.sent("x"), event_ids.update("x"), event_ids.signal("x", 1))
    assert all(id.startswith(SENT) for id in outside)
    assert event_ids.touch("x") == f"{TOUCH}x"
    assert not any(id.startswith((*SENT, TOUCH)) for id in (event_ids.change("x"), event_ids.hand_over(1), "fire:1:0"))
