"""Who asks: by the bearer token of a request, or the cookie of somebody who has signed in; and whether they may (S1.13)."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from engine.access import Caller, Permission, scope_of
from store import credentials, sessions
from web import audited, cookies
from web.house import Home, House
from web.problems import Problem

BEARER = HTTPBearer(
    scheme_name="token",
    description="A token that `leadflow token issue` has issued, as `Authorization: Bearer lf_...`.",
    auto_error=False,
)


async def caller(
    request: Request, house: Home, given: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]
) -> Caller:
    """Raises Problem: 401 where there is no token, or nobody has it; 403 for a change that another site's page asks for; 429 for
    a caller who asks too often."""
    cookie = request.cookies.get(cookies.session_cookie(house.settings))
    if given is None and cookie is None:
        raise _unauthorized("NO_TOKEN", "the request has no token")
    async with house.office.pool.acquire() as connection:
        if given is not None:
            found = await credentials.find(connection, given.credentials)
        else:
            found = await sessions.find(connection, cookie or "")
    if found is None:
        house.pace.fails(address(request))
        raise _unauthorized("BAD_TOKEN", "the token is unknown, has expired or was revoked")
    if given is None and cookie is not None and request.method not in cookies.SAFE:
        cookies.check_origin(request)
        cookies.check_token(cookie, request.headers.get(cookies.HEADER))
    house.pace.asks(found)
    return found


Asking = Annotated[Caller, Depends(caller)]
"""A route's parameter of this type is whoever asks."""


class May:
    """A dependency: whoever asks, if they may do this. Raises AccessError (403) where they may not."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    async def __call__(self, asking: Asking) -> Caller:
        audited.begins(self.permission, asking)
        scope_of(self.permission, asking)
        return asking


Sender = Annotated[Caller, Depends(May(Permission.SEND_LEADS))]
Importer = Annotated[Caller, Depends(May(Permission.IMPORT_LEADS))]
Actor = Annotated[Caller, Depends(May(Permission.SEND_EVENTS))]
Reader = Annotated[Caller, Depends(May(Permission.SEE_LEADS))]


async def whoever(request: Request, house: House) -> Caller | None:
    """Who is signed in with this browser, for pages that are there for everybody."""
    cookie = request.cookies.get(cookies.session_cookie(house.settings))
    if cookie is None:
        return None
    async with house.office.pool.acquire() as connection:
        return await sessions.find(connection, cookie)


def address(request: Request) -> str:
    return request.client.host if request.client else "nowhere"


def _unauthorized(code: str, detail: str) -> Problem:
    return Problem(
        401,
        code,
        detail,
        "Send `Authorization: Bearer lf_...`, or sign in at /sign-in.",
        headers={"WWW-Authenticate": 'Bearer realm="leadflow"'},
    )
