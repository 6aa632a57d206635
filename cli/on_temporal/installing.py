"""One installation for scenarios: the lead workflow and its activities at work on a queue and a database of their own."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from itertools import count

from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.settling import Settling
from bootstrap import PASSED_THROUGH
from cli.on_temporal.lane import Deliveries, Lane
from cli.on_temporal.queue import on_queue
from cli.on_temporal.times import OwnTimeRunner, Times
from engine.catalog import LIVE, Catalog
from engine.compiling.bundle import Bundle
from engine.process import Process
from store import definitions
from store.pool import open_pool
from workflows.lead import LeadWorkflow
from workflows.messages import deliveries_of, letters_of

_queues = count(1)


@contextlib.asynccontextmanager
async def lane(
    environment: WorkflowEnvironment,
    dsn: str,
    published: Mapping[str, tuple[Bundle, Process]],
    times: Times,
) -> AsyncIterator[Lane]:
    """An installation with these processes, at work."""
    catalog = Catalog()
    queue = f"lane-{next(_queues)}"
    client = on_queue(environment.client, queue)
    async with await open_pool(dsn, at_most=10) as pool:
        async with pool.acquire() as connection:
            for bundle, process in published.values():
                await definitions.publish(connection, bundle, process, "scenario", "")
                catalog.add(process)
                LIVE.add(process)
        settling, deliveries = Settling(pool, LIVE), Deliveries()
        restrictions = SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH)
        leads_worker = Worker(
            client,
            task_queue=queue,
            workflows=[LeadWorkflow],
            activities=[settling.record, settling.catch_up, settling.score_and_assign, settling.reassign],
            workflow_runner=OwnTimeRunner(SandboxedWorkflowRunner(restrictions=restrictions), times),
            max_cached_workflows=20,
        )
        deliveries_worker = Worker(client, task_queue=deliveries_of(queue), activities=[deliveries.deliver])
        letters_worker = Worker(client, task_queue=letters_of(queue), activities=[deliveries.deliver])
        async with leads_worker, deliveries_worker, letters_worker:
            yield Lane(client, pool, catalog, times, deliveries)
