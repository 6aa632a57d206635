"""Who asks: the bearer token of a request, as a caller, and whether that caller may (S1.13)."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from engine.access import Caller, Permission, scope_of
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


class May:
    """A dependency: whoever asks, if they may do this. Raises AccessError (403) where they may not."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    def __call__(self, asking: Asking) -> Caller:
        scope_of(self.permission, asking)
        return asking


Sender = Annotated[Caller, Depends(May(Permission.SEND_LEADS))]
Importer = Annotated[Caller, Depends(May(Permission.IMPORT_LEADS))]
Actor = Annotated[Caller, Depends(May(Permission.SEND_EVENTS))]
Reader = Annotated[Caller, Depends(May(Permission.SEE_LEADS))]


def _unauthorized(code: str, detail: str) -> Problem:
    return Problem(
        401,
        code,
        detail,
        "Send `Authorization: Bearer lf_...`.",
        headers={"WWW-Authenticate": 'Bearer realm="leadflow"'},
    )
