"""People who are signed in with a browser, and sign-ins under way at a provider (OIDC).

What a cookie holds is chance; here stands its hash. A session ends with the token that began it, or with its person's place in the
roster, whichever is asked at each request.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from engine.access import Caller, CallerRole
from store import credentials
from store.pool import Connection
from store.queries import queries

_SQL = queries("sessions")

LASTS = timedelta(hours=12)
"""A working day; then one signs in again."""

UNDER_WAY = timedelta(minutes=10)
"""What somebody has to sign in at the provider."""

_FOREMOST = (CallerRole.PARTNER, CallerRole.MARKETING, CallerRole.TEAM_LEADER, CallerRole.OPS, CallerRole.SELLER)
"""Which role counts of somebody who has several: of another company first of all, then the one that sees most."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """What a provider's answer has to fit."""

    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


async def begin(conn: Connection, token: str) -> tuple[str, Caller] | None:
    """A new session of whoever has this token, as what its cookie is to hold; None where nobody has it."""
    caller = await credentials.find(conn, token)
    if caller is None:
        return None
    cookie = secrets.token_urlsafe(32)
    await conn.execute(_SQL["begin"], hashed(cookie), hashed(token), LASTS)
    return cookie, caller


async def begin_for(conn: Connection, email: str) -> tuple[str, Caller] | None:
    """A new session of the one person of the roster with this address; None where there is none, or they may do nothing here."""
    person = await conn.fetchval(_SQL["person_with"], email)
    if person is None:
        return None
    cookie = secrets.token_urlsafe(32)
    async with conn.transaction():
        await conn.execute(_SQL["begin_as_person"], hashed(cookie), person, LASTS)
        caller = await find(conn, cookie)
    return None if caller is None else (cookie, caller)


async def find(conn: Connection, cookie: str) -> Caller | None:
    """Who comes with this cookie; None where the session has ended."""
    row = await conn.fetchrow(_SQL["by_person"], hashed(cookie))
    if row is not None:
        role = _role(row["roles"])
        teams = frozenset(row["teams"]) if role is CallerRole.TEAM_LEADER else frozenset()
        return None if role is None else Caller(row["person"], role, row["person"], teams=teams)
    token = await conn.fetchval(_SQL["by_token"], hashed(cookie))
    return None if token is None else await credentials.find_by_hash(conn, token)


async def end(conn: Connection, cookie: str) -> None:
    await conn.execute(_SQL["finish"], hashed(cookie))


async def keep(conn: Connection, under_way: SignIn) -> str:
    """Remember a sign-in that goes to the provider, as what the browser's cookie is to hold until it is back."""
    cookie = secrets.token_urlsafe(32)
    row = (under_way.state, under_way.nonce, under_way.verifier, UNDER_WAY)
    await conn.execute(_SQL["keep"], hashed(cookie), *row)
    return cookie


async def take(conn: Connection, cookie: str) -> SignIn | None:
    """The sign-in of this browser, once: None where it began none, took too long, or has been answered."""
    row = await conn.fetchrow(_SQL["take"], hashed(cookie))
    return SignIn(row["state"], row["nonce"], row["verifier"]) if row is not None and row["in_time"] else None


def hashed(secret: str) -> bytes:
    return hashlib.sha256(secret.encode(errors="replace")).digest()


def _role(roles: Iterable[str]) -> CallerRole | None:
    own = frozenset(roles)
    return next((role for role in _FOREMOST if role.value in own), None)
