"""On whose calendar: the owner's, the team's, the decider's, and the default one (B.6).

The desk of `tests.unit.desk`, on Monday the second of March 2026, ten o'clock in Berlin, three hours before New York's nine.
"""

from __future__ import annotations

from engine.happening import EventIn
from engine.settle import stay, task_deadlines
from engine.time.calendars import named_calendar
from tests.unit.desk import HOLD, HOUR, MONDAY, ROSTER, Desk, Office, process
from tests.unit.small_process import process_with
from tests.unit.test_clocks import LEE, clocked

CLEO_ONLY = """
assignment: sales
rules: [{name: one, among: {people: [cleo]}}]
exception: {person: lee, clock: 1 hour, climb: silence}
"""


def test_the_default_calendar_is_the_one_that_is_called_so() -> None:
    """B.6: the default is taken by its name, wherever it stands in the table."""
    offices = """
calendars: offices
default: tokyo
of:
  berlin: {zone: Europe/Berlin, hours: {mon-fri: "09:00-17:00"}}
  tokyo:  {zone: Asia/Tokyo, hours: {mon-fri: "09:00-18:00"}}
"""
    assert named_calendar(process_with(calendars=offices), None).name == "tokyo"
    assert named_calendar(process_with(calendars=offices), "of_tomorrow").name == "tokyo"


def test_a_ladder_is_climbed_on_the_calendar_of_its_clock() -> None:
    """B.6, S2.4: four working hours after a deadline of Cleo's are hers, in New York."""
    desk = Desk(clocked("{due: 1 working hour, on_breach: {climb: silence}}", assignment=CLEO_ONLY))
    assert desk.due("follow_up") == "Mon 16:00"
    desk.advance(MONDAY + 6 * HOUR)
    assert desk.next() == "step silence/follow_up Mon 20:00"


def test_a_date_on_the_owners_calendar_begins_with_their_day() -> None:
    """B.6, S4.8: the lead goes from Berlin to New York; the day it waits for begins later there."""
    desk = Desk(clocked("{at: lead.wake_on}"), wake_on="2026-03-05")
    assert desk.due("follow_up") == "Thu 09:00"
    desk.event(EventIn("assign", LEE, to="cleo"))
    assert desk.due("follow_up") == "Thu 15:00"


def test_a_clock_of_the_team_follows_the_lead_to_another_team() -> None:
    """B.6: given to somebody of a team in New York, it counts there."""
    roster = """
roster: desk
teams:
  sales: {title: Sales, leader: lee, calendar: berlin}
  west:  {title: West, leader: lee, calendar: new_york}
people:
  ann:  {name: Ann, teams: [sales]}
  cleo: {name: Cleo, teams: [west]}
  lee:  {name: Lee, roles: [team_leader]}
  head: {name: Head of sales}
"""
    desk = Desk(clocked("{due: 4 working hours, runs_on: team}"), Office(roster))
    assert desk.due("follow_up") == "Mon 14:00"
    desk.event(EventIn("assign", LEE, to="cleo"))
    assert desk.due("follow_up") == "Mon 19:00"


def test_the_wait_for_somebody_free_is_told_in_the_hours_of_who_decides_then() -> None:
    """S4.6, B.6: four working hours of Lee's, who sits in New York here."""
    office = Office(ROSTER.replace("lee:  {name: Lee,", "lee:  {name: Lee, calendar: new_york,"))
    office.away("ann", "ben", "cleo")
    desk = Desk(clocked("{due: 30 working days}", assignment=HOLD), office)
    assert desk.next() == "assign Mon 19:00"


def test_stays_and_tasks_are_told_on_the_calendar_of_whoever_has_them() -> None:
    """S1.10, S2.2, B.6: Cleo's day begins at three in the afternoon, Berlin time."""
    tasks = process(
        """
stages:
  open: {on_entry: [assign, {task: Call them, due: 1 working hour}], waits_for_ever: true, events: {accept: {to: rest}}}
  rest: {waits_for_ever: true}
""",
        assignment=CLEO_ONLY,
    )
    desk = Desk(tasks)
    world = desk.office.at
    [due] = task_deadlines(tasks, desk.done[0].conclusion, world(MONDAY)).values()
    assert due == MONDAY + 6 * HOUR
    desk.must("accept", MONDAY + 7 * HOUR)
    assert stay(tasks, desk.done[-1].decision, world(desk.now)) == 2 * 3600
