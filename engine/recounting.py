"""The past of a lead as another system tells it, decided by the process that it goes on in (B.9).

    arrived(process, lead, told, system) -> Decision
    missed(process, lead, until) -> Decision | None     # one deadline after another, until there is none before `until`
    recount(process, lead, told, system) -> Recounted

Pure. Stages, visits, clocks and fields become what `engine.step` makes of it at the time of then. What people did is taken to have been
right: whether they might, and what an event would have needed, was for the other system to say. What the process would have brought
about by itself (owners, notices, ladders, fired events) did not happen: whose it was is told, too, and nobody is told of it now.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from engine import clocks
from engine.altered import altered
from engine.decision import Decision, Refusal
from engine.draft import Draft
from engine.happening import Actor, Arrival, Due, EventIn
from engine.language.builtin import RESERVED
from engine.language.definition import Who
from engine.lead import AskOwner, AssignMode, Lead, Value
from engine.process import Branch, Process
from engine.step import step, take

PLACED = "placed"
"""What it is called in the journal where a lead came to a stage by no event of its process."""


@dataclass(frozen=True, slots=True)
class Told:
    """Something that happened to the lead at `at`, as our process calls it: an `event`, the `stage` that it came to, or both; neither where
    only fields or the owner changed. `owner` is whose it was from then on, None: as before. Fields are accepted ones."""

    at: datetime
    event: str | None = None
    stage: str | None = None
    by: str | None = None
    owner: str | None = None
    fields: Mapping[str, Value] = field(default_factory=dict)
    known: tuple[str, ...] = ()
    codes: Mapping[str, str] = field(default_factory=dict)
    note: bool = False
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Recounted:
    """`decision` is None where it changes nothing, or cannot have been. `impossible`: the event, which the stage does not take and that
    leads nowhere. `lost` are codes by name that mean nothing to this process."""

    decision: Decision | None
    impossible: bool = False
    lost: Mapping[str, str] = field(default_factory=dict)


def arrived(process: Process, lead: Lead, told: Told, system: str) -> Decision:
    """The lead enters its process."""
    decision = step(process, lead, Arrival(), told.at)
    assert isinstance(decision, Decision)
    words = f"{decision.record.words}; {_from(system)}"
    return _as_it_was(lead, replace(decision, record=replace(decision.record, words=words)), told, system)


def missed(process: Process, lead: Lead, until: datetime) -> Decision | None:
    """The first deadline that was missed before `until`."""
    due = clocks.next_deadline(lead)
    if due is None or due.at >= until:
        return None
    decided = step(process, lead, Due(due.kind, due.name, due.at), max(due.at, lead.decided_at or due.at))
    return None if isinstance(decided, Refusal) else _nothing_else(decided, None)


def recount(process: Process, lead: Lead, told: Told, system: str) -> Recounted:
    """What was told, as a decision."""
    branch = _branch(process, lead, told)
    if branch is None and told.event is not None:
        return Recounted(None, impossible=True)
    if branch is None and not (told.fields or told.known or told.note or _other_owner(lead, told)):
        return Recounted(None)
    codes, lost = _codes(process, branch, told) if branch is not None else ({}, dict(told.codes))
    name = branch.event if branch is not None else _quiet(told)
    event = EventIn(name, Actor(told.by), dict(told.fields), told.known, codes=codes, note=told.note, to=told.owner)
    draft = Draft(process, lead, told.at)
    draft.set_fields(told.fields, told.known)
    draft.foresee_score()
    draft.codes.update(codes)
    draft.words.append(_from(system))
    if branch is not None:
        take(draft, branch, event)
        if (lead.stage, branch.event) not in process.branches:
            draft.words.append("by no way that leads there from here")
    else:
        clocks.review(draft)
    decision = draft.decide(name, told.by or Who.SYSTEM.value, codes, event)
    return Recounted(_as_it_was(lead, decision, told, system), lost=lost)


# --- which way it went -----------------------------------------------------------------------------------------------


def _branch(process: Process, lead: Lead, told: Told) -> Branch | None:
    """The way that it went: one of the process from here; or by an event that leads there from elsewhere; or by none."""
    wanted = _leaves(process, told.stage) if told.stage is not None else None
    here = [branch for branch in _from_here(process, lead.stage, told.event) if _leads(branch, lead.stage, wanted)]
    if told.event is None:
        if wanted is None or lead.stage in wanted:
            return None
        here = _meant(process, [branch for branch in here if branch.event not in RESERVED], wanted, told)
    if here:
        draft = Draft(process, lead, told.at)
        return next((one for one in here if one.when is None or draft.holds(one.when)), here[0])
    return _from_elsewhere(process, lead, told, wanted)


def _meant(process: Process, here: list[Branch], wanted: tuple[str, ...], told: Told) -> list[Branch]:
    """Of several events that lead there, those that ask for the codes that were told: lost for a reason is not lost to a competitor."""
    if fitting := [branch for branch in here if branch.codes.keys() == told.codes.keys()]:
        return fitting
    events = {branch.event for name in process.events for branch in _anywhere(process, name) if branch.leaf in wanted}
    return here if len(events - RESERVED) == 1 else []


def _from_elsewhere(process: Process, lead: Lead, told: Told, wanted: tuple[str, ...] | None) -> Branch | None:
    there = [
        branch
        for event in ((told.event,) if told.event is not None else process.events)
        for branch in _anywhere(process, event)
        if branch.leaf is not None and branch.event not in RESERVED and (wanted is None or branch.leaf in wanted)
    ]
    if not there and wanted is None:
        return None
    there = [branch for branch in there if branch.codes.keys() == told.codes.keys()] or there
    if wanted is None and process.leaf(lead).is_outcome:
        return None  # after the end, an event that is not meant for it says nothing
    leaf = there[0].leaf if there else (wanted or ("",))[0]
    assert leaf is not None
    names = dict.fromkeys(branch.event for branch in there)
    return Branch(
        event=next(iter(names)) if len(names) == 1 else PLACED,
        source=lead.stage,
        target=leaf,
        leaf=leaf,
        by=(),
        when=None,
        advised=None,
        fields=(),
        codes={name: codes for branch in there for name, codes in branch.codes.items()},
        note=False,
        checklist=(),
        then=(),
        next_cycle=process.leaf(lead).is_outcome and not process.leaves[leaf].is_outcome,
        title=f"Came to {process.leaves[leaf].title}",
    )


def _from_here(process: Process, stage: str, event: str | None) -> Iterator[Branch]:
    for name in (event,) if event is not None else process.allowed(stage):
        yield from process.branches.get((stage, name), ())


def _anywhere(process: Process, event: str) -> Iterator[Branch]:
    for leaf in process.leaves:
        yield from process.branches.get((leaf, event), ())


def _leaves(process: Process, stage: str) -> tuple[str, ...]:
    """The stages without parts that a stage is, the one that it begins with first."""
    if stage in process.leaves:
        return (stage,)
    within = [path for path, leaf in process.leaves.items() if stage in leaf.chain]
    ways = (branch for some in process.branches.values() for branch in some)
    first = next((branch.leaf for branch in ways if branch.target == stage and branch.leaf is not None), None)
    return tuple(sorted(within, key=lambda path: path != first))


def _leads(branch: Branch, stage: str, wanted: tuple[str, ...] | None) -> bool:
    return wanted is None or (branch.leaf or stage) in wanted


def _codes(process: Process, branch: Branch, told: Told) -> tuple[dict[str, str], dict[str, str]]:
    """Those that the way asks for and knows, and the others."""
    fit = {
        name: code
        for name, code in told.codes.items()
        if name in branch.codes and code in process.codes_of(branch.codes[name])
    }
    return fit, {name: code for name, code in told.codes.items() if name not in fit}


def _quiet(told: Told) -> str:
    if told.owner is not None:
        return "assign"
    return "update" if told.fields or told.known else "note"


# --- and nothing else ------------------------------------------------------------------------------------------------


def _as_it_was(before: Lead, decision: Decision, told: Told, system: str) -> Decision:
    """With whoever had the lead from then on, and without what would have followed."""
    ask = AskOwner(AssignMode.PERSON, f"had it in {system}", told.owner) if _other_owner(before, told) else None
    return _nothing_else(replace(decision, record=replace(decision.record, id=told.id)), ask)


def _nothing_else(decision: Decision, ask: AskOwner | None) -> Decision:
    lead = altered(decision.lead, climbs={}, assign_at=None, assign_ask=None)
    return replace(decision, lead=lead, owner=ask, outward=(), fire=(), hand_over=None)


def _other_owner(lead: Lead, told: Told) -> bool:
    return told.owner is not None and told.owner != lead.owner


def _from(system: str) -> str:
    return f"imported from {system}"
