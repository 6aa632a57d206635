"""What can be wrong with any one condition: that it can never hold, or that it compares and always does."""

from __future__ import annotations

from dataclasses import dataclass

from engine.analysis.impossible import why_never
from engine.analysis.subject import Subject
from engine.compiling.bundle import Parsed
from engine.compiling.checking import Checker
from engine.expressions import Expression
from engine.reading.document import NodePath
from engine.reasoning import Given

ANYWHERE: Given = {}


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition in its place: `key` is what it stands behind, `given` what is known of the leads that it is asked of."""

    key: str
    expression: Expression
    file: Parsed
    at: NodePath
    given: Given


def check_condition(check: Checker, subject: Subject, one: Condition, *, last: bool = False) -> bool:
    """Whether a condition can hold at all. One that always does, as soon as it can be told, is a slip as well, unless it is
    the `last` of several."""
    if subject.reasoner.satisfiable(one.expression, given=one.given) is None:
        reason = why_never(subject.process, subject.reasoner, one.expression, one.given)
        message = f"`{one.key}` can never hold: {reason}"
        check.report(one.file, one.at, "GUARD_NEVER", message, "Correct it, or take away what depends on it.")
        return False
    if one.expression.reads and not last and subject.reasoner.gap([one.expression], one.given) is None:
        names = [f"lead.{name}" for name in one.expression.reads]
        message = f"`{one.key}` always holds, whatever {' and '.join(names)} may be"
        asked = " && ".join(f"known.{name}" for name in one.expression.reads)
        remedy = f"Correct it; if it is to ask whether something is known, write `{asked}`."
        check.report(one.file, one.at, "GUARD_ALWAYS", message, remedy)
    return True


def names_of(*conditions: Expression) -> list[str]:
    """What conditions read, as they say it."""
    names: dict[str, None] = {}
    for one in conditions:
        names |= dict.fromkeys(f"lead.{name}" for name in one.reads)
        names |= dict.fromkeys(f"known.{name}" for name in one.asks)
        names |= dict.fromkeys(name for name in one.uses if name != "now")
    return list(names)
