"""Links into the Temporal UI, without asking Temporal: a lead can be read while it is away."""

from __future__ import annotations

from servers import lead_link, servers, temporal_config
from settings import Settings


def link_to(settings: Settings, lead: str) -> str | None:
    """The page of one lead's workflow, if the UI's address is known."""
    where = servers(settings)
    return lead_link(where.ui_url, temporal_config(where.temporal_address)["namespace"])(lead)
