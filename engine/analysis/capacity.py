"""Rules of an assignment that give nobody a lead, because their limits are zero."""

from __future__ import annotations

from engine.analysis.subject import Subject
from engine.compiling.checking import Checker
from engine.language.tables import AssignmentRule, AssignmentTable
from engine.reading.document import NodePath

_MEND = "Write how many leads a person may have, or leave the limit out."


def check_capacity(check: Checker, subject: Subject) -> None:
    """A rule's limits are asked before the table's. People with limits of their own in the roster are nobody's concern here."""
    table = subject.process.assignment
    if table is None:
        return
    at = subject.tables["assignment"]
    none = [place for number, rule in enumerate(table.rules) if (place := _zero(table, number, rule))]
    if table.rules and len(none) == len(table.rules):
        message = "by every rule of this table a person may have no lead at all, so nobody gets any"
        check.report(at, none[0], "NO_CAPACITY", message, _MEND)
        return
    for place in none:
        message = (
            f"by rule '{table.rules[int(place[1])].name}' a person may have no lead at all, so it gives nobody any"
        )
        check.report(at, place, "NO_CAPACITY", message, _MEND)


def _zero(table: AssignmentTable, number: int, rule: AssignmentRule) -> NodePath:
    """Where the limit stands that lets nobody have anything; nowhere if there is none."""
    for key in ("open", "per_day"):
        own = getattr(rule.limits, key) if rule.limits is not None else None
        if own == 0:
            return ("rules", number, "limits", key)
        if own is None and getattr(table.limits, key) == 0:
            return ("limits", key)
    return ()
