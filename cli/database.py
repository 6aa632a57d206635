"""A connection to the database for the length of one command."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import settings as configuration
from cli.rights import caller

if TYPE_CHECKING:
    from store.pool import Connection


@asynccontextmanager
async def database() -> AsyncIterator[Connection]:
    """Raises StackError where nothing says where it is, or it does not answer."""
    from servers import servers
    from store.pool import connection

    async with connection(servers(configuration.load()).database_url) as connected:
        yield connected


@asynccontextmanager
async def visit() -> AsyncIterator[Connection]:
    """For commands that show leads: a connection on which whoever runs them sees what is theirs to see."""
    async with database() as connected:
        who = caller()
        if who is None:
            yield connected
            return
        from store.visiting import as_visitor

        async with as_visitor(connected, who):
            yield connected
