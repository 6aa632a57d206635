"""Tokens: issued and shown once, found by their hash, revoked (S1.13, S1.14)."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import asyncpg

from engine.access import Caller, CallerRole
from engine.errors import AccessError
from engine.values import MAX_NAME, fault_of_text
from store.pool import Connection
from store.queries import queries

_SQL = queries("credentials")

MARK = "lf_"
"""How every token begins, so that whoever finds one in a file knows what it is."""

_SHOWN = len(MARK) + 8
_LONGEST_TOKEN = 200
LONGEST = timedelta(days=3660)


PERSONAL = (CallerRole.SELLER, CallerRole.TEAM_LEADER, CallerRole.PARTNER)
"""Roles whose rights are those of a person: without one there is nothing that they could see."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A token, this once. It stays out of the representation."""

    name: str
    prefix: str
    expires_at: datetime
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Credential:
    """A token as it is listed."""

    id: int
    name: str
    prefix: str
    role: CallerRole
    person: str | None
    sources: tuple[str, ...]
    created_by: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    revoked_by: str | None
    last_used_at: datetime | None


async def issue(
    conn: Connection,
    name: str,
    role: CallerRole,
    *,
    by: str,
    person: str | None = None,
    sources: Iterable[str] = (),
    lasts: timedelta = timedelta(days=90),
) -> Issued:
    """A new token for `name`. Raises AccessError where the name is in use, or the role does not fit the person."""
    own = sorted(set(sources))
    await _check(conn, name, role, person, own, lasts)
    token = MARK + secrets.token_urlsafe(32)
    prefix = token[:_SHOWN]
    try:
        async with conn.transaction():
            await conn.execute(_SQL["free_name"], name, by)
            row = (name, prefix, _hash(token), role.value, person, own, by, lasts)
            expires_at = await conn.fetchval(_SQL["issue"], *row)
    except asyncpg.UniqueViolationError:
        raise AccessError(
            "NAME_TAKEN",
            f"there is a token in use for '{name}'",
            f"Revoke it (`leadflow token revoke {name}`), or take another name.",
        ) from None
    return Issued(name, prefix, expires_at, token)


async def find(conn: Connection, token: str) -> Caller | None:
    """Who comes with this token; None where it is unknown, expired or revoked, or its person may not use it any more."""
    if not token.startswith(MARK) or len(token) > _LONGEST_TOKEN:
        return None
    return await find_by_hash(conn, _hash(token))


async def find_by_hash(conn: Connection, hidden: bytes) -> Caller | None:
    """Whose token has this hash, as `find`."""
    row = await conn.fetchrow(_SQL["find"], hidden)
    if row is None:
        return None
    await conn.execute(_SQL["note_use"], hidden)
    role = CallerRole(row["role"])
    teams = frozenset(row["teams"]) if role is CallerRole.TEAM_LEADER else frozenset()
    return Caller(row["name"], role, row["person"], frozenset(row["sources"]), teams)


async def revoke(conn: Connection, name: str, *, by: str) -> str:
    """End a token, named by its caller or by how it begins, at once. Returns whose it was; raises AccessError where there is none."""
    revoked = await conn.fetchval(_SQL["revoke"], name, by)
    if revoked is None:
        raise AccessError("UNKNOWN_TOKEN", f"no token in use is called '{name}'", "`leadflow token list` shows them.")
    return str(revoked)


async def listed(conn: Connection, *, all: bool = False) -> tuple[Credential, ...]:
    """Tokens in use; with `all` those that have expired or were revoked, too."""
    rows = await conn.fetch(_SQL["listed"], all)
    return tuple(
        Credential(**{**row, "role": CallerRole(row["role"]), "sources": tuple(row["sources"])}) for row in rows
    )


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()


async def _check(
    conn: Connection, name: str, role: CallerRole, person: str | None, sources: list[str], lasts: timedelta
) -> None:
    fault = fault_of_text(name, MAX_NAME) if name.strip() else "is empty"
    if fault is not None:
        raise AccessError("BAD_TOKEN", f"the name of the token {fault}", "Name the system or the person.")
    if not timedelta(0) < lasts <= LONGEST:
        raise AccessError("BAD_TOKEN", "a token lasts at least a day and at most ten years", "Write --days 90.")
    if role is CallerRole.UPSTREAM and not sources:
        raise AccessError(
            "BAD_TOKEN", "an upstream system sends for named source systems only", "Name them: --source web."
        )
    if role is not CallerRole.UPSTREAM and sources:
        raise AccessError("BAD_TOKEN", f"the role {role.value} has no source systems", "Leave --source out.")
    if person is None:
        if role in PERSONAL:
            raise AccessError(
                "BAD_TOKEN", f"a {role.value} is a person of the roster", "Name them: --person anna_schulz."
            )
        return
    row = await conn.fetchrow(_SQL["person"], person)
    if row is None or not row["active"]:
        raise AccessError(
            "UNKNOWN_PERSON",
            f"nobody called '{person}' works here by the roster",
            "`leadflow roster show` lists everybody.",
        )
    if role not in (CallerRole.ADMIN, CallerRole.UPSTREAM) and role.value not in row["roles"]:
        raise AccessError(
            "BAD_TOKEN",
            f"{person} is no {role.value} by the roster, but {', '.join(row['roles'])}",
            "Take one of these roles, or change the roster.",
        )
