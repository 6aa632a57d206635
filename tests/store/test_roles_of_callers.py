"""The roles as which callers read belong to the whole server: made once, by whoever may, with words where nobody here may."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import asyncpg
import pytest
import pytest_asyncio

from engine.access import Caller, CallerRole
from stack.postgres import PostgresServer
from store.migrate import MigrationError, migrate
from store.pool import connection, open_pool
from store.visiting import as_visitor
from tests.store.sales import arrived, pumps, staff


@pytest_asyncio.fixture(scope="module")
async def bare_server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A server on which leadflow has never been."""
    server = PostgresServer(tmp_path_factory.mktemp("bare"))
    try:
        yield await server.start()
    finally:
        await server.stop()


async def _database(server: str, rights: str) -> str:
    """A database of a user of its own with these rights."""
    name = f"firm_{secrets.token_hex(4)}"
    admin = await asyncpg.connect(server)
    await admin.execute(f"create role {name} login password 'secret' {rights}")
    await admin.execute(f"create database {name} owner {name}")
    await admin.close()
    parts = urlsplit(server)
    return parts._replace(netloc=f"{name}:secret@{parts.hostname}:{parts.port}", path=f"/{name}").geturl()


async def _sees_its_own(dsn: str) -> bool:
    async with await open_pool(dsn) as pool:
        await staff(pool)
        lead = await arrived(pool, pumps(), "one")
        async with connection(dsn) as conn:
            seen = []
            for person in (lead.owner, "lee"):
                async with as_visitor(conn, Caller("x", CallerRole.SELLER, person)):
                    seen.append(await conn.fetchval("select count(*) from lead"))
    return seen == [1, 0]


async def test_a_user_who_may_make_roles_needs_no_more(bare_server: str) -> None:
    """README: PostgreSQL of your own. The roles go again, for the other tests of this server."""
    dsn = await _database(bare_server, "createrole")
    await migrate(dsn)
    assert await _sees_its_own(dsn)
    admin = await asyncpg.connect(bare_server)
    await admin.execute(f"drop database {urlsplit(dsn).path[1:]} with (force)")
    await admin.execute("drop role leadflow_visitor; drop role leadflow_confidant")
    await admin.close()


async def test_a_user_who_may_not_make_them_is_told_what_to_run(bare_server: str) -> None:
    """S1.13: no database without the rule: the migration stops and says how to mend it; done, it goes on."""
    dsn = await _database(bare_server, "nocreaterole")
    with pytest.raises(MigrationError, match=r"0015_access.*may not create the role leadflow_visitor") as refused:
        await migrate(dsn)
    words = str(refused.value)
    commands = re.findall(r"create role \w+ nologin|grant [\w, ]+ to \w+", words)
    assert len(commands) == 3
    admin = await asyncpg.connect(bare_server)
    await admin.execute(";".join(commands[:2]))
    with pytest.raises(MigrationError, match="may not become the role leadflow_visitor"):
        await migrate(dsn)
    await admin.execute(commands[2])
    await admin.close()
    assert "0015_access" in await migrate(dsn)
    assert await _sees_its_own(dsn)


async def test_users_who_may_make_them_do_so_at_once_in_several_databases(postgres_dsn: str) -> None:
    """C.6: firms on one server, whose workers start at the same time."""
    server = await asyncpg.connect(postgres_dsn)
    names = [f"leadflow_test_{secrets.token_hex(4)}" for _ in range(4)]
    for name in names:
        await server.execute(f"create database {name}")
    try:
        done = await asyncio.gather(
            *(migrate(urlsplit(postgres_dsn)._replace(path=f"/{name}").geturl()) for name in names)
        )
        assert all("0015_access" in each for each in done)
        assert await _sees_its_own(urlsplit(postgres_dsn)._replace(path=f"/{names[0]}").geturl())
    finally:
        for name in names:
            await server.execute(f"drop database {name} with (force)")
        await server.close()


async def test_workers_need_not_own_the_tables(postgres_dsn: str) -> None:
    """S1.13: the rule is for callers. Whoever works with rights of their own, in a deployment that keeps owner and user apart, sees
    every lead: none would be late because a worker did not find it."""
    name = f"leadflow_test_{secrets.token_hex(4)}"
    server = await asyncpg.connect(postgres_dsn)
    await server.execute(f"create database {name}")
    parts = urlsplit(postgres_dsn)
    try:
        owner = parts._replace(path=f"/{name}").geturl()
        await migrate(owner)
        async with await open_pool(owner) as pool:
            await staff(pool)
            await arrived(pool, pumps(), "one")
            await pool.execute(f"create role {name} login password 'secret'")
            await pool.execute(f"grant select, update on all tables in schema public to {name}")
        netloc = f"{name}:secret@{parts.hostname}:{parts.port}"
        async with connection(parts._replace(netloc=netloc, path=f"/{name}").geturl()) as conn:
            assert await conn.fetchval("select count(*) from lead") == 1
            assert await conn.fetchval("select count(*) > 0 from event")
            assert await conn.execute("update lead set title = title") == "UPDATE 1"
    finally:
        await server.execute(f"drop database {name} with (force)")
        await server.execute(f"drop role if exists {name}")
        await server.close()
