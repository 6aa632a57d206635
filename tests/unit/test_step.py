"""One step of one lead: stages, events, actions. What clocks do is in test_clocks.py."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.compiling.names import STATE
from engine.decision import Hook, Missing, Notice, Pack, Refusal, RefusalCode, Task
from engine.happening import CLOCK, SYSTEM, Actor, EventIn, Touch
from engine.language.definition import LeadStatus, Who
from engine.lead import Ownership
from engine.process import _STATE
from engine.step import step
from tests.unit.desk import DAY, HOUR, MARKETING, MONDAY, OPS, QUEUE, Desk, Office, process

ANN, LEE = Actor("ann", teams=("sales",)), Actor("lee")


# --- stages ----------------------------------------------------------------------------------------------------------

NESTED = process("""
stages:
  qualified: {status: Open, on_entry: [assign], waits_for_ever: true, events: {accept: {to: accepted}}}
  accepted:
    title: Sales Accepted
    status: Working
    initial: talking
    on_entry: [{task: Agree on a talk}]
    on_exit: [{webhook: left}]
    clocks: {decide: {due: 10 working days}, thought: {due: 1 working day, stops_on: [note]}}
    stages:
      contacted: {status: Contacted, clocks: {first_talk: {due: 2 working days}}, events: {go_on: {to: talking}}}
      talking: {title: Talking, clocks: {first_talk: {due: 1 working day}}, events: {back: {to: accepted.contacted}}}
    events: {again: {to: accepted}, drop: {to: lost}}
  lost: {kind: lost, waits_for_ever: true}
""")


def test_a_nested_stage_is_entered_at_its_initial_one_and_keeps_the_status_beside_the_stage() -> None:
    """S3.3, S3.5: lead status is kept beside the stage; a nested stage takes that of the stage around it."""
    desk = Desk(NESTED)
    assert NESTED.leaf(desk.lead).status is LeadStatus.OPEN
    desk.must("accept")
    leaf = NESTED.leaf(desk.lead)
    assert (desk.lead.stage, leaf.title, leaf.status) == (
        "accepted.talking",
        "Sales Accepted / Talking",
        LeadStatus.WORKING,
    )
    desk.must("back")
    assert (desk.lead.stage, NESTED.leaf(desk.lead).status) == ("accepted.contacted", LeadStatus.CONTACTED)


def test_moving_inside_a_stage_leaves_and_enters_only_the_inner_ones() -> None:
    """S3.5: the outer stage's clock goes on, its actions do not happen again; the inner clock is a new one of the same
    name."""
    desk = Desk(NESTED)
    desk.must("accept")
    decide, talk = desk.clock("decide"), desk.clock("first_talk")
    desk.must("back", MONDAY + HOUR)
    assert desk.clock("decide") == decide
    assert desk.clock("first_talk") != talk
    assert desk.ends("first_talk") == ["met"]
    assert [type(one.effect) for one in desk.sent].count(Task) == 1


def test_an_event_to_the_stage_itself_leaves_and_enters_it_anew() -> None:
    desk = Desk(NESTED)
    desk.must("accept")
    desk.must("again", MONDAY + HOUR)
    assert (desk.ends("decide"), desk.ends("thought"), desk.due("decide")) == (["met"], ["left"], "Mon 11:00")
    assert _effects(desk, Hook) == [Hook("left")]
    assert desk.lead.visits == {"qualified": 1, "accepted.talking": 2}


def test_events_of_a_stage_and_shared_ones_are_possible_in_all_stages_that_they_name() -> None:
    """S3.5: an event may be reachable from several stages at once."""
    reachable = process("""
stages:
  first:  {waits_for_ever: true, events: {go: {to: second.inner}}}
  second: {waits_for_ever: true, stages: {inner: {events: {go: {to: rest}}}}, events: {drop: {to: gone}}}
  rest:   {kind: waiting, waits_for_ever: true, events: {go: {to: gone}}}
  gone:   {kind: lost, closes: true, events: {back: {to: first, cycle: next}}}
events:
  contact: {from: any open}
  lose:    {from: [first, second], to: gone}
  noted:   {from: any}
""")
    own = {
        stage: [event for event in reachable.allowed(stage) if event in ("contact", "lose", "noted", "drop")]
        for stage in reachable.leaves
    }
    assert own == {
        "first": ["contact", "lose", "noted"],
        "second.inner": ["drop", "contact", "lose", "noted"],
        "rest": ["noted"],
        "gone": ["noted"],
    }


# --- branches and guards ---------------------------------------------------------------------------------------------

GUARDED = process("""
stages:
  open:
    on_entry: [assign]
    waits_for_ever: true
    events:
      sort:
        - {to: large, when: lead.seats >= 100}
        - {to: small, when: lead.seats < 100}
      qualify: {to: large, when: lead.budget >= 3, advised: lead.seats > 10}
      divide:  {to: large, when: lead.seats / lead.budget > 2}
  large: {waits_for_ever: true}
  small: {waits_for_ever: true}
""")


@pytest.mark.parametrize(("seats", "stage"), [(100, "large"), (99, "small"), (None, "open")])
def test_the_first_branch_whose_guard_holds_is_taken(seats: int | None, stage: str) -> None:
    """S3.7: in the order written; what is unknown holds neither way, and is said."""
    desk = Desk(GUARDED, seats=seats)
    refusal = desk.owner("sort")
    assert desk.lead.stage == stage
    if seats is None:
        assert refusal is not None
        assert refusal.code is RefusalCode.GUARD
        assert "lead.seats >= 100 (seats not known) or lead.seats < 100" in refusal.message


def test_fields_that_come_with_an_event_count_for_its_guard() -> None:
    desk = Desk(GUARDED)
    desk.must("sort", fields={"seats": 500})
    assert (desk.lead.stage, desk.lead.fields["seats"]) == ("large", 500)


def test_a_guard_that_fails_on_this_very_lead_does_not_hold() -> None:
    """No lead may get stuck on a division by zero."""
    desk = Desk(GUARDED, seats=5, budget=1)
    lead = replace(desk.lead, fields={"seats": 5, "budget": 0})
    answer = step(GUARDED, lead, EventIn("divide"), MONDAY)
    assert isinstance(answer, Refusal)
    assert answer.code is RefusalCode.GUARD


def test_people_decide_against_advice_and_it_is_noted() -> None:
    """S3.8: the score recommends, it never refuses."""
    desk = Desk(GUARDED, budget=3, seats=5)
    desk.must("qualify")
    assert desk.lead.stage == "large"
    assert desk.done[-1].decision.record.words == "against advice (lead.seats > 10)"
    followed = Desk(GUARDED, budget=3, seats=50)
    followed.must("qualify")
    assert followed.done[-1].decision.record.words == ""


# --- before: who -----------------------------------------------------------------------------------------------------

WHO = process("""
stages:
  open:
    on_entry: [assign]
    waits_for_ever: true
    events:
      as_owner:     {by: [owner]}
      as_team:      {by: [team]}
      as_leader:    {by: [team_leader]}
      as_marketing: {by: [marketing, ops]}
      as_partner:   {by: [partner]}
      as_system:    {by: [system]}
      as_lead:      {by: [lead]}
      as_clock:     {by: [clock]}
      as_anyone:    {}
""")
MAY = {
    "the owner": (ANN, ["as_owner", "as_team", "as_anyone"]),
    "somebody of the team": (Actor("ben", teams=("sales",)), ["as_team", "as_anyone"]),
    "the team's leader": (LEE, ["as_leader", "as_anyone"]),
    "marketing": (MARKETING, ["as_marketing", "as_anyone"]),
    "an upstream system": (SYSTEM, ["as_system", "as_anyone"]),
    "a deadline": (CLOCK, ["as_clock", "as_anyone"]),
    "a partner who is not the owner": (Actor("paul", (Who.PARTNER,)), ["as_partner", "as_anyone"]),
    "somebody who leads another team": (Actor("zoe", (Who.OWNER, Who.TEAM_LEADER, Who.TEAM)), ["as_anyone"]),
    "nobody": (Actor(), ["as_anyone"]),
}


@pytest.mark.parametrize("who", MAY)
def test_an_event_says_who_may_cause_it(who: str) -> None:
    """C.5, S1.14: owner, team and leader are what somebody is to this lead, not what somebody is called."""
    actor, allowed = MAY[who]
    desk = Desk(WHO)
    answers = {
        event: step(WHO, desk.lead, EventIn(event, actor), MONDAY)
        for event in WHO.allowed("open")
        if event.startswith("as_")
    }
    assert [event for event, answer in answers.items() if not isinstance(answer, Refusal)] == allowed
    refused = [answer for answer in answers.values() if isinstance(answer, Refusal)]
    assert all(answer.code is RefusalCode.NOT_ALLOWED and answer.may for answer in refused)


def test_a_lead_without_owner_or_leader_is_nobodys() -> None:
    """An empty name is no owner: nobody without a name acts for a lead that nobody has."""
    desk = Desk(WHO)
    nobody = replace(desk.lead, owner=None, leader=None, team=None)
    for event in ("as_owner", "as_leader", "as_team"):
        assert isinstance(step(WHO, nobody, EventIn(event, Actor(None, teams=("sales",))), MONDAY), Refusal)


# --- during: what must come with it ----------------------------------------------------------------------------------

NEEDS = process("""
stages:
  open:
    on_entry: [assign]
    waits_for_ever: true
    events:
      reject:
        to: lost
        by: [owner]
        needs:
          fields: [budget, email, size]
          reason: why_not
          note: reason == 'other'
          checklist: [called twice, wrote once]
  lost: {kind: lost, waits_for_ever: true}
""")


def test_an_event_that_lacks_something_says_all_of_it_for_machines() -> None:
    """S2.3: the answer lists what is missing and what may be given, who may, and what is possible now."""
    desk = Desk(NEEDS)
    refusal = desk.owner("reject", codes={"reason": "other"}, checked=("wrote once",))
    assert refusal is not None
    assert refusal.code is RefusalCode.MISSING
    assert refusal.missing == (
        Missing("field", "budget"),
        Missing("field", "email"),
        Missing("field", "size", ("small", "large")),
        Missing("note", "note"),
        Missing("check", "called twice"),
    )
    assert refusal.allowed[0] == "reject"
    unknown = desk.owner("reject", codes={"reason": "weather"})
    assert unknown is not None
    assert Missing("code", "reason", ("price", "other")) in unknown.missing


def test_an_event_that_brings_what_it_needs_happens() -> None:
    """S2.3, B.7: a personal field is brought beside the event; here it is only known that it is filled."""
    desk = Desk(NEEDS, size="small")
    brought = {
        "fields": {"budget": "3"},
        "known": ("email",),
        "codes": {"reason": "price"},
        "checked": ("called twice", "wrote once"),
    }
    assert desk.owner("reject", None, **brought) is None
    record = desk.done[-1].decision.record
    assert desk.lead.stage == "lost"
    assert (desk.lead.fields["budget"], desk.lead.known, desk.lead.codes) == (3, ("email",), {"reason": "price"})
    assert (record.codes, record.changes) == ({"reason": "price"}, {"budget": 3, "email": "(personal)"})


def test_a_personal_field_that_is_cleared_is_not_known_any_more() -> None:
    """B.7, S3.6: what rules and completeness ask for is what is there now; an event that clears it does not bring it."""
    desk = Desk(NEEDS, size="small", budget=3)
    assert desk.owner("update", None, known=("email",)) is None
    refusal = desk.owner(
        "reject", codes={"reason": "price"}, checked=("called twice", "wrote once"), unknown=("email",)
    )
    assert refusal is not None
    assert refusal.missing == (Missing("field", "email"),)
    assert desk.lead.known == ("email",), "refused, so it has not happened"
    assert desk.owner("update", None, unknown=("email",)) is None
    assert not desk.lead.known
    assert desk.done[-1].decision.record.changes == {"email": None}
    assert desk.owner("update", None, unknown=("email",)) is None
    assert desk.done[-1].decision.record.changes == {}, "it was unknown already"


@pytest.mark.parametrize(
    ("brought", "wrong"),
    [
        ({"fields": {"budget": 10}}, {"budget": "must be at most 9"}),
        ({"fields": {"size": "huge"}}, {"size": "must be one of small, large"}),
        ({"fields": {"size": "\ud800"}}, {"size": "holds half of a character (a lone surrogate)"}),
        ({"fields": {"size": "\x00"}}, {"size": "holds a NUL character"}),
        ({"fields": {"shoe": 1}}, {"shoe": "is no field of this process"}),
        ({"fields": {"email": "a@b.example"}}, {"email": "is personal: send it beside the event, not in it"}),
        ({"known": ("budget",)}, {"budget": "is no personal field"}),
        ({"unknown": ("budget",)}, {"budget": "is no personal field"}),
        ({"codes": {"mood": "good"}}, {"mood": "is a code that this event does not ask for"}),
    ],
)
def test_wrong_values_are_refused_by_name(brought: dict[str, object], wrong: dict[str, str]) -> None:
    """B.7, C.5: nothing unknown, unfit or personal gets into the lead."""
    refusal = Desk(NEEDS).owner("reject", None, **brought)
    assert refusal is not None
    assert (refusal.code, refusal.fields) == (RefusalCode.BAD_VALUE, wrong)


@pytest.mark.parametrize(
    ("event", "code"),
    [("accept", RefusalCode.UNKNOWN_EVENT), ("later", RefusalCode.NOT_HERE), ("close", RefusalCode.CLOSED)],
)
def test_an_event_out_of_order_is_refused(event: str, code: RefusalCode) -> None:
    """C.1: events follow the definition; an illegal one is answered and leaves everything as it was."""
    ends = process("""
stages:
  open: {waits_for_ever: true, events: {close: {to: shut}}}
  idle: {waits_for_ever: true, events: {later: {to: shut}, hither: {to: idle}}}
  shut: {kind: lost, closes: true, events: {reopen: {to: idle, by: [marketing], cycle: next}}}
""")
    desk = Desk(ends)
    if code is RefusalCode.CLOSED:
        desk.must("close")
    before = desk.lead
    refusal = desk.event(EventIn(event, ANN))
    assert refusal is not None
    assert (refusal.code, desk.lead) == (code, before)


# --- after: actions --------------------------------------------------------------------------------------------------

ACTS = process("""
stages:
  open:
    on_entry: [score, assign, {send: pack}]
    on_exit: [{webhook: leaving}]
    waits_for_ever: true
    events:
      go:
        to: second
        then:
          - {notify: team_leader, with: overdue}
          - {notify: person:head, with: overdue}
          - {task: Call them, for: team_leader, due: 1 working day}
          - {webhook: moved}
          - set: {seats: "= lead.budget * 10", wake_on: "= now + duration('48h')", country: DE}
          - {fire: follow}
      unfit: {then: [{set: {budget: "= lead.seats"}}]}
  second:
    waits_for_ever: true
    on_entry: [{fire: greet}]
    events:
      greet:  {by: [system]}
      follow: {by: [system], needs: {fields: [seats]}}
      human:  {by: [owner]}
""")


def test_actions_happen_in_the_order_written_and_every_effect_has_a_key() -> None:
    """S2.1, S2.2, S4.7: exit, then the event's, then entry; keys name lead, cycle, decision and number for ever."""
    desk = Desk(ACTS, budget=4)
    assert desk.packs() == ["pack"]
    desk.must("go")
    sent = [(one.key, one.effect) for one in desk.sent][2:]
    assert sent == [
        ("L1:1:2:0", Hook("leaving")),
        ("L1:1:2:1", Notice("team_leader", "overdue", "Go")),
        ("L1:1:2:2", Notice("person:head", "overdue", "Go")),
        ("L1:1:2:3", Task("Call them", "team_leader", "1 working day")),
        ("L1:1:2:4", Hook("moved")),
    ]
    assert desk.told("overdue") == ["lee overdue", "head overdue"]


def test_fields_are_set_by_plain_values_and_expressions() -> None:
    """S2.14: a date is kept as a date, also where an expression says a moment."""
    desk = Desk(ACTS, budget=4)
    desk.must("go")
    assert {name: desk.lead.fields[name] for name in ("seats", "wake_on", "country")} == {
        "seats": 40,
        "wake_on": "2026-03-04",
        "country": "DE",
    }


def test_a_value_that_its_field_does_not_accept_is_not_set_and_noted() -> None:
    desk = Desk(ACTS, budget=4, seats=5000)
    desk.must("unfit")
    assert desk.lead.fields["budget"] == 4
    assert desk.done[-1].decision.record.words == "budget was not set: it must be at most 9"


def test_fired_events_follow_in_order_and_are_the_systems() -> None:
    """C.2: they come before anything else that waits, and are refused like any other."""
    desk = Desk(ACTS, budget=4)
    desk.must("go")
    assert desk.happened() == ["arrived", "go", "follow", "greet"]
    assert [one.decision.record.by for one in desk.done[2:]] == ["system", "system"]


def test_whatever_changes_a_field_asks_for_a_new_score() -> None:
    """S3.6: after an event with fields, and after an action that sets some; not after one that changes nothing."""
    desk = Desk(ACTS, budget=4)
    desk.set(budget=5)
    desk.set(budget=5)
    desk.must("go")
    assert [one.decision.score for one in desk.done[1:4]] == [True, False, True]


def test_a_lead_is_scored_before_its_owner_is_looked_for() -> None:
    """S4.4: score and owner asked in one step; rules see the new score."""
    by_score = """
assignment: sales
rules:
  - {name: hot, when: lead.priority == 'high', among: {people: [cleo]}}
  - {name: others, among: {people: [ben]}}
exception: {person: lee, clock: 8 working hours, climb: silence}
"""
    scored = process(_ENTRY, assignment=by_score)
    assert Desk(scored, budget=9).lead.owner == "cleo"
    assert Desk(scored, budget=1).lead.owner == "ben"


_ENTRY = "\nstages: {open: {on_entry: [assign, score], waits_for_ever: true}}\n"


# --- built-in events -------------------------------------------------------------------------------------------------


def test_a_lead_is_given_to_a_named_person_by_hand() -> None:
    """S4.5: manual assignment; no hop, and the earlier owner is told."""
    desk = Desk(ACTS, budget=4)
    desk.event(EventIn("assign", LEE, to="zoe"))
    assert (desk.lead.owner, desk.lead.ownership, desk.lead.hops, desk.lead.earlier_owners) == (
        "zoe",
        Ownership.PERSON,
        0,
        ("ann",),
    )
    assert desk.told()[-2:] == ["zoe new_lead", "ann taken_away"]
    refusal = desk.event(EventIn("assign", LEE))
    assert refusal is not None
    assert refusal.missing == (Missing("person", "to"),)


def test_a_lead_from_the_queue_is_claimed_by_somebody_of_the_team_only() -> None:
    """S1.7: nothing is dropped; who is free takes the next."""
    desk = Desk(process("\nstages: {open: {on_entry: [assign], waits_for_ever: true}}\n", assignment=QUEUE))
    assert (desk.lead.ownership, desk.lead.owner, desk.lead.team) == (Ownership.QUEUE, None, "sales")
    assert desk.event(EventIn("claim", Actor("zoe", teams=("other",)))) is not None
    assert desk.event(EventIn("claim", Actor("ben", teams=("sales",)))) is None
    assert (desk.lead.ownership, desk.lead.owner) == (Ownership.PERSON, "ben")
    assert desk.event(EventIn("claim", Actor("ann", teams=("sales",)))) is not None


def test_nobody_is_named_who_is_not_there_any_more() -> None:
    desk = Desk(ACTS, budget=4)
    desk.event(EventIn("assign", LEE, to="gone"))
    assert (desk.lead.owner, desk.lead.ownership) == ("lee", Ownership.EXCEPTION)
    assert desk.lead.owner_because == "assigned by lee, but gone is not active; lee decides"


# --- won, closed, reopened, come again -------------------------------------------------------------------------------

WHOLE = process("""
stages:
  open:
    on_entry: [score, assign]
    clocks: {decide: {due: 5 working days, on_reentry: keep, on_breach: {climb: silence}}}
    events: {win: {to: won.agreed}, lose: {to: lost}, rest: {to: resting, needs: {fields: [wake_on]}}}
  resting:
    kind: waiting
    clocks: {wake: {at: lead.wake_on, on_breach: {fire: recycle}}}
    events: {recycle: {to: open, by: [clock, lead], cycle: next}}
  won:
    kind: won
    waits_for_ever: true
    stages:
      agreed:  {events: {ordered: {to: ordered}}}
      ordered: {events: {delivered: {to: done}}}
    events: {lost_after_all: {to: lost, needs: {reason: why_not}}}
  done: {kind: won, closes: true}
  lost:
    kind: lost
    closes: true
    events: {reopen: {to: open, by: [marketing, lead], cycle: next, when: known.company}}
clocks:
  month: {due: 30 days, on_breach: {notify: team_leader, with: overdue}}
""")


def test_a_won_lead_takes_what_follows_and_can_still_be_lost() -> None:
    """S1.8: conversion to order, to delivery, and lost after all."""
    desk = Desk(WHOLE)
    for event, stage in (("win", "won.agreed"), ("ordered", "won.ordered")):
        desk.must(event)
        assert (desk.lead.stage, desk.lead.closed) == (stage, False)
    lost = Desk(WHOLE)
    lost.must("win")
    lost.must("lost_after_all", codes={"reason": "price"})
    assert (lost.lead.stage, lost.lead.closed) == ("lost", True)
    desk.must("delivered")
    assert (desk.lead.closed, desk.next()) == (True, "")


def test_an_outcome_ends_the_clocks_of_the_process_and_scoring_by_age() -> None:
    """S1.2: nobody is alarmed about a lead that is won or lost."""
    desk = Desk(WHOLE)
    assert desk.next() == "rescore Wed 10:00"
    desk.must("win")
    assert (desk.ends("month"), desk.lead.clocks, desk.next()) == (["met"], {}, "")
    desk.set(budget=5)
    assert desk.lead.score is not None
    assert (desk.lead.score.parts["budget"], desk.next()) == (5, "")


def test_a_closed_lead_is_reopened_in_its_next_cycle() -> None:
    """S1.8: hops, visits and earlier owners count anew; nothing of the last time is waited for."""
    desk = Desk(WHOLE, company="Cobalt")
    desk.event(EventIn("assign", LEE, to="ben"))
    desk.event(EventIn("hold", OPS, note=True))
    desk.must("lose", MONDAY + DAY)
    assert desk.event(EventIn("update", OPS, fields={"seats": 1})) is not None
    assert desk.event(EventIn("reopen", MARKETING), MONDAY + 60 * DAY) is None
    lead = desk.lead
    assert (lead.cycle, lead.closed, lead.stage, lead.visits, lead.on_hold) == (2, False, "open", {"open": 1}, False)
    assert (lead.owner, lead.earlier_owners) == ("ann", ())
    assert (lead.step_key, desk.due("decide"), "month" in lead.clocks) == ("L1:2:5", "Fri 11:00", False)


def test_a_kept_clock_does_not_outlive_its_cycle() -> None:
    """S4.8: who wakes after a year in the nurture has all the time anew, and no alarm from last year."""
    desk = Desk(WHOLE)
    desk.must("rest", fields={"wake_on": "2027-03-02"})
    assert [clock.name for clock in desk.lead.kept.values()] == ["decide"]
    desk.advance(MONDAY + 366 * DAY)
    assert (desk.lead.stage, desk.lead.cycle, desk.told("overdue")) == (
        "open",
        2,
        ["lee overdue"],
    )  # the month of cycle 1
    assert (desk.due("decide"), desk.ends("decide")) == ("Tue 09:00", ["suspended", "met"])


def test_a_lead_that_comes_again_goes_where_it_may_by_itself() -> None:
    """S0.13, S4.8: an inquiry of somebody in the nurture takes the lead up again; elsewhere it is noted, and lost
    nowhere."""
    desk = Desk(WHOLE)
    desk.touch(Touch("web"))
    assert (desk.happened()[-1], desk.lead.stage) == ("touched", "open")
    assert desk.done[-1].decision.record.words == "came again from web"
    desk.must("rest", fields={"wake_on": "2027-03-02"})
    desk.touch(Touch("web"), MONDAY + DAY)
    assert (desk.happened()[-1], desk.done[-1].decision.record.by, desk.lead.cycle) == ("recycle", "lead", 2)
    desk.must("lose")
    desk.touch(Touch("fair"))  # nobody knows the company, so the lead may not reopen itself
    assert (desk.happened()[-1], desk.lead.stage, desk.refused) == ("touched", "lost", [])


# --- hand-over -------------------------------------------------------------------------------------------------------

SELLS = process(
    """
start: arriving
stages:
  arriving: {on_entry: [score], waits_for_ever: true, events: {greet: {by: [system]}}}
clocks: {answer: {due: 24 hours, on_breach: {climb: silence}}}
""",
    name="sells",
)
CALLS = process(
    """
stages:
  calling:
    on_entry: [score, assign]
    clocks: {call: {due: 4 working hours, on_reentry: keep, on_breach: {climb: silence}}}
    events:
      pass_on: {then: [{hand_over: sells}, {fire: said}, {set: {seats: 3}}]}
      said:    {by: [system]}
""",
    name="calls",
)


def test_a_lead_is_handed_over_to_another_process_as_its_next_cycle() -> None:
    """S1.1, S4.3: with its owner and its fields; fired events of the process it leaves come first."""
    desk = Desk(CALLS, Office(processes=(SELLS,)), others=(SELLS,), budget=4)
    desk.advance(MONDAY + DAY)  # the call is late, and its ladder is being climbed
    desk.must("pass_on")
    lead = desk.lead
    assert desk.happened()[-3:] == ["pass_on", "said", "handed_over"]
    assert (lead.process, lead.digest, lead.stage, lead.cycle) == ("sells", SELLS.digest, "arriving", 2)
    assert (lead.owner, lead.fields["seats"], lead.fields["budget"], lead.hops) == ("ann", 3, 4, 0)
    assert (list(lead.clocks), lead.climbs, desk.ends("call")[-1]) == (["answer"], {}, "stopped_late")
    assert desk.done[-1].decision.record.from_stage == "calling"


def test_a_process_that_nobody_published_keeps_the_lead_where_it_is() -> None:
    """B.1: it does not fall between two processes, its clocks run on."""
    desk = Desk(CALLS, Office())
    desk.must("pass_on")
    assert (desk.lead.process, desk.lead.stage, list(desk.lead.clocks)) == ("calls", "calling", ["call"])


def test_conditions_can_read_every_word_that_they_may_name() -> None:
    """B.1: what a definition may say of a lead is what a lead can tell."""
    assert sorted(_STATE) == sorted(STATE)


def _effects(desk: Desk, kind: type) -> list[object]:
    return [one.effect for one in desk.sent if isinstance(one.effect, kind)]


def test_an_info_pack_goes_to_the_lead_at_once() -> None:
    """S2.1: immediate response."""
    desk = Desk(ACTS)
    assert _effects(desk, Pack) == [Pack("pack")]
    assert desk.sent[-1].at == MONDAY
