"""When it is tried again, and how long is waited: the same for one request and for a batch, waiting or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tenacity import RetryCallState, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from upstream.errors import Passing


@dataclass(frozen=True)
class Patience:
    """`attempts` in all; between them a random wait of up to `first` seconds, doubling up to `longest`, unless the server says how long.
    What the server asks for is waited up to `most` seconds."""

    attempts: int = 8
    first: float = 0.5
    longest: float = 20.0
    most: float = 300.0

    def policy(self) -> Mapping[str, Any]:
        """As tenacity takes it. What was refused is not tried again: it would be refused again."""
        grows = wait_random_exponential(multiplier=self.first, max=self.longest)

        def wait(state: RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome is not None else None
            told = error.after if isinstance(error, Passing) else None
            return float(grows(state)) if told is None else min(told, self.most)

        return {
            "retry": retry_if_exception_type(Passing),
            "stop": stop_after_attempt(self.attempts),
            "wait": wait,
            "reraise": True,
        }
