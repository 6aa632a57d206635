"""While a server behind the web server is away, whoever asks is told to come again, and what was accepted is there (C.1, C.6)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import asyncpg
import httpx
import pytest
from temporalio.testing import WorkflowEnvironment

import bootstrap
from engine.access import CallerRole
from stack.postgres import PostgresServer
from store.migrate import migrate
from tests.installation import Installation, installation, on_queue
from tests.web.served import client, house_on, lead, problem, token
from tests.workflow.processes import pumps, staff
from web import patience
from web.house import House


@dataclass
class Line:
    """The way to a server, which can be cut."""

    host: str
    port: int
    up: bool = True
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.up:
            writer.close()
            return
        there, back = await asyncio.open_connection(self.host, self.port)
        self._open |= {writer, back}
        await asyncio.gather(_pass_on(reader, back), _pass_on(there, writer))

    def cut(self) -> None:
        self.up = False
        for writer in self._open:
            writer.transport.abort()
        self._open.clear()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


@contextlib.asynccontextmanager
async def house_at_a_line(desk: Installation) -> AsyncIterator[tuple[House, Line]]:
    """The web server reaches Temporal over a line of its own; the worker does not."""
    host, _, port = desk.client.service_client.config.target_host.rpartition(":")
    line = Line(host, int(port))
    async with await asyncio.start_server(line.take, "127.0.0.1", 0) as listening:
        near = await bootstrap.connect_temporal(f"127.0.0.1:{listening.sockets[0].getsockname()[1]}")
        office = replace(desk, client=on_queue(near, desk.queue)).office
        yield replace(house_on(desk), office=office), line
        line.cut()


def come_again(answer: httpx.Response, *codes: str) -> None:
    assert answer.status_code == 503, answer.text
    body = problem(answer, 503, answer.json()["code"])
    assert body["code"] in codes and "happens once" in body["remedy"]
    assert 1 <= int(answer.headers["retry-after"]) <= 60


async def test_while_temporal_is_away_senders_come_again(desk: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """C.6: 503 with Retry-After for a lead, an event and a question; the same requests happen once when it is back."""
    monkeypatch.setattr(patience, "PATIENCE", 1.5)
    key = await desk.new(kind="pumps", size="normal")
    owner = (await desk.snapshot(key)).owner
    bearer = await token(desk, CallerRole.ADMIN)
    sent = lead("temporal-away", source_system="web")
    named = {"Idempotency-Key": "temporal-away"}
    accept = {"event": "accept", "by": owner, "id": "accepted-once"}
    async with house_at_a_line(desk) as (house, line), client(house, bearer) as sender:
        assert (await sender.get("/readyz")).status_code == 200
        line.cut()
        came, happened, ready = await asyncio.gather(
            sender.post("/leads", json=sent, headers=named),
            sender.post(f"/leads/{key}/events", json=accept),
            sender.get("/readyz"),
        )
        for answer in (came, happened, ready):
            come_again(answer, "UNAVAILABLE", "LATE")
        assert (await sender.get("/healthz")).status_code == 200
        assert (await sender.get(f"/leads/{key}")).status_code == 200, "what is written down can be read all the same"

        line.up = True
        monkeypatch.undo()
        assert (await sender.post("/leads", json=sent, headers=named)).status_code in (200, 201)
        assert (await sender.post(f"/leads/{key}/events", json=accept)).status_code == 200
    assert await desk.happenings(key) == ["arrived", "accept"]
    assert await desk.happenings("lead:web:temporal-away") == ["arrived"]
    assert await desk.column("select count(*) from touch where lead = 'lead:web:temporal-away'") == [1]


async def test_a_database_that_is_started_again_is_waited_for(
    temporal: WorkflowEnvironment, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """C.6: 503 with Retry-After while PostgreSQL is away, in every route; afterwards all goes on, without a restart of ours."""
    server = PostgresServer(tmp_path_factory.mktemp("postgres"))
    dsn = await server.start()
    try:
        await migrate(dsn)
        async with installation(temporal, dsn, [pumps()], [staff()]) as desk, desk.worker():
            bearer = await token(desk, CallerRole.ADMIN)
            async with client(house_on(desk), bearer) as sender:
                first = await sender.post("/leads", json=lead("before", source_system="web"))
                assert first.status_code == 201
                await server.stop()
                key, sent = first.json()["lead"], lead("meanwhile", source_system="web")
                for method, path, body in (
                    ("POST", "/leads", sent),
                    ("POST", f"/leads/{key}/events", {"event": "accept"}),
                    ("GET", f"/leads/{key}", None),
                    ("GET", f"/leads/{key}/allowed", None),
                    ("GET", "/readyz", None),
                ):
                    come_again(await sender.request(method, path, json=body), "UNAVAILABLE")
                assert (await sender.get("/healthz")).status_code == 200
                await server.start()
                assert (await sender.post("/leads", json=sent)).status_code == 201
                assert (await sender.get(f"/leads/{key}")).status_code == 200
                assert await desk.column("select count(*) from touch where lead = 'lead:web:meanwhile'") == [1]
    finally:
        with contextlib.suppress(asyncpg.PostgresError, OSError):
            await server.stop()
