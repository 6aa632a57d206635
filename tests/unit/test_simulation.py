"""Simulations: many leads on one sales floor, by chance from a seed, decided by the core (S1.7, S2.9, B.4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.compiling.bundle import SourceText, parse
from engine.language.simulation import SimulationPlan
from engine.language.tables import RosterFile
from engine.process import Process
from tests.unit.desk import HOUR, MONDAY, process
from tests.unit.test_definitions_shipped import ROSTER, shipped
from trials.simulation.arrivals import coming, period_of
from trials.simulation.chance import Chance
from trials.simulation.fitting import faults_in
from trials.simulation.plot import picture
from trials.simulation.results import Results
from trials.simulation.trial import Setting, try_out
from trials.simulation.values import Seedling, Values

STAGES = """
stages:
  new:
    on_entry: [assign]
    clocks: {{answer: {{due: {due}, stops_on: [win, lose], on_new_owner: restart, on_breach: {breach}}}}}
    events: {{win: {{to: won, by: [owner]}}, lose: {{to: lost, by: [owner], needs: {{reason: why_not}}}}}}
  won:  {{kind: won, closes: true}}
  lost: {{kind: lost, closes: true}}
"""
TELL = "{notify: team_leader, with: overdue}"
PASS_ON = "{reassign: {except: earlier_owners, at_most: 3, otherwise: exception}}"


def desk(due: str = "2 working days", breach: str = TELL) -> Process:
    return process(STAGES.format(due=due, breach=breach))


def people(*names: str) -> RosterFile:
    sellers = "\n".join(f"  {name}: {{name: {name.title()}, teams: [sales]}}" for name in names)
    text = f"roster: desk\nteams:\n  sales: {{title: Sales, leader: lee, calendar: berlin}}\npeople:\n{sellers}\n"
    model = parse(SourceText("roster.yaml", f"{text}  lee: {{name: Lee, roles: [team_leader]}}\n")).model
    assert isinstance(model, RosterFile)
    return model


def plan(text: str = "") -> SimulationPlan:
    whole = f'simulate: desk\nfrom: "2026-03-02"\nuntil: "2026-03-13"\n{text}'
    model = parse(SourceText("plan.yaml", whole)).model
    assert isinstance(model, SimulationPlan)
    return model


def behaviour(after: str, **more: str) -> str:
    said = "".join(f"  {key}: {value}\n" for key, value in {"ignores": "0%", **more}.items())
    return f"behaviour:\n{said}  stages: {{new: {{after: {after}, events: {{win: 1}}}}}}\n"


def at(*hours: float) -> list[Seedling]:
    """Leads that come so many hours after Monday, ten o'clock in Berlin."""
    return [Seedling(f"Lead {hour}", {"country": "DE"}, (), MONDAY + hour * HOUR) for hour in hours]


def tried(one: Process, planned: SimulationPlan, roster: RosterFile, file: list[Seedling] | None = None) -> Results:
    setting = Setting(planned, dict(roster.people), dict(roster.teams), date(2026, 3, 1), file or [])
    return try_out([one], [], setting)[0]


# --- by hand ---------------------------------------------------------------------------------------------------------


def test_a_small_case_comes_out_as_by_hand() -> None:
    """S1.7: three leads at once for one seller, who gets to each after four hours and needs one for it: 14, 15, 16 o'clock."""
    found = tried(desk(), plan(behaviour("4 working hours", each_takes="1 working hour")), people("ann"), at(0, 0, 0))
    ann = found.sellers[0]
    assert (found.leads, found.won, found.lost, found.open) == (3, 3, 0, 0)
    assert (ann.person, ann.given, ann.done, ann.moved, ann.open, ann.peak, ann.events) == ("ann", 3, 3, 0, 0, 3, 3)
    assert (found.first_contact.median_hours, found.first_contact.p90_hours) == (5.0, 6.0)
    assert [(clock.clock, clock.kept, clock.missed) for clock in found.clocks] == [("answer", 3, 0)]
    assert (ann.notices, ann.most_notices_a_day) == (3, 3)
    assert [(line.stage, line.entered, line.now, line.weekly) for line in found.stages] == [
        ("new", 3, 0, (0, 0)),
        ("won", 3, 3, (3, 3)),
        ("lost", 0, 0, (0, 0)),
    ]


def test_a_clock_that_people_are_too_slow_for_is_missed() -> None:
    """S1.7: due on Wednesday at ten, seen to on Thursday at ten, and the team leader has heard of it."""
    found = tried(desk(), plan(behaviour("24 working hours", each_takes="0 minutes")), people("ann"), at(0))
    assert [(clock.kept, clock.missed, clock.missed_percent) for clock in found.clocks] == [(0, 1, 100.0)]
    ann, lee = found.sellers
    assert (ann.missed, ann.done, lee.notices) == (1, 1, 1)


def test_whoever_ignores_a_lead_loses_it_and_the_next_one_has_the_full_time() -> None:
    """S2.5: Ann never looks; the lead goes to Ben when her time is over, and he wins it four hours later."""
    says = behaviour("4 working hours", each_takes="0 minutes", people="{ann: {ignores: 100%}}")
    found = tried(desk(breach=PASS_ON), plan(says), people("ann", "ben"), at(0, 0))
    ann, ben = found.sellers
    assert (ann.given, ann.moved, ann.done, ann.missed) == (1, 1, 0, 1)
    assert (ben.given, ben.done, found.reassigned, found.won) == (2, 2, 1, 2)
    assert found.first_contact.p90_hours == 52.0  # two days and four hours, office hours or not


def test_leads_queue_for_whoever_is_busy_and_keep_their_turn() -> None:
    """S1.7: twenty leads at once for one seller who needs two hours for each: all are seen to, one after another."""
    says = behaviour("1 working hour", each_takes="2 working hours")
    found = tried(desk("20 working days"), plan(f"runs_on: 1\n{says}"), people("ann"), at(*[0] * 20))
    assert (found.won, found.sellers[0].events, found.clocks[0].kept) == (20, 20, 20)
    # One hour, then two more for each before it; the tenth has 19 hours of work before it, and is done on Wednesday at 13.
    assert found.first_contact.median_hours == 51.0


def test_leave_that_nobody_foresaw_moves_what_was_intended() -> None:
    """B.6: Ann falls ill on Tuesday for the rest of the week; what she meant to do then, she does on Monday at nine."""
    ill = 'leave: [{person: ann, from: "2026-03-03", until: "2026-03-06", known_from: "2026-03-03"}]\n'
    says = behaviour("8 working hours", each_takes="0 minutes")
    well, sick = (tried(desk(), plan(says + more), people("ann"), at(0)) for more in ("", ill))
    assert well.first_contact.median_hours == 24.0
    assert sick.first_contact.median_hours == 7 * 24.0 - 1
    assert (sick.won, sick.clocks[0].missed) == (1, 0)  # the deadline has moved with her leave


def test_a_shorter_deadline_takes_more_leads_away() -> None:
    """B.4: the same leads and the same people, with two working days and with one."""
    says = behaviour("{median: 6 working hours, most: 14 working hours}", each_takes="0 minutes")
    planned, roster = plan(f"arrivals: {{leads: 120}}\n{says}"), people("ann", "ben", "cleo")
    setting = Setting(planned, dict(roster.people), dict(roster.teams), date(2026, 3, 1))
    long, short = try_out([desk("2 working days", PASS_ON), desk("1 working day", PASS_ON)], [], setting)
    assert long.leads == short.leads == 120
    assert short.reassigned > 2 * long.reassigned > 0


# --- arrivals --------------------------------------------------------------------------------------------------------


def arrived(text: str, seed: int = 1) -> list[datetime]:
    planned = plan(f"seed: {seed}\n{text}")
    values = Values(desk(), planned.fields, {})
    return [one.at for one in coming(desk(), planned, period_of(planned, date(2026, 3, 1)), values, Chance(seed))]


def test_leads_come_by_a_rate_on_working_days_and_in_waves() -> None:
    """S1.7: ten working days at twelve, within office hours of Berlin; a fair of three days brings fifty more."""
    wave = "waves: [{from: '2026-03-03', until: '2026-03-05', leads: 50}]"
    steady, more = (
        arrived("arrivals: {rate: 12 a working day}\n"),
        arrived(f"arrivals: {{rate: 12 a working day, {wave}}}\n"),
    )
    assert len(steady) == 120 and all(moment.weekday() < 5 and 8 <= moment.hour < 16 for moment in steady)
    assert len(more) == 170 and sum(3 <= moment.day <= 5 for moment in more) >= 50
    assert steady == sorted(steady)


def test_days_and_hours_are_as_busy_as_the_plan_says() -> None:
    """S1.7: Mondays three times as busy as Tuesdays, nothing on other days, and most of it in the morning."""
    hours = "hours: {'09:00-12:00': 3, '12:00-18:00': 1}"
    found = arrived(f"arrivals: {{leads: 800, weekdays: {{mon: 3, tue: 1}}, {hours}}}\n")
    mondays = sum(moment.weekday() == 0 for moment in found)
    mornings = sum(moment.hour < 11 for moment in found)  # in Greenwich
    assert len(found) == 800 and {moment.weekday() for moment in found} == {0, 1}
    assert 540 < mondays < 660 and 540 < mornings < 660


# --- what always holds -----------------------------------------------------------------------------------------------

PLANS = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 10_000),
        "ignores": st.sampled_from(["0%", "20%", "100%"]),
        "takes": st.sampled_from(["0 minutes", "10 working minutes", "3 working hours"]),
        "leads": st.integers(1, 25),
    }
)


def quarter(name: str, drawn: dict[str, Any]) -> Results:
    others = [one for one in shipped().values() if one.name != name]
    model = parse(SourceText("roster.yaml", ROSTER)).model
    assert isinstance(model, RosterFile)
    text = f"simulate: {name}\nseed: {drawn['seed']}\nfrom: '2027-01-04'\nuntil: '2027-02-12'\narrivals: {{leads: {drawn['leads']}}}\n"
    text += f"behaviour: {{ignores: {drawn['ignores']}, each_takes: {drawn['takes']}}}\n"
    planned = parse(SourceText("plan.yaml", text)).model
    assert isinstance(planned, SimulationPlan)
    setting = Setting(planned, dict(model.people), dict(model.teams), date(2027, 1, 1))
    return try_out([shipped()[name]], others, setting)[0]


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sorted(shipped())), PLANS)
def test_no_lead_is_lost_and_none_counts_twice(name: str, drawn: dict[str, Any]) -> None:
    """S1.8: every lead stands in exactly one stage, at the end of every week; what somebody was given is open, done or moved."""
    found = quarter(name, drawn)
    assert found.leads == drawn["leads"]
    assert sum(line.now for line in found.stages) == found.won + found.lost + found.open + found.waiting == found.leads
    weeks = [sum(line.weekly[week] for line in found.stages) for week in range(len(found.weeks))]
    assert weeks == sorted(weeks) and weeks[-1] == found.leads
    for seller in found.sellers:
        assert seller.given == seller.done + seller.moved + seller.open
        assert 0 <= seller.open <= seller.peak <= seller.given
    held_by_somebody = sum(seller.open for seller in found.sellers)
    assert held_by_somebody <= found.open + found.waiting
    assert found.first_contact.count + found.first_contact.still == found.leads


@settings(max_examples=5, deadline=None)
@given(st.sampled_from(sorted(shipped())), PLANS)
def test_the_same_seed_gives_the_same_result(name: str, drawn: dict[str, Any]) -> None:
    """B.4: a figure that somebody shows can be made again."""
    assert quarter(name, drawn) == quarter(name, drawn)


def test_another_seed_gives_another_result() -> None:
    """B.4: what depends on chance alone shows by trying another seed."""
    drawn = {"seed": 1, "ignores": "20%", "takes": "10 working minutes", "leads": 25}
    one, other = quarter("inbound_b2b", drawn), quarter("inbound_b2b", {**drawn, "seed": 2})
    assert one != replace(other, seed=1)


def test_every_shipped_process_can_be_tried_without_a_plan() -> None:
    """S1.7: people do something in every process, and what they are said to do there is not refused."""
    for name in shipped():
        found = quarter(name, {"seed": 3, "ignores": "0%", "takes": "0 minutes", "leads": 40})
        assert found.won + found.lost + found.waiting > 0, name
        assert sum(found.refused.values()) == 0, (name, found.refused)


# --- what is said ----------------------------------------------------------------------------------------------------


def test_a_plan_that_does_not_fit_is_told_with_its_place() -> None:
    """B.1: names of the plan are looked up in the process and the roster before anything runs."""
    wrong = plan(
        "fields: {size: {value: huge}, colour: {value: red}, wake_on: {value: soon}}\n"
        "behaviour:\n  stages: {news: {nothing: 5%}, new: {events: {winn: 1}}}\n  people: {zed: {pace: 50%}}\n"
        "  values: {country: {days_ahead: [1, 2]}}\n"
        'leave: [{person: zed, from: "2026-03-03", until: "2026-03-04"}]\n'
    )
    roster = people("ann")
    found = [
        (".".join(map(str, path)), code) for path, code, *_ in faults_in(wrong, desk(), roster.people, roster.teams)
    ]
    assert found == [
        ("fields.size", "BAD_VALUE"),
        ("fields.colour", "UNKNOWN_FIELD"),
        ("fields.wake_on", "BAD_VALUE"),
        ("behaviour.values.country.days_ahead", "WRONG_FIELD_TYPE"),
        ("behaviour.stages.news", "UNKNOWN_STAGE"),
        ("behaviour.stages.new.events.winn", "UNKNOWN_EVENT"),
        ("behaviour.people.zed", "NOT_IN_ROSTER"),
        ("leave.0.person", "NOT_IN_ROSTER"),
    ]


def test_what_is_assumed_is_said() -> None:
    """B.4: with everything left out it says what it takes for granted, and does not say what the plan says."""
    bare = tried(desk(), plan("arrivals: {leads: 3}\n"), people("ann"))
    told = tried(
        desk(), plan(f"arrivals: {{leads: 3}}\n{behaviour('4 working hours', each_takes='0 minutes')}"), people("ann")
    )
    assert any("never touch 5%" in sentence for sentence in bare.assumed)
    assert any("10 minutes of somebody's working time" in sentence for sentence in bare.assumed)
    assert not any("never touch" in sentence or "10 minutes" in sentence for sentence in told.assumed)
    assert any("empty at the beginning" in sentence for sentence in told.assumed)


def test_the_picture_is_whole_and_names_what_it_shows() -> None:
    """S1.7: an SVG that stands alone, for one definition and for two."""
    found = quarter("inbound_b2b", {"seed": 1, "ignores": "20%", "takes": "10 working minutes", "leads": 25})
    for columns in ([found], [found, found]):
        root = ElementTree.fromstring(picture(columns))
        words = [part.text or "" for part in root.iter() if part.tag.endswith("text")]
        assert words.count("Who has how much") == len(columns)
        assert any(word.startswith("Marketing Qualified: ") for word in words)


def test_time_does_not_go_back() -> None:
    """Section 4: the period is what the plan says, weeks of looking on included."""
    period = period_of(plan("runs_on: 2\n"), date(2026, 1, 1))
    assert (period.start, period.end) == (datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 28, tzinfo=UTC))
    usual = period_of(SimulationPlan(simulate="desk"), date(2026, 3, 4))
    assert (usual.first, usual.last - usual.first) == (date(2026, 3, 9), timedelta(days=90))
