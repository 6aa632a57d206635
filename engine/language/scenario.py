"""What an ops author may write in a file of scenarios, as pydantic models: what is given, what happens, what is expected.

    scenarios: inbound_b2b      # the process that they try out
    given: {now: 2026-03-02 10:00 Europe/Berlin, roster: sample}
    of:
      - name: a seller accepts a lead
        steps:
          - lead: {company: Cobalt, country: DE}
          - event: accept
          - expect: {stage: sales_accepted}

The author's view, as in `engine.language.definition`: names as written. `trials.scenarios.reading` looks each of them up.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, StringConstraints, Tag

from engine.language.definition import DurationForm, DurationText, LeadStatus, Name, Path, Who, Written, listed
from engine.language.tables import Person, Team
from engine.lead import Ownership
from engine.reading.faults import wrong

MOMENT = r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}( [A-Za-z][A-Za-z0-9_+/-]*)?"
DAY = r"\d{4}-\d{2}-\d{2}"
WEEKDAY_TIME = r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{2}:\d{2}"


def _written_as(form: str, what: str, remedy: str) -> Callable[[Any], Any]:
    """A text of another form is refused in words that say which."""
    pattern = re.compile(form)

    def check(value: Any) -> Any:
        if isinstance(value, str) and not pattern.fullmatch(value):
            raise wrong("BAD_MOMENT", f"'{value}' is no {what}", remedy)
        return value

    return check


MomentText = Annotated[
    str,
    StringConstraints(pattern=rf"^{MOMENT}$"),
    BeforeValidator(
        _written_as(MOMENT, "moment", "Write it as 2026-12-22 16:00, with a time zone where none is given yet.")
    ),
]
"""`2026-12-22 16:00 Europe/Berlin`; in the zone of the scenario's `now` where none is written."""

UntilText = Annotated[
    str,
    StringConstraints(pattern=rf"^({MOMENT}|{WEEKDAY_TIME})$"),
    BeforeValidator(
        _written_as(
            f"{MOMENT}|{WEEKDAY_TIME}", "moment", "Write it as 2026-12-22 16:00, or Mon 09:00 for the next one."
        )
    ),
]
"""The same, or the next time that it is so: `Mon 09:00`."""

DayText = Annotated[
    str,
    StringConstraints(pattern=rf"^({DAY}|{MOMENT})$"),
    BeforeValidator(_written_as(f"{DAY}|{MOMENT}", "day or moment", "Write it as '2026-12-24', or 2026-12-24 12:00.")),
]
"""A day in quotes, meant whole, or a moment."""

Plain = str | int | float | bool | None
Texts = Annotated[list[str], BeforeValidator(listed, json_schema_input_type=str | list[str])]
Fields = dict[Name, Plain]


# --- what is given ---------------------------------------------------------------------------------------------------


class People(Written):
    """A roster written where it is used: teams and people by key, as in a roster file."""

    teams: dict[Name, Team] = Field(default={}, description="teams by key")
    people: dict[Name, Person] = Field(description="people by key; where a process names somebody, it is this key")


Roster = Name | People


class Leave(Written):
    """Somebody is away. Days are meant whole, the last one too, as with `leadflow leave add`."""

    person: Name = Field(description="their key in the roster")
    from_: DayText | None = Field(default=None, alias="from", description="first day or moment; now, if left out")
    until: DayText = Field(description="last day (included) or moment")


class Given(Written):
    """The world before anything happens. What a scenario says here goes before what its file says for all."""

    now: MomentText | None = Field(default=None, description="when it begins: 2026-03-02 10:00 Europe/Berlin")
    roster: Roster | None = Field(default=None, description="who works here: a roster by its name, or written here")
    lead: Fields = Field(default={}, description="what the lead brings, where its step does not say otherwise")
    workload: dict[Name, Annotated[int, Field(ge=0, le=10_000)]] = Field(
        default={}, description="open leads that people have already, by their key"
    )
    accounts: dict[str, Name] = Field(
        default={}, description="companies that are with somebody already: company to the person's key"
    )
    leave: list[Leave] = Field(default=[], description="who is away, and when")


# --- what happens ----------------------------------------------------------------------------------------------------


class LeadStep(Written):
    """A lead arrives, with these fields. The first step, and the only one of its kind."""

    lead: Fields = Field(description="field to value; personal ones too: only that they are known is kept of them")


class EventStep(Written):
    """Somebody does something with the lead."""

    event: Name = Field(description="an event of the process")
    by: Name = Field(
        default="owner",
        description="owner, team_leader, marketing, ops, system, lead, or a person of the roster by their key",
    )
    fields: Fields = Field(default={}, description="fields that come with it")
    codes: dict[Name, Name] = Field(default={}, description="codes that it asks for: {reason: no_answer}")
    note: str | None = Field(default=None, description="the words of a note")
    checked: list[str] = Field(default=[], description="points of its checklist that are confirmed")
    to: Name | None = Field(default=None, description="who is to get the lead, for `assign`")


class TouchStep(Written):
    """The lead comes again by itself, with these fields."""

    touch: Fields = Field(description="field to value, as in `lead`; {} where it brings nothing new")


class AdvanceStep(Written):
    """Time passes, and everything happens that falls due until then."""

    advance: DurationText = Field(description="how long: 3 working days, 24 hours")
    runs_on: Name = Field(
        default="owner", description="whose working time: owner, team, a calendar, or a person by their key"
    )


class UntilStep(Written):
    """Time passes until this moment, that moment included."""

    until: UntilText = Field(description="2026-03-05 10:00, or the next Mon 09:00")


class LeaveStep(Written):
    """Leave is entered; the person's leads are told."""

    leave: Leave = Field(description="who, and until when")


class BackStep(Written):
    """Somebody is back: their leave ends now, and what has not begun is taken back."""

    back: Name = Field(description="their key in the roster")


class RosterStep(Written):
    """Another roster is loaded. Who is not in it any more becomes inactive."""

    roster: Roster = Field(description="a roster by its name, or written here")


# --- what is expected ------------------------------------------------------------------------------------------------


class ClockIs(StrEnum):
    """Where a clock stands, or how it ended; `none` where it has not run."""

    RUNNING = "running"
    PAUSED = "paused"
    BREACHED = "breached"
    MET = "met"
    CANCELLED = "cancelled"
    STOPPED_LATE = "stopped_late"
    LEFT = "left"
    SUSPENDED = "suspended"
    NONE = "none"


def _left(value: Any) -> Any:
    if isinstance(value, str) and "day" in value:
        raise wrong("DAYS_LEFT", f"'{value}' left is not exact", "Say it in hours or minutes: 12 working hours.")
    return value


class ClockExpected(Written):
    """One clock: where it stands, when it is due, how much of it is left."""

    state: ClockIs | None = Field(
        default=None, description="running, paused, breached, or as it ended: met, cancelled, stopped_late, left"
    )
    due: MomentText | None = Field(default=None, description="when it is due: 2026-03-05 10:00")
    left: Annotated[DurationText, BeforeValidator(_left, json_schema_input_type=DurationForm)] | None = Field(
        default=None, description="the time that is left of it: 12 working hours"
    )


def _clock(value: Any) -> Any:
    return {"state": value} if isinstance(value, str) else value


Clock = Annotated[ClockExpected, BeforeValidator(_clock, json_schema_input_type=ClockIs | ClockExpected)]


class NoticeExpected(Written):
    """Somebody of ours is told something."""

    to: Annotated[str, StringConstraints(pattern=r"^(team:)?[a-z][a-z0-9_]*$")] = Field(
        description="a person by their key, team:NAME, or nobody"
    )
    template: Name = Field(description="the template that it is written with")


class TaskExpected(Written):
    """A task on somebody's list."""

    task: str = Field(description="what is to be done, as the process says it")
    for_: Name | None = Field(default=None, alias="for", description="whose list it is on, by their key")


class Expected(Written):
    """How the lead stands now; only what is said is looked at. `notices`, `tasks`, `sent`, `called` and `happened` are about what
    has come about since the last `expect`."""

    process: Name | None = Field(default=None, description="the process that it is in, after a hand-over")
    stage: Path | None = Field(default=None, description="the stage, or one that lies around it")
    status: LeadStatus | None = Field(default=None, description="the lead status")
    owner: Name | None = Field(default=None, description="whose it is; null for nobody")
    ownership: Ownership | None = Field(default=None, description="nobody, held, person, queue or exception")
    team: Name | None = Field(default=None, description="the team that it is with; null for none")
    hops: int | None = Field(default=None, description="how often it was given to somebody else")
    cycle: int | None = Field(default=None, description="its round")
    score: int | None = Field(default=None, description="the score; null where it has none")
    priority: str | None = Field(default=None, description="the priority that the score gives")
    grade: str | None = Field(default=None, description="the grade that the score gives")
    segment: Name | None = Field(default=None, description="the segment; null for none")
    on_hold: bool | None = Field(default=None, description="whether it is on hold")
    closed: bool | None = Field(default=None, description="whether nothing more is expected of it")
    fields: Fields = Field(default={}, description="fields and their values; null where it is not known")
    known: list[Name] = Field(default=[], description="personal fields that are known")
    clocks: dict[Name, Clock] = Field(default={}, description="clocks: running, or {due: ..., state: ..., left: ...}")
    notices: list[NoticeExpected] | None = Field(
        default=None, description="everything that people of ours were told, in any order; [] for nothing"
    )
    tasks: list[TaskExpected] | None = Field(default=None, description="every task that was given, in any order")
    sent: list[Name] | None = Field(default=None, description="every template that the lead was sent, in any order")
    called: list[Name] | None = Field(default=None, description="every endpoint that was called, in any order")
    happened: list[str] | None = Field(
        default=None, description="what happened, in this order, other things between: accept, overdue:follow_up"
    )
    because: Texts = Field(default=[], description="words of the explanation: of owner and score, or why not somebody")


class ExpectStep(Written):
    """What is so now."""

    expect: Expected = Field(description="how the lead stands, and what has come about since the last expect")


class Code(StrEnum):
    """Why an event is refused."""

    UNKNOWN_EVENT = "UNKNOWN_EVENT"
    NOT_HERE = "NOT_HERE"
    NOT_ALLOWED = "NOT_ALLOWED"
    GUARD = "GUARD"
    MISSING = "MISSING"
    BAD_VALUE = "BAD_VALUE"
    CLOSED = "CLOSED"


class Refused(Written):
    """The answer to the event before: it has not happened."""

    code: Code = Field(description="NOT_HERE, NOT_ALLOWED, GUARD, MISSING, BAD_VALUE, CLOSED or UNKNOWN_EVENT")
    may: list[Who] | None = Field(default=None, description="who may, all of them")
    missing: list[str] | None = Field(default=None, description="what is missing, all of it: fields, codes, note")
    allowed: list[Name] | None = Field(default=None, description="events that are possible now, these among others")
    message: str | None = Field(default=None, description="words of the answer")


class RefusedStep(Written):
    """The event before is refused."""

    refused: Refused = Field(description="with which code, and what the answer says")


STEP_KINDS = ("lead", "event", "touch", "advance", "until", "leave", "back", "roster", "expect", "refused")


def _step_kind(value: Any) -> str | None:
    given = value if isinstance(value, dict) else dir(value)
    return next((kind for kind in STEP_KINDS if kind in given), None)


def _one_step(value: Any) -> Any:
    given = [kind for kind in STEP_KINDS if isinstance(value, dict) and kind in value]
    if len(given) > 1:
        message = f"these are {len(given)} steps in one: {', '.join(given)}"
        raise wrong("TWO_STEPS", message, "Begin each with a dash of its own.")
    return value


Step = Annotated[
    Annotated[LeadStep, Tag("lead")]
    | Annotated[EventStep, Tag("event")]
    | Annotated[TouchStep, Tag("touch")]
    | Annotated[AdvanceStep, Tag("advance")]
    | Annotated[UntilStep, Tag("until")]
    | Annotated[LeaveStep, Tag("leave")]
    | Annotated[BackStep, Tag("back")]
    | Annotated[RosterStep, Tag("roster")]
    | Annotated[ExpectStep, Tag("expect")]
    | Annotated[RefusedStep, Tag("refused")],
    Discriminator(_step_kind),
    BeforeValidator(_one_step),
]


class ScenarioText(Written):
    """One scenario: what is given, and what happens then, step by step, with what is expected after it."""

    name: str = Field(description="what it shows, in a sentence")
    shows: Texts = Field(default=[], description="the demands that it shows, as you name them")
    suggested: Literal[True] | None = Field(
        default=None, description="written by `leadflow test --suggest` and not read by a person yet"
    )
    given: Given = Field(default=Given(), description="the world before anything happens")
    steps: Annotated[list[Step], Field(min_length=1)] = Field(description="what happens, and what is expected then")


class ScenarioFile(Written):
    """Scenarios of one process: leads that are tried out in memory before anybody depends on the rules."""

    scenarios: Name = Field(description="the process that they try out")
    given: Given = Field(default=Given(), description="the world before anything happens, for all of them")
    of: Annotated[list[ScenarioText], Field(min_length=1)] = Field(description="the scenarios, each by itself")
