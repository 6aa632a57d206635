"""Leads that lack something, or have something wrong in them: kept, marked, put on somebody's list, and mended (S0.11)."""

from __future__ import annotations

from typing import Any

from engine.lead import Ownership
from store import card, listing
from store.personal import erase
from tests.installation import Installation
from workflows import story

HALF: dict[str, Any] = {
    "kind": "sales",
    "channel": "direct",
    "source": "web",
    "product_line": "pumps",
    "email": "ask reception",
    "phone": "030 901820",
}


async def tasks(desk: Installation, key: str) -> list[tuple[str, str | None, bool]]:
    rows = await desk.rows("select * from task where lead = $1 and completes order by key", key)
    return [(row["title"], row["person"], row["done_at"] is not None) for row in rows]


async def test_half_a_lead_is_kept_and_its_owner_finds_out_the_rest(office: Installation) -> None:
    """S0.11: not refused but taken, marked incomplete, on a person's list; the task is done once nothing is missing any more."""
    key = await office.new("half", **HALF, country="Germany")
    owner = (await office.lead(key)).owner
    assert owner is not None
    assert await tasks(office, key) == [("Find out what is missing: Company", owner, False)]
    async with office.pool.acquire() as connection:
        [line] = await listing.listing(connection, listing.Filter(incomplete=True, keys=(key,)))
    assert (line.missing, line.invalid) == (["company"], ["email"])

    await office.done(key, "update", owner, fields={"company": "Cobalt"})
    assert await tasks(office, key) == [("Find out what is missing: Company", owner, True)]
    async with office.pool.acquire() as connection:
        assert await listing.listing(connection, listing.Filter(incomplete=True, keys=(key,))) == ()
        assert await connection.fetchval("select done_by from task where lead = $1 and completes", key) == owner


async def test_nobody_s_half_lead_is_on_the_list_of_whoever_decides_and_goes_with_the_lead(
    office: Installation,
) -> None:
    """S0.11, S4.6: a task always ends at a named person."""
    key = await office.new("nobody-s", **HALF, company="Cobalt Nowhere")
    assert (await office.lead(key)).ownership is Ownership.HELD
    assert await tasks(office, key) == [("Find out what is missing: Country", "maria_lopez", False)]
    await office.done(key, "assign", "ops", to="anna_schulz")
    assert await tasks(office, key) == [("Find out what is missing: Country", "anna_schulz", False)]


async def test_what_comes_with_another_inquiry_is_not_asked_for_any_more(office: Installation) -> None:
    """S0.11, S0.13: the touch fills what was unknown, and takes the mark of the invalid address away."""
    key = await office.new("again", **HALF, country="DE")
    await office.arrive("again", **{**HALF, "email": "ada@cobalt.example"}, company="Cobalt Again", country="DE")
    assert [done for _, _, done in await tasks(office, key)] == [True]
    assert await office.column("select missing::text || invalid::text from lead where key = $1", key) == ["{}{}"]


async def test_people_see_what_was_sent_and_history_does_not(office: Installation) -> None:
    """S0.11, B.7: an address that is none is unknown and kept as it came; neither it nor the number is in history."""
    key = await office.new("as-sent", **{**HALF, "phone": "(030) 9018-20"}, company="Cobalt Raw", country="Deutschland")
    lead = await office.lead(key)
    assert lead.fields["country"] == "DE"
    assert lead.known == ("phone",)
    async with office.pool.acquire() as connection:
        shown = await card.lead_card(connection, key)
        assert shown is not None
        [touch] = shown.touches
        assert touch.raw == {"email": "ask reception", "phone": "(030) 9018-20", "country": "Deutschland"}
        assert (touch.invalid, shown.origin.personal) == (["email"], {"phone": "+4930901820"})
        without = await card.lead_card(connection, key, personal=False)
        assert without is not None and without.touches[0].raw == {}
    history = str([event for run in await office.runs(key) for event in run.events])
    assert not any(text in history for text in ("ask reception", "9018-20", "4930901820"))

    async with office.pool.acquire() as connection:
        await erase(connection, [key])
        erased = await card.lead_card(connection, key)
    assert erased is not None and erased.touches[0].raw == {}


async def test_the_temporal_ui_says_what_is_missing(office: Installation) -> None:
    """C.7, S0.11: whoever opens the lead sees it at once."""
    key = await office.new("told", **HALF, country="DE")
    carried = await office.state(key)
    process = office.catalog.get(carried.lead.digest)
    assert "**Incomplete** Company not known" in story.details(
        process, carried.lead, carried.story, await office.now(key)
    )
