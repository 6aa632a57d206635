"""Links into the Temporal UI, without asking Temporal: a lead can be read while it is away."""

from __future__ import annotations

from urllib.parse import quote

from servers import servers, temporal_config
from settings import Settings


def link_to(settings: Settings, lead: str) -> str:
    """The page of one lead's workflow."""
    where = servers(settings)
    namespace = temporal_config(where.temporal_address)["namespace"]
    return f"{where.ui_url.rstrip('/')}/namespaces/{namespace}/workflows/{quote(lead, safe='')}"
