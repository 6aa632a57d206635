"""A connection to the database for the length of one command."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import settings as configuration

if TYPE_CHECKING:
    from store.pool import Connection


@asynccontextmanager
async def database() -> AsyncIterator[Connection]:
    """Raises StackError where nothing says where it is, or it does not answer."""
    from servers import servers
    from store.pool import connection

    async with connection(servers(configuration.load()).database_url) as connected:
        yield connected
