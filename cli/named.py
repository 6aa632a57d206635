"""Which people and teams a process counts on, and whether the roster has them.

A name that nobody bears is found when it is too late: when a lead escalates to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from engine.compiling.bundle import Bundle, parse
from engine.errors import Mark
from engine.language.tables import Among, AssignmentTable, CalendarTable, Person, Team
from engine.reading.document import NodePath, Plain

_ADDRESS = re.compile(r"(person|team):([a-z][a-z0-9_]*)")


@dataclass(frozen=True, slots=True)
class Named:
    """A person or team that a file names, and where it does."""

    kind: str
    name: str
    mark: Mark


def named_in(bundle: Bundle) -> Iterator[Named]:
    """Everybody whom a process and its tables name: who is told, who decides, among whom owners are looked for."""
    for source in (bundle.process, *bundle.tables):
        parsed = parse(source)
        mark = parsed.document.mark
        for path, text in _texts(parsed.document.value, ()):
            if address := _ADDRESS.fullmatch(text):
                yield Named(address[1], address[2], mark(path))
        if isinstance(parsed.model, AssignmentTable):
            for kind, name, path in _in_assignment(parsed.model):
                yield Named(kind, name, mark(path))


def _in_assignment(table: AssignmentTable) -> Iterator[tuple[str, str, NodePath]]:
    yield "person", table.exception.person, ("exception", "person")
    if table.queue is not None:
        yield "team", table.queue.team, ("queue", "team")
    for number, rule in enumerate(table.rules):
        among: NodePath = ("rules", number, "among")
        yield from (("team", team, (*among, "team")) for team in rule.among.team)
        yield from (("person", person, (*among, "people")) for person in rule.among.people)


def _texts(value: Plain, path: NodePath) -> Iterator[tuple[NodePath, str]]:
    match value:
        case str():
            yield path, value
        case list():
            for number, item in enumerate(value):
                yield from _texts(item, (*path, number))
        case dict():
            for key, item in value.items():
                yield from _texts(item, (*path, key))


@dataclass(frozen=True, slots=True)
class Missing:
    """A name that counts for nothing: what is wrong with it, which processes name it, and where first."""

    name: str
    trouble: str
    by: tuple[str, ...]
    mark: Mark

    def __str__(self) -> str:
        return f"{', '.join(self.by)}: {self.name} {self.trouble} ({self.mark})"


def missing_from(
    bundles: Mapping[str, Bundle], people: Mapping[str, Person], teams: Mapping[str, Team]
) -> list[Missing]:
    """Names that the roster does not have, or whose bearer is not active, each once, whatever names them."""
    found: dict[tuple[str, str], Missing] = {}
    for process, bundle in sorted(bundles.items()):
        for one in named_in(bundle):
            if (trouble := _trouble(one, people, teams)) is None:
                continue
            known = found.setdefault((one.kind, one.name), Missing(one.name, trouble, (), one.mark))
            if process not in known.by:
                found[one.kind, one.name] = replace(known, by=(*known.by, process))
    return list(found.values())


def _trouble(one: Named, people: Mapping[str, Person], teams: Mapping[str, Team]) -> str | None:
    if one.kind == "team":
        return None if one.name in teams else "is no team of the roster"
    person = people.get(one.name)
    return "is not in the roster" if person is None else None if person.active else "is not active"


@dataclass(frozen=True, slots=True)
class Strange:
    """A calendar that a process's table does not have, and who of those whose deadlines it counts has it."""

    process: str
    table: str
    calendar: str
    who: tuple[str, ...]


def without_calendar(
    process: str, bundle: Bundle, people: Mapping[str, Person], teams: Mapping[str, Team]
) -> list[Strange]:
    """Of the people and teams that can get its leads: their deadlines would be on the table's default calendar."""
    models = [parse(table).model for table in bundle.tables]
    calendars = next((model for model in models if isinstance(model, CalendarTable)), None)
    assignment = next((model for model in models if isinstance(model, AssignmentTable)), None)
    if calendars is None or assignment is None:
        return []
    wanted = {
        key: person.calendar for key, person in people.items() if person.active and _gets(assignment, key, person)
    }
    if assignment.queue is not None and (team := teams.get(assignment.queue.team)) is not None:
        wanted[f"team {assignment.queue.team}"] = team.calendar
    by_calendar: dict[str, list[str]] = {}
    for who, calendar in sorted(wanted.items()):
        if calendar and calendar not in calendars.of:
            by_calendar.setdefault(calendar, []).append(who)
    return [Strange(process, calendars.calendars, name, tuple(who)) for name, who in sorted(by_calendar.items())]


def _gets(table: AssignmentTable, key: str, person: Person) -> bool:
    """Whether any lead can be given to the person. What a rule reads from the lead may be anything."""
    claims = table.queue is not None and table.queue.team in person.teams
    return key == table.exception.person or claims or any(_meant(rule.among, key, person) for rule in table.rules)


def _meant(among: Among, key: str, person: Person) -> bool:
    named = not among.people or key in among.people
    of_team = not among.team or any(team in person.teams for team in among.team)
    there = among.territory is None or _read(among.territory) or among.territory in person.territories
    able = all(_read(skill) or skill in person.skills for skill in among.skills)
    return named and of_team and there and able


def _read(said: str) -> bool:
    return said.startswith("lead.")


def unreachable(people: Mapping[str, Person]) -> list[str]:
    """Active people who have no address for any channel of theirs."""
    return [
        key
        for key, person in sorted(people.items())
        if person.active and not any(getattr(person, channel.value) for channel in person.channels)
    ]
