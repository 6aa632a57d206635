"""Who asks: the bearer token of a request, as a caller (S1.13)."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from engine.access import Caller
from store import credentials
from web.house import Home
from web.problems import Problem

BEARER = HTTPBearer(
    scheme_name="token",
    description="A token that `leadflow token issue` has issued, as `Authorization: Bearer lf_...`.",
    auto_error=False,
)


async def caller(house: Home, given: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]) -> Caller:
    """Raises Problem (401) where there is no token, or nobody has it."""
    if given is None:
        raise _unauthorized("NO_TOKEN", "the request has no token")
    async with house.office.pool.acquire() as connection:
        found = await credentials.find(connection, given.credentials)
    if found is None:
        raise _unauthorized("BAD_TOKEN", "the token is unknown, has expired or was revoked")
    return found


Asking = Annotated[Caller, Depends(caller)]
"""A route's parameter of this type is whoever asks."""


def _unauthorized(code: str, detail: str) -> Problem:
    return Problem(
        401,
        code,
        detail,
        "Send `Authorization: Bearer lf_...`.",
        headers={"WWW-Authenticate": 'Bearer realm="leadflow"'},
    )
