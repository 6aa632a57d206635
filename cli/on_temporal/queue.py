"""Leads that are worked on a queue of their own, so that several installations may use one server."""

from __future__ import annotations

from typing import Any

import temporalio.client
from temporalio.client import Client, Interceptor, OutboundInterceptor, WorkflowHandle


class _OnQueue(Interceptor):
    def __init__(self, queue: str) -> None:
        self._queue = queue

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        queue = self._queue

        class Outbound(OutboundInterceptor):
            async def start_workflow(self, input: temporalio.client.StartWorkflowInput) -> WorkflowHandle[Any, Any]:
                input.task_queue = queue
                return await super().start_workflow(input)

            async def start_update_with_start_workflow(
                self, input: temporalio.client.StartWorkflowUpdateWithStartInput
            ) -> temporalio.client.WorkflowUpdateHandle[Any]:
                input.start_workflow_input.task_queue = queue
                return await super().start_update_with_start_workflow(input)

        return Outbound(next)


def on_queue(client: Client, queue: str) -> Client:
    config = client.config()
    config["interceptors"] = [*config["interceptors"], _OnQueue(queue)]
    return Client(**config)
