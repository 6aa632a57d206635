"""B.3: a lead in flight goes on in another version of its process, with what is left of its deadlines, and comes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from engine.altered import altered
from engine.conclude import conclude
from engine.decision import ClockEnd, Conclusion, Decision, Refusal, RefusalCode
from engine.happening import Moved
from engine.lead import ClockState, Lead
from engine.moving import way_back
from engine.plan import GoesOn, Plan, WayBack, unchanged
from engine.process import Process
from engine.settle import settle
from engine.step import step
from tests.unit.desk import DAY, HOUR, OPS, Desk, process, said

ONE = """
stages:
  first:
    title: First
    on_entry: [score, assign, {notify: owner, with: new_lead}]
    clocks:
      answer:    {due: 3 working days, stops_on: call, warn_at: [50%], on_breach: {climb: silence}}
      follow_up: {due: 24 hours, stops_on: call}
    events:
      call: {by: [owner]}
      next: {to: second, by: [owner]}
      wait: {to: waiting, by: [owner]}
  second:
    title: Second
    clocks: {decide: {due: 5 working days, on_reentry: keep, pauses_while: lead.on_hold}}
    events: {won: {to: won}, back: {to: first}}
  waiting:
    kind: waiting
    clocks: {wake: {at: lead.wake_on, on_breach: {fire: back}}}
    events: {back: {to: first, by: [clock, owner]}}
  won: {status: Converted, kind: won, closes: true}
"""

LONGER = """
calendars: offices
default: berlin
of:
  berlin:   {zone: Europe/Berlin, hours: {mon-fri: "08:00-18:00"}}
  new_york: {zone: America/New_York, hours: {mon-fri: "09:00-17:00"}}
  evening:  {zone: Europe/Berlin, hours: {mon-fri: "18:00-22:00"}}
"""


def version(text: str, number: int = 2, **tables: str) -> Process:
    one = process(text, **tables)
    return replace(one, version=number, digest=f"v{number}-{one.digest}")


V1 = version(ONE, 1)


def move(
    desk: Desk, target: Process, plan: Plan | None = None, *, back: WayBack | None = None, origin: Process = V1
) -> tuple[Decision, Conclusion] | Refusal:
    """The lead of a desk as the plan makes it, now; the desk itself stays as it is."""
    moved = Moved(plan or unchanged(origin, target), OPS, "agreed with sales", back)
    decided = step(origin, desk.lead, moved, desk.now, target)
    if isinstance(decided, Refusal):
        return decided
    settled = settle(target, decided, desk.office.world(target, decided), origin)
    return decided, conclude(target, decided, settled)


def after(desk: Desk, target: Process, plan: Plan | None = None, origin: Process = V1) -> Lead:
    moved = move(desk, target, plan, origin=origin)
    assert not isinstance(moved, Refusal), moved.message
    return moved[1].lead


def plan_to(target: Process, origin: Process = V1, **more: object) -> Plan:
    return Plan("desk", origin.digest, target.digest, **more)  # type: ignore[arg-type]


def due(lead: Lead, clock: str) -> str:
    at = lead.clocks[clock].due_at
    assert at is not None
    return said(at)


def desk(at: datetime | None = None, **fields: object) -> Desk:
    lead = Desk(V1, None, **fields)  # type: ignore[arg-type]
    if at is not None:
        lead.advance(at)
    return lead


# --- nothing changes that need not ------------------------------------------------------------------------------------


def test_what_both_versions_have_alike_stays_to_the_second() -> None:
    """B.3: of a version that changes something else, a lead keeps stage, stay, owner, score and every clock."""
    one = desk()
    one.advance(one.now + 26 * HOUR)
    lead = after(one, version(ONE.replace("title: Second", "title: The second")))
    assert lead.digest.startswith("v2-")
    assert lead.version == 2
    for name in ("stage", "entered_at", "visits", "owner", "ownership", "score", "clocks", "kept", "climbs", "fields"):
        assert getattr(lead, name) == getattr(one.lead, name), name


def test_nothing_is_done_again_on_entry() -> None:
    """B.3: no second notice, pack or search for an owner, however the stage's entry reads."""
    moved = move(desk(), version(ONE))
    assert not isinstance(moved, Refusal)
    decision, conclusion = moved
    assert (conclusion.outward, conclusion.fire, decision.owner, decision.score) == ((), (), None, False)
    assert decision.record.happening == "moved"
    assert decision.record.by == "ops"
    assert "from v1 to v2" in decision.record.words
    assert "agreed with sales" in decision.record.words


# --- clocks -----------------------------------------------------------------------------------------------------------


def test_a_clock_keeps_the_working_time_that_it_has_left() -> None:
    """B.3: of three working days one has passed; in a version that gives two, two are left all the same."""
    one = desk()
    one.advance(one.now + DAY)
    lead = after(one, version(ONE.replace("3 working days", "2 working days")))
    assert due(lead, "answer") == one.due("answer") == "Thu 10:00"
    assert lead.clocks["answer"].state is ClockState.RUNNING
    assert lead.clocks["answer"].warnings == one.clock("answer").warnings


def test_a_clock_may_be_counted_anew_from_its_own_start() -> None:
    """B.3: an author who changes three working days to two, and means the leads in flight too, writes recount."""
    one = desk()
    one.advance(one.now + DAY)
    target = version(ONE.replace("3 working days", "2 working days"))
    lead = after(one, target, plan_to(target, clocks={"first/answer": GoesOn("answer", recount=True)}))
    assert due(lead, "answer") == "Wed 10:00"
    assert lead.clocks["answer"].counts_from == one.clock("answer").counts_from


def test_what_is_counted_anew_may_be_due_at_once() -> None:
    """B.3: after two days and a half of three, two are over."""
    one = desk()
    one.advance(one.now + 2 * DAY + HOUR)
    target = version(ONE.replace("3 working days", "2 working days"))
    lead = after(one, target, plan_to(target, clocks={"first/answer": GoesOn("answer", recount=True)}))
    assert due(lead, "answer") == "Wed 10:00"
    assert lead.clocks["answer"].due_at is not None
    assert lead.clocks["answer"].due_at < one.now


def test_time_left_goes_on_counting_on_other_hours() -> None:
    """B.3, B.6: twelve working hours that are left are twelve on the calendar of the new version, too."""
    one = desk()
    one.advance(one.now + DAY + 4 * HOUR)
    offices = """
calendars: offices
default: berlin
of:
  berlin:   {zone: Europe/Berlin, hours: {mon-fri: "09:00-13:00"}}
  new_york: {zone: America/New_York, hours: {mon-fri: "09:00-17:00"}}
  evening:  {zone: Europe/Berlin, hours: {mon-fri: "18:00-22:00"}}
"""
    lead = after(one, version(ONE, calendars=offices))
    assert one.due("answer") == "Thu 10:00"
    assert due(lead, "answer") == "Fri 13:00"


def test_hours_of_another_kind_leave_the_moment_as_it_is() -> None:
    """B.3: from 24 hours to 24 working hours, what was due tomorrow stays due tomorrow."""
    one = desk()
    lead = after(one, version(ONE.replace("due: 24 hours", "due: 24 working hours")))
    assert lead.clocks["follow_up"].due_at == one.clock("follow_up").due_at
    assert lead.clocks["follow_up"].left_seconds == 8 * 3600


def test_a_clock_goes_on_under_another_name() -> None:
    """B.3: renamed, it is the same clock: same start, same deadline, and the ledger says so."""
    one = desk()
    target = version(ONE.replace("answer:", "reply:"))
    moved = move(one, target, plan_to(target, clocks={"first/answer": GoesOn("reply")}))
    assert not isinstance(moved, Refusal)
    lead = moved[1].lead
    assert lead.clocks["reply"] == replace(one.clock("answer"), name="reply")
    assert [(entry.clock.name, entry.end) for entry in moved[1].clocks] == [("answer", ClockEnd.MOVED)]


def test_a_clock_without_a_map_is_closed_and_a_new_one_starts() -> None:
    """B.3: what the new version lacks is closed with an honest end; what the old one lacked starts now, in full."""
    one = desk()
    one.advance(one.now + DAY)
    target = version(ONE.replace("answer:", "reply:"))
    moved = move(one, target)
    assert not isinstance(moved, Refusal)
    lead = moved[1].lead
    assert "answer" not in lead.clocks
    assert due(lead, "reply") == "Fri 10:00"
    assert [(entry.clock.name, entry.end) for entry in moved[1].clocks] == [("answer", ClockEnd.DROPPED)]


def test_a_clock_that_was_met_is_not_asked_for_again() -> None:
    """B.3: whoever has called has answered, in the new version too."""
    one = desk()
    one.must("call")
    assert not one.lead.clocks
    lead = after(one, version(ONE.replace("3 working days", "2 working days")))
    assert not lead.clocks


def test_a_missed_clock_stays_missed_and_its_ladder_goes_on_at_the_same_rung() -> None:
    """B.3: whoever was told is not told again, and whoever comes next still is."""
    one = desk()
    one.advance(one.now + 3 * DAY + HOUR)
    assert one.clock("answer").state is ClockState.BREACHED
    target = version(ONE.replace("answer:", "reply:"))
    lead = after(one, target, plan_to(target, clocks={"first/answer": GoesOn("reply")}))
    assert lead.clocks["reply"].breached_at == one.clock("answer").breached_at
    climb = lead.climbs["silence/reply"]
    assert (climb.step, climb.due_at) == (1, one.lead.climbs["silence/answer"].due_at)


def test_a_missed_clock_whose_ladder_is_gone_climbs_the_new_one() -> None:
    """B.1, B.3: nobody's lead goes silent because its ladder has another name now."""
    ladders = """
ladders:
  alarm: [{after: 0 minutes, notify: "person:head", with: overdue}]
  silence: [{after: 1 day, notify: "person:head", with: overdue}]
"""
    one = desk()
    one.advance(one.now + 3 * DAY + HOUR)
    without = ladders[: ladders.index("  silence")]
    exception = """
assignment: sales
rules: [{name: everybody, among: {team: sales}}]
when_nobody: {then: exception}
exception: {person: lee, clock: 8 working hours, climb: alarm}
"""
    target = version(ONE.replace("climb: silence", "climb: alarm") + without, assignment=exception)
    lead = after(one, target)
    assert list(lead.climbs) == ["alarm/answer"]
    assert lead.climbs["alarm/answer"].due_at == one.now


def test_a_paused_clock_stays_paused_with_what_is_left() -> None:
    """B.3: on hold in both versions, it has the time that it had when it was put on hold."""
    one = desk()
    one.must("next")
    one.advance(one.now + DAY)
    one.must("hold", note=True)
    lead = after(one, version(ONE.replace("5 working days", "4 working days")))
    clock = lead.clocks["decide"]
    assert (clock.state, clock.left_seconds) == (ClockState.PAUSED, 4 * 8 * 3600)
    resumed = after(one, version(ONE.replace(", pauses_while: lead.on_hold", "")))
    assert resumed.clocks["decide"].state is ClockState.RUNNING
    assert due(resumed, "decide") == "Mon 10:00"


def test_a_clock_that_waits_for_a_return_waits_on() -> None:
    """B.3: it goes along under the new name of its stage, and is taken up there."""
    one = desk()
    one.must("next")
    one.must("back")
    assert list(one.lead.kept) == ["second/decide"]
    target = version(ONE.replace("second", "talks").replace("5 working days", "4 working days"))
    lead = after(one, target, plan_to(target, stages={"second": "talks"}))
    assert list(lead.kept) == ["talks/decide"]
    assert lead.kept["talks/decide"].due_at == one.lead.kept["second/decide"].due_at


# --- stages and fields ------------------------------------------------------------------------------------------------


def test_a_stage_that_is_gone_has_to_be_mapped() -> None:
    """B.3: a lead that stands where the new version has nothing is blocked, and says why."""
    target = version(ONE.replace("first", "new"))
    blocked = move(desk(), target)
    assert isinstance(blocked, Refusal)
    assert blocked.code is RefusalCode.NOT_HERE
    assert "stage first is not in v2" in blocked.message
    lead = after(desk(), target, plan_to(target, stages={"first": "new"}))
    assert (lead.stage, lead.visits) == ("new", {"first": 1, "new": 1})
    assert due(lead, "answer") == "Thu 10:00"


SIZED = "stages:\n  first:"
REQUIRED = {"size: {type: choice, of: [small, large]}": "size: {type: choice, of: [small, large], required: true}"}


def test_a_default_fills_what_is_not_known_and_leaves_what_is() -> None:
    """B.3: field defaults, computed on the lead as it is."""
    target = version(ONE)
    plan = plan_to(target, fields={"size": "= lead.seats > 10 ? 'large' : 'small'"})
    assert after(desk(seats=50), target, plan).fields["size"] == "large"
    assert after(desk(seats=50, size="small"), target, plan).fields["size"] == "small"


def test_a_default_that_does_not_fit_blocks() -> None:
    """B.3: what a field does not accept is no value of it."""
    target = version(ONE)
    blocked = move(desk(country="DE"), target, plan_to(target, fields={"size": "= lead.country"}))
    assert isinstance(blocked, Refusal)
    assert blocked.fields == {"size": "must be one of small, large"}


def test_a_field_that_the_new_version_requires_blocks_where_nobody_knows_it() -> None:
    """B.3: unless the plan has a default for it."""
    size = V1.fields["size"].model_copy(update={"required": True})
    target = replace(version(ONE), fields={**V1.fields, "size": size})
    blocked = move(desk(), target)
    assert isinstance(blocked, Refusal)
    assert blocked.message == "size is required in v2 and not known"
    assert after(desk(), target, plan_to(target, fields={"size": "small"})).fields["size"] == "small"


@pytest.mark.parametrize(("country", "moves"), [("DE", True), ("FR", False), (None, False)])
def test_only_leads_that_the_plan_selects_move(country: str | None, moves: bool) -> None:
    """B.3: by an explicit condition; a lead of which it cannot be told stays."""
    target = version(ONE)
    moved = move(desk(country=country), target, plan_to(target, select="lead.country in ['DE', 'AT']"))
    assert isinstance(moved, Refusal) is not moves


def test_a_closed_lead_and_one_of_another_version_stay() -> None:
    """B.3: nothing is moved that the plan is not for."""
    one = desk()
    one.must("next")
    one.must("won")
    closed = move(one, version(ONE))
    assert isinstance(closed, Refusal)
    assert closed.code is RefusalCode.CLOSED
    other = move(desk(), version(ONE), plan_to(version(ONE), version(ONE, 7)))
    assert isinstance(other, Refusal)
    assert other.code is RefusalCode.CONFLICT


# --- the way back -----------------------------------------------------------------------------------------------------


def back(one: Desk, target: Process, plan: Plan, wait: timedelta = timedelta()) -> Lead:
    """There and back again, with some time in between in which nothing falls due."""
    moved = move(one, target, plan)
    assert not isinstance(moved, Refusal), moved.message
    reverse, undo = way_back(one.lead, moved[0], V1, target, plan)
    there = desk()
    there.lead, there.now, there.office = moved[1].lead, one.now + wait, one.office
    returned = move(there, V1, reverse, back=undo, origin=target)
    assert not isinstance(returned, Refusal), returned.message
    return returned[1].lead


def test_the_way_back_undoes_stage_fields_and_clocks() -> None:
    """B.3: closed clocks go on with what was left of them, new ones are gone, filled fields are unknown again."""
    one = desk()
    one.advance(one.now + DAY)
    target = version(ONE.replace("first", "new").replace("answer:", "reply:"))
    plan = plan_to(target, stages={"first": "new"}, fields={"size": "small"})
    lead = back(one, target, plan, wait=6 * HOUR)
    assert lead.stage == "first"
    assert lead.fields.get("size") is None
    assert sorted(lead.clocks) == sorted(one.lead.clocks)
    assert lead.visits["first"] == 2
    # Six hours of the day were spent elsewhere: they are no part of the time that was left.
    assert due(lead, "answer") == "Thu 16:00"
    assert lead.clocks["follow_up"].due_at == one.clock("follow_up").due_at


def test_the_way_back_does_not_ask_again_for_what_was_met() -> None:
    """B.3: a clock that was stopped before the move does not run after the way back."""
    one = desk()
    one.must("call")
    target = version(ONE.replace("answer:", "reply:"))
    lead = back(one, target, plan_to(target))
    assert not lead.clocks


def test_what_was_counted_anew_has_its_old_deadline_again() -> None:
    """B.3: from its own start, by the old rule."""
    one = desk()
    one.advance(one.now + DAY)
    target = version(ONE.replace("3 working days", "2 working days"))
    lead = back(one, target, plan_to(target, clocks={"first/answer": GoesOn("answer", recount=True)}), wait=HOUR)
    assert lead.clocks["answer"] == one.clock("answer")


@pytest.mark.parametrize("moment", ["Wed 17:00", "Thu 09:00"])
def test_of_an_evening_and_the_next_morning_the_way_back_takes_the_one_that_was(moment: str) -> None:
    """B.3: they leave the same working time, and yet a manager who takes a change back finds the deadline that was, with its
    warning, though time has passed and other hours were kept meanwhile."""
    one = desk()
    at = {"Wed 17:00": one.now + 2 * DAY + 7 * HOUR, "Thu 09:00": one.now + 3 * DAY - HOUR}[moment]
    was = replace(one.clock("answer"), due_at=at)
    one.lead = altered(one.lead, clocks={**one.lead.clocks, "answer": was})
    assert due(one.lead, "answer") == moment
    for target in (version(ONE, calendars=LONGER), version(ONE.replace("3 working days", "4 working days"))):
        for wait in (timedelta(), HOUR):
            clock = back(one, target, plan_to(target), wait).clocks["answer"]
            assert (clock.due_at, clock.warnings) == (was.due_at, was.warnings)


def test_who_is_to_be_told_next_is_told_when_it_was_set() -> None:
    """B.3: a ladder that goes on in other hours has its old time again after the way back, whosever hours that was set by."""
    one = desk()
    one.advance(one.now + 3 * DAY + HOUR)
    climb = replace(one.lead.climbs["silence/answer"], due_at=one.now + 5 * HOUR)
    one.lead = altered(one.lead, climbs={climb.key: climb})
    target = version(ONE, calendars=LONGER)
    there = after(one, target)
    assert there.climbs[climb.key].due_at != climb.due_at
    assert back(one, target, plan_to(target), HOUR).climbs == one.lead.climbs
