"""The web application on a socket of its own, in this process: for benches and tests that need a real connection."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import uvicorn

from web.house import House
from web.server import config, listening_socket


@contextlib.asynccontextmanager
async def served(house: House) -> AsyncIterator[str]:
    """Gives the address, as long as the context is open."""
    with contextlib.closing(listening_socket("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(config(house))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            while not server.started:
                assert not serving.done(), "the web server did not start"
                await asyncio.sleep(0.01)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving
