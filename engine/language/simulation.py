"""What an author may write in a plan for `leadflow simulate`: who comes when, and how people work.

Everything may be left out; what is assumed instead, the simulation says in its answer. Times of people are open time on
their own calendars.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from engine.language.definition import DurationForm, DurationText, Name, Path, Percent, Written
from engine.language.tables import DateText, SpansText
from engine.reading.faults import wrong
from engine.time.durations import Duration, Unit

Weight = Annotated[int | float, Field(ge=0, le=1_000_000)]
"""How often something is, compared with what stands beside it."""

Day = Annotated[str, StringConstraints(pattern=r"^(mon|tue|wed|thu|fri|sat|sun)(-(mon|tue|wed|thu|fri|sat|sun))?$")]

_RATE = r"^[0-9]+(\.[0-9]+)? (a|per) (working day|day|week)$"
Rate = Annotated[str, StringConstraints(pattern=_RATE)]
"""`12 a working day`, `2.5 a day`, `60 a week`."""


def share_of(percent: str) -> float:
    """`5%` as 0.05."""
    return int(percent.removesuffix("%")) / 100


def _some_weight(weights: dict[Any, int | float]) -> dict[Any, int | float]:
    if weights and not any(weights.values()):
        raise wrong("NO_WEIGHT", "nothing here has any weight", "Give at least one of them more than 0.")
    return weights


Weights = AfterValidator(_some_weight)


# --- arrivals --------------------------------------------------------------------------------------------------------


class Wave(Written):
    """Leads beside the steady ones: a trade show, a campaign."""

    title: str | None = Field(default=None, description="what people read: Spring fair")
    from_: DateText = Field(alias="from", description="the first day of it")
    until: DateText = Field(description="the last day of it")
    leads: Annotated[int, Field(ge=1, le=1_000_000)] = Field(description="how many leads it brings in all")
    fields: dict[Name, Draw] = Field(default={}, description="what its leads bring, where that differs from all others")


class Arrivals(Written):
    """When leads come. They come on working days within opening hours of `calendar`, unless `weekdays` and `hours` say otherwise."""

    leads: Annotated[int, Field(ge=0, le=1_000_000)] | None = Field(
        default=None, description="how many come in all, waves apart"
    )
    rate: Rate | None = Field(default=None, description="how many come, instead of leads: 12 a working day")
    calendar: Name | None = Field(default=None, description="whose days and hours; the default one if left out")
    weekdays: Annotated[dict[Day, Weight], Weights] = Field(
        default={}, description="how busy days are, compared with each other: {mon: 3, tue-fri: 2}; others bring none"
    )
    hours: Annotated[dict[SpansText, Weight], Weights] = Field(
        default={}, description="how busy hours are, compared with each other: {'09:00-12:00': 3, '12:00-18:00': 1}"
    )
    waves: list[Wave] = Field(default=[], description="leads beside the steady ones")
    file: str | None = Field(
        default=None, description="a .csv or .ndjson file of leads, beside the plan, instead of drawn ones"
    )
    mapping: str | None = Field(default=None, description="the mapping of a .csv file, as an import takes it")
    arrived: str | None = Field(default=None, description="the column that says when a lead of the file came")

    @model_validator(mode="after")
    def _one_of_two(self) -> Arrivals:
        if self.leads is not None and self.rate is not None:
            raise wrong("TWO_RATES", "leads and rate both say how many come", "Keep one of the two.")
        return self


# --- values ----------------------------------------------------------------------------------------------------------

_OF_A_DRAW = ("value", "of", "between", "median", "days_ahead")


class Draw(Written):
    """Where the value of a field comes from: one of value, of, between, median (with most), days_ahead."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": [name]} for name in _OF_A_DRAW]})

    value: str | int | float | bool | None = Field(default=None, description="always this")
    of: Annotated[dict[str, Weight], Weights] | None = Field(
        default=None, description="each as often as its weight says: {DE: 5, AT: 1}"
    )
    between: Annotated[list[int | float], Field(min_length=2, max_length=2)] | None = Field(
        default=None, description="any number from the first to the second, each as likely"
    )
    median: Annotated[int | float, Field(gt=0)] | None = Field(
        default=None, description="half are below; the larger, the rarer"
    )
    most: Annotated[int | float, Field(gt=0)] | None = Field(
        default=None, description="nine of ten are below; with median"
    )
    days_ahead: Annotated[list[int], Field(min_length=2, max_length=2)] | None = Field(
        default=None, description="for a date: from so many days to so many days later"
    )
    known: Percent = Field(default="100%", description="for how many leads there is a value at all")

    @model_validator(mode="after")
    def _one_kind(self) -> Draw:
        given = [name for name in _OF_A_DRAW if getattr(self, name) is not None]
        if len(given) != 1:
            said = f"{' and '.join(given)} say it twice" if given else "nothing says which value"
            raise wrong("NO_DRAW", said, f"Give one of {', '.join(_OF_A_DRAW)}.")
        if (self.median is None) != (self.most is None):
            raise wrong("NO_DRAW", "median and most belong together", "Give both.")
        if self.median is not None and self.most is not None and self.most < self.median:
            raise wrong("NO_DRAW", "most is less than median", "Nine of ten are below most, half below median.")
        for pair in (self.between, self.days_ahead):
            if pair is not None and pair[1] < pair[0]:
                raise wrong("NO_DRAW", "the second is less than the first", "Write the smaller one first.")
        return self


# --- behaviour -------------------------------------------------------------------------------------------------------


def _wait(value: Any) -> Any:
    """One duration is a wait that is always the same."""
    return value if isinstance(value, dict | Wait) else {"median": value, "most": value}


class Wait(Written):
    """How long something takes: half of the time at most `median`, nine times of ten at most `most`.

    Working units are open time of whoever acts; a working day is eight hours of it. Other units pass at night too; a month
    is thirty days.
    """

    median: DurationText = Field(description="half take at most this long")
    most: DurationText = Field(description="nine of ten take at most this long")

    @model_validator(mode="after")
    def _in_one_kind(self) -> Wait:
        if self.median.is_working != self.most.is_working:
            raise wrong("TWO_UNITS", "working and calendar units do not mix", "Write both in the same kind.")
        if seconds_of(self.most) < seconds_of(self.median):
            raise wrong("NO_WAIT", "most is shorter than median", "Nine of ten are below most, half below median.")
        return self


WaitText = Annotated[Wait, BeforeValidator(_wait, json_schema_input_type=Wait | DurationForm)]

HOURS_OF_A_WORKING_DAY = 8

_SECONDS = {
    Unit.minutes: 60,
    Unit.hours: 3_600,
    Unit.days: 86_400,
    Unit.weeks: 604_800,
    Unit.months: 30 * 86_400,
    Unit.working_minutes: 60,
    Unit.working_hours: 3_600,
    Unit.working_days: HOURS_OF_A_WORKING_DAY * 3_600,
}


def seconds_of(wait: Duration) -> int:
    """Seconds, of open time where the unit is a working one."""
    return wait.amount * _SECONDS[wait.unit]


class StageConduct(Written):
    """What people do with a lead in one stage."""

    contact: WaitText | None = Field(
        default=None, description="time until events that leave the lead where it is: a first talk, reading the notice"
    )
    after: WaitText | None = Field(default=None, description="time until an event that moves the lead on")
    events: Annotated[dict[Name, Weight], Weights] | None = Field(
        default=None, description="which event it is, each as often as its weight says: {accept: 3, reject: 1}"
    )
    nothing: Percent | None = Field(default=None, description="how many leads are left lying here")


class Conduct(Written):
    """How somebody works. What a person's entry says counts before the team's, and that before what is said for all."""

    ignores: Percent | None = Field(default=None, description="how many of the leads given to them they never touch")
    pace: Percent | Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,3}%$")] | None = Field(
        default=None, description="how fast they are: 50% takes twice as long"
    )
    each_takes: DurationText | None = Field(
        default=None, description="working time that each event takes them; leads wait while they are busy"
    )
    stages: dict[Path, StageConduct] = Field(default={}, description="what they do in a stage")


class Behaviour(Conduct):
    """How people work: for all, and what is different for teams and persons."""

    teams: dict[Name, Conduct] = Field(default={}, description="what is different for members of a team")
    people: dict[Name, Conduct] = Field(default={}, description="what is different for a person")
    values: dict[Name, Draw] = Field(default={}, description="what people fill in when an event needs it")


class Leave(Written):
    """Somebody is away. `known_from` is the day on which it is entered: leave that nobody foresaw moves deadlines."""

    person: Name = Field(description="their key in the roster")
    from_: DateText = Field(alias="from", description="the first day of it")
    until: DateText = Field(description="the last day of it")
    known_from: DateText | None = Field(default=None, description="when it is entered; before all else if left out")


class SimulationPlan(Written):
    """What `leadflow simulate` tries a process with."""

    simulate: Name = Field(description="the process that is tried")
    title: str | None = Field(default=None, description="what people read instead of the name")
    seed: Annotated[int, Field(ge=0)] = Field(default=1, description="the same seed gives the same result")
    from_: DateText | None = Field(default=None, alias="from", description="the first day; the next Monday if left out")
    until: DateText | None = Field(default=None, description="the last day on which leads come; 13 weeks if left out")
    runs_on: Annotated[int, Field(ge=0, le=520)] = Field(
        default=0, description="weeks that are looked at after the last day, to see what becomes of the leads"
    )
    arrivals: Arrivals = Field(default=Arrivals(), description="when leads come")
    fields: dict[Name, Draw] = Field(default={}, description="what leads bring")
    behaviour: Behaviour = Field(default=Behaviour(), description="how people work")
    leave: list[Leave] = Field(default=[], description="who is away, and when")


Wave.model_rebuild()
Arrivals.model_rebuild()
