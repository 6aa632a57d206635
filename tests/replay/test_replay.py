"""Recorded lives replay to the very state in which they ended (C.1): what guards leads that run when the workflow is changed.

A replay alone checks which commands a workflow gives, and neither their arguments nor what becomes of the lead: hence the states.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from temporalio import workflow
from temporalio.worker import (
    ExecuteWorkflowInput,
    Interceptor,
    Replayer,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from bootstrap import PASSED_THROUGH
from engine.catalog import LIVE
from engine.compiling.bundle import Bundle
from engine.compiling.compile import compile_bundle
from engine.process import Process
from tests.replay.recording import FOLDER, Recording, as_json, recordings
from workflows.converter import DATA_CONVERTER
from workflows.lead import LeadWorkflow

RECORDINGS = recordings()
BY_NAME = {one.name: one for one in RECORDINGS}


class Watching(Interceptor):
    """Keeps the workflows that were replayed: a replayer throws them away at the end of their history."""

    def __init__(self) -> None:
        self.seen: list[LeadWorkflow] = []

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:
        seen = self.seen

        class Inbound(WorkflowInboundInterceptor):
            async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
                seen.append(workflow.instance())
                return await super().execute_workflow(input)

        return Inbound


async def replayed(recording: Recording) -> dict[str, Any]:
    """The state at the end of a replay. Raises where the workflow would do anything else than it did."""
    watching = Watching()
    restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
    replayer = Replayer(
        workflows=[LeadWorkflow],
        data_converter=DATA_CONVERTER,
        workflow_runner=SandboxedWorkflowRunner(restrictions=restrictions),
        interceptors=[watching],
    )
    await replayer.replay_workflow(recording.replayable())
    [lead] = watching.seen
    return as_json(lead.state())


@pytest.fixture(autouse=True)
def as_recorded(request: pytest.FixtureRequest) -> Iterator[None]:
    """The definitions and the length of histories as they were then."""
    callspec = getattr(request.node, "callspec", None)
    recording = callspec.params["recording"] if callspec else BY_NAME["inbound_won"]
    for process in recording.processes():
        LIVE.add(process, current=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("workflows.messages.HISTORY_LIMIT", recording.limit)
        yield


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda one: one.name)
async def test_a_recorded_life_replays_to_the_state_it_ended_in(recording: Recording) -> None:
    """C.1: same commands in the same order, and the same lead, story, pending notices and receipts at the end."""
    assert await replayed(recording) == recording.state


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda one: one.name)
def test_definitions_that_were_published_once_are_read_the_same_for_ever(recording: Recording) -> None:
    """C.5: a later leadflow compiles them, and to the digest that running leads name them by."""
    assert {process.digest for process in recording.processes()} == set(recording.definitions)


def test_every_process_that_ships_has_a_recorded_life() -> None:
    """C.1: and what leads can go through besides: continuing as new, coming back from the journal, changing hands,
    and going on in another version (B.3)."""
    ended_in = {one.state["lead"]["process"] for one in RECORDINGS}
    assert {"inbound_b2b", "trade_show", "course_sales"} <= ended_in
    first = {compile_bundle(bundle).name for bundle in _bundles()}
    assert first == {"inbound_b2b", "trade_show", "course_sales", "nurture", "partner"}
    assert [
        line["words"].split(" by ")[0] for line in BY_NAME["moved_and_back"].state["story"] if "moved" in line["words"]
    ] == [
        "moved from v1 to v2",
        "moved back from v2 to v1",
    ]
    kinds = {event["eventType"].removeprefix("EVENT_TYPE_") for one in RECORDINGS for event in one.history["events"]}
    assert {
        "WORKFLOW_EXECUTION_CONTINUED_AS_NEW",
        "WORKFLOW_EXECUTION_COMPLETED",
        "TIMER_FIRED",
        "TIMER_CANCELED",
    } <= kinds
    assert {"WORKFLOW_EXECUTION_SIGNALED", "MARKER_RECORDED", "ACTIVITY_TASK_COMPLETED"} <= kinds


async def test_a_rule_that_says_something_else_is_found_though_the_commands_are_the_same() -> None:
    """C.1: another value under the digest that running leads name: the replay passes, the state tells."""
    recording = BY_NAME["inbound_won"]
    LIVE.add(_tampered(recording, "24000.0", "23000.0"), current=False)
    state = await replayed(recording)
    assert (recording.state["lead"]["fields"]["estimate"], state["lead"]["fields"]["estimate"]) == (24000.0, 23000.0)


async def test_a_rule_that_does_something_else_is_refused_by_the_replay() -> None:
    """C.1: another command than the recorded one: the task would fail, and the lead wait for a worker that knows."""
    recording = BY_NAME["inbound_won"]
    history = json.loads(json.dumps(recording.history))
    for event in history["events"]:
        started = event.get("timerStartedEventAttributes")
        if started is not None:
            event["eventType"] = "EVENT_TYPE_ACTIVITY_TASK_SCHEDULED"
            event["activityTaskScheduledEventAttributes"] = {"activityId": "99", "activityType": {"name": "deliver"}}
            del event["timerStartedEventAttributes"]
            break
    with pytest.raises(workflow.NondeterminismError):
        await replayed(replace(recording, history=history))


def test_recordings_name_no_machine() -> None:
    """Recorded on one machine, kept by everybody."""

    def names(value: Any) -> Iterator[str]:
        if isinstance(value, list):
            for item in value:
                yield from names(item)
        elif isinstance(value, dict):
            if "identity" in value:
                yield str(value["identity"])
            if value.get("kind") == "TASK_QUEUE_KIND_STICKY":
                yield str(value["name"])
            for item in value.values():
                yield from names(item)

    assert {name for one in RECORDINGS for name in names(one.history)} == {"worker"}


def _bundles() -> list[Bundle]:
    return [
        Bundle.from_json(file.read_text(encoding="utf-8")) for file in sorted((FOLDER / "definitions").glob("*.json"))
    ]


def _tampered(recording: Recording, words: str, others: str) -> Process:
    """The definition saying something else, under the digest of the true one."""
    [digest] = recording.definitions
    bundle = Bundle.from_json((FOLDER / "definitions" / f"{digest}.json").read_text(encoding="utf-8"))
    assert words in bundle.process.text
    process = replace(bundle.process, text=bundle.process.text.replace(words, others))
    return replace(compile_bundle(replace(bundle, process=process)), digest=digest)
