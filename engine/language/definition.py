"""What an ops author may write in a process file, as pydantic models.

These models are the author's view: names as in the YAML, nothing resolved. `engine.compiling.compile` turns a process and the
tables it uses into the flat `Process` that leads run on. The JSON Schema for editors is generated from here, docstrings
and descriptions included (`engine.language.schema`): they are what an author reads while typing.
The shared tables (assignment, score, calendars, ...) are in `engine.language.tables`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, StringConstraints, Tag

from engine.reading.faults import wrong
from engine.time.durations import Duration, DurationError, Unit, parse_duration

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
"""A name that ops give: lower case, digits and underscores, starting with a letter."""

Path = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$")]
"""A stage, named from the outside in: `sales_accepted.contacted`; a unique last part is enough."""

Condition = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
"""A CEL expression that yields true or false."""

Percent = Annotated[str, StringConstraints(pattern=r"^(100|[0-9]{1,2})%$")]


class Written(BaseModel):
    """Base of everything an author writes: no unknown keys, no coercion, immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)


def listed(value: Any) -> Any:
    """Let an author write one thing where a list may stand."""
    return value if isinstance(value, list) else [value]


def _duration(value: Any) -> Any:
    if isinstance(value, Duration):
        return value
    try:
        return parse_duration(str(value))
    except DurationError as error:
        raise wrong("DURATION", error.message, error.remedy) from None


_UNITS = "|".join(f"{unit.singular}s?" for unit in Unit)
DurationForm = Annotated[
    str, Field(pattern=rf"^\s*([0-9]{{1,9}} +({_UNITS})|P([0-9]{{1,9}}[DWM]|T[0-9]{{1,9}}[HM]))\s*$")
]
"""What editors check of a duration while it is typed: the forms of `engine.time.durations`, without its upper bounds."""

DurationText = Annotated[Duration, BeforeValidator(_duration, json_schema_input_type=DurationForm)]
"""`3 working days`, `24 working hours`, `24 hours`, `PT30M`: an amount and one unit, written out."""

Names = Annotated[list[Name], BeforeValidator(listed, json_schema_input_type=Name | list[Name])]


class LeadStatus(StrEnum):
    """S3.3: the working sub-state that is kept beside the stage."""

    OPEN = "Open"
    CONTACTED = "Contacted"
    WORKING = "Working"
    NURTURE = "Nurture"
    CONVERTED = "Converted"
    CLOSED = "Closed"
    DEAD = "Dead"


class StageKind(StrEnum):
    """What a stage means for the lead: worked on, waiting, won or lost."""

    OPEN = "open"
    WAITING = "waiting"
    WON = "won"
    LOST = "lost"


class Who(StrEnum):
    """Who may cause an event. `lead` is the lead itself coming back, `clock` a deadline, `system` an upstream one."""

    OWNER = "owner"
    TEAM = "team"
    TEAM_LEADER = "team_leader"
    MARKETING = "marketing"
    OPS = "ops"
    PARTNER = "partner"
    SYSTEM = "system"
    LEAD = "lead"
    CLOCK = "clock"
    ANYONE = "anyone"


class FieldType(StrEnum):
    """What a field holds. `choice` is one of the values under `of`; `country` a code of two letters, such as DE; `domain` what a
    company has registered, such as example.co.uk: of what was sent, or else of the mail address."""

    TEXT = "text"
    EMAIL = "email"
    PHONE = "phone"
    COUNTRY = "country"
    DOMAIN = "domain"
    CHOICE = "choice"
    INTEGER = "integer"
    NUMBER = "number"
    MONEY = "money"
    BOOLEAN = "boolean"
    DATE = "date"


class LeadField(Written):
    """One typed field of a lead. Personal fields live in the database only and are readable in no expression."""

    type: FieldType = Field(description="what kind of value it holds")
    title: str | None = Field(default=None, description="what people read instead of the name")
    required: bool = Field(
        default=False, description="a lead without it is incomplete, and somebody is asked to find it out"
    )
    personal: bool = Field(
        default=False, description="kept in the database only; conditions see whether it is known, not what it is"
    )
    identity: bool = Field(
        default=False,
        description="may stand where it does: an identity table says by which fields leads are found again",
    )
    of: list[str] | None = Field(default=None, description="the values of a choice")
    min: int | float | None = Field(default=None, description="the smallest number accepted")
    max: int | float | None = Field(default=None, description="the largest number accepted")
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] | None = Field(
        default=None, description="of a money field: three capital letters, such as EUR"
    )


# --- actions ---------------------------------------------------------------------------------------------------------


class Notify(Written):
    """Tell a person of ours: `owner`, `team_leader`, `earlier_owner`, `exception`, `team:NAME`, `person:NAME`."""

    notify: Annotated[
        str, StringConstraints(pattern=r"^(owner|team_leader|earlier_owner|exception|(team|person):[a-z][a-z0-9_]*)$")
    ] = Field(description="who is told: owner, team_leader, earlier_owner, exception, team:NAME or person:NAME")
    with_: Name = Field(alias="with", description="the template to write it with")


class Send(Written):
    """Send a template to the lead, such as the information pack (S2.1)."""

    send: Name = Field(description="the template to write it with")
    to: Literal["lead"] = Field(default="lead", description="always the lead; people of ours are told with `notify`")


class SetFields(Written):
    """Set fields of the lead: a plain value, or a CEL expression after `=`."""

    set: dict[Name, str | int | float | bool | None] = Field(
        description="field to value; null empties it, text that begins with = is computed"
    )


class CreateTask(Written):
    """Put a task on somebody's daily list (S2.2)."""

    task: str = Field(description="what is to be done, as the person reads it")
    for_: Annotated[str, StringConstraints(pattern=r"^(owner|team_leader|person:[a-z][a-z0-9_]*)$")] = Field(
        default="owner", alias="for", description="who does it: owner, team_leader or person:NAME"
    )
    due: DurationText | None = Field(default=None, description="until when, counted from now")


class CallWebhook(Written):
    """Call one of the endpoints that the operator configured, by name."""

    webhook: Name = Field(description="an endpoint from the operator's settings")


class Fire(Written):
    """Cause an event of this process, as `clock` when a clock does it and as `system` elsewhere."""

    fire: Name = Field(description="an event that is possible in the stage the lead is then in")


class Climb(Written):
    """Start an escalation ladder."""

    climb: Name = Field(description="a ladder of this process, from `ladders`")


class StartSequence(Written):
    """Start a series of timed steps, such as nurture mails."""

    start: Name = Field(description="a sequence of this process, from `sequences`")


class ReassignTo(Written):
    """S2.5: away from whoever had it. `at_most` hops, then the exception owner."""

    except_: Literal["earlier_owners", "owner"] = Field(
        default="earlier_owners", alias="except", description="who does not get it again"
    )
    at_most: Annotated[int, Field(ge=1, le=20)] = Field(default=3, description="hops before `otherwise`")
    otherwise: Literal["exception", "keep"] = Field(
        default="exception", description="when nobody is left: to the exception owner, or stay where it is"
    )


class Reassign(Written):
    """Give the lead to somebody else, by the assignment table."""

    reassign: ReassignTo = Field(description="{} takes the defaults")


class HandOver(Written):
    """Go on in another process, as the lead's next cycle."""

    hand_over: Name = Field(description="the process to go on in")


_WORDS = ("score", "assign")
_KINDS = ("notify", "send", "set", "task", "webhook", "fire", "climb", "start", "reassign", "hand_over")


def _action_kind(value: Any) -> str | None:
    if isinstance(value, str):
        return "word"
    if isinstance(value, dict):
        return next((key for key in _KINDS if key in value), "notify")
    return next((key for key in _KINDS if hasattr(value, key)), None)


def _one_action(value: Any) -> Any:
    """Refuses what is meant as an action and is half of one, or two of them."""
    if isinstance(value, str) and value in _KINDS:
        what = "{}" if value == "reassign" else "..."
        raise wrong("HALF_AN_ACTION", f"'{value}' is not a word by itself", f"Write `{value}: {what}`.")
    given = [key for key in (*_WORDS, *_KINDS) if isinstance(value, dict) and key in value]
    if len(given) > 1:
        parts = ", ".join(key if key in _WORDS else f"{{{key}: ...}}" for key in given)
        message = f"these are {len(given)} actions in one: {', '.join(given)}"
        raise wrong("TWO_ACTIONS", message, f"Make each an entry of its own: [{parts}].")
    if given and given[0] in _WORDS:
        raise wrong("NO_VALUE_HERE", f"'{given[0]}' takes no value", f"Write the word alone: {given[0]}.")
    return value


Action = Annotated[
    Annotated[Literal["score", "assign"], Tag("word")]
    | Annotated[Notify, Tag("notify")]
    | Annotated[Send, Tag("send")]
    | Annotated[SetFields, Tag("set")]
    | Annotated[CreateTask, Tag("task")]
    | Annotated[CallWebhook, Tag("webhook")]
    | Annotated[Fire, Tag("fire")]
    | Annotated[Climb, Tag("climb")]
    | Annotated[StartSequence, Tag("start")]
    | Annotated[Reassign, Tag("reassign")]
    | Annotated[HandOver, Tag("hand_over")],
    Discriminator(_action_kind),
    BeforeValidator(_one_action),
]
Actions = Annotated[list[Action], BeforeValidator(listed, json_schema_input_type=Action | list[Action])]
"""One action or a list of them, done in the order written."""


# --- events ----------------------------------------------------------------------------------------------------------


class Needs(BaseModel):
    """The *during* of an event: what must come with it. Any other key asks for a code from the list that it names."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)
    __pydantic_extra__: dict[str, Name] = Field(init=False)

    fields: list[Name] = Field(default=[], description="fields that must be filled in by now, or come with the event")
    note: bool | Condition = Field(default=False, description="true, or a condition: \"reason == 'other'\"")
    checklist: list[str] = Field(default=[], description="points to confirm, in words")

    @property
    def codes(self) -> dict[str, str]:
        """The asked codes: name (`reason`, `channel`, `competitor`) to reason list."""
        return dict(self.__pydantic_extra__ or {})


class Event(Written):
    """Something that may happen to a lead. Without `to` the lead stays where it is."""

    title: str | None = Field(default=None, description="what people read on the button")
    to: Path | None = Field(default=None, description="the stage it leads to; left out, the lead stays where it is")
    by: list[Who] = Field(default=[Who.ANYONE], description="who may")
    when: Condition | None = Field(default=None, description="possible only for leads that meet this")
    advised: Condition | None = Field(
        default=None, description="S3.8: recommends, never refuses; going against it is noted"
    )
    needs: Needs = Field(default=Needs(), description="what must come with it: fields, a note, a code from a list")
    then: Actions = Field(default=[], description="what is done when it happens")
    cycle: Literal["next"] | None = Field(default=None, description="next: begins the lead's next round")


class SharedEvent(Event):
    """An event that several stages have in common."""

    from_: Literal["any open", "any"] | list[Path] = Field(
        alias="from", description="the stages it may happen in: a list, any open, or any"
    )


Branches = Annotated[list[Event], BeforeValidator(listed, json_schema_input_type=Event | list[Event])]
"""One event, or branches of it in order: the first whose `when` holds is taken."""


# --- clocks and ladders ----------------------------------------------------------------------------------------------


class ClockSpec(Written):
    """A deadline. `due` counts on a calendar where its unit says `working`; `at` waits for a date field."""

    title: str | None = Field(default=None, description="what the deadline is for, as notices say it")
    due: DurationText | None = Field(default=None, description="how long it runs; exactly one of `due` and `at`")
    at: Annotated[str, StringConstraints(pattern=r"^lead\.[a-z][a-z0-9_]*$")] | None = Field(
        default=None, description="a date field that it waits for: lead.wake_on"
    )
    counts_from: Annotated[str, StringConstraints(pattern=r"^(entry|arrival|assignment|lead\.[a-z][a-z0-9_]*)$")] = (
        Field(default="entry", description="entry (into the stage), arrival, assignment, or a date field")
    )
    starts_on: Names = Field(default=[], description="starts with these events instead of with the stage")
    when: Condition | None = Field(
        default=None, description="the clock runs only for leads that meet this when it would start"
    )
    runs_on: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")] = Field(
        default="owner", description="owner, team, or the name of a calendar"
    )
    stops_on: Names = Field(default=[], description="events that meet it; without any, leaving the stage does")
    cancels_on: Names = Field(default=[], description="events that end it without a verdict")
    cancels_when: Condition | None = Field(default=None, description="ends it without a verdict as soon as this holds")
    pauses_while: Condition | None = Field(
        default=None, description="stands still while this holds, such as lead.on_hold"
    )
    on_reentry: Literal["reset", "keep"] = Field(
        default="reset", description="coming back to the stage: full time again, or the old deadline"
    )
    on_new_owner: Literal["recompute", "restart"] = Field(
        default="recompute",
        description="same start on the new owner's calendar, or the full time for everybody who gets it",
    )
    warn_at: list[Percent] = Field(
        default=[], description="shares of the time after which the owner is warned: [50%, 80%]"
    )
    on_warning: Actions | None = Field(default=None, description="what a warning does; tells the owner if left out")
    on_breach: Actions = Field(default=[], description="what is done when the time is over")
    measures_on: bool = Field(default=True, description="goes on measuring after the breach until it is stopped")


class Repeat(StrEnum):
    """The closing rung's rhythm."""

    HOUR = "every hour"
    WORKING_HOUR = "every working hour"
    DAY = "every day"
    WORKING_DAY = "every working day"
    WEEK = "every week"

    @property
    def is_working(self) -> bool:
        """Whether the length of it depends on a calendar."""
        return self.value.startswith("every working")


class _Step(Written):
    after: DurationText = Field(description="counted from the start of the climb, not from the step before")
    repeat: Repeat | None = Field(default=None, description="the last one may repeat, until what it waits for is done")


class NotifyStep(Notify, _Step):
    """Tell somebody, `after` that long."""


class SendStep(Send, _Step):
    """Send the lead something, `after` that long."""


class TaskStep(CreateTask, _Step):
    """Put a task on somebody's list, `after` that long."""


class FireStep(Fire, _Step):
    """Cause an event, `after` that long."""


class ReassignStep(Reassign, _Step):
    """Give the lead to somebody else, `after` that long."""


class WebhookStep(CallWebhook, _Step):
    """Call an endpoint, `after` that long."""


Step = Annotated[
    Annotated[NotifyStep, Tag("notify")]
    | Annotated[SendStep, Tag("send")]
    | Annotated[TaskStep, Tag("task")]
    | Annotated[FireStep, Tag("fire")]
    | Annotated[ReassignStep, Tag("reassign")]
    | Annotated[WebhookStep, Tag("webhook")],
    Discriminator(_action_kind),
    BeforeValidator(_one_action),
]
"""One rung of a ladder or one step of a sequence; `after` counts from the start of the climb."""


# --- stages and the process ------------------------------------------------------------------------------------------


class Forecast(Written):
    """S2.6: what a lead in this stage is worth to the pipeline: probability times value."""

    probability: Percent = Field(description="how likely it is won from here: 25%")
    value: Annotated[str, StringConstraints(pattern=r"^lead\.[a-z][a-z0-9_]*$")] = Field(
        default="lead.value", description="the field that says how much it is worth"
    )


class Stage(Written):
    """Where a lead can stand: what may happen there, by when, and what it means."""

    title: str | None = Field(default=None, description="what people read instead of the name")
    status: LeadStatus | None = Field(
        default=None, description="lead status beside the stage; that of the stage around it if left out"
    )
    kind: StageKind = Field(default=StageKind.OPEN, description="open, waiting, won or lost")
    closes: bool = Field(default=False, description="entering it ends the workflow; a later event reopens the lead")
    waits_for_ever: bool = Field(default=False, description="declared to need no clock")
    initial: Name | None = Field(default=None, description="the nested stage that a lead enters first")
    stages: dict[Name, Stage] = Field(
        default={}, description="nested stages; clocks and events beside them hold in all of them"
    )
    forecast: Forecast | None = Field(default=None, description="probability and value for the pipeline")
    on_entry: Actions = Field(default=[], description="what is done when a lead comes in")
    on_exit: Actions = Field(default=[], description="what is done when a lead leaves")
    clocks: dict[Name, ClockSpec] = Field(default={}, description="deadlines that run while the lead is here")
    events: dict[Name, Branches] = Field(default={}, description="what may happen to a lead that is here")


class Takes(Written):
    """S1.1: which new leads start here. Processes are asked by descending priority."""

    priority: Annotated[int, Field(ge=0, le=1000)] = Field(description="0 to 1000; the highest is asked first")
    when: Condition | None = Field(default=None, description="takes leads that meet this; all of them if left out")


class Uses(Written):
    """The tables that are pinned with this process, by name."""

    intake: Name | None = Field(default=None, description="fields that processes share, and what is no lead")
    score: Name | None = Field(default=None, description="how a lead is scored")
    assignment: Name | None = Field(default=None, description="who gets a lead")
    calendars: Name | None = Field(default=None, description="working hours and holidays")
    reasons: Name | None = Field(default=None, description="lists of codes that events ask for")
    segments: Name | None = Field(default=None, description="which segment a lead belongs to")
    templates: Name | None = Field(default=None, description="the words of notices and letters")
    identity: Name | None = Field(default=None, description="by what a lead that comes again is recognised")


class ProcessFile(Written):
    """A process: the stages of a lead, what may happen in each, and by when."""

    process: Name = Field(description="the name of the process; its folder is called the same")
    version: Annotated[int, Field(ge=1)] = Field(
        description="a published version never changes: a change is the next one"
    )
    title: str = Field(description="what people read instead of the name")
    description: str = Field(default="", description="what it is for, in a sentence or two")
    uses: Uses = Field(default=Uses(), description="the shared tables, by name")
    takes: Takes | None = Field(default=None, description="which new leads start here")
    fields: dict[Name, LeadField] = Field(default={}, description="fields of a lead, beside those of the intake table")
    start: Path | None = Field(default=None, description="the first stage; the first one written if left out")
    stages: Annotated[dict[Name, Stage], Field(min_length=1)] = Field(
        description="where a lead can stand, in the order of the usual way"
    )
    events: dict[Name, SharedEvent] = Field(default={}, description="events that several stages have in common")
    clocks: dict[Name, ClockSpec] = Field(default={}, description="run from arrival until the lead is won or lost")
    ladders: dict[Name, Annotated[list[Step], Field(min_length=1)]] = Field(
        default={}, description="escalation: who hears of it when; the last rung names a person"
    )
    sequences: dict[Name, Annotated[list[Step], Field(min_length=1)]] = Field(
        default={}, description="series of timed steps, such as nurture mails"
    )
