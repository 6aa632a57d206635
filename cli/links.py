"""Links into the Temporal UI, without asking Temporal: a lead can be read while it is away."""

from __future__ import annotations

from urllib.parse import quote

from servers import servers
from settings import Settings


def link_to(settings: Settings, lead: str) -> str:
    """The page of one lead's workflow."""
    base = servers(settings).ui_url.rstrip("/")
    return f"{base}/namespaces/{_namespace(settings)}/workflows/{quote(lead, safe='')}"


def _namespace(settings: Settings) -> str:
    """The local stack has but one; that of the user's own server is in the SDK's configuration."""
    if not settings.own_temporal:
        return "default"
    from temporalio.envconfig import ClientConfigProfile

    return ClientConfigProfile.load().namespace or "default"
