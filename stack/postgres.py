"""A private PostgreSQL server for one home folder: loopback only, password protected, gone when its owner is gone."""

from __future__ import annotations

import asyncio
import secrets
import time
from pathlib import Path
from urllib.parse import quote

import asyncpg

from engine.errors import StackError
from stack.cluster import ENVIRONMENT, USER, Cluster, find_binaries, forget_dead_server, initialise, settle
from stack.home import write_anew
from stack.ports import LOOPBACK, any_free, is_free
from stack.process import LeashedProcess

DATABASE = "leadflow"
SILENCE = (
    30.0  # seconds without any answer before a start counts as failed; a server that says "starting up" is answering
)
STARTS = 3  # a free port can be taken between choosing and using it


class PostgresServer:
    """Everything lies under `home`: `postgres/data`, `postgres/password` (0600), `postgres/port`, `log/postgres.log`.

    The port is chosen once and kept while it is free, so that a connection string stays good across restarts.
    """

    name = "postgres"

    def __init__(self, home: Path, *, binaries: Path | None = None) -> None:
        self._folder = home.absolute() / "postgres"
        self._binaries = binaries
        self._process = LeashedProcess(home.absolute(), self.name, stop_signal="INT")  # INT: PostgreSQL's fast shutdown
        self._port = 0

    @property
    def where(self) -> str:
        return f"{LOOPBACK}:{self._port}/{DATABASE}"

    async def start(self) -> str:
        """Starts the server, making its files at the first time, and returns the connection string of the database
        `leadflow`.

        After a kill it recovers first, as long as that takes. StackError when it is running for someone else or
        cannot start.
        """
        if self._process.running:
            return self.dsn()
        await self._process.acquire()
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            cluster = await asyncio.to_thread(self._prepare)
            await self._serve(cluster)
            return await self.ensure_database(DATABASE)
        except BaseException:
            await self._process.stop()
            raise

    async def stop(self) -> None:
        await self._process.stop()

    async def wait(self) -> int:
        """Until the server has ended, whyever; gives its exit status."""
        return await self._process.wait()

    def dsn(self, database: str = DATABASE) -> str:
        password = (self._folder / "password").read_text()
        return f"postgresql://{USER}:{password}@{LOOPBACK}:{self._port}/{quote(database, safe='')}"

    async def ensure_database(self, name: str) -> str:
        """Creates the database unless it exists, and returns its connection string."""
        connection = await asyncpg.connect(self.dsn("postgres"), ssl=False)
        try:
            if not await connection.fetchval("select true from pg_database where datname = $1", name):
                await connection.execute('create database "{}"'.format(name.replace('"', '""')))
        except asyncpg.DuplicateDatabaseError:
            pass  # made by someone else between the two statements
        finally:
            await connection.close()
        return self.dsn(name)

    def _prepare(self) -> Cluster:
        cluster = settle(self._folder, find_binaries(self._binaries))
        initialise(cluster, self._password(cluster), self._process.lock.fileno())
        forget_dead_server(cluster)
        return cluster

    def _password(self, cluster: Cluster) -> str:
        file = self._folder / "password"
        if file.exists():
            return file.read_text()
        if (cluster.data / "PG_VERSION").exists():
            raise StackError(
                f"{file} is gone, and the data beside it cannot be opened without it", "Put the file back."
            )
        write_anew(file, secrets.token_urlsafe(24))
        return file.read_text()

    async def _serve(self, cluster: Cluster) -> None:
        remembered = self._folder / "port"
        if not self._port and remembered.exists():
            self._port = int(remembered.read_text())
        for _ in range(STARTS):
            if not self._port or not is_free(self._port):
                self._port = any_free()
            await self._process.start(self._command(cluster), ENVIRONMENT, run_as=cluster.run_as)
            if await self._ready():
                write_anew(remembered, str(self._port))
                return
            await self._process.stop()
            await self._process.acquire()
            if is_free(self._port):
                break  # so the port was not the reason, and another would not help
        raise StackError(
            f"PostgreSQL did not start: {self._process.last_words()}", f"Mend what its log says: {self._process.log}"
        )

    def _command(self, cluster: Cluster) -> list[str]:
        settings = {
            "port": self._port,
            "listen_addresses": LOOPBACK,
            "unix_socket_directories": "",  # a socket's path may not exceed 107 bytes; a project's may
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        return [str(cluster.binaries / "postgres"), "-D", str(cluster.data), *options]

    async def _ready(self) -> bool:
        """Whether the server answered a query; False once it has ended or keeps silent."""
        last_sign = time.monotonic()
        while self._process.running and time.monotonic() - last_sign < SILENCE:
            try:
                connection = await asyncpg.connect(self.dsn("postgres"), ssl=False, timeout=5)
            except asyncpg.CannotConnectNowError:
                last_sign = time.monotonic()
            except (OSError, TimeoutError, asyncpg.PostgresError):
                pass
            else:
                await connection.close()
                return self._process.running
            await asyncio.sleep(0.02)
        return False
