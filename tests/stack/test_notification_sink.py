"""The sink that takes the notices of a demo."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import aiosmtplib
import httpx
import pytest

from stack.sink import Sink


@pytest.fixture
async def sink(home: Path) -> AsyncIterator[Sink]:
    sink = Sink(home / "outbox")
    await sink.start()
    yield sink
    await sink.stop()


def notice(key: str, subject: str = "Lead überfällig", html: str | None = None) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"], mail["Message-ID"] = (
        "leadflow@example.com",
        "ana@example.com",
        subject,
        key,
    )
    mail.set_content("Nordwind GmbH is waiting <now>.")
    if html is not None:
        mail.add_alternative(html, subtype="html")
    return mail


async def send(sink: Sink, mail: EmailMessage | bytes) -> None:
    server = urlsplit(sink.smtp_url)
    await aiosmtplib.send(
        mail,
        sender="leadflow@example.com",
        recipients=["ana@example.com"],
        hostname=server.hostname,
        port=server.port,
    )


def kept(sink: Sink, ending: str) -> list[Path]:
    return sorted(file for file in sink.folder.glob(f"*{ending}") if file.name != "index.html")


async def test_a_mail_sent_twice_is_one_file(sink: Sink) -> None:
    """S4.7: a retried notice carries the same Message-ID and is kept once, also across a restart of the sink."""
    await send(sink, notice("<lead-1.1.3.0@leadflow>"))
    await send(sink, notice("<lead-1.1.3.0@leadflow>"))
    await send(sink, notice("<lead-1.1.4.0@leadflow>"))
    await sink.stop()
    await sink.start()
    await send(sink, notice("<lead-1.1.3.0@leadflow>"))
    assert len(kept(sink, ".eml")) == len(kept(sink, ".html")) == 2
    assert kept(sink, ".eml")[0].name.endswith("Z-ana@example.com-lead-uberfallig.eml")


async def test_ids_that_are_not_quite_valid_are_still_told_apart(sink: Sink) -> None:
    """S4.7: a colon in a Message-ID makes strict readers stop there; two notices must not become one by that."""
    for number in (3, 4, 4):
        text = f"Subject: Overdue\r\nMessage-ID:\r\n <lead-1:1:{number}@leadflow>\r\n\r\nHello\r\n"
        await send(sink, text.encode())
    assert len(kept(sink, ".eml")) == 2


async def test_a_webhook_called_twice_is_one_file(sink: Sink) -> None:
    """S4.7: the Idempotency-Key does for calls what the Message-ID does for mail; credentials are not written down."""
    async with httpx.AsyncClient(trust_env=False) as client:
        for key in ("k1", "k1", "k2"):
            headers = {"Idempotency-Key": key, "Authorization": "Bearer secret"}
            answer = await client.post(f"{sink.webhook_url}/crm", json={"event": "qualified"}, headers=headers)
            assert answer.status_code == 202
    calls = kept(sink, ".json")
    assert len(calls) == 2
    assert json.loads(calls[0].read_text())["body"] == {"event": "qualified"}
    assert "secret" not in calls[0].read_text()


async def test_what_a_lead_wrote_cannot_act_in_the_readers_browser(sink: Sink) -> None:
    """S1.13: names and texts come from web forms; they are shown as text, HTML in a frame without scripts."""
    await send(sink, notice("<1@x>", "<script>alert(1)</script>", '<p onclick="x()">hi</p><script>alert(2)</script>'))
    async with httpx.AsyncClient(trust_env=False) as client:
        index = (await client.get(sink.browse_url)).text
    page = kept(sink, ".html")[0].read_text()
    for text in (index, page):
        assert "<script" not in text
        assert "&lt;script&gt;" in text
    assert '<iframe sandbox title="The message as HTML" srcdoc="&lt;p onclick=&quot;x()&quot;&gt;' in page
    assert "waiting &lt;now&gt;" in page


async def test_the_outbox_is_for_this_machine_and_this_user(sink: Sink, home: Path) -> None:
    """S1.13: a foreign name for loopback is refused, nothing outside the outbox is served, the folder is closed."""
    (home / "secret.txt").write_text("secret")
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(sink.browse_url, headers={"Host": "competitor.example:80"})).status_code == 421
        assert (await client.get(f"{sink.browse_url}%2e%2e/secret.txt")).status_code == 404
        assert (await client.post(sink.webhook_url, content=b"x" * 1_000_001)).status_code == 413
    assert sink.folder.stat().st_mode & 0o777 == 0o700


async def test_mail_without_id_is_never_taken_for_another(sink: Sink) -> None:
    """S4.7: without a Message-ID nothing says that two mails are one, so both are kept."""
    for _ in range(2):
        mail = notice("")
        del mail["Message-ID"]
        await send(sink, mail)
    assert len(kept(sink, ".eml")) == 2
