"""The state of one lead while it runs: one immutable, serialisable value.

It holds what rules decide by and nothing personal: names, mail addresses, phone numbers and free text stay in the
database, here only the names of the personal fields that are filled (`known`). All times are aware UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

Value = str | int | float | bool | None
"""What a field may hold: a date is an ISO text, a choice is its text. None is unknown, which is never zero (S3.7)."""


class ClockState(StrEnum):
    """Where a clock stands. STARTING and PAUSING wait for an answer of the world (see `engine.settle`)."""

    STARTING = "starting"
    RUNNING = "running"
    PAUSING = "pausing"
    PAUSED = "paused"
    BREACHED = "breached"


@dataclass(frozen=True, slots=True)
class Clock:
    """One deadline of one lead.

    `left_seconds` is the open time that remained when it was paused, and its budget after that; `budget_seconds` the
    whole of it as it was before the first pause, of which warnings are a share.
    """

    name: str
    scope: str
    state: ClockState
    counts_from: datetime
    due_at: datetime | None = None
    warnings: tuple[datetime, ...] = ()
    left_seconds: float | None = None
    calendar: str = ""
    breached_at: datetime | None = None
    budget_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Climb:
    """A ladder or sequence under way. `step` is the next one, `due_at` its time (None until the world has said it).

    `clock` is the clock that it escalates, empty for a sequence. One ladder may be climbed for several clocks at once.
    `paused_at` is since when it stands still because its clock would (None: it does not).
    """

    name: str
    scope: str
    clock: str
    started_at: datetime
    step: int = 0
    round: int = 0
    due_at: datetime | None = None
    paused_at: datetime | None = None

    @property
    def key(self) -> str:
        """Its key among the climbs of a lead."""
        return f"{self.name}/{self.clock}" if self.clock else self.name


@dataclass(frozen=True, slots=True)
class Score:
    """S3.6: a total with its parts; a part that cannot be told is None, and not counted as zero."""

    table: str
    total: int
    priority: str
    grade: str
    parts: dict[str, int | None]


class Ownership(StrEnum):
    """Whose the lead is: nobody's yet, held, a person's, a team queue's, or the exception owner's (S4.6)."""

    NOBODY = "nobody"
    HELD = "held"
    PERSON = "person"
    QUEUE = "queue"
    EXCEPTION = "exception"


class AssignMode(StrEnum):
    """Why an owner is looked for."""

    RULES = "rules"
    REASSIGN = "reassign"
    PERSON = "person"
    EXCEPTION = "exception"


@dataclass(frozen=True, slots=True)
class AskOwner:
    """A question to the world: whose is the lead to be?

    `exclude` are the people who must not get it; `last_try` means that holding is over; `keep` that the lead stays where
    it is if there is nobody else; `anew` that a cycle begins, and whoever had it before may have it again. `restarts` is
    the missed clock that takes the lead away: the next owner gets its full time (S2.5).
    """

    mode: AssignMode
    because: str
    person: str | None = None
    exclude: tuple[str, ...] = ()
    last_try: bool = False
    keep: bool = False
    anew: bool = False
    restarts: Clock | None = None


@dataclass(frozen=True)
class Lead:
    """A lead at one moment. `seq` counts its decisions; with `key` and `cycle` it names each of them for ever.

    `assign_at` is the end of a hold: when an owner is looked for again, by asking `assign_ask` once more. `decided_at` is
    the time of the last decision, None before the first; `in_a_row` counts those that the lead has come to by itself
    since anybody, or the passing of time, had a part in one. `merged_into` is the lead that it turned out to be (S0.13): it
    stands still then, closed, and everything else is as it was.
    """

    key: str
    title: str
    process: str
    version: int
    digest: str
    stage: str
    arrived_at: datetime
    entered_at: datetime
    fields: dict[str, Value]
    known: tuple[str, ...] = ()
    cycle: int = 1
    seq: int = 0
    visits: dict[str, int] = field(default_factory=dict)
    ownership: Ownership = Ownership.NOBODY
    owner: str | None = None
    team: str | None = None
    leader: str | None = None
    assigned_at: datetime | None = None
    owner_because: str = ""
    earlier_owners: tuple[str, ...] = ()
    hops: int = 0
    score: Score | None = None
    segment: str | None = None
    on_hold: bool = False
    codes: dict[str, str] = field(default_factory=dict)
    clocks: dict[str, Clock] = field(default_factory=dict)
    kept: dict[str, Clock] = field(default_factory=dict)
    climbs: dict[str, Climb] = field(default_factory=dict)
    rescore_at: datetime | None = None
    assign_at: datetime | None = None
    assign_ask: AskOwner | None = None
    closed: bool = False
    decided_at: datetime | None = None
    in_a_row: int = 0
    # Left out where it is none: leads of a time before there were merges are written as they were.
    merged_into: Annotated[str | None, Field(exclude_if=lambda key: key is None)] = None

    @property
    def step_key(self) -> str:
        """The stable key of the last decision; effects add their number to it."""
        return f"{self.key}:{self.cycle}:{self.seq}"
