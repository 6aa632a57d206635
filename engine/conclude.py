"""Working the world's answers into the lead: from a decision and what was recorded of it to the lead's next state.

    conclude(process, decision, settled) -> Conclusion

Pure, and needs no calendar: the workflow, which may look at none, concludes from recorded answers.
`engine.settle` makes them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from engine import clocks
from engine.altered import altered
from engine.decision import (
    Assigned,
    ClockEnd,
    ClockEntry,
    Conclusion,
    Deadline,
    Decision,
    Notice,
    Outward,
    Scored,
    Settled,
)
from engine.happening import HandedOver
from engine.lead import AskOwner, AssignMode, Clock, ClockState, Lead, Ownership
from engine.process import ROOT, Process


def conclude(process: Process, decision: Decision, settled: Settled) -> Conclusion:
    """The lead after the decision and the world's answers, and what is still to be sent, fired or handed over."""
    now = decision.record.at
    lead = with_score(process, decision.lead, settled.scored)
    outward, entries, unstarted = decision.outward, decision.clocks, decision.unstarted
    if settled.assigned is not None and decision.owner is not None:
        lead = altered(lead, segment=settled.segment)
        before = lead.owner
        lead, told, ended = _with_owner(process, lead, decision.owner, settled.assigned, now)
        outward, entries = (*told, *outward), (*entries, *ended)
        if lead.ownership is Ownership.PERSON and lead.owner != before:
            unstarted = (*unstarted, *clocks.owed_to_a_new_owner(process, lead))
    if settled.scored is not None or settled.assigned is not None:
        lead, more = clocks.after_answers(process, lead, unstarted, now)
        entries = (*entries, *more)
    lead = _with_deadlines(_with_own_clock(process, lead, now), settled, now)
    hand_over = HandedOver(decision.hand_over, settled.digest) if decision.hand_over else None
    return Conclusion(lead, outward, decision.fire, hand_over, entries)


def with_deadlines(concluded: Conclusion, settled: Settled, now: datetime) -> Conclusion:
    """What was concluded from answers without deadlines, with those."""
    lead = _with_deadlines(concluded.lead, settled, now)
    if lead is concluded.lead:
        return concluded
    return Conclusion(lead, concluded.outward, concluded.fire, concluded.hand_over, concluded.clocks)


def with_score(process: Process, lead: Lead, scored: Scored | None) -> Lead:
    if scored is None:
        return lead
    over = process.leaf(lead).is_outcome
    return altered(lead, score=scored.score, rescore_at=None if over else scored.rescore_at)


def _with_owner(
    process: Process, lead: Lead, ask: AskOwner, assigned: Assigned, now: datetime
) -> tuple[Lead, tuple[Outward, ...], tuple[ClockEntry, ...]]:
    """The lead in other hands, who is told of it, and the clocks of the hands that it was in before."""
    if assigned.ownership is Ownership.HELD:
        # A wait that is under way goes on: a clock that asks more often than it ends must not put it off for ever.
        waits = [at for at in (lead.assign_at, assigned.until) if at is not None]
        held = altered(
            lead,
            ownership=_held(lead),
            owner_because=assigned.because,
            assign_at=min(waits, default=None),
            assign_ask=ask,
        )
        return held, (), ()
    before = lead.owner
    changed = assigned.person != before
    stays = not changed and assigned.ownership is lead.ownership and assigned.team == lead.team
    earlier = lead.earlier_owners
    if changed and before is not None and before not in earlier and not ask.anew:
        earlier = (*earlier, before)
    lead, ended = _without_assignment_clocks(lead) if not stays else (lead, ())
    to_person = assigned.ownership is Ownership.PERSON
    # Whoever had to decide about it and takes it themselves has it from now on like anybody else.
    takes_up = to_person and (changed or lead.ownership is not Ownership.PERSON)
    lead = clocks.for_new_assignment(process, lead, now, new_owner=changed or takes_up, to_person=to_person)
    if takes_up and ask.restarts is not None:
        lead = clocks.restart(process, lead, ask.restarts, now)
    hop = changed and to_person and ask.mode is AssignMode.REASSIGN
    owned = altered(
        lead,
        ownership=assigned.ownership,
        owner=assigned.person,
        team=assigned.team,
        leader=assigned.leader,
        owner_because=assigned.because,
        assigned_at=now,
        assign_at=None,
        assign_ask=None,
        earlier_owners=earlier,
        hops=lead.hops + 1 if hop else lead.hops,
    )
    told = () if stays else _told(process, ask, assigned, before if changed else None, changed=changed)
    return owned, told, ended


def _without_assignment_clocks(lead: Lead) -> tuple[Lead, tuple[ClockEntry, ...]]:
    """Whoever had to decide or to claim has been relieved of it, and so has everybody whom their clock alarmed."""
    over = [lead.clocks[name] for name in clocks.ASSIGNMENT_CLOCKS if name in lead.clocks]
    if not over:
        return lead, ()
    running = {name: clock for name, clock in lead.clocks.items() if clock not in over}
    climbs = {key: climb for key, climb in lead.climbs.items() if climb.clock not in clocks.ASSIGNMENT_CLOCKS}
    entries = (
        ClockEntry(clock, ClockEnd.STOPPED_LATE if clock.state is ClockState.BREACHED else ClockEnd.MET)
        for clock in over
    )
    return altered(lead, clocks=running, climbs=climbs), tuple(entries)


_DECIDING = (Ownership.EXCEPTION, Ownership.QUEUE)


def _with_own_clock(process: Process, lead: Lead, now: datetime) -> Lead:
    """S4.6: the exception owner and the queue have clocks of their own, however the lead came to them."""
    table = process.assignment
    if lead.ownership not in _DECIDING or table is None or process.leaf(lead).is_outcome:
        return lead
    if lead.merged_into is not None:  # nobody has to decide about it any more
        return lead
    if lead.ownership is Ownership.EXCEPTION:
        own = "exception"
    elif lead.ownership is Ownership.QUEUE and table.queue is not None:
        own = "queue"
    else:
        return lead
    return altered(lead, clocks={own: Clock(own, ROOT, ClockState.STARTING, now), **lead.clocks})


def _told(
    process: Process, ask: AskOwner, assigned: Assigned, before: str | None, *, changed: bool
) -> tuple[Outward, ...]:
    """S4.7: who hears of it. `before` is an owner who has lost it."""
    table = process.assignment
    if table is None:
        return ()
    told: list[Outward] = []
    if assigned.ownership is Ownership.EXCEPTION:
        told.append(Notice("owner", table.exception.with_, assigned.because))
    elif assigned.ownership is Ownership.QUEUE and table.queue is not None:
        told.append(Notice(f"team:{table.queue.team}", table.queue.with_, assigned.because))
    elif changed:
        told.append(Notice("owner", table.tells.owner, assigned.because))
    if before is not None and table.tells.earlier_owner is not None:
        told.append(Notice(f"person:{before}", table.tells.earlier_owner, ask.because))
    return tuple(told)


def _held(lead: Lead) -> Ownership:
    """Whoever has it keeps it while somebody else is looked for."""
    return lead.ownership if lead.owner is not None else Ownership.HELD


def _with_deadlines(lead: Lead, settled: Settled, now: datetime) -> Lead:
    if not settled.clocks and not settled.climbs:
        return lead
    running, kept = dict(lead.clocks), dict(lead.kept)
    for name, deadline in settled.clocks.items():
        among = running if name in running else kept
        among[name] = _with_deadline(among[name], deadline, now)
    climbing = dict(lead.climbs)
    for name, deadline in settled.climbs.items():
        climbing[name] = replace(climbing[name], due_at=deadline.due_at)
    return altered(lead, clocks=running, kept=kept, climbs=climbing)


def _with_deadline(clock: Clock, deadline: Deadline, now: datetime) -> Clock:
    if deadline.due_at is None:
        return replace(
            clock,
            state=ClockState.PAUSED,
            due_at=None,
            warnings=(),
            left_seconds=deadline.left_seconds,
            budget_seconds=deadline.budget_seconds,
        )
    told = Clock(  # most decisions make some: a third of the time of `replace`
        clock.name,
        clock.scope,
        ClockState.RUNNING,
        clock.counts_from,
        deadline.due_at,
        deadline.warnings,
        clock.left_seconds,
        deadline.calendar,
        clock.breached_at,
        clock.budget_seconds,
    )
    if deadline.left_seconds is None:
        return told
    return replace(told, counts_from=now, left_seconds=deadline.left_seconds, budget_seconds=deadline.budget_seconds)
