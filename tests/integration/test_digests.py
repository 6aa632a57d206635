"""S4.7: an import puts many leads into a queue; its members get the first notices at once, and then a digest, not a mail for each."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from activities.channels import Channels, SmtpChannel, SmtpSettings
from activities.digests import Digests
from activities.gathering import Gathering
from tests.installation import Installation, eventually, installation, shipped, shipped_roster
from tests.integration.post import MailServer

AT_ONCE, LEADS = 3, 12
NOW = Gathering(AT_ONCE, timedelta(0))
"""What was gathered is due."""


@pytest_asyncio.fixture
async def mail() -> AsyncIterator[MailServer]:
    server = MailServer()
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def channels(mail: MailServer) -> Channels:
    return Channels(SmtpChannel(SmtpSettings(mail.url, "Leads <leads@example.com>")))


@pytest_asyncio.fixture
async def office(temporal: WorkflowEnvironment, database: str, channels: Channels) -> AsyncIterator[Installation]:
    async with (
        installation(temporal, database, shipped(), [shipped_roster()]) as made,
        made.worker(channels, gathering=Gathering(AT_ONCE, timedelta(minutes=10))),
    ):
        yield made
        await made.pool.execute("delete from notification; delete from digest")


async def fair(office: Installation, name: str) -> list[str]:
    """Warm leads of a trade show, which wait in the queue of its team until somebody claims them."""
    coming = [
        office.new(
            f"{name}-{number}",
            kind="sales",
            source="trade_show",
            fair="Hannover",
            company=f"Stand {number}",
            temperature="warm",
        )
        for number in range(LEADS)
    ]
    keys = await asyncio.gather(*coming)
    for key in keys:
        await office.idle(key)
    return list(keys)


def digests(office: Installation, channels: Channels) -> Digests:
    return Digests(office.pool, office.catalog, channels, lambda key: f"http://ui.example/{key}", NOW)


async def statuses(office: Installation) -> Counter[str]:
    return Counter(await office.column("select status from notification where recipient = 'person'"))


async def test_a_member_of_a_queue_gets_a_digest_in_place_of_a_mail_for_each_lead(
    office: Installation, mail: MailServer, channels: Channels
) -> None:
    """S4.7: three at once, one mail for the nine others, whoever sends it; of each notice it is known that it arrived, and with what."""
    keys = await fair(office, "many")
    members = set(await office.column("select distinct name from notification where recipient = 'person'"))
    assert len(members) > 1
    assert len(mail.mails) == AT_ONCE * len(members)
    assert await statuses(office) == {"sent": AT_ONCE * len(members), "gathered": (LEADS - AT_ONCE) * len(members)}

    await asyncio.gather(digests(office, channels).send(), digests(office, channels).send())

    assert await statuses(office) == {"sent": LEADS * len(members)}
    sent = mail.mails[AT_ONCE * len(members) :]
    assert len(sent) == len(members) == len({str(one["Message-ID"]) for one in sent})
    rows = await office.rows(
        "select name, lead, digest, delivered_channel from notification where recipient = 'person'"
    )
    for one in sent:
        assert str(one["Subject"]) == f"{LEADS - AT_ONCE} notices: {LEADS - AT_ONCE} x queued"
        listed = [key for key in keys if f"  http://ui.example/{key}" in one.get_content().splitlines()]
        with_it = [row["lead"] for row in rows if f"<{_wire(row['digest'])}@leadflow>" == str(one["Message-ID"])]
        assert sorted(listed) == sorted(with_it) and len(listed) == LEADS - AT_ONCE
        assert "Waiting to be claimed: Stand" in one.get_content()
    assert {row["delivered_channel"] for row in rows} == {"email"}
    await digests(office, channels).send()
    assert len(mail.mails) == (AT_ONCE + 1) * len(members), "and never again"


def _wire(key: str | None) -> str:
    from activities.channels import wire_key

    return wire_key(key or "")


async def test_a_digest_that_the_server_does_not_take_is_sent_when_it_does(
    office: Installation, mail: MailServer, channels: Channels
) -> None:
    """S4.7: what was gathered arrives later, once; and where it cannot arrive, each notice says so."""
    await fair(office, "later")
    members = sorted(await office.column("select distinct name from notification where recipient = 'person'"))
    alone = len(mail.mails)
    mail.answers[:] = ["451 busy"] * len(members)
    await digests(office, channels).send()
    assert len(mail.mails) == alone and (await statuses(office))["gathered"] == (LEADS - AT_ONCE) * len(members)
    [address] = await office.column("select email from person where key = $1", members[0])
    mail.refuses[address] = "550 no such user"
    await digests(office, channels).send()
    assert len(mail.mails) == alone + len(members) - 1
    failed = await office.column("select distinct name from notification where status = 'failed'")
    assert failed == [members[0]]
    tries = await office.column("select jsonb_array_length(attempts) from digest order by 1")
    assert set(tries) == {2} | ({3} if 3 in tries else set()), "each try is on record"


async def test_a_single_notice_goes_at_once(office: Installation, mail: MailServer, channels: Channels) -> None:
    """S4.7, S4.3: on a day like any other nobody waits for a digest."""
    key = await office.new("one", kind="sales", source="trade_show", company="Stand", temperature="hot")
    owner = (await office.idle(key)).lead.owner
    assert await office.notices(key) == [("new_lead", owner)]
    await digests(office, channels).send()
    assert len(mail.mails) == 1


async def test_the_page_of_a_lead_names_the_digest(office: Installation, channels: Channels) -> None:
    """S4.7: whoever looks at one lead sees with which mail its notice went."""
    from store.card import lead_card

    keys = await fair(office, "page")

    async def gathered() -> list[str]:
        return list(await office.column("select lead from notification where status = 'gathered' limit 1"))

    [key] = await eventually(gathered)
    assert key in keys
    await digests(office, channels).send()
    async with office.pool.acquire() as connection:
        card = await lead_card(connection, key)
    assert card is not None
    assert any((one.digest or "").startswith("digest:") and one.status == "sent" for one in card.notices)
