"""What the core answers: a decision with its effects as data, or a refusal that says what is missing and allowed.

Nothing here does anything. The lead workflow carries decisions out durably, the simulator in memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from engine.happening import EventIn, HandedOver
from engine.lead import AskOwner, Clock, Lead, Ownership, Score, Value

# --- what a decision sends out ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Notice:
    """Tell somebody of ours. `to` is as in the definition (`owner`, `team_leader`, `person:maria`)."""

    to: str
    template: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Pack:
    """Send a template to the lead (S2.1)."""

    template: str


@dataclass(frozen=True, slots=True)
class Task:
    """A task on somebody's list. `due` in the author's words, computed when it is written. One that `completes` asks for what the
    lead lacks: it takes the place of an earlier one, and is done by itself (`Completed`)."""

    title: str
    to: str
    due: str | None = None
    completes: bool = False


@dataclass(frozen=True, slots=True)
class Hook:
    """Call a configured endpoint."""

    name: str


@dataclass(frozen=True, slots=True)
class Completed:
    """Nothing that is required has to be found out any more: the task that asked for it is done."""

    because: str


Outward = Notice | Pack | Task | Hook | Completed


# --- the decision ----------------------------------------------------------------------------------------------------


class ClockEnd(StrEnum):
    """How a clock ended, or that it was breached (it may go on measuring).

    MOVED: it goes on under another name, in another version. DROPPED: with the version it was of, MERGED: with the lead that
    turned out to be another one, both without a verdict.
    """

    MET = "met"
    CANCELLED = "cancelled"
    BREACHED = "breached"
    STOPPED_LATE = "stopped_late"
    LEFT = "left"
    SUSPENDED = "suspended"
    MOVED = "moved"
    DROPPED = "dropped"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class ClockEntry:
    """A line for the clock ledger: what became of a clock in this decision."""

    clock: Clock
    end: ClockEnd


@dataclass(frozen=True, slots=True)
class ClockMove:
    """A clock that goes on in another version of its process: as it was there, and what it is now.

    `asks`: its deadline has to be told anew, from the time that it has left, or where it is to `recount` from its own start.
    `closed_at`: it was closed then, and is taken up again with what was left of it. `kept`: it waits for a return. `stood`: on
    the way back, the same clock as it was before the move that is undone.
    """

    before: Clock
    scope: str
    name: str
    kept: bool = False
    asks: bool = False
    recount: bool = False
    closed_at: datetime | None = None
    stood: Clock | None = None

    @property
    def key(self) -> str:
        """Its key among the clocks of the lead, or among those that are kept."""
        return f"{self.scope}/{self.name}" if self.kept else self.name


@dataclass(frozen=True, slots=True)
class Record:
    """The journal's line of this decision: what happened, by whom, and from where to where.

    `since` is when it had come to the stage it leaves; `parcel` as in `EventIn`. Under `id` it happens once in a lead's life.
    """

    happening: str
    at: datetime
    by: str
    from_stage: str | None
    to_stage: str
    codes: dict[str, str] = field(default_factory=dict)
    changes: dict[str, Value] = field(default_factory=dict)
    words: str = ""
    parcel: str | None = None
    since: datetime | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """One step of one lead. `lead` is the state before the world's answers (`engine.settle`) are added to it.

    `unstarted` are clocks (scope, name) whose condition did not hold; it may, once the world has said score and owner.
    `origin` is the digest of the version that a lead comes from which goes on in another, `moves` its clocks that go along.
    """

    lead: Lead
    record: Record
    score: bool = False
    owner: AskOwner | None = None
    outward: tuple[Outward, ...] = ()
    fire: tuple[EventIn, ...] = ()
    hand_over: str | None = None
    clocks: tuple[ClockEntry, ...] = ()
    unstarted: tuple[tuple[str, str], ...] = ()
    origin: str | None = None
    moves: tuple[ClockMove, ...] = ()

    @property
    def asks(self) -> bool:
        """Whether the world is asked something that a person should see as a step of its own."""
        return self.owner is not None


class RefusalCode(StrEnum):
    UNKNOWN_EVENT = "UNKNOWN_EVENT"
    NOT_HERE = "NOT_HERE"
    NOT_ALLOWED = "NOT_ALLOWED"
    GUARD = "GUARD"
    MISSING = "MISSING"
    BAD_VALUE = "BAD_VALUE"
    CLOSED = "CLOSED"
    CONFLICT = "CONFLICT"
    BUSY = "BUSY"
    NOT_HELD = "NOT_HELD"
    NO_ANSWER = "NO_ANSWER"
    MERGED = "MERGED"


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that an event still needs. `kind` is field, code, note or check; `choices` what may be given."""

    kind: str
    name: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer, not an error: nothing has happened. It says what is missing, who may, and what is allowed now."""

    code: RefusalCode
    message: str
    event: str
    stage: str
    missing: tuple[Missing, ...] = ()
    may: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    fields: dict[str, str] = field(default_factory=dict)


# --- what the world answers ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Candidate:
    """B.5: one person who was considered, and why they were passed over (`chosen` has no reason against)."""

    person: str
    chosen: bool
    why: str


@dataclass(frozen=True, slots=True)
class RuleTried:
    """One assignment rule that was asked, whether it matched, and whom it considered."""

    rule: str
    matched: bool
    why: str
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Assigned:
    """The answer to `AskOwner`, with its whole explanation (B.5). `until` is the end of a hold."""

    ownership: Ownership
    person: str | None
    team: str | None
    leader: str | None
    rule: str
    because: str
    tried: tuple[RuleTried, ...] = ()
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Scored:
    """The answer to a wish for a score: the parts in words, and when time alone will change it."""

    score: Score
    why: dict[str, str]
    rescore_at: datetime | None


@dataclass(frozen=True, slots=True)
class Deadline:
    """When a clock or step falls due and warns; or, of a clock that was paused, what was left, and of how much.

    With both, it counts from now on, so much of so much (B.3).
    """

    due_at: datetime | None
    warnings: tuple[datetime, ...] = ()
    calendar: str = ""
    left_seconds: float | None = None
    budget_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """Everything the world answered to one decision. Recorded once, whatever is retried.

    `clocks` and `climbs` map names to deadlines; `digest` is the definition that a hand-over leads to. `instead` is
    another decision that was recorded under the same number before, with these answers: it counts, and what was to be
    recorded has to be decided again after it. `known` is the decision that has the id of this one under another number,
    with these answers: it has happened already, and nothing is recorded.
    """

    scored: Scored | None = None
    assigned: Assigned | None = None
    segment: str | None = None
    clocks: dict[str, Deadline] = field(default_factory=dict)
    climbs: dict[str, Deadline] = field(default_factory=dict)
    digest: str | None = None
    instead: Decision | None = None
    known: Decision | None = None


@dataclass(frozen=True, slots=True)
class Conclusion:
    """A decision with the world's answers worked in: the lead's new state and what is still to be sent or fired.

    `clocks` is the whole ledger of this decision: its own entries, then those that the answers brought about.
    """

    lead: Lead
    outward: tuple[Outward, ...]
    fire: tuple[EventIn, ...]
    hand_over: HandedOver | None = None
    clocks: tuple[ClockEntry, ...] = ()
