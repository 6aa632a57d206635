"""Every route with every role, against a table that is written out here: what is not in it, nobody may."""

from __future__ import annotations

import pytest
import pytest_asyncio
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from engine.access import CallerRole
from store.pool import Pool
from tests.store.sales import staff
from tests.web.at_the_door import PARTNERS, browser, house_of, token_for
from web.app import create_app
from web.house import House

OPEN = "whoever asks"
ALLOWED = {
    "POST /leads": "upstream seller team_leader marketing admin",
    "POST /leads/batch": "upstream marketing admin",
    "POST /leads/{key}/events": "upstream seller team_leader marketing partner ops admin",
    "GET /leads/{key}/allowed": "upstream seller team_leader marketing partner ops admin",
    "GET /leads/{key}": "upstream seller team_leader marketing partner ops admin",
    "GET /me": "upstream seller team_leader marketing partner ops admin",
    "POST /hooks/{name}": OPEN,  # by the provider's signature
    "GET /healthz": OPEN,
    "GET /readyz": OPEN,
    "GET /openapi.json": OPEN,
    "GET /sign-in": OPEN,
    "POST /sign-in": OPEN,  # by the token in the form
    "GET /sign-in/provider": OPEN,
    "GET /sign-in/answer": OPEN,  # by what the provider says
    "POST /sign-out": OPEN,  # by the token of the session
}
GUARDED = {route: roles for route, roles in ALLOWED.items() if roles != OPEN}


@pytest_asyncio.fixture(scope="module")
async def house(pool: Pool) -> House:
    await staff(pool)
    await staff(pool, PARTNERS)
    return await house_of(pool)


def routes(every: list[BaseRoute]) -> set[str]:
    found = set()
    for route in every:
        included = getattr(route, "original_router", None)
        if included is not None:
            found |= routes(list(included.routes))
        else:
            assert isinstance(route, APIRoute) or getattr(route, "path", "") == "/openapi.json", route
            methods = set(getattr(route, "methods", ())) - {"HEAD"}
            found |= {f"{method} {getattr(route, 'path', '')}" for method in methods}
    return found


async def test_every_route_stands_in_the_table(house: House) -> None:
    """S1.13: a new route fails here until somebody has said who may use it."""
    app = create_app(house)
    documented = {f"{method.upper()} {path}" for path, of in app.openapi()["paths"].items() for method in of}
    assert routes(list(app.routes)) | documented == set(ALLOWED)


@pytest.mark.parametrize("role", CallerRole)
async def test_each_role_may_use_what_the_table_says(house: House, pool: Pool, role: CallerRole) -> None:
    """S1.13, S1.14: and nobody else gets further than the refusal, which says who may."""
    token = await token_for(pool, role)
    async with browser(house, token=token) as client:
        for route, roles in GUARDED.items():
            answer = await _ask(client, route)
            if role.value in roles.split():
                assert answer.status_code not in (401, 403), (route, answer.text)
            else:
                assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN"), route
                assert "admin" in answer.json()["remedy"]


@pytest.mark.parametrize("header", [None, "Bearer lf_wrong", "Bearer ", "Basic bGY6bGY=", "Bearer lf_" + "x" * 5000])
async def test_without_a_token_nothing_is_guarded_by_chance(house: House, header: str | None) -> None:
    """S1.13: 401 on every route that is not open, and no word of what there is behind it."""
    async with browser(house) as client:
        for number, route in enumerate(GUARDED):
            headers = {"Authorization": header} if header else {}
            answer = await _ask(client, route, headers)
            assert answer.status_code in (401, 429), route
            assert number > 0 or answer.status_code == 401
            assert "lf_wrong" not in answer.text


async def _ask(client, route: str, headers: dict[str, str] | None = None):  # type: ignore[no-untyped-def]
    """With as little as a route takes: it is refused for another reason, or answers about nothing."""
    method, _, path = route.partition(" ")
    content = {"POST": "{}"}.get(method)
    kind = "application/x-ndjson" if path.endswith("/batch") else "application/json"
    return await client.request(
        method,
        path.format(key="lead:web:unknown", name="unknown"),
        content=content,
        headers={"Content-Type": kind, **(headers or {})} if content else headers,
    )
