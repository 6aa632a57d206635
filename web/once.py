"""`Idempotency-Key`: the same request again gets the same answer, however often, at once or after a restart (C.6).

Kept are answers that say what has become of the request. What could not be read or let in, or met a server that was away, has
had no effect and may be sent again under the same key.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

from fastapi import Header, Response
from pydantic import BaseModel

from engine.access import Caller
from engine.decision import RefusalCode
from store import requests
from store.requests import Answered, Named, Standing
from web.away import AWAY
from web.house import House
from web.patience import PATIENCE
from web.problems import MEDIA_TYPE, Problem, problem_of

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Names this request, for a week at least: the same again gets the same answer, and happens once.",
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        examples=["8e03978e-40d5-43dd-bc93-6894a57f9324"],
    ),
]

LOOK_AGAIN = 0.1
"""Seconds between two looks at whether whoever works on the same request has answered it."""

Work = Callable[[], Awaitable[tuple[int, BaseModel]]]


async def once(
    house: House, caller: Caller, key: str | None, what: tuple[str, Mapping[str, Any]], work: Work
) -> Response:
    """The answer to the request, by working on it or from the time before. `what` it asks: an address, and what is sent there."""
    if key is None:
        status, body = await work()
        answered = Answered(status, body.model_dump_json())
    else:
        named = Named(caller.name, key, _digest(what))
        answered = await _claimed(house, named) or await _worked(house, named, work)
    media_type = MEDIA_TYPE if answered.status >= 400 else "application/json"
    return Response(answered.body, answered.status, media_type=media_type)


async def _claimed(house: House, named: Named) -> Answered | None:
    """The answer that it got already, or None where it is for us to work on."""
    deadline = time.monotonic() + PATIENCE
    while True:
        async with house.office.pool.acquire() as connection:
            found = await requests.claim(connection, named)
        match found:
            case Answered():
                return found
            case Standing.MINE:
                return None
            case Standing.ANOTHER:
                raise Problem(
                    422,
                    "KEY_REUSED",
                    "this Idempotency-Key belongs to another request",
                    "Give each request a key of its own; the same key is for sending the same again.",
                    fields={"Idempotency-Key": "was used for another request"},
                )
        if time.monotonic() > deadline:
            raise Problem(
                409,
                "UNDER_WAY",
                "the same request is being worked on",
                "Send it again in a while: it gets the same answer.",
                headers={"Retry-After": "5"},
            )
        await asyncio.sleep(LOOK_AGAIN)


async def _worked(house: House, named: Named, work: Work) -> Answered:
    try:
        status, body = await work()
        answered = Answered(status, body.model_dump_json())
    except Exception as error:
        problem = _lasting(error)
        if problem is None:
            await _let_go(house, named)
            raise
        answered = Answered(problem.status, json.dumps(problem.body(), ensure_ascii=False))
    async with house.office.pool.acquire() as connection:
        await requests.answer(connection, named, answered)
    return answered


def _lasting(error: Exception) -> Problem | None:
    """A refusal that is an answer. One that repeats what was made up by whoever asked is not kept: it might name a person."""
    problem = problem_of(error)
    kept = problem is not None and problem.status == 409 and problem.code != RefusalCode.UNKNOWN_EVENT.value
    return problem if kept else None


async def _let_go(house: House, named: Named) -> None:
    """If the database is away, the claim runs out by itself."""
    with contextlib.suppress(*AWAY):
        async with house.office.pool.acquire() as connection:
            await requests.release(connection, named)


def _digest(what: tuple[str, Mapping[str, Any]]) -> bytes:
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).digest()
