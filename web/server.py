"""Serving the web application: the house is opened, new definitions are taken up as they are published, and uvicorn listens."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
from collections.abc import Callable, Iterator

import uvicorn

from bootstrap import load_catalog, open_office
from client.hooks.file import read_hooks
from engine.errors import StackError
from servers import servers
from settings import Settings
from store import definitions
from store.migrate import migrate
from web.app import create_app
from web.house import House
from web.limits import LARGEST_HEAD
from web.oidc import provider_of
from web.protocol import Protocol

_log = logging.getLogger(__name__)

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
POOL = 20
"""Connections to the database: an arrival holds one for a fraction of the time that it is under way."""

FILES = 16_384
"""Open files: connections of clients, above all."""

KEEP_ALIVE = 20
GRACE = 15
"""Seconds that an idle connection is kept, and that requests under way get when the server is told to stop."""


class _Server(uvicorn.Server):
    """Tells once it listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Told to stop, it stops, and whoever called it goes on: the library would raise the signal again and end the process."""
        loop = asyncio.get_running_loop()
        numbers = (signal.SIGINT, signal.SIGTERM)
        for number in numbers:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()


async def serve(settings: Settings, ready: Callable[[], None] = lambda: None) -> None:
    """Until interrupted. `ready` is called once it listens. Raises StackError where it cannot."""
    logging.basicConfig(level=logging.INFO, format=FORMAT, force=True)
    _room_for_connections()
    hooks = read_hooks(settings.definitions)
    for name in sorted(hooks.keys() - settings.hook_secrets.keys()):
        _log.info("hook '%s' takes nothing yet: LEADFLOW_HOOK_SECRETS holds no secret for it", name)
    listener = listening_socket(settings.web_host, settings.web_port)
    with contextlib.closing(listener):
        where = servers(settings)
        await migrate(where.database_url)
        async with open_office(settings, connections=POOL) as office:

            async def look() -> None:
                await load_catalog(office.pool, office.catalog)

            async with definitions.listening(where.database_url, look):
                await _Server(
                    config(House(office, settings, hooks=hooks, provider=provider_of(settings))), ready
                ).serve(sockets=[listener])


def _room_for_connections() -> None:
    """Each connection is a file; of those this process may have as many open as it is allowed to ask for."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def config(house: House) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(house),
        http=Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=2048,
        h11_max_incomplete_event_size=2 * LARGEST_HEAD,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE,
    )


def listening_socket(host: str, port: int) -> socket.socket:
    """Bound before anything is started: a port that is in use is the first thing to tell."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, UnicodeError) as error:
        listener.close()
        why = getattr(error, "strerror", None) or str(error)
        raise StackError(
            f"the web server cannot listen on {host} port {port}: {why}",
            "Stop what listens there, or set LEADFLOW_WEB_PORT or LEADFLOW_WEB_HOST.",
        ) from None
    return listener


def run(settings: Settings, ready: Callable[[], None] = lambda: None) -> None:
    asyncio.run(serve(settings, ready))
