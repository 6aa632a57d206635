"""S2.1: a trade show ends, and every visitor gets the information pack, at a pace that the mail server bears."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import pytest
import pytest_asyncio
from aiosmtpd.smtp import SMTP, Envelope, Session
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from activities.channels import Channels, SmtpChannel, SmtpSettings
from tests.installation import Installation, eventually, installation, on_queue, shipped, shipped_roster
from tests.integration.post import MailServer
from workflows.converter import DATA_CONVERTER

VISITORS = 60
A_SECOND = 10
BEARS = 3 * A_SECOND
"""Mails to visitors that the server takes within a second; one more it refuses. Temporal spreads a queue over partitions, each with
its part of the pace, and none of them waits for the first of its own."""


@dataclass
class ImpatientServer(MailServer):
    """Refuses, for now, what comes faster than it bears. Our own people's mails are no trouble to it."""

    times: list[float] = field(default_factory=list)
    refused: int = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if envelope.rcpt_tos[0].endswith("@visitor.example"):
            now = time.monotonic()
            if sum(now - 1.0 < at for at in self.times) >= BEARS:
                self.refused += 1
                return "451 4.7.1 too many messages, slow down"
            self.times.append(now)
        return await super().handle_DATA(server, session, envelope)

    def to_visitors(self) -> list[str]:
        return [one for (one,) in self.recipients if one.endswith("@visitor.example")]


@pytest_asyncio.fixture
async def mail() -> AsyncIterator[ImpatientServer]:
    server = ImpatientServer()
    await server.start()
    yield server
    await server.stop()


@pytest_asyncio.fixture
async def office(temporal: WorkflowEnvironment, database: str) -> AsyncIterator[Installation]:
    async with installation(temporal, database, shipped(), [shipped_roster()]) as made:
        yield made


async def visitors(office: Installation, number: int) -> list[str]:
    """Scanned at a booth, all at once; every fourth was hot and goes to somebody at once."""
    coming = [
        office.new(
            f"visitor-{one}",
            kind="sales",
            source="trade_show",
            fair="Hannover",
            company=f"Visitor {one}",
            country="DE",
            temperature="hot" if one % 4 == 0 else "warm",
            email=f"v{one}@visitor.example",
        )
        for one in range(number)
    ]
    return await asyncio.gather(*coming)


async def test_every_visitor_gets_the_pack_once_at_the_pace_that_is_set(
    office: Installation, mail: ImpatientServer
) -> None:
    """S2.1, S4.7: 60 packs at ten a second over two workers, to a server that bears no flood; our own people wait for none of them."""
    channels = [Channels(SmtpChannel(SmtpSettings(mail.url, "Sales <sales@example.com>"))) for _ in range(2)]
    address = office.client.service_client.config.target_host
    elsewhere = replace(
        office, client=on_queue(await Client.connect(address, data_converter=DATA_CONVERTER), office.queue)
    )
    async with (
        office.worker(channels[0], letters_a_minute=60 * A_SECOND),
        elsewhere.worker(channels[1], letters_a_minute=60 * A_SECOND),
    ):
        keys = await visitors(office, VISITORS)

        async def all_sent() -> bool:
            sql = "select count(*) from notification where recipient = 'lead' and status = 'sent' and lead = any($1)"
            return await office.column(sql, keys) == [VISITORS]

        await eventually(all_sent, patience=60)
        for key in keys[:: VISITORS // 4]:
            await office.idle(key)
    assert Counter(mail.to_visitors()) == Counter(f"v{one}@visitor.example" for one in range(VISITORS))
    assert mail.times[-1] - mail.times[0] > VISITORS / A_SECOND / 2, "it took its time"
    assert mail.refused < VISITORS / 4, "the pace is kept by us, not by being refused"
    order = [one for (one,) in mail.recipients]
    last_notice = max(place for place, one in enumerate(order) if not one.endswith("@visitor.example"))
    packs_after = sum(one.endswith("@visitor.example") for one in order[last_notice:])
    assert packs_after > VISITORS / 4, "our own people had theirs while most packs still waited"


@pytest.mark.parametrize("pace", ["0", "many", "-3"])
def test_a_pace_that_is_none_is_refused_by_name(pace: str) -> None:
    """S2.1: the setting says what it takes."""
    import settings

    with pytest.raises(ValueError, match=r"LEADFLOW_MAIL_PER_MINUTE must be a number of mails.*" + pace):
        settings.load({"LEADFLOW_MAIL_PER_MINUTE": pace})
    assert settings.load({"LEADFLOW_MAIL_PER_MINUTE": "90"}).mail_per_minute == 90
