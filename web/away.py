"""Errors that say that a server is away, or overloaded: no fault of whoever asks, who is to come again."""

from __future__ import annotations

import asyncpg
from temporalio.client import WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.service import RPCError

COME_AGAIN = 5
"""Seconds that a server which is away mostly takes to be back."""

AWAY: tuple[type[Exception], ...] = (
    RPCError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
    asyncpg.UndefinedTableError,
    asyncpg.UndefinedColumnError,
    asyncpg.DeadlockDetectedError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
"""With a database that is not of the right shape yet; it comes to it when a worker starts."""


def whose(error: Exception) -> str:
    """Who it is that does not answer."""
    if isinstance(error, RPCError | WorkflowUpdateRPCTimeoutOrCancelledError):
        return "Temporal"
    if isinstance(error, asyncpg.PostgresError | asyncpg.InterfaceError | asyncpg.InternalClientError):
        return "the database"
    return "a server"
