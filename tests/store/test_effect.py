"""What a difference would do to leads in flight: where they stand, which clocks move and by how much, what is due at once (B.3)."""

from __future__ import annotations

from datetime import timedelta

from client.effect import effect_on_leads
from engine.difference import difference
from engine.lead import Lead
from store import definitions
from store.pool import Pool
from tests.store.sales import MONDAY, PROCESS, arrived, bundle, by_owner, happen, pumps, staff

NOW = MONDAY + timedelta(hours=3)


async def in_flight(pool: Pool) -> list[Lead]:
    """Two leads that are qualified, and one that is accepted."""
    process = pumps()
    await staff(pool)
    async with pool.acquire() as conn:
        await definitions.publish(conn, bundle(), process, "ops", "")
    leads = [await arrived(pool, process, key) for key in ("one", "two", "three")]
    leads[2] = await happen(pool, process, leads[2], by_owner(leads[2], "accept"), MONDAY + timedelta(hours=1))
    return leads


async def test_clocks_that_move_are_counted_and_leads_that_would_be_due_are_named(fresh_pool: Pool) -> None:
    """B.3: 3 working days to 2, 24 hours to 2: a day sooner for two, 22 hours for two, who would be due at once."""
    leads = await in_flight(fresh_pool)
    text = PROCESS.replace("due: 3 working days", "due: 2 working days").replace("due: 24 hours", "due: 2 hours")
    found = difference(bundle(), bundle(text))
    async with fresh_pool.acquire() as conn:
        seen = await effect_on_leads(conn, found, pumps(), pumps(text), now=NOW)
        stored = await conn.fetch("select snapshot from lead")
    assert (seen.leads, seen.in_changed, seen.in_removed) == (3, {"qualified": 2}, {})
    told = {shift.name: (shift.moved, shift.middle, shift.farthest, shift.at_once) for shift in seen.shifts}
    assert told == {
        "follow_up": (2, -timedelta(days=1), -timedelta(days=1), 0),
        "first_word": (2, -timedelta(hours=22), -timedelta(hours=22), 2),
    }
    assert seen.clocks_moved == 4
    assert [lead.lead for lead in seen.due_at_once] == ["one", "two"]
    assert [lead.at_once for lead in seen.due_at_once] == [("first_word",), ("first_word",)]
    assert {lead.key for lead in leads} == {"one", "two", "three"} and len(stored) == 3, "nothing was written"


async def test_leads_in_a_stage_that_is_gone_are_told_and_cannot_be_moved_without_a_plan(fresh_pool: Pool) -> None:
    """B.3: the stage itself is named, and what a plan has to say."""
    await in_flight(fresh_pool)
    begin, end = PROCESS.index("  accepted:\n"), PROCESS.index("  parked:")
    text = (PROCESS[:begin] + PROCESS[end:]).replace("to: accepted", "to: won")
    found = difference(bundle(), bundle(text))
    async with fresh_pool.acquire() as conn:
        seen = await effect_on_leads(conn, found, pumps(), pumps(text), now=NOW)
    assert seen.in_removed == {"accepted": 1}
    assert [(lead.lead, lead.stage, lead.blocked) for lead in seen.blocked] == [
        ("three", "accepted", "its stage is gone; a plan has to say where it goes on")
    ]


async def test_stages_and_clocks_under_other_names_are_followed(fresh_pool: Pool) -> None:
    """B.3: a name that changes moves no deadline; a clock that is new starts, one that is gone is closed."""
    await in_flight(fresh_pool)
    text = (
        PROCESS.replace("  qualified:\n", "  ready:\n")
        .replace("to: qualified", "to: ready")
        .replace("      follow_up:\n", "      chase:\n")
        .replace("      talk:   {due: 5 working days", "      meet:   {due: 6 working days")
    )
    found = difference(bundle(), bundle(text))
    assert {change.kind for change in found.changes} == {
        "stage.renamed",
        "clock.renamed",
        "clock.removed",
        "clock.added",
    }
    async with fresh_pool.acquire() as conn:
        seen = await effect_on_leads(conn, found, pumps(), pumps(text), now=NOW)
    told = {shift.name: (shift.moved, shift.closed, shift.new) for shift in seen.shifts}
    assert told == {"follow_up": (0, 0, 0), "talk": (0, 1, 0), "meet": (0, 0, 1)}
    assert not seen.blocked


async def test_what_is_in_no_stage_of_theirs_touches_no_lead(fresh_pool: Pool) -> None:
    """B.3: other words and another forecast move nothing."""
    await in_flight(fresh_pool)
    text = PROCESS.replace("title: Sales Accepted", "title: Taken on").replace("probability: 10%", "probability: 20%")
    found = difference(bundle(), bundle(text))
    async with fresh_pool.acquire() as conn:
        seen = await effect_on_leads(conn, found, pumps(), pumps(text), now=NOW)
    assert found.changes and seen.touched == () and seen.clocks_moved == 0
