"""Scores against outcomes: AUC with its interval, shares, bands; against brute force and known values (B.4, S3.6)."""

from __future__ import annotations

import math
from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trials.backtest.outcomes import Known, Z, auc, judge, share

SCORES = st.lists(st.integers(0, 12), min_size=2, max_size=25)


def test_the_area_of_a_small_example() -> None:
    """B.4: of 12 pairs the winner is ahead in 9 and level in one."""
    found = auc([8, 6, 5], [7, 5, 3, 2])
    assert found is not None
    assert found.value == pytest.approx(9.5 / 12)


@given(SCORES, SCORES)
def test_the_area_is_the_share_of_pairs_that_are_in_order(won: list[int], lost: list[int]) -> None:
    """B.4: counted pair by pair, ties as half; its interval after DeLong, worked out from the placements of every single lead."""
    found = auc(won, lost)
    assert found is not None

    def ahead(winner: int, loser: int) -> float:
        return 1.0 if winner > loser else 0.5 if winner == loser else 0.0

    area = sum(ahead(a, b) for a, b in product(won, lost)) / (len(won) * len(lost))
    of_winners = [sum(ahead(a, b) for b in lost) / len(lost) for a in won]
    of_losers = [sum(ahead(a, b) for a in won) / len(won) for b in lost]
    variance = sum(
        sum((one - area) ** 2 for one in placements) / (len(placements) - 1) / len(placements)
        for placements in (of_winners, of_losers)
    )
    assert found.value == pytest.approx(area)
    assert found.low == pytest.approx(max(0.0, area - Z * math.sqrt(variance)), abs=1e-9)
    assert found.high == pytest.approx(min(1.0, area + Z * math.sqrt(variance)), abs=1e-9)


@given(SCORES, SCORES)
def test_turning_scores_round_turns_the_area_round(won: list[int], lost: list[int]) -> None:
    """B.4: what tells nothing is at one half, and the worst is the best upside down."""
    straight, turned = auc(won, lost), auc([-one for one in won], [-one for one in lost])
    assert straight is not None and turned is not None
    assert straight.value + turned.value == pytest.approx(1)
    assert straight.high - straight.low >= 0


def test_without_winners_or_losers_there_is_no_area() -> None:
    assert auc([], [1, 2]) is None and auc([1, 2], []) is None


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [(8, 10, 0.4902, 0.9433), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662)],
)
def test_an_interval_of_a_share(part: int, whole: int, low: float, high: float) -> None:
    """B.4: Wilson's, with the values that are published for it (81 of 263: Newcombe 1998)."""
    found = share(part, whole)
    assert [found.low, found.high] == pytest.approx([low, high], abs=1e-4)


def leads(*rows: tuple[int, str, int, int]) -> list[Known]:
    return [Known(score, priority, at < won) for score, priority, count, won in rows for at in range(count)]


def test_priorities_are_told_with_their_share_and_lift_the_highest_first() -> None:
    """B.4: of 100 leads 20 are won: high ones three times as often as all."""
    found = judge(leads((70, "high", 20, 12), (50, "medium", 30, 6), (10, "low", 50, 2)))
    assert [(one.name, one.leads, one.won) for one in found.priorities] == [
        ("high", 20, 12),
        ("medium", 30, 6),
        ("low", 50, 2),
    ]
    assert [one.lift for one in found.priorities] == [pytest.approx(3), pytest.approx(1), pytest.approx(0.2)]
    assert found.in_order
    assert not judge(leads((70, "high", 20, 2), (10, "low", 50, 20))).in_order


@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=400))
def test_bands_hold_every_lead_once_and_never_part_a_score(given_: list[tuple[int, bool]]) -> None:
    """B.4: bands go down from the highest scores; leads of one score stay together."""
    found = judge([Known(score, "", won) for score, won in given_])
    assert sum(one.leads for one in found.bands) == len(given_)
    assert sum(one.won for one in found.bands) == found.won
    borders = [(int(one.name.split(" to ")[0]), int(one.name.split(" to ")[-1])) for one in found.bands]
    assert all(low > next_high for (low, _), (_, next_high) in pairwise(borders))
