"""A share of new leads goes to a newer version first: always the same leads, as many as were asked for."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.catalog import Catalog
from engine.errors import UnknownDefinition
from engine.offer import Offer
from tests.store.sales import PROCESS, pumps

SHARES = st.decimals(0, 100, places=2)
KEYS = st.text(min_size=1, max_size=40)
LEADS = [f"lead:web:{number}" for number in range(10_000)]


@pytest.mark.parametrize("share", ["0", "0.5", "1", "10", "50", "99", "100"])
def test_as_many_leads_go_first_as_were_asked_for(share: str) -> None:
    """B.3: of 10,000 leads with keys in a row, the share that was set, give or take what chance would (four standard deviations)."""
    part = float(share) / 100
    offer = Offer("old", "new", Decimal(share))
    taken = sum(offer.digest_for(key) == "new" for key in LEADS) / len(LEADS)
    assert abs(taken - part) <= 4 * (part * (1 - part) / len(LEADS)) ** 0.5


@given(KEYS, SHARES, SHARES)
def test_a_lead_that_went_first_stays_when_the_share_is_raised(key: str, one: Decimal, other: Decimal) -> None:
    """B.3: raising a share takes no lead away from the version that goes first."""
    low, high = sorted((one, other))
    if Offer("old", "new", low).digest_for(key) == "new":
        assert Offer("old", "new", high).digest_for(key) == "new"


@given(KEYS, SHARES)
def test_the_same_lead_goes_to_the_same_version(key: str, share: Decimal) -> None:
    """B.3, C.6: sent twice, asked by two workers: one answer. Nothing goes to what has no share, everything to what has all."""
    assert Offer("old", "new", share).digest_for(key) == Offer("old", "new", share).digest_for(key)
    assert Offer("old", "new", Decimal(0)).digest_for(key) == "old"
    assert Offer("old", "new", Decimal(100)).digest_for(key) == "new"
    assert Offer("old").digest_for(key) == "old"


def test_another_version_is_tried_on_other_leads() -> None:
    """B.3: nobody's leads are always those that things are tried on."""
    third = [Offer("old", "third", Decimal(10)).digest_for(key) == "third" for key in LEADS]
    fourth = [Offer("old", "fourth", Decimal(10)).digest_for(key) == "fourth" for key in LEADS]
    both = sum(one and other for one, other in zip(third, fourth, strict=True))
    assert both < 200, "of 1,000 each, about 100 by chance"


def test_new_leads_are_asked_by_the_version_that_is_theirs() -> None:
    """B.3, S1.1: the catalog offers each new lead one version of a process; the main version stays what it was."""
    first, second = pumps(), pumps(PROCESS.replace("version: 1", "version: 2"))
    catalog = Catalog()
    catalog.add(first)
    catalog.add(second, current=False)
    catalog.offer("pumps", Offer(first.digest, second.digest, Decimal(30)))
    taken = [[one.version for one in catalog.for_new(key)] for key in LEADS[:1000]]
    assert 240 < taken.count([2]) < 360
    assert taken.count([1]) + taken.count([2]) == 1000
    assert catalog.current("pumps") == first
    assert list(catalog.currents()) == [first]


def test_what_is_not_held_is_not_offered() -> None:
    """C.5: a worker offers no version that it could not run."""
    first = pumps()
    catalog = Catalog()
    catalog.add(first)
    with pytest.raises(UnknownDefinition):
        catalog.offer("pumps", Offer(first.digest, "0123456789abcdef", Decimal(30)))
    assert [one.digest for one in catalog.for_new("lead:web:1")] == [first.digest]
