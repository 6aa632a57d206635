"""Clocks: when they start, stop, pause, warn and breach, what a breach does, and who gets the lead then.

Every Monday here is the second of March 2026, ten o'clock in Berlin; offices are open from nine to five.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from engine.decision import Hook, Pack, Task
from engine.happening import Actor, EventIn
from engine.lead import ClockState, Ownership
from engine.process import Process
from tests.unit.desk import DAY, HOLD, HOUR, MINUTE, MONDAY, OPS, QUEUE, Desk, Office, process

LEE = Actor("lee")
BEN = Actor("ben", teams=("sales",))


def clocked(clock: str, more: str = "", *, clocks: str = "", events: str = "", **tables: str) -> Process:
    """One stage, assigned to Ann on entry, with this clock, beside a stage where nothing runs; `clocks` and `events` are
    further ones of it."""
    return process(
        f"""
stages:
  open:
    on_entry: [assign]
    clocks: {{follow_up: {clock}, {clocks}}}
    events: {{accept: {{to: rest}}, talk: {{}}, call: {{}}, pass: {{then: [assign]}}, {events}}}
  rest: {{waits_for_ever: true, events: {{back: {{to: open}}, again: {{to: open, cycle: next}}}}}}
{more}""",
        **tables,
    )


# --- how long, from when, on whose calendar --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("due", "falls"),
    [
        ("24 hours", "Sat 16:00"),
        ("90 minutes", "Fri 17:30"),
        ("PT30M", "Fri 16:30"),
        ("8 working hours", "Mon 16:00"),
        ("1 working day", "Mon 16:00"),
        ("2 working hours", "Mon 10:00"),
        ("3 days", "Mon 16:00"),
        ("30 working minutes", "Fri 16:30"),
    ],
)
def test_working_time_and_elapsed_time_are_different_units(due: str, falls: str) -> None:
    """S2.5: for a lead that comes on a Friday at four."""
    desk = Desk(clocked(f"{{due: {due}}}"), at=MONDAY + 4 * DAY + 6 * HOUR)
    assert desk.due("follow_up") == falls


@pytest.mark.parametrize(
    ("owner", "runs_on", "falls"),
    [
        ("ann", "owner", "Mon 14:00"),  # from ten, in Berlin
        ("cleo", "owner", "Mon 19:00"),  # from the opening in New York
        ("cleo", "team", "Mon 14:00"),  # the team is at home in Berlin
        ("cleo", "evening", "Mon 22:00"),
    ],
)
def test_a_clock_runs_on_the_owners_the_teams_or_a_named_calendar(owner: str, runs_on: str, falls: str) -> None:
    """B.6: four working hours from Monday ten o'clock in Berlin."""
    only = f"""
assignment: sales
rules: [{{name: one, among: {{people: [{owner}]}}}}]
exception: {{person: lee, clock: 1 hour, climb: silence}}
"""
    desk = Desk(clocked(f"{{due: 4 working hours, runs_on: {runs_on}}}", assignment=only))
    assert desk.due("follow_up") == falls


ANCHORED = process("""
stages:
  open: {on_entry: [assign], waits_for_ever: true, events: {go: {to: work}}}
  work:
    waits_for_ever: true
    clocks:
      from_entry:      {due: 5 days, counts_from: entry}
      from_arrival:    {due: 5 days, counts_from: arrival}
      from_assignment: {due: 5 days, counts_from: assignment}
      from_a_date:     {due: 5 days, counts_from: lead.deliver_on}
      from_an_event:   {due: 5 days, starts_on: talk}
      from_its_event:  {due: 5 days, starts_on: go}
      at_a_date:       {at: lead.wake_on}
    events: {talk: {}}
clocks:
  whole: {due: 20 days}
  early: {due: 5 days, starts_on: go}
""")


def test_a_clock_counts_from_entry_arrival_assignment_a_date_or_an_event() -> None:
    """S4.1, S2.5: each in its own way."""
    desk = Desk(ANCHORED)
    desk.event(EventIn("assign", LEE, to="ben"), MONDAY + DAY)
    desk.must("go", MONDAY + 2 * DAY, fields={"deliver_on": "2026-03-09", "wake_on": "2026-03-10"})
    desk.must("talk", MONDAY + 3 * DAY)
    assert {name: desk.due(name) for name in desk.lead.clocks if name != "whole"} == {
        "from_entry": "Mon 10:00",
        "from_arrival": "Sat 10:00",
        "from_assignment": "Sun 10:00",
        "from_a_date": "Sat 09:00",  # the ninth begins when the office opens
        "from_an_event": "Tue 10:00",
        "from_its_event": "Mon 10:00",
        "at_a_date": "Tue 09:00",
        "early": "Mon 10:00",
    }
    assert desk.clock("whole").counts_from == MONDAY


def test_a_clock_that_waits_for_a_date_starts_when_the_date_is_known_and_moves_with_it() -> None:
    """S4.8: no date, no deadline; a new date is a new deadline."""
    desk = Desk(clocked("{at: lead.wake_on, on_breach: {climb: silence}}"))
    assert "follow_up" not in desk.lead.clocks
    desk.set(wake_on="2026-03-12")
    assert desk.due("follow_up") == "Thu 09:00"
    desk.set(wake_on="2026-03-13")
    assert desk.due("follow_up") == "Fri 09:00"


def test_a_date_in_the_past_is_due_at_once() -> None:
    desk = Desk(clocked("{at: lead.wake_on, on_breach: {notify: owner, with: overdue}}"), wake_on="2026-02-01")
    assert desk.clock("follow_up").due_at == MONDAY
    desk.advance(MONDAY)
    assert (desk.told("overdue"), desk.clock("follow_up").state) == (["ann overdue"], ClockState.BREACHED)


def test_a_new_date_after_a_breach_ends_the_alarm() -> None:
    """S2.6: an order expected later than thought is late no more."""
    desk = Desk(clocked("{at: lead.wake_on, on_breach: {climb: silence}}"), wake_on="2026-03-03")
    desk.advance(MONDAY + DAY)
    assert (desk.clock("follow_up").state, len(desk.lead.climbs)) == (ClockState.BREACHED, 1)
    desk.set(wake_on="2026-03-20")
    assert (desk.clock("follow_up").state, desk.due("follow_up"), desk.lead.climbs) == (
        ClockState.RUNNING,
        "Fri 09:00",
        {},
    )


def test_a_date_that_a_clock_waits_for_cannot_be_taken_away() -> None:
    """B.1: or the lead would wait for ever."""
    desk = Desk(clocked("{title: asking again, at: lead.wake_on}"), wake_on="2026-03-10")
    refusal = desk.event(EventIn("update", OPS, fields={"wake_on": None}))
    assert refusal is not None
    assert refusal.fields == {"wake_on": "is what 'asking again' waits for: give another date"}


# --- starting, stopping, leaving -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clock", "event", "end"),
    [
        ("{due: 1 working day, stops_on: talk}", "talk", ["met"]),
        ("{due: 1 working day, stops_on: [call, talk]}", "talk", ["met"]),
        ("{due: 1 working day, cancels_on: talk}", "talk", ["cancelled"]),
        ("{due: 1 working day}", "talk", []),
        ("{due: 1 working day}", "accept", ["met"]),  # leaving is what it asks for
        ("{due: 1 working day, stops_on: talk}", "accept", ["left"]),  # left, but not done
        ("{due: 1 working day, cancels_on: accept}", "accept", ["cancelled"]),
    ],
)
def test_a_clock_ends_with_the_events_that_it_names_or_with_its_stage(clock: str, event: str, end: list[str]) -> None:
    """S4.1: met, cancelled or merely left are different things in reports."""
    desk = Desk(clocked(clock))
    desk.must(event, MONDAY + HOUR)
    assert desk.ends("follow_up") == end
    assert ("follow_up" in desk.lead.clocks) is (end == [])


def test_an_event_that_stops_and_starts_a_clock_gives_the_full_time_again() -> None:
    """S1.2: every report is followed by the next."""
    desk = Desk(clocked("{due: 2 working hours, starts_on: talk, stops_on: talk, on_breach: {climb: silence}}"))
    assert desk.lead.clocks == {}
    for hour in (0, 1, 2):
        desk.must("talk", MONDAY + hour * HOUR)
    assert (desk.ends("follow_up"), desk.due("follow_up")) == (["met", "met"], "Mon 14:00")


def test_a_clock_that_was_breached_in_vain_begins_anew_when_its_event_happens_again() -> None:
    """S4.1: who comes back has the same right to an answer as the first time."""
    desk = Desk(clocked("{due: 2 working hours, starts_on: talk, stops_on: call, on_breach: {climb: silence}}"))
    desk.must("talk")
    desk.advance(MONDAY + DAY)
    assert desk.clock("follow_up").state is ClockState.BREACHED
    desk.must("talk")
    assert (desk.due("follow_up"), desk.lead.climbs) == ("Tue 12:00", {})


def test_a_clock_runs_only_for_leads_that_meet_its_condition() -> None:
    """S1.2: rules for a class of leads; a class that nobody knows yet is none."""
    large = clocked("{due: 1 working day, when: lead.size == 'large'}")
    started = {size: "follow_up" in Desk(large, size=size).lead.clocks for size in ("large", "small", None)}
    assert started == {"large": True, "small": False, None: False}


def test_a_condition_on_the_score_is_told_when_the_score_is() -> None:
    """S1.2: a high-priority lead is told from others in the very step in which it is scored and assigned."""
    hot = process("""
stages:
  open:
    on_entry: [score, assign]
    waits_for_ever: true
    clocks:
      for_hot:    {due: 1 working hour, when: lead.priority == 'high'}
      for_anns:   {due: 1 working hour, when: lead.owner == 'ann', counts_from: assignment}
      for_nobody: {due: 1 working hour, when: lead.ownership == 'queue'}
      not_anns:   {due: 1 working hour, cancels_when: lead.owner == 'ann'}
      not_hot:    {due: 1 working hour, pauses_while: lead.priority == 'high'}
""")
    desk = Desk(hot, budget=9)
    assert {name: clock.state.value for name, clock in desk.lead.clocks.items()} == {
        "for_hot": "running",
        "for_anns": "running",
        "not_hot": "paused",
    }
    assert desk.due("for_anns") == "Mon 11:00"
    cold = Desk(hot, budget=1)
    assert {name: clock.state.value for name, clock in cold.lead.clocks.items()} == {
        "for_anns": "running",
        "not_hot": "running",
    }


def test_a_clock_is_cancelled_as_soon_as_its_condition_holds() -> None:
    desk = Desk(clocked("{due: 1 working day, cancels_when: lead.size == 'small'}"))
    desk.set(size="large")
    assert desk.ends("follow_up") == []
    desk.set(size="small")
    assert desk.ends("follow_up") == ["cancelled"]


# --- warnings --------------------------------------------------------------------------------------------------------


def test_warnings_come_at_shares_of_the_time_and_go_to_the_owner() -> None:
    """S2.4: 50 and 80 percent of ten working hours; nobody is warned any more once it is done."""
    desk = Desk(clocked("{due: 10 working hours, warn_at: [50%, 80%], stops_on: talk}"))
    assert desk.next() == "warning follow_up Mon 15:00"
    desk.advance(MONDAY + 5 * HOUR)
    assert (desk.told("warning"), desk.next()) == (["ann warning"], "warning follow_up Tue 10:00")
    desk.must("talk")
    desk.advance(MONDAY + 9 * DAY)
    assert desk.told("warning") == ["ann warning"]


def test_a_warning_does_what_its_author_says() -> None:
    desk = Desk(
        clocked("{due: 10 hours, warn_at: [50%], on_warning: [{notify: person:head, with: warning}, {webhook: soon}]}")
    )
    desk.advance(MONDAY + 5 * HOUR)
    assert desk.told("warning") == ["head warning"]
    assert desk.sent[-1].effect == Hook("soon")


# --- hold and resume -------------------------------------------------------------------------------------------------

PAUSES = clocked(
    "{due: 10 working hours, pauses_while: lead.on_hold, warn_at: [50%, 80%], "
    "on_breach: {notify: owner, with: overdue}}"
)


def hold(desk: Desk, hours: float) -> None:
    assert desk.event(EventIn("hold", OPS, note=True), MONDAY + hours * HOUR) is None


def resume(desk: Desk, hours: float) -> None:
    assert desk.event(EventIn("resume", OPS), MONDAY + hours * HOUR) is None


def test_what_was_left_of_the_working_time_is_left_after_a_hold() -> None:
    """Three working hours are gone when it is held over a night and a day: seven are left, whenever it is resumed."""
    desk = Desk(PAUSES)
    hold(desk, 3)
    paused = desk.clock("follow_up")
    assert (paused.state, paused.due_at, paused.left_seconds) == (ClockState.PAUSED, None, 7 * 3600)
    desk.advance(MONDAY + 2 * DAY)
    assert desk.told("overdue") == []
    resume(desk, 48)
    assert desk.due("follow_up") == "Wed 17:00"


def test_holding_twice_takes_nothing_away() -> None:
    desk = Desk(PAUSES)
    for start in (1, 3):
        hold(desk, start)
        resume(desk, start + 1)
    assert desk.clock("follow_up").left_seconds == 8 * 3600
    assert desk.due("follow_up") == "Tue 14:00"


def test_a_hold_outside_of_working_hours_costs_and_gives_nothing() -> None:
    desk = Desk(PAUSES)
    hold(desk, 8)
    resume(desk, 20)
    assert desk.due("follow_up") == "Tue 12:00"


def test_a_warning_is_a_share_of_the_whole_time_also_after_a_hold() -> None:
    """S2.4: the first warning was given before the hold; only the second is still to come, at eight of ten hours."""
    desk = Desk(PAUSES)
    desk.advance(MONDAY + 5 * HOUR)
    hold(desk, 6)
    resume(desk, 24)
    assert desk.next() == "warning follow_up Tue 12:00"
    desk.advance(MONDAY + 2 * DAY)
    assert desk.told() == ["ann new_lead", "ann warning", "ann warning", "ann overdue"]


def test_what_was_left_counts_on_the_next_owners_calendar() -> None:
    """B.6: five hours are left when it goes to Cleo, who starts at three in the afternoon, Berlin time."""
    desk = Desk(PAUSES)
    hold(desk, 5)
    desk.event(EventIn("assign", LEE, to="cleo"), MONDAY + 6 * HOUR)
    assert desk.clock("follow_up").state is ClockState.PAUSED
    resume(desk, 24)
    assert (desk.due("follow_up"), desk.clock("follow_up").calendar) == ("Tue 20:00", "new_york")
    desk.event(EventIn("assign", LEE, to="ben"), MONDAY + 25 * HOUR)
    assert desk.due("follow_up") == "Tue 15:00"


def test_a_stage_entered_on_hold_has_its_clocks_on_hold() -> None:
    desk = Desk(PAUSES)
    desk.must("accept")
    hold(desk, 1)
    desk.must("back", MONDAY + 2 * HOUR)
    paused = desk.clock("follow_up")
    assert (paused.state, paused.left_seconds) == (ClockState.PAUSED, 10 * 3600)
    resume(desk, 3)
    assert desk.due("follow_up") == "Tue 15:00"


def test_a_date_does_not_move_because_of_a_hold() -> None:
    desk = Desk(clocked("{at: lead.wake_on, pauses_while: lead.on_hold}"), wake_on="2026-03-05")
    hold(desk, 1)
    assert desk.next() == ""
    resume(desk, 24)
    assert desk.due("follow_up") == "Thu 09:00"


def test_a_clock_on_hold_is_met_or_left_like_any_other() -> None:
    """Nothing of it stays behind."""
    for event, end in (("talk", "met"), ("accept", "left")):
        desk = Desk(clocked("{due: 1 working day, pauses_while: lead.on_hold, stops_on: talk}"))
        hold(desk, 1)
        desk.must(event, MONDAY + 2 * HOUR)
        assert (desk.ends("follow_up"), desk.lead.clocks, desk.lead.kept) == ([end], {}, {})


# --- coming back -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("on_reentry", "falls"), [("reset", "Wed 10:00"), ("keep", "Tue 10:00")])
def test_coming_back_gives_the_full_time_or_the_old_deadline(on_reentry: str, falls: str) -> None:
    """Whoever bounces a lead out and in again does not win time where the author says `keep`."""
    desk = Desk(clocked(f"{{due: 1 working day, on_reentry: {on_reentry}}}"))
    desk.must("accept", MONDAY + HOUR)
    assert desk.lead.clocks == {}
    desk.must("back", MONDAY + DAY)
    assert desk.due("follow_up") == falls


def test_a_kept_deadline_that_passed_meanwhile_is_missed_on_coming_back() -> None:
    desk = Desk(clocked("{due: 1 working day, on_reentry: keep, on_breach: {notify: owner, with: overdue}}"))
    desk.must("accept", MONDAY + HOUR)
    desk.advance(MONDAY + 3 * DAY)
    assert desk.told("overdue") == []
    desk.must("back")
    desk.advance(desk.now)
    assert (desk.told("overdue"), desk.ends("follow_up")) == (["ann overdue"], ["suspended", "breached"])


def test_a_missed_clock_is_not_kept() -> None:
    desk = Desk(clocked("{due: 1 hour, on_reentry: keep, on_breach: {climb: silence}}"))
    desk.advance(MONDAY + 2 * HOUR)
    desk.must("accept")
    assert (desk.ends("follow_up"), desk.lead.kept, desk.lead.climbs) == (["breached", "stopped_late"], {}, {})
    desk.must("back")
    assert desk.due("follow_up") == "Mon 13:00"


def test_a_kept_clock_is_told_anew_for_whoever_owns_the_lead_then() -> None:
    """B.6: on the calendar of the owner with whom it comes back."""
    kept = process("""
stages:
  start: {on_entry: [assign], waits_for_ever: true, events: {go: {to: open}}}
  open:  {clocks: {follow_up: {due: 8 working hours, on_reentry: keep}}, events: {rest: {to: start}}}
  there: {waits_for_ever: true, events: {go: {to: open}}}
events: {away: {from: any, to: there}}
""")
    desk = Desk(kept)
    desk.must("go")
    desk.must("away")
    desk.event(EventIn("assign", LEE, to="cleo"))
    desk.must("go", MONDAY + HOUR)
    assert (desk.clock("follow_up").counts_from, desk.due("follow_up")) == (MONDAY, "Mon 23:00")


def test_a_clock_kept_on_hold_is_resumed_where_it_stood() -> None:
    desk = Desk(clocked("{due: 10 working hours, on_reentry: keep, pauses_while: lead.on_hold}"))
    hold(desk, 3)
    desk.must("accept")
    resume(desk, 4)
    desk.must("back", MONDAY + DAY)
    assert desk.due("follow_up") == "Tue 17:00"


# --- what a breach does ----------------------------------------------------------------------------------------------

BREACHES: Mapping[str, Callable[[Desk], bool]] = {
    "notify: team_leader, with: overdue": lambda desk: desk.told("overdue") == ["lee overdue"],
    "notify: earlier_owner, with: overdue": lambda desk: desk.told("overdue") == ["None overdue"],
    "notify: team:sales, with: overdue": lambda desk: desk.told("overdue") == ["sales overdue"],
    "notify: exception, with: overdue": lambda desk: desk.told("overdue") == ["lee overdue"],
    "send: pack": lambda desk: desk.sent[-1].effect == Pack("pack"),
    "set: {country: AT}": lambda desk: desk.lead.fields["country"] == "AT",
    "task: Call, for: team_leader": lambda desk: desk.sent[-1].effect == Task("Call", "team_leader"),
    "webhook: late": lambda desk: desk.sent[-1].effect == Hook("late"),
    "fire: accept": lambda desk: (desk.lead.stage, desk.done[-1].decision.record.by) == ("rest", "clock"),
    "climb: silence": lambda desk: list(desk.lead.climbs) == ["silence/follow_up"],
    "start: letters": lambda desk: list(desk.lead.climbs) == ["letters/follow_up"],
    "reassign: {}": lambda desk: (desk.lead.owner, desk.lead.hops) == ("ben", 1),
    "hand_over: elsewhere": lambda desk: desk.lead.process == "elsewhere",
}


@pytest.mark.parametrize("action", BREACHES)
def test_a_breach_does_what_its_author_says(action: str) -> None:
    """S1.2, S2.4, S2.5, C.2: every kind of action."""
    series = """
ladders: {silence: [{after: 1 hour, notify: person:head, with: overdue}]}
sequences: {letters: [{after: 1 day, send: keep_warm}]}
"""
    missed = clocked(f"{{due: 2 working hours, on_breach: {{{action}}}}}", series)
    elsewhere = process("\nstages: {there: {waits_for_ever: true}}\n", name="elsewhere")
    desk = Desk(missed, Office(processes=(elsewhere,)), others=(elsewhere,))
    desk.advance(MONDAY + 2 * HOUR)
    assert desk.ends("follow_up")[0] == "breached"
    assert BREACHES[action](desk)


@pytest.mark.parametrize("word", ["score", "assign"])
def test_a_breach_may_ask_for_a_score_or_an_owner(word: str) -> None:
    desk = Desk(clocked(f"{{due: 2 working hours, on_breach: {word}}}"))
    desk.advance(MONDAY + 2 * HOUR)
    decision = desk.done[-1].decision
    assert (decision.score, decision.owner is not None) == (word == "score", word == "assign")


def test_a_missed_clock_goes_on_measuring_until_it_is_done() -> None:
    """S4.1, S0.10: how late the answer came is known, not only that it was late."""
    desk = Desk(clocked("{due: 2 working hours, stops_on: talk}"))
    desk.advance(MONDAY + DAY)
    missed = desk.clock("follow_up")
    assert (missed.state, missed.breached_at, missed.counts_from) == (ClockState.BREACHED, MONDAY + 2 * HOUR, MONDAY)
    desk.must("talk")
    assert desk.ends("follow_up") == ["breached", "stopped_late"]


def test_a_clock_that_is_not_measured_is_over_but_its_ladder_is_climbed_until_it_is_done() -> None:
    desk = Desk(clocked("{due: 2 working hours, stops_on: talk, measures_on: false, on_breach: {climb: silence}}"))
    desk.advance(MONDAY + DAY)
    assert (desk.lead.clocks, desk.told("overdue")) == ({}, ["ann overdue", "lee overdue"])
    assert desk.done[-1].decision.record.words.startswith("follow up: ")
    desk.must("talk")
    assert desk.lead.climbs == {}


def test_an_event_that_comes_with_the_deadline_is_in_time() -> None:
    """S2.5: a touch that races the timer wins; a moment later it is late."""
    in_time = Desk(clocked("{due: 2 working hours, stops_on: talk}"))
    in_time.must("talk", MONDAY + 2 * HOUR)
    late = Desk(clocked("{due: 2 working hours, stops_on: talk}"))
    late.must("talk", MONDAY + 2 * HOUR + MINUTE)
    assert (in_time.ends("follow_up"), late.ends("follow_up")) == (["met"], ["breached", "stopped_late"])


# --- ladders and sequences -------------------------------------------------------------------------------------------


def test_a_ladder_is_climbed_rung_by_rung_and_its_last_is_repeated() -> None:
    """S1.2, S2.4: owner, leader, and a named person every working day until it is done; then nobody."""
    desk = Desk(clocked("{due: 2 working hours, stops_on: talk, on_breach: {climb: silence}}"))
    seen: list[str] = []
    while len(desk.told("overdue")) < 5:
        desk.advance(desk.now + HOUR)
        if len(desk.told("overdue")) > len(seen):
            seen.append(f"{desk.told('overdue')[-1]} {desk.now + HOUR:%a %H:%M}")
    assert seen == [
        "ann overdue Mon 12:00",
        "lee overdue Mon 16:00",
        "head overdue Tue 12:00",
        "head overdue Wed 12:00",
        "head overdue Thu 12:00",
    ]
    desk.must("talk")
    assert desk.lead.climbs == {}


@pytest.mark.parametrize("event", ["talk", "accept"])
def test_a_ladder_ends_with_its_clock_or_its_stage(event: str) -> None:
    desk = Desk(clocked("{due: 2 working hours, stops_on: talk, on_breach: {climb: silence}}"))
    desk.advance(MONDAY + 3 * HOUR)
    desk.must(event)
    desk.advance(MONDAY + 9 * DAY)
    assert desk.told("overdue") == ["ann overdue"]


def test_two_clocks_may_climb_the_same_ladder() -> None:
    """S1.2: answering the one does not silence the alarm about the other."""
    two = clocked(
        "{due: 2 working hours, stops_on: talk, on_breach: {climb: silence}}",
        """
clocks: {answer: {due: 3 working hours, stops_on: call, on_breach: {climb: silence}}}
""",
    )
    desk = Desk(two)
    desk.advance(MONDAY + 4 * HOUR)
    desk.must("call")
    assert list(desk.lead.climbs) == ["silence/follow_up"]
    desk.advance(MONDAY + 7 * HOUR)
    assert desk.told("overdue") == ["ann overdue", "ann overdue", "lee overdue"]


def test_a_ladder_may_reassign_and_cause_events() -> None:
    """S2.5: the rung that takes the lead away gives the next seller the clock's full time."""
    rungs = """
ladders:
  silence:
    - {after: 0 minutes, reassign: {}}
    - {after: 1 hour, notify: person:head, with: overdue}
  firm:
    - {after: 0 minutes, fire: accept}
    - {after: 1 hour, notify: person:head, with: overdue}
"""
    desk = Desk(clocked("{due: 2 working hours, on_breach: {climb: silence}}", rungs))
    desk.advance(MONDAY + 2 * HOUR)
    assert (desk.lead.owner, desk.due("follow_up"), desk.lead.climbs) == ("ben", "Mon 14:00", {})
    fired = Desk(clocked("{due: 2 working hours, on_breach: {climb: firm}}", rungs))
    fired.advance(MONDAY + 9 * DAY)
    assert (fired.lead.stage, fired.done[-1].decision.record.by, fired.told("overdue")) == ("rest", "clock", [])


LETTERS = process("""
stages:
  open:
    on_entry: [assign]
    waits_for_ever: true
    events: {nap: {to: resting, then: [{start: letters}]}, nod: {to: dozing}}
  resting: {waits_for_ever: true, kind: waiting, events: {again: {then: [{start: letters}]}, wake: {to: open}}}
  dozing:  {waits_for_ever: true, kind: waiting, on_entry: [{start: letters}], events: {wake: {to: open}}}
sequences:
  letters: [{after: 1 day, send: keep_warm}, {after: 3 days, send: keep_warm}]
""")


@pytest.mark.parametrize("event", ["nap", "nod"])
def test_a_sequence_sends_its_letters_and_ends_with_the_stage_that_it_was_started_for(event: str) -> None:
    """S4.8: started by the event or by the stage; who is taken up again gets none of the rest."""
    desk = Desk(LETTERS)
    desk.must(event)
    desk.advance(MONDAY + 2 * DAY)
    assert desk.packs() == ["keep_warm"]
    desk.must("wake")
    desk.advance(MONDAY + 9 * DAY)
    assert (desk.packs(), desk.lead.climbs) == (["keep_warm"], {})


def test_a_sequence_under_way_is_not_started_again() -> None:
    desk = Desk(LETTERS)
    desk.must("nap")
    desk.must("again", MONDAY + 2 * DAY)
    desk.advance(MONDAY + 9 * DAY)
    assert desk.packs() == ["keep_warm", "keep_warm"]


# --- another seller --------------------------------------------------------------------------------------------------

SILENT = clocked("{due: 1 working day, stops_on: talk, on_breach: {reassign: {except: earlier_owners, at_most: 2}}}")


def test_after_silence_the_lead_goes_to_somebody_who_has_not_had_it_and_in_the_end_to_the_exception_owner() -> None:
    """S2.5, S4.6: with the full time for each; the exception owner has a clock of their own, and it climbs."""
    desk = Desk(SILENT)
    owners = [desk.lead.owner]
    for _ in range(3):
        desk.advance(desk.clock("follow_up").due_at)  # type: ignore[arg-type]
        owners.append(desk.lead.owner)
    assert owners == ["ann", "ben", "cleo", "lee"]
    assert (desk.lead.ownership, desk.lead.hops, desk.lead.earlier_owners) == (
        Ownership.EXCEPTION,
        2,
        ("ann", "ben", "cleo"),
    )
    assert (desk.clock("follow_up").state, desk.due("exception")) == (ClockState.BREACHED, "Fri 15:00")
    desk.advance(desk.clock("exception").due_at)  # type: ignore[arg-type]
    assert (list(desk.lead.climbs), desk.told()[-2:]) == (["silence/exception"], ["cleo taken_away", "lee overdue"])


def test_whoever_gets_it_from_the_exception_owner_has_the_full_time_as_well() -> None:
    """S2.5, B.1: a clock that takes the lead away is meant for each owner, also for one who was named by hand."""
    desk = Desk(SILENT)
    desk.advance(MONDAY + 4 * DAY)
    assert (desk.lead.owner, desk.clock("follow_up").state) == ("lee", ClockState.BREACHED)
    desk.event(EventIn("assign", LEE, to="zoe"))
    assert (desk.lead.owner, desk.due("follow_up")) == ("zoe", "Mon 14:00")  # New York is on summer time already


def test_at_most_that_many_hops_and_then_it_may_stay() -> None:
    desk = Desk(clocked("{due: 1 working day, on_breach: {reassign: {at_most: 1, otherwise: keep}}}"))
    desk.advance(MONDAY + 30 * DAY)
    assert (desk.lead.owner, desk.lead.ownership, desk.lead.hops) == ("ben", Ownership.PERSON, 1)
    assert desk.ends("follow_up") == ["breached", "breached"]


def test_only_the_present_owner_may_be_left_out() -> None:
    desk = Desk(clocked("{due: 1 working day, on_breach: {reassign: {except: owner, at_most: 3}}}"), Office())
    desk.office.away("cleo")
    desk.advance(MONDAY + 2 * DAY)
    assert (desk.lead.owner, desk.lead.hops) == ("ann", 2)


def test_the_decision_of_the_exception_owner_ends_their_clock_and_its_ladder() -> None:
    """S4.6: by hand; whoever gets it then has the full time."""
    office = Office()
    office.away("ann", "ben", "cleo")
    desk = Desk(clocked("{due: 3 working days, on_new_owner: restart}"), office)
    assert (desk.lead.owner, desk.due("exception"), desk.told()) == ("lee", "Tue 10:00", ["lee exception"])
    desk.advance(MONDAY + 26 * HOUR)
    assert list(desk.lead.climbs) == ["silence/exception"]
    desk.event(EventIn("assign", LEE, to="zoe"))
    assert (desk.ends("exception"), list(desk.lead.clocks), desk.lead.climbs) == (
        ["breached", "stopped_late"],
        ["follow_up"],
        {},
    )
    assert desk.due("follow_up") == "Fri 15:00"  # three days from the opening in New York


def test_an_owner_found_by_rules_ends_the_clock_of_the_exception_owner_too() -> None:
    """S4.6: and its ladder: nobody is alarmed about a decision that is no longer open."""
    office = Office()
    office.away("ann", "ben", "cleo")
    desk = Desk(clocked("{due: 30 working days}"), office)
    desk.advance(MONDAY + 2 * DAY)
    office.back("ben")
    desk.must("pass")
    assert (desk.lead.owner, desk.lead.climbs, "exception" in desk.lead.clocks) == ("ben", {}, False)
    assert desk.ends("exception") == ["breached", "stopped_late"]


def test_looking_again_in_vain_gives_the_exception_owner_no_new_time() -> None:
    office = Office()
    office.away("ann", "ben", "cleo")
    desk = Desk(clocked("{due: 30 working days}"), office)
    desk.must("pass", MONDAY + HOUR)
    assert desk.due("exception") == "Tue 10:00"


def test_a_lead_that_nobody_can_take_is_held_and_then_goes_to_the_exception_owner() -> None:
    """S1.7, S4.6: hold, ask once more, decide; never dropped."""
    office = Office()
    office.away("ann", "ben", "cleo")
    desk = Desk(clocked("{due: 30 working days}", assignment=HOLD), office)
    assert (desk.lead.ownership, desk.lead.owner, desk.next()) == (Ownership.HELD, None, "assign Mon 14:00")
    desk.advance(MONDAY + 4 * HOUR)
    assert (desk.lead.ownership, desk.lead.owner, desk.lead.assign_at) == (Ownership.EXCEPTION, "lee", None)


def test_a_lead_that_is_held_goes_to_whoever_is_back_by_then() -> None:
    office = Office()
    office.away("ann", "ben", "cleo")
    desk = Desk(clocked("{due: 30 working days}", assignment=HOLD), office)
    office.back("cleo")
    desk.advance(MONDAY + 4 * HOUR)
    assert (desk.lead.ownership, desk.lead.owner, desk.lead.hops) == (Ownership.PERSON, "cleo", 0)


def test_a_hold_while_looking_for_another_seller_never_gives_it_back_to_the_silent_one() -> None:
    """S2.5: a different seller, also when the search took two attempts; it is a hop like any other."""
    office = Office()
    desk = Desk(clocked("{due: 1 working day, on_breach: {reassign: {}}}", assignment=HOLD), office)
    office.away("ben", "cleo")
    desk.advance(MONDAY + DAY)
    assert (desk.lead.owner, desk.lead.ownership) == ("ann", Ownership.PERSON)
    assert desk.lead.assign_ask is not None and desk.lead.assign_ask.exclude == ("ann",)
    office.back("cleo")
    desk.advance(MONDAY + DAY + 4 * HOUR)
    assert (desk.lead.owner, desk.lead.hops) == ("cleo", 1)
    assert not desk.lead.assign_ask
    alone = Desk(clocked("{due: 1 working day, on_breach: {reassign: {}}}", assignment=HOLD), office)
    office.away("cleo")
    alone.advance(MONDAY + DAY + 4 * HOUR)
    assert (alone.lead.owner, alone.lead.ownership) == ("lee", Ownership.EXCEPTION)


def test_a_queue_has_a_clock_that_ends_when_somebody_claims() -> None:
    """S1.7: on the team's calendar, with a ladder."""
    desk = Desk(clocked("{due: 30 working days}", assignment=QUEUE))
    assert (desk.lead.ownership, desk.due("queue"), desk.told()) == (Ownership.QUEUE, "Mon 14:00", ["sales queued"])
    desk.advance(MONDAY + 5 * HOUR)
    assert list(desk.lead.climbs) == ["silence/queue"]
    assert desk.event(EventIn("claim", BEN)) is None
    assert (desk.lead.owner, desk.ends("queue"), desk.lead.climbs) == ("ben", ["breached", "stopped_late"], {})


def test_a_lead_may_be_held_first_and_wait_in_the_queue_then() -> None:
    desk = Desk(
        clocked("{due: 30 working days}", assignment=QUEUE.replace("{then: queue}", "{hold: 1 hour, then: queue}"))
    )
    assert (desk.lead.ownership, list(desk.lead.clocks)) == (Ownership.HELD, ["follow_up"])
    desk.advance(MONDAY + HOUR)
    assert (desk.lead.ownership, desk.due("queue"), desk.lead.assign_at) == (Ownership.QUEUE, "Mon 15:00", None)


def test_without_a_table_of_assignment_nobody_is_found_and_nothing_runs_in_circles() -> None:
    """S2.5: such a definition is refused when it is checked; a lead that came to it all the same gets on."""
    text = "\nstages: {open: {clocks: {call: {due: 1 hour, on_breach: {reassign: {at_most: 1}}}}}}\n"
    desk = Desk(replace(process(text), assignment=None))
    desk.advance(MONDAY + 150 * MINUTE)
    assert (desk.lead.ownership, desk.lead.owner) == (Ownership.NOBODY, None)
    assert desk.lead.owner_because == "call overdue; no assignment table says who decides"
    assert desk.ends("call") == ["breached"]


# --- a new owner, leave ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("clock", "falls"),
    [
        ("{due: 8 working hours}", "Mon 23:00"),  # the same start, on Cleo's calendar, who begins at three
        ("{due: 8 working hours, on_new_owner: restart}", "Tue 17:00"),  # from five in the afternoon on
        ("{due: 8 working hours, counts_from: assignment}", "Tue 17:00"),
        ("{due: 9 hours}", "Mon 19:00"),  # elapsed time is nobody's
        ("{due: 9 hours, on_new_owner: restart}", "Tue 02:00"),
        ("{due: 12 working hours, runs_on: evening}", "Wed 22:00"),
    ],
)
def test_a_new_owner_has_the_clock_on_their_calendar_or_from_the_start(clock: str, falls: str) -> None:
    """B.6, S2.5: from Ann in Berlin to Cleo in New York, at five in the afternoon in Berlin."""
    desk = Desk(clocked(clock))
    desk.event(EventIn("assign", LEE, to="cleo"), MONDAY + 7 * HOUR)
    assert desk.due("follow_up") == falls


def test_a_new_owner_of_a_missed_clock_has_the_full_time_where_the_author_says_so() -> None:
    """S2.5: an alarm about the last owner is none about the next."""
    for restarts, state in (("restart", ClockState.RUNNING), ("recompute", ClockState.BREACHED)):
        desk = Desk(clocked(f"{{due: 2 working hours, on_new_owner: {restarts}, on_breach: {{climb: silence}}}}"))
        desk.advance(MONDAY + 3 * HOUR)
        desk.event(EventIn("assign", LEE, to="ben"))
        assert (desk.clock("follow_up").state, bool(desk.lead.climbs)) == (state, state is ClockState.BREACHED)


def test_a_new_owner_of_a_clock_on_hold_has_the_full_time_when_it_is_resumed() -> None:
    desk = Desk(clocked("{due: 4 working hours, on_new_owner: restart, pauses_while: lead.on_hold}"))
    hold(desk, 3)
    desk.event(EventIn("assign", LEE, to="ben"))
    assert desk.clock("follow_up").state is ClockState.PAUSED
    resume(desk, 24)
    assert desk.due("follow_up") == "Tue 14:00"


def test_a_clock_since_the_assignment_counts_from_the_latest_one() -> None:
    """S2.5: coming back after weeks to the same owner does not count those weeks."""
    desk = Desk(clocked("{due: 1 working day, counts_from: assignment}"))
    desk.must("accept", MONDAY + HOUR)
    desk.must("again", MONDAY + 21 * DAY)
    assert (desk.lead.owner, desk.due("follow_up")) == ("ann", "Tue 10:00")


def test_leave_that_is_entered_moves_the_deadlines_of_whoever_is_away() -> None:
    """B.6, S2.5: the seller's leave starts while the clock runs; elapsed time and a colleague's leave change
    nothing."""
    both = clocked("{due: 3 working days, warn_at: [50%]}", "clocks: {answer: {due: 3 days}}")
    desk = Desk(both)
    desk.office.away("ann", start=MONDAY + DAY - 10 * HOUR, days=2)
    desk.world_changed("ann is away on Tuesday and Wednesday", MONDAY + HOUR)
    assert (desk.due("follow_up"), desk.due("answer")) == ("Mon 10:00", "Thu 10:00")
    assert desk.done[-1].decision.record.words == "ann is away on Tuesday and Wednesday"
    desk.office.away("ben")
    desk.world_changed("ben is away")
    assert desk.due("follow_up") == "Mon 10:00"
    desk.office.back("ann")
    desk.world_changed("ann is back")
    assert (desk.due("follow_up"), desk.next()) == ("Thu 10:00", "warning follow_up Tue 14:00")


def test_leave_moves_the_clock_of_the_exception_owner_as_well() -> None:
    """S4.6, B.6."""
    office = Office()
    office.away("ann", "ben", "cleo")
    desk = Desk(clocked("{due: 30 working days}"), office)
    office.away("lee", start=MONDAY + HOUR, days=1)
    desk.world_changed("lee is away", MONDAY + HOUR)
    assert desk.due("exception") == "Wed 10:00"


# --- time that is not there ------------------------------------------------------------------------------------------


def test_the_demos_short_time_shortens_everything_alike() -> None:
    """S2.5: a working day in ten seconds or so; a hold at night takes nothing away there either."""
    fast = Office(scale=0.0001)
    desk = Desk(
        clocked("{due: 3 working days, warn_at: [50%], pauses_while: lead.on_hold, on_breach: {climb: silence}}"),
        fast,
        at=MONDAY + 12 * HOUR,
    )
    start = desk.now
    due = desk.clock("follow_up").due_at
    assert due is not None
    whole = (due - start).total_seconds()
    assert 25 < whole < 35
    assert (desk.clock("follow_up").warnings[0] - start).total_seconds() == pytest.approx(whole / 2, abs=0.001)
    third = start + (due - start) / 3
    desk.event(EventIn("hold", OPS, note=True), third)
    desk.event(EventIn("resume", OPS), third + HOUR)
    left = (desk.clock("follow_up").due_at or start) - desk.now
    assert left.total_seconds() == pytest.approx(whole * 2 / 3, abs=0.001)


def test_a_closed_lead_waits_for_nothing() -> None:
    ends = clocked(
        "{due: 1 hour, on_breach: {climb: silence}}",
        """
  shut: {kind: lost, closes: true}
events: {shut: {from: any open, to: shut}}
""",
    )
    desk = Desk(ends)
    desk.advance(MONDAY + 2 * HOUR)
    desk.must("shut")
    assert (desk.lead.clocks, desk.lead.climbs, desk.next()) == ({}, {}, "")


def test_a_date_that_has_passed_does_not_send_a_lead_from_seller_to_seller_without_end() -> None:
    """S2.5: a date gives the next seller no time, so the clock stays missed; nobody can take it, and time goes on."""
    office = Office()
    desk = Desk(clocked("{at: lead.wake_on, on_breach: {reassign: {}}}", assignment=HOLD), office, wake_on="2026-03-03")
    office.away("ben", "cleo")
    desk.advance(MONDAY + 3 * DAY)
    assert desk.ends("follow_up") == ["breached"]
