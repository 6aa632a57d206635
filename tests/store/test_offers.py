"""Which version new leads take: a share of them first, raised or taken back, and two authors who publish at once (B.3, C.5)."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from cli.drift import of_workers
from engine.compiling.compile import compile_bundle
from engine.errors import LeadflowError, Overtaken
from engine.offer import Offer
from store import definitions, holdings, offers
from store.pool import Connection, Pool
from store.publishing import Candidate, publish_all, rehearse
from tests.store.sales import PROCESS, bundle, pumps, somebody_waits


def version(number: int, title: str = "Pumps") -> str:
    return PROCESS.replace("version: 1", f"version: {number}").replace("title: Pumps", f"title: {title}")


def candidate(number: int, share: int | None = None, title: str = "Pumps") -> Candidate:
    given = bundle(version(number, title))
    return Candidate(given, compile_bundle(given), None if share is None else Decimal(share))


def digest(number: int) -> str:
    return pumps(version(number)).digest


async def published(conn: Connection, *numbers: int) -> None:
    for number in numbers:
        await definitions.publish(conn, bundle(version(number)), pumps(version(number)), "ops", f"v{number}")


async def shares(conn: Connection) -> dict[int, int]:
    """Of new leads, in percent, by version."""
    return {row.version: int(row.share) for row in await definitions.versions(conn) if row.share}


# --- shares ----------------------------------------------------------------------------------------------------------


async def test_a_share_of_new_leads_goes_first_and_is_raised_and_taken_back(fresh_pool: Pool) -> None:
    """B.3: a tenth, half, all, and back again; each decision is kept with who, when and why."""
    async with fresh_pool.acquire() as conn:
        await published(conn, 1)
        seen = await offers.offers(conn)
        assert seen == {"pumps": Offer(digest(1))}
        assert await publish_all(conn, [candidate(2, 10)], seen, "ann", "try it") == [True]
        assert await offers.offers(conn) == {"pumps": Offer(digest(1), digest(2), Decimal(10))}
        assert await definitions.current(conn) == {"pumps": digest(1)}
        assert await shares(conn) == {1: 90, 2: 10}

        assert await offers.give(conn, "pumps", 2, Decimal(50), "ben", "fares well")
        assert not await offers.give(conn, "pumps", 2, Decimal(50), "ben", "fares well")
        assert await shares(conn) == {1: 50, 2: 50}
        await offers.give(conn, "pumps", 2, Decimal(100), "ben", "for all")
        assert await offers.offers(conn) == {"pumps": Offer(digest(2))}
        assert await shares(conn) == {2: 100}
        await offers.give(conn, "pumps", 2, Decimal(0), "lee", "too short after all")
        assert await offers.offers(conn) == {"pumps": Offer(digest(1))}

        kept = [(one.version, int(one.share), one.set_by, one.why) for one in await offers.history(conn, "pumps")]
        assert kept == [
            (2, 0, "lee", "too short after all"),
            (2, 100, "ben", "for all"),
            (2, 50, "ben", "fares well"),
            (2, 10, "ann", "try it"),
        ]


async def test_a_version_that_is_published_for_all_ends_the_trial_of_the_one_before(fresh_pool: Pool) -> None:
    """B.3: what was tried on a share and is older than the main version gets no new leads any more."""
    async with fresh_pool.acquire() as conn:
        await published(conn, 1, 2)
        await offers.give(conn, "pumps", 2, Decimal(10), "ann", "")
        await published(conn, 3)
        assert await shares(conn) == {3: 100}
        with pytest.raises(LeadflowError, match="v2 of pumps is older than v3") as refused:
            await offers.give(conn, "pumps", 2, Decimal(20), "ann", "")
        assert "3=0%" in refused.value.remedy
        await offers.give(conn, "pumps", 3, Decimal(0), "ann", "")
        assert await shares(conn) == {1: 90, 2: 10}, "as it was before"


async def test_shares_that_cannot_be_are_refused(fresh_pool: Pool) -> None:
    """B.3: some version takes the rest, one is tried at a time, and only what is published; nothing is kept of what is refused."""
    async with fresh_pool.acquire() as conn:
        await published(conn, 1)
        with pytest.raises(LeadflowError, match="no other version before it"):
            await offers.give(conn, "pumps", 1, Decimal(50), "ann", "")
        with pytest.raises(LeadflowError, match="no version 7 of pumps"):
            await offers.give(conn, "pumps", 7, Decimal(50), "ann", "")
        await publish_all(conn, [candidate(2, 10)], await offers.offers(conn), "ann", "")
        with pytest.raises(LeadflowError, match="v2 of pumps takes 10% of new leads already"):
            await publish_all(conn, [candidate(3, 20)], await offers.offers(conn), "ann", "")
        assert [one.version for one in await definitions.versions(conn)] == [2, 1]
        assert len(await offers.history(conn, "pumps")) == 1


async def test_a_first_version_takes_all(fresh_pool: Pool) -> None:
    """B.3: there is nothing else for the rest of new leads, so that nothing is published."""
    async with fresh_pool.acquire() as conn:
        with pytest.raises(LeadflowError, match="no other version before it"):
            await publish_all(conn, [candidate(1, 10)], {}, "ann", "")
        assert await definitions.versions(conn) == ()


async def test_a_lead_that_enters_by_another_process_follows_the_share(fresh_pool: Pool) -> None:
    """B.3, S4.3: handed over is new to that process, and the lead's key decides as it does at the front door."""
    async with fresh_pool.acquire() as conn:
        await published(conn, 1)
        await publish_all(conn, [candidate(2, 50)], await offers.offers(conn), "ann", "")
        keys = [f"lead:web:{number}" for number in range(40)]
        entered = [(await offers.taken_by(conn, key))["pumps"] for key in keys]
        offer = (await offers.offers(conn))["pumps"]
    assert entered == [offer.digest_for(key) for key in keys]
    assert {digest(1), digest(2)} == {*entered}


# --- two authors -----------------------------------------------------------------------------------------------------


async def test_two_authors_who_publish_at_once(fresh_pool: Pool) -> None:
    """C.5: both looked at version 1. One waits for the other, is told who was first, and has published nothing."""
    async with fresh_pool.acquire() as ann, fresh_pool.acquire() as ben, fresh_pool.acquire() as watcher:
        await published(ann, 1)
        seen = await offers.offers(ben)
        async with ann.transaction():
            await publish_all(ann, [candidate(2)], seen, "ann", "two days")
            waits = asyncio.create_task(publish_all(ben, [candidate(3), candidate(4)], seen, "ben", "four days"))
            await somebody_waits(watcher)
        with pytest.raises(Overtaken, match="ann published v2 of pumps meanwhile") as refused:
            await waits
        assert "leadflow diff" in refused.value.remedy
        assert [one.version for one in await definitions.versions(ben)] == [2, 1]
        assert await publish_all(ben, [candidate(3)], await offers.offers(ben), "ben", "looked again") == [True]


async def test_a_share_that_was_changed_meanwhile_stops_an_author_too(fresh_pool: Pool) -> None:
    """C.5: what was shown is no longer what new leads take."""
    async with fresh_pool.acquire() as conn:
        await published(conn, 1)
        await publish_all(conn, [candidate(2, 10)], await offers.offers(conn), "ann", "")
        seen = await offers.offers(conn)
        await offers.give(conn, "pumps", 2, Decimal(20), "ann", "")
        with pytest.raises(Overtaken, match="changed meanwhile which share"):
            await publish_all(conn, [candidate(3)], seen, "ben", "")


async def test_two_authors_who_choose_the_same_number(fresh_pool: Pool) -> None:
    """C.5: the second is told whose version has the number and which is free; nothing of theirs is published."""
    async with fresh_pool.acquire() as conn:
        await published(conn, 1, 2, 3)
        with pytest.raises(LeadflowError, match=r"version 2 of pumps is published already .*\(by ops, ") as refused:
            await publish_all(conn, [candidate(2, title="Other"), candidate(4)], await offers.offers(conn), "ben", "")
        assert "version: 4" in refused.value.remedy
        assert [one.version for one in await definitions.versions(conn)] == [3, 2, 1]


async def test_what_would_be_refused_is_refused_before_anybody_is_asked(fresh_pool: Pool) -> None:
    """B.3, C.5: a number that is taken, a second trial; and a rehearsal that goes well leaves nothing behind."""
    async with fresh_pool.acquire() as conn:
        await published(conn, 1)
        await publish_all(conn, [candidate(2, 10)], await offers.offers(conn), "ann", "")
        seen = await offers.offers(conn)
        with pytest.raises(LeadflowError, match="published already"):
            await rehearse(conn, [candidate(2, title="Other")], seen)
        with pytest.raises(LeadflowError, match="takes 10% of new leads already"):
            await rehearse(conn, [candidate(3, 20)], seen)
        await rehearse(conn, [candidate(3)], seen)
        assert [one.version for one in await definitions.versions(conn)] == [2, 1]
        assert await offers.offers(conn) == seen


# --- workers ---------------------------------------------------------------------------------------------------------


async def test_what_workers_hold_is_known(fresh_pool: Pool) -> None:
    """C.5: two workers, one of which could not take up version 2: told by name, until it holds it or is gone."""
    async with fresh_pool.acquire() as conn:
        await published(conn, 1, 2)
        await holdings.tell(conn, "1@here", [digest(1), digest(2)])
        await holdings.tell(conn, "2@here", [digest(1)])
        assert await holdings.holders(conn, [digest(2)]) == holdings.Held(workers=2, holding=1)
        assert [(one.worker, one.process, one.version) for one in await holdings.lacking(conn)] == [
            ("2@here", "pumps", 2)
        ]
        assert [(one.version, one.held_by, one.workers) for one in await definitions.versions(conn)] == [
            (2, 1, 2),
            (1, 2, 2),
        ]

        await holdings.tell(conn, "2@here", [digest(1), digest(2)])
        assert (await holdings.holders(conn, [digest(1), digest(2)])).by_all
        assert await holdings.lacking(conn) == ()

        await holdings.leave(conn, "2@here")
        await conn.execute("update worker_catalog set seen_at = now() - interval '5 minutes'")
        assert await holdings.holders(conn, [digest(2)]) == holdings.Held(workers=0, holding=0)


async def test_doctor_names_the_worker_and_the_version_that_it_lacks(fresh_pool: Pool) -> None:
    """C.5: a digest that is missing on one worker is found before a lead has to wait for it."""
    async with fresh_pool.acquire() as conn:
        await published(conn, 1)
        assert await of_workers(conn) == [], "nobody is at work, which is told elsewhere"
        await holdings.tell(conn, "1@here", [digest(1)])
        [check] = await of_workers(conn)
        assert check.ok and "1 worker" in check.what
        await published(conn, 2)
        await holdings.tell(conn, "1@here", [digest(1)])
        [check] = await of_workers(conn)
        assert not check.ok
        assert f"worker 1@here does not hold pumps v2 ({digest(2)[:12]})" in check.what and "log" in check.remedy


async def test_a_version_that_nobody_takes_and_no_lead_is_on_may_be_missing(fresh_pool: Pool) -> None:
    """C.5: only what is in use is missed."""
    async with fresh_pool.acquire() as conn:
        await published(conn, 1, 2)
        await holdings.tell(conn, "1@here", [digest(2)])
        assert await holdings.lacking(conn) == ()
