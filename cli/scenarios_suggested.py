"""Suggested scenarios of a process, as a file that runs green as it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC
from zoneinfo import ZoneInfo

from cli.scenarios_read import Group
from engine.compiling.bundle import SourceText, parse
from engine.errors import LeadflowError
from engine.language.tables import RosterFile
from engine.process import Process
from engine.reading.source import read
from trials.scenarios.case import Case
from trials.scenarios.coverage import Coverage
from trials.scenarios.moments import moment, written
from trials.scenarios.reading import cases_of
from trials.scenarios.running import run
from trials.scenarios.suggesting import Found, as_file, suggest

BEGINS = "2026-03-02 10:00"
"""A Monday morning, where no scenario of the process says otherwise."""


def suggestions(group: Group, covered: Coverage) -> str:
    """The text of the file. Raises LeadflowError where nobody knows who works there."""
    base = _base(group)
    found = suggest(group.plan, base, covered.covered)
    given = {"now": f"{written(base.now, base.zone)} {base.zone.key}", "roster": base.roster.roster}
    name = group.plan.process.name
    if not found:
        return f"# {name}: nothing more is found; see `leadflow test --coverage` for what is left.\n"
    text = as_file(name, given, found)
    return as_file(name, given, _green(text, found, group))


def _green(text: str, found: list[Found], group: Group) -> list[Found]:
    """Those that run as they are written: a minute is the least that a scenario can say, and clocks know less."""
    outcomes = [run(case) for case in cases_of(parse(SourceText("suggested", text)), group.setting)]
    return [one for one, outcome in zip(found, outcomes, strict=True) if outcome.ok]


def _base(group: Group) -> Case:
    rosters = group.setting.rosters
    for case in group.cases:
        if case.roster.roster in rosters:
            return replace(case, workload={}, accounts={}, leave=())
    roster = next(iter(rosters.values()), None)
    if roster is None:
        remedy = "Put a roster into the folder `rosters/` beside the processes, or write one scenario that has its own."
        raise LeadflowError(f"nobody knows who works with {group.plan.process.name}", remedy)
    return _usual(group, roster)


def _usual(group: Group, roster: RosterFile) -> Case:
    zone = _zone(group.plan.process)
    nothing: Mapping[str, str] = {}
    return Case(
        name="suggested",
        setting=group.setting,
        now=moment(BEGINS, zone).astimezone(UTC),
        zone=zone,
        roster=roster,
        lead={},
        workload={},
        accounts=nothing,
        leave=(),
        steps=(),
        document=read("scenarios: suggested\n", "suggested"),
        path=(),
    )


def _zone(process: Process) -> ZoneInfo:
    table = process.calendars
    return ZoneInfo(table.of[table.default].zone if table is not None else "UTC")
