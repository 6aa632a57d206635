"""What Temporal knows of the leads: who works on them, how many run, which do not get on, and why.

Asked through the service itself: the SDK's own classes refuse a whole list when one workflow in it is paused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import TaskQueueType, WorkflowExecutionStatus
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeTaskQueueRequest,
    DescribeWorkflowExecutionRequest,
    DescribeWorkflowExecutionResponse,
    GetWorkflowExecutionHistoryReverseRequest,
    ListWorkflowExecutionsRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from workflows.messages import TASK_QUEUE, WORKFLOW_TYPE

RUNNING = f"WorkflowType = '{WORKFLOW_TYPE}' AND ExecutionStatus = 'Running'"
FLAGGED = f"{RUNNING} AND TemporalReportedProblems IS NOT NULL"
"""Leads whose workflow task failed several times running: the server marks them, after as many times as it is told."""

POLL = timedelta(seconds=75)
"""A worker that waits for work asks again within a minute. One that has not asked for longer is gone, though the server
remembers it for five minutes."""

PATIENCE = timedelta(seconds=5)
AT_ONCE = 20
LAST_EVENTS = 5


@dataclass(frozen=True, slots=True)
class Stuck:
    """A lead that does not get on: what of it fails, in whose words why, and how often it was tried."""

    lead: str
    what: str
    why: str
    attempts: int


async def workers(client: Client, since: datetime) -> tuple[str, ...]:
    """The workers that have asked for leads since then, each by process id and host."""
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=TASK_QUEUE),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    answer = await client.workflow_service.describe_task_queue(request, timeout=PATIENCE)
    seen = ((poller.identity, poller.last_access_time.ToDatetime(UTC)) for poller in answer.pollers)
    return tuple(sorted({identity for identity, at in seen if at >= since}))


async def count_running(client: Client) -> int:
    """Leads that have a workflow under way."""
    return (await client.count_workflows(RUNNING, rpc_timeout=PATIENCE)).count


async def running(client: Client, limit: int, query: str = RUNNING) -> tuple[str, ...]:
    """The ids of leads under way, the newest first."""
    found: list[str] = []
    token = b""
    while len(found) < limit:
        request = ListWorkflowExecutionsRequest(
            namespace=client.namespace, page_size=min(limit, 1000), next_page_token=token, query=query
        )
        page = await client.workflow_service.list_workflow_executions(request, timeout=PATIENCE)
        found += [one.execution.workflow_id for one in page.executions]
        token = page.next_page_token
        if not token:
            break
    return tuple(found[:limit])


async def are_running(client: Client, leads: Iterable[str]) -> Mapping[str, bool]:
    """Whether each of these leads has a workflow under way, asked one by one, so without any delay."""
    descriptions = await _describe_all(client, leads)
    status = WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING
    return {
        lead: known is not None and known.workflow_execution_info.status == status
        for lead, known in descriptions.items()
    }


# --- leads that do not get on ----------------------------------------------------------------------------------------


async def stuck(client: Client, suspects: Iterable[str], newest: int) -> tuple[Stuck, ...]:
    """Those of the suspects, of the leads that the server has marked, and of the newest, whose work fails again and
    again.
    """
    looked_at = dict.fromkeys([*suspects, *await _flagged(client, newest), *await running(client, newest)])
    descriptions = await _describe_all(client, looked_at)
    found = await asyncio.gather(
        *(_trouble(client, lead, known) for lead, known in descriptions.items() if known is not None)
    )
    return tuple(trouble for trouble in found if trouble is not None)


async def _flagged(client: Client, limit: int) -> Sequence[str]:
    try:
        return await running(client, limit, FLAGGED)
    except RPCError as error:
        if error.status is RPCStatusCode.INVALID_ARGUMENT:  # a server from before there were such marks
            return ()
        raise


async def _describe_all(client: Client, leads: Iterable[str]) -> dict[str, DescribeWorkflowExecutionResponse | None]:
    room = asyncio.Semaphore(AT_ONCE)

    async def describe(lead: str) -> tuple[str, DescribeWorkflowExecutionResponse | None]:
        request = DescribeWorkflowExecutionRequest(
            namespace=client.namespace, execution=WorkflowExecution(workflow_id=lead)
        )
        async with room:
            try:
                return lead, await client.workflow_service.describe_workflow_execution(request, timeout=PATIENCE)
            except RPCError as error:
                if error.status is RPCStatusCode.NOT_FOUND:
                    return lead, None
                raise

    return dict(await asyncio.gather(*(describe(lead) for lead in leads)))


async def _trouble(client: Client, lead: str, known: DescribeWorkflowExecutionResponse) -> Stuck | None:
    failing = [one for one in known.pending_activities if one.attempt > 1 and one.last_failure.message]
    if failing:
        worst = max(failing, key=lambda one: one.attempt)
        return Stuck(lead, f"the step '{worst.activity_type.name}'", worst.last_failure.message, worst.attempt)
    attempts = known.pending_workflow_task.attempt
    if attempts > 1:
        return Stuck(lead, "the workflow", await _last_failure(client, lead), attempts)
    return None


async def _last_failure(client: Client, lead: str) -> str:
    """Why the workflow task failed: the history has the first failure of each row of them."""
    request = GetWorkflowExecutionHistoryReverseRequest(
        namespace=client.namespace, execution=WorkflowExecution(workflow_id=lead), maximum_page_size=LAST_EVENTS
    )
    answer = await client.workflow_service.get_workflow_execution_history_reverse(request, timeout=PATIENCE)
    for event in answer.history.events:
        if event.HasField("workflow_task_failed_event_attributes"):
            return event.workflow_task_failed_event_attributes.failure.message
    return "a worker took it and did not answer"
