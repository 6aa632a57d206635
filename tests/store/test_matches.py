"""Pairs of leads that may be one: asked about once, decided once, seen by those who see both (S0.13, S1.13)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from engine.access import Caller, CallerRole
from engine.errors import LeadflowError
from store import leads, matches
from store.leads import NewLead
from store.matches import PairState
from store.pool import Pool
from store.visiting import as_visitor
from tests.store.sales import fresh_lead, pumps

NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)


async def test_a_pair_is_asked_about_once_and_decided_for_good(fresh_pool: Pool) -> None:
    """S0.13: in whichever order it is named; what was called different is never asked again, unless somebody opens it."""
    async with fresh_pool.acquire() as conn:
        for key in ("b", "a"):
            await leads.register(conn, NewLead(fresh_lead(pumps(), key), "web", key))
        assert await matches.note_possible(conn, "b", "a", 70, ["the same name (+50)"], NOW)
        assert not await matches.note_possible(conn, "a", "b", 90, [], NOW)
        [found] = await matches.open_pairs(conn)
        assert (found.one.key, found.other.key, found.pair.points) == ("a", "b", 70)
        assert await matches.decide(conn, "b", "a", PairState.DIFFERENT, "ann", NOW)
        assert not await matches.note_possible(conn, "b", "a", 95, [], NOW)
        assert await matches.open_pairs(conn) == ()
        decided = await matches.pair(conn, "b", "a")
        assert decided is not None
        assert (decided.state, decided.decided_by) == (PairState.DIFFERENT, "ann")
        with pytest.raises(LeadflowError):
            await matches.decide(conn, "a", "nobody", PairState.DIFFERENT, "ann", NOW)
        with pytest.raises(LeadflowError):
            await matches.decide(conn, "a", "a", PairState.DIFFERENT, "ann", NOW)


async def test_a_pair_is_seen_by_whoever_sees_both(fresh_pool: Pool) -> None:
    """S1.13: marketing sees all; a seller who has neither sees nothing of it."""
    async with fresh_pool.acquire() as conn:
        for key in ("a", "b"):
            await leads.register(conn, NewLead(fresh_lead(pumps(), key), "web", key))
        await matches.note_possible(conn, "a", "b", 70, [], NOW)
        for caller, sees in (
            (Caller("m", CallerRole.MARKETING), 1),
            (Caller("s", CallerRole.SELLER, person="ann"), 0),
        ):
            async with as_visitor(conn, caller):
                assert len(await conn.fetch("select one from possible_match")) == sees
