"""Which of two leads that are one survives (S0.13), in one place, and whether they can be one at all.

The rules, in order; the first that tells the two apart decides:

1. a lead that goes on, before one that is closed;
2. one that is won, before one that is open, before one that is lost;
3. the one that is further: whose stage comes later in its process;
4. one that a person has, before one that waits for somebody;
5. the one that came first; in the end the one whose key does.

The survivor keeps its values, owner, stage and clocks (`engine.merging`). Whoever decides may name the other one, but an open
lead is never merged into a closed one: nobody would go on with it.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.language.definition import StageKind
from engine.lead import Lead, Ownership
from engine.process import Process


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two, with the process that it is on."""

    process: Process
    lead: Lead


_KINDS = {StageKind.LOST: 0, StageKind.WAITING: 1, StageKind.OPEN: 1, StageKind.WON: 2}


def survivor(one: Side, other: Side) -> tuple[Side, Side, str]:
    """The survivor, the loser, and the rule that decides, in words."""
    rules = (
        (not one.lead.closed, not other.lead.closed, "it goes on, the other is closed"),
        (_kind(one), _kind(other), "it has come to more"),
        (_position(one), _position(other), "it is further"),
        (_is_owned(one), _is_owned(other), "a person has it"),
        (-one.lead.arrived_at.timestamp(), -other.lead.arrived_at.timestamp(), "it came first"),
    )
    for mine, theirs, why in rules:
        if mine != theirs:
            return (one, other, why) if mine > theirs else (other, one, why)
    first, second = sorted((one, other), key=lambda side: side.lead.key)
    return first, second, "both are alike, and its key comes first"


def in_the_way(loser: Side, stays: Side) -> str | None:
    """Why these two cannot become one lead in this way; None where they can."""
    one, other = loser.lead, stays.lead
    if one.key == other.key:
        return "both are the same lead"
    for lead in (one, other):
        if lead.merged_into is not None:
            return f"{lead.key} was merged into {lead.merged_into} before: name that one"
    if one.process != other.process:
        return f"{one.key} is on the process {one.process} and {other.key} on {other.process}: leads of two processes stay two"
    if other.closed and not one.closed:
        return (
            f"{other.key} is closed and {one.key} is not: nobody would go on with it. Merge {other.key} into {one.key}"
        )
    return None


def _kind(side: Side) -> int:
    return _KINDS[side.process.leaf(side.lead).kind]


def _position(side: Side) -> int:
    """Of its stage, in the order in which the process writes them; outcomes are told apart by what they are."""
    return list(side.process.leaves).index(side.lead.stage)


def _is_owned(side: Side) -> bool:
    return side.lead.ownership is Ownership.PERSON
