"""Times that fall out of order: rungs in units that do not go together, and warnings that help only after the deadline."""

from __future__ import annotations

from fractions import Fraction

from engine.analysis.lengths import least, measure, most
from engine.analysis.subject import Subject
from engine.compiling.checking import Checker
from engine.language.definition import Climb, CreateTask
from engine.process import ClockRule
from engine.time.durations import Duration


def check_timing(check: Checker, subject: Subject) -> None:
    _mixed(check, subject)
    for rule in subject.process.clocks.values():
        if rule.spec.due is not None and rule.spec.warn_at:
            _warnings(check, subject, rule, rule.spec.due)


def _mixed(check: Checker, subject: Subject) -> None:
    """Steps of one measure are compared when the process is compiled. Of two that are not, the later one must be later
    whatever the calendar says."""
    for kind, group in (("ladders", subject.file.ladders), ("sequences", subject.file.sequences)):
        for name, steps in group.items():
            for number, step in enumerate(steps):
                late = next((one.after for one in steps[:number] if _may_come_later(one.after, step.after)), None)
                if late is not None:
                    message = f"'{step.after}' may be over before the '{late}' of a step above: they count differently"
                    remedy = "Count both in working time, or both round the clock."
                    check.report(subject.source, (kind, name, number, "after"), "UNITS_MIXED", message, remedy)


def _may_come_later(before: Duration, after: Duration) -> bool:
    """Working hours and working days are counted on the same calendar, and keep their order on any usual one."""
    measures = {measure(before), measure(after)}
    mixed = len(measures) == 2 and measures != {"working hours", "working days"}
    return mixed and before.amount > 0 and most(before) > least(after)


def _warnings(check: Checker, subject: Subject, rule: ClockRule, due: Duration) -> None:
    """What a warning starts has to come before the deadline that it warns of."""
    at = subject.clock_at(rule)
    if due.amount == 0:
        message = f"clock '{rule.name}' is due at once, so that it can warn of nothing"
        check.report(
            subject.source, (*at, "warn_at"), "WARNING_AFTER_BREACH", message, "Give it time, or take it away."
        )
        return
    left = Fraction(100 - max(int(share.removesuffix("%")) for share in rule.spec.warn_at), 100)
    for number, action in enumerate(rule.on_warning):
        place = (*at, "on_warning", number)
        match action:
            case Climb():
                steps = subject.process.series[action.climb].steps
                late = next((one.after for one in steps[:1] if _is_over(one.after, due, left)), None)
                what, key = f"the first rung of '{action.climb}'", "climb"
            case CreateTask():
                late = action.due if action.due is not None and _is_over(action.due, due, left) else None
                what, key = "the task", "due"
            case _:
                continue
        if late is not None:
            shares = ", ".join(rule.spec.warn_at)
            message = f"{what} is due {late} after the warning at {shares} of '{due}': by then the time is over"
            remedy = "Warn earlier, or let it come sooner."
            check.report(subject.source, (*place, key), "WARNING_AFTER_BREACH", message, remedy)


def _is_over(after: Duration, due: Duration, left: Fraction) -> bool:
    """Whether this long after the warning, the rest of the time has passed for certain."""
    return least(after) >= least(due, left) if measure(after) == measure(due) else least(after) > most(due, left)
