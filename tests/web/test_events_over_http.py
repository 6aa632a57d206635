"""What happens to a lead over HTTP: what is possible is told with what it needs, and done as told (C.6, C.7)."""

from __future__ import annotations

import httpx
import pytest

from engine.access import CallerRole
from tests.installation import Installation
from tests.web.served import client, lead, problem, token
from web.house import House


@pytest.fixture
async def theirs(desk: Installation) -> tuple[str, str]:
    """A new lead, and whose it is."""
    key = await desk.new(kind="pumps", size="normal")
    owner = (await desk.snapshot(key)).owner
    assert owner is not None
    return key, owner


async def test_what_is_possible_is_told_with_what_it_needs(admin: httpx.AsyncClient, theirs: tuple[str, str]) -> None:
    """C.7: a form can be made of the answer: each event, whether it is possible, and the type of what is missing."""
    key, owner = theirs
    answer = await admin.get(f"/leads/{key}/allowed", params={"by": owner})
    body = answer.json()
    events = {one["event"]: one for one in body["events"]}
    assert (body["lead"], body["process"], body["stage"], body["by"]) == (key, "pumps", "fresh", owner)
    assert {name for name, one in events.items() if one["possible"]} >= {"accept", "rest", "drop"}
    assert events["accept"]["needs"] == []
    assert [(need["kind"], need["name"], need["type"]) for need in events["rest"]["needs"]] == [
        ("field", "wake_on", "date")
    ]


async def test_what_was_told_to_be_needed_is_enough(admin: httpx.AsyncClient, theirs: tuple[str, str]) -> None:
    """C.7: without it the event is refused by name of what is missing; with it, it happens."""
    key, owner = theirs
    short = problem(await admin.post(f"/leads/{key}/events", json={"event": "rest", "by": owner}), 409, "MISSING")
    assert [(item["kind"], item["name"]) for item in short["missing"]] == [("field", "wake_on")]
    whole = {"event": "rest", "by": owner, "fields": {"wake_on": "2030-01-07"}}
    done = await admin.post(f"/leads/{key}/events", json=whole)
    assert (done.status_code, done.json()["stage"], done.json()["event"]) == (200, "resting", "rest")
    shown = (await admin.get(f"/leads/{key}")).json()
    assert (shown["lead"]["stage"], shown["fields"]["wake_on"]) == ("resting", "2030-01-07")
    assert [line["happening"] for line in shown["events"]][:1] == ["arrived"]


async def test_an_event_under_its_own_id_happens_once(
    admin: httpx.AsyncClient, desk: Installation, theirs: tuple[str, str]
) -> None:
    """C.6: the same event again gets the same answer."""
    key, owner = theirs
    sent = {"event": "accept", "by": owner, "id": "accept-it"}
    first, again = [(await admin.post(f"/leads/{key}/events", json=sent)).json() for _ in range(2)]
    assert (first["stage"], first["duplicate"]) == ("working", False)
    assert again == first
    assert await desk.happenings(key) == ["arrived", "accept"]


async def test_refusals_say_what_is_possible_instead(admin: httpx.AsyncClient, theirs: tuple[str, str]) -> None:
    """C.7: not now, not by them, no such event, a wrong value: each with its own status and what would do."""
    key, owner = theirs
    asked = f"/leads/{key}/events"
    not_now = problem(await admin.post(asked, json={"event": "win", "by": owner}), 409, "NOT_HERE")
    assert "accept" in not_now["allowed"]
    wrong = {"event": "rest", "by": owner, "fields": {"wake_on": "soon"}}
    assert set(problem(await admin.post(asked, json=wrong), 422, "BAD_VALUE")["fields"]) == {"wake_on"}
    unknown = problem(await admin.post(asked, json={"event": "aceept", "by": owner}), 409, "UNKNOWN_EVENT")
    assert "accept" in unknown["allowed"]
    extra = problem(await admin.post(asked, json={"event": "accept", "colour": "red"}), 422, "BAD_FIELDS")
    assert set(extra["fields"]) == {"colour"}


async def test_whose_lead_it_is_not_sees_none(house: House, desk: Installation, theirs: tuple[str, str]) -> None:
    """S1.13: to others a lead is not there: whether there is one is not told either."""
    key, owner = theirs
    other = next(name for name in await desk.column("select key from person where key <> $$" + owner + "$$") if name)
    async with client(house, await token(desk, CallerRole.SELLER, person=other)) as seller:
        for answer in (
            await seller.get(f"/leads/{key}"),
            await seller.get(f"/leads/{key}/allowed"),
            await seller.post(f"/leads/{key}/events", json={"event": "accept"}),
            await seller.get("/leads/lead:web:nobodys"),
        ):
            problem(answer, 404, "UNKNOWN_LEAD")
    async with client(house, await token(desk, CallerRole.SELLER, person=owner)) as seller:
        assert (await seller.get(f"/leads/{key}")).json()["lead"]["key"] == key
        assert (await seller.post(f"/leads/{key}/events", json={"event": "accept"})).status_code == 200


async def test_an_upstream_system_follows_its_own_leads(site: httpx.AsyncClient, admin: httpx.AsyncClient) -> None:
    """S1.13: a sender sees how its own leads stand, not another's."""
    own = (await site.post("/leads", json=lead())).json()["lead"]
    foreign = (await admin.post("/leads", json=lead(source_system="crm"))).json()["lead"]
    assert (await site.get(f"/leads/{own}")).status_code == 200
    problem(await site.get(f"/leads/{foreign}"), 404, "UNKNOWN_LEAD")
