"""Chance, from a seed: the only place that draws.

What is drawn depends on the seed and on what it is drawn for, not on what was drawn before. So two definitions that are
tried with one seed meet the same leads and the same people, and differ by what the definitions do.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

_NINE_OF_TEN = 1.2815515655446004
"""The normal distribution's quantile at 0.9."""


class Chance:
    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._source = random.Random(seed)
        self._about: int | None = None

    def about(self, what: int, time: int = 0) -> None:
        """What is drawn from now on is for this: a lead by its number, for the so-manieth time."""
        self._about = (self._seed << 64) ^ (what << 24) ^ time

    @property
    def _random(self) -> random.Random:
        """Sown anew by the first draw: half of the time nothing is drawn, and sowing takes longer than any draw."""
        if self._about is not None:
            self._source.seed(self._about)
            self._about = None
        return self._source

    def share(self) -> float:
        """From 0 to 1, 1 not included."""
        return self._random.random()

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self._random.random()

    def whole(self, low: int, high: int) -> int:
        """Both included."""
        return self._random.randint(low, high)

    def choice(self, cumulated: Sequence[float]) -> int:
        """The place that was drawn, by weights that are added up."""
        return self._random.choices(range(len(cumulated)), cum_weights=cumulated)[0]

    def skewed(self, median: float, most: float) -> float:
        """Log-normal: half are below `median`, nine of ten below `most`."""
        if median == most or median <= 0:
            return median
        sigma = math.log(most / median) / _NINE_OF_TEN
        return median * math.exp(sigma * self._random.gauss(0.0, 1.0))
