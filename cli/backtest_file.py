"""A file of leads as a past: read by its mapping, without what nobody knew on arrival, with the outcome if the file has it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.importing import read_rows
from client.incoming import KeptOut, receive
from engine.errors import IntakeError, LeadflowError
from engine.step import lead_of
from engine.time.durations import elapsed, parse_duration
from store.definition_files import load_process, process_files
from trials.backtest.arrivals import Arriving, run_arrivals, times

if TYPE_CHECKING:
    from client.mapping import MappingFile
    from engine.language.tables import Person, Team
    from engine.process import Process
    from settings import Settings
    from trials.backtest.report import Backtest, Choice

PERIOD = timedelta(days=90)
"""Over which the leads of a file arrive, unless somebody says when."""


@dataclass(frozen=True, slots=True)
class Given:
    """What the command line says of a file: the candidate's, the leads', how to read it, who works here."""

    process: Path
    leads: Path
    mapping: Path | None
    outcome: str | None
    rosters: Sequence[Path]
    follow: str


@dataclass
class Source:
    """What a file made of the past that it stands for. `elsewhere` counts rows that are no leads of the candidate, by what became of
    them; `left_out` are columns known only afterwards, with the fields that come from them; `perhaps_later` fields that may have grown.
    """

    file: Path
    first: datetime
    last: datetime
    follow: str
    ordered_by: str | None
    outcome: str | None
    elsewhere: Counter[str] = field(default_factory=Counter)
    left_out: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    perhaps_later: tuple[str, ...] = ()
    arriving: list[Arriving] = field(default_factory=list)


def run_file(settings: Settings, candidate: Process, given: Given, choice: Choice) -> tuple[Backtest, Source]:
    """Run the leads of a file. Raises LeadflowError where none of them is for the candidate, or the outcome is not in it."""
    follow = elapsed_time(given.follow)
    others = _beside(given.process, candidate)
    source, arriving = _leads(settings, candidate, others, given, choice)
    if choice.where is not None:
        arriving = [
            one for one in arriving if choice.where.evaluate(candidate.view(one.lead, one.lead.arrived_at)).holds
        ]
    if choice.limit is not None:
        arriving = arriving[-choice.limit :]
    if not arriving:
        became = "; ".join(f"{count} {what}" for what, count in source.elsewhere.most_common()) or "none is chosen"
        remedy = "Name another file, process or condition."
        raise LeadflowError(f"no row of {given.leads} is a lead for {candidate.name}: {became}", remedy)
    people, teams = people_of(settings, given.rosters)
    source.arriving = arriving
    result = run_arrivals(arriving, candidate, people, teams, follow, others=others, scale=settings.time_scale)
    return result, source


def elapsed_time(text: str) -> timedelta:
    """Raises LeadflowError where it is no time that passes on every calendar."""
    wait = parse_duration(text)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    return elapsed(wait, start) - start


def _leads(
    settings: Settings, candidate: Process, others: Sequence[Process], given: Given, choice: Choice
) -> tuple[Source, list[Arriving]]:
    rule, rows = read_rows(settings, given.leads, given.mapping)
    last = choice.ends or (
        choice.begins + PERIOD if choice.begins else datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    )
    first = choice.begins or last - PERIOD
    column, wanted = _outcome(given, rows[0].values if rows else {})
    hidden: frozenset[str] = frozenset()
    if rule is not None:
        _same_columns(rule, rows[0].values if rows else {}, given)
        hidden = frozenset(rule.fields_from([*rule.known_after, *([column] if column else [])]))
    source = Source(given.leads, first, last, given.follow, rule.order if rule else None, given.outcome)
    if rule is not None:
        source.left_out = {name: rule.fields_from([name]) for name in rule.known_after}
        source.perhaps_later = rule.fields_from(rule.perhaps_after)
    asked = sorted((*others, candidate), key=lambda process: (-(process.takes_priority or 0), process.name))
    arriving = []
    for row, at in zip(rows, times(first, last, len(rows)), strict=True):
        try:
            if row.trouble is not None:
                raise IntakeError("UNREADABLE", row.trouble)
            raw = rule.lead(row.values) if rule else row.values
            known = {name: value for name, value in raw.items() if name not in hidden}
            incoming = receive(known, lambda _key: asked, at, "file")
        except IntakeError as error:
            source.elsewhere[f"refused: {error.code}"] += 1
            continue
        if isinstance(incoming, KeptOut):
            source.elsewhere[f"kept out: {incoming.reason}"] += 1
        elif incoming.process is not candidate:
            source.elsewhere[f"taken by {incoming.process.name}"] += 1
        else:
            lead = lead_of(candidate, incoming.key, incoming.title, incoming.fields, incoming.known, at)
            won = str(row.values.get(column)).strip() == wanted if column is not None else None
            arriving.append(Arriving(lead, won))
    return source, arriving


def people_of(settings: Settings, files: Sequence[Path]) -> tuple[dict[str, Person], dict[str, Team]]:
    """Everybody in these roster files, or in the shipped ones."""
    from cli.roster import read_roster

    people: dict[str, Person] = {}
    teams: dict[str, Team] = {}
    for file in files or sorted((settings.definitions / "rosters").glob("*.yaml")):
        roster = read_roster(file)
        people |= roster.people
        teams |= roster.teams
    return people, teams


def _same_columns(rule: MappingFile, row: Mapping[str, Any], given: Given) -> None:
    """A slip in the name of a column would let through what nobody knew on arrival."""
    missing = [name for name in (*rule.known_after, *rule.perhaps_after) if name not in row]
    if missing:
        raise LeadflowError(
            f"{given.leads} has no column {', '.join(missing)}, which the mapping names as known later",
            "Correct the names under `known_after` and `perhaps_after`.",
        )


def _outcome(given: Given, row: Mapping[str, Any]) -> tuple[str | None, str]:
    if given.outcome is None:
        return None, ""
    column, equals, wanted = (part.strip() for part in given.outcome.partition("="))
    if not equals or not column:
        raise LeadflowError(
            f"'{given.outcome}' does not say what a won lead looks like", "Write --outcome Converted=1."
        )
    if column not in row:
        raise LeadflowError(f"{given.leads} has no column '{column}'", f"It has {', '.join(row)}.")
    return column, wanted


def _beside(file: Path, candidate: Process) -> list[Process]:
    """The newest version of every other process of the same folder of definitions: they are asked for leads too."""
    files: Iterable[Path] = process_files(file.resolve().parent.parent)
    processes = (load_process(other)[1] for other in files if other.parent != file.resolve().parent)
    return [process for process in processes if process.name != candidate.name]
