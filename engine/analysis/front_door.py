"""Processes that take no lead, because others that are asked before take every one that they would (S1.1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engine.compiling.checking import Checker
from engine.compiling.compile import Compiled
from engine.expressions import Expression
from engine.language.definition import LeadField
from engine.process import Process
from engine.reading.document import NodePath
from engine.reasoning import Reasoner
from engine.reasoning.of_process import process_spaces


def check_taken(check: Checker, together: Iterable[Compiled]) -> None:
    """Look at the processes that are in use together, of each the newest version."""
    newest: dict[str, Compiled] = {}
    for one in together:
        known = newest.get(one.process.name)
        if known is None or known.process.version < one.process.version:
            newest[one.process.name] = one
    asked = sorted(newest.values(), key=lambda one: (-(one.process.takes_priority or 0), one.process.name))
    asked = [one for one in asked if one.process.takes_priority is not None]
    for number, one in enumerate(asked):
        first = [other.process for other in asked[:number] if _comparable(one.process, other.process)]
        if by := _taken_by(one.process, first):
            _report(check, one, by)


def _taken_by(process: Process, first: Sequence[Process]) -> Sequence[Process]:
    """Those that leave it no lead: one that does so alone, else all of them."""
    for other in first:
        if other.takes_when is None:
            return [other]
    spaces = process_spaces(process)
    for other in first:
        spaces = process_spaces(other) | spaces
    fields = {name: spec for other in (*first, process) for name, spec in other.fields.items()}
    takes = [other.takes_when for other in first if other.takes_when is not None]
    reasoner = Reasoner(spaces, process.vocabulary, fields)
    if not takes or not _leaves_none(reasoner, process.takes_when, takes):
        return ()
    alone = [
        other for other, when in zip(first, takes, strict=True) if _leaves_none(reasoner, process.takes_when, [when])
    ]
    return alone[:1] or first


def _leaves_none(reasoner: Reasoner, when: Expression | None, takes: Sequence[Expression]) -> bool:
    """Whether every lead that meets a condition meets one of the others; one that nothing meets is another matter."""
    wanted = () if when is None else (when,)
    return reasoner.satisfiable(*wanted, unless=takes) is None and reasoner.satisfiable(*wanted) is not None


def _comparable(process: Process, other: Process) -> bool:
    """Whether what the other asks for means the same here. A value that only one of them accepts is unknown to the other."""
    condition = other.takes_when
    names = () if condition is None else (*condition.reads, *condition.asks)
    return all(_same(process.fields.get(name), other.fields.get(name)) for name in names if name in process.fields)


def _same(one: LeadField | None, other: LeadField | None) -> bool:
    if one is None or other is None:
        return False
    return one.model_copy(update={"title": None, "required": False}) == other.model_copy(
        update={"title": None, "required": False}
    )


def _report(check: Checker, one: Compiled, by: Sequence[Process]) -> None:
    said = " and ".join(f"{other.name} (priority {other.takes_priority})" for other in by)
    first = "is asked before and takes" if len(by) == 1 else "are asked before and take"
    message = f"this process takes no lead: {said} {first} every one that it would"
    at: NodePath = ("takes", "when") if one.process.takes_when is not None else ("takes",)
    remedy = "Give it a higher priority, or let the conditions differ."
    check.report(one.source, at, "RULE_NEVER_MATCHES", message, remedy, key=one.process.takes_when is None)
