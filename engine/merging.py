"""Two leads that are one (S0.13): which of them goes on, what the other brings along, and how they part again.

    end_merged(process, loser, merged, now)      the loser ends: closed, with its clocks, pointing at the survivor
    take_in(process, survivor, took, now)        the survivor goes on, with what it did not know
    give_back(process, survivor, gave, now)      the way back: without what came from the other and is unchanged since
    part(process, loser, parted, now)            and the loser goes on from where it stood

Pure; `engine.surviving` says which of two survives. A Refusal means that nothing has happened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from engine import clocks
from engine.altered import altered
from engine.decision import ClockEnd, ClockEntry, ClockMove, Decision, Notice, Refusal, RefusalCode
from engine.draft import Draft
from engine.happening import EventIn, GaveBack, Happening, Interrupted, MergedInto, Parted, TookIn
from engine.lead import Clock, ClockState, Lead, Value
from engine.plan import place
from engine.process import Process
from engine.values import accept_all

MERGE = "merge"
"""What it is called where leads are asked for it."""

MERGED, TOOK_IN, GAVE_BACK, PARTED = OF_MERGES = "merged", "took_in", "gave_back", "parted"
"""What the four are called in the journal."""


# --- there -----------------------------------------------------------------------------------------------------------


def end_merged(process: Process, lead: Lead, merged: MergedInto, now: datetime) -> Decision | Refusal:
    """The loser's clocks end without a verdict, nothing is asked any more, and its owner is told if the survivor is another's."""
    if merged.into == lead.key:
        return refuse(RefusalCode.CONFLICT, "a lead is not merged into itself", lead)
    draft = Draft(process, lead, now)
    draft.entries = [ClockEntry(clock, ClockEnd.MERGED) for clock in (*lead.clocks.values(), *lead.kept.values())]
    draft.clocks, draft.kept, draft.climbs = {}, {}, {}
    draft.before = altered(lead, merged_into=merged.into, rescore_at=None, assign_at=None, assign_ask=None)
    draft.closed = True
    draft.words.append(f"merged into {merged.into} by {merged.actor.name}: {merged.reason}")
    table = process.assignment
    if table is not None and table.tells.earlier_owner is not None and lead.owner not in (None, merged.to):
        about = f"it is one lead with {merged.into}"
        draft.outward.append(Notice(f"person:{lead.owner}", table.tells.earlier_owner, about))
    return draft.decide(MERGED, merged.actor.name)


def take_in(process: Process, lead: Lead, took: TookIn, now: datetime) -> Decision | Refusal:
    """What is known of the survivor stays. Its own clocks go on; of two of one name that both run, the one that is due first does:
    what was promised to somebody stays promised."""
    if took.taken == lead.key:
        return refuse(RefusalCode.CONFLICT, "a lead does not take itself in", lead)
    draft = Draft(process, lead, now)
    known = tuple(name for name in took.known if process.personal(name) and name not in lead.known)
    draft.set_fields(filled(process, lead, took.fields), known)
    for name, clock in stricter(lead, took.clocks).items():
        warnings = tuple(at for at in clock.warnings if at > now)
        draft.clocks[name] = replace(clock, warnings=warnings)
    if not lead.closed:
        draft.rescore = True
        clocks.review(draft)
    names = f"; filled {', '.join(draft.changes)}" if draft.changes else ""
    draft.words.insert(0, f"took in {took.taken} ({took.title}) by {took.actor.name}: {took.reason}{names}")
    return draft.decide(TOOK_IN, took.actor.name, event=EventIn(TOOK_IN, took.actor, parcel=took.parcel))


def filled(process: Process, lead: Lead, brought: Mapping[str, Value]) -> dict[str, Value]:
    """What the other knows, this one does not, and its process can tell."""
    accepted, _ = accept_all(process.fields, {name: brought[name] for name in brought if name in process.fields})
    return {
        name: value
        for name, value in accepted.items()
        if value is not None and lead.fields.get(name) is None and not process.personal(name)
    }


def stricter(lead: Lead, others: Mapping[str, Clock]) -> dict[str, Clock]:
    """Of clocks that run for both leads those of the other that are due first, by name."""
    found = {}
    for name, clock in lead.clocks.items():
        other = others.get(place(clock.scope, name))
        if other is None or clock.state is not ClockState.RUNNING or other.state is not ClockState.RUNNING:
            continue
        if clock.due_at is not None and other.due_at is not None and other.due_at < clock.due_at:
            found[name] = other
    return found


# --- and back --------------------------------------------------------------------------------------------------------


def give_back(process: Process, lead: Lead, gave: GaveBack, now: datetime) -> Decision | Refusal:
    """What the other brought goes where it is unchanged since: whoever corrected it meanwhile meant this lead. A date that the stage
    waits for, which it has come to since, stays: nobody would wake it."""
    draft = Draft(process, lead, now)
    undone: dict[str, Value] = {name: None for name, value in gave.fields.items() if lead.fields.get(name) == value}
    if lead.entered_at > gave.taken_at:
        waited = clocks.awaited(process, lead)
        undone = {name: value for name, value in undone.items() if name not in waited}
    draft.set_fields(undone, unknown=tuple(name for name in gave.unknown if process.personal(name)))
    for name, clock in gave.clocks.items():
        runs, stood = draft.clocks.get(clock.name), gave.stood.get(name)
        if stood is not None and runs is not None and _same(runs, clock):
            draft.put_clock(replace(stood, warnings=tuple(at for at in stood.warnings if at > now)))
    if not lead.closed:
        draft.rescore = True
        clocks.review(draft)
    draft.words.insert(0, f"gave {gave.given_back} back by {gave.actor.name}: {gave.reason}")
    return draft.decide(GAVE_BACK, gave.actor.name)


def _same(runs: Clock, brought: Clock) -> bool:
    """Whether a clock still runs as it was brought; warnings are over one by one."""
    return replace(runs, warnings=()) == replace(brought, warnings=())


def part(process: Process, lead: Lead, parted: Parted, now: datetime) -> Decision | Refusal:
    """The loser goes on where it stood, as after a pause: its clocks have the time that was left."""
    if lead.merged_into is None:
        return refuse(RefusalCode.CONFLICT, "the lead is not merged into another one", lead)
    was = parted.was
    draft = Draft(process, lead, now)
    moves = []
    for kept, found in ((False, was.clocks), (True, was.kept)):
        for clock in found.values():
            if clock.state is ClockState.RUNNING:
                moves.append(
                    ClockMove(clock, clock.scope, clock.name, kept=kept, asks=True, closed_at=was.at, stood=clock)
                )
            if kept:
                draft.kept[place(clock.scope, clock.name)] = clock
            else:
                draft.put_clock(clock)
    draft.climbs = dict(was.climbs)
    draft.before = altered(
        lead, merged_into=None, rescore_at=was.rescore_at, assign_at=was.assign_at, assign_ask=was.assign_ask
    )
    draft.closed = was.closed
    draft.words.append(f"no longer merged into {parted.parted_from}, by {parted.actor.name}: {parted.reason}")
    return replace(draft.decide(PARTED, parted.actor.name), moves=tuple(moves))


def interrupted(before: Lead, at: datetime) -> Interrupted:
    """What a lead that stood like this waited for, when it was merged away at `at`."""
    return Interrupted(
        at=at,
        clocks=before.clocks,
        kept=before.kept,
        climbs=before.climbs,
        rescore_at=before.rescore_at,
        assign_at=before.assign_at,
        assign_ask=before.assign_ask,
        closed=before.closed,
    )


def brought(before: Lead, decision: Decision) -> tuple[dict[str, Value], dict[str, Clock], dict[str, Clock]]:
    """What a lead that stood like this took in by a decision: fields, clocks by their `place`, and what stood in their place."""
    lead = decision.lead
    fields = {name: value for name, value in decision.record.changes.items() if name not in lead.known}
    came = [
        clock
        for name, clock in lead.clocks.items()
        if name in before.clocks and clock.state is ClockState.RUNNING and not _same(clock, before.clocks[name])
    ]
    return (
        fields,
        {place(clock.scope, clock.name): clock for clock in came},
        {place(clock.scope, clock.name): before.clocks[clock.name] for clock in came},
    )


# --- what is in the way ----------------------------------------------------------------------------------------------


def merged_away(lead: Lead, happening: Happening) -> Refusal:
    """Whatever comes to a lead that is another one by now: its sender is to ask that one."""
    event = happening.name if isinstance(happening, EventIn) else ""
    return Refusal(RefusalCode.MERGED, f"the lead was merged into {lead.merged_into}", event, lead.stage)


def refuse(code: RefusalCode, message: str, lead: Lead) -> Refusal:
    """Why leads are not merged, or do not part."""
    return Refusal(code, message, MERGE, lead.stage)
