"""The shared tables an ops author may write: assignment, score, calendars, reasons, segments, templates, intake, identity, sources,
roster.

Each file's first key names its kind: `assignment: emea_sales`. All but sources and roster are pinned with every process that uses
them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag

from engine.language.definition import Condition, DurationText, LeadField, Name, Names, Percent, Written
from engine.language.identity import IdentityTable

LeadRef = Annotated[str, StringConstraints(pattern=r"^lead\.[a-z][a-z0-9_]*$")]
"""A field of the lead, as in expressions: `lead.country`."""


# --- assignment ------------------------------------------------------------------------------------------------------


class Pick(StrEnum):
    """S4.5: the method that picks one where several could own the lead."""

    LONGEST_SINCE_LAST = "longest_since_last"
    BY_WEIGHT = "by_weight"
    FEWEST_OPEN = "fewest_open"
    BEST_FIT = "best_fit"


class Skip(StrEnum):
    """Who is passed over: on leave, outside of their hours, no longer with us, or had the lead before."""

    ABSENT = "absent"
    OFF_SHIFT = "off_shift"
    INACTIVE = "inactive"
    EARLIER_OWNERS = "earlier_owners"


class Among(Written):
    """Candidates: everybody who meets all that is said here. At least one of team, territory and people is said."""

    team: Names = Field(default=[], description="members of this team, or of one of these")
    territory: LeadRef | str | None = Field(
        default=None, description="people of a territory: a field (lead.country) or a code"
    )
    people: list[Name] = Field(default=[], description="these people, by their key in the roster")
    skills: list[LeadRef | str] = Field(default=[], description="all of these: words, or fields (lead.product_line)")


class Limits(Written):
    """Capacity. A person's own limits, where the roster gives them, are used instead."""

    open: Annotated[int, Field(ge=0)] | None = Field(default=None, description="the most open leads at a time")
    per_day: Annotated[int, Field(ge=0)] | None = Field(default=None, description="the most new leads in a day")


class AssignmentRule(Written):
    """For which leads, among whom, and who of them."""

    name: str = Field(description="what people read when they ask why a lead is theirs")
    segment: Names = Field(default=[], description="only leads of this segment, or of one of these")
    when: Condition | None = Field(default=None, description="only leads that meet this")
    among: Among = Field(description="who could get it")
    pick: Pick = Field(default=Pick.LONGEST_SINCE_LAST, description="who gets it where several could")
    limits: Limits | None = Field(default=None, description="capacity under this rule, instead of the table's")


class WhenNobody(Written):
    """What happens when no rule finds anybody: wait and ask again, then a team's queue or the exception owner."""

    hold: DurationText | None = Field(default=None, description="wait this long and ask the rules again")
    then: Literal["exception", "queue"] = Field(
        default="exception", description="and then: the exception owner, or the queue"
    )


class ExceptionOwner(Written):
    """S4.6: the named decision maker, with a clock of their own."""

    person: Name = Field(description="their key in the roster")
    clock: DurationText = Field(description="how long they have to decide")
    climb: Name = Field(description="the ladder to climb when they do not")
    with_: Name = Field(alias="with", default="exception", description="the template that tells them")


class Queue(Written):
    """A team that shares leads nobody owns yet; a member claims one. The queue has its own clock too."""

    team: Name = Field(description="whose members may claim the lead")
    clock: DurationText = Field(description="how long it may wait to be claimed")
    climb: Name = Field(description="the ladder to climb when nobody claims it")
    with_: Name = Field(alias="with", default="queued", description="the template that tells the team")


class Tells(Written):
    """S4.7: the templates that tell the people concerned of an assignment."""

    owner: Name = Field(default="new_lead", description="the template for whoever gets the lead")
    earlier_owner: Name | None = Field(
        default=None, description="the template for whoever loses it; not told if left out"
    )


class AssignmentTable(Written):
    """Who gets a lead: rules asked in order; the first that fits and finds somebody decides."""

    assignment: Name = Field(description="the name by which processes use this table")
    title: str | None = Field(default=None, description="what people read instead of the name")
    keep_with: Literal["account_owner"] | None = Field(
        default=None, description="account_owner: a known customer stays with the person they know, before any rule"
    )
    rules: list[AssignmentRule] = Field(description="asked in this order")
    limits: Limits = Field(default=Limits(), description="capacity, where the roster gives a person none of their own")
    skip: list[Skip] = Field(
        default=[Skip.ABSENT, Skip.INACTIVE, Skip.EARLIER_OWNERS], description="who is passed over"
    )
    when_nobody: WhenNobody = Field(default=WhenNobody(), description="what happens when no rule finds anybody")
    exception: ExceptionOwner = Field(description="who decides about leads that no rule can place")
    queue: Queue | None = Field(default=None, description="a team that shares leads nobody owns yet")
    tells: Tells = Field(default=Tells(), description="who is told of an assignment, with which template")


# --- score -----------------------------------------------------------------------------------------------------------


class Completeness(Written):
    """Points by the share of these fields that are known; personal ones may be named (S3.6)."""

    share_of: Annotated[list[Name], Field(min_length=1)] = Field(description="the fields that ought to be known")
    bands: dict[int, Percent] = Field(description="points to the share that earns them: {5: 100%, 3: 60%, 1: 0%}")
    group: Name | None = Field(default=None, description="a group of parts that is capped together")


class Aging(Written):
    """Points by age, re-scored by a clock at each band's edge. A band gives its points up to that age (S3.6)."""

    since: LeadRef = Field(description="what the age is counted from: lead.arrived_at, or a date field")
    bands: dict[int, DurationText | Literal["later"]] = Field(
        description="points to the age up to which they are given: {5: 2 days, 2: 30 days, 1: later}"
    )
    unknown: int | None = Field(default=None, description="points when it is not known; not counted if left out")
    group: Name | None = Field(default=None, description="a group of parts that is capped together")


class PointsOf(Written):
    """The value of a numeric field, as points; `halves_every` lets it decay since `since` (engagement)."""

    points: LeadRef = Field(description="the field whose value is the points: lead.budget")
    cap: int | None = Field(default=None, description="the most that this part may give")
    unknown: int | None = Field(default=None, description="points when it is not known; not counted if left out")
    halves_every: DurationText | None = Field(default=None, description="the points fade: half of them after this long")
    since: LeadRef | None = Field(default=None, description="what the fading counts from: a date field")
    group: Name | None = Field(default=None, description="a group of parts that is capped together")


class PointsWhen(Written):
    """Fixed points when a condition holds, 0 when not, `unknown` when it cannot be told."""

    when: Condition = Field(description="what must hold")
    points: int = Field(description="points when it does")
    unknown: int | None = Field(default=None, description="points when it cannot be told; not counted if left out")
    group: Name | None = Field(default=None, description="a group of parts that is capped together")


class PointsBy(Written):
    """Points by the value of a choice or text field."""

    by: LeadRef = Field(description="the field that decides: lead.timeframe")
    points: dict[str, int] = Field(description="value of the field to points")
    otherwise: int = Field(default=0, description="points for values that are not listed")
    unknown: int | None = Field(default=None, description="points when it is not known; not counted if left out")
    group: Name | None = Field(default=None, description="a group of parts that is capped together")


class PointsOver(Written):
    """Points by the size of a numeric field: the highest band whose bound is reached."""

    of: LeadRef = Field(description="the numeric field that is measured: lead.visits")
    bands: dict[int, int | float] = Field(
        description="points to the number from which they are given: {5: 5, 3: 2, 0: 0}"
    )
    unknown: int | None = Field(default=None, description="points when it is not known; not counted if left out")
    group: Name | None = Field(default=None, description="a group of parts that is capped together")


def _part_kind(value: Any) -> str:
    keys = {"share_of": "share_of", "when": "when", "by": "by", "of": "of"}
    written = list(value) if isinstance(value, dict) else dir(value)
    for key, tag in keys.items():
        if key in written:
            return tag
    return "points" if "points" in written else "since"


Part = Annotated[
    Annotated[Completeness, Tag("share_of")]
    | Annotated[Aging, Tag("since")]
    | Annotated[PointsOf, Tag("points")]
    | Annotated[PointsWhen, Tag("when")]
    | Annotated[PointsBy, Tag("by")]
    | Annotated[PointsOver, Tag("of")],
    Discriminator(_part_kind),
]


class ScoreTable(Written):
    """Components with bands and caps. `priority` and `grade` name thresholds of the total, highest first or not."""

    score: Name = Field(description="the name by which processes use this table")
    title: str | None = Field(default=None, description="what people read instead of the name")
    parts: Annotated[dict[Name, Part], Field(min_length=1)] = Field(
        description="what is counted; the score is their sum"
    )
    caps: dict[Name, int] = Field(default={}, description="the most that a group of parts may give")
    cap: int | None = Field(default=None, description="the most that all parts together may give")
    priority: Annotated[dict[Name, int], Field(min_length=1)] = Field(
        description="word to the score from which it holds: {high: 15, medium: 9, low: 0}"
    )
    grade: dict[str, int] = Field(default={}, description="the same for a second class, such as A, B, C")


# --- calendars, reasons, segments, templates, intake -----------------------------------------------------------------

DayKey = Annotated[str, StringConstraints(pattern=r"^(mon|tue|wed|thu|fri|sat|sun)(-(mon|tue|wed|thu|fri|sat|sun))?$")]
DateText = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")]
SpansText = Annotated[str, StringConstraints(pattern=r"^\d{2}:\d{2}-\d{2}:\d{2}(, ?\d{2}:\d{2}-\d{2}:\d{2})*$")]
"""Opening spans of a day: `09:00-17:00` or `08:00-12:00, 13:00-17:00`."""


class CalendarEntry(Written):
    """Whose working day counts: hours, holidays, closures."""

    title: str | None = Field(default=None, description="what people read instead of the name")
    zone: str = Field(description="the time zone, as area and place: Europe/Berlin")
    hours: Annotated[dict[DayKey, SpansText], Field(min_length=1)] = Field(
        description="days to opening hours; a day on its own counts more than a range"
    )
    holidays: str | None = Field(default=None, description="a country or region: DE, DE-BY, US-CA")
    closed: list[DateText] = Field(default=[], description="days off, beside the holidays")
    special: dict[DateText, SpansText] = Field(default={}, description="half-days and other exceptions")


class CalendarTable(Written):
    """Working hours and holidays, by calendar."""

    calendars: Name = Field(description="the name by which processes use this table")
    default: Name = Field(description="the calendar of whoever has none")
    of: Annotated[dict[Name, CalendarEntry], Field(min_length=1)] = Field(description="the calendars by name")


class ReasonTable(Written):
    """Lists of codes: list name to code to the words people see."""

    reasons: Name = Field(description="the name by which processes use this table")
    lists: Annotated[dict[Name, Annotated[dict[Name, str], Field(min_length=1)]], Field(min_length=1)] = Field(
        description="list to codes; a code stays for ever in reports, its words may be improved"
    )


class SegmentRow(Written):
    """One segment, and which leads are in it."""

    segment: Name = Field(description="the name that rules and reports use")
    title: str | None = Field(default=None, description="what people read instead of the name")
    when: Condition = Field(description="which leads belong to it, if to none above")


class SegmentTable(Written):
    """S4.4: the first segment whose condition holds is the lead's segment."""

    segments: Name = Field(description="the name by which processes use this table")
    of: Annotated[list[SegmentRow], Field(min_length=1)] = Field(description="asked in this order")


class ChannelKind(StrEnum):
    """How a person is reached."""

    EMAIL = "email"
    WEBHOOK = "webhook"


class Template(Written):
    """The words of one notice or letter. To use: person, lead, about, due, why, link."""

    subject: str = Field(description="one line; may hold {{ lead.title }} and the like")
    text: str = Field(description="the body; may hold {{ lead.company }}, {{ why }}, {{ link }} and the like")
    channels: list[ChannelKind] = Field(default=[], description="order of channels; the person's own order if left out")


class TemplateTable(Written):
    """The words that go out, by template."""

    templates: Name = Field(description="the name by which processes use this table")
    of: Annotated[dict[Name, Template], Field(min_length=1)] = Field(description="the templates by name")


class OutOfScope(Written):
    """S0.14: leads that are none: hiring and vendor leads. They are kept apart, with the reason."""

    name: str = Field(description="what people read when they ask why it is none")
    when: Condition = Field(description="what is kept apart")
    reason: Name = Field(description="the code that reports count it under")


class IntakeTable(Written):
    """The front door: fields that every process shares and that choosing a process may look at."""

    intake: Name = Field(description="the name by which processes use this table")
    fields: dict[Name, LeadField] = Field(default={}, description="fields that every process shares")
    out_of_scope: list[OutOfScope] = Field(default=[], description="what is no lead; the first that fits")


# --- sources ---------------------------------------------------------------------------------------------------------

Sent = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^\S(.*\S)?$")]
"""A source, campaign or country as systems write it. Case, accents and signs between words do not count."""


class SourceRow(Written):
    """One source of leads, whatever systems call it."""

    title: str = Field(description="what people read instead of the name")
    group: Name | None = Field(
        default=None, description="the generating channel that reports count it under: advertising, events"
    )
    kind: Literal["sales", "hiring", "vendor"] | None = Field(
        default=None, description="what a lead from there is, where it does not say"
    )
    aliases: list[Sent] = Field(default=[], description="what else systems call it")


class CampaignRow(Written):
    """One campaign, whatever systems call it."""

    title: str = Field(description="what people read instead of the name")
    source: Sent | None = Field(default=None, description="the source whose campaign it is")
    aliases: list[Sent] = Field(default=[], description="what else systems call it")


class SourcesFile(Written):
    """Under which names sources, campaigns and countries are known. Loaded into the database with `leadflow sources load`; not
    pinned: it is a fact of the world."""

    sources: Name = Field(description="the name of this table")
    of: dict[Sent, SourceRow] = Field(description="sources by the name that counts")
    campaigns: dict[Sent, CampaignRow] = Field(default={}, description="campaigns by the name that counts")
    countries: dict[Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")], list[Sent]] = Field(
        default={}, description="code of two letters to what people write beside the country's names"
    )


# --- roster ----------------------------------------------------------------------------------------------------------


class Role(StrEnum):
    """What somebody may do. A partner, of another company, sees their own leads only."""

    SELLER = "seller"
    TEAM_LEADER = "team_leader"
    MARKETING = "marketing"
    OPS = "ops"
    PARTNER = "partner"


class Person(Written):
    """Somebody who can own leads or is told of them."""

    name: str = Field(description="their name, as people read it")
    email: str | None = Field(default=None, description="where notices go by mail")
    webhook: str | None = Field(default=None, description="where notices go by webhook")
    channels: list[ChannelKind] = Field(
        default=[ChannelKind.EMAIL], description="how they want to be reached; the next one if the first fails"
    )
    roles: list[Role] = Field(default=[Role.SELLER], description="what they may do")
    teams: Names = Field(default=[], description="their teams; the first one's calendar counts if they have none")
    territories: list[str] = Field(default=[], description="codes of the territories they sell in: [DE, AT]")
    skills: list[str] = Field(default=[], description="words that assignment rules ask for")
    weight: Annotated[int, Field(ge=0, le=100)] = Field(default=1, description="their share of leads picked by weight")
    limits: Limits = Field(default=Limits(), description="their own capacity, instead of the assignment table's")
    calendar: Name | None = Field(default=None, description="their working hours; those of the first team if left out")
    active: bool = Field(default=True, description="false: has left; keeps old leads in reports and gets no new ones")


class Team(Written):
    """People who share leads, and who leads them."""

    title: str = Field(description="what people read instead of the name")
    leader: Name = Field(description="whom team_leader means for leads of this team")
    calendar: Name | None = Field(default=None, description="the working hours of members who name none")


class RosterFile(Written):
    """People and teams. Loaded into the database with `leadflow roster load`; not pinned: it is a fact of the world."""

    roster: Name = Field(description="the name of this roster")
    teams: dict[Name, Team] = Field(default={}, description="teams by key")
    people: dict[Name, Person] = Field(description="people by key; where a process names somebody, it is this key")


TableFile = (
    AssignmentTable
    | ScoreTable
    | CalendarTable
    | ReasonTable
    | SegmentTable
    | TemplateTable
    | IntakeTable
    | IdentityTable
    | SourcesFile
    | RosterFile
)
TABLE_MODELS: dict[str, type[Written]] = {
    "assignment": AssignmentTable,
    "score": ScoreTable,
    "calendars": CalendarTable,
    "reasons": ReasonTable,
    "segments": SegmentTable,
    "templates": TemplateTable,
    "intake": IntakeTable,
    "identity": IdentityTable,
    "sources": SourcesFile,
    "roster": RosterFile,
}
"""The first key of a file to its model."""
