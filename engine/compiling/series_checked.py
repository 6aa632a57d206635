"""Ladders and sequences as written, checked and compiled: in order of time, and a ladder ends at somebody with a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.compiling.actions_checked import ActionCompiler
from engine.compiling.bundle import Parsed
from engine.compiling.checking import Checker
from engine.language.definition import ProcessFile, Step
from engine.process import Series
from engine.reading.document import NodePath
from engine.time.durations import Duration, Unit

_MINUTES: Mapping[Unit, tuple[str, int]] = {
    Unit.minutes: ("hours", 1),
    Unit.hours: ("hours", 60),
    Unit.days: ("hours", 1_440),
    Unit.weeks: ("hours", 10_080),
    Unit.months: ("months", 1),
    Unit.working_minutes: ("working hours", 1),
    Unit.working_hours: ("working hours", 60),
    Unit.working_days: ("working days", 1),
}
"""What can be compared without a calendar: units that measure the same, and how much of it each is."""


def compile_series(check: Checker, source: Parsed, file: ProcessFile, actions: ActionCompiler) -> dict[str, Series]:
    """All ladders and sequences by name."""
    series: dict[str, Series] = {}
    for kind, group in (("ladders", file.ladders), ("sequences", file.sequences)):
        for name, steps in group.items():
            path: NodePath = (kind, name)
            if name in series:
                message, remedy = f"a ladder is called '{name}' too", "Give one of them another name."
                check.report(source, path, "DUPLICATE_NAME", message, remedy, key=True)
            actions.compile(path, steps)
            if kind == "ladders":
                _end(check, source, path, name, steps)
            _order(check, source, path, steps)
            series[name] = Series(name, tuple(steps))
    return series


def _end(check: Checker, source: Parsed, path: NodePath, name: str, steps: Sequence[Step]) -> None:
    person = getattr(steps[-1], "notify", "")
    if not (person.startswith("person:") or person == "exception"):
        message = f"ladder '{name}' does not end at a named person"
        remedy = "Let its last rung say `notify: person:NAME`, so that somebody is always reached."
        check.report(source, (*path, len(steps) - 1), "LADDER_END", message, remedy)


def _order(check: Checker, source: Parsed, path: NodePath, steps: Sequence[Step]) -> None:
    latest: dict[str, tuple[int, Duration]] = {}
    for number, step in enumerate(steps):
        if step.repeat is not None and number < len(steps) - 1:
            message, remedy = "only the last rung may repeat", "Move `repeat` to the last rung."
            check.report(source, (*path, number, "repeat"), "REPEAT_NOT_LAST", message, remedy)
        measure, factor = _MINUTES[step.after.unit]
        length = step.after.amount * factor
        before = latest.get(measure)
        if before is not None and length < before[0]:
            message = f"'{step.after}' is earlier than the '{before[1]}' of a step above"
            remedy = (
                "`after` counts from the start, not from the step before: put the steps in the order of their times."
            )
            check.report(source, (*path, number, "after"), "STEP_ORDER", message, remedy)
        else:
            latest[measure] = length, step.after
