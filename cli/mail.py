"""Whether the mail server of the settings answers."""

from __future__ import annotations

from urllib.parse import urlsplit

from stack import probe

SMTP_PORT = 25
SMTPS_PORT = 465


async def ask_mail_server(url: str) -> tuple[str, str | None]:
    """Its address, fit to be shown, and why it does not answer; None where it does."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "LEADFLOW_SMTP_URL", "this is not the URL of a mail server"
    encrypted = parts.scheme == "smtps"
    address = f"{parts.hostname}:{port or (SMTPS_PORT if encrypted else SMTP_PORT)}"
    return address, await (probe.tcp(address) if encrypted else probe.smtp(address))
