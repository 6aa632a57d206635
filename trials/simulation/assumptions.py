"""What a simulation takes for granted, in words. A figure without these is worth nothing."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.simulation import HOURS_OF_A_WORKING_DAY, SimulationPlan
from engine.process import Process
from engine.time.calendars import named_calendar
from trials.simulation.conduct import EACH_TAKES, IGNORES


def assumptions(process: Process, plan: SimulationPlan, rows: int, *, measured: bool) -> tuple[str, ...]:
    """What was drawn and what was left out, one sentence each."""
    return (*_leads(process, plan, rows), *_people(plan, measured=measured), *_left_out())


def _leads(process: Process, plan: SimulationPlan, rows: int) -> Iterator[str]:
    arrivals = plan.arrivals
    if not arrivals.weekdays and not arrivals.hours:
        name = named_calendar(process, arrivals.calendar).name
        yield f"Leads come on working days within the opening hours of {name}, each moment as likely as the other."
    if rows:
        yield f"Leads are those of the file, in its order ({rows} rows); with more leads than rows they come again."
    else:
        drawn = sorted(name for name in process.fields if name in plan.fields)
        said = f" ({', '.join(drawn)})" if drawn else ""
        yield (
            f"Values of leads are drawn as the plan says{said}; all others evenly from what their fields accept, countries "
            "from the territories in the roster."
        )
        yield "No two leads are of the same company, and none comes a second time by itself."


def _people(plan: SimulationPlan, *, measured: bool) -> Iterator[str]:
    behaviour = plan.behaviour
    if measured:
        yield "Waits and shares of events are those that the journal tells of each stage."
    if not behaviour.stages:
        yield (
            "Where nothing else is said, nine of ten leads are seen to before the tightest clock of their stage runs out, half "
            "of them in half of that time; an event that leads onward is three times as likely as any other."
        )
    if behaviour.ignores is None:
        yield f"People never touch {IGNORES:.0%} of the leads that they are given, until these are taken from them."
    if behaviour.each_takes is None:
        yield f"Each event takes {EACH_TAKES.amount} minutes of somebody's working time; while they are busy, leads wait."
    yield (
        f"People work only within their own hours; a working day of theirs counts as {HOURS_OF_A_WORKING_DAY} hours. "
        "What an event asks for is always brought along."
    )
    yield "Whoever decides about leads that no rule can place gives them to the seller of that territory with the fewest open leads."


def _left_out() -> Iterator[str]:
    yield "The floor is empty at the beginning: nobody has any lead yet, so the first weeks look better than they would be."
    yield "People do not change their ways when they are warned, or have more to do, beyond what their time allows."
