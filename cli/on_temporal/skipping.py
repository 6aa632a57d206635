"""Sending the server's time of one lead forward, and holding it again.

As `WorkflowEnvironment.fast_forward`, without its wait for the server's word that it is there: that gets lost at times, and
whoever sends a lead forward knows by the lead itself when it is there.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from google.protobuf.field_mask_pb2 import FieldMask
from temporalio.api.common.v1 import FastForwardConfig, TimeSkippingConfig, WorkflowExecution
from temporalio.api.workflow.v1 import WorkflowExecutionOptions
from temporalio.api.workflowservice.v1 import UpdateWorkflowExecutionOptionsRequest
from temporalio.client import Client

MOST_SKIPS = 1_000
"""Left out, ten skips in one go are the most."""


async def forward(client: Client, key: str, by: timedelta) -> None:
    """Let the lead's time run ahead, from timer to timer, for so long."""
    proto = FastForwardConfig(id=str(uuid.uuid4()))
    proto.duration.FromTimedelta(by)
    config = TimeSkippingConfig(enabled=True, max_session_skip_count=MOST_SKIPS, fast_forward_config=proto)
    await _put(client, key, config)


async def hold(client: Client, key: str) -> None:
    """Let it run as it does for everybody."""
    await _put(client, key, TimeSkippingConfig(enabled=False))


async def _put(client: Client, key: str, config: TimeSkippingConfig) -> None:
    await client.workflow_service.update_workflow_execution_options(
        UpdateWorkflowExecutionOptionsRequest(
            namespace=client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=key),
            workflow_execution_options=WorkflowExecutionOptions(time_skipping_config=config),
            update_mask=FieldMask(paths=["time_skipping_config"]),
            identity=client.identity,
        ),
        retry=True,
    )
