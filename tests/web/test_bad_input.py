"""Whatever comes in that should not: each gets a clear answer, and leaves nothing behind that was not meant to be there."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import re
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from rich.console import Console
from temporalio.testing import WorkflowEnvironment

from cli.card import card
from client.hooks.file import read_hooks
from client.hooks.signed import signature_of
from store.card import lead_card
from tests.installation import ROOT
from tests.web.sockets import SECRET, Answer, Site, answers_in, open_site

LEAD = {"kind": "sales", "channel": "direct", "source": "web", "company": "Cobalt", "country": "DE"}
NDJSON = b"content-type: application/x-ndjson"
MEGABYTE = 1_000_000


@pytest_asyncio.fixture(scope="module")
async def site(temporal: WorkflowEnvironment, database: str) -> AsyncIterator[Site]:
    async with open_site(temporal, database) as opened:
        yield opened


def clear(answer: Answer, status: int, code: str | None = None) -> dict[str, Any]:
    """A refusal that a person or a program can act on, and that tells nothing of what is inside."""
    assert answer.status == status, (answer.status, answer.body)
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status and body["code"] and body["detail"] and body["title"]
    assert code is None or body["code"] == code, body
    for inside in ("Traceback", "asyncpg", "select ", "/work", ".py"):
        assert inside not in answer.body.decode()
    return body


async def leads(site: Site) -> int:
    return int((await site.office.column("select count(*) from lead"))[0])


# --- what is wrong in a lead -----------------------------------------------------------------------------------------


WRONG: dict[str, list[Any]] = {
    "company": [[], ["Cobalt"], {"$gt": ""}, "\x00", "x" * 10_000],
    "employees": ["many", 1.5, [1], {"n": 1}, -1, "1e999"],
    "budget": [0, 6, "three", True],
    "country": [7, ["DE"], "D\x00", "Atlantis"],
    "email": [["a@b.example"], {}],
    "phone": [[1], {"country": 49}],
    "authority": ["perhaps", 2, []],
    "wake_on": ["soon", {}, "9999-99-99", "2027-02-30"],
    "product_line": ["rockets", 1, ["pumps"]],
    "kind": [["sales"], {}],
    "no_such_field": [1],
}


@pytest.mark.parametrize("field", WRONG)
async def test_a_value_of_the_wrong_type_names_its_field(site: Site, field: str) -> None:
    """Section 5: in whichever field it stands; nothing has come in then."""
    before = await leads(site)
    for value in WRONG[field]:
        assert field in clear(await site.post(LEAD | {"id": "bi-wrong", field: value}), 422)["fields"], value
    assert await leads(site) == before


@pytest.mark.parametrize("field", ["id", "source_system", "title", "touch_id"])
@pytest.mark.parametrize("value", [[1], {"a": 1}, True, "x" * 5000, "\x00"], ids=lambda value: repr(value)[:8])
async def test_what_names_a_lead_must_be_a_name(site: Site, field: str, value: Any) -> None:
    """Section 5."""
    before = await leads(site)
    answer = await site.post(LEAD | {"id": "bi-named", field: value})
    assert answer.status in (403, 422)
    clear(answer, answer.status)
    assert await leads(site) == before


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b'"lead"',
        b"{",
        b'{"id": NaN}',
        b'{"id": 1e999}',
        b'{"id": "1"} {"id": "2"}',
        b"\xef\xbb\xbf{}",
    ],
)
async def test_what_is_no_object_is_refused(site: Site, raw: bytes) -> None:
    """Section 5."""
    answer = await site.post(raw)
    assert answer.status in (400, 422)
    clear(answer, answer.status)


@pytest.mark.parametrize("raw", [b'{"id":' * 100_000, b"[" * 400_000, b'{"a":' * 5_000 + b"1" + b"}" * 5_000])
async def test_json_that_is_nested_deeply_is_refused_at_once(site: Site, raw: bytes) -> None:
    """Section 5: without a stack running over."""
    began = time.monotonic()
    answer = await site.post(raw)
    assert answer.status in (400, 413, 422)
    clear(answer, answer.status)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "raw", [b'{"id": "\xff"}', b'{"id": "\xed\xa0\x80"}', b'{"id": "\xc3"}', '{"id": "ü"}'.encode("utf-16")]
)
async def test_what_is_not_utf8_is_told_so(site: Site, raw: bytes) -> None:
    """Section 5: never guessed."""
    clear(await site.post(raw), 400)


async def test_half_of_a_character_is_refused(site: Site) -> None:
    """Section 5: it has no UTF-8, so it could not be kept."""
    clear(await site.post(b'{"id": "bi-h1", "company": "\\ud800"}'), 400)


async def test_a_source_that_is_not_the_senders_is_refused(site: Site) -> None:
    """Section 5, S1.13: by its name; nothing is taken in for it."""
    before = await leads(site)
    clear(await site.post(LEAD | {"id": "bi-s1", "source_system": "fair"}), 403)
    assert await leads(site) == before


async def test_a_senders_clock_decides_nothing(site: Site) -> None:
    """Section 5: whatever a request says of the time, a lead has arrived when it arrived."""
    dated = (b"date: Tue, 01 Jan 1980 00:00:00 GMT", b"x-timestamp: 99999999999")
    answer = await site.post(LEAD | {"id": "bi-skewed"}, "/leads", *dated)
    assert answer.status == 201
    (age,) = await site.office.column(
        "select extract(epoch from now() - arrived_at) from lead where external_id = 'bi-skewed'"
    )
    assert abs(age) < 60


# --- what would do harm elsewhere ------------------------------------------------------------------------------------

SQL = "'); drop table lead; --"
MARKUP = '<script>alert("1")</script><img src=x onerror=alert(2)>'


async def test_sql_in_every_field_is_text(site: Site) -> None:
    """Section 5: it is kept as it came, or refused as what is no mail address; every table is there afterwards."""
    tables = "select count(*) from information_schema.tables where table_schema = 'public'"
    before = await site.office.column(tables)
    texts = {"id": f"bi-{SQL}", "company": SQL, "contact_name": SQL, "message": SQL, "campaign": SQL, "title": SQL}
    answer = await site.post(LEAD | texts | {"touch_id": SQL})
    assert answer.status == 201, answer.body
    key = answer.json()["lead"]
    (kept,) = await site.office.rows("select external_id, personal, title from lead where key = $1", key)
    assert (kept["external_id"], kept["personal"]["message"], kept["title"]) == (f"bi-{SQL}", SQL, SQL)
    for field in ("country", "product_line", "kind", "employees", "wake_on", "no_such_field"):
        refused = await site.post(LEAD | {"id": "bi-q2", field: SQL})
        assert refused.status == 422 and refused.json()["code"] in ("BAD_FIELDS", "NO_PROCESS"), (field, refused.body)
    quoted = "%27%29%3B%20drop%20table%20lead%3B%20--"
    for path in (
        f"/leads/{quoted}",
        f"/leads/{quoted}/allowed",
        f"/leads/{key}/allowed?by={quoted}",
        f"/hooks/{quoted}",
    ):
        for method in ("GET", "POST"):
            (answer,) = await site.say(site.request(method, path, b"{}", bearer=site.admin))
            assert 400 <= answer.status < 500, (method, path, answer)
    told = {"by": SQL, "fields": {SQL: SQL}, "codes": {SQL: SQL}, "note": SQL, "checked": [SQL], "to": SQL}
    for event, status in ((SQL, 409), ("update", 422), ("note", 422)):
        body = json.dumps({"event": event, **told}).encode()
        clear((await site.say(site.request("POST", f"/leads/{key}/events", body, bearer=site.admin)))[0], status)
    assert await site.office.column(tables) == before


async def test_markup_in_names_is_shown_as_text_everywhere(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Section 5: in web answers, mails, the story in the Temporal UI and the page of the command line."""
    mails: list[str] = []

    async def send(key: str, to: str, subject: str, text: str) -> None:
        mails.append(subject + text)

    monkeypatch.setattr(site.office.mailbox, "send", send)
    answer = await site.post(LEAD | {"id": "bi-m1", "company": MARKUP, "contact_name": MARKUP, "message": MARKUP})
    assert answer.status == 201
    key = answer.json()["lead"]
    await site.office.idle(key)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    (shown,) = await site.say(site.request("GET", f"/leads/{key}", bearer=site.admin))
    assert (
        shown.headers["content-type"] == "application/json"
        and "default-src 'none'" in shown.headers["content-security-policy"]
    )
    assert shown.json()["fields"]["company"] == MARKUP
    # Mails are plain text: nothing in them is markup, whatever it looks like (tests/integration/test_delivery.py).
    assert any(MARKUP in mail for mail in mails)
    described = await site.office.handle(key).describe()
    story = f"{await described.static_summary()} {await described.static_details()}"
    assert "script>" in story and re.search(r"(?<!\\)<", story) is None
    async with site.office.pool.acquire() as connection:
        page = await lead_card(connection, key)
    assert page is not None
    printed = io.StringIO()
    card(page, None, console=Console(file=printed, width=200, force_terminal=False))
    assert "<script>" in printed.getvalue()  # a terminal knows no markup; what steers one is shown (tests/unit)


# --- what is too much ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/leads", "/hooks/web_forms", "/leads/lead:web:1/events"])
async def test_fifty_megabytes_are_refused_before_they_have_come(site: Site, path: str) -> None:
    """Section 5: by what the head says, without one byte of the body."""
    head = site.request("POST", path).replace(b"content-length: 0", b"content-length: 50000000")
    reader, writer = await site.connection()
    writer.write(head)
    (answer,) = answers_in(await asyncio.wait_for(reader.read(100_000), 10))
    clear(answer, 413)
    writer.close()


async def test_a_body_of_unknown_length_is_cut_off_early(site: Site) -> None:
    """Section 5: of 50 MB that come in chunks, a few are read."""
    head = site.request("POST", "/leads").replace(b"content-length: 0", b"transfer-encoding: chunked")
    reader, writer = await site.connection()
    writer.write(head + b'5\r\n{"a":\r\n')
    chunk = b"f4240\r\n" + b"x" * MEGABYTE + b"\r\n"
    taken = 0
    answered = asyncio.create_task(reader.read(100_000))
    with contextlib.suppress(ConnectionError):
        while taken < 50 and not answered.done():
            writer.write(chunk)
            await asyncio.wait_for(writer.drain(), 20)
            taken += 1
            await asyncio.sleep(0.01)
    assert taken < 20
    clear(answers_in(await asyncio.wait_for(answered, 10))[0], 413)
    writer.close()


async def test_a_line_of_a_batch_that_is_too_long_is_refused_and_the_rest_goes_on(site: Site) -> None:
    """Section 5: a batch may be large, a lead may not."""
    long = json.dumps(LEAD | {"id": "bi-long", "message": "x" * MEGABYTE})
    lines = "\n".join([json.dumps(LEAD | {"id": "bi-b1"}), long, json.dumps(LEAD | {"id": "bi-b2"})])
    by_line = batch(await site.post(lines.encode(), "/leads/batch", NDJSON))
    assert {number: line["status"] for number, line in by_line.items()} == {1: 201, 2: 413, 3: 201}
    assert by_line[2]["problem"]["code"] == "TOO_LARGE"


# --- tricks with headers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        (b"content-length:", b"content-length: 7\r\ncontent-length:"),
        (b"content-length:", b"transfer-encoding: chunked\r\ncontent-length:"),
        (b"content-length:", b"transfer-encoding: gzip, chunked\r\ncontent-length:"),
        (b"content-length: ", b"content-length: -"),
        (b"content-length: ", b"content-length: +"),
        (b"content-length: ", b"content-length: 0x"),
        (b"host: leadflow\r\n", b""),
        (b"host: leadflow\r\n", b"host: leadflow\r\nhost: other\r\n"),
        (b"host: leadflow\r\n", b"host: leadflow\r\nx-a: b\x00c\r\n"),
        (b"host: leadflow\r\n", b"host : leadflow\r\n"),
        (b"host: leadflow\r\n", b"host: leadflow\r\nx-large: " + b"a" * 40_000 + b"\r\n"),
        (b"host: leadflow\r\n", b"host: leadflow\r\n" + b"".join(b"x-%d: 1\r\n" % n for n in range(500))),
        (b"host: leadflow\r\n", b"host: leadflow\r\nauthorization: Bearer lf_other\r\n"),
        (b"POST", b"PO ST"),
        (b"/leads", b"/le\x01ads"),
    ],
    ids=lambda change: repr(change[1][:36]),
)
async def test_tricks_with_headers_are_refused(site: Site, change: tuple[bytes, bytes]) -> None:
    """Section 5: two lengths, no length, two hosts, folded or huge headers: answered 4xx, and nothing of it has come in."""
    before = await leads(site)
    raw = site.request("POST", "/leads", json.dumps(LEAD | {"id": "bi-tricky"}).encode())
    assert change[0] in raw
    answers = await site.say(raw.replace(*change, 1))
    assert answers, "nothing was answered"
    assert all(400 <= answer.status < 500 for answer in answers), answers
    clear(answers[0], answers[0].status)
    assert await leads(site) == before


async def test_no_second_request_is_smuggled_in_the_body_of_the_first(site: Site) -> None:
    """Section 5: what one program takes for the body, another must not take for a request."""
    inner = site.request("POST", "/leads", json.dumps(LEAD | {"id": "bi-smuggled"}).encode())
    outer = site.request("POST", "/leads", b"0\r\n\r\n" + inner)
    answers = await site.say(outer.replace(b"connection: close", b"transfer-encoding: chunked", 1))
    assert [answer.status for answer in answers] == [400]
    assert await site.office.column("select count(*) from lead where external_id = 'bi-smuggled'") == [0]


async def test_a_line_break_in_a_value_makes_no_header(site: Site) -> None:
    """Section 5: nothing that is sent comes back as a header."""
    injected = "x\r\nset-cookie: a=b\r\n\r\n<html>"
    for body in (LEAD | {"id": injected}, LEAD | {"id": "bi-crlf", "company": injected}, LEAD | {injected: 1}):
        assert "set-cookie" not in (await site.post(body)).headers
    (answer,) = await site.say(site.request("GET", "/leads/a%0d%0aset-cookie:%20a=b", bearer=site.admin))
    assert answer.status == 404 and "set-cookie" not in answer.headers


# --- webhooks, batches -----------------------------------------------------------------------------------------------


async def test_a_recorded_webhook_is_worth_nothing_later(site: Site) -> None:
    """Section 5: in time it is answered as it was and changes nothing; an hour later it is too late."""
    rule = read_hooks(ROOT / "definitions")["crm"]

    def recorded(at: float) -> bytes:
        body = json.dumps({"event": {"id": f"r{at}", "type": "contact.created"}, "contact": CONTACT}).encode()
        signature = signature_of(rule, SECRET, str(int(at)), body)
        return site.request("POST", "/hooks/crm", body, f"x-crm-signature: t={int(at)},v1={signature}".encode())

    request = recorded(time.time())
    (first,), (again,) = await site.say(request), await site.say(request)
    assert (first.status, again.status, again.json()) == (201, 201, first.json())
    assert await site.office.column("select count(*) from touch where lead = $1", first.json()["lead"]) == [1]
    clear((await site.say(recorded(time.time() - 3600)))[0], 401, "TOO_LATE")
    clear((await site.say(recorded(time.time() + 3600)))[0], 401, "TOO_EARLY")


CONTACT = {"id": "bi-c-1", "lead_source": "Fair", "interest": "PUMP", "company": {"name": "Acme", "country_code": "DE"}}


async def test_lines_that_come_twice_in_a_batch_are_one_lead(site: Site) -> None:
    """Section 5: the first is new, the others are known, and the lead has come once."""
    line = json.dumps(LEAD | {"id": "bi-double"})
    by_line = batch(await site.post("\n".join([line, "", line, "{", line]).encode(), "/leads/batch", NDJSON))
    assert sorted(line["status"] for line in by_line.values()) == [200, 200, 201, 400]
    assert by_line[4]["status"] == 400
    assert await site.office.column("select count(*) from touch where lead = 'lead:web:bi-double'") == [1]


async def test_a_batch_that_breaks_in_the_middle_goes_on_when_it_comes_again(site: Site) -> None:
    """Section 5: what had come in is known, the rest is new; every lead is there once."""
    lines = [json.dumps(LEAD | {"id": f"bi-half-{n}"}).encode() + b"\n" for n in range(40)]
    whole = site.request("POST", "/leads/batch", b"".join(lines), NDJSON)
    reader, writer = await site.connection()
    writer.write(whole[: len(whole) - sum(map(len, lines[25:])) - 30])  # and broken within a line
    await writer.drain()
    assert await asyncio.wait_for(reader.read(200), 20)
    writer.transport.abort()
    by_line = batch((await site.say(whole))[0])
    statuses = [line["status"] for line in by_line.values()]
    assert len(statuses) == 40 and set(statuses) <= {200, 201} and 200 in statuses
    count = "select count(*), count(distinct lead) from touch where lead like 'lead:web:bi-half-%'"
    (row,) = await site.office.rows(count)
    assert (row["count"], len(row)) == (40, 1) or tuple(row.values()) == (40, 40)


def batch(answer: Answer) -> dict[int, dict[str, Any]]:
    """By line; the last answer says that the batch was read to its end."""
    assert answer.status == 200, answer.body
    *lines, last = [json.loads(line) for line in answer.body.splitlines()]
    assert last["done"] is True
    return {line["line"]: line for line in lines}
