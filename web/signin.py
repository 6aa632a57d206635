"""Signing in and out, for people with a browser: at a provider where one is set up, else with a token."""

from __future__ import annotations

import secrets
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import Field

from engine.access import Caller, CallerRole, Permission
from store import sessions
from web import audited, cookies
from web.answers import Answer
from web.bodies import body, of_kind
from web.caller import Asking, address, whoever
from web.house import Home, House
from web.oidc import NotSignedIn, ProviderAway
from web.pages import page
from web.problems import Problem

router = APIRouter(tags=["sign-in"])

FORM = "application/x-www-form-urlencoded"
LARGEST_FORM = 4_000
_FORM_LASTS = 3600  # seconds


class MeBody(Answer):
    """Who asks, as leadflow knows them."""

    name: str = Field(description="name of the token, or key of the person")
    role: CallerRole = Field(description="what they may do goes by this")
    person: str | None = Field(description="key in the roster; null for a machine")
    teams: list[str] = Field(description="teams that they lead")
    sources: list[str] = Field(description="source systems that they may send for")
    csrf: str | None = Field(description="for changes by somebody who is signed in: to be sent as X-CSRF-Token")


@router.get("/me", summary="Who am I?", operation_id="me")
async def me(request: Request, house: Home, asking: Asking) -> MeBody:
    cookie = request.cookies.get(cookies.session_cookie(house.settings))
    by_cookie = cookie is not None and "authorization" not in request.headers
    return MeBody(
        name=asking.name,
        role=asking.role,
        person=asking.person,
        teams=sorted(asking.teams),
        sources=sorted(asking.sources),
        csrf=cookies.csrf_token(cookie) if by_cookie and cookie is not None else None,
    )


@router.get("/sign-in", include_in_schema=False)
async def sign_in_page(request: Request, house: Home) -> Response:
    return await _page(request, house)


@router.post("/sign-in", include_in_schema=False)
async def sign_in(request: Request, house: Home) -> Response:
    """With a token that somebody has pasted. It becomes a session of its own; the cookie does not hold it."""
    form = await _form(request)
    cookies.check_origin(request)
    cookies.check_token(request.cookies.get(cookies.form_cookie(house.settings), ""), form.get(cookies.FIELD))
    if house.provider is not None:
        raise Problem(403, "PROVIDER_ONLY", "people sign in at the provider here", "Open /sign-in.")
    house.pace.tries(address(request))
    async with house.office.pool.acquire() as connection:
        begun = await sessions.begin(connection, form.get("token", "").strip())
    if begun is None:
        house.pace.fails(address(request))
        return await _page(request, house, "This token is unknown, has expired or was revoked.", 401)
    return await _signed_in(request, house, *begun)


@router.get("/sign-in/provider", include_in_schema=False)
async def to_provider(request: Request, house: Home) -> Response:
    if house.provider is None:
        raise Problem(404, "NO_PROVIDER", "no provider is set up here", "Sign in with a token at /sign-in.")
    house.pace.begins(address(request))
    try:
        sent = await house.provider.begin()
    except ProviderAway:
        return await _page(request, house, "The provider does not answer. Try again in a minute.", 503)
    async with house.office.pool.acquire() as connection:
        cookie = await sessions.keep(connection, sent.under_way)
    response = RedirectResponse(sent.url, 303)
    cookies.give(
        response, house.settings, cookies.way_cookie(house.settings), cookie, int(sessions.UNDER_WAY.total_seconds())
    )
    return response


@router.get("/sign-in/answer", include_in_schema=False)
async def from_provider(
    request: Request,
    house: Home,
    state: Annotated[str, Query(max_length=1000)] = "",
    code: Annotated[str, Query(max_length=4000)] = "",
) -> Response:
    """The provider's answer, of the browser that was sent there and of no other, once."""
    way = request.cookies.get(cookies.way_cookie(house.settings))
    if house.provider is None or way is None:
        return await _page(request, house, "Nothing was begun in this browser. Sign in again.", 400)
    async with house.office.pool.acquire() as connection:
        under_way = await sessions.take(connection, way)
    if under_way is None:
        return await _page(request, house, "That took too long, or was answered before. Sign in again.", 400)
    try:
        email = await house.provider.email_of(under_way, state, code)
    except NotSignedIn as error:
        house.pace.fails(address(request))
        return await _page(request, house, f"You are not signed in: {error}.", 403)
    except ProviderAway:
        return await _page(request, house, "The provider does not answer. Try again in a minute.", 503)
    async with house.office.pool.acquire() as connection:
        begun = await sessions.begin_for(connection, email)
    if begun is None:
        house.pace.fails(address(request))
        return await _page(request, house, "You are not in the roster, so there is nothing for you here.", 403)
    return await _signed_in(request, house, *begun)


@router.post("/sign-out", include_in_schema=False)
async def sign_out(request: Request, house: Home) -> Response:
    form = await _form(request)
    cookie = request.cookies.get(cookies.session_cookie(house.settings), "")
    cookies.check_origin(request)
    cookies.check_token(cookie, form.get(cookies.FIELD))
    async with house.office.pool.acquire() as connection:
        await sessions.end(connection, cookie)
    response = RedirectResponse("/sign-in", 303)
    cookies.take_back(response, house.settings, cookies.session_cookie(house.settings))
    return response


async def _signed_in(request: Request, house: House, cookie: str, caller: Caller) -> Response:
    """A session that the browser had before is over: what somebody else may have put there is worth nothing now."""
    audited.begins(Permission.SIGN_IN, caller)
    before = request.cookies.get(cookies.session_cookie(house.settings))
    if before is not None:
        async with house.office.pool.acquire() as connection:
            await sessions.end(connection, before)
    response = RedirectResponse("/sign-in", 303)
    cookies.give(
        response, house.settings, cookies.session_cookie(house.settings), cookie, int(sessions.LASTS.total_seconds())
    )
    for name in (cookies.form_cookie(house.settings), cookies.way_cookie(house.settings)):
        cookies.take_back(response, house.settings, name)
    return response


async def _page(request: Request, house: House, fault: str = "", status: int = 200) -> Response:
    who = await whoever(request, house)
    own = cookies.session_cookie(house.settings) if who is not None else cookies.form_cookie(house.settings)
    cookie = request.cookies.get(own) or secrets.token_urlsafe(32)
    shown = page(
        "sign_in.html",
        status,
        fault=fault,
        who=who,
        provider=house.provider is not None,
        csrf=cookies.csrf_token(cookie),
    )
    if who is None:
        cookies.give(shown, house.settings, own, cookie, _FORM_LASTS)
    return shown


async def _form(request: Request) -> dict[str, str]:
    of_kind(request, FORM)
    raw = await body(request, LARGEST_FORM)
    return dict(parse_qsl(raw.decode("utf-8", errors="replace"), max_num_fields=10))
