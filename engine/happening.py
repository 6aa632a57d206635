"""What may happen to a lead: the inputs of `engine.step`. Plain data; times are aware UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from engine.language.definition import Who
from engine.lead import AskOwner, Climb, Clock, Value
from engine.plan import Plan, WayBack


@dataclass(frozen=True, slots=True)
class Actor:
    """Who causes something. `roles` and `teams` are what the roster says of the person when they act."""

    person: str | None = None
    roles: tuple[Who, ...] = ()
    teams: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.person or (self.roles[0].value if self.roles else "somebody")


SYSTEM = Actor(roles=(Who.SYSTEM,))
CLOCK = Actor(roles=(Who.CLOCK,))
THE_LEAD = Actor(roles=(Who.LEAD,))


@dataclass(frozen=True, slots=True)
class Arrival:
    """The lead is new: it enters the start stage of its process."""


@dataclass(frozen=True, slots=True)
class Touch:
    """The lead came again from somewhere: a repeated inquiry, another campaign.

    What it brings, `fields` and names of personal fields (`known`, with their values in `parcel`), fills what was unknown
    of the lead. What is known stays: whoever works the lead may have corrected it, and anybody may fill in a form.
    """

    source: str | None = None
    campaign: str | None = None
    channel: str | None = None
    fields: dict[str, Value] = field(default_factory=dict)
    known: tuple[str, ...] = ()
    parcel: str | None = None


@dataclass(frozen=True, slots=True)
class EventIn:
    """An event of the definition, or one of the built-in ones.

    `fields` are non-personal values to set with it, `known` the personal fields that were filled beside it and `unknown`
    those that were cleared, `codes` reason codes by name, `note` whether a note was written, `checked` the ticked items of
    a checklist, `to` the person of an `assign`. `fired`: no person or system sent it, an action of the process itself did.
    `parcel` names where the personal values and the note's text wait in the database until the event has happened.
    """

    name: str
    actor: Actor = SYSTEM
    fields: dict[str, Value] = field(default_factory=dict)
    known: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    codes: dict[str, str] = field(default_factory=dict)
    note: bool = False
    checked: tuple[str, ...] = ()
    to: str | None = None
    parcel: str | None = None
    id: str | None = None
    fired: bool = False


class DueKind(StrEnum):
    """In the order in which things due at the same instant are done."""

    RESCORE = "rescore"
    WARNING = "warning"
    CLOCK = "clock"
    STEP = "step"
    ASSIGN = "assign"


@dataclass(frozen=True, slots=True)
class Due:
    """A time that the lead has waited for has come. `name` is the clock's or climb's."""

    kind: DueKind
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class WorldChanged:
    """Leave, calendars or the roster changed in a way that may move this lead's deadlines (B.6)."""

    why: str


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The lead goes on in this process, as its next cycle. `digest` is None where no version of it is published."""

    process: str
    digest: str | None


@dataclass(frozen=True, slots=True)
class Moved:
    """The lead goes on in another version of its process (B.3). `back` undoes an earlier move: the plan is then the other way
    round."""

    plan: Plan
    actor: Actor
    reason: str
    back: WayBack | None = None


@dataclass(frozen=True, slots=True)
class Interrupted:
    """What a lead waited for when it was merged away, at `at`: its clocks, climbs and questions, to be taken up again."""

    at: datetime
    clocks: dict[str, Clock] = field(default_factory=dict)
    kept: dict[str, Clock] = field(default_factory=dict)
    climbs: dict[str, Climb] = field(default_factory=dict)
    rescore_at: datetime | None = None
    assign_at: datetime | None = None
    assign_ask: AskOwner | None = None
    closed: bool = False


@dataclass(frozen=True, slots=True)
class MergedInto:
    """The lead is another one, `into` (S0.13): it ends, and that one takes it in. `to` is whose that one is."""

    into: str
    actor: Actor
    reason: str
    to: str | None = None


@dataclass(frozen=True, slots=True)
class TookIn:
    """Another lead, `taken`, is this one (S0.13). What it knew, `fields` and names of personal fields (`known`, with their values in
    `parcel`), fills what was unknown of this one; `clocks` are those that ran for it, by their `place`."""

    taken: str
    title: str
    actor: Actor
    reason: str
    fields: dict[str, Value] = field(default_factory=dict)
    known: tuple[str, ...] = ()
    parcel: str | None = None
    clocks: dict[str, Clock] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GaveBack:
    """The other lead is another one after all. `fields` and the personal ones that are `unknown` now came from it, at `taken_at`; of
    clocks by their `place`, `clocks` are those that it brought, and `stood` what ran here before."""

    given_back: str
    actor: Actor
    reason: str
    taken_at: datetime
    fields: dict[str, Value] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    clocks: dict[str, Clock] = field(default_factory=dict)
    stood: dict[str, Clock] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parted:
    """The lead goes on from where it stood before it was merged into `parted_from`."""

    parted_from: str
    actor: Actor
    reason: str
    was: Interrupted


@dataclass(frozen=True, slots=True)
class Erased:
    """The person was erased (B.7): nothing personal is known of the lead any more, and its rules find it so."""

    actor: Actor


OfMerge = MergedInto | TookIn | GaveBack | Parted


@dataclass(frozen=True, slots=True)
class TakenOver:
    """The lead, with a past in another `system`, goes on here from now on (B.9). `owner_left`: whose it was there is nobody who
    works here."""

    system: str
    owner_left: bool = False


Happening = Arrival | Touch | EventIn | Due | WorldChanged | HandedOver | Moved | TakenOver | OfMerge | Erased
