"""Actions: what authors write under `then`, `on_entry`, `on_breach` and on rungs, turned into effects of the draft."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from engine.decision import Hook, Notice, Pack, Task
from engine.draft import Draft
from engine.expressions import Expression
from engine.happening import CLOCK, SYSTEM, EventIn
from engine.language.builtin import Deed
from engine.language.definition import (
    CallWebhook,
    Climb,
    CreateTask,
    Fire,
    HandOver,
    Notify,
    Reassign,
    ReassignTo,
    Send,
    StartSequence,
)
from engine.lead import AskOwner, AssignMode, Clock, Value
from engine.lead import Climb as ClimbState
from engine.process import Assignments, CompiledAction
from engine.values import accept_all


class Cause(NamedTuple):
    """Why actions run: the words for notices, the scope that anything started belongs to, the clock if one did it."""

    words: str
    scope: str
    clock: Clock | None = None
    event: EventIn | None = None


def act(draft: Draft, actions: Iterable[CompiledAction], cause: Cause) -> None:
    """Carry out actions in the order written."""
    for action in actions:
        match action:
            case "score":
                draft.rescore = True
            case "assign":
                ask(draft, AskOwner(AssignMode.RULES, cause.words, anew=draft.cycle > draft.before.cycle))
            case Notify():
                draft.outward.append(Notice(action.notify, action.with_, cause.words))
            case Send():
                draft.outward.append(Pack(action.send))
            case CreateTask():
                draft.outward.append(Task(action.task, action.for_, str(action.due) if action.due else None))
            case CallWebhook():
                draft.outward.append(Hook(action.webhook))
            case Assignments():
                _set(draft, action)
            case Fire():
                # Named after the decision that fires it, so that it happens once whatever is tried again.
                name = f"fire:{draft.before.seq + 1}:{len(draft.fire)}"
                draft.fire.append(EventIn(action.fire, CLOCK if cause.clock else SYSTEM, id=name, fired=True))
            case Climb():
                climb(draft, action.climb, cause)
            case StartSequence():
                climb(draft, action.start, cause)
            case Reassign():
                reassign(draft, action.reassign, cause)
            case HandOver():
                draft.hand_over = action.hand_over
            case Deed():
                do(draft, action, cause)


def do(draft: Draft, deed: Deed, cause: Cause) -> None:
    """What built-in events do."""
    event = cause.event
    match deed:
        case Deed.ASSIGN_TO:
            person = event.to if event else None
            ask(draft, AskOwner(AssignMode.PERSON, f"assigned by {event.actor.name if event else 'hand'}", person))
        case Deed.CLAIM:
            person = event.actor.person if event else None
            ask(draft, AskOwner(AssignMode.PERSON, "claimed from the queue", person))
        case Deed.HOLD:
            draft.on_hold = True
            draft.changed()
        case Deed.RESUME:
            draft.on_hold = False
            draft.changed()


def climb(draft: Draft, name: str, cause: Cause) -> None:
    """Start a ladder or sequence, unless it is being climbed for this very clock already."""
    climbed = ClimbState(name, cause.scope, cause.clock.name if cause.clock else "", draft.now)
    draft.climbs.setdefault(climbed.key, climbed)


def reassign(draft: Draft, to: ReassignTo, cause: Cause) -> None:
    """S2.5: somebody else, who has not had it yet; after `at_most` hops the exception owner decides."""
    lead = draft.before
    if lead.hops >= to.at_most:
        if to.otherwise == "exception":
            why = f"{cause.words}; reassigned {lead.hops} times already"
            ask(draft, AskOwner(AssignMode.EXCEPTION, why))
        return
    exclude = (*lead.earlier_owners,) if to.except_ == "earlier_owners" else ()
    if lead.owner is not None:
        exclude = (*exclude, lead.owner)
    keep = to.otherwise == "keep"
    ask(draft, AskOwner(AssignMode.REASSIGN, cause.words, exclude=exclude, keep=keep, restarts=cause.clock))


def ask(draft: Draft, question: AskOwner) -> None:
    """Have an owner looked for. Whoever was to be told before that is whoever has the lead now, not who gets it."""
    draft.ask = question
    owner = draft.before.owner
    if owner is not None:
        pinned = {"owner": f"person:{owner}"}
        draft.outward = [
            replace(one, to=pinned.get(one.to, one.to)) if isinstance(one, Notice) else one for one in draft.outward
        ]


def _set(draft: Draft, assignments: Assignments) -> None:
    """Every expression sees the lead as it was before any of them. What a field does not accept is noted, not set."""
    values = {name: _value(draft, value) for name, value in assignments.values.items()}
    accepted, wrong = accept_all(draft.process.fields, values)
    draft.set_fields(accepted)
    draft.words.extend(f"{name} was not set: it {why}" for name, why in wrong.items())


def _value(draft: Draft, value: Value | Expression) -> Value | list[str]:
    if not isinstance(value, Expression):
        return value
    result = draft.verdict(value).value
    return result.date().isoformat() if isinstance(result, datetime) else result
