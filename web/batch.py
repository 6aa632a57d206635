"""`POST /leads/batch`: many leads in one request, one to a line, each answered as soon as it is written down (C.6).

Lines are read while answers go out, so a batch needs no room for itself, and what has been answered counts whatever becomes of the
rest. The same batch again does nothing to the leads that came in: it goes on where it broke off.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.types import Receive, Scope, Send
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_exponential

from client import touches
from engine.access import Caller
from web.answers import arrived_body
from web.bodies import check_length, object_of, of_kind, plainly_sent, too_large
from web.caller import Importer
from web.documented import WITH_BODY, saying_no, taking
from web.examples import A_BATCH, BATCH_ANSWERS
from web.house import Home, House
from web.leads import take_in
from web.lines import LARGEST, LONGEST, BrokenOff, Line, lines_of
from web.problems import Problem, problem_of, unexpected

router = APIRouter(tags=["leads"])

KINDS = ("application/x-ndjson", "application/ndjson", "application/jsonl")
LINES_AT_ONCE = 12
"""Lines of one batch under way: half of what the gate lets in, so that a batch keeps no single lead waiting for long."""

ATTEMPTS = 5
"""Tries for a line while a server is away, within about fifteen seconds; what is answered 503 then is to be sent again."""


@router.post(
    "/leads/batch",
    summary="Send many leads",
    operation_id="send_batch",
    response_class=Response,
    responses={
        200: {
            "description": "It is being read: one answer to a line, and a last one.",
            "content": {KINDS[0]: {"schema": {"$ref": "#/components/schemas/BatchAnswer"}, "example": BATCH_ANSWERS}},
        },
        **saying_no(*WITH_BODY, 429),
    },
    openapi_extra=taking(
        {KINDS[0]: {"schema": {"type": "string", "description": "one lead to a line"}, "example": A_BATCH}}
    ),
)
async def send_batch(request: Request, house: Home, asking: Importer) -> Response:
    """One JSON object to a line, as for `POST /leads`; one answer to a line, each with the `line` it is for, as they are ready: read
    them while you send. `status` is what `POST /leads` would have answered: 201, 200, or a problem.

    After a batch that broke off, send it again as it was: lines that came in are `known`, and nothing doubles. The last answer is
    `{"done": true, ...}` where the whole batch was read.
    """
    of_kind(request, *KINDS)
    plainly_sent(request)
    check_length(request, LARGEST)
    return _Batch(house, asking)


class _Batch(Response):
    """Reads and answers at once, which no response of the framework does."""

    media_type = KINDS[0]

    def __init__(self, house: House, asking: Caller) -> None:
        super().__init__()
        del self.headers["content-length"]
        self._house = house
        self._asking = asking
        self._answers: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self._room = asyncio.Semaphore(LINES_AT_ONCE)
        self._read = 0

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        with self._house.gate.batch():
            async with asyncio.TaskGroup() as group:
                group.create_task(self._tell(send))
                await self._take_all(receive)

    async def _take_all(self, receive: Receive) -> None:
        """Answers wait in memory if nobody reads them yet: some clients send all before they read."""
        last: dict[str, Any] = {"done": True}
        try:
            async with asyncio.TaskGroup() as group:
                try:
                    async for line in lines_of(receive):
                        await self._room.acquire()
                        self._read += 1
                        group.create_task(self._take(line))
                except BrokenOff as broken:
                    problem = Problem(400, "BROKEN_OFF", str(broken), "Send the batch again: what came in is known.")
                    last = {"done": False, "status": problem.status, "problem": problem.body()}
            self._answers.put_nowait({**last, "lines": self._read})
        finally:
            self._answers.put_nowait(None)

    async def _take(self, line: Line) -> None:
        try:
            answer = await self._answer(line)
        except Exception as error:
            problem = problem_of(error) or unexpected(error)
            answer = {"status": problem.status, "problem": problem.body()}
        finally:
            self._room.release()
        self._answers.put_nowait({"line": line.number, **answer})

    async def _answer(self, line: Line) -> dict[str, Any]:
        if line.text is None:
            raise too_large(LONGEST, "a line of a batch")
        lead = object_of(line.text, "the line")
        row = None if lead.get("touch_id") else touches.of_row(lead)
        async for attempt in AsyncRetrying(
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_exponential(multiplier=1, max=8),
            retry=retry_if_exception(_passing),
            reraise=True,
        ):
            with attempt:
                async with self._house.gate.in_turn():
                    arrived = await take_in(self._house, self._asking, lead, bulk=True, row=row)
        body = arrived_body(arrived, self._asking, self._house.office.link)
        return {"status": 201 if arrived.created else 200, **body.model_dump(mode="json")}

    async def _tell(self, send: Send) -> None:
        """Begins once there is something to tell: a client may wait with the body until it is asked to go on."""
        answer = await self._answers.get()
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        while answer is not None:
            written = json.dumps(answer, ensure_ascii=False).encode() + b"\n"
            await send({"type": "http.response.body", "body": written, "more_body": True})
            answer = await self._answers.get()
        await send({"type": "http.response.body", "body": b""})


def _passing(error: BaseException) -> bool:
    problem = problem_of(error) if isinstance(error, Exception) else None
    return problem is not None and problem.status == 503
