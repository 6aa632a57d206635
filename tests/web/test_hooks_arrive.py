"""Webhooks as providers send them, to the real application: what is well signed counts once, what is not leaves nothing behind."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from client.hooks.file import HookFile, read_hooks
from client.hooks.signed import signature_of
from settings import Settings
from tests.installation import ROOT, Installation, installation, shipped_around_the_clock, shipped_roster
from web.app import create_app
from web.house import House

SECRET = "between us and the provider"
SHIPPED = read_hooks(ROOT / "definitions")
HOOKS = {**SHIPPED, "crm": SHIPPED["crm"].model_copy(update={"also_about": ["test"]})}
FORM_HOOK = HookFile.model_validate_json(
    json.dumps(
        {
            "hook": "callback",
            "source_system": "callback",
            "signature": {"header": "X-Signature", "signs": "{timestamp}.{body}"},
            "timestamp": {"header": "X-Timestamp"},
            "id": "delivery",
            "events": [
                {
                    "when": {"kind": "size"},
                    "event": "update",
                    "key": "person",
                    "by": "marketing",
                    "fields": {"employees": {"from": "employees"}},
                }
            ],
            "leads": [
                {
                    "when": {"kind": "callback"},
                    "key": "person[id]",
                    "constants": {"kind": "sales", "source": "call_back", "channel": "direct"},
                    "fields": {"company": {"from": "company"}, "country": {"from": "country"}},
                }
            ],
        }
    ),
    strict=False,
)


@pytest_asyncio.fixture(scope="module")
async def office(temporal: WorkflowEnvironment, database: str) -> AsyncIterator[Installation]:
    async with installation(temporal, database, shipped_around_the_clock(), [shipped_roster()]) as made, made.worker():
        yield made


@pytest_asyncio.fixture(scope="module")
async def provider(office: Installation, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(
        home=tmp_path_factory.mktemp("home"), hook_secrets=dict.fromkeys((*HOOKS, "callback"), ("old", SECRET))
    )
    house = House(office.office, settings, hooks={**HOOKS, "callback": FORM_HOOK})
    transport = httpx.ASGITransport(create_app(house))
    async with httpx.AsyncClient(transport=transport, base_url="http://leadflow") as client:
        yield client


async def leads_and_touches(office: Installation) -> tuple[int, int, int]:
    counts = [await office.column(f"select count(*) from {table}") for table in ("lead", "touch", "event")]
    return counts[0][0], counts[1][0], counts[2][0]


def form(id: str, token: str, at: float | None = None, **answers: str) -> dict[str, Any]:
    told = {"company": "Nordwerk", "country": "DE", **answers}
    sent = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at or time.time()))
    return {
        "event_id": id,
        "event_type": "form_response",
        "form_response": {
            "form_id": "request_offer",
            "token": token,
            "submitted_at": sent,
            "answers": [
                {"field": {"ref": "country"}, "choice": {"id": told.pop("country")}},
                *({"field": {"ref": ref}, "text": text} for ref, text in told.items()),
            ],
        },
    }


def signed(name: str, body: Mapping[str, Any] | bytes, at: float | None = None, secret: str = SECRET) -> dict[str, Any]:
    """A request as the provider makes it."""
    rule = {**HOOKS, "callback": FORM_HOOK}[name]
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    stamp = str(int(at or time.time()))
    signature = signature_of(rule, secret, stamp if rule.timestamp.header else "", raw)
    headers = {"content-type": "application/json"}
    match name:
        case "crm":
            headers["X-Crm-Signature"] = f"t={stamp},v1={signature}"
        case "web_forms":
            headers["X-Forms-Signature"] = signature
        case _:
            headers |= {"X-Signature": signature, "X-Timestamp": stamp}
    return {"url": f"/hooks/{name}", "content": raw, "headers": headers}


async def test_a_form_that_is_filled_in_is_a_lead_with_an_owner(
    office: Installation, provider: httpx.AsyncClient
) -> None:
    """C.6, S4.3: 201, and it is there; the provider that sends it again is answered the same, and nothing happens."""
    request = signed("web_forms", form("d-1", "r-1"))
    first = await provider.post(**request)
    assert (first.status_code, first.json()["outcome"], first.json()["lead"]) == (201, "new", "lead:web_forms:r-1")
    assert (await office.snapshot("lead:web_forms:r-1")).owner is not None
    before = await leads_and_touches(office)
    again = await provider.post(**request)
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert await leads_and_touches(office) == before


async def test_ten_times_at_once_is_once(office: Installation, provider: httpx.AsyncClient) -> None:
    """C.6: a provider that is impatient."""
    request = signed("web_forms", form("d-10", "r-10"))
    answers = await asyncio.gather(*(provider.post(**request) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {201}
    assert await office.column("select count(*) from touch where lead = 'lead:web_forms:r-10'") == [1]


async def test_a_form_encoded_body_is_read_as_well(office: Installation, provider: httpx.AsyncClient) -> None:
    """C.6: as browsers send forms."""
    raw = urlencode(
        {"delivery": "f1", "kind": "callback", "person[id]": "77", "company": "Bäcker & Söhne", "country": "at"}
    ).encode()
    request = signed("callback", raw)
    request["headers"]["content-type"] = "application/x-www-form-urlencoded"
    answer = await provider.post(**request)
    assert answer.status_code == 201, answer.text
    lead = await office.snapshot("lead:callback:77")
    assert (lead.fields["company"], lead.fields["country"]) == ("Bäcker & Söhne", "AT")


async def test_what_happens_at_the_provider_happens_to_the_lead(
    office: Installation, provider: httpx.AsyncClient
) -> None:
    """C.6: an event of a lead that came by the same hook, once under its id, whatever comes again."""
    raw = urlencode({"delivery": "s1", "kind": "callback", "person[id]": "78", "company": "Cobalt", "country": "de"})
    request = signed("callback", raw.encode())
    request["headers"]["content-type"] = "application/x-www-form-urlencoded"
    key = (await provider.post(**request)).json()["lead"]
    event = signed("callback", {"delivery": "s2", "kind": "size", "person": 78, "employees": 40})
    done = await provider.post(**event)
    assert (done.status_code, done.json()["outcome"], done.json()["lead"]) == (200, "done", key)
    assert (await office.snapshot(key)).fields["employees"] == 40
    assert (await provider.post(**event)).json() == done.json()
    assert (await office.happenings(key)).count("update") == 1


async def test_an_event_that_is_not_possible_yet_can_be_sent_again(
    office: Installation, provider: httpx.AsyncClient
) -> None:
    """C.6: refused with what is possible now; what is of no interest is told so; an unknown lead is none, nor is
    one of a source that the hook is not about."""
    key = await office.new(
        "crm-1", kind="sales", channel="direct", company="Cobalt", country="DE", product_line="pumps"
    )
    won = {"event": {"id": "w-1", "type": "deal.won"}, "deal": {"leadflow_key": key, "delivery_date": "2027-03-15"}}
    early = await provider.post(**signed("crm", won))
    assert (early.status_code, early.json()["code"], early.json()["stage"]) == (409, "NOT_HERE", "marketing_qualified")
    await office.done(key, "accept")
    later = await provider.post(**signed("crm", won))
    assert (later.status_code, later.json()["code"], later.json()["stage"]) == (
        409,
        "NOT_HERE",
        "sales_accepted.contacted",
    )
    ignored = await provider.post(**signed("crm", {"event": {"id": "w-2", "type": "note.added"}}))
    assert (ignored.status_code, ignored.json()["outcome"]) == (200, "ignored")
    foreign = await provider.post(**signed("web_forms", form("d-9", "r-9")))
    not_theirs = {**won, "event": {"id": "w-4", "type": "deal.won"}, "deal": {"leadflow_key": foreign.json()["lead"]}}
    assert (await provider.post(**signed("crm", not_theirs))).status_code == 404
    unknown = {**won, "event": {"id": "w-3", "type": "deal.won"}, "deal": {"leadflow_key": "lead:web:none"}}
    assert (await provider.post(**signed("crm", unknown))).status_code == 404


@pytest.mark.parametrize(
    ("at", "code"),
    [(-3601.0, "TOO_LATE"), (3601.0, "TOO_EARLY"), (-90_000_000.0, "TOO_LATE"), (86_400.0 * 365, "TOO_EARLY")],
)
async def test_what_is_late_or_from_the_future_leaves_nothing(
    office: Installation, provider: httpx.AsyncClient, at: float, code: str
) -> None:
    """Section 5: a recorded request that is sent again, and a provider's clock that is wrong."""
    before = await leads_and_touches(office)
    then = time.time() + at
    for request in (signed("web_forms", form("d-late", "r-late", then)), signed("crm", {"event": {"id": "x"}}, then)):
        answer = await provider.post(**request)
        assert (answer.status_code, answer.json()["code"]) == (401, code)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["remedy"] and "www-authenticate" in answer.headers
    assert await leads_and_touches(office) == before


async def test_what_is_not_signed_leaves_nothing(office: Installation, provider: httpx.AsyncClient) -> None:
    """S1.13: without a signature, with another's, with the body changed, with the time changed, with one for another hook."""
    before = await leads_and_touches(office)
    body = form("d-2", "r-2")
    good = signed("web_forms", body)
    crm = signed("crm", {"event": {"id": "y", "type": "deal.won"}})
    newer = crm["headers"]["X-Crm-Signature"].replace("t=", "t=9")
    attempts = [
        ("NOT_SIGNED", {**good, "headers": {"content-type": "application/json"}}),
        ("NOT_SIGNED", {**crm, "headers": {**crm["headers"], "X-Crm-Signature": "v1"}}),
        ("WRONGLY_SIGNED", signed("web_forms", body, secret="guessed")),
        ("WRONGLY_SIGNED", {**good, "content": good["content"].replace(b"Nordwerk", b"Sudwerk")}),
        ("WRONGLY_SIGNED", {**crm, "headers": {**crm["headers"], "X-Crm-Signature": newer}}),
        ("NOT_SIGNED", {**good, "url": "/hooks/crm"}),
    ]
    for code, request in attempts:
        answer = await provider.post(**request)
        assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert await leads_and_touches(office) == before


async def test_another_body_under_the_same_id_is_a_conflict(office: Installation, provider: httpx.AsyncClient) -> None:
    """Section 5: an id stands for one delivery, so that nobody changes a lead under cover of one that was known."""
    assert (await provider.post(**signed("web_forms", form("d-3", "r-3")))).status_code == 201
    before = await leads_and_touches(office)
    other = await provider.post(**signed("web_forms", form("d-3", "r-4", company="Other")))
    assert (other.status_code, other.json()["code"]) == (409, "REPLAYED")
    assert await leads_and_touches(office) == before


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b'{"event_id": "\xff"}', "application/json", 400),
        (b"[1]", "application/json", 400),
        (b"<x/>", "text/xml", 415),
        (b"{}", "application/json", 401),
    ],
)
async def test_a_body_that_cannot_be_read_is_answered_in_words(
    office: Installation, provider: httpx.AsyncClient, content: bytes, kind: str, status: int
) -> None:
    """Section 5: signed or not."""
    request = signed("web_forms", content)
    request["headers"]["content-type"] = kind
    answer = await provider.post(**request)
    assert answer.status_code == status
    assert answer.json()["detail"] and answer.json()["remedy"]


async def test_a_body_whose_fields_are_wrong_names_them(office: Installation, provider: httpx.AsyncClient) -> None:
    """Section 5: and the lead can be sent again under the same id once it is mended."""
    bad = await provider.post(**signed("web_forms", form("d-5", "r-5", country="Atlantis")))
    assert (bad.status_code, bad.json()["fields"].keys()) == (422, {"country"})
    assert (await provider.post(**signed("web_forms", form("d-5", "r-5", country="DE")))).status_code == 201


async def test_hooks_that_nobody_knows_or_that_have_no_secret(
    office: Installation, provider: httpx.AsyncClient
) -> None:
    """S1.13: without a secret nothing is taken, whoever signs it."""
    assert (await provider.post("/hooks/none", json={})).json()["code"] == "UNKNOWN_HOOK"
    house = House(office.office, Settings(home=ROOT), hooks=HOOKS)
    transport = httpx.ASGITransport(create_app(house))
    async with httpx.AsyncClient(transport=transport, base_url="http://leadflow") as bare:
        answer = await bare.post(**signed("crm", {"event": {"id": "z", "type": "deal.won"}}))
    assert (answer.status_code, answer.json()["code"]) == (503, "HOOK_WITHOUT_SECRET")
