"""Circles that a lead goes round by itself: clocks, rungs and actions on entry are enough, and nobody need do anything.

A circle is none where it comes to an end by itself: a step of it depends on what the round changes (a field that is set,
the cycle, the time), waits for a date that the round empties, happens only once in a lead's life, or a clock around it
leads away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from engine.analysis.circles import components, round_from
from engine.analysis.moves import Cause, Moves
from engine.analysis.subject import Subject
from engine.clocks import date_field
from engine.compiling.checking import Checker
from engine.compiling.compile import Compiled
from engine.expressions import Expression
from engine.language.definition import Fire, HandOver
from engine.process import ROOT, Assignments, Branch, CompiledAction, Process
from engine.reading.document import NodePath


@dataclass(frozen=True, slots=True)
class _Step:
    """A way from leaf to leaf that needs nobody."""

    cause: Cause
    branch: Branch
    there: str

    @property
    def here(self) -> str:
        return self.branch.source


def check_livelock(check: Checker, subject: Subject) -> None:
    steps = [one for one in _steps(subject.moves) if one.here in subject.moves.reached]
    for group in components(_onward(steps, subject.process.leaves)):
        inside = [one for one in steps if one.here in group and one.there in group]
        lasting = _lasting(subject.process, inside)
        onward = _onward(lasting, group)
        circle = next((way for node in group if (way := round_from(onward, node))), ())
        if circle and not _led_away(subject, group, inside, steps):
            _report(check, subject, circle, lasting)


def _onward(steps: Iterable[_Step], nodes: Iterable[str]) -> dict[str, list[str]]:
    onward: dict[str, list[str]] = {node: [] for node in nodes}
    for step in steps:
        onward[step.here].append(step.there)
    return onward


def _steps(moves: Moves) -> list[_Step]:
    """What an event does belongs to it only where the event itself needs nobody."""
    found: list[_Step] = []
    pending = list(moves.causes)
    while True:
        by_themselves = [(one.branch.source, one.branch.event, one.branch.at) for one in found]
        ready = [
            one
            for one in pending
            if one.after is None or (one.after.source, one.after.event, one.after.at) in by_themselves
        ]
        if not ready:
            return found
        pending = [one for one in pending if one not in ready]
        for cause in ready:
            found += [_Step(cause, one, one.leaf) for one in moves.taken(cause) if one.leaf is not None]


# --- what comes to an end by itself ----------------------------------------------------------------------------------


def _lasting(process: Process, inside: Sequence[_Step]) -> list[_Step]:
    """The steps that are still taken in the hundredth round."""
    entered = [path for step in inside for path in process.passed(step.here, step.branch)[0]]
    events = [step.branch.event for step in inside]
    changed, emptied = _changes(process, inside)
    return [
        step
        for step in inside
        if not (
            (step.cause.after is None and not _again(step.cause, entered, events))
            or any(_may_change(one, changed) for one in _conditions(step))
            or (step.cause.rule is not None and date_field(step.cause.rule.spec) in emptied)
        )
    ]


def _again(cause: Cause, entered: Sequence[str], events: Sequence[str]) -> bool:
    """Whether it begins anew in every round."""
    if cause.rule is not None and cause.rule.spec.starts_on:
        return any(event in events for event in cause.rule.spec.starts_on)
    return cause.scope != ROOT and cause.scope in entered


def _conditions(step: _Step) -> Iterator[Expression]:
    rule = step.cause.rule
    for one in (step.branch.when, rule.when if rule else None, rule.cancels_when if rule else None):
        if one is not None:
            yield one


def _may_change(condition: Expression, changed: Sequence[str]) -> bool:
    return "now" in condition.uses or any(name in changed for name in (*condition.reads, *condition.asks))


def _changes(process: Process, inside: Sequence[_Step]) -> tuple[list[str], list[str]]:
    """What a round changes of the lead, and which fields it empties."""
    changed, emptied = ["score", "priority", "grade", "hops"], []
    for step in inside:
        entered, left = process.passed(step.here, step.branch)
        done: list[CompiledAction] = [*step.branch.then]
        done += [action for path in entered for action in process.scopes[path].on_entry]
        done += [action for path in left for action in process.scopes[path].on_exit]
        if step.cause.rule is not None:
            done += (*step.cause.rule.on_warning, *step.cause.rule.on_breach)
        for action in done:
            if isinstance(action, Assignments):
                changed += action.values
                emptied += [name for name, value in action.values.items() if value is None]
        if step.branch.next_cycle:
            changed.append("cycle")
    return changed, emptied


def _led_away(subject: Subject, group: Sequence[str], inside: Sequence[_Step], steps: Sequence[_Step]) -> bool:
    """Whether a clock around the whole circle ends it, whatever the lead is like."""
    entered = [path for step in inside for path in subject.process.passed(step.here, step.branch)[0]]

    def around(cause: Cause) -> bool:
        rule = cause.rule
        if rule is None or rule.scope in entered or rule.when or rule.cancels_when or rule.pauses_while:
            return False
        spec = rule.spec
        return spec.due is not None and not (spec.starts_on or spec.stops_on or spec.cancels_on)

    away = [one.here for one in steps if around(one.cause) and one.branch.when is None and one.there not in group]
    away += [one.leaf for one in subject.moves.causes if isinstance(one.action, HandOver) and around(one)]
    return all(node in away for node in group)


# --- words -----------------------------------------------------------------------------------------------------------


def _report(check: Checker, subject: Subject, circle: tuple[str, ...], lasting: Sequence[_Step]) -> None:
    ways = [
        next(one for one in lasting if (one.here, one.there) == pair)
        for pair in zip(circle, (*circle[1:], circle[0]), strict=True)
    ]
    events = ", ".join(dict.fromkeys(one.branch.event for one in ways))
    pace = "clocks alone cause" if any(one.cause.waits for one in ways) else "without any time passing, actions cause"
    way = " -> ".join((*circle, circle[0]))
    message = f"a lead goes round here for ever, and nobody need do anything: {way}; {pace} {events}"
    remedy = "Let one step of the way need a person or the lead, or end it after some rounds, as `when: lead.cycle < 3` does."
    first = ways[0].cause
    at = (*first.at, "fire") if isinstance(first.action, Fire) else first.at
    check.report(subject.source, at, "LIVELOCK", message, remedy)


# --- from process to process -----------------------------------------------------------------------------------------


def check_handed_round(check: Checker, processes: Iterable[Compiled]) -> None:
    """Processes that hand a lead round among each other by clocks and actions alone, whatever the lead is like."""
    newest: dict[str, Subject] = {}
    for one in sorted(processes, key=lambda compiled: compiled.process.version):
        newest[one.process.name] = Subject.of(one)
    handing = {name: _hands_over(subject) for name, subject in newest.items()}
    onward = {name: list(places) for name, places in handing.items()}
    for group in components(onward):
        circle = next((way for name in group if (way := round_from(onward, name))), ())
        if circle:
            first, then = circle[0], (*circle[1:], circle[0])[0]
            message = f"a lead goes round here for ever, and nobody need do anything: {' -> '.join((*circle, first))}"
            remedy = "Let one of these processes hand it over only when a person or the lead says so."
            at = (*handing[first][then], "hand_over")
            check.report(newest[first].source, at, "LIVELOCK", message, remedy)


def _hands_over(subject: Subject) -> dict[str, NodePath]:
    """The processes that a lead which comes into this one goes on to by itself, each with the place that says so."""
    steps = [one for one in _steps(subject.moves) if next(_conditions(one), None) is None]
    here = [subject.process.start]
    for leaf in here:
        here += [step.there for step in steps if step.here == leaf and step.there not in here]
    taken = [(step.branch.source, step.branch.event, step.branch.at) for step in steps]
    found: dict[str, NodePath] = {}
    for cause in subject.moves.causes:
        after = cause.after
        if not isinstance(cause.action, HandOver) or cause.leaf not in here:
            continue
        if cause.rule is not None and (cause.rule.when is not None or cause.rule.cancels_when is not None):
            continue
        if after is None or (after.source, after.event, after.at) in taken:
            found.setdefault(cause.action.hand_over, cause.at)
    return found
