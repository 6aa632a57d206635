"""Events that are caused by nobody but clocks and actions: whether any does, and whether what they need is there then."""

from __future__ import annotations

from engine.analysis.known import Known
from engine.analysis.subject import Subject
from engine.compiling.checking import Checker
from engine.language.definition import Fire, Who
from engine.process import Branch


def check_fired(check: Checker, subject: Subject) -> None:
    _never(check, subject)
    _in_vain(check, subject)


def _never(check: Checker, subject: Subject) -> None:
    """Events for the clock alone that no clock fires, wherever they are written."""
    possible = [branch.at for branch in subject.moves.possible]
    for branches in subject.process.branches.values():
        for branch in branches:
            if branch.at and branch.by and branch.at not in possible:
                message = (
                    f"'{branch.event}' is for the clock alone, and no clock or rung fires it where the lead is then"
                )
                remedy = (
                    f"Write `{{fire: {branch.event}}}` in a clock of the stage, or add to `by` who else may cause it."
                )
                check.report(subject.source, branch.at, "NEVER_FIRED", message, remedy, key=True)


def _in_vain(check: Checker, subject: Subject) -> None:
    """Nobody brings a field along with a fired event, so each that it needs must be known by then whatever happened."""
    known = Known(subject)
    for cause in subject.moves.causes:
        taken = subject.moves.taken(cause)
        if not isinstance(cause.action, Fire) or cause.leaf not in subject.moves.reached or not taken:
            continue
        there = known.after(cause.after) if cause.after is not None else known.at[cause.leaf]
        lacking = [_lacking(branch, there) for branch in taken]
        if all(lacking):
            field = lacking[0][0]
            who = "the clock" if cause.who is Who.CLOCK else "an action"
            message = (
                f"'{cause.action.fire}' needs the field '{field}', which {who} cannot bring along and nothing makes sure of "
                f"before it is fired in '{cause.leaf}'"
            )
            remedy = f"Ask for it in an event that leads there, `needs: {{fields: [{field}]}}`, or set it on the way."
            check.report(subject.source, (*cause.at, "fire"), "FIRE_FIELD", message, remedy)


def _lacking(branch: Branch, known: frozenset[str]) -> list[str]:
    """A branch whose own condition asks for the field is simply not taken without it."""
    asked = (*branch.when.reads, *branch.when.asks) if branch.when is not None else ()
    return [name for name in branch.fields if name not in known and name not in asked]
