"""What a lead costs in Temporal is bounded: events make replays slow, and actions are billed."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from bench.core import REFERENCE
from bench.lifecycle import ACTIONS, EVENTS, EVENTS_PER_NOTICE, cost_of, live
from cli.roster import read_roster
from store.definition_files import load_process
from tests.installation import Installation, installation, kinds


@pytest_asyncio.fixture(scope="module")
async def desk(temporal: WorkflowEnvironment, database: str) -> AsyncIterator[Installation]:
    sellers = read_roster(REFERENCE.parent / "roster.yaml")
    async with installation(temporal, database, [load_process(REFERENCE)], [sellers]) as made, made.worker():
        yield made


async def test_the_reference_lifecycle_keeps_within_its_events_and_actions(desk: Installation) -> None:
    """C.1: created, scored, assigned, accepted, qualified, converted, a clock in each stage: 36 events and 15 actions at most."""
    key = await live(desk.door, desk.desk, "counted")
    await desk.idle(key)
    cost = cost_of(await desk.runs(key))
    assert cost.notices == 1, "whoever gets a lead is told"
    assert cost.events_without_notices <= EVENTS, kinds(await desk.history(key))
    assert cost.actions_without_notices <= ACTIONS, kinds(await desk.history(key))


async def test_a_notice_costs_six_events_and_one_action(desk: Installation) -> None:
    """S4.7: a clock that tells somebody: one activity with its workflow task, and nothing else."""
    key = await live(desk.door, desk.desk, "told")
    await desk.idle(key)
    history = await desk.history(key)
    told = [
        event.event_id
        for event in history.events
        if event.activity_task_scheduled_event_attributes.activity_type.name == "deliver"
    ]
    assert len(told) == 1
    ends = [
        event
        for event in history.events
        if event.activity_task_completed_event_attributes.scheduled_event_id == told[0]
        or event.activity_task_started_event_attributes.scheduled_event_id == told[0]
    ]
    assert len(ends) + 1 + len(("scheduled", "started", "completed")) == EVENTS_PER_NOTICE


async def test_looking_at_a_lead_and_being_refused_cost_no_event(desk: Installation) -> None:
    """C.7: queries and refusals leave nothing in history."""
    key = await live(desk.door, desk.desk, "looked-at")
    await desk.idle(key)
    before = cost_of(await desk.runs(key))
    await desk.state(key)
    await desk.refused(key, "accept")
    await desk.refused(key, "delivered", by="boss")
    assert cost_of(await desk.runs(key)) == before
