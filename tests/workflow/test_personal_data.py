"""B.7: who a lead is stays in the database. Nothing of it is in histories, search attributes, memos, summaries or details."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from activities.channels import Channels, SmtpChannel, SmtpSettings
from store import personal
from tests.installation import Installation, eventually, installation, shipped_around_the_clock, shipped_roster
from tests.integration.post import MailServer
from workflows.messages import EventArgs

PERSONAL = {
    "contact_name": "Wilhelmina Quastenhuber-Ölzeltin",
    "email": "wilhelmina.quastenhuber@rarely-seen.example",
    "phone": "+49 30 901820177",
    "message": "My brother Theobald recommended your zephyr pumps.",
}
LATER = {"phone": "+49 171 5550188", "email": "minna@second-home.example"}
NOTE = "Her assistant Kunigunde prefers calls after lunch."
TRACES = (
    *("Wilhelmina", "wilhelmina", "Quastenhuber", "quastenhuber", "lzeltin", "rarely-seen"),
    *("901820177", "5550188", "second-home", "minna", "Theobald", "zephyr", "Kunigunde", "after lunch"),
)
A_LEAD: dict[str, Any] = {
    "kind": "sales",
    "channel": "direct",
    "source": "web",
    "company": "Tegernsee Brunnenbau",
    "country": "DE",
    "product_line": "pumps",
    "employees": 40,
    **PERSONAL,
}


@pytest_asyncio.fixture(scope="module")
async def mail() -> AsyncIterator[MailServer]:
    server = MailServer()
    await server.start()
    yield server
    await server.stop()


@pytest_asyncio.fixture(scope="module")
async def office(temporal: WorkflowEnvironment, database: str, mail: MailServer) -> AsyncIterator[Installation]:
    """With a real mail server."""
    channels = Channels(SmtpChannel(SmtpSettings(mail.url, "Sales <sales@example.com>")))
    async with (
        installation(temporal, database, shipped_around_the_clock(), [shipped_roster()]) as made,
        made.worker(channels),
    ):
        yield made


async def everything_temporal_knows(office: Installation, key: str) -> bytes:
    """Histories as they are stored, what lists and descriptions show, and what queries answer."""
    found = [event.SerializeToString() for history in await office.runs(key) for event in history.events]
    description = await office.handle(key).describe()
    found.append(description.raw_description.SerializeToString())
    found += [one.raw_info.SerializeToString() async for one in office.client.list_workflows(f'WorkflowId="{key}"')]
    state = await office.handle(key).query("state")
    details = await office.handle(key).query("__temporal_workflow_metadata")
    return b"\n".join([*found, repr(state).encode(), str(details).encode()])


def traces(found: bytes) -> list[str]:
    return [trace for trace in TRACES if trace.encode() in found]


async def test_a_whole_life_leaves_nothing_personal_in_temporal(office: Installation, mail: MailServer) -> None:
    """B.7: name, addresses, numbers and free text, given at the start, changed later, written in notes, refused and accepted."""
    key = await office.new(**A_LEAD)
    owner = (await office.idle(key)).lead.owner
    await office.done(key, "contact", note=NOTE, codes={"channel": "phone"})
    await office.done(key, "update", fields={**LATER, "budget": 4})
    await office.refused(key, "qualify", fields=LATER, note=NOTE)
    await office.done(key, "hold", note=NOTE)
    await office.done(key, "resume")
    await office.done(key, "reject", codes={"reason": "other"}, note=NOTE)
    await office.idle(key)

    assert (owner or "nobody") in (await everything_temporal_knows(office, key)).decode("utf-8", "replace"), (
        "it does look into it"
    )
    assert traces(await everything_temporal_knows(office, key)) == []
    [row] = await office.rows("select personal, known from lead where key = $1", key)
    assert row["personal"] == {**PERSONAL, **LATER, "phone": row["personal"]["phone"]}
    assert "5550188" in row["personal"]["phone"].replace(" ", "")
    assert set(row["known"]) == set(PERSONAL)
    assert await office.column("select text from note where lead = $1", key) == [NOTE] * 3
    told = "\n".join(str(one) for one in mail.mails)
    assert "Quastenhuber" in told or "quastenhuber" in told, "the seller's notice does name the person"


async def test_a_mail_server_that_quotes_addresses_puts_none_into_history(
    office: Installation, mail: MailServer
) -> None:
    """B.7: refusals and failures of deliveries say what went wrong, and not with whom."""
    mail.refuses[PERSONAL["email"]] = f"550 5.1.1 no such user {PERSONAL['email']}"
    mail.answers[:] = [f"451 greylisted: {PERSONAL['email']} and {PERSONAL['contact_name'].split()[0]}"]
    key = await office.new(**A_LEAD)

    async def tried() -> bool:
        return await office.column("select count(*) from notification where lead = $1 and status = 'failed'", key) == [
            1
        ]

    await eventually(tried)
    await office.idle(key)
    assert traces(await everything_temporal_knows(office, key)) == []
    assert any("could not reach the lead" in line.words for line in (await office.state(key)).story)
    mail.refuses.clear()


async def test_a_lead_without_an_id_is_not_named_after_its_person(office: Installation) -> None:
    """B.7: the key, and so the workflow's id, is made of the address in a way that does not tell it."""
    arrived = await office.door.arrive({**A_LEAD, "company": "Chiemsee Brunnenbau"}, source_system="web")
    assert traces(arrived.key.encode()) == []
    again = await office.door.arrive({**A_LEAD, "company": "Chiemsee Brunnenbau"}, source_system="web")
    assert again.key == arrived.key
    await office.idle(arrived.key)
    assert traces(await everything_temporal_knows(office, arrived.key)) == []


async def test_what_is_personal_is_refused_where_it_would_be_kept(office: Installation) -> None:
    """B.7: somebody writes an address into the Temporal UI: refused before it is accepted, also while the lead is busy."""
    key = await office.new(**A_LEAD)
    owner = (await office.lead(key)).owner
    handle = office.handle(key)
    args = EventArgs(by=owner, fields={"email": PERSONAL["email"]})

    async def sent() -> None:
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await handle.execute_update("update", args)
        assert isinstance(refused.value.cause, ApplicationError)
        assert refused.value.cause.type == "BAD_VALUE"

    await sent()
    busy = [office.done(key, "update", owner, fields={"budget": 1 + n % 5}) for n in range(6)]
    await asyncio.gather(*busy, sent(), sent())
    await office.idle(key)
    assert traces(await everything_temporal_knows(office, key)) == []


async def test_erasing_a_person_leaves_the_lead_and_its_figures(office: Installation) -> None:
    """B.7: nothing has to be erased from histories, because nothing is in them; the lead goes on without its person."""
    key = await office.new(**A_LEAD)
    await office.done(key, "contact", note=NOTE, codes={"channel": "phone"})
    async with office.pool.acquire() as connection:
        await personal.erase(connection, [key])
    [row] = await office.rows("select personal, seq, owner from lead where key = $1", key)
    assert row["personal"] == {}
    assert row["seq"] == 2
    assert await office.column("select text from note where lead = $1", key) == [""]
    accepted = await office.done(key, "accept")
    assert accepted.seq == 3


async def test_what_is_personal_is_refused_also_where_something_else_comes_first(office: Installation) -> None:
    """B.7: the lead has still to catch up with the journal, so nothing can be decided yet; what is personal, or fits nothing, can."""
    key = await office.new(**A_LEAD)
    owner = (await office.lead(key)).owner
    await office.idle(key)
    before = len((await office.history(key)).events)
    for brought in (
        EventArgs(by=owner, fields={"email": "ada@elsewhere.example"}, after=1000),
        EventArgs(by=owner, fields={"e_mail": "ada@elsewhere.example"}, after=1000),
        EventArgs(by=owner, fields={"employees": "elsewhere"}, after=1000),
        EventArgs(by=owner, codes={"channel": "at her sister's elsewhere"}, after=1000),
    ):
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await office.handle(key).execute_update("update", brought)
        assert isinstance(refused.value.cause, ApplicationError)
        assert refused.value.cause.type == "BAD_VALUE"
    assert len((await office.history(key)).events) == before
    assert b"elsewhere" not in b"".join([event.SerializeToString() for event in (await office.history(key)).events])


async def test_a_personal_value_that_is_taken_away_is_gone_and_not_known(office: Installation) -> None:
    """B.7, S3.6: the address was wrong: neither the database nor any rule has it any more."""
    key = await office.new(**A_LEAD)
    assert "email" in (await office.lead(key)).known
    for time in ("first", "second"):  # the second time there is nothing to take away
        await office.done(key, "update", fields={"email": ""}, id=f"clear-{time}")
    assert "email" not in (await office.lead(key)).known
    assert "email" not in (await office.column("select personal from lead where key = $1", key))[0]
    await office.settled(key)
    assert traces(await everything_temporal_knows(office, key)) == []


async def test_a_personal_value_is_taken_away_by_hand_too(office: Installation) -> None:
    """B.7: in the Temporal UI the name is enough: what is unknown to rules is not kept in the database either."""
    key = await office.new(**A_LEAD)
    owner = (await office.lead(key)).owner
    await office.handle(key).execute_update("update", EventArgs(by=owner, unknown=("email",)))
    assert "email" not in (await office.lead(key)).known
    assert "email" not in (await office.column("select personal from lead where key = $1", key))[0]
