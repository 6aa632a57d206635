"""A lead's way from arrival to closure, and back: on the process for inbound leads as it ships."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowUpdateFailedError
from temporalio.converter import DataConverter
from temporalio.exceptions import ApplicationError

from client.desk import Sending
from engine.decision import Missing, RefusalCode
from engine.errors import IntakeError
from tests.installation import Installation, eventually, kinds, updates
from workflows.messages import Receipt

A_LEAD: dict[str, Any] = {
    "kind": "sales",
    "channel": "direct",
    "source": "web",
    "company": "Nordwind GmbH",
    "country": "DE",
    "product_line": "pumps",
    "employees": 40,
    "email": "ada@nordwind.example",
}
QUALIFIED: dict[str, Any] = {
    "budget": 4,
    "authority": True,
    "need": True,
    "timeframe": "under_3_months",
    "value": 32000.0,
    "expected_on": "2031-03-03",
}


async def new(office: Installation, **more: Any) -> str:
    return await office.new(**{**A_LEAD, **more})


async def converted(office: Installation) -> str:
    key = await new(office)
    await office.done(key, "accept")
    await office.done(key, "qualify", fields=QUALIFIED)
    await office.done(key, "win", codes={"converted_by": "field_sales"})
    return key


async def lost(office: Installation) -> str:
    """A lead that is closed: its workflow has ended."""
    key = await new(office)
    await office.done(key, "lost_to_competitor", codes={"competitor": "brelmo"})
    await ended(office, key)
    return key


async def status(office: Installation, key: str) -> WorkflowExecutionStatus | None:
    return (await office.handle(key).describe()).status


async def ended(office: Installation, key: str) -> None:
    async def is_over() -> bool:
        return await status(office, key) is WorkflowExecutionStatus.COMPLETED

    await eventually(is_over)


async def test_a_lead_runs_from_arrival_to_conversion_and_its_history_names_every_event(office: Installation) -> None:
    """C.1, C.7, S3.5: created, accepted, qualified, converted; history shows each event by its name, the database each stage."""
    arrived = await office.arrive(**A_LEAD)
    key, first = arrived.key, arrived.receipt
    assert first is not None
    assert (first.stage, first.status, first.cycle, first.seq) == ("marketing_qualified", "Open", 1, 1)
    assert first.owner is not None
    assert first.score is not None
    assert "by territory" in first.because

    accepted = await office.done(key, "accept")
    assert (accepted.stage, accepted.status) == ("sales_accepted.contacted", "Contacted")
    qualified = await office.done(key, "qualify", fields=QUALIFIED)
    assert (qualified.stage, qualified.status) == ("sales_qualified.opportunity", "Working")
    won = await office.done(key, "win", codes={"converted_by": "field_sales"})
    assert (won.stage, won.status, won.closed, won.seq) == ("converted.agreed", "Converted", False, 4)

    await office.settled(key)
    assert updates(await office.history(key)) == ["arrive", "accept", "qualify", "win"]
    visits = await office.rows("select stage, entered_by, left_by from visit where lead = $1 order by entered_seq", key)
    assert [tuple(visit.values()) for visit in visits] == [
        ("marketing_qualified", "arrived", "accept"),
        ("sales_accepted.contacted", "accept", "qualify"),
        ("sales_qualified.opportunity", "qualify", "win"),
        ("converted.agreed", "win", None),
    ]
    assert await office.column("select title from task where lead = $1", key) == ["Agree on a first talk"]


async def test_a_converted_lead_takes_order_and_delivery_and_only_then_ends(office: Installation) -> None:
    """S1.8: what follows a conversion is still this lead; final closure ends its workflow."""
    key = await converted(office)
    ordered = await office.done(key, "ordered", fields={"deliver_on": "2031-06-06"})
    assert (ordered.stage, ordered.closed) == ("converted.ordered", False)
    assert await status(office, key) is WorkflowExecutionStatus.RUNNING
    delivered = await office.done(key, "delivered")
    assert (delivered.stage, delivered.closed) == ("delivered", True)
    await ended(office, key)
    result = await office.client.get_workflow_handle(key, result_type=Receipt).result()
    assert (result.stage, result.seq, result.closed) == ("delivered", 6, True)
    assert await office.column("select state from lead where key = $1", key) == ["closed"]


async def test_a_converted_lead_can_be_lost_after_all(office: Installation) -> None:
    """S1.8, S2.13: cancelled after the conversion, with the reason."""
    key = await converted(office)
    lost_again = await office.done(key, "lost_after_all", codes={"reason": "cancelled"})
    assert (lost_again.stage, lost_again.status, lost_again.closed) == ("lost", "Closed", True)
    await ended(office, key)
    codes = await office.column("select codes from event where lead = $1 and happening = 'lost_after_all'", key)
    assert codes == [{"reason": "cancelled"}]


# --- refusals --------------------------------------------------------------------------------------------------------


async def test_a_refused_event_leaves_no_trace_and_says_what_is_missing_who_may_and_what_is_allowed(
    office: Installation,
) -> None:
    """S2.3, S4.2: a refusal is an answer; history, database and state stay as they were."""
    key = await new(office)
    before = (await office.idle(key), len((await office.history(key)).events), await office.happenings(key))

    rejected = await office.refused(key, "reject")
    assert (rejected.code, rejected.stage, rejected.event) == (RefusalCode.MISSING, "marketing_qualified", "reject")
    [missing] = rejected.missing
    assert (missing.kind, missing.name) == ("code", "reason")
    assert "no_answer" in missing.choices
    assert {"accept", "reject", "contact", "note"} <= set(rejected.allowed)

    noted = await office.refused(key, "reject", codes={"reason": "other"})
    assert noted.missing == (Missing("note", "note"),)
    stranger = await office.refused(key, "accept", by="kai_petersen")
    assert (stranger.code, stranger.may) == (RefusalCode.NOT_ALLOWED, ("owner", "team_leader"))
    early = await office.refused(key, "qualify", fields=QUALIFIED)
    assert early.code is RefusalCode.NOT_HERE
    wrong = await office.refused(key, "update", fields={"employees": "many"})
    assert wrong.code is RefusalCode.BAD_VALUE
    assert list(wrong.fields) == ["employees"]

    after = (await office.idle(key), len((await office.history(key)).events), await office.happenings(key))
    assert after == before


async def test_what_a_refused_event_brought_is_forgotten(office: Installation) -> None:
    """B.7: personal values wait beside the event; with a refused one they go."""
    key = await new(office)
    refusal = await office.refused(
        key, "accept", by="kai_petersen", fields={"phone": "+49 30 901820"}, note="Please call."
    )
    assert refusal.code is RefusalCode.NOT_ALLOWED
    assert await office.column("select count(*) from parcel where lead = $1", key) == [0]
    assert await office.column("select personal ->> 'phone' from lead where key = $1", key) == [None]


async def test_an_event_that_the_process_does_not_have_is_refused_with_those_it_has(office: Installation) -> None:
    """C.6: a misspelled event changes nothing and is told apart from one that is not possible now."""
    key = await new(office)
    refusal = await office.refused(key, "acept")
    assert refusal.code is RefusalCode.UNKNOWN_EVENT
    assert "accept" in refusal.allowed
    assert await office.happenings(key) == ["arrived"]


async def test_an_event_for_a_lead_that_is_unknown_is_refused(office: Installation) -> None:
    """C.6: nothing is started for a key that never arrived."""
    with pytest.raises(IntakeError) as refused:
        await office.desk.send("lead:test:nobody", Sending("accept"))
    assert refused.value.code == "UNKNOWN_LEAD"
    assert [run async for run in office.client.list_workflows('WorkflowId="lead:test:nobody"')] == []


async def test_a_lead_is_not_taken_from_its_owner_for_a_name_that_nobody_bears(office: Installation) -> None:
    """S4.5: a slip of the pen is told with the name that was meant, and nothing happens."""
    key = await new(office)
    before = await office.snapshot(key)
    with pytest.raises(IntakeError) as refused:
        await office.send(key, "assign", by="maria_lopez", to="nils_brg")
    assert refused.value.code == "UNKNOWN_PERSON"
    assert "'nils_berg'" in refused.value.remedy
    after = await office.snapshot(key)
    assert (after.owner, after.seq) == (before.owner, before.seq)


async def test_an_id_that_is_too_long_is_refused_with_the_limit(office: Installation) -> None:
    """C.6: before anything is asked of the lead, in our words and not in those of a server."""
    key = await new(office)
    with pytest.raises(IntakeError) as refused:
        await office.send(key, "accept", id="x" * 3000)
    assert refused.value.fields == {"id": "is longer than 255 characters"}
    assert (await office.snapshot(key)).stage == "marketing_qualified"


async def test_by_signal_an_event_happens_and_a_refused_one_is_told_in_the_story(office: Installation) -> None:
    """C.6: fire and forget; nobody waits for an answer, so a person must be able to see what was not possible."""
    key = await new(office)
    owner = (await office.lead(key)).owner
    await office.handle(key).signal("accept", {"by": owner, "id": "by-signal"})
    await office.handle(key).signal("qualify", {"by": owner})

    async def both() -> bool:
        carried = await office.state(key)
        return carried.lead.seq == 2 and "could not qualify" in carried.story[-1].words

    await eventually(both)
    assert await office.happenings(key) == ["arrived", "accept"]
    again = await office.done(key, "accept", id="by-signal")
    assert again.duplicate


# --- closed leads ----------------------------------------------------------------------------------------------------


BAD = ("a\x00b", "a\ud800b", "a\x1b[2Jb", "x" * 256)


@pytest.mark.parametrize("bad", BAD)
async def test_what_cannot_be_recorded_is_refused_before_anything_is_sent_or_written(
    office: Installation, bad: str
) -> None:
    """C.6: NUL, half characters, control characters and endless names, wherever an event may bring them; the answer names the place."""
    key = await new(office)
    brought: dict[str, dict[str, Any]] = {
        "id": {"id": bad},
        "by": {"by": bad},
        "to": {"to": bad},
        "codes": {"codes": {"reason": bad}},
        "checked": {"checked": (bad,)},
        "fields": {"fields": {bad: 1}},
        "note": {"note": bad if len(bad) < 9 and "\x1b" not in bad else f"{bad}\x00"},
    }
    for place, more in brought.items():
        with pytest.raises(IntakeError) as refused:
            await office.desk.send(key, Sending("update", **{"by": "ops", **more}))
        assert set(refused.value.fields) == {place}
    with pytest.raises(IntakeError):
        await office.desk.send(f"{key}{bad}", Sending("update", "ops"))
    assert await office.column("select count(*) from parcel where lead = $1", key) == [0]
    assert updates(await office.history(key)) == ["arrive"]


async def test_a_note_is_as_long_as_a_note(office: Installation) -> None:
    """C.6: twenty thousand characters with their line ends, and not a book."""
    key = await new(office)
    await office.done(key, "note", "ops", note="line\n" * 4_000)
    with pytest.raises(IntakeError) as refused:
        await office.desk.send(key, Sending("note", "ops", note="x" * 20_001))
    assert refused.value.fields == {"note": "is longer than 20000 characters"}
    assert await office.column("select length(text) from note where lead = $1", key) == [20_000]


@pytest.mark.parametrize("place", ["id", "by", "to", "parcel", "checked", "codes", "known", "teams", "fields"])
async def test_what_cannot_be_recorded_is_refused_by_the_lead_too(office: Installation, place: str) -> None:
    """C.6: typed into the Temporal UI, as an update it leaves no trace, as a signal a line in the story; the lead goes on."""
    key = await new(office)
    several = {
        "checked": ["\x00"],
        "known": ["\x00"],
        "teams": ["\x00"],
        "codes": {"reason": "\x00"},
        "fields": {"\x00": 1},
    }
    args = {"by": "anna_schulz", "note": True, place: several.get(place, "\x00")}
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await office.handle(key).execute_update("note", args)
    assert isinstance(refused.value.cause, ApplicationError)
    assert refused.value.cause.message == f"'note' cannot be recorded: {place} holds a NUL character"
    await office.handle(key).signal("note", args)

    async def told() -> bool:
        return any("could not note" in line.words for line in (await office.state(key)).story)

    await eventually(told)
    await office.done(key, "update", "ops", fields={"budget": 3})
    await office.settled(key)
    assert await office.happenings(key) == ["arrived", "update"]


async def test_half_a_character_from_the_temporal_ui_stops_no_lead(office: Installation) -> None:
    """C.6: JSON can write what UTF-8 cannot; the lead never gets to see it, and goes on."""
    key = await new(office)
    config = office.client.config()
    config["data_converter"] = DataConverter.default
    foreign = Client(**config).get_workflow_handle(key)
    with pytest.raises(WorkflowUpdateFailedError):
        await foreign.execute_update("note", {"by": "a\ud800", "note": True})
    await foreign.signal("note", {"by": "a\ud800", "note": True})
    await office.done(key, "update", "ops", fields={"budget": 3})
    await office.settled(key)
    assert await office.happenings(key) == ["arrived", "update"]


async def test_a_closed_lead_refuses_events_and_stays_closed(office: Installation) -> None:
    """S1.8: what is over is over, until an event that reopens it."""
    key = await lost(office)
    refusal = await office.refused(key, "qualify", fields=QUALIFIED)
    assert (refusal.code, refusal.stage) == (RefusalCode.CLOSED, "lost")
    assert "reopen" in refusal.allowed
    assert await status(office, key) is WorkflowExecutionStatus.COMPLETED
    assert len(await office.runs(key)) == 1


async def test_a_reopening_event_brings_a_closed_lead_back_as_its_next_cycle(office: Installation) -> None:
    """S3.5: the same lead and the same id, from where the journal has it, with a new owner search and new clocks."""
    key = await lost(office)
    reopened = await office.done(key, "reopen", by="head_of_marketing")
    assert (reopened.stage, reopened.cycle, reopened.seq, reopened.closed) == ("marketing_qualified", 2, 3, False)
    await office.settled(key)
    lead = await office.lead(key)
    assert sorted(lead.clocks) == ["follow_up", "notice_seen", "response_again"]
    assert await office.happenings(key) == ["arrived", "lost_to_competitor", "reopen"]
    assert len(await office.runs(key)) == 2
    accepted = await office.done(key, "accept")
    assert (accepted.cycle, accepted.seq) == (2, 4)


async def test_a_refused_reopening_starts_nothing_that_stays(office: Installation) -> None:
    """S3.5: who may not reopen does not; a workflow that was started to ask ends again at once."""
    key = await lost(office)
    refusal = await office.refused(key, "reopen", by="kai_petersen")
    assert refusal.code is RefusalCode.NOT_ALLOWED
    await ended(office, key)
    assert (await office.snapshot(key)).seq == 2


async def test_a_lead_that_comes_again_after_its_end_reopens_itself(office: Installation) -> None:
    """S0.13, S3.5: another touch on a closed lead is what its process says the lead may cause: it is open again."""
    key = await lost(office)
    id = key.rsplit(":", 1)[1]
    back = await office.arrive(id, **{**A_LEAD, "campaign": "spring"})
    assert back.key == key
    assert not back.created
    assert back.receipt is not None
    assert (back.receipt.stage, back.receipt.cycle, back.receipt.closed) == ("marketing_qualified", 2, False)
    await office.settled(key)
    events = await office.rows("select happening, by from event where lead = $1 order by seq", key)
    assert events[-1] == {"happening": "reopen", "by": "lead"}
    assert await office.column("select count(*) from touch where lead = $1", key) == [2]


async def test_where_nothing_reopens_a_lead_another_touch_is_noted_and_it_stays_closed(desk: Installation) -> None:
    """S0.13: won is won; that they came again is on record all the same."""
    key = await desk.new("won", kind="pumps", size="normal")
    await desk.done(key, "accept")
    await desk.done(key, "win")
    await ended(desk, key)
    back = await desk.arrive("won", kind="pumps", size="normal", expected_on="2031-01-01")
    assert back.receipt is not None
    assert (back.receipt.stage, back.receipt.closed) == ("won", True)
    await ended(desk, key)
    assert (await desk.happenings(key))[-1] == "touched"
    assert await desk.column("select state from lead where key = $1", key) == ["closed"]


async def test_who_was_delivered_and_asks_again_begins_the_next_cycle(office: Installation) -> None:
    """S0.13, S1.8: a customer who asks anew is no lost touch."""
    key = await converted(office)
    await office.done(key, "ordered", fields={"deliver_on": "2031-06-06"})
    await office.done(key, "delivered")
    await ended(office, key)
    back = await office.arrive(key.rsplit(":", 1)[1], **{**A_LEAD, "campaign": "spring"})
    assert back.receipt is not None
    assert (back.receipt.stage, back.receipt.closed, back.receipt.cycle) == ("marketing_qualified", False, 2)


async def test_the_workflow_ends_only_after_its_notices_are_out(office: Installation) -> None:
    """S4.7: closing a lead does not swallow what it still had to tell."""
    key = await converted(office)
    await office.done(key, "lost_after_all", codes={"reason": "price"})
    await ended(office, key)
    history = await office.history(key)
    assert kinds(history)[-1] == "WORKFLOW_EXECUTION_COMPLETED"
    assert sorted(await office.notices(key), key=str) == [
        ("info_pack", None),
        ("new_lead", (await office.snapshot(key)).owner),
        ("qualified", (await office.snapshot(key)).leader),
        ("won", (await office.snapshot(key)).leader),
    ]
    assert kinds(history).count("ACTIVITY_TASK_SCHEDULED") == kinds(history).count("ACTIVITY_TASK_COMPLETED")


async def test_a_lead_has_no_time_limit(office: Installation) -> None:
    """C.1: a lead may live for years; nothing but its process ends it."""
    key = await new(office)
    started = (await office.history(key)).events[0].workflow_execution_started_event_attributes
    assert started.workflow_execution_timeout.ToTimedelta() == timedelta()
    assert started.workflow_run_timeout.ToTimedelta() == timedelta()


async def test_a_lead_that_somebody_tries_to_cancel_goes_on(office: Installation) -> None:
    """C.1: "Request Cancellation" in the Temporal UI ends no lead: its clocks and events go on, and its story says so."""
    key = await new(office, country="GB")
    await office.idle(key)
    await office.handle(key).cancel()

    async def told() -> bool:
        return any("not cancelled" in line.words for line in (await office.state(key)).story)

    await eventually(told)
    assert await status(office, key) is WorkflowExecutionStatus.RUNNING
    assert (await office.done(key, "accept")).stage == "sales_accepted.contacted"
    await office.forward(key, timedelta(days=11))
    assert "overdue:qualify_or_not" in await office.happenings(key)
    await office.done(key, "lost_to_competitor", codes={"competitor": "brelmo"})
    await ended(office, key)


async def test_an_event_that_comes_with_nothing_at_all_is_an_event(office: Installation) -> None:
    """C.7: the Temporal UI sends an event without any input where its box was left empty; the lead goes on."""
    key = await new(office, country="GB")
    await office.handle(key).signal("accept")
    await office.handle(key).signal("world_changed")
    await office.handle(key).signal("catch_up")
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await office.handle(key).execute_update("accept")
    assert isinstance(refused.value.cause, ApplicationError)
    assert refused.value.cause.type == "NOT_ALLOWED"
    assert (await office.done(key, "accept")).stage == "sales_accepted.contacted"
    assert "WORKFLOW_TASK_FAILED" not in kinds(await office.history(key))
