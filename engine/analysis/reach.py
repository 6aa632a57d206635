"""Stages that no lead can enter, and stages that no lead can leave towards an end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.analysis.circles import components
from engine.analysis.subject import Subject
from engine.compiling.checking import Checker


def check_reach(check: Checker, subject: Subject) -> None:
    _unreachable(check, subject)
    _without_end(check, subject)


def _unreachable(check: Checker, subject: Subject) -> None:
    """Each stage, with those inside it once, that is neither the start nor led to from there."""
    told: list[str] = []
    for path, placed in subject.stages.placed.items():
        inside = [leaf.path for leaf in subject.process.leaves.values() if path in leaf.chain]
        if any(leaf in subject.moves.reached for leaf in inside) or any(around in told for around in placed.chain):
            continue
        told.append(path)
        message = f"no lead can come into stage '{path}': no event that can happen leads there from the first stage on"
        remedy = "Let an event lead `to` it, or take it away."
        check.report(subject.source, placed.at, "UNREACHABLE_STAGE", message, remedy, key=True)


def _without_end(check: Checker, subject: Subject) -> None:
    """Stages from which a lead is neither won nor lost nor handed over, whatever happens. Of several that lead into each
    other only those are told that keep the lead for good: mend them, and the others have an end too."""
    moves, leaves = subject.moves, subject.process.leaves
    ends = [path for path in moves.reached if leaves[path].is_outcome or path in moves.handing_over]
    lost = [path for path in moves.reached if not any(there in ends for there in moves.from_(path))]
    onward = {path: [one.leaf for one in moves.ways[path] if one.leaf is not None] for path in lost}
    for group in components(onward):
        if any(there not in group for path in group for there in onward[path]):
            continue
        at = subject.stage_at(group[0])
        if len(group) == 1:
            message = f"a lead in stage '{group[0]}' can never be won or lost: {_why(onward, group)}"
            remedy = "Let an event lead to a stage that is won or lost, or make this one `kind: lost`."
            check.report(subject.source, at, "NO_WAY_TO_END", message, remedy, key=True)
        else:
            names = ", ".join(group)
            message = f"a lead that comes into {names} goes round there and is never won or lost"
            remedy = "Let an event of one of them lead to a stage that is won or lost."
            check.report(subject.source, at, "TRAP_CYCLE", message, remedy, key=True)


def _why(onward: Mapping[str, Sequence[str]], group: Sequence[str]) -> str:
    return "every event leads back to it" if onward[group[0]] else "no event leads away from it"
