"""A compiled process: what `engine.compiling.compile` makes of a process file and its tables, and all that `engine.step` needs.

Stages are flat here: a leaf knows its chain of scopes, outermost first. The empty scope `""` is the process itself.
A `Process` is immutable, shared by all leads that carry its digest, and safe in several threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Protocol

from engine.expressions import Expression, View, Vocabulary
from engine.language.definition import (
    CallWebhook,
    Climb,
    ClockSpec,
    CreateTask,
    FieldType,
    Fire,
    HandOver,
    LeadField,
    LeadStatus,
    Notify,
    Reassign,
    Send,
    StageKind,
    StartSequence,
    Step,
    Who,
)
from engine.language.identity import IdentityTable
from engine.language.tables import (
    AssignmentTable,
    CalendarTable,
    OutOfScope,
    ReasonTable,
    ScoreTable,
    SegmentTable,
    TemplateTable,
)
from engine.lead import Lead, Ownership, Score, Value
from engine.machine import StageMachine
from engine.reading.document import NodePath

ROOT = ""


@dataclass(frozen=True, slots=True)
class Assignments:
    """A `set` action with its expressions compiled."""

    values: dict[str, Value | Expression]


CompiledAction = (
    str | Notify | Send | Assignments | CreateTask | CallWebhook | Fire | Climb | StartSequence | Reassign | HandOver
)


@dataclass(frozen=True, slots=True)
class ClockRule:
    """A clock of a scope, with its conditions compiled."""

    name: str
    scope: str
    spec: ClockSpec
    when: Expression | None = None
    cancels_when: Expression | None = None
    pauses_while: Expression | None = None
    on_warning: tuple[CompiledAction, ...] = ()
    on_breach: tuple[CompiledAction, ...] = ()

    @property
    def title(self) -> str:
        return self.spec.title or self.name.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Scope:
    """A stage as written, leaf or compound, with what it does on entry and exit and the clocks it runs."""

    path: str
    title: str
    on_entry: tuple[CompiledAction, ...] = ()
    on_exit: tuple[CompiledAction, ...] = ()
    clocks: tuple[ClockRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Leaf:
    """A stage that a lead can stand in. `chain` are its scopes from the outermost to itself."""

    path: str
    title: str
    status: LeadStatus
    kind: StageKind
    closes: bool
    waits_for_ever: bool
    chain: tuple[str, ...]
    probability: int | None = None
    value_field: str | None = None

    @property
    def is_outcome(self) -> bool:
        """Whether a lead that stands here is won or lost."""
        return self.kind in (StageKind.WON, StageKind.LOST)


@dataclass(frozen=True, slots=True)
class Branch:
    """One way an event can go from one leaf: who may, when, what it needs, where it leads and what it does. `title` is its own,
    where it has another than the event; `at` is its place in the file of the process, nowhere for a built-in event."""

    event: str
    source: str
    target: str | None
    leaf: str | None
    by: tuple[Who, ...]
    when: Expression | None
    advised: Expression | None
    fields: tuple[str, ...]
    codes: dict[str, str]
    note: bool | Expression
    checklist: tuple[str, ...]
    then: tuple[CompiledAction, ...]
    next_cycle: bool = False
    title: str | None = None
    at: NodePath = ()


@dataclass(frozen=True, slots=True)
class Series:
    """A ladder or a sequence."""

    name: str
    steps: tuple[Step, ...]


class Visible(Protocol):
    """What expressions can see: a lead, or one in the making."""

    @property
    def stage(self) -> str: ...
    @property
    def fields(self) -> dict[str, Value]: ...
    @property
    def known(self) -> tuple[str, ...]: ...
    @property
    def ownership(self) -> Ownership: ...
    @property
    def owner(self) -> str | None: ...
    @property
    def team(self) -> str | None: ...
    @property
    def segment(self) -> str | None: ...
    @property
    def score(self) -> Score | None: ...
    @property
    def cycle(self) -> int: ...
    @property
    def hops(self) -> int: ...
    @property
    def on_hold(self) -> bool: ...
    @property
    def arrived_at(self) -> datetime: ...
    @property
    def entered_at(self) -> datetime: ...


@dataclass(frozen=True)
class Process:
    name: str
    version: int
    digest: str
    title: str
    start: str
    fields: Mapping[str, LeadField]
    scopes: Mapping[str, Scope]
    leaves: Mapping[str, Leaf]
    branches: Mapping[tuple[str, str], tuple[Branch, ...]]
    event_titles: Mapping[str, str]
    clocks: Mapping[tuple[str, str], ClockRule]
    series: Mapping[str, Series]
    vocabulary: Vocabulary
    machine: StageMachine
    takes_priority: int | None = None
    takes_when: Expression | None = None
    out_of_scope: tuple[tuple[OutOfScope, Expression], ...] = ()
    assignment: AssignmentTable | None = None
    assignment_conditions: Mapping[str, Expression] = field(default_factory=dict)
    score: ScoreTable | None = None
    score_conditions: Mapping[str, Expression] = field(default_factory=dict)
    calendars: CalendarTable | None = None
    reasons: ReasonTable | None = None
    segments: SegmentTable | None = None
    segment_conditions: tuple[Expression, ...] = ()
    templates: TemplateTable | None = None
    identity: IdentityTable | None = None

    @cached_property
    def events(self) -> tuple[str, ...]:
        """All event names, in the order written."""
        return tuple(self.event_titles)

    @cached_property
    def required(self) -> tuple[str, ...]:
        """The fields without which a lead is incomplete."""
        return tuple(name for name, spec in self.fields.items() if spec.required)

    @cached_property
    def dates(self) -> frozenset[str]:
        """The names of its date fields."""
        return frozenset(name for name, spec in self.fields.items() if spec.type is FieldType.DATE)

    @cached_property
    def _rules(self) -> Mapping[str, tuple[ClockRule, ...]]:
        return {
            path: tuple(rule for scope in (ROOT, *leaf.chain) for rule in self.scopes[scope].clocks)
            for path, leaf in self.leaves.items()
        }

    def rules_at(self, stage: str) -> tuple[ClockRule, ...]:
        """The clock rules of the scopes around a leaf: process first, then stage, then nested stage."""
        return self._rules[stage]

    @cached_property
    def _conditional(self) -> Mapping[str, bool]:
        return {
            path: any(rule.cancels_when is not None or rule.pauses_while is not None for rule in rules)
            for path, rules in self._rules.items()
        }

    def has_conditions_at(self, stage: str) -> bool:
        """Whether any clock around a leaf is paused or cancelled by a condition, which has to be looked at after every change."""
        return self._conditional[stage]

    def leaf(self, lead: Lead) -> Leaf:
        return self.leaves[lead.stage]

    def passed(self, stage: str, branch: Branch) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Scopes that are entered (outermost first) and left (innermost first) on this way out of a leaf. The target itself
        always is both; an event that leads nowhere passes none."""
        if branch.leaf is None:
            return (), ()
        here, there = self.leaves[stage].chain, self.leaves[branch.leaf].chain
        around = there[: there.index(branch.target or there[-1])]
        shared = 0
        while shared < min(len(here), len(around)) and here[shared] == around[shared]:
            shared += 1
        return there[shared:], here[shared:][::-1]

    def allowed(self, stage: str) -> tuple[str, ...]:
        """Events that the stage takes, in the order written."""
        return tuple(event for event in self.event_titles if (stage, event) in self.branches)

    def clock(self, name: str, scope: str) -> ClockRule:
        return self.clocks[(scope, name)]

    def codes_of(self, reason_list: str) -> Mapping[str, str]:
        return self.reasons.lists.get(reason_list, {}) if self.reasons else {}

    def personal(self, name: str) -> bool:
        spec = self.fields.get(name)
        return bool(spec and spec.personal)

    def view(self, lead: Visible, now: datetime, codes: Mapping[str, str] | None = None) -> View:
        """What expressions see of this lead at this moment."""
        return self.vocabulary.view(_Sight(self, lead), now, lead.known, codes or {})


class _Sight(Mapping[str, object | None]):
    """A lead by the names that expressions use. A value is looked up when it is read: a condition reads two of 40."""

    __slots__ = ("_lead", "_process")

    def __init__(self, process: Process, lead: Visible) -> None:
        self._process = process
        self._lead = lead

    def __getitem__(self, name: str) -> object | None:
        state = _STATE.get(name)
        if state is not None:
            return state(self._process, self._lead)
        value = self._lead.fields.get(name)
        return moment(str(value)) if value is not None and name in self._process.dates else value

    def get(self, name: str, default: object = None) -> object | None:  # noqa: ARG002  # type: ignore[override]
        """Nothing raises here, so nothing has to be caught."""
        return self[name]

    def __iter__(self) -> Iterator[str]:
        yield from _STATE
        yield from self._process.fields

    def __len__(self) -> int:
        return len(_STATE) + len(self._process.fields)


_STATE: Mapping[str, Callable[[Process, Visible], object | None]] = {
    "stage": lambda _, lead: lead.stage,
    "status": lambda process, lead: process.leaves[lead.stage].status.value,
    "ownership": lambda _, lead: lead.ownership.value,
    "owner": lambda _, lead: lead.owner,
    "team": lambda _, lead: lead.team,
    "segment": lambda _, lead: lead.segment,
    "score": lambda _, lead: lead.score.total if lead.score else None,
    "priority": lambda _, lead: lead.score.priority if lead.score else None,
    "grade": lambda _, lead: lead.score.grade if lead.score else None,
    "cycle": lambda _, lead: lead.cycle,
    "hops": lambda _, lead: lead.hops,
    "on_hold": lambda _, lead: lead.on_hold,
    "arrived_at": lambda _, lead: lead.arrived_at,
    "entered_at": lambda _, lead: lead.entered_at,
}
"""How each word of `engine.compiling.names.STATE` is read."""


def moment(day: str) -> datetime:
    """A date field as the instant its day begins in UTC, for comparisons in expressions."""
    return datetime.fromisoformat(f"{day}T00:00:00+00:00")
