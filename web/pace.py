"""How often a caller may ask, and how often an address may fail to sign in (the library `limits`, in memory, by a moving window).

Each web server counts for itself: behind several, a caller has so much at each.
"""

from __future__ import annotations

import math
import time

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from engine.access import Caller, CallerRole
from web.problems import Problem

MACHINES = 12_000
PEOPLE = 600
"""Requests a minute of a caller: two hundred a second for what sends leads by itself, ten for somebody at a screen. Nobody reads
leads faster than that but to carry them off."""

FAILURES = 20
"""Wrong tokens a minute from one address."""

_MACHINES = (CallerRole.UPSTREAM, CallerRole.OPS, CallerRole.ADMIN)


class Pace:
    def __init__(self, machines: int = MACHINES, people: int = PEOPLE, failures: int = FAILURES) -> None:
        self._window = MovingWindowRateLimiter(MemoryStorage())
        self._machines = RateLimitItemPerMinute(machines)
        self._people = RateLimitItemPerMinute(people)
        self._failures = RateLimitItemPerMinute(failures)

    def asks(self, caller: Caller) -> None:
        """Count a request of the caller. Raises Problem (429) for one too many."""
        rate = self._machines if caller.role in _MACHINES else self._people
        if not self._window.hit(rate, "caller", caller.name):
            raise self._too_often(rate, "caller", caller.name, f"{caller.name} has sent too many requests")

    def fails(self, address: str) -> None:
        """Count a wrong token from the address. Raises Problem (429) for one too many."""
        if not self._window.hit(self._failures, "address", address):
            raise self._too_often(self._failures, "address", address, "too many sign-ins have failed from this address")

    def tries(self, address: str) -> None:
        """Before a token is looked at that somebody typed. Raises Problem (429) where too many from the address were wrong."""
        if not self._window.test(self._failures, "address", address):
            raise self._too_often(self._failures, "address", address, "too many sign-ins have failed from this address")

    def begins(self, address: str) -> None:
        """Count a sign-in that the address begins at the provider. Raises Problem (429) for one too many."""
        if not self._window.hit(self._failures, "begun", address):
            raise self._too_often(self._failures, "begun", address, "too many sign-ins were begun from this address")

    def _too_often(self, rate: RateLimitItem, kind: str, name: str, detail: str) -> Problem:
        free_at = self._window.get_window_stats(rate, kind, name).reset_time
        seconds = min(max(math.ceil(free_at - time.time()), 1), 60)
        return Problem(
            429,
            "TOO_OFTEN",
            detail,
            "Come again after the time that Retry-After says; nothing of this request has happened.",
            headers={"Retry-After": str(seconds)},
        )
