"""What stands in columns of its own: what lists and reports read of a lead without opening it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from engine.compiling.bundle import Bundle, SourceText
from engine.compiling.compile import compile_bundle
from engine.happening import Due, DueKind, EventIn
from engine.process import Process
from store.pool import Pool
from tests.store.sales import MONDAY, OPS, PROCESS, TABLES, arrived, happen, staff

SEGMENTED = PROCESS.replace("uses: {", "uses: {segments: market, ").replace(
    "{probability: 10%}", "{probability: 10%, value: lead.value}"
)


@pytest.fixture(scope="module")
def worth() -> Process:
    tables = {
        **TABLES,
        "segments": "segments: market\nof: [{segment: home, title: Home, when: lead.country == 'DE'}]\n",
        "score": TABLES["score"] + "grade: {A: 3, B: 0}\n",
    }
    return compile_bundle(
        Bundle(SourceText("pumps.yaml", SEGMENTED), tuple(SourceText(f"{k}.yaml", v) for k, v in tables.items()))
    )


async def test_what_a_lead_is_worth_and_is_stands_in_columns_that_reports_read(
    fresh_pool: Pool, worth: Process
) -> None:
    """S2.14, S0.1, S0.16, S4.4: value, currency and probability; score, priority, grade and segment; whose it is, why, since when,
    after how many hops, and who leads them."""
    await staff(fresh_pool)
    lead = await arrived(fresh_pool, worth, "worth", country="DE", value=1200.5)

    async def columns() -> dict[str, object]:
        row = await fresh_pool.fetchrow("select * from lead where key = 'worth'")
        assert row is not None
        return dict(row)

    row = await columns()
    assert {
        name: row[name]
        for name in ("value", "currency", "probability", "score", "priority", "grade", "segment", "hops", "on_hold")
    } == {
        "value": Decimal("1200.5"),
        "currency": "EUR",
        "probability": 10,
        "score": 3,
        "priority": "high",
        "grade": "A",
        "segment": "home",
        "hops": 0,
        "on_hold": False,
    }
    assert (row["owner"], row["team"], row["leader"], row["assigned_at"]) == (lead.owner, "sales", "lee", MONDAY)
    assert row["owner_because"] == lead.owner_because != ""
    due = lead.clocks["follow_up"].due_at
    assert due is not None
    lead = await happen(fresh_pool, worth, lead, Due(DueKind.CLOCK, "follow_up", due), due)
    lead = await happen(fresh_pool, worth, lead, EventIn("hold", OPS, note=True), due + timedelta(hours=1))
    row = await columns()
    assert (row["hops"], row["on_hold"], row["assigned_at"]) == (1, True, due)
    event = await fresh_pool.fetchrow(
        "select words, changes from event where lead = 'worth' and happening = 'overdue:follow_up'"
    )
    assert event is not None and event["words"]
