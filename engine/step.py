"""One step of one lead: what happens, decided by its process and nothing else.

    step(process, lead, happening, now) -> Decision | Refusal

Pure. The lead workflow, the simulator and the scenario tests all decide through this function. What only the world can
tell (who is free, when a working day ends, what the score is) is asked for in the decision, answered by `engine.settle`
and worked in by `engine.conclude`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from engine import clocks
from engine.actions import Cause, act
from engine.actors import may
from engine.altered import altered
from engine.decision import ClockEnd, ClockEntry, Completed, Decision, Missing, Refusal, RefusalCode
from engine.draft import Draft
from engine.happening import (
    SYSTEM,
    THE_LEAD,
    Actor,
    Arrival,
    Due,
    DueKind,
    Erased,
    EventIn,
    GaveBack,
    HandedOver,
    Happening,
    MergedInto,
    Moved,
    Parted,
    TakenOver,
    TookIn,
    Touch,
    WorldChanged,
)
from engine.language.definition import CallWebhook, CreateTask, Fire, Notify, Reassign, Send, Step, Who
from engine.lead import AskOwner, AssignMode, Climb, Clock, ClockState, Lead, Value
from engine.merging import end_merged, give_back, merged_away, part, take_in
from engine.moving import move
from engine.process import ROOT, Branch, Process
from engine.taking_over import take_over
from engine.values import accept_all

MOST_IN_A_ROW = 100
"""Decisions that a lead may come to by itself without any time passing. With more its process goes round in circles, and
what is fired next does not happen."""


def new_lead(
    process: Process, key: str, title: str, fields: dict[str, object], known: tuple[str, ...], now: datetime
) -> Lead:
    """A lead that has not happened yet: before its start stage, with nothing done (`seq` 0), and accepted fields."""
    values, _ = accept_all(process.fields, fields)
    return lead_of(process, key, title, values, known, now)


def lead_of(
    process: Process, key: str, title: str, values: Mapping[str, Value], known: tuple[str, ...], now: datetime
) -> Lead:
    """The same for values that the process has accepted already."""
    return Lead(
        key=key,
        title=title,
        process=process.name,
        version=process.version,
        digest=process.digest,
        stage=process.start,
        arrived_at=now,
        entered_at=now,
        fields={name: value for name, value in values.items() if value is not None},
        known=known,
    )


def step(
    process: Process, lead: Lead, happening: Happening, now: datetime, target: Process | None = None
) -> Decision | Refusal:
    """Decide. A Refusal means that nothing has happened. `target` is the version that a lead is moved to."""
    if lead.merged_into is not None and not isinstance(happening, Parted | Erased):
        return merged_away(lead, happening)
    match happening:
        case Arrival():
            return _arrive(process, lead, now)
        case EventIn():
            return _event(process, lead, happening, now)
        case Due():
            return _due(process, lead, happening, now)
        case Touch():
            return _touch(process, lead, happening, now)
        case WorldChanged():
            return _world_changed(process, lead, happening, now)
        case HandedOver():
            return _handed_over(process, lead, happening, now)
        case Moved():
            return move(process, target or process, lead, happening, now)
        case MergedInto():
            return end_merged(process, lead, happening, now)
        case TookIn():
            return take_in(process, lead, happening, now)
        case GaveBack():
            return give_back(process, lead, happening, now)
        case Parted():
            return part(process, lead, happening, now)
        case TakenOver():
            return take_over(process, lead, happening, now)
        case Erased():
            return _erased(process, lead, happening, now)


# --- arrivals --------------------------------------------------------------------------------------------------------


def _arrive(process: Process, lead: Lead, now: datetime) -> Decision:
    draft = Draft(process, lead, now)
    draft.words.append("arrived")
    _begin(draft)
    return draft.decide("arrived", Who.SYSTEM.value)


def _begin(draft: Draft) -> None:
    """Enter the process: its own scope first, then the start stage from the outermost scope to the innermost."""
    clocks.enter_scope(draft, ROOT)
    act(draft, draft.process.scopes[ROOT].on_entry, Cause("arrived", ROOT))
    _enter(draft, draft.process.leaves[draft.process.start].chain, draft.process.start)
    clocks.review(draft)


def _touch(process: Process, lead: Lead, touch: Touch, now: datetime) -> Decision:
    """The lead came again: the first event that `lead` may cause here happens. If none can, the touch is noted. Either way
    what it brings fills what was unknown."""
    accepted, _ = accept_all(process.fields, touch.fields)
    empty = [name for name in accepted if lead.fields.get(name) is None and not process.personal(name)]
    fields = {name: accepted[name] for name in empty if accepted[name] is not None}
    known = tuple(name for name in touch.known if process.personal(name) and name not in lead.known)
    came = EventIn("touched", THE_LEAD, fields=fields, known=known, parcel=touch.parcel)
    for event in process.allowed(lead.stage):
        if any(Who.LEAD in branch.by for branch in process.branches[(lead.stage, event)]):
            decided = _event(process, lead, replace(came, name=event), now)
            if not isinstance(decided, Refusal):
                return decided
    draft = Draft(process, lead, now)
    draft.set_fields(fields, known)
    draft.rescore = True
    draft.words.append(f"came again{f' from {touch.source}' if touch.source else ''}")
    clocks.review(draft)
    return draft.decide(came.name, Who.LEAD.value, event=came)


def _erased(process: Process, lead: Lead, erased: Erased, now: datetime) -> Decision:
    draft = Draft(process, lead, now)
    draft.set_fields({}, unknown=lead.known)
    draft.words.append("the person was erased")
    if lead.merged_into is None:
        draft.rescore = True
        clocks.review(draft)
    return draft.decide("erased", erased.actor.name)


def _handed_over(process: Process, lead: Lead, handed: HandedOver, now: datetime) -> Decision:
    """The lead enters this process. Of its fields, those that the process knows otherwise must fit; score and segment
    were told by tables of the process it comes from."""
    if handed.digest is None:
        return _could_not(process, lead, "hand_over", f"no version of {handed.process} is published", SYSTEM, now)
    if _in_a_row(lead, handed) > MOST_IN_A_ROW:
        return _could_not(process, lead, "hand_over", _CIRCLES, SYSTEM, now)
    known = {name: value for name, value in lead.fields.items() if name in process.fields}
    accepted, _ = accept_all(process.fields, known)
    others = {name: value for name, value in lead.fields.items() if name not in process.fields}
    fresh = altered(
        lead,
        process=process.name,
        version=process.version,
        digest=handed.digest,
        stage=process.start,
        fields=others | accepted,
        hops=0,
        score=None,
        segment=None,
        rescore_at=None,
        earlier_owners=(),
        on_hold=False,
        clocks={},
        kept={},
        climbs={},
        visits={},
        closed=False,
    )
    draft = Draft(process, fresh, now, _in_a_row(lead, handed))
    draft.cycle += 1
    for clock in (*lead.clocks.values(), *lead.kept.values()):
        late = clock.state is ClockState.BREACHED
        draft.entries.append(ClockEntry(clock, ClockEnd.STOPPED_LATE if late else ClockEnd.LEFT))
    draft.words.append(f"goes on in {process.title}")
    draft.begins = True
    draft.outward.append(Completed("asked for by another process"))
    _begin(draft)
    decision = draft.decide("handed_over", Who.SYSTEM.value)
    return replace(decision, record=replace(decision.record, from_stage=lead.stage))


# --- events ----------------------------------------------------------------------------------------------------------


def _event(process: Process, lead: Lead, event: EventIn, now: datetime) -> Decision | Refusal:
    """What an action of the process itself has fired in vain is no refusal but a fact, or nobody would ever know."""
    if not event.fired:
        return _ask(process, lead, event, now)
    if _in_a_row(lead, event) > MOST_IN_A_ROW:
        return _could_not(process, lead, event.name, _CIRCLES, event.actor, now)
    decided = _ask(process, lead, event, now)
    if isinstance(decided, Refusal):
        return _could_not(process, lead, event.name, decided.message, event.actor, now)
    return decided


_CIRCLES = "the process goes round in circles here"


def _could_not(process: Process, lead: Lead, what: str, why: str, actor: Actor, now: datetime) -> Decision:
    draft = Draft(process, lead, now, lead.in_a_row)
    draft.words.append(f"could not {what.replace('_', ' ')}: {why}")
    return draft.decide(f"could_not:{what}", actor.name)


def _in_a_row(lead: Lead, happening: EventIn | Due | HandedOver) -> int:
    """How many decisions in a row the lead has come to by itself, with this one; a deadline that was in the past when it was
    set has waited for nothing."""
    match happening:
        case EventIn():
            by_itself = happening.fired
        case Due():
            by_itself = lead.decided_at is not None and happening.at <= lead.decided_at
        case HandedOver():
            by_itself = True
    return lead.in_a_row + 1 if by_itself else 0


def _ask(process: Process, lead: Lead, event: EventIn, now: datetime) -> Decision | Refusal:
    if (lead.stage, event.name) not in process.branches:
        return _not_here(process, lead, event)
    values, wrong = _brought(process, lead, event) if _brings(event) else ({}, {})
    if wrong:
        return _bad_values(process, lead, event, wrong)

    draft = _told(process, lead, event, values, now)
    branch = process.machine.choose(event.name, lead.stage, draft.holds)
    missing = _missing(draft, branch or process.branches[(lead.stage, event.name)][0], event)
    if branch is None:
        return _refuse(process, lead, event, RefusalCode.GUARD, _why_guarded(draft, event.name), missing)
    if not may(branch.by, lead, event.actor):
        who = ", ".join(branch.by)
        return _refuse(
            process,
            lead,
            event,
            RefusalCode.NOT_ALLOWED,
            f"{event.actor.name} may not '{event.name}'; allowed: {who}",
            missing,
            branch.by,
        )
    if missing:
        needed = ", ".join(f"{item.kind} {item.name}" for item in missing)
        return _refuse(process, lead, event, RefusalCode.MISSING, f"'{event.name}' still needs: {needed}", missing)

    take(draft, branch, event)
    return draft.decide(event.name, event.actor.name, event.codes, event)


def take(draft: Draft, branch: Branch, event: EventIn) -> None:
    """Go this way: leave, act, enter. Whether it may be gone is for whoever calls to know."""
    title = branch.title or draft.process.event_titles[event.name]
    if branch.advised is not None and not draft.holds(branch.advised):
        draft.words.append(f"against advice ({branch.advised.text})")
    clocks.hear(draft, event.name)
    # What the event starts belongs to the stage it leads to, or it would go on when that is over.
    cause = Cause(title, branch.target or draft.stage, event=event)
    if branch.leaf is not None:
        entered, left = draft.process.passed(draft.stage, branch)
        for path in left:
            act(draft, draft.process.scopes[path].on_exit, cause)
            clocks.leave_scope(draft, path)
        if branch.next_cycle:
            _next_cycle(draft)
        act(draft, branch.then, cause)
        _enter(draft, entered, branch.leaf)
    else:
        act(draft, branch.then, cause)
    clocks.hear_start(draft, event.name)
    clocks.review(draft)


def _enter(draft: Draft, scopes: Iterable[str], leaf: str) -> None:
    draft.stage = leaf
    draft.entered_at = draft.now
    draft.visits[leaf] = draft.visits.get(leaf, 0) + 1
    # While it was won or lost it did not age.
    left = draft.process.leaves.get(draft.before.stage)
    draft.rescore |= (
        draft.before.score is not None and left is not None and left.is_outcome and not draft.leaf.is_outcome
    )
    draft.changed()
    for path in scopes:
        clocks.enter_scope(draft, path)
        act(draft, draft.process.scopes[path].on_entry, Cause(draft.process.scopes[path].title, path))
    clocks.end_with_outcome(draft)
    draft.closed = draft.leaf.closes


def _next_cycle(draft: Draft) -> None:
    """Recycled: hops and visits count anew, everybody may get it again, and what was kept for a return is over."""
    draft.cycle += 1
    draft.visits = {}
    draft.on_hold = False
    clocks.let_go(draft)
    draft.before = altered(draft.before, hops=0, earlier_owners=())
    draft.changed()


def _told(process: Process, lead: Lead, event: EventIn, values: dict[str, Value], now: datetime) -> Draft:
    """The lead with what the event brings, which its guards go by."""
    draft = Draft(process, lead, now, _in_a_row(lead, event))
    draft.set_fields(values, event.known, event.unknown)
    draft.foresee_score()
    draft.codes.update(event.codes)
    return draft


def asked(process: Process, lead: Lead, event: EventIn, now: datetime) -> tuple[tuple[Branch, bool], ...]:
    """The branches whose guards an event asks here, in order, each with whether it holds; none after one that does.

    For whoever wants to know what has been tried out; nothing is decided by it.
    """
    branches = process.branches.get((lead.stage, event.name), ())
    values, wrong = _brought(process, lead, event) if branches and _brings(event) else ({}, {})
    if wrong:
        return ()
    draft = _told(process, lead, event, values, now)
    found: list[tuple[Branch, bool]] = []
    for branch in branches:
        found.append((branch, branch.when is None or draft.holds(branch.when)))
        if found[-1][1]:
            break
    return tuple(found)


def _brings(event: EventIn) -> bool:
    return bool(event.fields or event.known or event.unknown or event.codes)


def _brought(process: Process, lead: Lead, event: EventIn) -> tuple[dict[str, Value], dict[str, str]]:
    """The field values that an event brings, as they are kept; and what is wrong with anything it brings, by name."""
    values, wrong = _accepted(process, event)
    asked = [name for branch in process.branches[(lead.stage, event.name)] for name in branch.codes]
    wrong |= {name: "is a code that this event does not ask for" for name in event.codes if name not in asked}
    if None in values.values():
        waited = clocks.awaited(process, lead)
        stays = {name: rule for name, rule in waited.items() if _may_stay(process, lead, event, rule.scope)}
        cleared = [name for name, value in values.items() if value is None and name in stays]
        wrong |= {name: f"is what '{stays[name].title}' waits for: give another date" for name in cleared}
    return values, wrong


def _accepted(process: Process, event: EventIn) -> tuple[dict[str, Value], dict[str, str]]:
    values, wrong = accept_all(process.fields, event.fields)
    wrong |= {name: "is personal: send it beside the event, not in it" for name in values if process.personal(name)}
    names = (*event.known, *event.unknown)
    wrong |= {name: "is no personal field" for name in names if not process.personal(name)}
    return values, wrong


def never_possible(process: Process, lead: Lead, event: EventIn) -> Refusal | None:
    """Why an event is refused wherever the lead may stand by then: what it brings fits no field and no list of codes.

    For whoever has to let an event in before it can be decided: nothing that was made up may come along (B.7).
    """
    wrong = _accepted(process, event)[1]
    codes = {code for codes in (process.reasons.lists.values() if process.reasons else ()) for code in codes}
    wrong |= {name: "is no code of this process" for name, code in event.codes.items() if code not in codes}
    return _bad_values(process, lead, event, wrong) if wrong else None


def _may_stay(process: Process, lead: Lead, event: EventIn, scope: str) -> bool:
    """Whether the lead may still be in this scope once the event has happened."""
    leaves = [branch.leaf or lead.stage for branch in process.branches[(lead.stage, event.name)]]
    return scope == ROOT or any(scope in process.leaves[leaf].chain for leaf in leaves)


def _why_guarded(draft: Draft, event: str) -> str:
    reasons = []
    for branch in draft.process.branches[(draft.before.stage, event)]:
        if branch.when is not None:
            unknown = draft.verdict(branch.when).unknown
            tail = f" ({', '.join(unknown)} not known)" if unknown else ""
            reasons.append(f"{branch.when.text}{tail}")
    return f"'{event}' is not possible now; it asks for: {' or '.join(reasons)}"


def _missing(draft: Draft, branch: Branch, event: EventIn) -> tuple[Missing, ...]:
    """S2.3 and the *during* of an event: everything that still has to come with it."""
    process = draft.process
    missing = [
        Missing("field", name, tuple(process.fields[name].of or ()))
        for name in branch.fields
        if draft.fields.get(name) is None and name not in draft.known
    ]
    for name, reason_list in branch.codes.items():
        choices = tuple(process.codes_of(reason_list))
        if event.codes.get(name) not in choices:
            missing.append(Missing("code", name, choices))
    wants_note = branch.note if isinstance(branch.note, bool) else draft.holds(branch.note)
    if wants_note and not event.note:
        missing.append(Missing("note", "note"))
    missing.extend(Missing("check", item) for item in branch.checklist if item not in event.checked)
    if event.to is None and event.name == "assign":
        missing.append(Missing("person", "to"))
    return tuple(missing)


def _bad_values(process: Process, lead: Lead, event: EventIn, wrong: dict[str, str]) -> Refusal:
    details = "; ".join(f"{name} {why}" for name, why in wrong.items())
    message = f"'{event.name}' brings wrong values: {details}"
    return _refuse(process, lead, event, RefusalCode.BAD_VALUE, message, fields=wrong)


def _not_here(process: Process, lead: Lead, event: EventIn) -> Refusal:
    leaf = process.leaf(lead)
    if event.name not in process.event_titles:
        return _refuse(process, lead, event, RefusalCode.UNKNOWN_EVENT, f"{process.name} has no event '{event.name}'")
    if lead.closed:
        return _refuse(process, lead, event, RefusalCode.CLOSED, f"the lead is closed ({leaf.title})")
    return _refuse(process, lead, event, RefusalCode.NOT_HERE, f"'{event.name}' is not possible in {leaf.title}")


def _refuse(
    process: Process,
    lead: Lead,
    event: EventIn,
    code: RefusalCode,
    message: str,
    missing: tuple[Missing, ...] = (),
    may_do: Iterable[str] = (),
    fields: dict[str, str] | None = None,
) -> Refusal:
    return Refusal(
        code, message, event.name, lead.stage, missing, tuple(may_do), process.allowed(lead.stage), fields or {}
    )


# --- what the lead waited for ----------------------------------------------------------------------------------------


def _due(process: Process, lead: Lead, due: Due, now: datetime) -> Decision:
    draft = Draft(process, lead, now, _in_a_row(lead, due))
    match due.kind:
        case DueKind.RESCORE:
            draft.rescore = True
            draft.words.append("older: scored again")
            draft.before = altered(draft.before, rescore_at=None)
            return draft.decide("rescored", Who.CLOCK.value)
        case DueKind.ASSIGN:
            why = "the wait for somebody free is over"
            asked = lead.assign_ask or AskOwner(AssignMode.RULES, why)
            draft.ask = replace(asked, because=why, last_try=True)
            draft.words.append(why)
            draft.before = altered(draft.before, assign_at=None, assign_ask=None)
            return draft.decide("hold_over", Who.CLOCK.value)
        case DueKind.WARNING:
            return _warn(draft, due.name)
        case DueKind.CLOCK:
            return _breach(draft, due.name)
        case DueKind.STEP:
            return _climb_on(draft, due.name)


def _warn(draft: Draft, name: str) -> Decision:
    clock = clocks.warn(draft, name)
    rule = draft.process.clock(name, clock.scope)
    draft.words.append(f"{rule.title}: due soon")
    act(draft, rule.on_warning, Cause(rule.title, clock.scope, clock))
    clocks.review(draft)
    return draft.decide(f"warned:{name}", Who.CLOCK.value)


def _breach(draft: Draft, name: str) -> Decision:
    rule = draft.process.clock(name, draft.clocks[name].scope)
    clock = clocks.breach(draft, name, rule.spec)
    draft.words.append(f"{rule.title}: overdue")
    act(draft, rule.on_breach, Cause(f"{rule.title} overdue", clock.scope, clock))
    clocks.review(draft)
    return draft.decide(f"overdue:{name}", Who.CLOCK.value)


def _climb_on(draft: Draft, key: str) -> Decision:
    state = draft.climbs[key]
    name = state.name.replace("_", " ")
    series = draft.process.series[state.name]
    rung = series.steps[state.step]
    clock = _climbed_for(draft, state)
    about = draft.process.clock(clock.name, clock.scope).title if clock else name
    if state.step + 1 < len(series.steps):
        draft.climbs[key] = replace(state, step=state.step + 1, due_at=None)
    elif rung.repeat is not None:
        draft.climbs[key] = replace(state, round=state.round + 1, due_at=None, started_at=draft.now)
    else:
        del draft.climbs[key]
    draft.words.append(f"{about}: {_rung_in_words(rung)} (step {state.step + 1} of {name})")
    act(draft, (rung,), Cause(about, state.scope, clock))
    clocks.review(draft)
    return draft.decide(f"step:{state.name}", Who.CLOCK.value)


def _rung_in_words(rung: Step) -> str:
    match rung:
        case Notify():
            kind, _, who = rung.notify.partition(":")
            return f"escalated to {f'team {who}' if kind == 'team' else who or kind.replace('_', ' ')}"
        case Send():
            return f"sends {rung.send.replace('_', ' ')}"
        case CreateTask():
            return f"task '{rung.task}'"
        case Fire():
            return rung.fire.replace("_", " ")
        case Reassign():
            return "looks for another owner"
        case CallWebhook():
            return f"calls {rung.webhook}"


def _climbed_for(draft: Draft, state: Climb) -> Clock | None:
    """The clock of a ladder; one that is not measured any more is over, but still what the ladder is about."""
    if not state.clock:
        return None
    return draft.clocks.get(state.clock) or Clock(state.clock, state.scope, ClockState.BREACHED, state.started_at)


def _world_changed(process: Process, lead: Lead, change: WorldChanged, now: datetime) -> Decision:
    draft = Draft(process, lead, now)
    again = clocks.recompute(process, lead)
    draft.clocks, draft.climbs = again.clocks, again.climbs
    draft.words.append(change.why)
    return draft.decide("deadlines_recomputed", Who.SYSTEM.value)
