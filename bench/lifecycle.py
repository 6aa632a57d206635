"""What a lead costs in Temporal, counted in its histories: events, and actions by the rules that Temporal Cloud bills by.

The reference lifecycle is create, accept, qualify, convert, on the process in `bench/reference/`: a clock per stage, scored and assigned.
Each notice costs six events and one action on top, and is counted apart: how many there are is the author's choice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHistory

import bootstrap
from activities.channels import Channels
from bench.core import REFERENCE
from bench.figures import Figure
from cli.roster import read_roster
from client.desk import Desk, Sending
from client.front_door import FrontDoor
from client.namespace import WANTED
from engine.catalog import LIVE
from stack.settings import StackSettings
from stack.supervisor import LocalStack
from store import definitions, roster
from store.definition_files import load_process
from store.migrate import migrate
from store.pool import open_pool
from workflows.messages import Receipt

EVENTS = 36
ACTIONS = 15
EVENTS_PER_NOTICE = 6
ACTIONS_PER_NOTICE = 1
"""Upper bounds of the reference lifecycle. The leanest form written by hand takes 30 and 13, a naive one 134 and 35."""

A_LEAD = {"company": "Nordwind GmbH", "country": "DE", "email": "ada@nordwind.example", "employees": 120}
EVENTS_OF_THE_LIFECYCLE = (Sending("accept"), Sending("qualify", fields={"budget": 4}), Sending("convert"))

_BILLED_ONCE = (
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
    EventType.EVENT_TYPE_TIMER_STARTED,
    EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
)
_LOCAL_ACTIVITY = "core_local_activity"
_NOTICE = "deliver"


@dataclass(frozen=True)
class Cost:
    """Of one lead, over all of its runs. `notices` were delivered, and are part of events and actions."""

    events: int
    actions: int
    notices: int
    tasks: int
    size: int

    @property
    def events_without_notices(self) -> int:
        return self.events - self.notices * EVENTS_PER_NOTICE

    @property
    def actions_without_notices(self) -> int:
        return self.actions - self.notices * ACTIONS_PER_NOTICE


def cost_of(histories: Iterable[WorkflowHistory]) -> Cost:
    """Count what is in the histories. What leaves no event (refused updates, queries) is not counted; `size` is in bytes."""
    events = [event for history in histories for event in history.events]
    return Cost(
        events=len(events),
        actions=sum(event.event_type in _BILLED_ONCE for event in events)
        + _attempts(events)
        + _tasks_with_local_activities(events),
        notices=sum(event.activity_task_scheduled_event_attributes.activity_type.name == _NOTICE for event in events),
        tasks=sum(event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED for event in events),
        size=sum(event.ByteSize() for event in events),
    )


def _attempts(events: Sequence[HistoryEvent]) -> int:
    """Every attempt of an activity is billed; the history has the number of the last one."""
    started = (event.activity_task_started_event_attributes for event in events)
    return sum(one.attempt for one in started if one.scheduled_event_id)


def _tasks_with_local_activities(events: Sequence[HistoryEvent]) -> int:
    """All local activities of one workflow task are one action."""
    markers = (event.marker_recorded_event_attributes for event in events)
    return len({one.workflow_task_completed_event_id for one in markers if one.marker_name == _LOCAL_ACTIVITY})


async def live(door: FrontDoor, desk: Desk, id: str) -> str:
    """Run one lead through the reference lifecycle and give its key."""
    arrived = await door.arrive({"id": id, **A_LEAD}, source_system="bench")
    if arrived.receipt is None or arrived.receipt.owner is None:
        raise RuntimeError(f"{arrived.key} has no owner")
    for sending in EVENTS_OF_THE_LIFECYCLE:
        answer = await desk.send(arrived.key, Sending(sending.event, arrived.receipt.owner, sending.fields))
        if not isinstance(answer, Receipt):
            raise RuntimeError(answer.message)
    return arrived.key


async def measure_lifecycle(home: Path) -> list[Figure]:
    """On servers of its own, in `home`."""
    settings = StackSettings(home=home, temporal_port=0, ui_port=0, search_attributes=WANTED, sink=False)
    async with LocalStack(settings) as endpoints:
        await migrate(endpoints.database_url)
        async with await open_pool(endpoints.database_url) as pool:
            bundle, process = load_process(REFERENCE)
            async with pool.acquire() as connection:
                await definitions.publish(connection, bundle, process, "bench", "bench")
                await roster.load(connection, read_roster(REFERENCE.parent / "roster.yaml"), "bench")
            LIVE.add(process)
            client = await bootstrap.connect_temporal(endpoints.temporal_address)
            async with bootstrap.build_worker(client, pool, Channels(None, None), lambda key: key):
                door, desk = FrontDoor(pool, client, LIVE), Desk(pool, client, LIVE)
                await live(door, desk, "warm")
                cost = await settled_cost(client, await live(door, desk, "counted"))
    return figures(cost)


async def settled_cost(client: Client, key: str) -> Cost:
    """The cost of a lead with a single run, once all of its notices are out."""
    handle = client.get_workflow_handle(key)
    while True:
        described = (await handle.describe()).raw_description
        if not described.pending_activities and not described.HasField("pending_workflow_task"):
            return cost_of([await handle.fetch_history()])


def figures(cost: Cost) -> list[Figure]:
    apart = f"and {cost.notices} notice{'' if cost.notices == 1 else 's'} apart"
    return [
        Figure("reference lifecycle, events", cost.events_without_notices, "", bound=EVENTS, note=apart),
        Figure("reference lifecycle, billable actions", cost.actions_without_notices, "", bound=ACTIONS, note=apart),
        Figure("reference lifecycle, workflow tasks", cost.tasks, ""),
        Figure("reference lifecycle, history", cost.size / 1024, "KiB"),
    ]
