"""Where the servers are: the user's own where the environment names them, else those of the local stack."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from engine.errors import StackError
from settings import Settings
from stack.environment import NAMESPACE
from stack.state import Endpoints, read_state

if TYPE_CHECKING:
    from temporalio.envconfig import ClientConnectConfig

OWN_TEMPORAL = "127.0.0.1:7233"
"""Where a Temporal of the user's own is if their configuration gives no address, as for the SDK and its command."""


@dataclass(frozen=True)
class Servers:
    """`temporal_address` is the local stack's; None leaves it to the SDK's own configuration. Nobody knows the UI of a
    Temporal of the user's own unless they say where it is."""

    database_url: str = field(repr=False)
    temporal_address: str | None
    ui_url: str | None
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
        ui_url=settings.temporal_ui or (local.ui_url if local and not settings.own_temporal else None),
        smtp_url=settings.smtp_url or (local.smtp_url if local else None),
        webhook_url=settings.webhook_url or (local.webhook_url if local else None),
    )


def temporal_config(address: str | None) -> ClientConnectConfig:
    """How to connect: plainly to the local stack's `address`, whatever the user has set up for servers of their own;
    to those (None) by the SDK's configuration, which is the environment, a file and a profile of it.
    """
    if address is not None:
        return {"target_host": address, "namespace": NAMESPACE}
    from temporalio.envconfig import ClientConfigProfile

    try:
        config = ClientConfigProfile.load().to_client_connect_config()
    except RuntimeError as error:
        raise StackError(
            f"the configuration of your Temporal cannot be read: {error}",
            "Mend TEMPORAL_PROFILE, TEMPORAL_CONFIG_FILE or the file that it names.",
        ) from None
    config.setdefault("target_host", OWN_TEMPORAL)
    config.setdefault("namespace", NAMESPACE)
    return config


def lead_link(ui_url: str | None, namespace: str) -> Callable[[str], str | None]:
    """Where a lead can be read in the Temporal UI, None where nobody knows its address."""
    if ui_url is None:
        return lambda _key: None
    return lambda key: f"{ui_url.rstrip('/')}/namespaces/{namespace}/workflows/{quote(key, safe='')}"


def _names_a_database(url: str) -> bool:
    """What is no URL must not reach a message: it holds a password."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("postgresql", "postgres") and parts.port != 0
    except ValueError:
        return False


def _address(local: Endpoints | None) -> str | None:
    return local.temporal_address if local else None
