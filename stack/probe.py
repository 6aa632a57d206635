"""Whether a server answers, asked over a real connection. A process id or an open port file proves nothing.

Each probe returns None when the server answers and otherwise the reason, in words.
"""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request

import asyncpg

PATIENCE = 3.0  # seconds
# Proxy settings of the environment are for the world outside; everything asked here is on loopback.
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def http_json(url: str) -> dict[str, object]:
    """The answer to a GET as JSON. OSError when there is none."""
    with _direct.open(url, timeout=PATIENCE) as answer:
        body: dict[str, object] = json.load(answer)
        return body


async def http(url: str) -> str | None:
    """Any answer will do, except that of a server which says of itself that it is broken or not ready (5xx)."""

    def ask() -> str | None:
        try:
            _direct.open(url, timeout=PATIENCE).close()
        except urllib.error.HTTPError as refusal:
            return f"HTTP {refusal.code}" if refusal.code >= 500 else None
        except OSError as problem:
            return str(getattr(problem, "reason", problem))
        return None

    return await asyncio.to_thread(ask)


async def temporal_ui(url: str) -> str | None:
    """The UI answers with what the frontend says of the namespace, so this asks both."""
    return await http(f"{url}/api/v1/namespaces/default")


async def tcp(address: str) -> str | None:
    host, _, port = address.rpartition(":")
    try:
        async with asyncio.timeout(PATIENCE):
            _, writer = await asyncio.open_connection(host.strip("[]"), int(port))
    except (OSError, ValueError) as problem:  # TimeoutError is an OSError
        return str(problem) or "no answer"
    writer.close()
    return None


async def smtp(address: str) -> str | None:
    host, _, port = address.rpartition(":")
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection(host, int(port))
            greeting = await reader.readline()
    except (OSError, ValueError) as problem:
        return str(problem) or "no answer"
    writer.close()
    return None if greeting.startswith(b"220") else f"greeted with {greeting[:60]!r}"


async def database(dsn: str) -> str | None:
    try:
        connection = await asyncpg.connect(dsn, timeout=PATIENCE)
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
        return str(problem) or "no answer"
    await connection.close()
    return None
