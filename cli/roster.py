"""People, teams and absences from the command line."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

import settings as configuration
from cli.author import author
from cli.database import database
from cli.output import AsJson, awaited, plain, print_json, print_table, say
from cli.rights import caller
from engine.access import plans_leave_of
from engine.errors import DefinitionError, Finding, IntakeError, LeadflowError, StackError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bootstrap import Office
    from engine.language.tables import Person, RosterFile

MINUTE = "%Y-%m-%d %H:%M"


# --- the roster ------------------------------------------------------------------------------------------------------


def read_roster(file: Path) -> RosterFile:
    """Raises DefinitionError where the file is no roster."""
    from engine.compiling.bundle import SourceText, parse
    from engine.language.tables import RosterFile
    from engine.reading.source import read_file

    document = read_file(file)
    parsed = parse(SourceText(str(file), file.read_text(encoding="utf-8")))
    if not isinstance(parsed.model, RosterFile):
        what = f"this file is a {parsed.kind} table" if parsed.kind != "process" else "this file is a process"
        raise DefinitionError([Finding(document.mark(()), "NOT_A_ROSTER", what, "Name the file of a roster.")])
    return parsed.model


@awaited
async def load(
    file: Annotated[Path, typer.Argument(help="A roster file.")],
    by: Annotated[str, typer.Option(help="Who loads it; you, if left out.")] = "",
    as_json: AsJson = False,
) -> None:
    """Load people and teams. Whoever is missing in the file becomes inactive; nobody is deleted. Where somebody's working hours
    change, their open leads compute their deadlines anew.

    For instance: leadflow roster load definitions/rosters/sample.yaml
    """
    from cli.health_words import count
    from store import roster

    model = read_roster(file)
    async with database() as connection:
        loaded = await roster.load(connection, model, by or author())
    told = await _tell_hours() if loaded.other_hours else 0
    if as_json:
        print_json({**plain(loaded), "leads": told})
        return
    retired = f"; inactive now: {', '.join(loaded.retired)}" if loaded.retired else ""
    moved = f"; other hours: {', '.join(loaded.other_hours)}" if loaded.other_hours else ""
    say(f"{count(loaded.people, 'person', 'people')} in {count(loaded.teams, 'team')}{retired}{moved}")
    if loaded.other_hours:
        later = "the next worker that starts tells their leads, since Temporal does not answer now"
        say(f"  {later}" if told is None else f"  {count(told, 'open lead')} told")


async def _tell_hours() -> int | None:
    """How many leads were told; None where Temporal is away, which is no reason not to load a roster."""
    from bootstrap import open_office
    from client.hours import tell_hours

    try:
        async with open_office(configuration.load()) as office:
            return await tell_hours(office.pool, office.desk)
    except StackError:
        return None


@awaited
async def show(as_json: AsJson = False) -> None:
    """Everybody of the roster, with teams, territories, skills, calendar and limits."""
    from store import roster

    async with database() as connection:
        people = await roster.people(connection)
    if as_json:
        print_json({key: person.model_dump(mode="json") for key, person in people.items()})
        return
    columns = ("person", "name", "teams", "territories", "skills", "calendar", "weight", "limits", "active")
    print_table(columns, [(key, *_row(person)) for key, person in people.items()])


def _row(person: Person) -> Iterator[object]:
    limits = ((person.limits.open, "open"), (person.limits.per_day, "a day"))
    yield person.name
    yield ", ".join(person.teams)
    yield ", ".join(person.territories)
    yield ", ".join(person.skills)
    yield person.calendar
    yield person.weight
    yield ", ".join(f"{limit} {what}" for limit, what in limits if limit is not None)
    yield "yes" if person.active else "no"


# --- leave -----------------------------------------------------------------------------------------------------------


@awaited
async def add_leave(
    person: Annotated[str, typer.Argument(help="The person's key in the roster.")],
    first: Annotated[str, typer.Argument(help="First day or moment: 2026-12-21, or 2026-12-21T13:00.")],
    last: Annotated[str, typer.Argument(help="Last day (included) or moment.")],
    note: Annotated[str, typer.Option(help="What for; shown to colleagues.")] = "",
    zone: Annotated[str | None, typer.Option(help="Time zone; the person's calendar's if left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Enter leave. The person's open leads compute their deadlines anew.

    For instance: leadflow leave add anna_schulz 2026-12-21 2026-12-31 --note holidays
    """
    from bootstrap import open_office
    from client.absences import tell_absences
    from store import leave, roster

    async with open_office(configuration.load()) as office:
        async with office.pool.acquire() as connection:
            people = await roster.people(connection)
            if person not in people:
                message = f"there is nobody called '{person}' in the roster"
                raise IntakeError("UNKNOWN_PERSON", message, remedy="`leadflow roster show` lists everybody.")
            local = _zone(zone or _zone_of(office, people[person].calendar))
            starts, ends = _moment(first, local, after=False), _moment(last, local, after=True)
            if who := caller():
                plans_leave_of(who, person, people[person].teams)
            entered = await leave.add_leave(connection, person, starts, ends, note)
        told = (await tell_absences(office.pool, office.desk)).get(entered.id, 0)
    if as_json:
        print_json({"leave": entered.id, "person": person, "starts_at": starts, "ends_at": ends, "leads": told})
    else:
        span = f"from {starts.astimezone(local):{MINUTE}} to {ends.astimezone(local):{MINUTE}} ({local.key})"
        say(f"leave {entered.id}: {person} is absent {span}; {told} open leads told")


@awaited
async def end_leave(
    leave_id: Annotated[
        int, typer.Argument(help="The leave's number, as `leadflow leave list` shows it.", metavar="NUMBER")
    ],
    as_json: AsJson = False,
) -> None:
    """End a leave now, or take back one that has not begun. The person's open leads are told."""
    from bootstrap import open_office
    from client.absences import tell_absences
    from store import leave, roster

    async with open_office(configuration.load()) as office:
        async with office.pool.acquire() as connection:
            if who := caller():
                people = await roster.people(connection)
                for line in await leave.leave_list(connection):
                    if line.id == leave_id:
                        plans_leave_of(who, line.person, people[line.person].teams)
            ended = await leave.end_leave(connection, leave_id, datetime.now(UTC))
        told = (await tell_absences(office.pool, office.desk)).get(leave_id, 0)
    if as_json:
        print_json({"leave": leave_id, "ended": ended is not None, "leads": told})
    else:
        say(f"leave {leave_id} ended; {told} open leads told" if ended else f"leave {leave_id} was over already")


@awaited
async def list_leave(
    person: Annotated[str | None, typer.Option(help="Only this person's.")] = None, as_json: AsJson = False
) -> None:
    """Leave that is not over yet."""
    from store import leave

    async with database() as connection:
        rows = await leave.leave_list(connection, person, datetime.now(UTC))
    if as_json:
        print_json(rows)
    else:
        columns = ("leave", "person", "from (UTC)", "to (UTC)", "note")
        print_table(columns, [(row.id, row.person, row.starts_at, row.ends_at, row.note) for row in rows])


def _zone_of(office: Office, calendar: str | None) -> str:
    """The zone of the person's calendar, by the calendars of the published processes."""
    for process in office.catalog.currents():
        table = process.calendars
        if table is not None and (calendar or table.default) in table.of:
            return table.of[calendar or table.default].zone
    return "UTC"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise LeadflowError(f"there is no time zone '{name}'", "Write for instance Europe/Berlin.") from None


def _moment(text: str, zone: ZoneInfo, *, after: bool) -> datetime:
    """A day is meant whole: a last day ends at its midnight. A moment without an offset is meant in the zone."""
    try:
        if "T" in text:
            moment = datetime.fromisoformat(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
        day = date.fromisoformat(text) + timedelta(days=1 if after else 0)
        return datetime.combine(day, time(), zone).astimezone(UTC)
    except (ValueError, OverflowError):
        raise LeadflowError(f"'{text}' is no day", "Write 2026-12-21, or 2026-12-21T13:00.") from None
