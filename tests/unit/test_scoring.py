"""The score: S3.6 to the letter, unknown that is not zero, points that change with time, and words for all of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.decision import Scored
from engine.errors import LeadflowError
from engine.lead import Lead, Value
from engine.process import Process
from engine.scoring import revised, score
from tests.unit.small_process import lead_of, process_with

ARRIVED = datetime(2026, 11, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
MOMENT = timedelta(microseconds=1)

BANT = """
score: bant
parts:
  completeness: {share_of: [company, email, phone, country, product_line, employees], bands: {5: 100%, 4: 80%, 3: 60%, 2: 40%, 1: 0%}}
  aging:        {since: lead.arrived_at, bands: {5: 2 days, 4: 7 days, 3: 14 days, 2: 30 days, 1: later}}
  budget:       {points: lead.budget, unknown: 0}
  authority:    {when: lead.authority, points: 1}
  need:         {when: lead.need, points: 1}
  timeframe:    {by: lead.timeframe, points: {under_3_months: 4, 3_to_6_months: 3, 6_to_12_months: 2, over_1_year: 1}, unknown: 0}
priority: {high: 15, medium: 9, low: 0}
"""
bant = process_with(score=BANT)

FULL: dict[str, Value] = {
    "company": "Cobalt",
    "country": "DE",
    "product_line": "pumps",
    "employees": 1200,
    "budget": 5,
    "authority": True,
    "need": True,
    "timeframe": "under_3_months",
}


def table(parts: str, more: str = "") -> Process:
    return process_with(score=f"score: other\nparts: {{{parts}}}\npriority: {{high: 10, low: 0}}\n{more}")


def scored(
    process: Process, fields: dict[str, Value], after: timedelta = timedelta(), known: tuple[str, ...] = ()
) -> Scored:
    return score(process, lead_of(process, fields, ARRIVED, known=known), ARRIVED + after)


def test_a_complete_fresh_lead_with_all_of_bant_has_the_most() -> None:
    """S3.6: 5 for completeness, 5 for age, budget 5, authority 1, need 1, time frame 4."""
    answer = scored(bant, FULL, known=("email", "phone"))
    assert answer.score.parts == {
        "completeness": 5,
        "aging": 5,
        "budget": 5,
        "authority": 1,
        "need": 1,
        "timeframe": 4,
    }
    assert (answer.score.total, answer.score.priority, answer.score.grade) == (21, "high", "")
    assert answer.score.table == "bant"


@pytest.mark.parametrize(
    ("known", "points"), [(6, 5), (5, 4), (4, 3), (3, 2), (2, 1), (0, 1)], ids=lambda value: str(value)
)
def test_completeness_gives_five_to_one(known: int, points: int) -> None:
    """S3.6: the share of fields known, personal ones counted by name only (B.7)."""
    names = ["email", "phone", "company", "country", "product_line", "employees"][:known]
    personal = tuple(name for name in names if name in ("email", "phone"))
    answer = scored(bant, {name: FULL[name] for name in names if name in FULL}, known=personal)
    assert answer.score.parts["completeness"] == points


def test_completeness_names_what_is_missing_and_no_values() -> None:
    """B.5, B.7: four of six is 66 per cent, and the words give names, not values."""
    answer = scored(bant, {"company": "Cobalt", "country": "DE", "product_line": "pumps"}, known=("email",))
    assert answer.why["completeness"] == "3: 66% of 6 fields known (missing phone, employees)"
    assert "Cobalt" not in str(answer.why)


@pytest.mark.parametrize(
    ("age", "points"),
    [(0, 5), (2, 5), (2.01, 4), (7, 4), (7.01, 3), (14, 3), (14.01, 2), (30, 2), (30.01, 1), (400, 1)],
)
def test_aging_gives_five_to_one_within_thirty_days(age: float, points: int) -> None:
    """S3.6: a band holds up to its age; after 30 days one point is left."""
    assert scored(bant, {}, timedelta(days=age)).score.parts["aging"] == points


def test_aging_says_when_time_alone_changes_the_score() -> None:
    """S3.6: scoring again whenever the answer asks for it walks through all bands, and then stops asking."""
    lead, now, seen = lead_of(bant, FULL, ARRIVED), ARRIVED, []
    while True:
        answer = score(bant, lead, now)
        seen.append(answer.score.parts["aging"])
        if answer.rescore_at is None:
            break
        before = score(bant, lead, answer.rescore_at - MOMENT)
        assert before.score.parts["aging"] == seen[-1], "it must not be asked for later than it changes"
        assert answer.rescore_at > now
        now = answer.rescore_at
    assert seen == [5, 4, 3, 2, 1]
    assert now - ARRIVED == 30 * DAY + MOMENT


def test_the_demo_shortens_the_bands() -> None:
    """With a scale of 1/1000 a lead of two minutes is as old as one of a day and a half."""
    lead = lead_of(bant, {}, ARRIVED)
    assert score(bant, lead, ARRIVED + timedelta(minutes=2), 0.001).score.parts["aging"] == 5
    assert score(bant, lead, ARRIVED + timedelta(minutes=3), 0.001).score.parts["aging"] == 4
    assert score(bant, lead, ARRIVED, 0.001).rescore_at == ARRIVED + 2 * DAY / 1000 + MOMENT


def test_low_budget_lowers_the_score_and_nothing_else() -> None:
    """S3.7: low budget is low, not bad; it keeps every other point and a priority."""
    rich, poor = scored(bant, FULL | {"budget": 5}), scored(bant, FULL | {"budget": 1})
    assert rich.score.total - poor.score.total == 4
    assert poor.score.priority in ("high", "medium", "low")
    assert {**rich.score.parts, "budget": 1} == poor.score.parts


def test_unknown_is_not_zero() -> None:
    """S3.7: a part that cannot be told is None and said to be unknown; no is 0; `unknown: 0` counts and says so."""
    answer = scored(bant, {"need": False})
    assert (answer.score.parts["authority"], answer.score.parts["need"]) == (None, 0)
    assert answer.why["authority"] == "unknown: authority not known"
    assert answer.why["need"] == "0: need is no"
    assert answer.why["budget"] == "unknown, counted as 0: no budget given"
    assert answer.why["timeframe"] == "unknown, counted as 0: no time frame given"
    assert answer.score.total == sum(points or 0 for points in answer.score.parts.values())


@pytest.mark.parametrize(
    ("frame", "points"),
    [("under_3_months", 4), ("3_to_6_months", 3), ("6_to_12_months", 2), ("over_1_year", 1)],
)
def test_time_frame_gives_four_to_one(frame: str, points: int) -> None:
    """S3.6: 4 below three months, 3 to six, 2 to twelve, 1 beyond a year."""
    answer = scored(bant, {"timeframe": frame})
    assert answer.score.parts["timeframe"] == points
    assert answer.why["timeframe"] == f"{points}: time frame is {frame}"


def test_every_part_is_explained_in_words() -> None:
    """B.5: the words of each part begin with its points, or with unknown."""
    answer = scored(bant, FULL | {"budget": None}, after=3 * DAY, known=("email",))
    assert answer.why == {
        "completeness": "4: 83% of 6 fields known (missing phone)",
        "aging": "4: arrived at most 7 days ago",
        "budget": "unknown, counted as 0: no budget given",
        "authority": "1: authority is yes",
        "need": "1: need is yes",
        "timeframe": "4: time frame is under_3_months",
    }


@pytest.mark.parametrize(("total", "priority"), [(21, "high"), (15, "high"), (14, "medium"), (9, "medium"), (8, "low")])
def test_thresholds_name_the_priority(total: int, priority: str) -> None:
    """S0.1: the highest bound that the total reaches."""
    process = process_with(
        score=f"score: t\nparts: {{p: {{when: 'true', points: {total}}}}}\n"
        "priority: {low: 0, high: 15, medium: 9}\ngrade: {A: 12, C: 4, B: 8}"
    )
    answer = scored(process, {})
    assert answer.score.priority == priority
    assert answer.score.grade == ("A" if total >= 12 else "B")


def test_below_all_bounds_it_is_the_lowest() -> None:
    """S3.7: a lead below every bound still has a priority and a grade."""
    process = process_with(
        score="score: t\nparts: {p: {when: 'true', points: -3}}\npriority: {high: 9, low: 2}\ngrade: {B: 2, A: 9}"
    )
    answer = scored(process, {})
    assert (answer.score.total, answer.score.priority, answer.score.grade) == (-3, "low", "B")


def test_points_over_give_the_highest_band_reached() -> None:
    """S3.6: the size of a numeric field as points; below the lowest bound there are none."""
    process = table("size: {of: lead.employees, bands: {1: 10, 3: 1000, 2: 100}}")
    assert [scored(process, {"employees": n}).score.parts["size"] for n in (0, 9, 10, 999, 1000, 10**6)] == [
        0,
        0,
        1,
        2,
        3,
        3,
    ]
    assert scored(process, {"employees": 4711}).why["size"] == "3: employees is at least 1000"
    assert scored(process, {"employees": 3}).why["size"] == "0: employees is below 10"
    assert scored(process, {}).score.parts["size"] is None


def test_points_by_value_have_an_otherwise() -> None:
    """S3.6: a value that the table does not list gives what it says for all others."""
    process = table("line: {by: lead.product_line, points: {pumps: 5}, otherwise: 1, unknown: 2}")
    assert scored(process, {"product_line": "pumps"}).score.total == 5
    assert scored(process, {"product_line": "valves"}).why["line"] == "1: product line is none of pumps"
    assert scored(process, {}).why["line"] == "unknown, counted as 2: no product line given"


def test_points_of_a_field_are_capped_and_rounded_half_up() -> None:
    """S3.6: engagement as points, at most its cap."""
    process = table("seen: {points: lead.visits, cap: 10}")
    given = {value: scored(process, {"visits": value}).score.total for value in (2.4, 2.5, 10.0, 99.0)}
    assert given == {2.4: 2, 2.5: 3, 10.0: 10, 99.0: 10}
    assert scored(process, {"visits": 99.0}).why["seen"] == "10: visits is 99, at most 10 count"
    assert scored(process, {"visits": 99.0}).rescore_at is None


DECAY = table("seen: {points: lead.visits, cap: 20, halves_every: 10 days, since: lead.last_visit}")
MIDNIGHT = datetime(2026, 11, 2, tzinfo=UTC)


def test_engagement_halves() -> None:
    """S3.6 with decay: 16 points are 8 after one half-life and 4 after two, counted from the midnight of the date."""
    lead = lead_of(DECAY, {"visits": 16.0, "last_visit": "2026-11-02"}, ARRIVED)
    points = [score(DECAY, lead, MIDNIGHT + days * DAY).score.total for days in (0, 10, 20, 30, 60, 1000)]
    assert points == [16, 8, 4, 2, 0, 0]
    assert score(DECAY, lead, MIDNIGHT).why["seen"] == "16: visits is 16, halved every 10 days"
    assert score(DECAY, lead, MIDNIGHT - 5 * DAY).score.total == 16, "what is still to come has lost nothing"


def test_decay_without_a_date_is_unknown() -> None:
    """S3.7: points of unknown age cannot be told."""
    answer = scored(DECAY, {"visits": 16.0})
    assert answer.score.parts["seen"] is None
    assert answer.why["seen"] == "unknown: no last visit given"


@pytest.mark.parametrize("given", [20.0, 7.0, 1.0])
def test_decay_asks_again_when_the_rounded_points_change(given: float) -> None:
    """S3.6: one point less each time, at the first moment it is less, until nothing is left."""
    lead, now = lead_of(DECAY, {"visits": given, "last_visit": "2026-11-02"}, ARRIVED), MIDNIGHT
    seen = []
    while True:
        answer = score(DECAY, lead, now)
        seen.append(answer.score.total)
        if answer.rescore_at is None:
            break
        assert score(DECAY, lead, answer.rescore_at - timedelta(milliseconds=2)).score.total == seen[-1]
        now = answer.rescore_at
    assert seen == list(range(int(given), -1, -1))


def test_many_decaying_points_wake_the_lead_seldom() -> None:
    """A thousand points would change every quarter of an hour: at most 32 times in a half-life is asked for."""
    process = table("seen: {points: lead.visits, halves_every: 10 days, since: lead.last_visit}")
    lead = lead_of(process, {"visits": 1000.0, "last_visit": "2026-11-02"}, ARRIVED)
    now, asked = MIDNIGHT, 0
    while now < MIDNIGHT + 10 * DAY:
        answer = score(process, lead, now)
        assert answer.rescore_at is not None
        stale = score(process, lead, answer.rescore_at).score.total
        assert answer.score.total - stale <= 0.022 * answer.score.total + 1
        now, asked = answer.rescore_at, asked + 1
    assert asked <= 33


def test_groups_and_the_total_have_caps() -> None:
    """S3.6: the most that a group and that all parts may give, with words where a cap took something away."""
    process = table(
        "a: {when: 'true', points: 6, group: engagement}, b: {when: 'true', points: 7, group: engagement}, "
        "c: {when: 'true', points: 8}, d: {when: lead.need, points: 9, group: engagement}",
        "caps: {engagement: 10}\ncap: 15",
    )
    answer = scored(process, {})
    assert answer.score.parts == {"a": 6, "b": 7, "c": 8, "d": None}
    assert answer.score.total == 15
    assert answer.why["cap of engagement"] == "10 of 13 count"
    assert answer.why["cap"] == "15 of 18 count"


def test_a_condition_that_fails_on_this_lead_is_unknown() -> None:
    """S3.7: a division by zero holds up no lead; the part cannot be told, and says why."""
    process = table("dense: {when: 100 / lead.employees > 2, points: 5}")
    answer = scored(process, {"employees": 0})
    assert answer.score.parts["dense"] is None
    assert answer.why["dense"].startswith("unknown: `100 / lead.employees > 2`")
    assert scored(process, {"employees": 10}).why["dense"] == "5: 100 / lead.employees > 2 holds"


def test_aging_may_count_from_a_stage_or_a_date() -> None:
    """S3.6: since the entry into the stage, or since the midnight of a date field; an unknown date is unknown."""
    process = table(
        "stage: {since: lead.entered_at, bands: {2: 1 day, 1: later}}, "
        "seen: {since: lead.last_visit, bands: {2: 1 day, 1: later}}"
    )
    lead = replace(lead_of(process, {"last_visit": "2026-11-02"}, ARRIVED - 9 * DAY), entered_at=ARRIVED)
    answer = score(process, lead, ARRIVED + 16 * timedelta(hours=1))
    assert answer.why == {
        "stage": "2: entered this stage at most 1 day ago",
        "seen": "1: last visit more than 1 day ago",
    }
    assert answer.rescore_at == ARRIVED + DAY + MOMENT
    assert scored(process, {}).score.parts["seen"] is None


def test_a_process_without_a_score_table_says_so() -> None:
    process = process_with()
    with pytest.raises(LeadflowError, match="uses no score table"):
        score(process, lead_of(process, {}, ARRIVED), ARRIVED)


@st.composite
def leads(draw: st.DrawFn) -> Lead:
    values: dict[str, Value] = {name: value for name, value in FULL.items() if draw(st.booleans(), label=name)}
    known = tuple(name for name in ("email", "phone") if draw(st.booleans(), label=name))
    return lead_of(bant, values, ARRIVED, known=known)


@settings(max_examples=200)
@given(leads(), st.integers(0, 60 * 24 * 60))
def test_bant_adds_up_for_any_lead_at_any_age(lead: Lead, minutes: int) -> None:
    """S3.6, S3.7, B.5: the total is the sum of what is known, within 2 and 21; all parts are explained; it never asks
    for a score in the past; and one more thing known about BANT never lowers it."""
    now = ARRIVED + timedelta(minutes=minutes)
    answer = score(bant, lead, now)
    parts = answer.score.parts
    assert answer.score.total == sum(points for points in parts.values() if points is not None)
    assert 2 <= answer.score.total <= 21
    assert list(answer.why) == list(parts)
    assert all(
        why.startswith("unknown" if parts[name] is None else ("unknown", f"{parts[name]}: "))
        for name, why in answer.why.items()
    )
    assert answer.rescore_at is None or answer.rescore_at > now
    assert score(bant, lead, now) == answer
    fuller = replace(lead, fields={**lead.fields, "budget": 1, "need": lead.fields.get("need", False)})
    assert "budget" in lead.fields or score(bant, fuller, now).score.total >= answer.score.total


@settings(max_examples=200)
@given(leads(), leads(), st.integers(0, 60 * 24 * 60))
def test_what_an_event_brings_is_foreseen_as_it_will_be_scored(lead: Lead, told: Lead, minutes: int) -> None:
    """S3.8: a guard goes by the score that the lead has once the event has happened."""
    now = ARRIVED + timedelta(minutes=minutes)
    before = replace(lead, score=score(bant, lead, now).score)
    after = replace(before, fields={**lead.fields, **told.fields}, known=(*lead.known, *told.known))
    assert revised(bant, after, {*told.fields, *told.known}, now) == score(bant, after, now).score


def test_parts_that_an_event_says_nothing_about_keep_their_points() -> None:
    """S3.6: time passes, but a lead is older only when its clock says so; without a table there is nothing to foresee."""
    lead = lead_of(bant, {}, ARRIVED)
    lead = replace(lead, score=score(bant, lead, ARRIVED).score, fields={"budget": 4})
    foreseen = revised(bant, lead, {"budget"}, ARRIVED + 60 * DAY)
    assert foreseen is not None
    assert (foreseen.parts["aging"], foreseen.parts["budget"]) == (5, 4)
    assert revised(process_with(), lead, {"budget"}, ARRIVED) is None
