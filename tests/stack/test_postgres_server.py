"""Our own PostgreSQL runner, on a real server."""

from __future__ import annotations

import os
import re
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from engine.errors import StackError
from stack import cluster, privileges
from stack.lock import wait_until_free
from stack.ports import is_free
from stack.postgres import PostgresServer
from stack.process import lock_path

Owner = Callable[[str, Path], tuple[subprocess.Popen[str], str]]
START = """
from stack.postgres import PostgresServer
server = PostgresServer(home)
print(await server.start())
"""


def postmaster(home: Path) -> int:
    return int((home / "postgres" / "data" / "postmaster.pid").read_text().split()[0])


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def rows(dsn: str) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        count: int = await connection.fetchval("select count(*) from lead")
        return count
    finally:
        await connection.close()


async def fill(dsn: str, number: int) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("create table lead (id int)")
        await connection.executemany("insert into lead values ($1)", [(n,) for n in range(number)])
    finally:
        await connection.close()


async def test_rows_survive_the_kill_of_the_server(home: Path) -> None:
    """C.1: PostgreSQL is killed, starts again on the same port, and every committed row is there."""
    server = PostgresServer(home)
    dsn = await server.start()
    try:
        await fill(dsn, 300)
        os.kill(postmaster(home), signal.SIGKILL)
        assert await server.wait() == 128 + signal.SIGKILL
        assert await server.start() == dsn
        assert await rows(dsn) == 300
    finally:
        await server.stop()


async def test_server_ends_when_its_owner_is_killed(home: Path, owner: Owner) -> None:
    """C.1: no hook of the owner runs at a kill, and still nothing is left; a new owner finds the rows."""
    process, dsn = owner(START, home)
    await fill(dsn, 10)
    process.kill()
    assert wait_until_free(lock_path(home, "postgres"), 10), "some process of the killed owner's server lives on"
    port = re.search(r":(\d+)/", dsn)
    assert port and is_free(int(port[1]))
    server = PostgresServer(home)
    try:
        assert await rows(await server.start()) == 10
    finally:
        await server.stop()


async def test_stale_pid_file_with_a_living_process_id_is_no_obstacle(home: Path) -> None:
    """C.1: after a crash the number in the pid file may be anyone's; only a lock and a connection count."""
    server = PostgresServer(home)
    await fill(await server.start(), 1)
    await server.stop()
    (home / "postgres" / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n{home}\n1\n1\n\n\n\n")
    try:
        assert await rows(await server.start()) == 1
    finally:
        await server.stop()


async def test_second_owner_of_a_home_is_told_so(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """C.1: two servers on one data folder would ruin it; the second start is refused in words."""
    monkeypatch.setattr("stack.process.LEFTOVER_PATIENCE", 0.2)
    first = PostgresServer(home)
    await first.start()
    try:
        with pytest.raises(StackError, match="already running"):
            await PostgresServer(home).start()
    finally:
        await first.stop()


async def test_nobody_else_gets_in_and_no_folder_is_opened(home: Path) -> None:
    """S1.13: password needed even on loopback, secret readable by its owner only, parents' permissions untouched."""
    server = PostgresServer(home)
    dsn = await server.start()
    try:
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(re.sub(r":[^:@]*@", ":guess@", dsn))
        assert mode(home / "postgres" / "password") == 0o600
        assert mode(home) == 0o700
        assert mode(home.parent) == 0o700
    finally:
        await server.stop()


async def test_databases_are_made_once_and_know_every_language(home: Path) -> None:
    """S0.13: duplicates are found by letters of any language, so the database must know them as letters."""
    server = PostgresServer(home)
    await server.start()
    try:
        dsn = await server.ensure_database('te"st')
        assert await server.ensure_database('te"st') == dsn
        connection = await asyncpg.connect(dsn)
        await connection.execute("create extension pg_trgm")
        assert await connection.fetchval("select lower('ÄÖÜ')") == "äöü"
        assert await connection.fetchval("select similarity('Müller', 'müller gmbh') > 0.5")
        assert await connection.fetchval("show timezone") == "UTC"
        await connection.close()
    finally:
        await server.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to change who it is")
async def test_root_without_user_namespaces_runs_it_as_nobody(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """S1.13: where containers forbid namespaces, the data move to a place of their own; the folder stays closed."""
    shared = Path(tempfile.mkdtemp(dir="/var/tmp")) / "shared"  # where `nobody` can go, unlike pytest's own folders
    shared.parent.chmod(0o755)
    monkeypatch.setattr(cluster, "SHARED", shared)
    monkeypatch.setattr(cluster, "in_user_namespace", lambda: None)
    server = PostgresServer(home)
    try:
        await fill(await server.start(), 5)
        await server.stop()
        data = home / "postgres" / "data"
        assert data.is_symlink()
        assert data.stat().st_uid == privileges.as_nobody().owner
        assert mode(home.parent) == 0o700
        monkeypatch.undo()  # and when namespaces work again, the same data are served from there
        assert await rows(await server.start()) == 5
    finally:
        await server.stop()
        shutil.rmtree(shared.parent, ignore_errors=True)


async def test_missing_binaries_are_named_with_the_remedy(home: Path, tmp_path: Path) -> None:
    """C.3: a wrong LEADFLOW_PG_BIN is told at once, with the setting to mend."""
    with pytest.raises(StackError, match="no initdb") as refused:
        await PostgresServer(home, binaries=tmp_path).start()
    assert "LEADFLOW_PG_BIN" in refused.value.remedy
