"""The past as the database keeps it: roster and leave as they were, and what new leads took (B.4)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import asyncpg
import pytest_asyncio

from engine.catalog import Catalog
from engine.time.worktime import Absence
from store import definitions, leave, migrate, offers, past, roster
from store.pool import Pool, connection
from tests.store.sales import MONDAY, PROCESS, ROSTER, arrived, bundle, by_owner, happen, pumps, roster_file, staff
from trials.backtest.report import Choice, backtest

DAY = timedelta(days=1)
LATER = PROCESS.replace("version: 1", "version: 2")


async def test_every_load_of_a_roster_is_remembered_without_how_people_are_reached(fresh_pool: Pool) -> None:
    """B.4, B.6: who worked here, in which teams, for whom; B.7: not their addresses."""
    await staff(fresh_pool)
    without_ann = "\n".join(line for line in ROSTER.splitlines() if not line.startswith("  ann:"))
    await staff(fresh_pool, without_ann.replace("teams: [sales], calendar: auckland", "skills: [pumps], weight: 3"))
    async with fresh_pool.acquire() as conn:
        known = await past.past(conn)
        stored = await conn.fetchval("select string_agg(people::text, '') from roster_past")
    first, second = known.staffings
    assert first.at <= second.at
    assert (first.people["ann"].active, second.people["ann"].active) == (True, False)
    assert (first.people["eva"].calendar, first.people["eva"].teams) == ("auckland", ["sales"])
    assert (second.people["eva"].teams, second.people["eva"].skills, second.people["eva"].weight) == ([], ["pumps"], 3)
    assert first.teams["sales"].leader == "lee"
    assert "desk.example" not in stored


async def test_leave_is_remembered_as_it_was_known_at_each_time(fresh_pool: Pool) -> None:
    """B.4, B.6: entered, cut short, taken back."""
    await staff(fresh_pool)
    async with fresh_pool.acquire() as conn:
        short = await leave.add_leave(conn, "ann", MONDAY, MONDAY + 5 * DAY)
        back = await leave.add_leave(conn, "ben", MONDAY + DAY, MONDAY + 5 * DAY)
        await leave.end_leave(conn, short.id, MONDAY + 2 * DAY)
        await leave.end_leave(conn, back.id, MONDAY)
        await leave.mark_announced(conn, short.id)
        known = await past.past(conn)
    assert [(one.leave, one.person, one.absence) for one in known.leave] == [
        (short.id, "ann", Absence(MONDAY, MONDAY + 5 * DAY)),
        (back.id, "ben", Absence(MONDAY + DAY, MONDAY + 5 * DAY)),
        (short.id, "ann", Absence(MONDAY, MONDAY + 2 * DAY)),
        (back.id, "ben", None),
    ]
    assert known.leave_since is None


async def test_what_new_leads_took_is_told_by_shares(fresh_pool: Pool) -> None:
    """B.3, B.4: a version with a share is not what hand-overs lead to until it takes all."""
    async with fresh_pool.acquire() as conn:
        await definitions.publish(conn, bundle(), pumps(), "ops", "")
        async with conn.transaction():
            await definitions.publish(conn, bundle(LATER), pumps(LATER), "ops", "")
            await offers.give(conn, "pumps", 2, Decimal(10), "ops", "")
        tried = await past.past(conn)
        await offers.give(conn, "pumps", 2, Decimal(100), "ops", "")
        known = await past.past(conn)
    assert [one.digest for one in tried.published] == [pumps().digest]
    assert [one.digest for one in known.published] == [pumps().digest, pumps(LATER).digest]


async def test_leads_come_back_with_all_that_was_decided(fresh_pool: Pool) -> None:
    """B.4: run again, they go to whom they went, and what their owner did is done again."""
    await staff(fresh_pool)
    process = pumps()
    async with fresh_pool.acquire() as conn:
        await definitions.publish(conn, bundle(), process, "ops", "")
    first = await arrived(fresh_pool, process, "one", MONDAY, country="DE")
    await arrived(fresh_pool, process, "two", MONDAY + timedelta(minutes=1))
    await happen(fresh_pool, process, first, by_owner(first, "accept"), MONDAY + timedelta(hours=3))
    async with fresh_pool.acquire() as conn:
        known = await past.past(conn)
    assert [(lead.key, len(lead.decisions)) for lead in known.leads] == [("one", 2), ("two", 1)]
    catalog = Catalog()
    catalog.add(process)
    result = backtest(known, process, catalog, Choice())
    assert [(pair.candidate.first_owner, pair.candidate.first_score) for pair in result.pairs] == [
        (pair.then.first_owner, pair.then.first_score) for pair in result.pairs if pair.then is not None
    ]
    assert [line.happening for line in result.pairs[0].candidate.lines][:2] == ["arrived", "accept"]


# --- a database from before ------------------------------------------------------------------------------------------


@pytest_asyncio.fixture
async def older(new_database: Callable[[], Awaitable[str]], postgres_dsn: str, tmp_path: Path) -> AsyncIterator[str]:
    """A database with people and leave from before these were remembered."""
    from urllib.parse import urlsplit

    server = await asyncpg.connect(postgres_dsn)
    await server.execute("create database leadflow_test_older template template1")
    dsn = urlsplit(postgres_dsn)._replace(path="/leadflow_test_older").geturl()
    for file in sorted(migrate.FOLDER.glob("000[1-8]_*.sql")):
        (tmp_path / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    await migrate.migrate(dsn, tmp_path)
    yield dsn
    await server.execute("drop database leadflow_test_older with (force)")
    await server.close()


async def test_what_was_before_is_taken_over_and_said_to_be(older: str) -> None:
    """B.4: from when on it is known is told; what was entered before counts as it stands."""
    entered = datetime.now(UTC) - 30 * DAY
    async with connection(older) as conn:
        await conn.execute(
            "insert into team (key, roster, title, leader) values ('sales', 'desk', 'Sales', 'lee');"
            "insert into person (key, roster, name, channels, roles, territories, skills, weight, active)"
            " values ('ann', 'desk', 'Ann', '{email}', '{seller}', '{}', '{}', 1, true);"
            "insert into team_member values ('ann', 1, 'sales');"
        )
        await conn.execute(
            "insert into leave (person, starts_at, ends_at, entered_at) values ('ann', $1, $2, $1)",
            entered,
            entered + DAY,
        )
    assert "0009_past_staff" in await migrate.migrate(older)
    async with connection(older) as conn:
        known = await past.past(conn)
        await roster.load(conn, roster_file(), "ops")
        loaded = await past.past(conn)
    assert [one.people["ann"].teams for one in known.staffings] == [["sales"]]
    assert [(one.at, one.person) for one in known.leave] == [(entered, "ann")]
    assert known.leave_since == known.staffings[0].at
    assert len(loaded.staffings) == 2
