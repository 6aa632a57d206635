"""A lead outlives its history: what is pending goes along when the workflow continues as new."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from activities.channels import Channels, SmtpChannel, SmtpSettings
from engine.lead import Lead
from tests.installation import Installation, eventually, installation, kinds, on_queue
from tests.integration.post import MailServer
from tests.workflow.processes import pumps, staff
from workflows.messages import Receipt

HOUR = timedelta(hours=1)
SHORT = 45
"""Events: about six decisions of a lead."""


@pytest.fixture(scope="module", autouse=True)
def short_histories() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("workflows.messages.HISTORY_LIMIT", SHORT)
        yield


@pytest_asyncio.fixture(scope="module")
async def desk(temporal: WorkflowEnvironment, database: str) -> AsyncIterator[Installation]:
    async with installation(temporal, database, [pumps()], [staff()]) as made, made.worker():
        yield made


async def pump(desk: Installation) -> Lead:
    key = await desk.new(kind="pumps", size="normal")
    return (await desk.idle(key)).lead


async def long_life(desk: Installation, key: str, runs: int = 2) -> None:
    """Notes until the workflow has continued so many times less one."""
    for number in range(100):
        await desk.done(key, "note", note="Called.", id=f"note-{number}")
        if len(await desk.runs(key)) >= runs:
            return
    raise AssertionError("it did not continue as new")


def due(lead: Lead, clock: str) -> datetime:
    at = lead.clocks[clock].due_at
    assert at is not None
    return at


async def test_a_long_life_is_many_short_histories_and_one_lead(desk: Installation) -> None:
    """C.1: state, story and journal go on over the seams; each history stays short."""
    lead = await pump(desk)
    await desk.done(lead.key, "accept")
    await long_life(desk, lead.key, runs=4)
    await desk.settled(lead.key)
    histories = await desk.runs(lead.key)
    assert [kinds(one)[-1] for one in histories[:-1]] == ["WORKFLOW_EXECUTION_CONTINUED_AS_NEW"] * (len(histories) - 1)
    assert all(len(one.events) < SHORT + 25 for one in histories)
    happenings = await desk.happenings(lead.key)
    assert happenings[:2] == ["arrived", "accept"]
    assert set(happenings[2:]) == {"note"}
    state = await desk.state(lead.key)
    assert state.lead.seq == len(happenings)
    assert "Working" in state.story[0].words or len(state.story) <= 12
    assert await desk.column("select count(*) from assignment where lead = $1", lead.key) == [1]
    assert await desk.notices(lead.key) == [("new_lead", lead.owner)]


async def test_deadlines_go_along_and_fire_at_their_time(desk: Installation) -> None:
    """S2.4: a clock that was started in one history is breached in another, at the very moment."""
    lead = await pump(desk)
    await desk.done(lead.key, "accept")
    before = (await desk.idle(lead.key)).lead
    await long_life(desk, lead.key)
    after = (await desk.idle(lead.key)).lead
    assert {name: clock.due_at for name, clock in after.clocks.items()} == {
        name: clock.due_at for name, clock in before.clocks.items()
    }
    await desk.forward_to(lead.key, due(before, "decide"))
    [at] = await desk.column("select at from event where lead = $1 and happening = 'overdue:decide'", lead.key)
    assert timedelta() <= at - due(before, "decide") < timedelta(seconds=1)
    assert [one for one in await desk.notices(lead.key) if one[0] != "new_lead"] == [
        ("warning", lead.owner),
        ("overdue", lead.owner),
    ]
    await desk.forward(lead.key, 2 * HOUR)
    assert (await desk.notices(lead.key))[-1] == ("overdue", "lee")
    await desk.settled(lead.key)


async def test_an_event_from_before_the_seam_is_known_after_it(desk: Installation) -> None:
    """C.6: Temporal forgets the ids of updates with each run; the lead does not."""
    lead = await pump(desk)
    first = await desk.done(lead.key, "accept", id="accept-1")
    await long_life(desk, lead.key)
    again = await desk.done(lead.key, "accept", id="accept-1")
    assert again == replace(first, duplicate=True)
    assert (await desk.happenings(lead.key)).count("accept") == 1
    arrived = await desk.arrive(lead.key.rsplit(":", 1)[1], kind="pumps", size="normal")
    assert not arrived.created
    assert (await desk.happenings(lead.key)).count("arrived") == 1


async def test_events_that_meet_the_seam_happen_once_each(desk: Installation) -> None:
    """C.6: eight callers keep sending while the workflow continues as new several times over: every event once, each answered."""
    lead = await pump(desk)
    await desk.done(lead.key, "accept")

    async def caller(name: int) -> list[Receipt]:
        return [
            await desk.done(lead.key, "note", lead.owner, note="Called.", id=f"{name}-{number}") for number in range(6)
        ]

    answers = await asyncio.gather(*(caller(name) for name in range(8)))
    await desk.settled(lead.key)
    assert (await desk.happenings(lead.key)).count("note") == 48
    assert sorted(one.seq for caller_answers in answers for one in caller_answers) == list(range(3, 51))
    assert len(await desk.runs(lead.key)) > 2


async def test_a_notice_that_is_not_out_yet_goes_along_and_arrives_once(desk: Installation) -> None:
    """S4.7: the mail server is away while the workflow continues as new; when it is back there is one mail."""
    mail = MailServer()
    await mail.start()
    await mail.stop()
    queue = f"{desk.queue}-mail"
    office = replace(desk, queue=queue, client=on_queue(desk.environment.client, queue))
    async with office.worker(Channels(SmtpChannel(SmtpSettings(mail.url, "Sales <sales@desk.example>", timeout=2.0)))):
        key = await office.new(kind="pumps", size="normal")
        [since] = [one.since for one in (await office.state(key)).outgoing]
        assert since is not None
        await long_life(office, key)
        [pending] = (await office.state(key)).outgoing
        assert pending.since == since, "for how long it is tried is counted over the seam"
        assert (pending.template, pending.to) == ("new_lead", (await office.lead(key)).owner)
        await mail.start()
        await office.idle(key)
        assert await office.notices(key) == [("new_lead", (await office.lead(key)).owner)]
        assert len(mail.mails) == 1
        await mail.stop()


async def test_a_lead_on_hold_stays_on_hold_over_the_seam(desk: Installation) -> None:
    """S2.4: a paused clock goes along with what was left of it."""
    lead = await pump(desk)
    await desk.done(lead.key, "accept")
    await desk.forward(lead.key, 4 * HOUR)
    await desk.done(lead.key, "hold", note="They moved the tender.")
    held = (await desk.idle(lead.key)).lead
    await long_life(desk, lead.key)
    after = (await desk.idle(lead.key)).lead
    assert after.clocks["decide"] == held.clocks["decide"]
    assert after.on_hold
    await desk.done(lead.key, "resume")
    left = due((await desk.idle(lead.key)).lead, "decide") - await desk.now(lead.key)
    assert 6 * HOUR - timedelta(minutes=1) < left <= 6 * HOUR


async def test_a_lead_can_be_closed_and_reopened_after_many_runs(desk: Installation) -> None:
    """S1.8: the end is the end of the last run; its answer is the receipt."""
    lead = await pump(desk)
    await long_life(desk, lead.key)
    closed = await desk.done(lead.key, "drop")
    assert closed.closed

    async def ended() -> bool:
        return kinds(await desk.history(lead.key))[-1] == "WORKFLOW_EXECUTION_COMPLETED"

    await eventually(ended)
    assert (await desk.refused(lead.key, "accept")).code == "CLOSED"
