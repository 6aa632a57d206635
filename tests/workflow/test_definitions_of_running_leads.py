"""A running lead keeps the definition it began with; a worker that lacks it waits; a hand-over takes the next one (C.5, S4.3)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest_asyncio
from temporalio.api.enums.v1 import PendingWorkflowTaskState
from temporalio.testing import WorkflowEnvironment

from engine.catalog import LIVE, Catalog
from engine.errors import UnknownDefinition
from engine.language.builtin import LISTENED_TO
from store import definitions
from tests.installation import Installation, eventually, installation, kinds, on_queue, updates
from tests.workflow.processes import PUMPS, pumps, staff

FAIR: dict[str, Any] = {
    "kind": "sales",
    "channel": "direct",
    "source": "trade_show",
    "company": "Pilsen Stroj",
    "country": "DE",
    "temperature": "hot",
    "product_line": "pumps",
}


@pytest_asyncio.fixture(scope="module")
async def desk(temporal: WorkflowEnvironment, database: str) -> AsyncIterator[Installation]:
    async with installation(temporal, database, [pumps()], [staff()]) as made, made.worker():
        yield made


async def test_a_lead_of_a_definition_that_the_worker_lacks_waits_and_says_why(desk: Installation) -> None:
    """C.5: the workflow's task fails, not the lead; it goes on by itself once the worker has the definition."""
    later = pumps(PUMPS.replace("version: 1", "version: 3").replace("title: Pumps", "title: Pumps, third version"))
    async with desk.pool.acquire() as connection:
        await definitions.publish(connection, *later, "test", "")
    desk.catalog.add(later[1])
    assert later[1].digest not in LIVE
    impatient = replace(desk, client=on_queue(desk.environment.client, desk.queue, task_timeout=timedelta(seconds=1)))
    waits = asyncio.create_task(impatient.arrive("unknown-definition", kind="pumps", size="normal"))
    key = "lead:test:unknown-definition"

    async def failed() -> str:
        if not await desk.runs(key):
            return ""
        events = (await desk.history(key)).events
        failures = [
            event.workflow_task_failed_event_attributes.failure
            for event in events
            if event.HasField("workflow_task_failed_event_attributes")
        ]
        return failures[0].message if failures else ""

    message = await eventually(failed)
    assert message == f"this worker does not hold the definition {later[1].digest[:12]}"
    description = await desk.handle(key).describe()
    pending = description.raw_description.pending_workflow_task
    assert pending.attempt >= 1
    assert pending.state in (
        PendingWorkflowTaskState.PENDING_WORKFLOW_TASK_STATE_SCHEDULED,
        PendingWorkflowTaskState.PENDING_WORKFLOW_TASK_STATE_STARTED,
    )
    assert not waits.done()
    assert await desk.column("select state from lead where key = $1", key) == ["received"]

    LIVE.add(later[1], current=False)
    arrived = await waits
    assert arrived.receipt is not None
    assert arrived.receipt.owner is not None
    await desk.settled(key)
    assert await desk.happenings(key) == ["arrived"]


async def test_a_new_version_is_for_new_leads_and_changes_no_running_one(desk: Installation) -> None:
    """C.5, B.3: published while leads run: those keep their rules, the next one has the new ones."""
    old = await desk.new(kind="pumps", size="normal")
    version = (await desk.lead(old)).version
    changed = pumps(
        PUMPS.replace("version: 1", "version: 4").replace(
            "drop:   {to: gone, by: [owner]}", "drop:   {to: gone, by: [ops]}"
        )
    )
    async with desk.pool.acquire() as connection:
        await definitions.publish(connection, *changed, "test", "")
    desk.catalog.add(changed[1])
    LIVE.add(changed[1])
    new = await desk.new(kind="pumps", size="normal")
    assert ((await desk.lead(old)).version, (await desk.lead(new)).version) == (version, 4)
    assert (await desk.refused(new, "drop")).may == ("ops",)
    assert (await desk.done(old, "drop")).closed
    assert (await desk.done(new, "drop", by="maria")).closed


def test_a_catalog_names_the_definition_that_it_lacks() -> None:
    """C.5: the message names the digest, so that an operator can find the version that was never loaded."""
    try:
        Catalog().get("0123456789abcdef")
    except UnknownDefinition as error:
        assert "0123456789ab" in error.message
    else:
        raise AssertionError("it has nothing")


async def test_a_lead_that_is_handed_over_goes_on_as_the_same_workflow_in_its_next_cycle(office: Installation) -> None:
    """S4.3, S1.1: qualified at the fair, it is with direct sales in the same moment: one workflow, one lead, an owner by their rules."""
    key = await office.new(**FAIR)
    fair = (await office.idle(key)).lead
    assert (fair.process, fair.team) == ("trade_show", "fair_team")
    await office.done(key, "spoke", codes={"channel": "booth"})
    handed = await office.done(key, "qualify", fields={"need": True, "timeframe": "under_3_months"})
    assert handed.stage == "fair_lead.in_talk", "the answer is to the event itself; what follows comes after it"
    lead = (await office.idle(key)).lead
    assert (lead.process, lead.stage, lead.cycle, lead.seq) == ("inbound_b2b", "marketing_qualified", 2, 4)
    assert (lead.team, lead.hops) == ("field_emea", 0)
    assert lead.owner != fair.owner
    assert sorted(lead.clocks) == ["first_response", "follow_up", "notice_seen"]
    assert lead.fields["temperature"] == "hot"
    assert len(await office.runs(key)) == 1
    assert await office.happenings(key) == ["arrived", "spoke", "qualify", "handed_over"]
    endings = await office.rows(
        "select name, ending from clock where lead = $1 and ended_at is not null order by name", key
    )
    assert {one["name"] for one in endings} >= {"call_hot", "qualify_or_not", "sixty_days"}

    accepted = await office.done(key, "accept")
    assert accepted.stage == "sales_accepted.contacted"
    gone = await office.refused(key, "spoke", codes={"channel": "booth"})
    assert gone.code == "UNKNOWN_EVENT"
    assert updates(await office.history(key)) == ["arrive", "spoke", "qualify", "accept"]
    offered = await office.handle(key).query("__temporal_workflow_metadata")
    assert {"accept", "not_now", "win"} <= {one.name for one in offered.definition.update_definitions}
    await office.settled(key)


async def test_no_event_can_have_a_name_that_leads_are_called_by_otherwise(office: Installation) -> None:
    """C.5, C.6: an event called `arrive` would take the place of arrivals; all such names are refused in definitions."""
    key = await office.new(**FAIR)
    events = set(office.catalog.get((await office.lead(key)).digest).events)
    offered = (await office.handle(key).query("__temporal_workflow_metadata")).definition
    listens = [*offered.update_definitions, *offered.signal_definitions, *offered.query_definitions]
    names = {one.name for one in listens if one.name} - events
    assert {name for name in names if not name.startswith("__")} == LISTENED_TO


async def test_a_cold_lead_waits_in_the_long_nurture_and_comes_to_sales_when_it_is_ripe(office: Installation) -> None:
    """S4.8: fourteen quiet days after the fair: handed over by the clock, and half a year later asked again."""
    key = await office.new(**{**FAIR, "company": "Liberec Stroj", "temperature": "cold"})
    await office.forward(key, timedelta(days=15))
    lead = (await office.idle(key)).lead
    assert (lead.process, lead.stage, lead.cycle) == ("nurture", "resting", 2)
    await office.forward(key, timedelta(days=190))
    lead = (await office.idle(key)).lead
    assert lead.stage == "ripe"
    back = await office.done(key, "recycle", fields={"timeframe": "under_3_months"}, codes={"channel": "phone"})
    assert back.cycle == 2
    lead = (await office.idle(key)).lead
    assert (lead.process, lead.stage, lead.cycle) == ("inbound_b2b", "marketing_qualified", 3)
    assert len(await office.runs(key)) == 1
    assert "WORKFLOW_TASK_FAILED" not in kinds(await office.history(key))
    await office.settled(key)
