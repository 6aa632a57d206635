"""The past as data: what was decided about leads, and who worked here when. Plain data, read from the journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine.decision import Decision, Settled
from engine.language.tables import Person, Team
from engine.lead import Value
from engine.time.worktime import Absence


@dataclass(frozen=True, slots=True)
class Recorded:
    """One decision as it was recorded. `note`: whether one was written with it; `turn` grows with every assignment of any lead."""

    decision: Decision
    settled: Settled
    note: bool = False
    turn: int | None = None


@dataclass(frozen=True, slots=True)
class CameIn:
    """One time that a lead came in, with what it brought that is not personal. `id` is what the touch is known by."""

    id: str
    source: str | None = None
    campaign: str | None = None
    channel: str | None = None
    fields: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PastLead:
    """A lead with all that happened to it, in order; its touches, the first of which brought it."""

    key: str
    title: str
    arrived_at: datetime
    decisions: tuple[Recorded, ...]
    touches: tuple[CameIn, ...] = ()


@dataclass(frozen=True, slots=True)
class Staffing:
    """Who worked here, and in which teams, from `at` on."""

    at: datetime
    people: Mapping[str, Person]
    teams: Mapping[str, Team]


@dataclass(frozen=True, slots=True)
class LeaveKnown:
    """What was known of a leave from `at` on. It replaces what was known of the same leave before; None: it was taken back."""

    at: datetime
    leave: int
    person: str
    absence: Absence | None


@dataclass(frozen=True, slots=True)
class Published:
    """From `at` on new leads of this process took this version."""

    at: datetime
    process: str
    digest: str


@dataclass(frozen=True, slots=True)
class Past:
    """All of it up to `until`. `roster_since` is from when on the roster is known as it was, `leave_since` likewise of leave that
    was cut short or taken back; None: from the beginning."""

    leads: tuple[PastLead, ...]
    until: datetime
    staffings: tuple[Staffing, ...] = ()
    leave: tuple[LeaveKnown, ...] = ()
    published: tuple[Published, ...] = ()
    roster_since: datetime | None = None
    leave_since: datetime | None = None
