"""What a sender is told of a lead that came again just as it was: its workflow was not asked, the answer is where it stands."""

from __future__ import annotations

from dataclasses import replace

from engine.catalog import Catalog
from store.leads import standing
from store.pool import Pool
from workflows.messages import Receipt
from workflows.receipts import receipt_of


async def as_it_stands(pool: Pool, catalog: Catalog, key: str) -> Receipt | None:
    async with pool.acquire() as connection:
        known = await standing(connection, key)
    if known is None:
        return None
    lead = known.lead
    return replace(receipt_of(catalog.get(lead.digest), lead), duplicate=True)
