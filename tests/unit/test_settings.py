"""What is read from the environment, and what is said of it where it cannot be read."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from activities.channels import ChannelSettingsError, SmtpChannel, SmtpSettings
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


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("https://hooks.example/T0/S3CRET", "part 1"),
        ("crm=https://crm.example/a https://hooks.example/T0?key=S3CRET", "part 2"),
        ("=https://hooks.example/S3CRET", "part 1"),
        ("crm=S3CRET", "'crm'"),
        ("crm=", "'crm'"),
    ],
)
def test_a_webhook_that_cannot_be_read_is_told_by_its_place(written: str, says: str) -> None:
    """B.7: the addresses of webhooks are keys to other systems, and errors end up in logs."""
    with pytest.raises(ValueError, match="LEADFLOW_WEBHOOKS") as refused:
        load({"LEADFLOW_WEBHOOKS": written})
    assert says in str(refused.value)
    assert "S3CRET" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "smtp://u:S3CRET/x@h:25",
        "smtp://u:S3CRET#x@h:25",
        "smtp://u:S3CRET@h:many",
        "smtp://u:S3CRET@[h",
        "smtp://u:S3CRET\u2100@h",
        "S3CRET",
    ],
)
def test_a_mail_server_that_cannot_be_read_is_refused_without_its_password(url: str) -> None:
    """B.7: what the URL's reader says quotes the part that it does not understand."""
    with pytest.raises(ChannelSettingsError) as refused:
        SmtpChannel(SmtpSettings(url, "leads@desk.example"))
    assert "LEADFLOW_SMTP_URL" in refused.value.message
    assert "S3CRET" not in f"{refused.value} {refused.value.remedy}"
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_secrets_of_hooks_may_be_exchanged_and_are_shown_nowhere() -> None:
    """S1.13: a name that comes twice has two secrets while one takes the place of the other."""
    settings = load({"LEADFLOW_HOOK_SECRETS": "crm=OLD crm=NEW=1 web_forms=F"})
    assert settings.hook_secrets == {"crm": ("OLD", "NEW=1"), "web_forms": ("F",)}
    assert "OLD" not in repr(settings) and "NEW" not in repr(settings)
    with pytest.raises(ValueError, match="its part 2") as refused:
        load({"LEADFLOW_HOOK_SECRETS": "crm=OLD S3CRET"})
    assert "S3CRET" not in str(refused.value)


def test_the_address_of_a_leadflow_elsewhere_is_one() -> None:
    """C.6: and its token is shown nowhere."""
    settings = load({"LEADFLOW_URL": "https://leads.example", "LEADFLOW_TOKEN": "lf_T0KEN"})
    assert (settings.url, settings.token) == ("https://leads.example", "lf_T0KEN")
    assert "lf_T0KEN" not in repr(settings)
    with pytest.raises(ValueError, match="LEADFLOW_URL"):
        load({"LEADFLOW_URL": "leads.example"})
