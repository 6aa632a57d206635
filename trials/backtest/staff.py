"""Roster and leave as they were, moment by moment."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from engine.language.tables import Person, Team
from engine.past import LeaveKnown, Past, Staffing
from engine.time.worktime import Absence
from engine.world import Colleague, World


@dataclass(frozen=True, slots=True)
class StaffChange:
    """From `at` on these are the people. `moved` are those whose leads have to be told, since their hours changed; `why` says it."""

    at: datetime
    people: Mapping[str, Colleague]
    teams: Mapping[str, Team]
    moved: tuple[str, ...]
    moved_teams: tuple[str, ...]
    why: str


class StaffThen:
    """Who worked here at any moment of the past. Before the first roster that is known, that one counts."""

    def __init__(self, past: Past) -> None:
        self.changes = tuple(_changes(past))
        self._times = [change.at for change in self.changes]

    def world(self, at: datetime) -> World:
        """People with the leave that was known of by then, and teams. Nobody has any workload in it."""
        if not self.changes:
            return World(at)
        change = self.changes[max(0, bisect_right(self._times, at) - 1)]
        return World(at, change.people, change.teams)


def _changes(past: Past) -> list[StaffChange]:
    people: Mapping[str, Person] = {}
    teams: Mapping[str, Team] = {}
    leave: dict[int, tuple[str, Absence]] = {}
    found: list[StaffChange] = []
    rows: list[Staffing | LeaveKnown] = sorted((*past.staffings, *past.leave), key=lambda one: one.at)
    first = next((row for row in rows if isinstance(row, Staffing)), None)
    if first is not None:
        rows.remove(first)
        rows.insert(0, first)
    for row in rows:
        moved: tuple[str, ...] = ()
        moved_teams: tuple[str, ...] = ()
        if isinstance(row, Staffing):
            before = people, teams
            people, teams, why = row.people, row.teams, "other working hours"
            if found:
                moved, moved_teams = _other_hours(*before, people, teams)
        else:
            moved, why = (row.person,), "leave changed"
            if row.absence is None:
                leave.pop(row.leave, None)
            else:
                leave[row.leave] = row.person, row.absence
        found.append(StaffChange(row.at, _colleagues(people, leave), teams, moved, moved_teams, why))
    return found


def _colleagues(people: Mapping[str, Person], leave: Mapping[int, tuple[str, Absence]]) -> dict[str, Colleague]:
    everybody = {key: Colleague(key, person) for key, person in people.items()}
    for person, absence in sorted(leave.values(), key=lambda one: one[1].start):
        if person in everybody:
            known = everybody[person]
            everybody[person] = replace(known, absences=(*known.absences, absence))
    return everybody


def _other_hours(
    people: Mapping[str, Person],
    teams: Mapping[str, Team],
    people_now: Mapping[str, Person],
    teams_now: Mapping[str, Team],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Who keeps other hours than before, as `store.hours` tells it; who is new had none."""
    persons = (
        key
        for key, person in people.items()
        if key not in people_now or _hours(person, teams) != _hours(people_now[key], teams_now)
    )
    groups = (key for key, team in teams.items() if key not in teams_now or teams_now[key].calendar != team.calendar)
    return tuple(persons), tuple(groups)


def _hours(person: Person, teams: Mapping[str, Team]) -> tuple[str | None, ...]:
    team = person.teams[0] if person.teams and person.teams[0] in teams else None
    return person.calendar, team, teams[team].calendar if team else None
