"""How reliable the data of each source is, and how clean the database was month by month: counted from what came in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from engine.compiling.bundle import SourceText, parse
from engine.happening import Arrival, EventIn
from engine.language.tables import SourcesFile
from engine.lead import Lead, Value
from engine.process import Process
from engine.step import new_lead
from store import leads, quality, sources
from store.leads import NewLead, Quality
from store.pool import Pool
from tests.store.sales import MONDAY, OPS, by_owner, happen, pumps, staff

NAMES = """
sources: names
of:
  web: {title: Web site, group: web, aliases: [Web Form]}
  careers: {title: Careers, kind: hiring}
campaigns:
  spring: {title: Spring, source: web}
countries: {DE: [BRD]}
"""
LATER = MONDAY + timedelta(days=40)
"""In the month after the next."""


@pytest.fixture(scope="module")
def process() -> Process:
    return pumps()


def table(text: str = NAMES) -> SourcesFile:
    model = parse(SourceText("sources.yaml", text)).model
    assert isinstance(model, SourcesFile)
    return model


async def came(
    pool: Pool,
    process: Process,
    key: str,
    source: str | None,
    *,
    fields: Mapping[str, Value] = {"company": "Cobalt"},
    invalid: tuple[str, ...] = (),
    at: datetime = MONDAY,
) -> Lead:
    """A lead as the front door takes it in: registered with its touch, then decided."""
    lead = new_lead(process, key, key, {**fields, "source": source}, (), at)
    missing = tuple(name for name in process.required if name not in fields)
    filled = len(process.required) - len(missing)
    async with pool.acquire() as conn:
        await leads.register(conn, NewLead(lead, "crm", key, missing=missing))
        raw = dict.fromkeys(invalid, "nowhere")
        told = Quality(raw, invalid, missing, 2, filled)
        await leads.add_touch(conn, key, at, {"source": source, "campaign": "spring"}, f"row:{key}", {}, told)
    return await happen(pool, process, lead, Arrival(), at)


async def again(pool: Pool, key: str, source: str, at: datetime = MONDAY) -> None:
    async with pool.acquire() as conn:
        await leads.add_touch(conn, key, at, {"source": source}, f"again:{key}:{source}", {}, Quality({}, (), (), 2, 2))


async def test_each_source_is_told_by_what_it_brought(fresh_pool: Pool, process: Process) -> None:
    """S0.11, S0.14: completeness, invalid contacts, duplicates, later rejects, what was none, and sources that nobody knows."""
    await staff(fresh_pool)
    async with fresh_pool.acquire() as conn:
        await sources.load(conn, table(), "test")
        touch = {"source": "careers", "campaign": None, "channel": None, "origin": None}
        await leads.keep_out(conn, "job", "crm", "job", "wants a job", "hiring", MONDAY, touch)
    good = await came(fresh_pool, process, "good", "web")
    await came(fresh_pool, process, "half", "web", fields={})
    await came(fresh_pool, process, "wrong", "hearsay", invalid=("email",))
    await came(fresh_pool, process, "nameless", None)
    await again(fresh_pool, "half", "hearsay")
    await happen(fresh_pool, process, good, by_owner(good, "reject", codes={"reason": "price"}), MONDAY)

    async with fresh_pool.acquire() as conn:
        told = {line.name: line for line in await quality.by(conn, quality.By.SOURCE)}
        kept_out = await quality.out_of_scope(conn)
        groups = {line.name: line.came for line in await quality.by(conn, quality.By.GROUP)}
        systems = {line.name: line.leads for line in await quality.by(conn, quality.By.SOURCE_SYSTEM)}
        shown = {line.name: (line.known, line.touches) for line in await sources.sources(conn)}
        assert await quality.by(conn, quality.By.CAMPAIGN, since=LATER) == ()
    assert set(told) == {"web", "hearsay", "careers", None}
    web, hearsay, careers = told["web"], told["hearsay"], told["careers"]
    assert (web.known, web.came, web.leads, web.duplicates) == (True, 2, 2, 0)
    assert (web.incomplete, web.rejected, web.invalid, web.completeness) == (1, 1, 0, 1 / 4)
    assert (hearsay.known, hearsay.came, hearsay.leads, hearsay.duplicates) == (False, 2, 1, 1)
    assert (hearsay.invalid, hearsay.completeness) == (1, 3 / 4)
    assert (careers.leads, careers.out_of_scope, careers.completeness) == (0, 1, None)
    assert [(one.rule, one.reason, one.source, one.leads) for one in kept_out] == [
        ("wants a job", "hiring", "careers", 1)
    ]
    assert groups == {"web": 2, None: 4}
    assert systems == {"crm": 4}
    assert shown == {"web": (True, 2), "careers": (True, 1), "hearsay": (False, 2)}


async def test_an_alias_that_is_learned_later_counts_for_what_came_before(fresh_pool: Pool, process: Process) -> None:
    """S0.11: what was unknown is kept as it was sent, and reports know it once the table does."""
    await staff(fresh_pool)
    await came(fresh_pool, process, "early", "WEB-form")
    async with fresh_pool.acquire() as conn:
        first = await sources.load(conn, table(NAMES.replace(", aliases: [Web Form]", "")), "test")
        assert first.unknown == {"source": ["WEB-form"], "campaign": []}
        assert [(one.name, one.known) for one in await quality.by(conn, quality.By.SOURCE)] == [("WEB-form", False)]
        second = await sources.load(conn, table(), "test")
        assert second.unknown == {"source": [], "campaign": []}
        assert [(one.name, one.known) for one in await quality.by(conn, quality.By.SOURCE)] == [("web", True)]
        assert await conn.fetchval("select source from touch") == "WEB-form"
        known = await sources.current(conn)
    assert (known.sources["web"], known.kinds, known.countries) == (
        ["Web Form"],
        {"careers": "hiring"},
        {"DE": ["BRD"]},
    )


async def test_the_database_becomes_cleaner_as_people_mend_leads(fresh_pool: Pool, process: Process) -> None:
    """S0.15: at the end of each month, how many leads there were and how many had nothing wrong, as it was then."""
    await staff(fresh_pool)
    async with fresh_pool.acquire() as conn:
        await sources.load(conn, table(), "test")
    half = await came(fresh_pool, process, "half", "web", fields={})
    wrong = await came(fresh_pool, process, "wrong", "web", invalid=("email",))
    await came(fresh_pool, process, "good", "web")
    await came(fresh_pool, process, "strange", "hearsay", at=LATER)
    half = await happen(fresh_pool, process, half, EventIn("update", OPS, fields={"company": "Cobalt"}), LATER)
    async with fresh_pool.acquire() as conn:
        parcel = await leads.put_parcel(conn, wrong.key, "ops", {"email": "ada@cobalt.example"}, None)
    mended = EventIn("update", OPS, known=("email",), parcel=parcel)
    await happen(fresh_pool, process, wrong, mended, LATER)

    async with fresh_pool.acquire() as conn:
        months = (await quality.months(conn, until=LATER + timedelta(days=31)))[:2]
        marks = await conn.fetch("select key, missing, invalid from lead where missing <> '{}' or invalid <> '{}'")
    assert [
        (one.month.month, one.leads, one.incomplete, one.invalid, one.unknown_source, one.clean) for one in months
    ] == [
        (11, 3, 1, 1, 0, 1),
        (12, 4, 0, 0, 1, 3),
    ]
    assert marks == []


async def test_a_task_that_asks_for_what_is_missing_goes_with_the_lead_and_ends_with_it(
    fresh_pool: Pool, process: Process
) -> None:
    """S0.11: there is one such task at a time; a lead that is over needs nothing any more."""
    await staff(fresh_pool)
    lead = await came(fresh_pool, process, "half", "web", fields={})

    async def tasks() -> list[tuple[str, str, bool]]:
        rows = await fresh_pool.fetch("select * from task where completes order by created_at")
        return [(row["title"], row["person"], row["done_at"] is not None) for row in rows]

    assert await tasks() == [("Find out what is missing: company", lead.owner, False)]
    lead = await happen(fresh_pool, process, lead, EventIn("assign", OPS, to="eva"), MONDAY)
    assert await tasks() == [("Find out what is missing: company", "eva", False)]
    lead = await happen(fresh_pool, process, lead, EventIn("update", OPS, fields={"company": "Cobalt"}), MONDAY)
    lead = await happen(fresh_pool, process, lead, EventIn("update", OPS, fields={"company": None}), LATER)
    assert [done for _, _, done in await tasks()] == [True, False]
    for event in ("accept", "win", "delivered"):
        lead = await happen(fresh_pool, process, lead, by_owner(lead, event), LATER)
    assert [done for _, _, done in await tasks()] == [True, True]
