"""Which notices go at once, and which are gathered into one mail: the rule, in one place.

A seller who gets a lead is told at once. Whoever leads a team into whose queue an import puts nine thousand is told of the first few,
and then every ten minutes of all that have come: a mail for each would be read by nobody (S4.7).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Gathering:
    """Of the same notice to the same person, `at_once` within `every` go alone; what comes beyond them goes with a digest, of which
    a person gets one in that time. With what has been gathered counted too, it goes on as long as the flood does."""

    at_once: int = 5
    every: timedelta = timedelta(minutes=10)

    def scaled(self, scale: float) -> Gathering:
        """For a demo, in which time is shorter."""
        return Gathering(self.at_once, self.every * scale)
