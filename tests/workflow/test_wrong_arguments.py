"""What cannot be an event is refused in words, before anything is sent or written; the lead goes on (C.6)."""

from __future__ import annotations

from typing import Any

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from engine.decision import Refusal, RefusalCode
from engine.errors import IntakeError
from tests.installation import Installation, updates
from workflows.messages import ARRIVE, WORLD_CHANGED

HALF, NUL = "\ud800", "a\x00b"


@pytest.mark.parametrize(
    ("brought", "wrong"),
    [
        ({"fields": {"wake_on": ["2030-01-01"]}}, {"wake_on": "must be a date such as 2026-12-24"}),
        ({"fields": {"size": {"of": "small"}}}, {"size": "must be text"}),
        ({"fields": {"size": HALF}}, {"size": "holds half of a character (a lone surrogate)"}),
        ({"fields": {"shoe": 43}}, {"shoe": "is no field of this process"}),
    ],
)
async def test_what_no_field_can_hold_is_refused_by_name(
    desk: Installation, brought: dict[str, Any], wrong: dict[str, str]
) -> None:
    """C.6: through the desk; nothing reaches the lead's history, and no parcel waits for nobody."""
    key = await desk.new(kind="pumps", size="normal")
    refusal = await desk.refused(key, "update", "ops", **brought)
    assert (refusal.code, refusal.fields) == (RefusalCode.BAD_VALUE, wrong)
    assert updates(await desk.history(key)) == ["arrive"]
    assert await desk.column("select count(*) from parcel where lead = $1", key) == [0]


async def test_what_is_not_possible_anyway_is_said_first(desk: Installation) -> None:
    """B.2, C.6: the desk answers as the core does, whatever else is wrong with what is sent."""
    key = await desk.new(kind="pumps", size="normal")
    events = (await desk.refused(key, "update", "ops", fields={"shoe": 43})).allowed
    elsewhere = next(event for event in desk.catalog.get((await desk.lead(key)).digest).events if event not in events)
    refusal = await desk.refused(key, elsewhere, "ops", fields={"shoe": 43})
    assert refusal.code is RefusalCode.NOT_HERE


@pytest.mark.parametrize(
    ("brought", "place"),
    [({"note": NUL}, "note"), ({"id": HALF}, "id"), ({"to": NUL}, "to"), ({"codes": {"reason": HALF}}, "codes")],
)
async def test_what_cannot_be_written_down_is_not_sent(desk: Installation, brought: dict[str, Any], place: str) -> None:
    """C.6: neither the database nor the history could hold it."""
    key = await desk.new(kind="pumps", size="normal")
    with pytest.raises(IntakeError) as refused:
        await desk.send(key, "update", "ops", **brought)
    assert list(refused.value.fields) == [place]
    assert updates(await desk.history(key)) == ["arrive"]


async def test_a_lead_that_cannot_be_written_down_is_refused(desk: Installation) -> None:
    """C.6: at the front door, with the field's name."""
    with pytest.raises(IntakeError) as refused:
        await desk.arrive("half", kind="pumps", size=HALF)
    assert refused.value.code == "BAD_FIELDS"
    assert set(refused.value.fields) == {"size"}
    with pytest.raises(IntakeError) as nobody:
        await desk.send(f"lead:test:{HALF}", "note", "ops", note="Called.")
    assert set(nobody.value.fields) == {"key"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"feilds": {"wake_on": "2030-01-01"}}, "'feilds' is unknown. An event takes: id, by, roles, teams, fields"),
        ({"fields": {"wake_on": ["2030-01-01"]}}, "fields.wake_on"),
        ({"roles": ["boss"]}, "roles.0: Input should be"),
        ({"by": 5}, "by: Input should be a valid string"),
        ({"to": "a\x00b"}, "to holds a NUL character"),
        ("text", "this: Input should be"),
    ],
)
async def test_arguments_that_are_none_are_refused_in_words(desk: Installation, arguments: Any, says: str) -> None:
    """C.7: typed by hand in the Temporal UI; a typo in a key loses nothing silently, and wakes nobody up at night."""
    key = await desk.new(kind="pumps", size="normal")
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await desk.handle(key).execute_update("update", arguments)
    assert isinstance(refused.value.cause, ApplicationError)
    assert says in refused.value.cause.message
    await desk.handle(key).signal("update", arguments)
    assert (await desk.done(key, "accept")).seq == 2, "the signal did nothing, and did not stop the lead"
    assert await desk.happenings(key) == ["arrived", "accept"]


async def test_a_refusal_of_arguments_does_not_repeat_them(desk: Installation) -> None:
    """B.7: what is wrong may be personal."""
    key = await desk.new(kind="pumps", size="normal")
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await desk.handle(key).execute_update("note", {"note": "Ada Lovelace called"})
    assert "Ada" not in repr(refused.value.cause)


async def test_the_desk_still_refuses_what_is_no_event(desk: Installation) -> None:
    """C.6: an unknown event is told before anything that came with it."""
    key = await desk.new(kind="pumps", size="normal")
    answer = await desk.send(key, "dance", "ops", fields={"size": HALF})
    assert isinstance(answer, Refusal)
    assert answer.code is RefusalCode.UNKNOWN_EVENT


async def test_what_comes_beside_events_and_cannot_be_written_is_not_let_in(desk: Installation) -> None:
    """C.1: a touch or a change of the world with half a text, typed by hand: the lead is not stopped by it."""
    key = await desk.new(kind="pumps", size="normal")
    await desk.handle(key).signal(WORLD_CHANGED, {"why": "a\x00b"})
    with pytest.raises(WorkflowUpdateFailedError):
        await desk.handle(key).execute_update(ARRIVE, {"id": "t1", "source": "a\x00b"})
    assert (await desk.done(key, "accept")).seq == 2
    assert await desk.happenings(key) == ["arrived", "accept"]
