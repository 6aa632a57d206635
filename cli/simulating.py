"""`leadflow simulate`: a definition tried out with invented leads and people's ways, in memory."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.output import AsJson, print_json, say
from engine.errors import LeadflowError

if TYPE_CHECKING:
    from engine.language.simulation import SimulationPlan
    from engine.language.tables import Person, Team
    from engine.process import Process


def simulate(
    files: Annotated[list[Path], typer.Argument(help="A process file; a second one is compared with it.")],
    plan: Annotated[Path | None, typer.Option(help="A file that begins with `simulate:`; see the manual.")] = None,
    roster: Annotated[Path | None, typer.Option(help="People and teams; those loaded, if left out.")] = None,
    leads: Annotated[int | None, typer.Option(min=1, max=1_000_000, help="How many leads come.")] = None,
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
    planned = _plan(plan, processes[0], leads, seed)
    people, teams = _people(roster)
    found = try_out(processes, others, Setting(planned, people, teams, date.today()))
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


def _plan(file: Path | None, process: Process, leads: int | None, seed: int | None) -> SimulationPlan:
    from engine.language.simulation import SimulationPlan
    from store.plan_files import read_plan

    plan = read_plan(file) if file is not None else SimulationPlan(simulate=process.name)
    if plan.simulate != process.name:
        raise LeadflowError(
            f"the plan is for {plan.simulate}, and the definition is {process.name}", "Name the one that it is for."
        )
    if leads is not None:
        plan = plan.model_copy(update={"arrivals": plan.arrivals.model_copy(update={"leads": leads, "rate": None})})
    return plan if seed is None else plan.model_copy(update={"seed": seed})


def _people(file: Path | None) -> tuple[dict[str, Person], dict[str, Team]]:
    from engine.compiling.bundle import parse
    from engine.language.tables import RosterFile
    from store.definition_files import text_of

    if file is None:
        return asyncio.run(_loaded())
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
