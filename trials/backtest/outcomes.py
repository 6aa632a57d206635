"""Scores against what became of the leads: do those that score higher buy more often, and how much can chance make of it?

judged = judge([Known(71, "high", won=True), Known(12, "low", won=False), ...])
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Z = 1.959963984540054
"""Of a normal distribution, 95 % lie within so many standard deviations."""

BANDS, FEWEST = 10, 20
"""A band holds about a tenth of the leads, and no fewer than these: those of one score stay together."""


@dataclass(frozen=True, slots=True)
class Known:
    """A lead whose outcome is known: its score and priority on arrival, and whether it was won."""

    score: int
    priority: str
    won: bool


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with the bounds between which it lies in 95 of 100 such samples."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Band:
    """Leads that score alike. `lift` is how many times as often they are won as all leads are."""

    name: str
    leads: int
    won: int
    share: Interval
    lift: float


@dataclass(frozen=True, slots=True)
class Judged:
    """`auc` is the chance that of a lead that was won and one that was not the first has the higher score, ties counting half;
    None where all ended alike. `bands` go from the highest scores to the lowest, `priorities` likewise."""

    leads: int
    won: int
    auc: Interval | None
    bands: tuple[Band, ...]
    priorities: tuple[Band, ...]

    @property
    def in_order(self) -> bool:
        """Whether a higher priority never was won less often than a lower one."""
        shares = [one.share.value for one in self.priorities]
        return shares == sorted(shares, reverse=True)


def judge(leads: Sequence[Known]) -> Judged:
    """Raises ValueError where there are none."""
    if not leads:
        raise ValueError("no lead has an outcome")
    won = sum(one.won for one in leads)
    overall = won / len(leads)
    priorities: dict[str, list[Known]] = {}
    for one in sorted(leads, key=lambda one: -one.score):
        priorities.setdefault(one.priority, []).append(one)
    return Judged(
        leads=len(leads),
        won=won,
        auc=auc([one.score for one in leads if one.won], [one.score for one in leads if not one.won]),
        bands=tuple(_band(_range(some), some, overall) for some in _tenths(leads)),
        priorities=tuple(_band(name, some, overall) for name, some in priorities.items()),
    )


def auc(won: Sequence[float], lost: Sequence[float]) -> Interval | None:
    """The area under the ROC curve with its interval after DeLong, DeLong and Clarke-Pearson (1988), by midranks as Sun and Xu
    (2014) do it. None where one side is empty."""
    if not won or not lost:
        return None
    together = _midranks([*won, *lost])
    alone_won, alone_lost = _midranks(won), _midranks(lost)
    # Of each winner the share of losers below it, of each loser that of winners above it.
    above = [(all_ - own) / len(lost) for all_, own in zip(together[: len(won)], alone_won, strict=True)]
    below = [1 - (all_ - own) / len(won) for all_, own in zip(together[len(won) :], alone_lost, strict=True)]
    area = math.fsum(above) / len(won)
    deviation = math.sqrt(_variance(above) / len(won) + _variance(below) / len(lost))
    return Interval(area, max(0.0, area - Z * deviation), min(1.0, area + Z * deviation))


def share(part: int, whole: int) -> Interval:
    """A share with its interval after Wilson: sound for few leads, and near 0 and 1."""
    observed = part / whole
    spread = Z * math.sqrt(observed * (1 - observed) / whole + Z * Z / (4 * whole * whole))
    middle = observed + Z * Z / (2 * whole)
    size = 1 + Z * Z / whole
    return Interval(observed, max(0.0, (middle - spread) / size), min(1.0, (middle + spread) / size))


def _midranks(values: Sequence[float]) -> list[float]:
    """The rank of each value from 1, those that are equal sharing the mean of theirs."""
    order = sorted(range(len(values)), key=lambda at: values[at])
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end < len(order) and values[order[end]] == values[order[start]]:
            end += 1
        for at in order[start:end]:
            ranks[at] = (start + end + 1) / 2
        start = end
    return ranks


def _variance(values: Sequence[float]) -> float:
    """Of a sample. One value alone says nothing of how they vary: it is taken to be as wide as can be."""
    if len(values) < 2:
        return 0.25
    mean = math.fsum(values) / len(values)
    return math.fsum((value - mean) ** 2 for value in values) / (len(values) - 1)


def _tenths(leads: Sequence[Known]) -> list[list[Known]]:
    """From the highest scores down; leads of one score stay together."""
    ordered = sorted(leads, key=lambda one: -one.score)
    wanted = max(FEWEST, math.ceil(len(ordered) / BANDS))
    bands: list[list[Known]] = [[]]
    for one in ordered:
        if len(bands[-1]) >= wanted and one.score != bands[-1][-1].score:
            bands.append([])
        bands[-1].append(one)
    if len(bands) > 1 and len(bands[-1]) < wanted / 2:
        last = bands.pop()
        bands[-1].extend(last)
    return bands


def _range(leads: Sequence[Known]) -> str:
    low, high = leads[-1].score, leads[0].score
    return f"{low} to {high}" if low < high else str(low)


def _band(name: str, leads: Sequence[Known], overall: float) -> Band:
    won = sum(one.won for one in leads)
    found = share(won, len(leads))
    return Band(name, len(leads), won, found, found.value / overall if overall else 0.0)
