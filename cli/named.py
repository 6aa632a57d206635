"""Which people and teams a process counts on, and whether the roster has them.

A name that nobody bears is found when it is too late: when a lead escalates to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.compiling.bundle import Bundle, parse
from engine.errors import Mark
from engine.language.tables import AssignmentTable, CalendarTable, Person, Team
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


def missing_from(named: Iterator[Named], people: Mapping[str, Person], teams: Mapping[str, Team]) -> list[str]:
    """Names that the roster does not have, or whose bearer is not active, each once, with the first place."""
    told: dict[str, None] = {}
    for one in named:
        if one.kind == "team":
            trouble = None if one.name in teams else "no such team"
        else:
            person = people.get(one.name)
            trouble = "not in the roster" if person is None else None if person.active else "not active"
        if trouble is not None:
            told.setdefault(f"{one.name}: {trouble} ({one.mark})")
    return list(told)


def without_calendar(bundle: Bundle, people: Mapping[str, Person], teams: Mapping[str, Team]) -> list[str]:
    """Active people and teams whose calendar the process's table does not have: deadlines would be on another one."""
    models = [parse(table).model for table in bundle.tables]
    known = {name for model in models if isinstance(model, CalendarTable) for name in model.of}
    if not known:
        return []
    wanted = {key: person.calendar for key, person in people.items() if person.active}
    wanted |= {f"team {key}": team.calendar for key, team in teams.items()}
    return [f"{who}: {calendar}" for who, calendar in sorted(wanted.items()) if calendar and calendar not in known]


def unreachable(people: Mapping[str, Person]) -> list[str]:
    """Active people who have no address for any channel of theirs."""
    return [
        key
        for key, person in sorted(people.items())
        if person.active and not any(getattr(person, channel.value) for channel in person.channels)
    ]
