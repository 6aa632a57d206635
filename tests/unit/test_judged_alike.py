"""What holds of every judgement about two leads, whoever they are (S0.13)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bench.doubles import shipped
from engine.identity.card import Card
from engine.identity.judging import Verdict, judge
from engine.identity.names import Names, compare

TABLE = shipped()
"""The table that ships."""


def _one_of(*values: str) -> st.SearchStrategy[str | None]:
    return st.none() | st.sampled_from(values)


CARDS = st.builds(
    Card,
    email=_one_of(
        "ada.hofmann@cobalt.de", "ada.hofman@cobalt.de", "ben.vogel@cobalt.de", "info@cobalt.de", "ada@gmail.com"
    ),
    phone=_one_of("+49301234567", "+49301234576", "01234567", "+491701111111"),
    name=_one_of("ada hofmann", "hofmann ada", "ada hofman", "a hofmann", "ben vogel", "clara stein"),
    company=_one_of("cobalt pumps", "cobalt", "cobalt pump", "nova valves"),
    domain=_one_of("cobalt.de", "nova.example"),
    country=_one_of("DE", "FR"),
)


@given(CARDS, CARDS, st.booleans())
def test_it_does_not_matter_which_of_two_came_first(one: Card, other: Card, switchboard: bool) -> None:
    """S0.13: both orders get the same verdict and the same points."""
    there = judge(TABLE, one, other, switchboard=switchboard)
    back = judge(TABLE, other, one, switchboard=switchboard)
    assert (there.verdict, there.points) == (back.verdict, back.points)


@given(CARDS, CARDS, st.booleans())
def test_who_bears_another_name_is_never_joined(one: Card, other: Card, switchboard: bool) -> None:
    """S0.13: whatever else agrees, another name is at most a question."""
    if one.name is None or other.name is None or compare(one.name, other.name) is not Names.ANOTHER:
        return
    assert judge(TABLE, one, other, switchboard=switchboard).verdict is not Verdict.SAME


@given(CARDS, CARDS)
def test_a_number_that_several_have_tells_no_more_than_one_of_ones_own(one: Card, other: Card) -> None:
    """S0.13: a switchboard never brings two leads closer together."""
    assert judge(TABLE, one, other, switchboard=True).points <= judge(TABLE, one, other).points


@given(CARDS, CARDS)
def test_the_points_are_those_of_the_reasons(one: Card, other: Card) -> None:
    """B.5: nothing counts that is not said."""
    judged = judge(TABLE, one, other)
    assert judged.points == sum(reason.points for reason in judged.reasons)
