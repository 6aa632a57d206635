"""Reasoning about conditions: what it finds holds when it is evaluated, and what it rules out never does (B.1, B.2, C.5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.expressions import Expression, ExpressionFailed
from engine.process import moment
from engine.reasoning import CANNOT_TELL, Example, Reasoner
from engine.reasoning.of_process import process_spaces, reasoner_of
from tests.unit.conditions import ATOMS, CODES, NOW, OPAQUE, conditions, leads, rules
from tests.unit.small_process import process_with

RULES = rules()
REASONER = Reasoner(process_spaces(RULES), RULES.vocabulary, RULES.fields)


def condition(text: str) -> Expression:
    return RULES.vocabulary.compile(text)


def value_of(condition: Expression, lead: Mapping[str, object], codes: Mapping[str, object], now: datetime) -> object:
    """What a condition really says, True, False or None for unknown. Personal fields stand in `lead` by a value."""
    try:
        return condition.evaluate(RULES.vocabulary.view(lead, now, extra=codes)).value
    except ExpressionFailed:
        return None


def really(condition: Expression, example: Example) -> object:
    """What a condition says of an example, put together anew from its parts."""
    fields = {
        name: moment(value) if name == "asked" and isinstance(value, str) else value
        for name, value in example.fields.items()
    }
    lead = {**fields, **example.state, **dict.fromkeys(example.known, "known")}
    return value_of(condition, lead, example.codes, example.now)


def satisfiable(*texts: str, **given: object) -> object:
    return REASONER.satisfiable(*map(condition, texts), given=given or None)


# --- what can hold ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "lead.staff > 5 && lead.staff < 6",  # no whole number lies between
        "lead.staff < 0",
        "lead.budget > 5",
        "lead.budget + 1 > 6",
        "2 - lead.budget >= 2",
        "lead.budget >= 4 && lead.budget <= 3",
        "lead.value < 0",
        "lead.value > 3 && lead.value in [1.5, 3.0]",
        "lead.country == 'de'",  # kept in capitals
        "lead.country == 'Germany'",
        "lead.town == ''",  # an empty text is unknown
        "lead.town == ' Bonn'",
        "lead.country == 'DE' && lead.country == 'AT'",
        "lead.country in ['DE', 'AT'] && !(lead.country in ['AT', 'DE', 'CH'])",
        "lead.size != 'small' && lead.size != 'medium' && lead.size != 'large'",
        "lead.real && !lead.real",
        "lead.real != true && lead.real",
        "lead.staff > 3 && !known.staff",
        "known.email && !known.email",
        "!(lead.staff > 3) && !(lead.staff <= 3)",  # one of them holds, or both are unknown
        "lead.staff == lead.staff + 1",
        "known.staff ? false : lead.staff > 3",
        "lead.score > 10",  # the parts give 10 at most
        "lead.score < -1",
        "lead.priority == 'high' && lead.score < 7",
        "lead.priority == 'low' && lead.score >= 4",
        "lead.stage == 'lost' && lead.status == 'Open'",
        "lead.grade == 'A'",  # the table has no grades
        "lead.hops < 0",
        "lead.arrived_at > now",
        "lead.asked < now - duration('48h') && lead.asked > now - duration('24h')",
        "now - lead.asked > duration('1h') && lead.asked > now",
        "now < timestamp('2026-01-01T00:00:00Z') && now > timestamp('2026-06-01T00:00:00Z')",
        "lead.town.startsWith('a') && !lead.town.startsWith('a')",
        "lead.town.startsWith('a') && !known.town",
        "lead.size.startsWith('x')",  # of a choice every value is tried
        "lead.budget * 2 > 10",
        "reason == 'price' && reason != 'price'",
    ],
)
def test_what_can_never_hold_is_told(text: str) -> None:
    """B.1: a guard that can never be true, told by reasoning on the typed expression."""
    assert satisfiable(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "lead.staff > 5 && lead.staff < 7",
        "lead.country in ['DE', 'AT'] && lead.country != 'DE'",
        "lead.value > 1.0 && lead.value < 1.0000000000000005",
        "!known.staff",
        "!known.email && known.staff",
        "lead.priority == 'high'",
        "lead.score >= 4 && lead.priority != 'high'",
        "lead.status == 'Dead'",
        "lead.asked < now - duration('1h') && lead.asked > now - duration('2h')",
        "lead.asked == timestamp('2026-05-01T00:00:00Z')",
        "lead.arrived_at < now - duration('48h')",
        "lead.town.startsWith('spring')",
        "['DE', 'AT'].exists(c, c == lead.country)",
        "lead.size.startsWith('m')",
        "(known.budget ? lead.budget : 0) >= 4",
        "lead.budget + 1 == 3",
        "lead.segment == 'big' || reason == 'other'",
        "lead.owner == 'anna_schulz'",
        "10 / lead.budget == 5",
    ],
)
def test_what_can_hold_comes_with_an_example_that_does(text: str) -> None:
    found = satisfiable(text)
    assert isinstance(found, Example)
    assert really(condition(text), found) is True


def test_what_depends_on_more_than_is_reasoned_about_is_not_guessed() -> None:
    assert satisfiable("lead.town.matches('^[0-9]{5}$')") is CANNOT_TELL
    assert REASONER.implies(condition("lead.town.endsWith('b')"), condition("lead.town.contains('b')")) is CANNOT_TELL


def test_too_many_cases_are_given_up_not_guessed() -> None:
    """Nothing bounds what an author writes, so the search bounds itself."""
    names = [
        "country",
        "size",
        "staff",
        "budget",
        "value",
        "real",
        "asked",
        "email",
        "town",
        "segment",
        "owner",
        "team",
    ]
    one, other = "known.score", "known.score"
    for name in names:
        one = f"({one} != known.{name})"
    for name in reversed(names):
        other = f"(known.{name} != {other})"
    assert satisfiable(one, f"!{other}") in (None, CANNOT_TELL)


# --- questions -------------------------------------------------------------------------------------------------------


def test_one_condition_follows_from_another() -> None:
    def implies(one: str, other: str) -> object:
        return REASONER.implies(condition(one), condition(other))

    assert implies("lead.staff >= 1000", "lead.staff > 100") is True
    assert implies("lead.staff > 100", "lead.staff >= 1000") is False
    assert implies("lead.country == 'DE'", "lead.country in ['DE', 'AT']") is True
    assert implies("lead.size == 'small'", "known.size") is True
    assert implies("known.staff", "lead.staff >= 0") is True
    assert implies("lead.size != 'small'", "lead.size in ['medium', 'large']") is True
    assert implies("!known.size || lead.size == 'small'", "lead.size == 'small'") is False


def test_an_overlap_is_shown_by_values_that_meet_both() -> None:
    one, other = condition("lead.score >= 5"), condition("lead.country in ['DE', 'AT']")
    found = REASONER.overlap(one, other)
    assert isinstance(found, Example)
    assert really(one, found) is True and really(other, found) is True
    assert found.words(["lead.score", "lead.country"]) == "lead.score 5, lead.country 'DE'"
    assert REASONER.overlap(condition("lead.staff < 10"), condition("lead.staff > 10")) is None
    assert REASONER.overlap(one, other, unless=[condition("lead.score >= 5 && lead.country != 'CH'")]) is None


def test_a_gap_is_shown_by_known_values_that_meet_none() -> None:
    """What is unknown is no gap: a condition never holds for it, and whoever means it asks with `known`."""
    bands = [condition("lead.staff >= 1000"), condition("lead.staff < 100")]
    found = REASONER.gap(bands)
    assert isinstance(found, Example) and found.fields == {"staff": 100}
    assert REASONER.gap([*bands, condition("lead.staff >= 100")]) is None
    sizes = [condition(f"lead.size == '{size}'") for size in ("small", "medium", "large")]
    assert REASONER.gap(sizes) is None
    assert REASONER.gap([condition("known.email"), condition("!known.email")]) is None


def test_what_is_given_stays_as_it_is() -> None:
    """S2.9: a scenario fixes some values, and the rest is found for the guards."""
    guard = condition("lead.budget >= 4 && lead.asked > now && known.email && reason == 'price'")
    fixed = {"lead.country": "CH", "lead.asked": "2026-06-01", "known.email": True, "now": NOW, "lead.stage": "new"}
    found = REASONER.example_for([guard], given=fixed)
    assert isinstance(found, Example)
    assert found.fields == {"country": "CH", "asked": "2026-06-01", "budget": 4}
    assert (found.known, found.codes, found.now) == (("email",), {"reason": "price"}, NOW)
    assert found.state == {"stage": "new", "status": "Open"}
    assert REASONER.example_for([guard], given={**fixed, "lead.budget": 3}) is None
    assert REASONER.example_for([guard], given={"lead.asked": "2026-01-01", "now": NOW}) is None
    assert REASONER.example_for([guard], given={"lead.budget": 9}) is None  # which no lead can have
    assert REASONER.example_for([guard], given={"lead.asked": None}) is None


def test_a_value_may_be_given_as_one_of_several() -> None:
    found = REASONER.satisfiable(condition("lead.size != 'small'"), given={"lead.size": ("small", "large")})
    assert isinstance(found, Example) and found.fields == {"size": "large"}
    assert REASONER.satisfiable(condition("lead.status == 'Open'"), given={"lead.stage": ("talking", "lost")}) is None


def test_without_tables_what_they_say_is_never_known() -> None:
    process = process_with()
    reasoner = reasoner_of(process)
    for text in ("lead.score > 0", "lead.priority == 'high'", "lead.segment == 'large'"):
        assert reasoner.satisfiable(process.vocabulary.compile(text)) is None


# --- always right ----------------------------------------------------------------------------------------------------


@settings(max_examples=250, deadline=None)
@given(
    held=st.lists(conditions(ATOMS), min_size=1, max_size=2),
    missed=st.lists(conditions(ATOMS), max_size=2),
    data=st.data(),
)
def test_an_answer_is_right(held: list[str], missed: list[str], data: st.DataObject) -> None:
    """B.1: what is found meets the conditions when they are evaluated, and what is ruled out never does."""
    holds, unless = [condition(text) for text in held], [condition(text) for text in missed]
    reasoner = Reasoner(process_spaces(RULES), RULES.vocabulary, RULES.fields, [*holds, *unless])
    found = reasoner.satisfiable(*holds, unless=unless)
    assert isinstance(found, Example) or found is None or "lead.asked" in f"{held} {missed}"
    if isinstance(found, Example):
        assert all(really(one, found) is True for one in holds), found
        assert not any(really(one, found) is True for one in unless), found
    elif found is None:
        for lead, codes in data.draw(st.lists(st.tuples(leads(), CODES), min_size=10, max_size=40)):
            met = all(value_of(one, lead, codes, NOW) is True for one in holds)
            assert not met or any(value_of(one, lead, codes, NOW) is True for one in unless), (lead, codes)


@settings(max_examples=200, deadline=None)
@given(text=conditions(OPAQUE), lead=leads(), codes=CODES)
def test_no_lead_contradicts_what_is_never(text: str, lead: dict[str, object], codes: dict[str, object]) -> None:
    """Parts that are not reasoned about may leave it open; they never make it wrong."""
    one = condition(text)
    found = REASONER_OF_ALL.satisfiable(one)
    if value_of(one, lead, codes, NOW) is True:
        assert found is not None
    if isinstance(found, Example):
        assert really(one, found) is True


REASONER_OF_ALL = Reasoner(process_spaces(RULES), RULES.vocabulary, RULES.fields)


@settings(max_examples=200, deadline=None)
@given(texts=st.lists(conditions(ATOMS), min_size=1, max_size=3), lead=leads(), codes=CODES)
def test_a_gap_is_one_and_where_there_is_none_every_known_lead_meets_a_condition(
    texts: list[str], lead: dict[str, object], codes: dict[str, object]
) -> None:
    several = [condition(text) for text in texts]
    found = Reasoner(process_spaces(RULES), RULES.vocabulary, RULES.fields, several).gap(several)
    if isinstance(found, Example):
        assert not any(really(one, found) is True for one in several)
        assert None not in (*found.fields.values(), *found.codes.values(), *found.state.values())
    elif found is None and None not in (*lead.values(), *codes.values()):
        assert any(value_of(one, lead, codes, NOW) is True for one in several)


@settings(max_examples=200, deadline=None)
@given(text=conditions(ATOMS), lead=leads(), codes=CODES)
def test_what_is_wholly_given_is_told_as_it_is_evaluated(
    text: str, lead: dict[str, object], codes: dict[str, object]
) -> None:
    one = condition(text)
    known = {
        f"lead.{name}": value for name, value in lead.items() if name not in ("email", "priority", "grade", "status")
    }
    given = {**known, **codes, "known.email": lead["email"] is not None, "now": NOW}
    found = REASONER_OF_ALL.satisfiable(one, given=given)
    assert isinstance(found, Example) is (value_of(one, lead, codes, NOW) is True)


@pytest.mark.parametrize(
    "text",
    [
        "lead.real == (" * 20 + "lead.real" + ")" * 20,
        " + ".join(["(known.staff ? lead.staff : 0)"] * 24) + " > 5",
        "(known.real ? lead.staff : " * 9 + "1" + ")" * 9 + " > 3",
        " && ".join(["lead.staff > 3"] * 100),
    ],
)
def test_long_conditions_do_not_double_with_every_level(text: str) -> None:
    """C.5: whatever an author writes, a check is over at once."""
    assert isinstance(satisfiable(text), Example)
