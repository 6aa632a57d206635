"""What a lead lacks of what its process requires: it is kept and worked on all the same, and somebody is asked to find it out."""

from __future__ import annotations

from typing import Protocol

from engine.decision import Completed, Outward, Task
from engine.lead import Value
from engine.process import Process

WHO = "owner_or_exception"
"""Whose task it is: whoever has the lead; while nobody has it, the named person who decides about it."""


class Filled(Protocol):
    """A lead, or one in the making."""

    @property
    def fields(self) -> dict[str, Value]: ...
    @property
    def known(self) -> tuple[str, ...]: ...
    @property
    def closed(self) -> bool: ...


def missing(process: Process, lead: Filled) -> tuple[str, ...]:
    """The required fields that are not known, in the order written."""
    return tuple(name for name in process.required if lead.fields.get(name) is None and name not in lead.known)


def wanted(process: Process) -> tuple[str, ...]:
    """What a source should bring: what is required, and what identifies somebody."""
    return tuple(name for name, spec in process.fields.items() if spec.required or spec.identity)


def asked_for(process: Process, before: Filled | None, after: Filled) -> tuple[Outward, ...]:
    """The task that asks for what has become missing, or that there is nothing to ask for any more. `before` is None for a lead
    that has only just come into this process."""
    lacked = missing(process, before) if before is not None and not before.closed else ()
    lacks = missing(process, after) if not after.closed else ()
    if not set(lacks) <= set(lacked):
        titles = ", ".join(process.fields[name].title or name.replace("_", " ") for name in lacks)
        due = "1 working day" if process.calendars is not None else "24 hours"
        return (Task(f"Find out what is missing: {titles}", WHO, due, completes=True),)
    if lacked and not lacks:
        return (Completed("closed" if after.closed else "all that is required is known"),)
    return ()
