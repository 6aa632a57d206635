"""The time of each lead: that of its scenario, and not that of the server, whose time only begins today.

A scenario says when it begins, and each of its steps is at one moment. The workflow is told that moment as the time of
whatever wakes it; its timers are the server's own. What it decides is then to be the same to the microsecond.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.converter import SerializationContext
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner
from temporalio.workflow import Info

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Times:
    """What time it is for each lead, by its key. A moment that a run has been told stays the one that it is told again."""

    def __init__(self) -> None:
        self._now: dict[str, datetime] = {}
        self._ahead: dict[str, deque[datetime]] = {}
        self._told: dict[tuple[str, int], datetime] = {}

    def set(self, key: str, now: datetime, ahead: Iterable[datetime] = ()) -> None:
        """It is `now`; `ahead` are the moments that timers of the lead will fire at, in order."""
        self._now[key] = now
        self._ahead[key] = deque(ahead)

    def forget(self, key: str) -> None:
        self._now.pop(key, None)
        self._ahead.pop(key, None)

    def of(self, key: str, run: str, on_server: int, *, fired: bool) -> datetime | None:
        """`on_server` is the server's time of the activation, in nanoseconds: a replay comes with the same one. `fired` says that a
        timer wakes the lead."""
        told = self._told.get((run, on_server))
        if told is not None or key not in self._now:
            return told
        if fired and self._ahead[key]:
            self._now[key] = self._ahead[key].popleft()
        return self._told.setdefault((run, on_server), self._now[key])


class OwnTimeRunner(WorkflowRunner):
    """Runs workflows as another runner does, each at the time of its scenario."""

    def __init__(self, runner: WorkflowRunner, times: Times) -> None:
        self._runner = runner
        self._times = times

    def prepare_workflow(self, defn: Any) -> None:
        self._runner.prepare_workflow(defn)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        return _Instance(self._runner.create_instance(det), det.info.workflow_id, det.info.run_id, self._times)

    def set_worker_level_failure_exception_types(self, types: Sequence[type[BaseException]]) -> None:
        self._runner.set_worker_level_failure_exception_types(types)


class _Instance(WorkflowInstance):
    def __init__(self, instance: WorkflowInstance, key: str, run: str, times: Times) -> None:
        self._instance = instance
        self._key = key
        self._run = run
        self._times = times

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        fired = any(job.HasField("fire_timer") for job in act.jobs)
        now = self._times.of(self._key, self._run, act.timestamp.ToNanoseconds(), fired=fired)
        if now is not None:
            act.timestamp.FromNanoseconds((now - _EPOCH) // _MICROSECOND * 1000)
        return self._instance.activate(act)

    def get_serialization_context(self, command_info: Any) -> SerializationContext | None:
        return self._instance.get_serialization_context(command_info)

    def get_external_store_context(self, command_info: Any) -> Any:
        return self._instance.get_external_store_context(command_info)

    def get_info(self) -> Info:
        return self._instance.get_info()

    def get_thread_id(self) -> int | None:
        return self._instance.get_thread_id()
