"""Simulations: leads and decisions a second on one core. `python -m bench.simulation 100000` tries a whole quarter of so many."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from bench.figures import Figure
from engine.compiling.bundle import parse
from engine.language.simulation import Arrivals, Behaviour, Conduct, SimulationPlan
from engine.language.tables import Person, RosterFile, Team
from engine.process import Process
from engine.time.durations import parse_duration
from store.definition_files import load_process, process_files, text_of
from trials.simulation.results import Results
from trials.simulation.trial import Setting, try_out

DEFINITIONS = Path(__file__).parent.parent / "definitions"
LEADS = 2_000
EACH = 2_700
"""Leads for each copy of the sample roster: a hundred for each seller in a quarter."""


NAMED = dict.fromkeys(("maria_lopez", "head_of_marketing"), Conduct(each_takes=parse_duration("0 minutes")))
"""Whom definitions name cannot be copied; in a larger firm there would be an office behind them."""


def measure_simulation(leads: int = LEADS, rounds: int = 3) -> list[Figure]:
    """A quarter of inbound leads, everything left to what is assumed; CPU time, the best of some rounds."""
    process, others = _processes()
    people, teams = _people(-(-leads // EACH))
    plan = SimulationPlan(simulate=process.name, arrivals=Arrivals(leads=leads), behaviour=Behaviour(people=NAMED))
    setting = Setting(plan, people, teams, date(2027, 1, 1))
    best, found = float("inf"), None
    for _ in range(rounds):
        gc.collect()
        began = time.process_time()
        found = try_out([process], others, setting)[0]
        best = min(best, time.process_time() - began)
    assert found is not None
    return _figures(found, best)


def _figures(found: Results, seconds: float) -> list[Figure]:
    each = found.decisions / found.leads
    note = f"{found.leads:,} leads, {each:.1f} decisions each, {seconds:.1f} s; 100,000 take {100_000 / found.leads * seconds:.0f} s"
    return [
        Figure("simulation, leads on one core", found.leads / seconds, "a second", note=note),
        Figure("simulation, one decision with all around it", seconds / found.decisions * 1e6, "µs", bound=200.0),
    ]


def _processes() -> tuple[Process, list[Process]]:
    found = [load_process(file)[1] for file in process_files(DEFINITIONS)]
    inbound = next(one for one in found if one.name == "inbound_b2b")
    return inbound, [one for one in found if one is not inbound]


def _people(copies: int) -> tuple[Mapping[str, Person], Mapping[str, Team]]:
    """The sample roster, with so many of everybody who is in a team."""
    roster = parse(text_of(DEFINITIONS / "rosters" / "sample.yaml")).model
    assert isinstance(roster, RosterFile)
    people = dict(roster.people)
    for number in range(2, copies + 1):
        people |= {f"{key}_{number}": one for key, one in roster.people.items() if one.teams}
    return people, roster.teams


if __name__ == "__main__":
    for figure in measure_simulation(int(sys.argv[1]) if len(sys.argv) > 1 else LEADS, rounds=1):
        print(f"{figure.name}: {figure.value:,.0f} {figure.unit}; {figure.note}".rstrip("; "))
