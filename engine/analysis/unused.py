"""What nothing uses: ladders and sequences of a process, tables, and what stands in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from engine.analysis.subject import Subject
from engine.compiling.bundle import Parsed
from engine.compiling.checking import Checker
from engine.compiling.written_parts import parts_of
from engine.language.definition import Climb, ClockSpec, Event, Notify, ProcessFile, Send, StartSequence
from engine.language.tables import AssignmentTable, CalendarTable, IntakeTable, ReasonTable, RosterFile, TemplateTable


def check_series(check: Checker, subject: Subject) -> None:
    """Ladders that nothing climbs, and sequences that nothing starts."""
    started = list(_series_started([subject.source, *subject.tables.values()]))
    for kind, verb, group in (
        ("ladders", "climbs", subject.file.ladders),
        ("sequences", "starts", subject.file.sequences),
    ):
        for name in group:
            if name not in started:
                message = f"nothing {verb} '{name}'"
                remedy = f"Name it in a clock or an event, `{verb.removesuffix('s')}: {name}`, or take it away."
                check.report(subject.source, (kind, name), "UNUSED_SERIES", message, remedy, key=True)


def _series_started(files: Iterable[Parsed]) -> Iterator[str]:
    for file in files:
        if isinstance(file.model, AssignmentTable):
            yield file.model.exception.climb
            if file.model.queue is not None:
                yield file.model.queue.climb
        for _, part in parts_of(file.model):
            if isinstance(part, Climb):
                yield part.climb
            elif isinstance(part, StartSequence):
                yield part.start


@dataclass(frozen=True, slots=True)
class Users:
    """All that may use a table: every process of its folder that names it, with their other tables, and the rosters."""

    processes: Sequence[Parsed]
    tables: Sequence[Parsed]
    rosters: Sequence[RosterFile]


def check_table_used(check: Checker, table: Parsed, users: Users) -> None:
    """Report a table that no process uses; of one that is used, what in it nobody names."""
    if not users.processes:
        message = f"no process uses the {table.kind} table '{table.name}'"
        remedy = f"Name it in a process, `uses: {{{table.kind}: {table.name}}}`, or take the file away."
        check.report(table, (table.kind,), "UNUSED_TABLE", message, remedy)
        return
    match table.model:
        case ReasonTable(lists=lists):
            used = list(_lists_used(table.model, users))
            _names(check, table, "lists", "list", [name for name in lists if name not in used])
        case TemplateTable(of=texts):
            used = list(_templates_used(users))
            _names(check, table, "of", "template", [name for name in texts if name not in used])
        case CalendarTable(of=calendars) if users.rosters:
            used = [table.model.default, *_calendars_used(users)]
            _names(check, table, "of", "calendar", [name for name in calendars if name not in used])


def _names(check: Checker, table: Parsed, key: str, what: str, unused: Iterable[str]) -> None:
    for name in unused:
        message = f"no process that uses this table asks for the {what} '{name}'"
        if what == "calendar":
            message = f"neither a process nor anybody in the roster has the calendar '{name}'"
        check.report(table, (key, name), "UNUSED_IN_TABLE", message, "Use it, or take it away.", key=True)


def _lists_used(reasons: ReasonTable, users: Users) -> Iterator[str]:
    """Those that events name, and those that a code of the front door stands in."""
    for process in users.processes:
        for _, part in parts_of(process.model):
            if isinstance(part, Event):
                yield from part.needs.codes.values()
    kept_apart = [
        row.reason for one in users.tables if isinstance(one.model, IntakeTable) for row in one.model.out_of_scope
    ]
    yield from (name for name, codes in reasons.lists.items() if any(code in codes for code in kept_apart))


def _templates_used(users: Users) -> Iterator[str]:
    for process in users.processes:
        for _, part in parts_of(process.model):
            match part:
                case Notify():
                    yield part.with_
                case Send():
                    yield part.send
                case ClockSpec(on_warning=None) if part.warn_at:
                    yield "warning"
    for one in users.tables:
        if isinstance(one.model, AssignmentTable):
            yield one.model.exception.with_
            yield one.model.tells.owner
            if one.model.tells.earlier_owner is not None:
                yield one.model.tells.earlier_owner
            if one.model.queue is not None:
                yield one.model.queue.with_


def _calendars_used(users: Users) -> Iterator[str]:
    for process in users.processes:
        if isinstance(process.model, ProcessFile):
            yield from (part.runs_on for _, part in parts_of(process.model) if isinstance(part, ClockSpec))
    for roster in users.rosters:
        yield from (person.calendar for person in roster.people.values() if person.calendar is not None)
        yield from (team.calendar for team in roster.teams.values() if team.calendar is not None)
