"""Tokens: shown once, kept as a hash, good until they expire, are revoked, or their person leaves."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.access import Caller, CallerRole
from engine.errors import AccessError
from store import credentials
from store.pool import Pool
from tests.store.sales import ROSTER, staff

DAY = timedelta(days=1)


async def test_a_token_is_known_by_its_hash_only(fresh_pool: Pool) -> None:
    """Issue 4, section 4: tokens are hashed and shown once."""
    async with fresh_pool.acquire() as conn:
        issued = await credentials.issue(
            conn, "shop", CallerRole.UPSTREAM, by="operator", sources=["web", "fair"], lasts=DAY
        )
        assert await credentials.find(conn, issued.token) == Caller(
            "shop", CallerRole.UPSTREAM, None, frozenset({"web", "fair"})
        )
        assert issued.token not in repr(issued)
        stored = await conn.fetchval("select string_agg(credential::text, '') from credential")
        assert issued.token not in stored and issued.token[len(issued.prefix) :] not in stored
        (line,) = await credentials.listed(conn)
        assert (line.prefix, line.created_by) == (issued.prefix, "operator") and line.last_used_at is not None
        for other in (issued.token[:-1], issued.token + "a", issued.prefix, "", "lf_" + "x" * 100_000, "lf_\x00"):
            assert await credentials.find(conn, other) is None


async def test_a_token_ends_when_it_is_revoked_or_expires(fresh_pool: Pool) -> None:
    """Issue 4, section 4: tokens are revocable and expire; the name is free again then."""
    async with fresh_pool.acquire() as conn:
        first = await credentials.issue(conn, "boss", CallerRole.ADMIN, by="operator")
        with pytest.raises(AccessError, match="in use"):
            await credentials.issue(conn, "boss", CallerRole.ADMIN, by="operator")
        assert await credentials.revoke(conn, first.prefix, by="operator") == "boss"
        assert await credentials.find(conn, first.token) is None
        with pytest.raises(AccessError, match="no token in use"):
            await credentials.revoke(conn, "boss", by="operator")
        second = await credentials.issue(conn, "boss", CallerRole.ADMIN, by="operator", lasts=DAY)
        await conn.execute(
            "update credential set created_at = now() - interval '2 days', expires_at = now() - interval '1 second'"
            " where prefix = $1",
            second.prefix,
        )
        assert await credentials.find(conn, second.token) is None
        assert await credentials.listed(conn) == ()
        third = await credentials.issue(conn, "boss", CallerRole.ADMIN, by="operator")
        assert await credentials.find(conn, third.token) is not None
        assert len(await credentials.listed(conn, all=True)) == 3


async def test_a_persons_token_has_what_the_roster_says_of_them(fresh_pool: Pool) -> None:
    """S1.13, S1.14: the teams that they lead now; and nothing any more once they have left."""
    await staff(fresh_pool)
    async with fresh_pool.acquire() as conn:
        leads_team = await credentials.issue(conn, "lee", CallerRole.TEAM_LEADER, by="operator", person="lee")
        sells = await credentials.issue(conn, "ann", CallerRole.SELLER, by="operator", person="ann")
        assert await credentials.find(conn, leads_team.token) == Caller(
            "lee", CallerRole.TEAM_LEADER, "lee", teams=frozenset({"sales"})
        )
        assert await credentials.find(conn, sells.token) == Caller("ann", CallerRole.SELLER, "ann")
    await staff(fresh_pool, "\n".join(line for line in ROSTER.splitlines() if not line.startswith("  ann:")))
    async with fresh_pool.acquire() as conn:
        assert await credentials.find(conn, sells.token) is None
        assert await credentials.find(conn, leads_team.token) is not None


async def test_a_token_that_fits_nobody_is_not_issued(fresh_pool: Pool) -> None:
    """Each refusal says what is wrong and how to mend it; nothing was written."""
    await staff(fresh_pool)
    wrong = [
        ("x", CallerRole.SELLER, None, [], DAY, "is a person"),
        ("x", CallerRole.SELLER, "nobody", [], DAY, "nobody called"),
        ("x", CallerRole.TEAM_LEADER, "ann", [], DAY, "is no team_leader"),
        ("x", CallerRole.UPSTREAM, None, [], DAY, "named source systems"),
        ("x", CallerRole.ADMIN, None, ["web"], DAY, "has no source"),
        ("x", CallerRole.ADMIN, None, [], timedelta(0), "at least"),
        ("x", CallerRole.ADMIN, None, [], timedelta(days=9999), "at most"),
        ("", CallerRole.ADMIN, None, [], DAY, "name of the token"),
    ]
    async with fresh_pool.acquire() as conn:
        for name, role, person, sources, lasts, words in wrong:
            with pytest.raises(AccessError, match=words) as refused:
                await credentials.issue(conn, name, role, by="op", person=person, sources=sources, lasts=lasts)
            assert refused.value.remedy
        assert await credentials.listed(conn, all=True) == ()
