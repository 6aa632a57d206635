"""Leads come in once, whatever is sent twice or at once; what is personal stays in its place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from engine.errors import LeadflowError
from engine.happening import Arrival, EventIn
from engine.identity.card import Card
from engine.process import Process
from store import card, contacts, leads, listing, personal
from store.leads import NewLead, State
from store.pool import Connection, Pool
from tests.store.sales import (
    MONDAY,
    OPS,
    arrived,
    by_owner,
    fresh_lead,
    happen,
    pumps,
    registered,
    somebody_waits,
    staff,
)

PERSONAL = {"contact": "Ada Lovelace-Geheim", "email": "ada.geheim@example.org"}


@pytest.fixture(scope="module")
def process() -> Process:
    return pumps()


@pytest_asyncio.fixture
async def conn(pool: Pool) -> AsyncIterator[Connection]:
    async with pool.acquire() as acquired:
        yield acquired


async def test_fifty_registrations_of_one_lead_make_one(fresh_pool: Pool, process: Process) -> None:
    """C.6: an upstream system sent it, possibly fifty at once, and there is exactly one lead."""

    async def register() -> leads.Registered:
        async with fresh_pool.acquire() as conn:
            return await leads.register(conn, NewLead(fresh_lead(process, "lead:web:42"), "web", "42"))

    answers = await asyncio.gather(*(register() for _ in range(50)))
    assert [answer.created for answer in answers].count(True) == 1
    assert {answer.key for answer in answers} == {"lead:web:42"}
    assert all(answer.lead == fresh_lead(process, "lead:web:42") for answer in answers)
    async with fresh_pool.acquire() as conn:
        assert await conn.fetchval("select count(*) from lead") == 1


async def test_a_key_belongs_to_one_upstream_id(conn: Connection, process: Process) -> None:
    lead = fresh_lead(process, "taken")
    await leads.register(conn, NewLead(lead, "web", "taken-1"))
    with pytest.raises(LeadflowError, match="belongs to another lead"):
        await leads.register(conn, NewLead(lead, "web", "taken-2"))


async def test_a_touch_counts_once(conn: Connection, pool: Pool, process: Process) -> None:
    """S0.13: each source touch is kept, a repeated delivery of one is not."""
    await registered(pool, process, "touched")
    fair = {"source": "trade show", "campaign": "Hannover 2026"}
    assert await leads.add_touch(conn, "touched", MONDAY, fair, "fair:1")
    assert not await leads.add_touch(conn, "touched", MONDAY, fair, "fair:1")
    assert await leads.add_touch(conn, "touched", MONDAY, {"source": "web"}, "web:1", {"page": "/pumps"})
    shown = await card.lead_card(conn, "touched")
    assert shown is not None
    assert [(touch.source, touch.campaign, touch.payload) for touch in shown.touches] == [
        ("trade show", "Hannover 2026", {}),
        ("web", None, {"page": "/pumps"}),
    ]


async def test_a_lead_that_is_none_is_kept_apart_with_the_reason(conn: Connection) -> None:
    """S0.14: hiring and vendor leads are recognised and routed out with a reason."""
    assert await leads.keep_out(conn, "lead:web:job", "web", "job", "applications", "hiring", MONDAY)
    assert not await leads.keep_out(conn, "lead:web:job", "web", "job", "applications", "hiring", MONDAY)
    shown = await card.lead_card(conn, "lead:web:job")
    assert shown is not None
    assert (shown.origin.state, shown.origin.out_of_scope_reason) == (State.OUT_OF_SCOPE, "hiring")
    assert await leads.standing(conn, "lead:web:job") is None
    assert "lead:web:job" not in [one.lead.key for one in await leads.not_started(conn)]


async def test_a_registered_lead_is_found_until_a_workflow_takes_it_up(pool: Pool, process: Process) -> None:
    """Accepted is never lost: what was written but not started can be started."""
    await staff(pool)
    lead = await registered(pool, process, "waiting")
    async with pool.acquire() as conn:
        assert lead in [one.lead for one in await leads.not_started(conn)]
    await arrived(pool, process, "started")
    async with pool.acquire() as conn:
        assert "started" not in [one.lead.key for one in await leads.not_started(conn)]


async def test_what_an_event_brings_counts_only_once_it_has_happened(pool: Pool, process: Process) -> None:
    """B.7: personal values and notes wait in the database beside the event, and are gone if it is refused."""
    await staff(pool)
    lead = await arrived(pool, process, "parcelled")
    async with pool.acquire() as conn:
        refused = await leads.put_parcel(conn, lead.key, "ann", {"contact": "Nobody"}, "never")
        taken = await leads.put_parcel(conn, lead.key, "ann", {"contact": "Ada"}, "asked for Ada")
        await leads.drop_parcel(conn, refused)
    update = EventIn("update", OPS, known=("contact",), note=True, parcel=taken)
    await happen(pool, process, lead, update, MONDAY)
    async with pool.acquire() as conn:
        shown = await card.lead_card(conn, lead.key)
        assert shown is not None
        assert shown.origin.personal == {"contact": "Ada"}
        assert [(note.by, note.text, note.seq) for note in shown.notes] == [("ann", "asked for Ada", 2)]
        assert await conn.fetchval("select count(*) from parcel") == 0


async def test_a_decision_does_not_lose_what_is_written_beside_it(pool: Pool, process: Process) -> None:
    """A personal field that is filled while a decision is being written stays filled."""
    await staff(pool)
    lead = await arrived(pool, process, "beside")
    async with pool.acquire() as conn, conn.transaction():
        await leads.set_personal(conn, "beside", {"contact": "Ada"})
        deciding = asyncio.create_task(happen(pool, process, lead, by_owner(lead, "accept"), MONDAY))
        async with pool.acquire() as other:
            await somebody_waits(other)
    await deciding
    async with pool.acquire() as conn:
        standing = await leads.standing(conn, "beside")
    assert standing is not None
    assert standing.personal == {"contact": "Ada"}
    assert standing.lead.stage == "accepted"


async def test_what_is_personal_stands_in_its_place_only(fresh_pool: Pool, process: Process) -> None:
    """B.7: no other table holds a name or an address, and erasing a person keeps what is counted."""
    await staff(fresh_pool)
    lead = fresh_lead(process, "secret")
    async with fresh_pool.acquire() as conn:
        await leads.register(conn, NewLead(lead, "web", "secret", PERSONAL))
        await contacts.put(conn, "secret", "people", ("email",), Card(email=PERSONAL["email"], name="ada geheim"))
        await leads.add_touch(conn, "secret", MONDAY, {"source": "web"}, "web:secret")
        await leads.add_note(conn, "secret", MONDAY, "ann", "Frau Geheim wants two pumps")
    await happen(fresh_pool, process, lead, Arrival(), MONDAY)
    async with fresh_pool.acquire() as conn:
        assert await leads.put_parcel(conn, "secret", "ann", {"contact": "Geheim"}, "Geheim called")
        assert await _tables_with(conn, "geheim") == {"lead", "note", "parcel", "contact"}
        assert "geheim" in str(await conn.fetchval("select personal from lead")).lower()
        await conn.execute("update lead set personal = '{}'")
        assert await _tables_with(conn, "geheim") == {"note", "parcel", "contact"}

        await leads.set_personal(conn, "secret", PERSONAL)
        await personal.erase(conn, ["secret"])
        assert await _tables_with(conn, "geheim") == set()
        assert await conn.fetchval("select count(*) from identity where lead = 'secret'") == 0
        shown = await card.lead_card(conn, "secret")
    assert shown is not None
    assert shown.origin.erased_at is not None
    assert (len(shown.events), len(shown.touches), len(shown.notes)) == (1, 1, 1)


async def test_leads_are_found_by_what_people_call_them(conn: Connection, process: Process) -> None:
    for key, external_id, company in (("k1", "4711", "Cobalt"), ("k2", "k1", "Cobalt_Works"), ("k3", "100%", "Zinc")):
        lead = fresh_lead(process, key)
        await leads.register(conn, NewLead(replace(lead, title=company), "names", external_id))

    async def found(text: str) -> list[str]:
        return [line.key for line in await listing.find(conn, text)]

    assert await found("k1") == ["k1"]  # the key wins over the external id of another
    assert await found("4711") == ["k1"]
    assert await found("cobalt") == ["k1", "k2"]
    assert await found("cobalt_") == ["k2"]
    assert await found("%") == []


async def _tables_with(conn: Connection, text: str) -> set[str]:
    """The tables that hold a text, in whatever column. Only the bytes of a hash cannot be read so, by intent."""
    found = set()
    for (table,) in await conn.fetch("select tablename from pg_tables where schemaname = 'public'"):
        if await conn.fetchval(f'select count(*) from "{table}" as t where t::text ilike $1', f"%{text}%"):
            found.add(table)
    return found
