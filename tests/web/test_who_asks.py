"""What is noted of a request, how often one may ask, and what never stands in an answer or a log."""

from __future__ import annotations

import logging

import pytest
import pytest_asyncio

from engine.access import CallerRole
from engine.process import Process
from store import audit, credentials, leads
from store.pool import Pool
from tests.store.sales import arrived, pumps, staff
from tests.web.at_the_door import PARTNERS, browser, house_of, token_for
from web.house import House
from web.pace import Pace


@pytest.fixture(scope="module")
def process() -> Process:
    return pumps()


@pytest_asyncio.fixture(scope="module")
async def house(pool: Pool) -> House:
    await staff(pool)
    await staff(pool, PARTNERS)
    return await house_of(pool)


async def test_a_lead_of_somebody_else_is_one_that_there_is_not(pool: Pool, house: House, process: Process) -> None:
    """S1.13: whether there is a lead is no secret that can be asked for: the same answer, in every word."""
    lead = await arrived(pool, process, "lead:test:1", country="DE")
    async with pool.acquire() as conn:
        await leads.set_personal(conn, lead.key, {"email": "ada@example.org"})
        other = "ben" if lead.owner != "ben" else "eva"
        tokens = {
            person: (await credentials.issue(conn, str(person), CallerRole.SELLER, by="test", person=person)).token
            for person in (lead.owner, other)
        }
    async with browser(house, token=tokens[lead.owner]) as own, browser(house, token=tokens[other]) as foreign:
        shown = await own.get(f"/leads/{lead.key}")
        assert shown.status_code == 200 and "ada@example.org" in shown.text
        for path in ("/leads/{}", "/leads/{}/allowed"):
            hidden = await foreign.get(path.format(lead.key))
            unknown = await foreign.get(path.format("lead:test:2"))
            assert (hidden.status_code, hidden.text) == (404, unknown.text)
        event = {"event": "accept", "by": lead.owner}
        feigned = await foreign.post(f"/leads/{lead.key}/events", json=event)
        assert (feigned.status_code, feigned.json()["code"]) == (403, "FOREIGN_PERSON")
        refused = await foreign.post(f"/leads/{lead.key}/events", json={"event": "accept"})
        assert (refused.status_code, refused.json()["code"]) == (404, "UNKNOWN_LEAD")


async def test_what_changes_anything_is_noted_without_what_it_said(pool: Pool, house: House) -> None:
    """Section 4: who, what, on which lead, whence and how it ended; no query, no body, no token."""
    seller = await token_for(pool, CallerRole.SELLER, "noted")
    ops = await token_for(pool, CallerRole.OPS, "ops")
    async with browser(house, token=seller) as client:
        await client.post("/leads/lead:web:1/events?secret=geheim", json={"event": "accept", "note": "geheim"})
        await client.get("/leads/lead:web:1?secret=geheim")
    async with browser(house, token=ops) as client:
        await client.post("/leads", json={"id": "geheim"})
        assert (await client.get("/leads/lead:web:1")).status_code == 404
    async with pool.acquire() as conn:
        noted = [entry for entry in await audit.entries(conn) if entry.who in ("noted", "ops")]
    assert [(entry.who, entry.role, entry.what, entry.ended, entry.leads, entry.origin) for entry in noted] == [
        ("ops", "ops", "send_leads", audit.Ended.REFUSED, (), "POST /leads from 192.0.2.1"),
        (
            *("noted", "seller", "send_events", audit.Ended.REFUSED, ("lead:web:1",)),
            "POST /leads/{key}/events from 192.0.2.1",
        ),
    ]
    assert "geheim" not in repr(noted) and seller not in repr(noted)


async def test_nothing_is_answered_as_done_that_could_not_be_noted(pool: Pool, house: House) -> None:
    """Section 4: an audit with holes is none."""
    token = await token_for(pool, CallerRole.ADMIN)
    async with pool.acquire() as conn:
        await conn.execute("alter table audit rename to elsewhere")
        try:
            async with browser(house, token=token) as client:
                answer = await client.post("/leads", json={})
            assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")
        finally:
            await conn.execute("alter table elsewhere rename to audit")


async def test_a_caller_who_asks_too_often_waits(pool: Pool, house: House) -> None:
    """Section 4: tokens are rate-limited: 429 with the time to wait, for this caller and for no other."""
    slow = await house_of(pool, Pace(machines=5, people=3))
    seller, admin = await token_for(pool, CallerRole.SELLER), await token_for(pool, CallerRole.ADMIN)
    async with browser(slow, token=seller) as client:
        assert [(await client.get("/me")).status_code for _ in range(5)] == [200, 200, 200, 429, 429]
        answer = await client.get("/me")
        assert answer.json()["code"] == "TOO_OFTEN" and 1 <= int(answer.headers["retry-after"]) <= 60
    async with browser(slow, token=admin) as client:
        assert [(await client.get("/me")).status_code for _ in range(6)] == [200] * 5 + [429]


async def test_an_address_that_guesses_is_slowed_down_and_who_has_a_token_is_not(pool: Pool, house: House) -> None:
    """Section 4: failed sign-ins are limited by address."""
    strict = await house_of(pool, Pace(failures=3))
    token = await token_for(pool, CallerRole.ADMIN)
    async with browser(strict) as client:
        statuses = [
            (await client.get("/me", headers={"Authorization": f"Bearer lf_{number}"})).status_code
            for number in range(5)
        ]
        assert statuses == [401, 401, 401, 429, 429]
        assert (await client.get("/me", headers={"Authorization": f"Bearer {token}"})).status_code == 200
    async with browser(strict, address="192.0.2.2") as client:
        assert (await client.get("/me", headers={"Authorization": "Bearer lf_x"})).status_code == 401


async def test_no_token_stands_in_a_log_or_an_answer(
    pool: Pool, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """Section 4: no secret in logs, errors or URLs: not even where somebody puts it into the address."""
    caplog.set_level(logging.DEBUG)
    token = await token_for(pool, CallerRole.ADMIN)
    answers = []
    async with browser(house, token=token) as client:
        answers.append(await client.get("/me"))
        answers.append(await client.get(f"/leads/{token}"))
        answers.append(await client.get(f"/me?token={token}"))
        answers.append(await client.post("/leads", json={"id": "1", "email": token}))
        answers.append(await client.request("GET", f"/{token}"))
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    assert all(token not in line for line in ours)
    assert all(token not in answer.text and token not in str(answer.headers) for answer in answers)
    async with browser(house) as client:  # a token in the address is none
        assert (await client.get(f"/me?token={token}&access_token={token}")).status_code == 401
