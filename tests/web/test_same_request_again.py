"""`Idempotency-Key`: the same request again gets the same answer, to the letter, at the same time and after a restart too (C.6)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import pytest
import pytest_asyncio

from engine.access import CallerRole
from store import requests
from tests.installation import Installation, eventually
from tests.web.served import client, house_on, lead, problem, token
from web.house import House


@pytest_asyncio.fixture(scope="module")
async def bearer(desk: Installation) -> str:
    return await token(desk, CallerRole.UPSTREAM, sources=["web"])


def under(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


async def test_it_is_answered_the_same_to_the_letter(site: httpx.AsyncClient, desk: Installation) -> None:
    """The second time it would be 200 without the key; with it, it is 201 again, whatever has become of the lead since."""
    sent = lead("k-same")
    first = await site.post("/leads", json=sent, headers=under("same"))
    await desk.done("lead:web:k-same", "accept")
    again = await site.post("/leads", json=dict(reversed(sent.items())), headers=under("same"))
    assert first.status_code == again.status_code == 201
    assert first.content == again.content


async def test_it_is_answered_the_same_at_the_same_time(site: httpx.AsyncClient, desk: Installation) -> None:
    """One is worked, nine wait for its answer."""
    sent = lead("k-once")
    came = await asyncio.gather(*(site.post("/leads", json=sent, headers=under("at-once")) for _ in range(10)))
    assert {(answer.status_code, answer.content) for answer in came} == {(201, came[0].content)}
    assert await desk.column("select count(*) from touch where lead = 'lead:web:k-once'") == [1]


async def test_it_is_answered_the_same_after_a_restart(desk: Installation, bearer: str) -> None:
    """Another process, which knows nothing but the database."""
    sent = lead("k-restart")
    async with client(house_on(desk), bearer) as before:
        first = await before.post("/leads", json=sent, headers=under("restart"))
    async with client(house_on(desk), bearer) as after:
        again = await after.post("/leads", json=sent, headers=under("restart"))
    assert (first.status_code, first.content) == (again.status_code, again.content) == (201, first.content)


async def test_another_request_under_its_key_is_refused(site: httpx.AsyncClient) -> None:
    await site.post("/leads", json=lead("k-one"), headers=under("taken"))
    body = problem(await site.post("/leads", json=lead("k-two"), headers=under("taken")), 422, "KEY_REUSED")
    assert set(body["fields"]) == {"Idempotency-Key"}
    problem(await site.get("/leads/lead:web:k-two"), 404, "UNKNOWN_LEAD")


async def test_keys_of_one_sender_are_nothing_to_another(site: httpx.AsyncClient, house: House, bearer: str) -> None:
    sent = lead("k-shared")
    assert (await site.post("/leads", json=sent, headers=under("shared"))).status_code == 201
    async with client(house, bearer) as other:
        assert (await other.post("/leads", json=sent, headers=under("shared"))).status_code == 200


async def test_an_event_happens_once_and_its_answer_stays(admin: httpx.AsyncClient, desk: Installation) -> None:
    """C.7: a refusal is an answer too: the same request is refused the same, even if by now it would not be."""
    key = await desk.new(kind="pumps", size="normal")
    owner = (await desk.snapshot(key)).owner
    refused = await admin.post(f"/leads/{key}/events", json={"event": "rest", "by": owner}, headers=under("rest-1"))
    problem(refused, 409, "MISSING")
    sent = {"event": "accept", "by": owner}
    first = await admin.post(f"/leads/{key}/events", json=sent, headers=under("accept-1"))
    again = await admin.post(f"/leads/{key}/events", json=sent, headers=under("accept-1"))
    assert (first.status_code, first.content) == (again.status_code, again.content) == (200, first.content)
    same = await admin.post(f"/leads/{key}/events", json={"event": "rest", "by": owner}, headers=under("rest-1"))
    assert (same.status_code, same.content) == (409, refused.content)
    assert await desk.happenings(key) == ["arrived", "accept"]


async def test_what_was_wrong_may_be_mended_under_the_same_key(site: httpx.AsyncClient) -> None:
    """A request that could not be let in has had no effect."""
    problem(await site.post("/leads", json=lead("k-mend", size="huge"), headers=under("mend")), 422, "BAD_FIELDS")
    assert (await site.post("/leads", json=lead("k-mend"), headers=under("mend"))).status_code == 201


async def test_who_died_over_it_is_followed_by_the_next(
    desk: Installation, house: House, bearer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody took it on and never answered: the same request waits, and once that is long ago, takes it on."""
    sent = lead("k-died")

    async def hangs(*_: object, **__: object) -> None:
        await asyncio.Event().wait()

    async with client(house, bearer) as opened:
        monkeypatch.setattr("web.leads.take_in", hangs)
        task = asyncio.create_task(opened.post("/leads", json=sent, headers=under("died")))
        await eventually(lambda: desk.column("select key from request_once where key = 'died'"))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        monkeypatch.undo()
        assert await desk.column("select status from request_once where key = 'died'") == [None]
        waits = asyncio.create_task(opened.post("/leads", json=sent, headers=under("died")))
        long_ago = requests.DIED_AFTER + timedelta(seconds=1)
        await desk.pool.execute(
            "update request_once set claimed_at = claimed_at - $1::interval where key = 'died'", long_ago
        )
        assert (await waits).status_code in (200, 201)
    assert await desk.column("select count(*) from touch where lead = 'lead:web:k-died'") == [1]


async def test_answers_are_kept_for_a_week_at_least(site: httpx.AsyncClient, desk: Installation) -> None:
    await site.post("/leads", json=lead("k-old"), headers=under("old"))
    await site.post("/leads", json=lead("k-older"), headers=under("older"))
    for key, days in (("old", 7), ("older", 9)):
        await desk.pool.execute(
            "update request_once set claimed_at = claimed_at - $2::interval where key = $1", key, timedelta(days=days)
        )
    async with desk.pool.acquire() as connection:
        assert await requests.forget(connection) >= 1
    assert await desk.column("select key from request_once where key in ('old', 'older')") == ["old"]


async def test_nothing_personal_is_kept_with_an_answer(site: httpx.AsyncClient, desk: Installation) -> None:
    """B.7: neither of a lead that came in, nor of one that was refused."""
    for number, more in enumerate(({}, {"size": "huge"}, {"ada.geheim@example.org": "x"})):
        sent = lead(f"ada.geheim{number}@example.org", title="Ada Geheim", **more)
        await site.post("/leads", json=sent, headers=under(f"personal-{number}"))
    kept = await desk.column("select request_once::text from request_once")
    assert not [row for row in kept if "geheim" in row.lower()]


@pytest.mark.parametrize("key", ["", "with blanks", "x" * 201, "ümlaut"])
async def test_a_key_is_a_short_word(site: httpx.AsyncClient, key: str) -> None:
    """Section 5, header tricks."""
    headers = [(b"Idempotency-Key", key.encode())]
    problem(await site.post("/leads", json=lead(), headers=headers), 422, "BAD_FIELDS")
