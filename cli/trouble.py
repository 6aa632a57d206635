"""Errors of libraries that are no fault of ours: servers that went away under way, files that cannot be read."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from engine.errors import LeadflowError, StackError

LOOK = "`leadflow status` shows what is up."


def trouble_of(error: Exception) -> LeadflowError | None:
    """The error as ours, with a remedy; None for what must be a mistake in the program."""
    if isinstance(error, LeadflowError):
        return error
    return _of_database(error) or _of_temporal(error) or _of_system(error)


def _of_database(error: Exception) -> LeadflowError | None:
    # Not imported here: no error of a library that was never loaded can be at hand.
    asyncpg = sys.modules.get("asyncpg")
    if asyncpg is None:
        return None
    if isinstance(error, asyncpg.UndefinedTableError | asyncpg.UndefinedColumnError):
        remedy = "Bring it up to date: start a worker, or `leadflow up`."
        return StackError(f"the database is not up to date: {error}", remedy)
    if isinstance(error, asyncpg.PostgresError | asyncpg.InterfaceError):
        return StackError(f"the database did not answer as it should: {error}", LOOK)
    return None


def _of_temporal(error: Exception) -> LeadflowError | None:
    service = sys.modules.get("temporalio.service")
    if service is None or not isinstance(error, service.RPCError):
        return None
    words = error.message or error.status.name.lower()
    if error.status is service.RPCStatusCode.NOT_FOUND and words.startswith("Namespace"):
        return StackError(
            f"Temporal does not have the namespace it is asked for: {words}",
            "Create it, or let TEMPORAL_NAMESPACE name one that is there; `leadflow doctor` has the command.",
        )
    if error.status is service.RPCStatusCode.INVALID_ARGUMENT and "search attribute" in words:
        return StackError(
            f"Temporal does not know the search attributes of leads: {words}",
            "A worker that starts registers them, or says who has to.",
        )
    return StackError(f"Temporal did not answer as it should: {words}", LOOK)


def _of_system(error: Exception) -> LeadflowError | None:
    if isinstance(error, FileNotFoundError | NotADirectoryError) and error.filename is not None:
        folder = Path(os.fsdecode(error.filename)).parent
        if not folder.is_dir():
            return LeadflowError(f"{error.filename}: there is no folder {folder}", "Make it first, or name another.")
    if isinstance(error, OSError) and error.filename is not None:
        return LeadflowError(f"{error.filename}: {error.strerror}", "Check the name of the file and its permissions.")
    if isinstance(error, ConnectionError | TimeoutError):
        return StackError(f"a server did not answer: {str(error) or type(error).__name__}", LOOK)
    return None
