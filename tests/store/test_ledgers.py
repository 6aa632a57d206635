"""Notices, tasks, lists and counts: what a person sees of it all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from engine.errors import LeadflowError
from engine.happening import Due, DueKind, EventIn
from engine.owners.recipients import Recipient, RecipientKind
from engine.process import Process
from store import card, definitions, leads, notifications, tasks
from store.leads import State
from store.listing import Filter, listing
from store.notifications import Entry, Status
from store.pool import Connection, Pool
from store.summary import counts
from tests.store.sales import MONDAY, OPS, arrived, bundle, by_owner, happen, pumps, registered, staff

DAY = timedelta(days=1)
ANN = Recipient(RecipientKind.PERSON, "ann")


@pytest.fixture(scope="module")
def process() -> Process:
    return pumps()


@pytest_asyncio.fixture
async def conn(pool: Pool) -> AsyncIterator[Connection]:
    async with pool.acquire() as acquired:
        yield acquired


async def test_a_retried_notice_finds_what_was_sent(pool: Pool, conn: Connection, process: Process) -> None:
    """S4.7: every attempt is on record, a notice is sent once, and it is known by which channel it arrived."""
    await registered(pool, process, "told")
    channels = ("webhook", "email")
    notice = Entry("told:1:1:0", "told", MONDAY, ANN, "new_lead", channels, "New lead: {{ lead.title }}")
    begun = await notifications.begin(conn, notice)
    assert (begun.status, begun.attempts) == (Status.PLANNED, ())
    await notifications.attempted(conn, "told:1:1:0", "webhook", "refused", "503")
    await notifications.attempted(conn, "told:1:1:0", "email", "sent")

    again = await notifications.begin(conn, notice)
    assert [(one.channel, one.outcome, one.detail) for one in again.attempts] == [
        ("webhook", "refused", "503"),
        ("email", "sent", ""),
    ]
    assert again.attempts[0].at <= again.attempts[1].at
    assert await notifications.finished(conn, "told:1:1:0", Status.SENT, "email")
    assert not await notifications.finished(conn, "told:1:1:0", Status.FAILED)
    shown = await card.lead_card(conn, "told")
    assert shown is not None
    (line,) = shown.notices
    assert (line.status, line.delivered_channel, line.name) == (Status.SENT, "email", "ann")
    assert line.delivered_at is not None
    assert line.attempts == again.attempts


async def test_a_notice_keeps_no_address(pool: Pool, conn: Connection, process: Process) -> None:
    """B.7: mail servers quote the address they refuse."""
    await registered(pool, process, "bounced")
    notice = Entry("bounced:1:1:0", "bounced", MONDAY, Recipient(RecipientKind.LEAD, ""), "info_pack", ("email",))
    await notifications.begin(conn, notice)
    await notifications.attempted(conn, notice.key, "email", "refused", "550 5.1.1 <ada.geheim@example.org>: unknown")
    assert (await notifications.begin(conn, notice)).attempts[0].detail == "550 5.1.1 <(address)>: unknown"


async def test_a_notice_is_begun_before_it_is_tried(conn: Connection) -> None:
    with pytest.raises(LeadflowError, match="there is no notice"):
        await notifications.attempted(conn, "nowhere:1:1:0", "email", "sent")


async def test_the_work_list_of_a_person(fresh_pool: Pool, process: Process) -> None:
    """S2.2: the next step stands on a person's list until it is done, or the lead is somebody else's."""
    await staff(fresh_pool)
    lead = await arrived(fresh_pool, process, "listed")
    assert lead.owner is not None
    async with fresh_pool.acquire() as conn:
        (task,) = await tasks.work_list(conn, lead.owner)
        assert (task.lead, task.title) == ("listed", "Call them")
        assert await tasks.finish_task(conn, task.key, MONDAY, lead.owner)
        assert not await tasks.finish_task(conn, task.key, MONDAY, lead.owner)
        assert await tasks.work_list(conn, lead.owner) == ()


async def test_lists_and_counts(fresh_pool: Pool, process: Process) -> None:
    """S1.8, S0.16: how many stand in each stage, with whom, how many were reassigned, escalated, came twice."""
    await staff(fresh_pool)
    async with fresh_pool.acquire() as conn:
        await definitions.publish(conn, bundle(), process, "ops", "")
        await leads.keep_out(conn, "job", "web", "job", "applications", "hiring", MONDAY)
    await registered(fresh_pool, process, "pending")
    won = await arrived(fresh_pool, process, "won")
    won = await happen(fresh_pool, process, won, by_owner(won, "accept"), MONDAY)
    await happen(fresh_pool, process, won, by_owner(won, "win"), MONDAY)
    late = await arrived(fresh_pool, process, "late")
    late = await happen(fresh_pool, process, late, Due(DueKind.CLOCK, "first_word", MONDAY + DAY), MONDAY + DAY)
    await happen(fresh_pool, process, late, Due(DueKind.STEP, "silence/first_word", MONDAY + DAY), MONDAY + DAY)
    moved = await arrived(fresh_pool, process, "moved", MONDAY + 2 * DAY)
    missed = Due(DueKind.CLOCK, "follow_up", MONDAY + 5 * DAY)
    moved = await happen(fresh_pool, process, moved, missed, MONDAY + 5 * DAY)
    held = await arrived(fresh_pool, process, "held", MONDAY + 2 * DAY)
    await happen(fresh_pool, process, held, EventIn("hold", OPS, note=True), MONDAY + 2 * DAY)
    async with fresh_pool.acquire() as conn:
        for number in (1, 2, 3):
            await leads.add_touch(conn, "late", MONDAY, {"source": "web"}, f"web:{number}")
        everything = await counts(conn)
        open_leads = await listing(conn, Filter(states=(State.RUNNING,)))
        overdue = await listing(conn, Filter(overdue=True))
        hers = await listing(conn, Filter(owner=moved.owner, stage="qualified"))
        none = await listing(conn, Filter(stage="qual", states=None))
    totals = everything.totals
    assert (totals.leads, totals.received, totals.open, totals.won, totals.out_of_scope) == (5, 1, 3, 1, 1)
    assert (totals.assigned, totals.scored, totals.reassigned, totals.escalated, totals.breached) == (4, 4, 1, 1, 2)
    assert (totals.repeated_touches, totals.on_hold, totals.overdue, totals.tasks_open) == (2, 1, 1, 4)
    assert [(line.stage, line.title, line.leads) for line in everything.stages] == [
        ("qualified", "Marketing Qualified", 3),
        ("won", "Won", 1),
    ]
    assert sum(line.open for line in everything.owners) == 3
    assert open_leads[0].key == "late"
    assert [line.key for line in overdue] == ["late"]
    assert "moved" in [line.key for line in hers]
    assert none == ()
