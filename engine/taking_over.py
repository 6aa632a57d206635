"""Going on here with a lead whose past was in another system (B.9).

    take_over(process, lead, taken, now) -> Decision

Pure. The lead stands where it stood there, and its clocks have counted since then. What is overdue is missed now, once, however long
ago it was due: whoever the process tells of a missed clock begins to be told today, from the first rung on. Its owner keeps it: a clock
whose miss would take it away begins anew instead. Whom nobody here can stand in for is looked for by the rules.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from engine import clocks
from engine.actions import Cause, act
from engine.actions import ask as ask_for
from engine.altered import altered
from engine.decision import Decision
from engine.draft import Draft
from engine.happening import TakenOver
from engine.language.definition import Climb, Reassign, Who
from engine.lead import AskOwner, AssignMode, Clock, ClockState, Lead, Ownership
from engine.process import ClockRule, Process

HAPPENING = "taken_over"
"""What it is called in the journal."""


def take_over(process: Process, lead: Lead, taken: TakenOver, now: datetime) -> Decision:
    draft = Draft(process, altered(lead, rescore_at=None), now)
    draft.rescore = process.score is not None and not draft.leaf.is_outcome
    draft.words.append(f"goes on here, taken over from {taken.system}")
    _look_for_owner(draft, taken)
    for clock in tuple(draft.clocks.values()):
        _go_on(draft, clock, kept=draft.ask is None)
    clocks.review(draft)
    return draft.decide(HAPPENING, Who.SYSTEM.value)


def _look_for_owner(draft: Draft, taken: TakenOver) -> None:
    lead = draft.before
    if draft.leaf.is_outcome or draft.process.assignment is None:
        return
    if taken.owner_left and lead.owner is not None:
        why = f"{lead.owner} does not work here any more"
        draft.before = altered(
            lead,
            ownership=Ownership.NOBODY,
            owner=None,
            team=None,
            leader=None,
            earlier_owners=(*lead.earlier_owners, lead.owner),
        )
        draft.changed()
    elif lead.ownership is Ownership.NOBODY:
        why = "nobody had it there"
    else:
        return
    draft.words.append(why)
    ask_for(draft, AskOwner(AssignMode.RULES, why))


def _go_on(draft: Draft, clock: Clock, *, kept: bool) -> None:
    rule = draft.process.clock(clock.name, clock.scope)
    if clock.state is ClockState.BREACHED:
        # Missed long ago, and still waited for: somebody is told of it from now on.
        act(draft, [action for action in rule.on_breach if isinstance(action, Climb)], _cause(rule, clock))
    elif clock.state is ClockState.RUNNING and clock.due_at is not None and clock.due_at <= draft.now:
        _miss(draft, replace(clock, breached_at=clock.due_at), rule, kept=kept)
    elif clock.warnings:
        draft.put_clock(replace(clock, warnings=tuple(at for at in clock.warnings if at > draft.now)))


def _miss(draft: Draft, clock: Clock, rule: ClockRule, *, kept: bool) -> None:
    draft.words.append(f"{rule.title}: overdue since {clock.breached_at:%Y-%m-%d}")
    missed = clocks.breach(draft, clock.name, rule.spec, at=clock.breached_at)
    takes_away = [action for action in rule.on_breach if isinstance(action, Reassign)]
    actions = list(rule.on_breach)
    if takes_away and (not kept or clocks.has_full_time(rule.spec)):
        actions = [action for action in rule.on_breach if action not in takes_away]
    if takes_away and kept and clocks.has_full_time(rule.spec):
        draft.words.append(f"{draft.before.owner or 'whoever has it'} keeps it and has the full time once more")
        draft.put_clock(Clock(clock.name, clock.scope, ClockState.STARTING, draft.now))
    act(draft, actions, _cause(rule, missed))


def _cause(rule: ClockRule, clock: Clock) -> Cause:
    return Cause(f"{rule.title} overdue", clock.scope, clock)
