"""What goes in and out of a lead's workflow: its input, its events, its answers. All of it ends up in history: nothing personal."""

from __future__ import annotations

from dataclasses import dataclass, field
from dataclasses import fields as fields_of
from datetime import datetime
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, ConfigDict, Field, ModelWrapValidatorHandler, ValidationError, model_validator
from temporalio.exceptions import ApplicationError

from activities.orders import Outgoing
from engine.happening import Actor, Erased, EventIn, GaveBack, Moved, OfMerge, Parted, TakenOver, TookIn, Touch
from engine.language.definition import Who
from engine.lead import Lead, Value
from engine.plan import Plan, WayBack
from engine.values import MAX_NAME, MAX_TEXT, fault_of_text
from workflows import event_ids

TASK_QUEUE = "leads"
WORKFLOW_TYPE = "Lead"
ARRIVE = "arrive"
WORLD_CHANGED = "world_changed"
ERASED = "person_erased"
CATCH_UP = "catch_up"
"""Signal with the number of the lead's last decision in the journal: a workflow that has no memory of it reads it there."""

HISTORY_LIMIT = 1_500
"""Events after which a lead continues as new: a cold lead is replayed in well under a second up to here. To change it is a change
of the workflow: a lead that went past another limit could not be replayed."""


def deliveries_of(task_queue: str) -> str:
    """The queue of deliveries beside a queue of leads: what goes to our own people, and calls."""
    return f"{task_queue}-deliveries"


def letters_of(task_queue: str) -> str:
    """The queue of what goes to leads themselves: it is worked at a pace that a mail server bears, and keeps no notice waiting."""
    return f"{task_queue}-letters"


def _keepable(text: str) -> str:
    if (fault := fault_of_text(text, MAX_TEXT, lines=True)) is not None:
        raise ValueError(fault)
    return text


Kept = Annotated[str, AfterValidator(_keepable)]
"""Text that goes into the journal as it comes. What does not fit is not let in: it would be tried to be written for ever."""


@dataclass(frozen=True)
class StoryLine:
    """One line of the lead's story, in plain words. `times` counts the same thing over and over; `at` is the last of them."""

    at: datetime
    words: str
    times: int = 1


@dataclass(frozen=True)
class Receipt:
    """The answer to an event: where the lead stands after it. `event` is what happened; `duplicate` means that it had happened before.
    `merged_into` is the lead that it is by now, and that goes on in its place."""

    lead: str
    stage: str
    title: str
    status: str
    cycle: int
    seq: int
    owner: str | None
    because: str
    score: int | None
    priority: str | None
    closed: bool
    event: str = ""
    duplicate: bool = False
    merged_into: Annotated[str | None, Field(exclude_if=lambda key: key is None)] = None


@dataclass(frozen=True)
class Carried:
    """Everything that a lead takes along when its workflow continues as new, or is reopened from the journal.

    `receipts` are the answers to the latest events by their ids, so that they need not be looked up in the journal, which knows
    all. `signals` counts those that came without an id.
    """

    lead: Lead
    story: tuple[StoryLine, ...] = ()
    outgoing: tuple[Outgoing, ...] = ()
    receipts: dict[str, Receipt] = field(default_factory=dict)
    signals: int = 0


@dataclass(frozen=True)
class LeadStart:
    """The input of the workflow: a new lead (`seq` 0) or one that goes on. `touch` is the id of the touch that brought a new one: who
    sends it knows the lead's arrival by it. `resumes`: its workflow was ended by hand, so its last decision is followed up again.
    `takes_over`: its past was in another system, and it goes on here (B.9)."""

    carried: Carried
    touch: str | None = None
    resumes: bool = False
    takes_over: TakenOver | None = None


@dataclass(frozen=True)
class EventArgs:
    """What comes with an event. Everything may be left out; in the Temporal UI it is one JSON object.

    `id` is the caller's idempotency key. `by` names a person of the roster; `roles` and `teams` are what the roster says of them.
    Personal values and the note's text wait in the database under `parcel` until the event has happened. `after` is the number of
    the lead's last decision that the caller knew of, from the journal: a workflow that lags behind it catches up first.

    What does not fit is refused in words: with a key that is misspelled, what it brings would be lost.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    id: str | None = None
    by: str | None = None
    roles: tuple[Who, ...] = ()
    teams: tuple[str, ...] = ()
    fields: dict[str, Value] = field(default_factory=dict)
    known: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    codes: dict[str, str] = field(default_factory=dict)
    note: bool = False
    checked: tuple[str, ...] = ()
    to: str | None = None
    parcel: str | None = None
    after: int = 0

    @model_validator(mode="wrap")
    @classmethod
    def _in_words(cls, raw: Any, read: ModelWrapValidatorHandler[EventArgs]) -> EventArgs:
        try:
            return read(raw)
        except ValidationError as error:
            faults = "; ".join(_fault(one["loc"], one["type"], one["msg"]) for one in error.errors(include_url=False))
        # An update is refused with these words; a signal, which nobody waits for, is dropped with them in the worker's log.
        known = ", ".join(known.name for known in fields_of(cls))
        raise ApplicationError(f"{faults}. An event takes: {known}", type="BAD_ARGUMENTS", non_retryable=True)

    def faults(self) -> dict[str, str]:
        """What is wrong with what names something here, by its place: none of it may reach the database or history. The values of
        fields are for the definition to check."""
        alone = {"id": self.id, "by": self.by, "to": self.to, "parcel": self.parcel}
        names: dict[str, tuple[object, ...]] = {
            **{place: () if given is None else (given,) for place, given in alone.items()},
            "teams": self.teams,
            "fields": tuple(self.fields),
            "known": self.known,
            "unknown": self.unknown,
            "codes": (*self.codes, *self.codes.values()),
            "checked": self.checked,
        }
        found = {place: [fault_of_text(name, MAX_NAME) for name in given] for place, given in names.items()}
        return {place: fault for place, faults in found.items() for fault in faults if fault is not None}

    def event(self, name: str) -> EventIn:
        roles = self.roles or (() if self.by else (Who.SYSTEM,))
        return EventIn(
            name=name,
            actor=Actor(self.by, roles, self.teams),
            fields=self.fields,
            known=self.known,
            unknown=self.unknown,
            codes=self.codes,
            note=self.note,
            checked=self.checked,
            to=self.to,
            parcel=self.parcel,
        )


@dataclass(frozen=True)
class ArriveArgs:
    """The lead arrives, or arrives again: the touch with its source (S0.13), and what it brings that was unknown of the lead, as in
    `engine.happening.Touch`. `id` names the touch."""

    id: Kept
    source: Kept | None = None
    campaign: Kept | None = None
    channel: Kept | None = None
    fields: dict[str, Value] = field(default_factory=dict)
    known: tuple[str, ...] = ()
    parcel: Kept | None = None

    def touch(self) -> Touch:
        return Touch(self.source, self.campaign, self.channel, self.fields, self.known, self.parcel)


@dataclass(frozen=True)
class MoveArgs:
    """The lead is to go on in another version of its process (B.3), as `plan` says, or `back` from there. In one `run` of a
    migration a lead moves once; `after` is the number of its last decision that the caller knew of."""

    run: int
    plan: Plan
    by: Kept
    reason: Kept
    back: WayBack | None = None
    after: int = 0

    @property
    def id(self) -> str:
        return event_ids.move(self.run, back=self.back is not None)

    def moved(self) -> Moved:
        return Moved(self.plan, Actor(self.by, (Who.OPS,)), self.reason, self.back)


@dataclass(frozen=True)
class MergeArgs:
    """One half of a merge, or of the way back from one (S0.13): what happens to this lead in merge number `merge`. It happens once;
    `after` is the number of its last decision that the caller knew of, and reckoned from."""

    merge: int
    what: OfMerge
    after: int = 0

    @property
    def id(self) -> str:
        return event_ids.merge(self.merge, back=isinstance(self.what, GaveBack | Parted))

    def faults(self) -> list[str]:
        """What nobody could record of it."""
        title = self.what.title if isinstance(self.what, TookIn) else ""
        found = (
            fault_of_text(text, MAX_TEXT, lines=True)
            for text in (self.what.actor.name, self.what.reason, title)
            if text
        )
        return [fault for fault in found if fault is not None]


@dataclass(frozen=True)
class ErasedArgs:
    """The person of the lead was erased (B.7), by one of ours. Under one `id` the lead is told once."""

    id: Kept
    by: Kept

    def erased(self) -> Erased:
        return Erased(Actor(self.by, (Who.OPS,)))


@dataclass(frozen=True)
class WorldChangedArgs:
    """Leave, a calendar or the roster changed: deadlines are computed anew."""

    id: Kept | None = None
    why: Kept = "deadlines reckoned anew"


def _fault(place: tuple[int | str, ...], kind: str, words: str) -> str:
    """Without the value, which may be personal."""
    what = ".".join(str(part) for part in place) or "this"
    return f"'{what}' is unknown" if kind == "unexpected_keyword_argument" else f"{what}: {words}"
