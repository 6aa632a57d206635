"""What can be wrong in a table by itself, whichever process uses it: a time zone, a rule's name, a unit, a leader."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from engine.compiling.bundle import Parsed
from engine.compiling.checking import Checker
from engine.compiling.fields_checked import check_fields
from engine.compiling.identity_checked import check_identity
from engine.errors import Finding, LeadflowError
from engine.language.identity import IdentityTable
from engine.language.tables import (
    Aging,
    AssignmentTable,
    CalendarEntry,
    CalendarTable,
    IntakeTable,
    PointsOf,
    RosterFile,
    ScoreTable,
    SourcesFile,
    TemplateTable,
)
from engine.language.templates import template_faults
from engine.plain_words import plain
from engine.reading.document import NodePath
from engine.reading.offers import nearest
from engine.time.calendars import compiled
from engine.time.durations import Duration
from engine.time.worktime import check_region, check_zone


def check_alone(check: Checker, at: Parsed) -> None:
    """Report everything wrong in one table that can be told without a process."""
    match at.model:
        case AssignmentTable():
            _assignment(check, at, at.model)
        case ScoreTable():
            _score(check, at, at.model)
        case CalendarTable():
            _calendars(check, at, at.model)
        case IntakeTable():
            check_fields(check, at, at.model.fields)
        case TemplateTable():
            _templates(check, at, at.model)
        case SourcesFile():
            _sources(check, at, at.model)
        case IdentityTable():
            check_identity(check, at, at.model)


def strangers(roster: RosterFile, people: set[str], teams: set[str]) -> Iterator[tuple[NodePath, str]]:
    """Leaders and teams that a roster names and nobody knows: where in its file, and in words.

    `people` and `teams` are those of other rosters.
    """
    for key, team in roster.teams.items():
        if team.leader not in roster.people and team.leader not in people:
            yield ("teams", key, "leader"), f"team {key} is led by {team.leader}, who is not in it"
    for key, person in roster.people.items():
        for number, name in enumerate(person.teams):
            if name not in roster.teams and name not in teams:
                yield ("people", key, "teams", number), f"{key} is in team {name}, which it does not have"


def _assignment(check: Checker, at: Parsed, table: AssignmentTable) -> None:
    seen: list[str] = []
    for number, rule in enumerate(table.rules):
        path: NodePath = ("rules", number)
        if rule.name in seen:
            check.report(
                at, (*path, "name"), "DUPLICATE_NAME", f"two rules are called '{rule.name}'", "Give one another name."
            )
        seen.append(rule.name)
        if not (rule.among.team or rule.among.territory or rule.among.people):
            check.report(
                at,
                (*path, "among"),
                "AMONG_EVERYBODY",
                f"rule '{rule.name}' does not say among whom",
                "Name a team, a territory or people.",
            )
    if table.when_nobody.then == "queue" and table.queue is None:
        check.report(
            at,
            ("when_nobody", "then"),
            "NO_QUEUE",
            "this table has no queue",
            "Add `queue: {team: ..., clock: ..., climb: ...}`.",
        )


def _score(check: Checker, at: Parsed, table: ScoreTable) -> None:
    groups = [part.group for part in table.parts.values() if part.group]
    for group in table.caps:
        if group not in groups:
            near = nearest(group, groups)
            remedy = f"Did you mean '{near}'?" if near else f"Write `group: {group}` beside the parts to be capped."
            message = f"no part is in a group '{group}'"
            check.report(at, ("caps", group), "UNKNOWN_GROUP", message, remedy, key=True)
    for name, part in table.parts.items():
        path: NodePath = ("parts", name)
        match part:
            case Aging():
                for points, age in part.bands.items():
                    _passes_always(check, at, (*path, "bands", points), age)
            case PointsOf():
                _passes_always(check, at, (*path, "halves_every"), part.halves_every)
                if (part.since is None) != (part.halves_every is None):
                    check.report(
                        at,
                        path,
                        "DECAY",
                        f"part '{name}' decays only with both `halves_every` and `since`",
                        "Write both or none.",
                        key=True,
                    )


def _passes_always(check: Checker, at: Parsed, path: NodePath, age: object) -> None:
    """A score is the same whoever has the lead, so no calendar says how long a working day of it is."""
    if isinstance(age, Duration) and age.is_working:
        unit = age.unit.removeprefix("working ")
        message = f"a score counts round the clock, and '{age}' needs somebody's calendar"
        check.report(at, path, "WORKING_UNIT", message, f"Write it in {unit}, such as 7 {unit}.")


def _calendars(check: Checker, at: Parsed, table: CalendarTable) -> None:
    check.known(at, ("default",), table.default, table.of, "calendar", "UNKNOWN_CALENDAR")
    for name, calendar in table.of.items():
        path: NodePath = ("of", name)
        known = len(check.findings)
        _facts(check, at, (*path, "zone"), partial(check_zone, calendar.zone), "UNKNOWN_ZONE")
        if calendar.holidays is not None:
            _facts(check, at, (*path, "holidays"), partial(check_region, calendar.holidays), "UNKNOWN_REGION")
        if len(check.findings) > known:
            continue
        for where, entry in _pieces(calendar):  # hours that overlap or never come, days that no month has
            _facts(check, at, (*path, *where), partial(compiled, name, entry), "BAD_CALENDAR")
        if len(check.findings) == known:
            _facts(check, at, path, partial(compiled, name, calendar), "BAD_CALENDAR")


def _pieces(calendar: CalendarEntry) -> Iterator[tuple[NodePath, CalendarEntry]]:
    """The same calendar with only one day's hours, one closure or one special day: so each mistake has its place."""
    plain = calendar.model_copy(update={"hours": {"mon-sun": "00:00-24:00"}, "closed": [], "special": {}})
    for day, spans in calendar.hours.items():
        yield ("hours", day), plain.model_copy(update={"hours": {day: spans}})
    for number, closure in enumerate(calendar.closed):
        yield ("closed", number), plain.model_copy(update={"closed": [closure]})
    for day, spans in calendar.special.items():
        yield ("special", day), plain.model_copy(update={"special": {day: spans}})


def _facts(check: Checker, at: Parsed, path: NodePath, ask: Callable[[], object], code: str) -> None:
    try:
        ask()
    except LeadflowError as error:
        check.report(at, path, code, error.message, error.remedy)


def _sources(check: Checker, at: Parsed, table: SourcesFile) -> None:
    """One way of writing is one source, campaign or country."""
    lists: tuple[tuple[str, Iterable[tuple[str, NodePath, list[str]]]], ...] = (
        ("source", ((name, ("of", name, "aliases"), row.aliases) for name, row in table.of.items())),
        ("campaign", ((name, ("campaigns", name, "aliases"), row.aliases) for name, row in table.campaigns.items())),
        ("country", ((code, ("countries", code), aliases) for code, aliases in table.countries.items())),
    )
    for what, rows in lists:
        owner: dict[str, str] = {}
        for name, path, aliases in rows:
            for number, alias in [(None, name), *enumerate(aliases)]:
                first = owner.setdefault(plain(alias), name)
                if first != name:
                    place = path[:2] if number is None else (*path, number)
                    message = f"'{alias}' is written for the {what} '{first}' as well"
                    check.report(at, place, "DUPLICATE_NAME", message, "Leave it to one of them.")


def _templates(check: Checker, at: Parsed, table: TemplateTable) -> None:
    """All but the lead's fields, which only a process knows."""
    for name, template in table.of.items():
        for fault in template_faults(template.subject, template.text):
            mark = at.document.inside(("of", name, fault.part), fault.line, fault.column)
            check.add(Finding(mark, fault.code, fault.message, fault.remedy))
