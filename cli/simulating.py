"""`leadflow simulate`: a definition tried out with invented leads and people's ways, in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.output import AsJson, print_json, say
from engine.errors import DefinitionError, Finding, LeadflowError

if TYPE_CHECKING:
    from engine.language.simulation import SimulationPlan, StageConduct
    from engine.language.tables import Person, Team
    from engine.process import Process
    from trials.simulation.values import Seedling


def simulate(
    files: Annotated[list[Path], typer.Argument(help="A process file; a second one is compared with it.")],
    plan: Annotated[Path | None, typer.Option(help="A file that begins with `simulate:`; see the manual.")] = None,
    roster: Annotated[Path | None, typer.Option(help="People and teams; those loaded, if left out.")] = None,
    leads: Annotated[int | None, typer.Option(min=1, max=1_000_000, help="How many leads come.")] = None,
    arrivals: Annotated[
        Path | None, typer.Option(help="A .csv or .ndjson file of leads, instead of drawn ones.")
    ] = None,
    mapping: Annotated[Path | None, typer.Option(help="The mapping of a .csv file, as an import takes it.")] = None,
    measured: Annotated[
        bool, typer.Option("--measured", help="Waits and choices as the journal tells of them.")
    ] = False,
    seed: Annotated[int | None, typer.Option(min=0, help="The same seed gives the same result.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw it into a file, as SVG.")] = None,
    as_json: AsJson = False,
) -> None:
    """Try a process with many leads in memory: workload, missed clocks, waits, how many stand where.

    Rules are those of production; leads and what people do are drawn by chance, from a seed. Nothing is sent, nothing is
    changed. Without a plan it makes assumptions, and says which.

    For instance: leadflow simulate definitions/inbound_b2b/v1.yaml --roster definitions/rosters/sample.yaml --leads 1000
    """
    from cli.simulation_page import show
    from trials.simulation.trial import Setting, try_out

    if len(files) > 2:
        raise typer.BadParameter("name one process file, or two to compare", param_hint="FILES")
    processes, others = _load(files)
    first = processes[0]
    people, teams = _roster(roster) if roster is not None else asyncio.run(_loaded())
    planned = _adapted(read_plan_for(plan, first, people, teams), leads, seed)
    told = asyncio.run(_measured(first)) if measured else {}
    file = _file(planned, plan, arrivals, mapping, first)
    found = try_out(processes, others, Setting(planned, people, teams, date.today(), file, told))
    if as_json:
        print_json(found)
    else:
        show(found)
    if plot is not None:
        from trials.simulation.plot import picture

        plot.write_text(picture(found), encoding="utf-8")
        say(f"written: {plot}", stderr=as_json)


def _load(files: list[Path]) -> tuple[list[Process], list[Process]]:
    """The processes, and those of the same folder of definitions that leads may be handed over to."""
    from store.definition_files import load_process, process_files

    processes = [load_process(file)[1] for file in files]
    folder = files[0].resolve().parent.parent
    found = [load_process(file)[1] for file in process_files(folder)]
    names = {process.name for process in processes}
    return processes, [other for other in found if other.name not in names]


def read_plan_for(
    file: Path | None, process: Process, people: Mapping[str, Person], teams: Mapping[str, Team]
) -> SimulationPlan:
    """Raises DefinitionError with every place where the plan does not fit the process or the roster."""
    from engine.language.simulation import SimulationPlan
    from store.plan_files import read_plan
    from trials.simulation.fitting import VALUES, faults_in

    if file is None:
        return SimulationPlan(simulate=process.name)
    plan, document = read_plan(file)
    findings = [
        Finding(document.mark(path) if path[-1] in VALUES else document.key_mark(path), code, message, remedy)
        for path, code, message, remedy in faults_in(plan, process, people, teams)
    ]
    if findings:
        raise DefinitionError(findings)
    return plan


def _adapted(plan: SimulationPlan, leads: int | None, seed: int | None) -> SimulationPlan:
    """What the command line says counts before the plan."""
    if leads is not None:
        plan = plan.model_copy(update={"arrivals": plan.arrivals.model_copy(update={"leads": leads, "rate": None})})
    return plan if seed is None else plan.model_copy(update={"seed": seed})


def _file(
    plan: SimulationPlan, at: Path | None, file: Path | None, mapping: Path | None, process: Process
) -> list[Seedling]:
    """The leads of a file, if one is named; one that the plan names lies beside it."""
    from cli.simulated_leads import seedlings

    said = plan.arrivals
    folder = at.parent if at is not None else Path()
    if file is None and said.file is not None:
        file = folder / said.file
    if mapping is None and said.mapping is not None:
        mapping = folder / said.mapping
    return seedlings(file, mapping, said.arrived, process) if file is not None else []


# --- people ----------------------------------------------------------------------------------------------------------


def _roster(file: Path) -> tuple[dict[str, Person], dict[str, Team]]:
    from engine.compiling.bundle import parse
    from engine.language.tables import RosterFile
    from store.definition_files import text_of

    model = parse(text_of(file)).model
    if not isinstance(model, RosterFile):
        raise LeadflowError(f"{file} is no roster", "Name a file that begins with `roster:`.")
    return dict(model.people), dict(model.teams)


async def _loaded() -> tuple[dict[str, Person], dict[str, Team]]:
    from cli.database import database
    from store import roster

    async with database() as connection:
        people, teams = await roster.people(connection), await roster.teams(connection)
    if not people:
        raise LeadflowError(
            "nobody is in the roster yet", "Give --roster FILE, or load one: `leadflow roster load FILE`."
        )
    return people, teams


async def _measured(process: Process) -> dict[str, dict[str, StageConduct]]:
    from cli.database import database
    from store import conduct
    from trials.simulation.conduct import contacts_in

    async with database() as connection:
        contacts = dict.fromkeys(event for stage in process.leaves for event in contacts_in(process, stage))
        told = await conduct.measured(connection, process.name, list(contacts))
    if not told:
        raise LeadflowError(
            f"the journal tells too little of {process.name}: no stage was left {conduct.FEWEST} times by people",
            "Leave out --measured, or say in a plan how people work.",
        )
    return {process.name: told}
