"""The web application on an installation: what an upstream system, a seller and an administrator have of it in the tests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from engine.access import CallerRole
from settings import Settings
from store import credentials
from tests.installation import Installation
from web.app import create_app
from web.gate import Gate
from web.house import House

NDJSON = {"content-type": "application/x-ndjson"}
_numbers = count(1)


def house_on(made: Installation, gate: Gate | None = None) -> House:
    office = made.office
    return House(office, Settings(home=Path("/nowhere")), gate or Gate())


async def token(made: Installation, role: CallerRole, person: str | None = None, sources: Iterable[str] = ()) -> str:
    async with made.pool.acquire() as connection:
        name = f"{role.value}-{next(_numbers)}"
        issued = await credentials.issue(connection, name, role, by="test", person=person, sources=sources)
    return issued.token


def client(house: House, bearer: str | None = None) -> httpx.AsyncClient:
    """As of one caller. What no handler knows fails the test, as it must never come about."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(create_app(house)),
        base_url="http://leads.example",
        headers={"Authorization": f"Bearer {bearer}"} if bearer else {},
        timeout=30,
    )


def lead(id: str | None = None, **more: Any) -> dict[str, Any]:
    """One that the small process of pumps takes."""
    return {"id": id or f"w{next(_numbers)}", "kind": "pumps", "size": "normal", **more}


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The answer as a problem, which it must be in every part."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["code"] == code and body["status"] == status
    assert body["title"] and body["detail"] and body["type"].startswith("urn:leadflow:problem:")
    return body


def ndjson(*leads: Mapping[str, Any]) -> str:
    return "".join(json.dumps(one) + "\n" for one in leads)


def answers(batch: httpx.Response) -> tuple[dict[int, dict[str, Any]], dict[str, Any]]:
    """By line, and the last one, which is of the whole batch."""
    *lines, last = [json.loads(line) for line in batch.text.splitlines()]
    return {line["line"]: line for line in lines}, last
