"""Deliveries over a real mail server, real webhooks and a real ledger: nothing lost, nothing twice, nothing told."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.errors import HeaderParseError
from itertools import count
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities import wording
from activities.channels import (
    ChannelFailed,
    Channels,
    ChannelSettingsError,
    SmtpChannel,
    SmtpSettings,
    WebhookChannel,
    WebhookSettings,
)
from activities.delivery import GIVE_UP_AFTER, Delivery
from activities.orders import Delivered, OrderKind, Outgoing
from engine.catalog import Catalog
from engine.compiling.bundle import Bundle, SourceText, parse
from engine.compiling.compile import compile_bundle
from engine.language.tables import RosterFile
from engine.lead import Lead, Ownership, Score, Value
from engine.process import Process
from engine.step import new_lead
from store import leads, notifications, roster
from store.card import lead_card
from store.health import figures
from store.pool import Pool, open_pool
from tests.integration.post import MailServer, Receiver

PROCESS = """
process: pumps
version: 1
title: Pumps
uses: {calendars: offices, templates: mail}
fields:
  company: {type: text}
  contact: {type: text, personal: true}
  message: {type: text, personal: true}
  email:   {type: email, personal: true, identity: true}
  budget:  {type: integer}
stages:
  qualified:
    title: Marketing Qualified
    waits_for_ever: true
    on_entry: [{notify: owner, with: new_lead}, {notify: owner, with: hook_first}, {send: info_pack}]
"""
TEMPLATES = """
templates: mail
of:
  new_lead:
    subject: "New lead: {{ lead.title }}"
    text: |
      Hello {{ person }}, {{ lead.company }} is yours in {{ lead.stage_title }}.
      Why: {{ why }}. {{ about }}
      Score {{ lead.score }} {{ lead.priority }}; budget [{{ lead.budget }}]; owner {{ lead.owner_name }} of {{ team }}
      They wrote: {{ lead.message }}
      Due {{ due }}
      {{ link }}
  hook_first: {channels: [webhook, email], subject: "Look: {{ lead.company }}", text: "{{ lead.contact }}"}
  info_pack:
    {channels: [email], subject: Thank you, text: "Dear {{ person or 'friend' }}, our pack.{{ link }}{{ why }}"}
"""
CALENDARS = """
calendars: offices
default: berlin
of:
  berlin:   {zone: Europe/Berlin, hours: {mon-fri: "09:00-17:00"}}
  auckland: {zone: Pacific/Auckland, hours: {mon-fri: "09:00-17:00"}}
"""
ROSTER = """
roster: desk
teams:
  sales: {{title: Sales EMEA, leader: lee, calendar: auckland}}
  empty: {{title: Nobody here, leader: lee}}
people:
  ann:  {{name: Ann Berg, email: ann@desk.example, webhook: "{hooks}/ann", channels: [email, webhook], teams: [sales]}}
  ben:  {{name: Ben Marsh, email: ben@desk.example, teams: [sales]}}
  cleo: {{name: Cleo, webhook: /cleo, channels: [email, webhook], teams: [sales]}}
  dan:  {{name: Dan, channels: [email, webhook]}}
  gone: {{name: Gone, email: gone@desk.example, teams: [sales, empty], active: false}}
  lee:  {{name: Lee, email: lee@desk.example, calendar: berlin, roles: [team_leader]}}
  eve:  {{name: Eve, email: "eve@desk.example,all@desk.example", channels: [email]}}
"""
MONDAY = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
_numbers = count(1)


@pytest.fixture
def receiver() -> Any:
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest_asyncio.fixture
async def mail() -> AsyncIterator[MailServer]:
    server = MailServer()
    await server.start()
    yield server
    if server.slow is not None:
        server.slow.set()
    await server.stop()


@pytest.fixture(scope="module")
def process() -> Process:
    tables = {"templates": TEMPLATES, "calendars": CALENDARS}
    files = tuple(SourceText(f"{kind}.yaml", text) for kind, text in tables.items())
    return compile_bundle(Bundle(SourceText("pumps.yaml", PROCESS), files))


class Desk:
    """One installation: a worker's activity with its channels, one lead per test, and the ledger to look into."""

    def __init__(self, pool: Pool, process: Process, mail: MailServer, receiver: Receiver) -> None:
        self.pool = pool
        self.process = process
        self.mail = mail
        self.receiver = receiver
        self.channels = Channels(
            SmtpChannel(SmtpSettings(mail.url, "Leads <leads@desk.example>", timeout=5.0)),
            WebhookChannel(
                WebhookSettings(5.0, endpoints={"erp": f"{receiver.url}/erp"}, base=f"{receiver.url}/", secret="secret")
            ),
        )
        self.catalog = Catalog()
        self.catalog.add(process)
        self.lead = ""

    def delivery(self, channels: Channels | None = None, pool: Pool | None = None) -> Delivery:
        return Delivery(pool or self.pool, self.catalog, channels or self.channels, lambda key: f"http://ui/{key}")

    async def new_lead(self, personal: dict[str, Value] | None = None, **changes: Any) -> str:
        self.lead = f"web-{next(_numbers)}"
        lead = new_lead(self.process, self.lead, "Nordwind GmbH", {"company": "Nordwind GmbH"}, (), MONDAY)
        owned: Lead = replace(
            lead,
            owner="ann",
            leader="lee",
            team="sales",
            ownership=Ownership.PERSON,
            owner_because="it was her turn",
            score=Score("bant", 12, "high", "A", {}),
        )
        new = leads.NewLead(replace(owned, **changes), "test", self.lead, personal or {})
        async with self.pool.acquire() as connection:
            await leads.register(connection, new)
        return self.lead

    def order(
        self, kind: OrderKind = OrderKind.PERSON, to: str = "ann", template: str = "new_lead", **more: Any
    ) -> Outgoing:
        return Outgoing(f"{self.lead}:1:1:0", kind, to, template, **more)

    def pack(self) -> Outgoing:
        return self.order(OrderKind.LEAD, "", "info_pack")

    async def deliver(self, order: Outgoing, delivery: Delivery | None = None, **info: Any) -> Delivered:
        environment = ActivityEnvironment()
        environment.info = replace(environment.info, **({"scheduled_time": datetime.now(UTC)} | info))
        delivery = delivery or self.delivery()
        return await environment.run(delivery.deliver, self.lead, self.process.digest, order)

    async def fails(self, order: Outgoing, delivery: Delivery | None = None, **info: Any) -> ApplicationError:
        with pytest.raises(ApplicationError) as caught:
            await self.deliver(order, delivery, **info)
        assert not caught.value.non_retryable
        return caught.value

    async def ledger(self, key: str | None = None) -> tuple[str, str | None, list[tuple[str, str, str]]]:
        """Status, channel and attempts of a notice."""
        row = await self.pool.fetchrow(
            "select status, delivered_channel, attempts from notification where key = $1", key or f"{self.lead}:1:1:0"
        )
        assert row is not None
        attempts = [(one["channel"], one["outcome"], one["detail"]) for one in row["attempts"]]
        assert all(datetime.fromisoformat(one["at"]).tzinfo for one in row["attempts"])
        return row["status"], row["delivered_channel"], attempts

    def texts(self) -> list[str]:
        return [one.get_content().replace("\r\n", "\n") for one in self.mail.mails]


@pytest_asyncio.fixture
async def desk(pool: Pool, process: Process, mail: MailServer, receiver: Receiver) -> AsyncIterator[Desk]:
    file = parse(SourceText("roster.yaml", ROSTER.format(hooks=receiver.url))).model
    assert isinstance(file, RosterFile)
    async with pool.acquire() as connection:
        await roster.load(connection, file, "test")
    desk = Desk(pool, process, mail, receiver)
    await desk.new_lead()
    yield desk
    await desk.channels.close()


# --- what arrives ----------------------------------------------------------------------------------------------------


async def test_a_notice_says_what_why_when_and_where(desk: Desk) -> None:
    """S4.7: the owner reads why it is theirs and the deadline on their own clock; the ledger has it as sent."""
    await desk.new_lead({"message": "Call me"})
    delivered = await desk.deliver(desk.order(about="Follow-up", due_at=MONDAY))
    assert delivered == Delivered(True, "email")
    mail = desk.mail.mail()
    assert (mail["To"], mail["From"]) == ("ann@desk.example", "Leads <leads@desk.example>")
    assert mail["Subject"] == "New lead: Nordwind GmbH"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content().splitlines() == [
        "Hello Ann Berg, Nordwind GmbH is yours in Marketing Qualified.",
        "Why: it was her turn. Follow-up",
        "Score 12 high; budget []; owner Ann Berg of Sales EMEA",
        "They wrote: Call me",
        "Due Mon 02 Nov 2026, 22:00 (Pacific/Auckland)",
        f"http://ui/{desk.lead}",
    ]
    assert await desk.ledger() == ("sent", "email", [("email", "delivered", "")])


async def test_an_escalation_says_why_its_reader_is_told(desk: Desk) -> None:
    """S2.4: a leader is not told that the lead came to them by turn, but that it is with somebody of their team."""
    await desk.deliver(desk.order(to="lee", due_at=MONDAY))
    text = desk.texts()[0]
    assert "Why: Ann Berg has the lead, and you lead Sales EMEA." in text
    assert "Due Mon 02 Nov 2026, 10:00 (Europe/Berlin)" in text


async def test_the_information_pack_goes_to_the_lead_itself(desk: Desk) -> None:
    """S2.1: at once, by name, to the address it gave; without our reasons and links."""
    await desk.new_lead({"email": "ada@lovelace.example", "contact": "Ada Lovelace"})
    assert await desk.deliver(desk.pack()) == Delivered(True, "email")
    assert desk.mail.recipients == [["ada@lovelace.example"]]
    assert desk.texts() == ["Dear Ada Lovelace, our pack.\n"]
    assert (await desk.ledger())[0] == "sent"


@pytest.mark.parametrize("name", ["Win at www.casino.example", "see https://x.example", "a" * 90, "Hello\nworld"])
async def test_the_pack_does_not_carry_advertisements(desk: Desk, name: str) -> None:
    """S2.1: an advertisement in place of the name, to a stranger's address, does not go out under ours."""
    await desk.new_lead({"email": "victim@elsewhere.example", "contact": name})
    await desk.deliver(desk.pack())
    assert desk.texts() == ["Dear friend, our pack.\n"]


async def test_a_lead_without_an_address_is_no_endless_retry(desk: Desk) -> None:
    """S2.1: nothing to send to is an answer, and the ledger has it."""
    assert await desk.deliver(desk.pack()) == Delivered(False, detail="the lead has no mail address")
    assert (await desk.ledger())[0] == "undeliverable"
    assert desk.mail.mails == []


async def test_a_team_is_told_member_by_member(desk: Desk) -> None:
    """S4.6: everybody who could claim it, each with an entry of their own; who has left is not told (S1.13)."""
    desk.mail.refuses = {"ben@desk.example": "550 no such user"}
    order = desk.order(OrderKind.TEAM, "sales")
    delivered = await desk.deliver(order)
    assert delivered == Delivered(True, "email, webhook", "ben: the mail server refuses the address (550)")
    assert desk.mail.recipients == [["ann@desk.example"]]
    assert [call.path for call in desk.receiver.calls] == ["/cleo"]
    assert (await desk.ledger(f"{order.key}:ann"))[:2] == ("sent", "email")
    assert (await desk.ledger(f"{order.key}:ben"))[:2] == ("failed", None)
    assert (await desk.ledger(f"{order.key}:cleo"))[:2] == ("sent", "webhook")
    assert await desk.pool.fetchval("select count(*) from notification where key like $1", f"{order.key}%") == 3


async def test_a_team_goes_on_until_every_member_is_settled(desk: Desk) -> None:
    """S4.7: who has been told is not told again when the others are tried once more."""
    desk.mail.refuses = {"ben@desk.example": "450 try later"}
    order = desk.order(OrderKind.TEAM, "sales")
    error = await desk.fails(order)
    busy = "the mail server refuses the address for now (450)"
    assert error.message == f"1 of 3 are not reached yet: {busy}; trying again"
    desk.mail.refuses = {}
    assert (await desk.deliver(order)).arrived
    assert sorted(desk.mail.recipients) == [["ann@desk.example"], ["ben@desk.example"]]
    assert len(desk.receiver.calls) == 1


@pytest.mark.parametrize(
    ("kind", "to", "why"),
    [
        (OrderKind.PERSON, "nobody", "the roster does not have 'nobody'"),
        (OrderKind.PERSON, "gone", "gone is no longer active"),
        (OrderKind.TEAM, "empty", "nobody in team empty is active"),
        (OrderKind.PERSON, "dan", "dan has no mail address; dan has no webhook"),
    ],
)
async def test_where_nobody_can_be_told_the_answer_says_so(desk: Desk, kind: OrderKind, to: str, why: str) -> None:
    """S4.7: known not to have arrived, with the reason, also when it is asked again."""
    order = desk.order(kind, to)
    assert await desk.deliver(order) == Delivered(False, detail=why)
    assert await desk.deliver(order) == Delivered(False, detail=why)
    assert (await desk.ledger())[0] == "undeliverable"


async def test_a_hook_calls_its_endpoint(desk: Desk) -> None:
    """S4.7: JSON under the key, signed, once; the ledger has it."""
    order = desk.order(OrderKind.HOOK, "erp", "", about="won")
    assert await desk.deliver(order) == Delivered(True, "webhook")
    call = desk.receiver.calls[0]
    assert call.path == "/erp"
    assert call.body == {"key": order.key, "lead": desk.lead, "event": "won"}
    assert call.headers["idempotency-key"] == order.key.replace(":", "/")
    signature = hmac.new(b"secret", call.content, hashlib.sha256).hexdigest()
    assert call.headers["x-leadflow-signature"] == f"sha256={signature}"
    assert await desk.ledger() == ("sent", "webhook", [("webhook", "delivered", "")])
    assert await desk.deliver(order) == Delivered(True, "webhook")
    assert len(desk.receiver.calls) == 1


async def test_a_hook_that_fails_for_good_is_on_record(desk: Desk) -> None:
    """S4.7: a refusal, and an endpoint that is configured nowhere, are answers; the lead's page and status show them."""
    order = desk.order(OrderKind.HOOK, "erp", "", about="won")
    async with desk.pool.acquire() as connection:
        before = (await figures(connection, MONDAY)).calls_not_delivered
    desk.receiver.answers = [503, 410]
    assert (await desk.fails(order)).message == "the webhook answers 503; trying again"
    assert await desk.deliver(order) == Delivered(False, detail="the webhook answers 410")
    assert not (await desk.deliver(order)).arrived
    tries = [("webhook", "failed", "the webhook answers 503"), ("webhook", "refused", "the webhook answers 410")]
    assert await desk.ledger() == ("failed", None, tries)
    nowhere = replace(order, key=f"{desk.lead}:1:1:1", to="crm")
    assert await desk.deliver(nowhere) == Delivered(False, detail="no endpoint 'crm' is configured")
    assert (await desk.ledger(nowhere.key))[0] == "undeliverable"
    async with desk.pool.acquire() as connection:
        card = await lead_card(connection, desk.lead)
        after = (await figures(connection, MONDAY)).calls_not_delivered
    assert card is not None
    assert {(one.recipient, one.name, one.template) for one in card.notices} == {
        ("hook", "erp", "won"),
        ("hook", "crm", "won"),
    }
    assert after - before == 2


# --- the next channel ------------------------------------------------------------------------------------------------


async def test_when_the_mail_server_is_down_the_webhook_takes_over(desk: Desk) -> None:
    """S4.7: more than one channel, in the order of the person, and the ledger tells both."""
    await desk.mail.stop()
    down = "the mail server does not answer (connection refused)"
    assert await desk.deliver(desk.order()) == Delivered(True, "webhook", down)
    call = desk.receiver.calls[0]
    assert call.path == "/ann"
    assert (call.body["to"], call.body["title"], call.body["lead"]) == ("ann", "New lead: Nordwind GmbH", desk.lead)
    assert call.body["text"].startswith("Hello Ann Berg")
    assert await desk.ledger() == ("sent", "webhook", [("email", "failed", down), ("webhook", "delivered", "")])


async def test_a_template_may_say_the_order_of_channels(desk: Desk) -> None:
    """S4.7: its order goes before the person's; who lacks a channel gets the next, and the ledger notes it."""
    await desk.deliver(desk.order(template="hook_first"))
    assert len(desk.receiver.calls) == 1 and desk.mail.mails == []
    await desk.new_lead()
    await desk.deliver(desk.order(to="ben", template="hook_first"))
    assert len(desk.mail.mails) == 1
    assert (await desk.ledger())[2] == [("webhook", "skipped", "ben has no webhook"), ("email", "delivered", "")]


@pytest.mark.parametrize(
    ("code", "lasting"), [(301, True), (400, True), (404, True), (408, False), (425, False), (429, False), (503, False)]
)
async def test_what_a_webhook_answers_decides_whether_it_is_tried_again(desk: Desk, code: int, lasting: bool) -> None:
    """S4.7: a refusal lasts, an overload passes; redirects lead nowhere."""
    desk.mail.refuses = {"ann@desk.example": "550 no"}
    desk.receiver.answers = [code]
    if lasting:
        assert not (await desk.deliver(desk.order())).arrived
        assert (await desk.ledger())[0] == "failed"
    else:
        await desk.fails(desk.order())
        assert (await desk.deliver(desk.order())).channel == "webhook"
    assert all(call.path == "/ann" for call in desk.receiver.calls)


@pytest.mark.parametrize(
    ("answer", "lasting"), [("451 later", False), ("421 busy", False), ("552 too big", True), ("554 spam", True)]
)
async def test_what_a_mail_server_answers_decides_whether_it_is_tried_again(
    desk: Desk, answer: str, lasting: bool
) -> None:
    """S4.7: 4xx passes and 5xx lasts."""
    desk.mail.answers = [answer]
    if lasting:
        assert not (await desk.deliver(desk.order(to="ben"))).arrived
        assert (await desk.ledger())[0] == "failed"
    else:
        await desk.fails(desk.order(to="ben"))
        assert (await desk.deliver(desk.order(to="ben"))).arrived
        assert [outcome for _, outcome, _ in (await desk.ledger())[2]] == ["failed", "delivered"]


async def test_a_channel_that_refused_for_good_is_not_asked_again(desk: Desk) -> None:
    """S4.7: while the other channel is tried again, nobody hammers a server that has said no."""
    desk.mail.refuses = {"ann@desk.example": "550 no"}
    desk.receiver.answers = [503]
    await desk.fails(desk.order())
    desk.mail.refuses = {}
    assert (await desk.deliver(desk.order())).channel == "webhook"
    assert desk.mail.mails == []


async def test_what_is_not_configured_is_passed_over(desk: Desk) -> None:
    """S4.7: an installation without a mail server says so, and uses what it has."""
    hooks = Channels(None, desk.channels.webhook)
    no_mail = "no mail server is configured"
    assert await desk.deliver(desk.order(), desk.delivery(hooks)) == Delivered(True, "webhook", no_mail)
    await desk.new_lead()
    nothing = await desk.deliver(desk.order(), desk.delivery(Channels()))
    assert nothing == Delivered(False, detail=f"{no_mail}; webhooks are not configured")
    assert (await desk.ledger())[0] == "undeliverable"


# --- once, whatever happens ------------------------------------------------------------------------------------------


async def test_a_notice_waits_for_the_mail_server_and_arrives_once(desk: Desk) -> None:
    """S4.7: without another channel it is pending, with a reason in plain words, until an attempt gets through."""
    await desk.mail.stop()
    order = desk.order(to="ben")
    for attempt in (1, 2):
        error = await desk.fails(order, attempt=attempt)
        assert (error.type, error.message) == (
            "DELIVERY",
            "the mail server does not answer (connection refused); trying again",
        )
        assert error.next_retry_delay == timedelta(seconds=2**attempt)
    assert (await desk.fails(order, attempt=500)).next_retry_delay == timedelta(minutes=5)
    await desk.mail.start()
    assert await desk.deliver(order) == Delivered(True, "email")
    assert await desk.deliver(order) == Delivered(True, "email")
    assert len(desk.mail.mails) == 1
    assert [outcome for _, outcome, _ in (await desk.ledger())[2]] == ["failed", "failed", "failed", "delivered"]


async def test_a_retried_notice_that_was_sent_is_not_sent_again(desk: Desk) -> None:
    """S4.7: another worker finds it in the ledger."""
    await desk.deliver(desk.order())
    assert await desk.deliver(desk.order(), desk.delivery()) == Delivered(True, "email")
    assert len(desk.mail.mails) == 1


async def test_a_crash_between_sending_and_noting_repeats_the_same_message(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S4.7: the provider sees one Message-ID, or one Idempotency-Key, and drops what comes again."""

    async def lost(*_arguments: object) -> bool:
        raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")

    for order in (desk.order(), desk.order(template="hook_first")):
        await desk.new_lead()
        order = replace(order, key=f"{desk.lead}:1:1:0")
        with monkeypatch.context() as broken:
            broken.setattr(notifications, "finished", lost)
            assert (await desk.fails(order)).type == "DATABASE"
        assert (await desk.ledger())[0] == "planned"
        assert (await desk.deliver(order)).arrived
        assert (await desk.ledger())[0] == "sent"
    assert len(desk.mail.ids) == 2 and len(set(desk.mail.ids)) == 1
    keys = [call.headers["idempotency-key"] for call in desk.receiver.calls]
    assert len(keys) == 2 and len(set(keys)) == 1


LOCKS = """select exists (select from pg_locks join pg_database on pg_database.oid = database
    where datname = current_database() and locktype = 'advisory'"""


async def somebody_waits(pool: Pool) -> None:
    """Until an attempt stands in line for another's key."""
    while not await pool.fetchval(f"{LOCKS} and not granted)"):
        await pool.fetchval("select pg_sleep(0.01)")


async def test_two_attempts_at_once_send_one_mail(desk: Desk) -> None:
    """S4.7: the second, in another process, waits for the first and then finds it sent."""
    desk.mail.slow = asyncio.Event()
    first = asyncio.create_task(desk.deliver(desk.order()))
    await desk.mail.arrived.wait()
    second = asyncio.create_task(desk.deliver(desk.order(), desk.delivery()))
    async with asyncio.timeout(5):
        await somebody_waits(desk.pool)
    desk.mail.slow.set()
    assert [await first, await second] == [Delivered(True, "email")] * 2
    assert len(desk.mail.mails) == 1
    assert not await desk.pool.fetchval(f"{LOCKS})")


async def test_after_a_day_it_is_given_up(desk: Desk) -> None:
    """S4.7: counted from when it was first to be sent; the ledger and the answer say what it failed of."""
    await desk.mail.stop()
    nearly = datetime.now(UTC) - GIVE_UP_AFTER + timedelta(minutes=1)
    order = desk.order(to="ben")
    await desk.fails(order, scheduled_time=nearly)
    given_up = Delivered(False, detail="the mail server does not answer (connection refused)")
    assert await desk.deliver(order, scheduled_time=nearly - timedelta(minutes=2)) == given_up
    assert (await desk.ledger())[0] == "failed"
    await desk.mail.start()
    assert await desk.deliver(order) == given_up
    assert desk.mail.mails == []


async def test_the_day_is_counted_over_all_that_have_tried(desk: Desk) -> None:
    """S4.7: a workflow that continues as new orders it anew, and the day goes on from where it was."""
    await desk.mail.stop()
    nearly = datetime.now(UTC) - GIVE_UP_AFTER + timedelta(minutes=1)
    await desk.fails(desk.order(to="ben", since=nearly))
    assert not (await desk.deliver(desk.order(to="ben", since=nearly - timedelta(minutes=2)))).arrived
    assert (await desk.ledger())[0] == "failed"
    [at] = [row["at"] for row in await desk.pool.fetch("select at from notification where lead = $1", desk.lead)]
    assert at == nearly


async def test_a_mail_server_that_hangs_does_not_stop_leads(desk: Desk, database: str) -> None:
    """S4.3: deliveries take at most half of the connections, so that decisions are recorded meanwhile."""
    desk.mail.slow = asyncio.Event()
    async with await open_pool(database, at_most=4) as small:
        delivery = desk.delivery(pool=small)
        orders = [replace(desk.order(), key=f"{desk.lead}:1:1:{number}") for number in range(6)]
        sending = [asyncio.create_task(desk.deliver(order, delivery)) for order in orders]
        await desk.mail.arrived.wait()
        for _ in range(20):
            assert await asyncio.wait_for(small.fetchval("select 1"), 1.0) == 1
        desk.mail.slow.set()
        assert all(one.arrived for one in await asyncio.gather(*sending))
    assert len(set(desk.mail.ids)) == 6


async def test_a_mail_that_takes_too_long_is_tried_elsewhere(desk: Desk) -> None:
    """S4.7: a server that takes the mail and never answers holds nobody up."""
    desk.mail.slow = asyncio.Event()
    quick = SmtpChannel(SmtpSettings(desk.mail.url, "leads@desk.example", timeout=0.3))
    delivered = await desk.deliver(desk.order(), desk.delivery(Channels(quick, desk.channels.webhook)))
    assert delivered == Delivered(True, "webhook", "the mail server does not answer (no answer in time)")


# --- nothing told, nothing smuggled ----------------------------------------------------------------------------------


async def test_what_goes_into_history_names_nobody(desk: Desk) -> None:
    """B.7: neither results nor errors hold an address, a name or what the server said of them; nor does the ledger."""
    await desk.new_lead({"email": "ada@lovelace.example", "contact": "Ada Lovelace", "message": "secret plans"})
    desk.mail.refuses = {"ada@lovelace.example": "450 <ada@lovelace.example> Ada Lovelace is busy"}
    error = await desk.fails(desk.pack())
    desk.mail.refuses = {"ada@lovelace.example": "550 <ada@lovelace.example> Ada Lovelace is gone"}
    refused = await desk.deliver(desk.pack())
    row = await desk.pool.fetchrow("select * from notification where lead = $1", desk.lead)
    for said in (error, error.args, error.details, error.__cause__, refused, row):
        assert not any(part in repr(said) for part in ("ada", "Ada", "lovelace", "secret"))
    assert not refused.arrived


async def test_the_database_being_away_names_nobody_either(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """B.7: PostgreSQL quotes whole rows in what it says."""

    async def quotes(*_arguments: object, **_more: object) -> None:
        raise asyncpg.CheckViolationError("Failing row contains (ada@lovelace.example)")

    monkeypatch.setattr(notifications, "begin", quotes)
    error = await desk.fails(desk.order())
    assert (error.type, error.message) == ("DATABASE", "the database does not answer; trying again")
    assert error.__cause__ is None and error.__context__ is None
    long_ago = datetime.now(UTC) - GIVE_UP_AFTER
    assert not (await desk.deliver(desk.order(), scheduled_time=long_ago)).arrived


@pytest.mark.parametrize(
    "error",
    [
        UnicodeEncodeError("utf-8", "ada\ud800", 3, 4, "no ada"),
        ValueError("ada"),
        HeaderParseError("ada"),
        KeyError("ada"),
    ],
)
async def test_whatever_goes_wrong_names_nobody_and_is_given_up_after_a_day(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """S4.7, B.7: an error that nobody foresaw keeps no lead open for ever, and what it quotes stays out of history."""

    def breaks(*_arguments: object) -> None:
        raise error

    monkeypatch.setattr(wording, "notice", breaks)
    said = await desk.fails(desk.order())
    assert said.type == "DELIVERY"
    assert said.message == f"it fails for a reason that nobody foresaw ({type(error).__name__}); trying again"
    assert said.__cause__ is None and said.__context__ is None
    assert not (await desk.deliver(desk.order(), scheduled_time=datetime.now(UTC) - GIVE_UP_AFTER)).arrived


@pytest.mark.parametrize(
    ("to", "subject", "text"),
    [
        ("a@b.example", "New", "half a sign: \ud800"),
        ("a@b.example", "half a sign: \ud800", "Hello"),
        ("a@b.example", "two\nlines", "Hello"),
        ("a\ud800@b.example", "New", "Hello"),
    ],
)
async def test_a_mail_that_cannot_be_written_fails_for_good(desk: Desk, to: str, subject: str, text: str) -> None:
    """S4.7, B.7: another try would end the same, so that the next channel takes over; the words quote nothing."""
    assert desk.channels.email is not None
    with pytest.raises(ChannelFailed) as failed:
        await desk.channels.email.send("k", to, subject, text)
    assert (failed.value.words, failed.value.lasting) == ("the mail cannot be written", True)
    assert desk.mail.mails == []


@pytest.mark.parametrize(
    "url",
    [
        "http://me:secret@mail.example",
        "smtp://",
        "smtp://me:secret@mail.example?tls=1",
        "smtp://m.example?starttls=maybe",
    ],
)
def test_settings_that_make_no_sense_are_found_at_the_start(url: str) -> None:
    """S4.7: not when the first notice is due; and the password is not shown."""
    with pytest.raises(ChannelSettingsError) as caught:
        SmtpChannel(SmtpSettings(url, "leads@desk.example"))
    assert "secret" not in f"{caught.value} {SmtpSettings(url, 'x')} {WebhookSettings(secret='secret')}"
    with pytest.raises(ChannelSettingsError):
        SmtpChannel(SmtpSettings("smtp://mail.example", "no address"))


async def test_a_password_is_not_sent_in_the_clear(desk: Desk) -> None:
    """S4.7: where the server offers no encryption, the notice waits instead."""
    login = SmtpChannel(SmtpSettings(desk.mail.url.replace("//", "//me:secret@"), "leads@desk.example"))
    await desk.fails(desk.order(to="ben"), desk.delivery(Channels(login)))
    assert desk.mail.mails == []


HOSTILE = "<b>x</b>\r\nBcc: all@desk.example\r\n\r\n.\r\nDATA {{ 7 * 7 }}{% for i in range(9) %}"


async def test_what_a_lead_writes_stays_text(desk: Desk) -> None:
    """S2.1: HTML, header lines, SMTP commands and templates in fields are shown as they are, and do nothing."""
    await desk.new_lead({"message": HOSTILE, "contact": HOSTILE}, title=HOSTILE[:38])
    assert (await desk.deliver(desk.order())).arrived
    mail = desk.mail.mail()
    assert mail["Bcc"] is None and desk.mail.recipients == [["ann@desk.example"]]
    assert mail["Subject"] == "New lead: <b>x</b> Bcc: all@desk.example ."
    assert mail.get_content_type() == "text/plain"
    written = desk.texts()[0]
    for part in ("They wrote: <b>x</b>", "\nBcc: all@desk.example\n", "\n.\nDATA {{ 7 * 7 }}{% for i in range(9) %}\n"):
        assert part in written


ENCODED = "=?utf-8?q?Acme=0D=0ABcc=3A_all=40desk.example=0D=0AContent-Type=3A_text/html=0D=0A=0D=0A=3Cb=3Ex=3C/b=3E?="


@pytest.mark.parametrize(
    "company",
    [
        ENCODED,
        f"x {ENCODED} y",
        ENCODED.replace("?=", "?==?=")[:110],
        "=?utf-8?b?QWNtZQ0KQmNjOiBhbGxAZGVzay5leGFtcGxl?=",
        "==??q?",
    ],
)
async def test_what_a_lead_encodes_is_not_decoded_into_headers(desk: Desk, company: str) -> None:
    """S2.1: a name that reads like an encoded word of a mail header stays a name; a space in it is all that is seen."""
    await desk.new_lead(title=company)
    assert (await desk.deliver(desk.order())).arrived
    mail = desk.mail.mail()
    assert mail["Bcc"] is None and desk.mail.recipients == [["ann@desk.example"]]
    assert mail["Subject"] == f"New lead: {company.replace('=?', '= ?')}"
    assert mail.get_content_type() == "text/plain"
    assert desk.texts()[0].startswith("Hello Ann Berg")


@pytest.mark.parametrize(
    "address",
    [
        "a@b.example,c@d.example",
        "a@b.example\r\nBcc: c@d.example",
        "<a@b.example>",
        "a b@c.example",
        '"a b"@c.example',
        "a\x01@b.example",
        "a@",
        "@b",
        "a@b@c",
        "x" * 65 + "@b.example",
        "=?utf-8?q?a=40b.example=0D=0ABcc=3A_c=40d.example?=@b.example",
        "a@=?utf-8?q?b.example?=",
    ],
)
async def test_an_address_is_one_address(desk: Desk, address: str) -> None:
    """S2.1: what smuggles another recipient in is no address, and lasts."""
    await desk.new_lead({"email": address})
    assert await desk.deliver(desk.pack()) == Delivered(False, detail="the mail address is not a valid one")
    assert desk.mail.mails == []
    assert (await desk.deliver(desk.order(to="eve"))).arrived is False


@pytest.mark.parametrize("address", ["zoë@bücher.example", "ada@bücher.example"])
async def test_addresses_and_names_of_the_world_arrive(desk: Desk, address: str) -> None:
    """S2.1: letters beyond ASCII in addresses, names and texts; long lines as well."""
    await desk.new_lead({"email": address, "contact": "Zoë Müller-Łukasz 王"})
    assert (await desk.deliver(desk.pack())).arrived
    assert desk.mail.recipients == [[address.replace("bücher", "xn--bcher-kva")]]
    assert desk.texts() == ["Dear Zoë Müller-Łukasz 王, our pack.\n"]
    await desk.new_lead({"message": "long " * 390}, title="Zoë & Søn " * 12)
    assert (await desk.deliver(desk.order())).arrived
    assert "long " * 389 in desk.texts()[1]
    assert desk.mail.mails[1]["Subject"] == "New lead: " + " ".join(["Zoë & Søn"] * 12)


async def test_keys_stay_apart_in_headers(desk: Desk) -> None:
    """S4.7: leads whose keys differ only in what headers cannot hold are not taken for one another's repetition."""
    delivery = desk.delivery()
    for key in ("a:b", "a/b", "a.b", "a b", "a%3Ab", "ä\r\nX: y", "x" * 54, "x" * 55, "x" * 56):
        assert (await desk.deliver(replace(desk.order(), key=key), delivery)).arrived
    assert len(set(desk.mail.ids)) == 9
    assert all(re.fullmatch(r"<[\w.~%/-]+@leadflow>", one, re.ASCII) for one in desk.mail.ids)
