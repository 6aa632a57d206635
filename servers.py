"""Where the servers are: the user's own where the environment names them, else those of the local stack."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from engine.errors import StackError
from settings import Settings
from stack.state import Endpoints, read_state

LOCAL_UI = "http://127.0.0.1:8233"


@dataclass(frozen=True)
class Servers:
    """`temporal_address` is the local stack's; None leaves it to the SDK's own configuration."""

    database_url: str = field(repr=False)
    temporal_address: str | None
    ui_url: str
    smtp_url: str | None = field(repr=False)
    webhook_url: str | None


def servers(settings: Settings) -> Servers:
    """Raises StackError where neither the environment nor a running local stack says where the servers are."""
    state = read_state(settings.home)
    local = state.endpoints if state and state.endpoints else None
    database = settings.database_url or (local.database_url if local else None)
    if database is None or not (settings.own_temporal or local):
        raise StackError(
            "the local stack is not running",
            "Start it with `leadflow up`, or set DATABASE_URL and TEMPORAL_ADDRESS to servers of your own.",
        )
    if not _names_a_database(database):
        raise StackError(
            "DATABASE_URL does not name a PostgreSQL database",
            "Write it as postgresql://user:password@host:5432/database.",
        )
    return Servers(
        database_url=database,
        temporal_address=None if settings.own_temporal else _address(local),
        ui_url=settings.temporal_ui or (local.ui_url if local else None) or LOCAL_UI,
        smtp_url=settings.smtp_url or (local.smtp_url if local else None),
        webhook_url=settings.webhook_url or (local.webhook_url if local else None),
    )


def _names_a_database(url: str) -> bool:
    """What is no URL must not reach a message: it holds a password."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("postgresql", "postgres") and parts.port != 0
    except ValueError:
        return False


def _address(local: Endpoints | None) -> str | None:
    return local.temporal_address if local else None
