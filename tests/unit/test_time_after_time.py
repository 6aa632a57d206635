"""What shows only after a while: deadlines that come again, holds that end, owners who come and go, dates that move.

The desk of `tests.unit.desk`, on Monday the second of March 2026, ten o'clock in Berlin.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.clocks import due_before
from engine.happening import EventIn, Touch
from engine.lead import ClockState, Ownership
from engine.step import MOST_IN_A_ROW
from tests.unit.desk import DAY, HOLD, HOUR, MARKETING, MINUTE, MONDAY, OPS, Desk, Office, process
from tests.unit.test_clocks import LEE, SILENT, clocked
from tests.unit.test_step import CALLS, SELLS

# --- round in circles ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "stages",
    [
        "{open: {clocks: {now: {due: 0 minutes, on_breach: {fire: round}}}, events: {round: {to: open}}}}",
        "{open: {on_entry: [{fire: round}], waits_for_ever: true, events: {round: {to: open}}}}",
        "{open: {waits_for_ever: true, on_entry: {fire: over}, events: {over: {to: other}}}, "
        "other: {waits_for_ever: true, on_entry: {fire: back}, events: {back: {to: open}}}}",
    ],
)
def test_a_process_that_goes_round_in_circles_is_stopped_and_says_so(stages: str) -> None:
    """C.1: by itself, and without any time passing, a lead comes to so many decisions and no more; nothing hangs."""
    desk = Desk(process(f"\nstages: {stages}\n"))
    desk.advance(MONDAY + HOUR)
    assert MOST_IN_A_ROW < len(desk.done) <= MOST_IN_A_ROW + 3
    assert "the process goes round in circles here" in desk.done[-1].decision.record.words
    before = len(desk.done)
    desk.event(EventIn("note", OPS, note=True))
    assert len(desk.done) == before + 1


def test_what_takes_its_time_is_no_circle() -> None:
    """C.1: a deadline that comes again every hour may come as often as it likes."""
    desk = Desk(
        process("""
stages:
  open: {clocks: {hourly: {due: 1 hour, on_breach: {fire: round}}}, events: {round: {to: open, by: [clock]}}}
""")
    )
    desk.advance(MONDAY + 500 * HOUR)
    assert desk.happened().count("round") == 500


# --- what a process asks for in vain ---------------------------------------------------------------------------------


def test_an_event_that_a_clock_fires_in_vain_is_told() -> None:
    """B.5: nobody sent it, so nobody would hear of the refusal: it is a line of the lead's story, and the clock stays missed."""
    desk = Desk(
        process("""
stages:
  open: {clocks: {call: {due: 1 hour, on_breach: {fire: done}}}, events: {done: {to: rest, by: [clock], when: lead.budget > 3}}}
  rest: {waits_for_ever: true}
""")
    )
    desk.advance(MONDAY + HOUR)
    assert desk.happened() == ["arrived", "overdue:call", "could_not:done"]
    assert desk.done[-1].decision.record.words == (
        "could not done: 'done' is not possible now; it asks for: lead.budget > 3 (budget not known)"
    )
    assert (desk.lead.stage, desk.clock("call").state) == ("open", ClockState.BREACHED)


def test_a_process_that_is_not_published_takes_over_no_lead_and_that_is_told() -> None:
    """S4.3: the lead stays where it is, with its clocks, and its story says why."""
    desk = Desk(clocked("{due: 1 day}", events="pass_on: {then: [{hand_over: elsewhere}]}"))
    desk.must("pass_on")
    assert desk.happened() == ["arrived", "pass_on", "could_not:hand_over"]
    assert desk.done[-1].decision.record.words == "could not hand over: no version of elsewhere is published"
    assert (desk.lead.process, desk.lead.stage, "follow_up" in desk.lead.clocks) == ("desk", "open", True)


# --- holds -----------------------------------------------------------------------------------------------------------


def test_a_hold_that_outlasts_the_clock_still_ends_with_who_decides() -> None:
    """S2.4, S4.6: nobody else is there for a day: the silent owner's clock does not begin the wait again and again."""
    office = Office()
    desk = Desk(clocked("{due: 2 working hours, on_breach: {reassign: {}}}", assignment=HOLD), office)
    office.away("ben", "cleo")
    desk.advance(MONDAY + 3 * HOUR)
    assert (desk.lead.owner, desk.lead.ownership) == ("ann", Ownership.PERSON)
    assert desk.ends("follow_up") == ["breached"]
    desk.advance(MONDAY + DAY)
    assert desk.lead.ownership is Ownership.EXCEPTION


def test_two_clocks_that_look_for_somebody_share_one_wait() -> None:
    """S4.6: a wait that is under way goes on, whoever else asks."""
    office = Office()
    pair = clocked(
        "{due: 1 hour, on_breach: {reassign: {}}}",
        clocks="other: {due: 3 hours, on_breach: {reassign: {}}}",
        assignment=HOLD,
    )
    desk = Desk(pair, office)
    office.away("ben", "cleo")
    desk.advance(MONDAY + HOUR)
    waits = desk.lead.assign_at
    desk.advance(MONDAY + 3 * HOUR)
    assert waits is not None
    assert desk.lead.assign_at == waits


def test_after_a_hold_the_next_seller_has_the_full_time() -> None:
    """S2.5: from when they got it, not from when the one before was late."""
    office = Office()
    desk = Desk(clocked("{due: 1 working day, on_breach: {reassign: {}}}", assignment=HOLD), office)
    office.away("ben", "cleo")
    desk.advance(MONDAY + DAY)
    office.back("ben")
    desk.advance(MONDAY + DAY + 4 * HOUR)
    assert desk.lead.owner == "ben"
    assert desk.clock("follow_up").counts_from == desk.lead.assigned_at


# --- owners ----------------------------------------------------------------------------------------------------------


def test_where_nobody_else_is_there_the_lead_may_stay_where_it_is() -> None:
    """S2.5: `otherwise: keep`, when nobody can take it as when all hops are used up; and nobody is told of nothing."""
    office = Office()
    desk = Desk(clocked("{due: 1 working day, on_breach: {reassign: {otherwise: keep}}}"), office)
    office.away("ben", "cleo")
    told = len(desk.sent)
    desk.advance(MONDAY + 2 * DAY)
    assert (desk.lead.owner, desk.lead.ownership, desk.lead.hops) == ("ann", Ownership.PERSON, 0)
    assert desk.lead.owner_because == "no rule found anybody else; ann keeps it"
    assert len(desk.sent) == told


def test_who_decides_and_takes_the_lead_has_it_like_anybody_else() -> None:
    """S2.5, S4.6: the exception owner keeps it: from now on they have the full time, and it may be taken from them."""
    desk = Desk(SILENT)
    desk.advance(MONDAY + 4 * DAY)
    assert (desk.lead.ownership, desk.lead.owner) == (Ownership.EXCEPTION, "lee")
    assert desk.event(EventIn("assign", OPS, to="lee")) is None
    assert (desk.lead.ownership, "exception" in desk.lead.clocks) == (Ownership.PERSON, False)
    assert desk.clock("follow_up").state is ClockState.RUNNING


def test_who_decides_has_a_clock_however_the_lead_came_to_them() -> None:
    """S4.6: lost while nobody had decided, and open again: it is still for them to decide, within their time."""
    desk = Desk(
        process("""
stages:
  open: {on_entry: [assign], waits_for_ever: true, events: {lose: {to: gone}}}
  again: {waits_for_ever: true}
  gone: {kind: lost, events: {reopen: {to: again}}}
""")
    )
    desk.event(EventIn("assign", OPS, to="nobody"))
    assert desk.lead.ownership is Ownership.EXCEPTION
    desk.event(EventIn("lose", OPS))
    assert "exception" not in desk.lead.clocks
    desk.event(EventIn("reopen", OPS))
    assert (desk.lead.ownership, "exception" in desk.lead.clocks) == (Ownership.EXCEPTION, True)


def test_who_decides_is_told_once() -> None:
    """S4.7: a clock that goes on asking finds the lead where it is, and nobody hears of it a second time."""
    office = Office()
    another = "other: {due: 2 hours, on_breach: {reassign: {}}}"
    desk = Desk(clocked("{due: 1 hour, on_breach: {reassign: {}}}", clocks=another), office)
    office.away("ben", "cleo")
    desk.advance(MONDAY + 5 * HOUR)
    assert desk.told("exception") == ["lee exception"]


def test_who_is_late_is_told_and_not_who_comes_next() -> None:
    """S2.4: `notify: owner` before `reassign` is for whoever was late."""
    desk = Desk(clocked("{due: 1 working day, on_breach: [{notify: owner, with: overdue}, {reassign: {}}]}"))
    desk.advance(MONDAY + DAY)
    assert desk.told("overdue") == ["ann overdue"]
    assert desk.lead.owner == "ben"


@pytest.mark.parametrize("actions", ["[{climb: silence}, {reassign: {}}]", "[{reassign: {}}, {climb: silence}]"])
def test_who_comes_next_is_not_alarmed_for_who_was_late(actions: str) -> None:
    """S2.5: a ladder climbed in the same moment is over when somebody else has the lead."""
    desk = Desk(clocked(f"{{due: 1 working day, on_breach: {actions}}}"))
    desk.advance(MONDAY + DAY)
    assert desk.lead.hops == 1
    assert desk.lead.climbs == {}


def test_every_owner_owes_what_the_author_asks_of_each() -> None:
    """S4.7: `on_new_owner: restart` begins anew for whoever gets the lead, met by the one before, missed or forgotten."""
    seen = Desk(clocked("{due: 4 hours, stops_on: talk, on_new_owner: restart, measures_on: false}"))
    seen.must("talk")
    assert "follow_up" not in seen.lead.clocks
    seen.event(EventIn("assign", OPS, to="ben"), MONDAY + HOUR)
    assert (seen.lead.owner, seen.due("follow_up")) == ("ben", "Mon 15:00")
    seen.advance(MONDAY + 6 * HOUR)
    assert "follow_up" not in seen.lead.clocks
    seen.event(EventIn("assign", OPS, to="cleo"), MONDAY + 7 * HOUR)
    assert seen.due("follow_up") == "Mon 21:00"


def test_in_a_new_cycle_the_last_owner_is_as_welcome_as_any() -> None:
    """S3.5: whoever had it in the cycle before may have it again, and may have it taken away again."""
    desk = Desk(clocked("{due: 30 days}", events="round: {to: open, cycle: next}"))
    desk.event(EventIn("assign", OPS, to="ben"))
    assert desk.lead.earlier_owners == ("ann",)
    desk.must("round")
    assert (desk.lead.cycle, desk.lead.owner) == (2, "ann")
    assert not desk.lead.earlier_owners


# --- alarms ----------------------------------------------------------------------------------------------------------


def test_nobody_is_chased_for_what_is_on_hold() -> None:
    """S2.4: the ladder of a missed clock stands still while the lead is on hold, and goes on from there."""
    desk = Desk(clocked("{due: 1 hour, pauses_while: lead.on_hold, on_breach: {climb: silence}}"))
    desk.advance(MONDAY + 2 * HOUR)
    assert desk.told("overdue") == ["ann overdue"]
    desk.event(EventIn("hold", OPS, note=True))
    desk.advance(MONDAY + 10 * DAY)
    assert desk.told("overdue") == ["ann overdue"]
    desk.event(EventIn("resume", OPS), MONDAY + 10 * DAY)
    desk.advance(MONDAY + 10 * DAY + 3 * HOUR)
    assert desk.told("overdue") == ["ann overdue", "lee overdue"]


def test_leave_moves_the_rungs_of_a_ladder_too() -> None:
    """B.6: four working hours after the breach, and the owner is away for the first day of them."""
    office = Office()
    desk = Desk(clocked("{due: 1 working hour, on_breach: {climb: silence}}"), office)
    desk.advance(MONDAY + HOUR)
    office.away("ann", start=MONDAY + HOUR, days=1)
    desk.world_changed("leave", MONDAY + 90 * MINUTE)
    desk.advance(MONDAY + DAY)
    assert desk.told("overdue") == ["ann overdue"]
    desk.advance(MONDAY + DAY + 5 * HOUR)
    assert desk.told("overdue") == ["ann overdue", "lee overdue"]


# --- dates -----------------------------------------------------------------------------------------------------------

DELIVERED = clocked("{at: lead.deliver_on, stops_on: delivered}", events="delivered: {needs: {fields: [deliver_on]}}")


def test_a_date_that_was_kept_is_no_deadline_any_more() -> None:
    """S1.8: delivered, and the day corrected in that moment or later: nothing comes back; before that, it moves."""
    desk = Desk(DELIVERED)
    desk.set(deliver_on="2026-03-20")
    desk.set(deliver_on="2026-03-25")
    assert desk.due("follow_up") == "Wed 09:00"
    desk.must("delivered", fields={"deliver_on": "2026-03-18"})
    assert "follow_up" not in desk.lead.clocks
    desk.set(deliver_on="2026-03-19")
    assert "follow_up" not in desk.lead.clocks


def test_a_date_that_comes_with_the_event_it_was_for_starts_nothing() -> None:
    """S1.8: told of the delivery and of its day at once."""
    desk = Desk(DELIVERED)
    desk.must("delivered", fields={"deliver_on": "2026-03-18"})
    assert "follow_up" not in desk.lead.clocks


def test_a_day_begins_when_the_office_opens_that_counts_it() -> None:
    """B.6: a working day from the fifteenth ends on the sixteenth in New York too, where midnight in Greenwich is the day before."""
    desk = Desk(clocked("{due: 1 working day, counts_from: lead.wake_on, runs_on: new_york}"))
    desk.set(wake_on="2026-03-10")
    assert desk.due("follow_up") == "Wed 14:00"


def test_a_date_may_be_emptied_by_the_event_that_leaves_the_stage() -> None:
    """S4.8: what waits for the date is over then; while it waits, the date is needed."""
    desk = Desk(clocked("{at: lead.wake_on}"))
    desk.set(wake_on="2026-03-20")
    refusal = desk.owner("talk", fields={"wake_on": None})
    assert refusal is not None
    assert refusal.fields == {"wake_on": "is what 'follow up' waits for: give another date"}
    assert desk.owner("accept", fields={"wake_on": None}) is None


def test_leave_without_an_end_stops_no_clock() -> None:
    """B.6: somebody who does not come back for years has their deadlines as if they were there, or none would fall due."""
    office = Office()
    desk = Desk(clocked("{due: 3 working days}"), office)
    office.away("ann", "ben", "cleo", "lee", days=365 * 5)
    desk.world_changed("leave", MONDAY + HOUR)
    assert desk.due("follow_up") == "Thu 10:00"
    assert desk.event(EventIn("assign", OPS, to="ben")) is None
    assert desk.due("follow_up") == "Thu 10:00"


# --- coming back -----------------------------------------------------------------------------------------------------


def test_a_lead_that_is_open_again_ages_on() -> None:
    """S3.6: while it was lost it did not; from then on its age counts again."""
    desk = Desk(
        process("""
stages:
  open: {on_entry: [score], waits_for_ever: true, events: {lose: {to: gone}}}
  again: {waits_for_ever: true}
  gone: {kind: lost, events: {reopen: {to: again, by: [marketing]}}}
""")
    )
    desk.event(EventIn("lose", OPS), MONDAY + HOUR)
    assert desk.lead.rescore_at is None
    desk.event(EventIn("reopen", MARKETING), MONDAY + DAY)
    assert desk.lead.rescore_at is not None


# --- what ends, and what comes first -----------------------------------------------------------------------------------


def test_a_search_that_had_to_wait_still_leaves_out_everybody_who_has_had_it() -> None:
    """S2.5: not only the silent one but whoever was silent before, too."""
    silent = clocked("{due: 1 working day, on_breach: {reassign: {except: earlier_owners}}}", assignment=HOLD)
    desk = Desk(silent, Office())
    desk.advance(MONDAY + DAY)
    assert (desk.lead.owner, desk.lead.earlier_owners) == ("ben", ("ann",))
    desk.office.away("cleo")
    desk.advance(MONDAY + 2 * DAY)
    assert desk.lead.assign_ask is not None and desk.lead.assign_ask.exclude == ("ann", "ben")
    desk.advance(MONDAY + 2 * DAY + 4 * HOUR)
    assert (desk.lead.owner, desk.lead.ownership) == ("lee", Ownership.EXCEPTION)


def test_a_held_lead_that_is_given_to_somebody_by_hand_is_not_asked_about_again() -> None:
    """S4.6, S3.8: people decide; when the wait is over nobody takes it away from them."""
    office = Office()
    office.away("ann", "ben", "cleo")
    desk = Desk(clocked("{due: 30 working days}", assignment=HOLD), office)
    assert desk.lead.assign_at is not None
    desk.event(EventIn("assign", OPS, to="zoe"), MONDAY + HOUR)
    assert desk.lead.assign_at is None
    office.back("ann", "ben", "cleo")
    desk.advance(MONDAY + DAY)
    assert (desk.lead.owner, "hold_over" in desk.happened()) == ("zoe", False)


def test_nobody_is_warned_twice_because_a_deadline_was_told_anew() -> None:
    """S2.4, B.6: leave is entered after the first warning: it has been given."""
    desk = Desk(clocked("{due: 10 working hours, warn_at: [50%, 80%]}"))
    desk.advance(MONDAY + 6 * HOUR)
    assert desk.told("warning") == ["ann warning"]
    desk.world_changed("ben is away", MONDAY + 6.5 * HOUR)
    assert desk.next() == "warning follow_up Tue 10:00"
    desk.advance(MONDAY + DAY - HOUR)
    assert desk.told("warning") == ["ann warning"]


def test_a_kept_clock_that_restarts_for_a_new_owner_begins_anew_for_them() -> None:
    """S2.5: what was kept for a return was the time of whoever had it then."""
    desk = Desk(clocked("{due: 1 working day, on_reentry: keep, on_new_owner: restart}"))
    desk.must("accept", MONDAY + HOUR)
    desk.event(EventIn("assign", LEE, to="ben"), MONDAY + 2 * HOUR)
    assert desk.lead.kept == {}
    office = desk.office
    office.away("ann", "cleo")
    desk.must("back", MONDAY + DAY)
    assert (desk.lead.owner, desk.due("follow_up")) == ("ben", "Wed 10:00")


def test_a_date_that_moves_starts_no_clock_that_waits_for_an_event() -> None:
    """S4.8: its event has not happened yet."""
    desk = Desk(clocked("{due: 5 days, counts_from: lead.deliver_on, starts_on: talk}"))
    desk.set(deliver_on="2026-03-09")
    assert "follow_up" not in desk.lead.clocks
    desk.must("talk")
    assert "follow_up" in desk.lead.clocks


OUTCOMES = process("""
stages:
  open:
    on_entry: [assign]
    clocks: {kept: {due: 5 working days, on_reentry: keep, stops_on: talk}}
    events: {rest: {to: resting}, win: {to: won}, talk: {}}
  resting: {waits_for_ever: true, events: {win: {to: won}}}
  won: {kind: won, waits_for_ever: true}
events: {ask: {from: any}}
clocks:
  month:  {due: 5 days, measures_on: false, on_breach: {climb: silence}}
  answer: {due: 1 day, starts_on: ask}
""")


def test_nothing_of_the_process_waits_for_a_lead_that_is_won() -> None:
    """S1.2, S1.8: no alarm of the process goes on, none begins, and what was kept for a return is over."""
    desk = Desk(OUTCOMES)
    desk.must("rest", MONDAY + HOUR)
    assert list(desk.lead.kept) == ["open/kept"]
    desk.advance(MONDAY + 5 * DAY)
    assert list(desk.lead.climbs) == ["silence/month"]
    desk.must("win")
    assert (desk.lead.kept, desk.lead.climbs) == ({}, {})
    assert desk.ends("kept") == ["suspended", "left"]
    desk.must("ask")
    assert (desk.lead.clocks, desk.next()) == ({}, "")


def test_a_held_lead_that_is_won_is_given_to_nobody_any_more() -> None:
    """S1.7: the wait for somebody free is over as well."""
    office = Office()
    office.away("ann", "ben", "cleo")
    won = clocked(
        "{due: 30 working days}",
        "  won: {kind: won, waits_for_ever: true}\nevents: {win: {from: any open, to: won}}",
        assignment=HOLD,
    )
    desk = Desk(won, office)
    assert desk.event(EventIn("win", LEE)) is None
    assert (desk.lead.assign_at, desk.next()) == (None, "")


def test_a_deadline_comes_before_what_happens_after_it_and_not_before_what_came_in_time() -> None:
    """S2.5: whichever of the two is seen to first; at the very moment, the event was in time."""
    desk = Desk(clocked("{due: 1 hour}"))
    due = desk.clock("follow_up").due_at
    assert due is not None
    moment = timedelta.resolution
    assert due_before(desk.lead, due + moment) is not None
    assert due_before(desk.lead, due) is None
    assert due_before(desk.lead, due - moment) is None


def test_what_falls_due_at_the_same_moment_comes_in_one_order() -> None:
    """C.1: by kind and name, not by which of them began first."""
    for names in (("a", "b"), ("b", "a")):
        both = process(
            f"\nstages: {{open: {{waits_for_ever: true, clocks: {{{names[0]}: {{due: 1 hour}}, {names[1]}: {{due: 1 hour}}}}}}}}\n"
        )
        assert Desk(both).next() == "clock a Mon 11:00"


def test_the_earlier_owner_is_the_latest_of_them() -> None:
    """S4.7: whoever had it last before."""
    told = clocked("{due: 9 days, on_breach: {notify: earlier_owner, with: overdue}}")
    desk = Desk(told)
    for person in ("ben", "cleo"):
        desk.event(EventIn("assign", LEE, to=person))
    desk.advance(MONDAY + 9 * DAY)
    assert desk.told("overdue") == ["ben overdue"]


def test_every_fired_event_has_a_name_of_its_own() -> None:
    """C.2, section 5: an id that comes twice is one event; two fired by one decision must both happen."""
    fires = process("""
stages:
  open: {waits_for_ever: true, events: {go: {then: [{fire: one}, {fire: two}]}, one: {by: [system]}, two: {by: [system]}}}
""")
    desk = Desk(fires)
    desk.must("go")
    fired = [event.id for done in desk.done for event in done.decision.fire]
    assert len(set(fired)) == len(fired) == 2
    assert all(fired)


def test_a_lead_that_comes_again_is_scored_again() -> None:
    """S0.13, S3.6: another touch is news about it."""
    desk = Desk(process("\nstages: {open: {on_entry: [score, assign], waits_for_ever: true}}\n"), budget=4)
    desk.touch(Touch("web"), MONDAY + 3 * DAY)
    assert desk.done[-1].decision.score


def test_a_hand_over_leaves_the_past_behind() -> None:
    """S1.1, S4.3: in the process it enters everybody may get it, nothing is on hold, stages are visited for the first time."""
    desk = Desk(CALLS, Office(processes=(SELLS,)), others=(SELLS,), budget=4)
    desk.event(EventIn("assign", LEE, to="ben"))
    desk.event(EventIn("hold", OPS, note=True))
    assert desk.lead.earlier_owners == ("ann",)
    desk.must("pass_on")
    lead = desk.lead
    assert (lead.process, lead.owner) == ("sells", "ben")
    assert (lead.earlier_owners, lead.on_hold, lead.visits) == ((), False, {"arriving": 1})


def test_a_clock_that_was_kept_for_a_return_ends_with_the_hand_over() -> None:
    """S1.10, S4.3: or it would stand in the ledger as suspended for ever."""
    calls = process(
        """
stages:
  calling: {clocks: {call: {due: 4 working hours, on_reentry: keep}}, events: {rest: {to: resting}}}
  resting: {waits_for_ever: true, events: {pass_on: {then: [{hand_over: sells}]}, back: {to: calling}}}
""",
        name="calls",
    )
    desk = Desk(calls, Office(processes=(SELLS,)), others=(SELLS,))
    desk.must("rest")
    desk.must("pass_on")
    assert (desk.lead.process, desk.ends("call")) == ("sells", ["suspended", "left"])
