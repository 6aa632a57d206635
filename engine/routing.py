"""S1.1, S0.14: which process takes a new lead, and which leads are none at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine.process import Process
from engine.references import tell
from engine.step import lead_of
from engine.values import accept_all


@dataclass(frozen=True, slots=True)
class OutOfScope:
    """The lead is none: a hiring or vendor lead, kept apart with the reason."""

    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class Taken:
    """The process that takes the lead."""

    process: Process


@dataclass(frozen=True, slots=True)
class NotTaken:
    """No process takes it; `asked` names those that were asked, in order."""

    asked: tuple[str, ...]


def route(processes: Iterable[Process], raw: Mapping[str, Any], now: datetime) -> Taken | OutOfScope | NotTaken:
    """Ask the processes in their order. Values that a process does not accept count as unknown while choosing."""
    asked = []
    for process in processes:
        values, _ = accept_all(process.fields, raw)
        readable = {name: value for name, value in values.items() if not process.personal(name)}
        filled = tuple(name for name, value in values.items() if value is not None and process.personal(name))
        view = process.view(lead_of(process, "", "", readable, filled, now), now)
        for row, condition in process.out_of_scope:
            if tell(process, condition, view)[0]:
                return OutOfScope(row.name, row.reason)
        if process.takes_priority is None:
            continue
        asked.append(process.name)
        if process.takes_when is None or tell(process, process.takes_when, view)[0]:
            return Taken(process)
    return NotTaken(tuple(asked))
