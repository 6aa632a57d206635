"""The client for upstream systems, against answers as they come: what is tried again and what is not, and how a batch goes on."""

from __future__ import annotations

import ast
import json
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

import upstream
from upstream import (
    AsyncLeadflowClient,
    Busy,
    Conflict,
    LeadflowClient,
    NotAllowed,
    NotFound,
    NotUnderstood,
    Patience,
    Refused,
    Unreachable,
)

QUICK = Patience(attempts=4, first=0.001, longest=0.002, most=0.01)
RECEIPT = {"lead": "lead:web:1", "stage": "new", "title": "New", "status": "Open", "cycle": 1, "seq": 1}
ARRIVED = {"lead": "lead:web:1", "outcome": "new", "receipt": RECEIPT, "link": None, "something_newer": 1}
LEAD = {"id": "1", "company": "Ö & Söhne"}

Handler = Callable[[httpx.Request], httpx.Response]


def scripted(*answers: httpx.Response | Exception) -> tuple[Handler, list[httpx.Request]]:
    """A server that answers with these, one after another, and then with the last again and again."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        given = answers[min(len(asked), len(answers)) - 1]
        if isinstance(given, Exception):
            raise given
        return httpx.Response(given.status_code, headers=given.headers, content=given.content)

    return answer, asked


def problem(status: int, code: str = "X", headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
    body = {"detail": "this is wrong", "code": code, "fields": {"country": "no"}, "remedy": "mend it", **more}
    return httpx.Response(status, json=body, headers=headers)


def waiting(handler: Handler) -> LeadflowClient:
    return LeadflowClient("http://leadflow", "lf_t", patience=QUICK, transport=httpx.MockTransport(handler))


def not_waiting(handler: Handler) -> AsyncLeadflowClient:
    return AsyncLeadflowClient("http://leadflow", "lf_t", patience=QUICK, transport=httpx.MockTransport(handler))


async def start(kind: str, handler: Handler, **more: Any) -> upstream.Arrived:
    if kind == "sync":
        with waiting(handler) as client:
            return client.start(LEAD, **more)
    async with not_waiting(handler) as other:
        return await other.start(LEAD, **more)


async def start_many(kind: str, handler: Handler, leads: list[dict[str, Any]]) -> list[upstream.Line]:
    if kind == "sync":
        with waiting(handler) as client:
            return list(client.start_many(leads, at_once=3))
    async with not_waiting(handler) as other:
        return [line async for line in other.start_many(leads, at_once=3)]


both = pytest.mark.parametrize("kind", ["sync", "async"])


@both
@pytest.mark.parametrize(
    "trouble",
    [
        httpx.ConnectError("refused"),
        httpx.ReadError("broke off"),
        httpx.ReadTimeout("slow"),
        problem(429, headers={"Retry-After": "0"}),
        problem(503, headers={"Retry-After": "0"}),
        problem(500),
        problem(409, "UNDER_WAY", headers={"Retry-After": "0"}),
        httpx.Response(502, text="<html>bad gateway</html>"),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, Exception) else str(one.status_code),
)
async def test_what_may_pass_is_tried_again_as_the_same_request(kind: str, trouble: httpx.Response | Exception) -> None:
    """C.6: under one key, so that it happens once; the lead arrives."""
    handler, asked = scripted(trouble, trouble, httpx.Response(201, json=ARRIVED))
    arrived = await start(kind, handler)
    assert (arrived.lead, arrived.created) == ("lead:web:1", True)
    assert len(asked) == 3
    assert len({request.headers["idempotency-key"] for request in asked}) == 1
    assert {request.content for request in asked} == {json.dumps(LEAD, ensure_ascii=False).encode()}
    assert {request.headers["authorization"] for request in asked} == {"Bearer lf_t"}


@both
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, Refused),
        (401, NotAllowed),
        (403, NotAllowed),
        (404, NotFound),
        (409, Conflict),
        (413, Refused),
        (422, Refused),
    ],
)
async def test_what_is_refused_is_not_tried_again(kind: str, status: int, error: type[upstream.UpstreamError]) -> None:
    """C.6: it would be refused again; the error says which fields, and how to mend them."""
    handler, asked = scripted(problem(status, "BAD_FIELDS"))
    with pytest.raises(error) as refused:
        await start(kind, handler)
    assert len(asked) == 1
    told = refused.value
    assert (told.code, told.fields, told.remedy, told.status) == ("BAD_FIELDS", {"country": "no"}, "mend it", status)
    assert "this is wrong" in str(told) and "lf_t" not in str(told)


@both
@pytest.mark.parametrize(
    ("trouble", "error"), [(httpx.ConnectError("refused"), Unreachable), (problem(503), Busy)], ids=["nobody", "busy"]
)
async def test_it_is_not_tried_for_ever(
    kind: str, trouble: httpx.Response | Exception, error: type[upstream.UpstreamError]
) -> None:
    """C.6: as often as the caller has patience."""
    handler, asked = scripted(trouble)
    with pytest.raises(error):
        await start(kind, handler)
    assert len(asked) == QUICK.attempts


@both
@pytest.mark.parametrize(
    "answer", [httpx.Response(200, text="hello"), httpx.Response(200, json=[1]), httpx.Response(302)]
)
async def test_an_answer_of_another_server_is_not_taken_for_leadflows(kind: str, answer: httpx.Response) -> None:
    """C.6: a proxy's page is no accepted lead."""
    handler, _ = scripted(answer)
    with pytest.raises(NotUnderstood):
        await start(kind, handler)


@both
async def test_a_key_of_the_callers_own_is_used(kind: str) -> None:
    """C.6: a program that is started again after it died sends the same request."""
    handler, asked = scripted(httpx.Response(200, json=ARRIVED | {"outcome": "known"}))
    arrived = await start(kind, handler, idempotency_key="order-17")
    assert not arrived.created
    assert asked[0].headers["idempotency-key"] == "order-17"


class Breaks(httpx.SyncByteStream, httpx.AsyncByteStream):
    """An answer that breaks off."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __iter__(self) -> Iterator[bytes]:
        yield self._content
        raise httpx.ReadError("connection reset")

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content
        raise httpx.ReadError("connection reset")


@both
async def test_a_batch_whose_connection_breaks_goes_on_with_what_was_not_answered(kind: str) -> None:
    """Section 5: each lead is answered once, in its order, and no lead that was answered is sent again."""
    sent: list[list[str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        ids = [str(json.loads(line)["id"]) for line in request.content.splitlines()]
        sent.append(ids)
        lines = [{"line": n, "status": 201, **ARRIVED, "lead": f"lead:web:{id}"} for n, id in enumerate(ids, start=1)]
        if ids == ["1", "2", "3"]:  # the second is answered first, then it breaks, within a line
            return httpx.Response(200, stream=Breaks(json.dumps(lines[1]).encode() + b'\n{"line": 1, "sta'))
        if ids == ["1", "3"]:  # one cannot be taken in now, one is wrong
            wrong = {"line": 2, "status": 422, "problem": {"detail": "no", "code": "BAD_FIELDS", "fields": {"a": "b"}}}
            busy = {"line": 1, "status": 503, "problem": {"detail": "away", "code": "UNAVAILABLE"}}
            return _lines(busy, wrong, {"done": True, "lines": 2})
        return _lines(*lines, {"done": True, "lines": len(lines)})

    answers = await start_many(kind, answer, [{"id": str(n)} for n in range(1, 6)])
    assert sent == [["1", "2", "3"], ["1", "3"], ["1"], ["4", "5"]]
    assert [line.line for line in answers] == [1, 2, 3, 4, 5]
    assert [line.arrived.lead if line.arrived else line.problem for line in answers[:2]] == ["lead:web:1", "lead:web:2"]
    assert answers[2].problem is not None and answers[2].problem.fields == {"a": "b"}


@both
async def test_a_batch_that_never_gets_on_ends(kind: str) -> None:
    """Section 5: in an error, not in a loop."""

    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=Breaks(b""))

    with pytest.raises(Unreachable):
        await start_many(kind, answer, [{"id": "1"}])


def _lines(*answers: dict[str, Any]) -> httpx.Response:
    return httpx.Response(200, content=b"".join(json.dumps(one).encode() + b"\n" for one in answers))


def test_it_can_be_used_alone() -> None:
    """C.6: an upstream system takes this folder and three libraries, and nothing else of leadflow."""
    folder = Path(upstream.__file__).parent
    names = {
        name.partition(".")[0]
        for file in folder.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names])
    }
    ours = {path.name for path in folder.parent.iterdir() if path.is_dir()} | {
        path.stem for path in folder.parent.glob("*.py")
    }
    assert names & ours == {"upstream"}
    assert names >= {"httpx", "pydantic", "tenacity"}
