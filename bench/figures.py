"""A figure of a bench: what was measured, against what, and the bound it is held to where there is one."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """`value` in `unit`; `floor` is the same of a hand-written equivalent in the same run; `bound` what it may be at most."""

    name: str
    value: float
    unit: str
    floor: float | None = None
    bound: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return self.value / self.floor if self.floor else None

    @property
    def within(self) -> bool | None:
        return None if self.bound is None else self.value <= self.bound


def cpu_microseconds(work: Callable[[], object], times: int, rounds: int = 7) -> float:
    """CPU time of one call, the best of several rounds: what others do on the machine adds, and never subtracts."""
    best = float("inf")
    for _ in range(rounds):
        began = time.process_time()
        for _ in range(times):
            work()
        best = min(best, time.process_time() - began)
    return best / times * 1e6
