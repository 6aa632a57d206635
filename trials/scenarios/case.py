"""A scenario ready to be run: every name looked up, every moment reckoned, and where each thing stands in its file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from engine.errors import Mark
from engine.language.scenario import Leave, Plain, Step
from engine.language.tables import RosterFile
from engine.process import Process
from engine.reading.document import Document, NodePath


@dataclass(frozen=True, slots=True)
class Setting:
    """What scenarios are about: the process, those that it may go on in, and the rosters there are, by name."""

    process: Process
    others: tuple[Process, ...] = ()
    rosters: Mapping[str, RosterFile] = field(default_factory=dict)

    @property
    def processes(self) -> tuple[Process, ...]:
        return (self.process, *self.others)


@dataclass(frozen=True, slots=True)
class Case:
    """One scenario. `path` is its place in the document; `leave` that of the beginning."""

    name: str
    setting: Setting
    now: datetime
    zone: ZoneInfo
    roster: RosterFile
    lead: Mapping[str, Plain]
    workload: Mapping[str, int]
    accounts: Mapping[str, str]
    leave: tuple[Leave, ...]
    steps: tuple[Step, ...]
    document: Document
    path: NodePath
    shows: tuple[str, ...] = ()
    suggested: bool = False

    @property
    def mark(self) -> Mark:
        return self.document.mark(self.path)

    def at(self, number: int, *more: str | int) -> Mark:
        """Where a step stands, or something in it."""
        return self.document.mark((*self.path, "steps", number, *more))
