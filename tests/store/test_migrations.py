"""The database comes into its shape once, whoever starts first, and nobody changes what was applied."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
import pytest_asyncio

from engine.errors import StackError
from store import migrate as migration
from store.migrate import MigrationError, migrate, pending
from store.pool import connection, open_pool

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(path.stem for path in migration.FOLDER.glob("*.sql"))
ALONE = "import asyncio, sys; from store.migrate import migrate; print(len(asyncio.run(migrate(sys.argv[1]))))"


@pytest_asyncio.fixture
async def empty(postgres_dsn: str) -> AsyncIterator[str]:
    """A database with nothing in it."""
    name = f"leadflow_test_{secrets.token_hex(4)}"
    server = await asyncpg.connect(postgres_dsn)
    await server.execute(f'create database "{name}"')
    yield urlsplit(postgres_dsn)._replace(path=f"/{name}").geturl()
    await server.execute(f'drop database "{name}" with (force)')
    await server.close()


async def test_five_processes_at_once_apply_everything_once(empty: str) -> None:
    """S1.4: one central database, also when all workers of a deployment start together."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    started = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", ALONE, empty, cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE
        )
        for _ in range(5)
    ]
    outputs = [(await process.communicate())[0] for process in started]
    assert [process.returncode for process in started] == [0] * 5
    assert sorted(int(output) for output in outputs) == [0, 0, 0, 0, len(FILES)]
    assert await pending(empty) == []


async def test_pending_says_what_is_missing_and_migrate_what_it_did(empty: str) -> None:
    assert await pending(empty) == FILES
    assert await migrate(empty) == FILES
    assert await migrate(empty) == []


async def test_an_applied_migration_that_was_changed_is_refused(empty: str, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(migration.FOLDER, tmp_path / "migrations"))
    await migrate(empty, folder)
    changed = folder / f"{FILES[0]}.sql"
    changed.write_bytes(changed.read_bytes().replace(b"\n", b"\r\n"))
    assert await migrate(empty, folder) == []  # line ends are no change
    changed.write_text(changed.read_text() + "\ncreate table more (id integer);\n")
    with pytest.raises(MigrationError, match=FILES[0]) as refused:
        await migrate(empty, folder)
    assert "new migration" in refused.value.remedy
    with pytest.raises(MigrationError):
        await pending(empty, folder)


async def test_a_migration_that_fails_leaves_nothing_of_itself(empty: str, tmp_path: Path) -> None:
    (tmp_path / "0001_good.sql").write_text("create table good (id integer);")
    (tmp_path / "0002_bad.sql").write_text("create table half (id integer); select no_such_thing;")
    with pytest.raises(MigrationError, match="0002_bad"):
        await migrate(empty, tmp_path)
    assert await pending(empty, tmp_path) == ["0002_bad"]
    async with connection(empty) as conn:
        assert await conn.fetchval("select to_regclass('good') is not null and to_regclass('half') is null")


async def test_a_release_can_be_taken_back(empty: str, tmp_path: Path) -> None:
    """Migrations that only the newer release knows are no hindrance to the older one."""
    (tmp_path / "0001_first.sql").write_text("create table first (id integer);")
    (tmp_path / "0002_newer.sql").write_text("create table newer (id integer);")
    await migrate(empty, tmp_path)
    (tmp_path / "0002_newer.sql").unlink()
    assert await migrate(empty, tmp_path) == []


async def test_every_table_says_what_it_is_for(database: str) -> None:
    async with connection(database) as conn:
        silent = await conn.fetch(
            "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'v')"
            " and obj_description(oid) is null"
        )
    assert [row["relname"] for row in silent] == []


async def test_a_server_that_is_not_there_is_named_without_the_password() -> None:
    with pytest.raises(StackError, match=r"127\.0\.0\.1:1/leadflow") as refused:
        await open_pool("postgresql://leadflow:geheim@127.0.0.1:1/leadflow")
    assert "geheim" not in f"{refused.value} {refused.value.remedy}"
    assert "DATABASE_URL" in refused.value.remedy
