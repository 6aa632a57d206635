"""A few hundred requests by chance, of every kind that comes; `python -m bench fuzz 20000` sends more."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from bench.fuzz import fuzz
from bench.hostile import Hostile
from client.hooks.file import read_hooks
from tests.installation import ROOT
from tests.web.sockets import SECRET, Site, open_site

REQUESTS = 300


@pytest_asyncio.fixture(scope="module")
async def site(temporal: WorkflowEnvironment, database: str) -> AsyncIterator[Site]:
    async with open_site(temporal, database) as opened:
        yield opened


async def test_whatever_comes_nothing_fails_and_nothing_accepted_is_lost(site: Site) -> None:
    """Section 5, C.6: no 500, an answer to each, and every lead that was accepted has its owner or its place."""
    hostile = Hostile(2, (site.token, site.admin), read_hooks(ROOT / "definitions"), SECRET)
    tally = await fuzz(site.url, hostile, REQUESTS, site.office.pool)
    assert (tally.faulty, tally.unanswered, tally.lost) == ([], [], [])
    assert tally.sent == REQUESTS and len(tally.accepted) > REQUESTS / 4
    assert {tally.of(status) > 0 for status in (200, 201, 400, 401, 404, 409, 422)} == {True}


def test_the_same_seed_sends_the_same_kinds() -> None:
    """Section 5: what was found once can be found again."""
    hooks = read_hooks(ROOT / "definitions")
    first, again = ([one.kind for one in Hostile(5, ("lf_a", "lf_b"), hooks, SECRET).requests(400)] for _ in range(2))
    assert first == again
    assert len(set(first)) >= 9
