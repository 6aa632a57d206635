"""Backtests on one core: a file of leads through a whole process, and a past with what people did in it."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from bench.figures import Figure
from cli.roster import read_roster
from engine.catalog import Catalog
from engine.happening import EventIn
from engine.language.tables import RosterFile
from engine.lead import Lead, Value
from engine.past import CameIn, Past, PastLead, Recorded, Staffing
from engine.process import Process
from engine.step import new_lead
from store.definition_files import load_process
from trials.backtest.arrivals import Arriving, run_arrivals
from trials.backtest.judgement import judge_arrivals
from trials.backtest.report import Choice, backtest
from trials.floor import Floor
from trials.rehearsal import Rehearsal

DEFINITIONS = Path(__file__).parent.parent / "definitions"
LEADS, PAST_LEADS = 9_240, 1_000
BEGAN = datetime(2026, 8, 3, tzinfo=UTC)
DAY = timedelta(days=1)
T = TypeVar("T")


def measure_backtest() -> list[Figure]:
    """Made-up leads, always the same ones: as many as the data set has that the shipped score was tried on."""
    _, process = load_process(DEFINITIONS / "course_sales" / "v1.yaml")
    roster = read_roster(DEFINITIONS / "rosters" / "sample.yaml")
    arriving = [Arriving(lead, number % 5 < 2) for number, lead in enumerate(_leads(process, LEADS, 90 * DAY))]
    began = time.process_time()
    result = _undisturbed(lambda: run_arrivals(arriving, process, roster.people, roster.teams, DAY))
    judge_arrivals(arriving, result, ())
    file_seconds = time.process_time() - began
    past = _past(process, roster)
    began = time.process_time()
    catalog = Catalog()
    catalog.add(process)
    _undisturbed(lambda: backtest(past, process, catalog, Choice()))
    past_seconds = time.process_time() - began
    events = sum(len(lead.decisions) for lead in past.leads)
    return [
        Figure(
            f"backtest, {LEADS:,} leads of a file",
            file_seconds,
            "s",
            bound=10.0,
            note=f"{LEADS / file_seconds:,.0f} leads a second",
        ),
        Figure(
            f"backtest, {PAST_LEADS:,} past leads",
            past_seconds,
            "s",
            note=f"{events / past_seconds:,.0f} decisions a second",
        ),
    ]


def _undisturbed(work: Callable[[], T]) -> T:
    """As the command runs it: without looking through memory for what could go."""
    gc.collect()
    gc.disable()
    try:
        return work()
    finally:
        gc.enable()


def _leads(process: Process, count: int, within: timedelta) -> Iterator[Lead]:
    occupations = process.fields["occupation"].of or []
    courses = process.fields["course"].of or []
    forms = ("landing_page", "api", "add_form")
    sources = ("google", "direct", "chat", "organic_search", "reference")
    for number in range(count):
        fields: dict[str, Value] = {
            "kind": "sales",
            "channel": "direct",
            "origin": "central",
            "product_line": "courses",
            "source": sources[number * 7 % 5],
            "form": forms[number * 11 % 3],
            "occupation": occupations[number * 13 % len(occupations)],
            "country": "IN" if number % 9 else "AE",
            "visits": number * 17 % 9,
            "seconds_on_site": number * 29 % 1_500,
            "pages_per_visit": number * 19 % 5,
            "no_email": number % 12 == 0,
        }
        if number % 3:
            fields["course"] = courses[number * 5 % len(courses)]
        at = BEGAN + within / count * number
        yield new_lead(process, f"bench:{number}", "Course inquiry", dict(fields), (), at)


def _past(process: Process, roster: RosterFile) -> Past:
    """Half of them are called within the hour and come to an end, the other half stay silent."""
    floor = Floor(roster.people, roster.teams)
    leads = []
    for number, lead in enumerate(_leads(process, PAST_LEADS, 10 * DAY)):
        run = Rehearsal(process, lead, floor)
        run.arrive()
        if number % 2 and run.lead.owner is not None:
            owner = floor.actor(run.lead.owner)
            for wait, event in (
                (timedelta(minutes=40), EventIn("reached", owner, codes={"channel": "phone"})),
                (timedelta(hours=2), EventIn("lost_to_competitor", owner, codes={"competitor": "lernora"})),
            ):
                refused = run.event(event, lead.arrived_at + wait)
                assert refused is None, refused
        run.advance(lead.arrived_at + 2 * DAY)
        decisions = tuple(Recorded(done.decision, done.settled) for done in run.done)
        leads.append(PastLead(lead.key, lead.title, lead.arrived_at, decisions, (CameIn("0", fields=lead.fields),)))
    until = max(lead.arrived_at for lead in leads) + 2 * DAY
    return Past(tuple(leads), until, (Staffing(BEGAN, roster.people, roster.teams),))


if __name__ == "__main__":
    for figure in measure_backtest():
        print(f"{figure.name}: {figure.value:.2f} {figure.unit}, {figure.note}")
