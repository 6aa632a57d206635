"""Stages that no lead can enter."""

from __future__ import annotations

from engine.analysis.subject import Subject
from engine.compiling.checking import Checker


def check_reach(check: Checker, subject: Subject) -> None:
    """Report each stage, with those inside it once, that is neither the start nor led to from there."""
    reached = _reached(subject)
    told: list[str] = []
    for path, placed in subject.stages.placed.items():
        inside = [leaf.path for leaf in subject.process.leaves.values() if path in leaf.chain]
        if any(leaf in reached for leaf in inside) or any(around in told for around in placed.chain):
            continue
        told.append(path)
        title = subject.stages.title(path)
        message = f"no lead can come into stage '{title}': no event leads there from the first stage on"
        remedy = "Let an event lead `to` it, or take it away."
        check.report(subject.source, placed.at, "UNREACHABLE_STAGE", message, remedy, key=True)


def _reached(subject: Subject) -> list[str]:
    process = subject.process
    reached = [process.start]
    for here in reached:
        for (leaf, _), branches in process.branches.items():
            if leaf == here:
                reached += [one.leaf for one in branches if one.leaf is not None and one.leaf not in reached]
    return reached
