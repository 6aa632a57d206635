"""One definition tried out: from a plan and a roster to results. Definitions that are compared share the setting."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

from engine.catalog import Catalog
from engine.language.simulation import SimulationPlan, StageConduct
from engine.language.tables import Person, Team
from engine.process import Process
from engine.time.worktime import Absence
from trials.floor import Floor
from trials.simulation.arrivals import Coming, coming, period_of
from trials.simulation.assumptions import assumptions
from trials.simulation.chance import Chance
from trials.simulation.conduct import Conducts, usual
from trials.simulation.results import Results, results
from trials.simulation.simulation import Simulation
from trials.simulation.values import Seedling, Values


@dataclass(frozen=True, slots=True)
class Setting:
    """What definitions are tried in: the plan, who works here, which leads a file brings, and what history tells of people
    (`measured`, by process and stage). `today` counts where the plan names no first day."""

    plan: SimulationPlan
    people: Mapping[str, Person]
    teams: Mapping[str, Team]
    today: date
    file: Sequence[Seedling] = ()
    measured: Mapping[str, Mapping[str, StageConduct]] = field(default_factory=dict)
    leave: Mapping[str, Sequence[Absence]] = field(default_factory=dict)


def try_out(processes: Sequence[Process], others: Sequence[Process], setting: Setting) -> list[Results]:
    """Each of the processes by itself, with the same leads and the same people. Behaviour that nobody states is guessed from the
    first. The plan must fit (`faults_in`); LeadflowError where no lead can come."""
    first = processes[0]
    plan, people = setting.plan, setting.people
    guesses = {first.name: usual(first) | dict(setting.measured.get(first.name, {}))}
    period = period_of(plan, setting.today)
    chance = Chance(plan.seed)
    values = Values(first, plan.fields, plan.behaviour.values, people.values())
    leads = coming(first, plan, period, values, chance, setting.file)
    with _seldom_collected():
        return [_try(one, others, setting, guesses, leads) for one in processes]


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """What a run leaves behind is freed at once, since it does not go round in circles: looking for some all the time, among
    everything that leads and people are, would take a tenth of it."""
    usual = gc.get_threshold()
    gc.set_threshold(100_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _try(
    process: Process,
    others: Sequence[Process],
    setting: Setting,
    guesses: Mapping[str, Mapping[str, StageConduct]],
    leads: Sequence[Coming],
) -> Results:
    plan, people = setting.plan, setting.people
    known = {one.name: one for one in (*others, process)}
    catalog = Catalog()
    for one in known.values():
        catalog.add(one)
    floor = Floor(people, setting.teams, digests={name: one.digest for name, one in known.items()})
    for person, absences in setting.leave.items():
        for absence in absences:
            floor.away(person, absence)
    conducts = Conducts(plan.behaviour, guesses, people)
    values = Values(process, {}, plan.behaviour.values, people.values())
    period = period_of(plan, setting.today)
    tally = Simulation(process, catalog, floor, conducts, values, Chance(plan.seed)).run(leads, period, plan.leave)
    names = {key: person.name for key, person in people.items()}
    said = assumptions(process, setting.plan, len(setting.file), measured=bool(setting.measured))
    return results(process, known, names, tally, period, plan.seed, said)
