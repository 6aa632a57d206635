"""The real application with the shipped processes, on a socket: what comes over it is bytes, as senders send them."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from temporalio.testing import WorkflowEnvironment

from bench.served import served
from client.hooks.file import read_hooks
from engine.access import CallerRole
from settings import Settings
from store import credentials
from tests.installation import ROOT, Installation, installation, shipped_around_the_clock, shipped_roster
from web.house import House

SECRET = "known to the provider"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Site:
    """`token` is of an upstream system that sends for `web` alone, `admin` may do all."""

    office: Installation
    house: House
    url: str
    token: str
    admin: str

    async def connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        address = urlsplit(self.url)
        return await asyncio.open_connection(address.hostname, address.port)

    async def say(self, raw: bytes, patience: float = 20.0) -> list[Answer]:
        """Send these bytes, and give whatever is answered until the server has no more to say and closes."""
        reader, writer = await self.connection()
        try:
            with contextlib.suppress(ConnectionError):
                writer.write(raw)
                await writer.drain()
            return answers_in(await asyncio.wait_for(_all(reader), patience))
        finally:
            writer.close()

    def request(self, method: str, path: str, body: bytes = b"", *headers: bytes, bearer: str | None = None) -> bytes:
        """A request that is the last one on its connection."""
        lines = [
            f"{method} {path} HTTP/1.1\r\nhost: leadflow\r\nconnection: close".encode(),
            f"authorization: Bearer {bearer or self.token}".encode(),
            f"content-length: {len(body)}".encode(),
            *headers,
        ]
        if not any(header.lower().startswith(b"content-type") for header in headers):
            lines.append(b"content-type: application/json")
        return b"\r\n".join(lines) + b"\r\n\r\n" + body

    async def post(self, body: Any, path: str = "/leads", *headers: bytes) -> Answer:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return (await self.say(self.request("POST", path, raw, *headers)))[0]


@contextlib.asynccontextmanager
async def open_site(temporal: WorkflowEnvironment, database: str) -> AsyncIterator[Site]:
    hooks = read_hooks(ROOT / "definitions")
    settings = Settings(home=Path("/nowhere"), hook_secrets=dict.fromkeys(hooks, (SECRET,)))
    async with installation(temporal, database, shipped_around_the_clock(), [shipped_roster()]) as made, made.worker():
        async with made.pool.acquire() as connection:
            token = await credentials.issue(connection, "shop", CallerRole.UPSTREAM, by="test", sources=["web"])
            admin = await credentials.issue(connection, "boss", CallerRole.ADMIN, by="test")
        house = House(made.office, settings, hooks=hooks)
        async with served(house) as url:
            yield Site(made, house, url, token.token, admin.token)


async def _all(reader: asyncio.StreamReader) -> bytes:
    parts = []
    with contextlib.suppress(ConnectionError):
        while part := await reader.read(65_536):
            parts.append(part)
    return b"".join(parts)


def answers_in(raw: bytes) -> list[Answer]:
    """The answers that a connection has brought, one after another."""
    found = []
    while raw:
        head, _, raw = raw.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if headers.get("transfer-encoding") == "chunked":
            body, raw = _unchunked(raw)
        else:
            length = int(headers.get("content-length", "0"))
            body, raw = raw[:length], raw[length:]
        found.append(Answer(int(first.split()[1]), headers, body))
    return found


def _unchunked(raw: bytes) -> tuple[bytes, bytes]:
    body = b""
    while raw:
        size, _, raw = raw.partition(b"\r\n")
        length = int(size, 16)
        body, raw = body + raw[:length], raw[length + 2 :]
        if length == 0:
            break
    return body, raw
