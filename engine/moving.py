"""Moving a lead to another version of its process, by a plan (B.3).

    move(origin, target, lead, moved, now) -> Decision | Refusal

Pure. To move is no event in the life of the lead: nothing of what its stages do on entry happens again, its owner stays, and
the stay in a stage that keeps its name goes on. A clock that goes on keeps the time that it has left (`engine.settle` tells
the deadline), one that does not is closed, and a clock that the origin did not know starts. A refusal means that nothing
has happened, and says all that is in the way.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from engine.carrying import Carrying, called, stage_after
from engine.compiling.names import kind_of_field
from engine.decision import ClockEnd, Decision, Refusal, RefusalCode
from engine.expressions import ExpressionFailed
from engine.happening import Moved
from engine.language.definition import LeadField
from engine.lead import Clock, Lead, Ownership, Value
from engine.plan import GoesOn, Plan, WayBack, place
from engine.process import Process
from engine.values import BadValue, accept, accept_all

MOVE = "move_to_version"
"""What it is called where leads are asked for it."""


def move(origin: Process, target: Process, lead: Lead, moved: Moved, now: datetime) -> Decision | Refusal:
    """Decide. `origin` is the process that the lead is on, `target` the one that the plan leads to."""
    plan, back = moved.plan, moved.back
    if (refusal := _not_this_lead(origin, target, lead, plan, now)) is not None:
        return refusal
    values, wrong = _fields(origin, target, lead, plan, back, now)
    in_the_way = [f"{name.replace('_', ' ')} {why}" for name, why in wrong.items()]
    if (why := _no_hands(target, lead)) is not None:
        in_the_way.append(why)
    if in_the_way:
        code = RefusalCode.BAD_VALUE if wrong else RefusalCode.NOT_HERE
        return refuse(code, "; ".join(in_the_way), lead, wrong)
    return Carrying(origin, target, lead, moved, now).decide(values)


def way_back(
    before: Lead, decision: Decision, origin: Process, target: Process, plan: Plan, since: tuple[str, ...] = ()
) -> tuple[Plan, WayBack]:
    """How a lead that this decision moved comes back to what it was `before`: stage, clocks and fields.

    `since` is what has happened to it: a closed clock that one of these events stops is not taken up again.
    """
    closed = [
        entry.clock
        for entry in decision.clocks
        if entry.end is ClockEnd.DROPPED and not _stopped(origin, entry.clock, since)
    ]
    clocks = {place(one.scope, one.name): GoesOn(None) for one in _started(before, decision)}
    clocks |= {place(move.scope, move.name): GoesOn(move.before.name, move.recount) for move in decision.moves}
    reverse = Plan(
        process=plan.process,
        origin=target.digest,
        target=origin.digest,
        stages={decision.lead.stage: before.stage},
        clocks=clocks,
    )
    ran = {name: clock for name, clock in before.clocks.items() if clock in closed}
    still = _climbs_after(before, decision)
    changes = decision.record.changes
    undo = WayBack(
        moved_at=decision.record.at,
        given=dict(changes),
        before={name: before.fields.get(name) for name in changes},
        clocks=ran,
        kept={key: clock for key, clock in before.kept.items() if clock in closed},
        climbs={key: climb for key, climb in before.climbs.items() if key not in still},
        stood={
            place(move.before.scope, move.before.name): move.before for move in decision.moves if move.before.due_at
        },
        rungs={key: before.climbs[key] for key in still},
        restarts=before.assign_ask.restarts if before.assign_ask is not None else None,
    )
    return reverse, undo


def _started(before: Lead, decision: Decision) -> list[Clock]:
    """The clocks that the move started: on the way back they are closed."""
    dropped = [entry.clock for entry in decision.clocks if entry.end is ClockEnd.DROPPED]
    stayed = [(clock.scope, clock.name) for clock in before.clocks.values() if clock not in dropped]
    return [clock for clock in decision.lead.clocks.values() if (clock.scope, clock.name) not in stayed]


def _stopped(process: Process, clock: Clock, since: tuple[str, ...]) -> bool:
    spec = process.clock(clock.name, clock.scope).spec
    return any(event in since for event in (*spec.stops_on, *spec.cancels_on))


def _climbs_after(before: Lead, decision: Decision) -> tuple[str, ...]:
    """The climbs of before that are still climbed, by the keys that they had."""
    names = {(move.before.scope, move.before.name): move.name for move in decision.moves if not move.kept}
    there = []
    for key, climb in before.climbs.items():
        name = names.get((climb.scope, climb.clock), climb.clock)
        if replace(climb, clock=name).key in decision.lead.climbs:
            there.append(key)
    return tuple(there)


# --- what is in the way ----------------------------------------------------------------------------------------------


def _not_this_lead(origin: Process, target: Process, lead: Lead, plan: Plan, now: datetime) -> Refusal | None:
    if lead.closed:
        return refuse(RefusalCode.CLOSED, "the lead is closed", lead)
    if (plan.origin, plan.target) != (origin.digest, target.digest):
        message = f"the lead is on {called(origin)}, and the plan is for leads on another version"
        return refuse(RefusalCode.CONFLICT, message, lead)
    if plan.select is not None:
        try:
            verdict = origin.vocabulary.compile(plan.select).evaluate(origin.view(lead, now, lead.codes))
        except ExpressionFailed as failure:
            return refuse(RefusalCode.GUARD, failure.message, lead)
        if not verdict.holds:
            unknown = f" ({', '.join(verdict.unknown)} not known)" if verdict.unknown else ""
            return refuse(RefusalCode.GUARD, f"the plan is not for this lead: {plan.select}{unknown}", lead)
    if stage_after(target, lead.stage, plan) is None:
        gone = f"stage {lead.stage} is not in {called(target)}, and the plan does not map it"
        return refuse(RefusalCode.NOT_HERE, gone, lead)
    return None


def _fields(
    origin: Process, target: Process, lead: Lead, plan: Plan, back: WayBack | None, now: datetime
) -> tuple[dict[str, Value], dict[str, str]]:
    """The values that change, and what is wrong with the lead's fields as the target reads them, by name."""
    present = {name: value for name, value in lead.fields.items() if name in target.fields}
    accepted, wrong = accept_all(target.fields, present)
    values = {name: value for name, value in accepted.items() if value != present[name]}
    view = origin.view(lead, now, lead.codes)
    for name, written in plan.fields.items():
        if accepted.get(name) is not None:
            continue
        try:
            spec = target.fields[name]
            given = written
            if isinstance(written, str) and written.startswith("="):
                result = origin.vocabulary.compile(written[1:].strip(), kind_of_field(spec)).evaluate(view).value
                given = result.date().isoformat() if isinstance(result, datetime) else result  # type: ignore[assignment]
            if (value := accept(spec, given)) is not None:
                values[name] = value
                wrong.pop(name, None)
        except (BadValue, ExpressionFailed) as error:
            wrong[name] = str(error)
    if back is not None:
        undone = [name for name, value in back.given.items() if lead.fields.get(name) == value]
        values |= {name: back.before.get(name) for name in undone}
        wrong = {name: why for name, why in wrong.items() if name not in undone}
    for name, spec in target.fields.items():
        if spec.personal and lead.fields.get(name) is not None:
            wrong[name] = f"is personal in {called(target)} and was not before"
        elif not spec.personal and name in lead.known:
            wrong[name] = f"is not personal in {called(target)} and was before"
        elif name in wrong or back is not None or _is_there(lead, name, values):
            continue
        elif _newly_required(origin, spec, name):
            wrong[name] = f"is required in {called(target)} and not known"
    return values, wrong


def _newly_required(origin: Process, spec: LeadField, name: str) -> bool:
    """What a lead should have brought to its own version and did not is no reason to keep it there."""
    known = origin.fields.get(name)
    return spec.required and not (known is not None and known.required)


def _is_there(lead: Lead, name: str, values: dict[str, Value]) -> bool:
    return name in lead.known or values.get(name, lead.fields.get(name)) is not None


def _no_hands(target: Process, lead: Lead) -> str | None:
    """A lead that waits for somebody has to be able to go on waiting, or nobody ever gets it."""
    table = target.assignment
    if lead.ownership is Ownership.QUEUE and (table is None or table.queue is None):
        return f"the lead waits in the queue of {lead.team}, and {called(target)} has no queue"
    if lead.assign_at is not None and table is None:
        return f"somebody is looked for to take it, and {called(target)} has no assignment table"
    return None


def refuse(code: RefusalCode, message: str, lead: Lead, fields: dict[str, str] | None = None) -> Refusal:
    """Why a lead is not moved."""
    return Refusal(code, message, MOVE, lead.stage, fields=fields or {})
