"""Every name that a scenario may use: those of its process, of the processes that the lead may go on in, and of its people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from zoneinfo import ZoneInfo

from engine.compiling.bundle import Parsed
from engine.compiling.checking import Checker
from engine.errors import LeadflowError
from engine.language.definition import LeadField
from engine.language.scenario import Leave
from engine.language.tables import RosterFile
from engine.process import Process
from engine.reading.document import NodePath
from trials.scenarios import moments
from trials.scenarios.case import Setting


class Names:
    def __init__(self, setting: Setting, rosters: Sequence[RosterFile]) -> None:
        self.processes: tuple[Process, ...] = setting.processes
        self.people = _once(key for roster in rosters for key in roster.people)
        self.teams = _once(key for roster in rosters for key in roster.teams)

    @cached_property
    def events(self) -> list[str]:
        return _once(event for process in self.processes for event in process.event_titles)

    @cached_property
    def stages(self) -> list[str]:
        """Every way to call one: the full name, and the last part of it where that is unique."""
        paths = _once(path for process in self.processes for path in process.scopes if path)
        return _once((*paths, *(path.rpartition(".")[2] for path in paths)))

    @cached_property
    def clocks(self) -> list[str]:
        return _once(name for process in self.processes for _, name in process.clocks)

    @cached_property
    def series(self) -> list[str]:
        return _once(name for process in self.processes for name in process.series)

    @cached_property
    def templates(self) -> list[str]:
        tables = [process.templates for process in self.processes if process.templates is not None]
        return _once(name for table in tables for name in table.of)

    @cached_property
    def fields(self) -> dict[str, LeadField]:
        """The process's own go before those of others."""
        return {name: spec for process in reversed(self.processes) for name, spec in process.fields.items()}

    @cached_property
    def segments(self) -> list[str]:
        return _once(row.segment for one in self.processes if one.segments is not None for row in one.segments.of)

    @cached_property
    def priorities(self) -> list[str]:
        return _once(name for one in self.processes if one.score is not None for name in one.score.priority)

    @cached_property
    def grades(self) -> list[str]:
        return _once(name for one in self.processes if one.score is not None for name in one.score.grade)

    @cached_property
    def calendars(self) -> list[str]:
        return _once(name for one in self.processes if one.calendars is not None for name in one.calendars.of)

    @cached_property
    def codes(self) -> dict[str, list[str]]:
        """What events ask for, with every code that it can be."""
        found: dict[str, list[str]] = {}
        for process in self.processes:
            for branches in process.branches.values():
                for branch in branches:
                    for name, reason_list in branch.codes.items():
                        found.setdefault(name, []).extend(process.codes_of(reason_list))
        return found

    @cached_property
    def happenings(self) -> list[str]:
        """What the journal may say of a lead."""
        return [
            *self.events,
            *("arrived", "touched", "rescored", "hold_over", "deadlines_recomputed", "handed_over"),
            *(f"{what}:{clock}" for clock in self.clocks for what in ("warned", "overdue")),
            *(f"step:{name}" for name in self.series),
            *(f"could_not:{event}" for event in (*self.events, "hand_over")),
        ]

    def person(self, check: Checker, at: Parsed, path: NodePath, name: str, *, key: bool = False) -> bool:
        if name in self.people or not key:
            return check.known(at, path, name, self.people, "person of the roster", "UNKNOWN_PERSON")
        check.report(at, path, "UNKNOWN_PERSON", f"'{name}' is nobody of the roster", "Correct the name.", key=True)
        return False

    def leave(self, check: Checker, at: Parsed, path: NodePath, leave: Leave, zone: ZoneInfo) -> None:
        self.person(check, at, (*path, "person"), leave.person)
        for key, text in (("from", leave.from_), ("until", leave.until)):
            try:
                if text is not None:
                    moments.day_or_moment(text, zone, after=False)
            except LeadflowError as error:
                check.report(at, (*path, key), "BAD_MOMENT", error.message, error.remedy)


def _once(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
