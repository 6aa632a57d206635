"""A share of new leads takes a newer version first: which of them, the front door decides by their keys (B.3)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal

import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from bootstrap import load_catalog
from engine.catalog import LIVE
from store import definitions, offers
from tests.installation import Installation, installation
from tests.workflow.processes import PUMPS, pumps, staff


@pytest_asyncio.fixture(scope="module")
async def desk(temporal: WorkflowEnvironment, database: str) -> AsyncIterator[Installation]:
    async with installation(temporal, database, [pumps()], [staff()]) as made, made.worker():
        yield made


async def test_a_share_of_new_leads_goes_first_and_stays_where_it_went(desk: Installation) -> None:
    """B.3: at half the leads, each goes where its key says; sent again after the trial has ended, it is where it was."""
    second = pumps(PUMPS.replace("version: 1", "version: 2").replace("title: Pumps", "title: Pumps, tried first"))
    async with desk.pool.acquire() as connection:
        await definitions.publish(connection, *second, "test", "")
        await offers.give(connection, "pumps", 2, Decimal(50), "test", "half of them")
        offer = (await offers.offers(connection))["pumps"]
    for catalog in (LIVE, desk.catalog):
        await load_catalog(desk.pool, catalog)

    ids = [f"canary-{number}" for number in range(8)]
    for one in ids:
        await desk.arrive(one, kind="pumps", size="normal")
    versions = {one: (await desk.lead(f"lead:test:{one}")).version for one in ids}
    expected = {one: 2 if offer.digest_for(f"lead:test:{one}") == second[1].digest else 1 for one in ids}
    assert versions == expected
    assert {*versions.values()} == {1, 2}

    async with desk.pool.acquire() as connection:
        await offers.give(connection, "pumps", 2, Decimal(0), "test", "taken back")
    await load_catalog(desk.pool, desk.catalog)
    first = next(one for one, version in versions.items() if version == 2)
    await desk.arrive(first, kind="pumps", size="normal")
    assert (await desk.lead(f"lead:test:{first}")).version == 2
    await desk.arrive("canary-after", kind="pumps", size="normal")
    assert (await desk.lead("lead:test:canary-after")).version == 1
