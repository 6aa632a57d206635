"""Leads over HTTP: each status says what it says, refusals name what is at fault, and what is known comes in once."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from engine.access import CallerRole
from tests.installation import Installation, eventually
from tests.web.served import client, lead, problem, token
from web.house import House


async def test_a_new_lead_is_answered_with_its_key_and_then_known(site: httpx.AsyncClient, desk: Installation) -> None:
    """C.6: 201 where it is new, 200 where it is the same again, and one lead however often."""
    sent = lead("first")
    new = await site.post("/leads", json=sent)
    again = await site.post("/leads", json=sent)
    assert (new.status_code, again.status_code) == (201, 200)
    assert (new.json()["lead"], new.json()["outcome"]) == ("lead:web:first", "new")
    assert (again.json()["lead"], again.json()["outcome"]) == ("lead:web:first", "known")
    assert again.json()["receipt"]["duplicate"] is True
    assert await desk.column("select count(*) from touch where lead = 'lead:web:first'") == [1]


async def test_another_inquiry_of_a_known_lead_is_another_touch(site: httpx.AsyncClient, desk: Installation) -> None:
    """S0.13: under another touch_id the lead has come again."""
    for touch in ("spring", "autumn", "autumn"):
        await site.post("/leads", json=lead("returning", touch_id=touch))
    assert await desk.column("select count(*) from touch where lead = 'lead:web:returning'") == [2]


async def test_fifty_of_one_lead_at_once_are_one(site: httpx.AsyncClient, desk: Installation) -> None:
    """C.6: the same lead, sent at the same time, is new to one of its senders."""
    sent = lead("fifty")
    came = await asyncio.gather(*(site.post("/leads", json=sent) for _ in range(50)))
    assert sorted(answer.status_code for answer in came) == [200] * 49 + [201]
    assert len({answer.json()["lead"] for answer in came}) == 1
    assert await desk.happenings("lead:web:fifty") == ["arrived"]


async def test_what_is_accepted_goes_on_if_the_server_dies_before_it_has_answered(
    desk: Installation, house: House
) -> None:
    """S1.4, C.6: accepted is durable: the lead that was being taken in is whole, and the sender who asks again finds it."""
    bearer = await token(desk, CallerRole.UPSTREAM, sources=["web"])
    async with client(house, bearer) as dying:
        task = asyncio.create_task(dying.post("/leads", json=lead("dying")))
        await eventually(lambda: desk.column("select key from lead where key = 'lead:web:dying'"))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert (await dying.post("/leads", json=lead("dying"))).status_code == 200
    assert (await desk.snapshot("lead:web:dying")).owner is not None


async def test_fields_at_fault_are_named(site: httpx.AsyncClient) -> None:
    """C.6: 422 with each field and what is wrong with it; nothing has come in."""
    body = problem(
        await site.post("/leads", json=lead("bad", size="huge", expected_on="soon", colour="red")), 422, "BAD_FIELDS"
    )
    assert set(body["fields"]) == {"size", "expected_on", "colour"}
    assert "small, lone, normal" in body["fields"]["size"]
    assert body["remedy"]
    problem(await site.get("/leads/lead:web:bad"), 404, "UNKNOWN_LEAD")


async def test_a_lead_is_flat(site: httpx.AsyncClient) -> None:
    """Section 5: what is no single value is refused by name, whatever the process says of it."""
    body = problem(await site.post("/leads", json=lead(size={"$ne": 1}, title=7)), 422, "BAD_FIELDS")
    assert body["fields"] == {"size": "must be a single value", "title": "must be text"}


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b'{"id": "1", "id": "2"}', "application/json", 400, "BAD_JSON"),
        (b'{"id": "1"', "application/json", 400, "BAD_JSON"),
        (b'["id"]', "application/json", 400, "BAD_JSON"),
        (b'{"id": NaN}', "application/json", 400, "BAD_JSON"),
        (b'{"id": 1e999}', "application/json", 400, "BAD_JSON"),
        (b"[" * 200_000, "application/json", 400, "BAD_JSON"),
        (b'{"a":' * 60 + b"1" + b"}" * 60, "application/json", 400, "BAD_JSON"),
        (b'{"id": "\xff\xfe"}', "application/json", 400, "BAD_UTF8"),
        (b'{"id": "\\ud800"}', "application/json", 400, "BAD_JSON"),
        (b"", "application/json", 400, "BAD_JSON"),
        (b"id=1", "application/x-www-form-urlencoded", 415, "BAD_CONTENT_TYPE"),
        (b"{}", "application/json; charset=latin-1", 415, "BAD_CONTENT_TYPE"),
        (b'{"id": "' + b"x" * 1_000_001 + b'"}', "application/json", 413, "TOO_LARGE"),
    ],
)
async def test_what_cannot_be_read_is_told_so(
    site: httpx.AsyncClient, content: bytes, kind: str, status: int, code: str
) -> None:
    """Section 5: broken JSON, names twice, deep nesting, broken UTF-8, other kinds and too much, each with its clear answer."""
    problem(await site.post("/leads", content=content, headers={"content-type": kind}), status, code)


async def test_a_body_that_hides_its_length_is_not_read_to_its_end(site: httpx.AsyncClient) -> None:
    """Section 5: 50 MB without a Content-Length are refused after the first."""
    read = 0

    async def endless() -> object:
        nonlocal read
        for _ in range(50):
            read += 1
            yield b" " * 1_000_000

    answer = await site.post("/leads", content=endless(), headers={"content-type": "application/json"})  # type: ignore[arg-type]
    problem(answer, 413, "TOO_LARGE")
    assert read < 5


async def test_compressed_bodies_are_not_unpacked(site: httpx.AsyncClient) -> None:
    """Section 5: what is small could be anything once it is unpacked."""
    kinds = {"content-type": "application/json", "content-encoding": "gzip"}
    problem(await site.post("/leads", content=b"\x1f\x8b", headers=kinds), 415, "BAD_ENCODING")


async def test_nobody_comes_in_without_a_token(house: House, desk: Installation) -> None:
    """S1.13: no token, a made-up one and a revoked one are 401, and a body is not read before that."""
    for bearer in (None, "lf_made_up", "x" * 5000):
        async with client(house, bearer) as stranger:
            answer = await stranger.post("/leads", content=b"{", headers={"content-type": "application/json"})
            problem(answer, 401, "NO_TOKEN" if bearer is None else "BAD_TOKEN")
            assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_an_upstream_system_sends_for_its_own_sources_only(
    site: httpx.AsyncClient, house: House, desk: Installation
) -> None:
    """S1.13: another's source is 403; with several of its own it has to be told which."""
    problem(await site.post("/leads", json=lead(source_system="crm")), 403, "FOREIGN_SOURCE")
    async with client(house, await token(desk, CallerRole.UPSTREAM, sources=["fair", "shop"])) as several:
        body = problem(await several.post("/leads", json=lead()), 422, "BAD_FIELDS")
        assert set(body["fields"]) == {"source_system"}
        assert (await several.post("/leads", json=lead("s1", source_system="shop"))).json()["lead"] == "lead:shop:s1"


async def test_who_may_not_send_leads_is_told_who_may(house: House, desk: Installation) -> None:
    """S1.13: 403 for a role that sends none."""
    async with client(house, await token(desk, CallerRole.OPS)) as ops:
        body = problem(await ops.post("/leads", json=lead()), 403, "FORBIDDEN")
    assert "upstream" in body["remedy"]


async def test_what_is_not_there_is_a_problem_too(site: httpx.AsyncClient) -> None:
    """C.6: no answer is without the form, nor without the headers that keep browsers and caches away."""
    missing = await site.get("/nothing")
    problem(missing, 404, "NO_ROUTE")
    wrong = await site.put("/leads", json={})
    problem(wrong, 405, "NO_METHOD")
    assert wrong.headers["allow"] == "POST"
    for answer in (missing, wrong):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "server" not in answer.headers


async def test_headers_that_are_too_many_or_said_twice_are_refused(site: httpx.AsyncClient) -> None:
    """Section 5, header tricks: of two that contradict each other none is taken."""
    problem(await site.get("/healthz", headers={f"x-{n}": "1" for n in range(120)}), 431, "HEAD_TOO_LARGE")
    problem(await site.get("/healthz", headers={"x": "y" * 20_000}), 431, "HEAD_TOO_LARGE")
    problem(await site.get("/healthz?" + "x" * 5_000), 414, "ADDRESS_TOO_LONG")
    twice = [("Authorization", "Bearer lf_a"), ("Authorization", "Bearer lf_b")]
    problem(await site.get("/healthz", headers=twice), 400, "HEADER_TWICE")


async def test_it_lives_and_is_ready(house: House) -> None:
    """S1.4: for whoever watches it, without a token."""
    async with client(house) as nobody:
        assert (await nobody.get("/healthz")).json() == {"status": "live"}
        assert (await nobody.get("/readyz")).json() == {"status": "ready"}


async def test_what_a_lead_lacks_is_told_and_it_is_taken_in(site: httpx.AsyncClient, desk: Installation) -> None:
    """S0.14: a lead without a field that its process requires is kept, and its sender learns which."""
    answer = await site.post("/leads", json={"id": "lacks", "kind": "pumps"})
    assert (answer.status_code, answer.json()["outcome"], answer.json()["missing"]) == (201, "new", ["size"])
    again = await site.post("/leads", json={"id": "lacks", "kind": "pumps"})
    assert (again.status_code, again.json()["outcome"]) == (200, "known")
    whole = await site.post("/leads", json=lead("whole"))
    assert (whole.json()["missing"], whole.json()["invalid"]) == ([], [])
