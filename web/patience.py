"""How long a request waits for a worker's answer."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from web.problems import late

T = TypeVar("T")

PATIENCE = 20.0
"""Seconds. An answer takes a fraction of one; whoever hears nothing for longer takes it for lost."""


async def patiently(work: Coroutine[Any, Any, T]) -> T:
    """Raises Problem (503) where no worker answers in time. What was written down by then goes on all the same."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await work
    except TimeoutError:
        raise late() from None
