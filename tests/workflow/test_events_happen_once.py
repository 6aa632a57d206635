"""An event that comes again has happened already, whatever time, closure or lost task lies between (C.6)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from client.front_door import FrontDoor
from engine.decision import RefusalCode
from engine.happening import Actor, EventIn
from engine.language.definition import Who
from tests.installation import Installation, eventually, installation, people, written
from tests.workflow.test_journal_is_the_truth import nothing_is_doubled, recorded_by_a_lost_task
from workflows import event_ids
from workflows.lead import KEPT_RECEIPTS
from workflows.messages import EventArgs, Receipt

ROUND = """
process: round
version: 1
title: Round
takes: {priority: 20, when: lead.kind == 'round'}
fields: {size: {type: text}}
stages:
  fresh:
    waits_for_ever: true
    events:
      mark: {}
      twin: {then: [{fire: mark}]}
      drop: {to: gone}
  gone: {kind: lost, closes: true, events: {reopen: {to: fresh, cycle: next, when: "!known.size"}}}
"""
NOBODY = "roster: nobody\nteams: {}\npeople: {}\n"
OPS = Actor(None, (Who.OPS,))


@pytest_asyncio.fixture(scope="module")
async def desk(temporal: WorkflowEnvironment, database: str) -> AsyncIterator[Installation]:
    async with installation(temporal, database, [written(ROUND)], [people(NOBODY)]) as made, made.worker():
        yield made


async def new(desk: Installation, **fields: Any) -> str:
    return await desk.new(kind="round", **fields)


async def happened(desk: Installation, key: str, number: int) -> list[str]:
    """What has happened, once it is as much as that."""

    async def all_of_it() -> list[str] | None:
        found = await desk.happenings(key)
        return found if len(found) >= number else None

    return await eventually(all_of_it)


async def test_an_event_from_before_a_reopening_does_not_happen_again(desk: Installation) -> None:
    """C.6: the lead was closed and reopened; whoever closed it tries again after a day, and is told that it happened then."""
    key = await new(desk)
    first = await desk.done(key, "drop", "ops", id="d1")
    await desk.done(key, "reopen", "ops", id="r1")
    late = await desk.done(key, "drop", "ops", id="d1")
    assert (late.duplicate, late.seq, late.stage, late.closed) == (True, first.seq, "gone", True)
    assert await desk.happenings(key) == ["arrived", "drop", "reopen"]
    assert (await desk.lead(key)).stage == "fresh"
    await nothing_is_doubled(desk, key)


async def test_a_reopening_that_comes_again_after_the_next_closing_reopens_nothing(desk: Installation) -> None:
    """C.6: the workflow has ended; the journal answers, and none is started for it."""
    key = await new(desk)
    first = await desk.done(key, "drop", "ops", id="d1")
    reopened = await desk.done(key, "reopen", "ops", id="r1")
    await desk.done(key, "drop", "ops", id="d2")
    assert (await desk.done(key, "reopen", "ops", id="r1")).seq == reopened.seq
    late = await desk.done(key, "drop", "ops", id="d1")
    assert (late.duplicate, late.seq, late.cycle) == (True, first.seq, 1)
    assert await desk.happenings(key) == ["arrived", "drop", "reopen", "drop"]
    assert len(await desk.runs(key)) == 2


async def test_an_event_that_is_older_than_what_the_workflow_remembers_does_not_happen_again(
    desk: Installation,
) -> None:
    """C.6: the workflow keeps the latest answers, the journal all of them."""
    key = await new(desk)
    for number in range(KEPT_RECEIPTS + 5):
        await desk.handle(key).signal("mark", EventArgs(id=f"m{number}", roles=(Who.OPS,)))
    await happened(desk, key, KEPT_RECEIPTS + 6)
    await desk.handle(key).signal("mark", EventArgs(id="m0", roles=(Who.OPS,)))
    again = await desk.done(key, "mark", "ops", id="m1")
    assert (again.duplicate, again.seq) == (True, 3)
    last = await desk.done(key, "mark", "ops", id="last")
    assert last.seq == KEPT_RECEIPTS + 7
    await nothing_is_doubled(desk, key)


@pytest.mark.parametrize("gone", [False, True], ids=["at hand", "long ago"])
async def test_an_id_that_belongs_to_another_event_is_refused(desk: Installation, gone: bool) -> None:
    """C.6: one id for two events is a mistake of the sender, and is told as one instead of the other event's answer."""
    key = await new(desk)
    await desk.done(key, "mark", "ops", id="same")
    if gone:
        await desk.done(key, "drop", "ops")
        await desk.done(key, "reopen", "ops")
    refusal = await desk.refused(key, "drop", "ops", id="same")
    assert refusal.code is RefusalCode.CONFLICT
    assert refusal.message == "the id 'same' belongs to 'mark', which has happened; give 'drop' an id of its own"
    assert (await desk.lead(key)).stage == "fresh"
    if not gone:
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await desk.handle(key).execute_update("drop", EventArgs(id="same", roles=(Who.OPS,)), id="by hand")
        assert isinstance(refused.value.cause, ApplicationError)
        assert refused.value.cause.type == "CONFLICT"
    await nothing_is_doubled(desk, key)


async def test_no_id_from_outside_takes_the_place_of_one_of_our_own(desk: Installation) -> None:
    """C.6: a sender calls its event what leadflow would call the one that another event fires: both happen."""
    key = await new(desk)
    await desk.done(key, "mark", "ops", id="fire:3:0")
    await desk.done(key, "twin", "ops")
    await happened(desk, key, 4)
    assert await desk.happenings(key) == ["arrived", "mark", "twin", "mark"]
    assert await desk.column("select id from event where lead = $1 and happening = 'mark' order by seq", key) == [
        "sent:fire:3:0",
        "fire:3:0",
    ]


async def test_an_update_without_an_id_is_not_doubled_by_a_lost_task(desk: Installation) -> None:
    """C.1: from the Temporal UI: recorded, its task lost, and tried again by the server as the same update."""
    key = await new(desk)
    id = event_ids.update("ui-1")
    await recorded_by_a_lost_task(desk, await desk.lead(key), EventIn("mark", OPS), id=id)
    answer: Receipt = await desk.handle(key).execute_update(
        "mark", EventArgs(roles=(Who.OPS,)), id="ui-1", result_type=Receipt
    )
    assert (answer.event, answer.seq) == ("mark", 2)
    assert await desk.happenings(key) == ["arrived", "mark"]
    await nothing_is_doubled(desk, key)


async def test_a_signal_without_an_id_is_not_doubled_by_a_lost_task(desk: Installation) -> None:
    """C.1: signals have no ids at all: they are counted. Two of them are two."""
    key = await new(desk)
    chain = (await desk.handle(key).describe()).run_id
    assert chain is not None
    await recorded_by_a_lost_task(desk, await desk.lead(key), EventIn("mark", OPS), id=event_ids.signal(chain, 1))
    await desk.handle(key).signal("mark", EventArgs(roles=(Who.OPS,)))
    await desk.handle(key).signal("mark", EventArgs(roles=(Who.OPS,)))
    last = await desk.done(key, "mark", "ops")
    assert last.seq == 4
    assert await desk.happenings(key) == ["arrived", "mark", "mark", "mark"]
    await nothing_is_doubled(desk, key)


async def test_signals_without_an_id_are_told_apart_from_those_before_a_reopening(desk: Installation) -> None:
    """C.1: the count begins anew in a new run, what it counts does not come again."""
    key = await new(desk)
    await desk.handle(key).signal("mark", EventArgs(roles=(Who.OPS,)))
    await desk.done(key, "drop", "ops")
    await desk.done(key, "reopen", "ops")
    await desk.handle(key).signal("mark", EventArgs(roles=(Who.OPS,)))
    assert await happened(desk, key, 5) == ["arrived", "mark", "drop", "reopen", "mark"]
    await nothing_is_doubled(desk, key)


async def test_a_reopening_that_is_refused_starts_nothing(desk: Installation) -> None:
    """C.7: in history there is no trace of it, and no run that did nothing."""
    key = await new(desk, size="small")
    await desk.done(key, "drop", "ops")
    for _ in range(2):
        refusal = await desk.refused(key, "reopen", "ops")
        assert (refusal.code, refusal.stage) == (RefusalCode.GUARD, "gone")
    assert len(await desk.runs(key)) == 1
    assert await desk.column("select state from lead where key = $1", key) == ["closed"]


async def test_what_an_event_that_comes_again_brings_is_not_kept(desk: Installation) -> None:
    """B.7: the note of the second sending is nobody's, and does not wait to be forgotten."""
    key = await new(desk)
    await desk.done(key, "note", "ops", note="Called.", id="n1")
    await desk.done(key, "note", "ops", note="Called.", id="n1")
    assert await desk.column("select text from note where lead = $1", key) == ["Called."]
    assert await desk.column("select count(*) from parcel where lead = $1", key) == [0]


async def test_a_worker_that_starts_amid_an_arrival_does_not_make_it_come_again(desk: Installation) -> None:
    """S0.13: it starts the lead between the database and the answer; the touch that brought the lead is still the first."""

    class Slow(FrontDoor):
        async def _start(self, *arguments: Any) -> Receipt:
            assert await desk.door.start_pending() == 1
            return await super()._start(*arguments)

    arrived = await Slow(desk.pool, desk.client, desk.catalog).arrive(
        {"id": "amid", "kind": "round"}, source_system="test"
    )
    assert arrived.created
    assert arrived.receipt is not None
    assert (arrived.receipt.event, arrived.receipt.seq) == ("arrived", 1)
    assert await desk.happenings(arrived.key) == ["arrived"]
    assert await desk.column("select count(*) from touch where lead = $1", arrived.key) == [1]


async def test_two_touches_that_bring_a_lead_at_once_are_an_arrival_and_a_return(desk: Installation) -> None:
    """S0.13: whichever was first brought the lead, and the other one is not lost."""
    one, other = await asyncio.gather(*(desk.arrive("both", kind="round", size=size) for size in ("small", "large")))
    assert one.key == other.key
    await desk.settled(one.key)
    assert await desk.happenings(one.key) == ["arrived", "touched"]


async def test_a_touch_that_died_before_the_lead_was_told_is_told_when_it_comes_again(desk: Installation) -> None:
    """S0.13: the database had it, Temporal was away; sent again it is a return like any other, and once."""
    key = await new(desk)
    id = key.rsplit(":", 1)[1]

    class Dead(FrontDoor):
        async def _start(self, *_arguments: Any) -> Receipt:
            raise OSError("no way to Temporal")

    again = {"id": id, "kind": "round", "size": "large"}
    with pytest.raises(OSError, match="no way"):
        await Dead(desk.pool, desk.client, desk.catalog).arrive(again, source_system="test")
    for _ in range(2):
        await desk.door.arrive(again, source_system="test")
    assert await desk.happenings(key) == ["arrived", "touched"]
