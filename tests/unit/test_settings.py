"""What is read from the environment, and what is said of it where it cannot be read."""

from __future__ import annotations

import hashlib
import hmac

from bootstrap import build_channels
from servers import Servers
from settings import VARIABLES, load
from tests.integration.post import Receiver

NOWHERE = Servers("postgresql://nowhere", None, "http://ui.example", None, None)


async def test_webhooks_are_signed_with_the_secret_of_the_environment() -> None:
    """S4.7: whoever is called can tell a call of ours from any other."""
    receiver = Receiver()
    settings = load({"LEADFLOW_WEBHOOK_SECRET": "S3CRET", "LEADFLOW_WEBHOOKS": f"crm={receiver.url}/crm"})
    assert "LEADFLOW_WEBHOOK_SECRET" in VARIABLES
    assert "S3CRET" not in repr(settings)
    webhook = build_channels(settings, NOWHERE).webhook
    assert webhook is not None
    try:
        await webhook.send("key", webhook.endpoint("crm") or "", {"lead": "lead:web:42"})
    finally:
        await webhook.close()
        receiver.stop()
    [call] = receiver.calls
    signature = hmac.new(b"S3CRET", call.content, hashlib.sha256).hexdigest()
    assert call.headers["x-leadflow-signature"] == f"sha256={signature}"
