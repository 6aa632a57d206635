"""Whether a plan fits the process and the roster that it is for: every name in it leads somewhere, every value can be kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.language.builtin import RESERVED
from engine.language.definition import FieldType
from engine.language.simulation import Behaviour, Conduct, Draw, SimulationPlan
from engine.process import Process
from engine.values import BadValue, accept
from trials.simulation.conduct import names_of

Fault = tuple[tuple[str | int, ...], str, str, str]
"""Where in the plan, the code of the finding, what is wrong, how to mend it."""

VALUES = ("simulate", "calendar", "person", "days_ahead")
"""Ends of ways to what is wrong in its value; everywhere else it is the key."""


def faults_in(
    plan: SimulationPlan, process: Process, people: Mapping[str, object], teams: Mapping[str, object]
) -> Iterator[Fault]:
    if plan.simulate != process.name:
        message = f"the plan is for {plan.simulate}, and the definition is {process.name}"
        yield ("simulate",), "UNKNOWN_PROCESS", message, "Name the definition that the plan is for."
        return
    yield from _draws(("fields",), plan.fields, process)
    for number, wave in enumerate(plan.arrivals.waves):
        yield from _draws(("arrivals", "waves", number, "fields"), wave.fields, process)
    calendar = plan.arrivals.calendar
    if calendar is not None and (process.calendars is None or calendar not in process.calendars.of):
        yield ("arrivals", "calendar"), "UNKNOWN_CALENDAR", f"there is no calendar '{calendar}'", "Correct the name."
    yield from _behaviour(plan.behaviour, process, people, teams)
    for number, leave in enumerate(plan.leave):
        if leave.person not in people:
            yield ("leave", number, "person"), *_stranger("person", leave.person)


def _behaviour(
    behaviour: Behaviour, process: Process, people: Mapping[str, object], teams: Mapping[str, object]
) -> Iterator[Fault]:
    yield from _draws(("behaviour", "values"), behaviour.values, process)
    yield from _conduct(("behaviour",), behaviour, process)
    for team, conduct in behaviour.teams.items():
        if team not in teams:
            yield ("behaviour", "teams", team), *_stranger("team", team)
        yield from _conduct(("behaviour", "teams", team), conduct, process)
    for person, conduct in behaviour.people.items():
        if person not in people:
            yield ("behaviour", "people", person), *_stranger("person", person)
        yield from _conduct(("behaviour", "people", person), conduct, process)


def _conduct(at: tuple[str | int, ...], conduct: Conduct, process: Process) -> Iterator[Fault]:
    stages = {name: leaf.path for leaf in process.leaves.values() for name in names_of(leaf)}
    events = [event for event in process.event_titles if event not in RESERVED]
    for stage, said in conduct.stages.items():
        if stage not in stages:
            remedy = f"Its stages: {', '.join(stages)}."
            yield (*at, "stages", stage), "UNKNOWN_STAGE", f"{process.name} has no stage '{stage}'", remedy
        for event in said.events or ():
            if event not in events:
                message = f"{process.name} has no event '{event}' that people cause"
                yield (
                    (*at, "stages", stage, "events", event),
                    "UNKNOWN_EVENT",
                    message,
                    f"Its events: {', '.join(events)}.",
                )


def _draws(at: tuple[str | int, ...], draws: Mapping[str, Draw], process: Process) -> Iterator[Fault]:
    for name, draw in draws.items():
        spec = process.fields.get(name)
        if spec is None or spec.personal:
            known = ", ".join(one for one, field in process.fields.items() if not field.personal)
            message = f"{process.name} has no field '{name}' whose value could be drawn"
            yield (*at, name), "UNKNOWN_FIELD", message, f"Its fields: {known}."
            continue
        if draw.days_ahead is not None and spec.type is not FieldType.DATE:
            message = f"'{name}' is no date, so it is no number of days ahead"
            yield (*at, name, "days_ahead"), "WRONG_FIELD_TYPE", message, "Draw it in another way."
        for value in (*(draw.of or ()), *(draw.between or ()), draw.value):
            try:
                accept(spec, value)
            except BadValue as error:
                yield (*at, name), "BAD_VALUE", f"'{name}' {error}, and {value} is to be drawn", "Correct the value."


def _stranger(kind: str, name: str) -> tuple[str, str, str]:
    return "NOT_IN_ROSTER", f"the roster has no {kind} '{name}'", "Correct the name, or add them to the roster."
