"""Stages in which a lead could lie for ever, because no clock runs there or the only one may never start."""

from __future__ import annotations

from collections.abc import Iterator

from engine.analysis.conditions import names_of
from engine.analysis.coverage import lead_without_clock
from engine.analysis.known import Known
from engine.analysis.subject import Subject
from engine.clocks import date_field
from engine.compiling.checking import Checker
from engine.language.definition import CallWebhook, Climb, CreateTask, Fire, HandOver, Notify, Reassign
from engine.process import ROOT, Branch, ClockRule, Leaf
from engine.reasoning import Example

_HEARD = (Notify, CreateTask, Climb, Fire, Reassign, HandOver, CallWebhook)
"""Actions by which somebody hears of a clock, or the lead goes on."""


def check_waiting(check: Checker, subject: Subject) -> None:
    known = Known(subject)
    told: list[str] = []
    for leaf in subject.process.leaves.values():
        if leaf.path not in subject.moves.reached or leaf.waits_for_ever or not _is_waited_for(subject, leaf):
            continue
        rules = [rule for rule in _rules_at(subject, leaf) if _lasts(subject, rule, leaf)]
        heard = [rule for rule in rules if _is_heard(rule)]
        if not heard:
            _report_none(check, subject, leaf, rules)
        elif any(rule.when is not None or rule.cancels_when is not None for rule in heard):
            example = lead_without_clock(subject, leaf, heard, known.at[leaf.path])
            if example is not None:
                _report_some(check, subject, leaf, heard, example)
        elif all(date_field(rule.spec) is not None for rule in heard):
            _report_dates(check, subject, known, leaf, heard, told)


def _is_waited_for(subject: Subject, leaf: Leaf) -> bool:
    """Where a lead is won, something may still be expected: an order, a delivery. That is so where it goes on from there."""
    if not leaf.is_outcome:
        return True
    onward = [subject.process.leaves[one.leaf] for one in subject.moves.ways[leaf.path] if one.leaf is not None]
    return not leaf.closes and any(there.is_outcome and there.path != leaf.path for there in onward)


def _rules_at(subject: Subject, leaf: Leaf) -> list[ClockRule]:
    """Those of the process itself end where a lead is won or lost."""
    rules = subject.process.rules_at(leaf.path)
    return [rule for rule in rules if rule.scope != ROOT or not leaf.is_outcome]


def _is_heard(rule: ClockRule) -> bool:
    return any(
        isinstance(action, _HEARD) for action in (*rule.on_breach, *(rule.on_warning if rule.spec.warn_at else ()))
    )


def _lasts(subject: Subject, rule: ClockRule, leaf: Leaf) -> bool:
    """Whether a clock runs from when a lead comes into this leaf until it goes, or until the time is over."""
    into = [branch for branch in subject.moves.possible if branch.leaf == leaf.path]
    if rule.spec.starts_on and any(branch.event not in rule.spec.starts_on for branch in into):
        return False
    return leaf.path not in _over(subject, rule)


def _over(subject: Subject, rule: ClockRule) -> list[str]:
    """The leaves in which a lead may stand after an event has ended the clock without leading out of its scope."""
    ending = (*rule.spec.stops_on, *rule.spec.cancels_on)
    over = [
        branch.leaf or branch.source
        for branch in subject.moves.possible
        if branch.event in ending and _within(subject, rule, branch)
    ]
    for here in over:
        for branch in subject.moves.ways[here]:
            if branch.leaf is not None and branch.leaf not in over and _within(subject, rule, branch):
                over.append(branch.leaf)
    return over


def _within(subject: Subject, rule: ClockRule, branch: Branch) -> bool:
    """Whether the lead stays in the clock's scope all the time."""
    around = (ROOT, *subject.process.leaves[branch.source].chain)
    if rule.scope not in around or rule.scope in subject.process.passed(branch.source, branch)[1]:
        return False
    return not subject.process.leaves[branch.leaf or branch.source].is_outcome


def _report_none(check: Checker, subject: Subject, leaf: Leaf, rules: list[ClockRule]) -> None:
    message = f"a lead may lie in stage '{leaf.path}' for ever: {_why(subject, leaf, rules)}"
    remedy = "Give the stage a clock that tells somebody, `clocks: {NAME: {due: 3 working days, on_breach: {climb: LADDER}}}`"
    remedy += ", or say `waits_for_ever: true`."
    check.report(subject.source, subject.stage_at(leaf.path), "STAGE_WITHOUT_CLOCK", message, remedy, key=True)


def _report_some(check: Checker, subject: Subject, leaf: Leaf, rules: list[ClockRule], example: Example) -> None:
    conditions = [one for rule in rules for one in (rule.when, rule.cancels_when) if one is not None]
    dates = [f"lead.{name}" for rule in rules if (name := date_field(rule.spec)) is not None]
    shown = [name for name in (*names_of(*conditions), *dates) if name not in ("lead.stage", "lead.ownership")]
    none = f"the clock '{rules[0].name}' does not run" if len(rules) == 1 else "none of its clocks runs"
    who = f" with {values}" if (values := example.words(shown)) else ""
    message = f"a lead{who} may lie in stage '{leaf.path}' for ever: {none} for it"
    remedy = "Give the stage a clock for all others, without `when`, or say `waits_for_ever: true`."
    check.report(subject.source, subject.stage_at(leaf.path), "STAGE_WITHOUT_CLOCK", message, remedy, key=True)


def _why(subject: Subject, leaf: Leaf, rules: list[ClockRule]) -> str:
    if rules:
        return f"nobody hears of it when the clock '{rules[0].name}' is over"
    others = _rules_at(subject, leaf)
    if others:
        return f"the clock '{others[0].name}' may be over, or not have begun, while the lead is still there"
    return "no clock runs there"


def _report_dates(
    check: Checker, subject: Subject, known: Known, leaf: Leaf, rules: list[ClockRule], told: list[str]
) -> None:
    """Where every clock of a stage waits for a date, each way into the stage has to make sure of one of them."""
    dates = [name for rule in rules if (name := date_field(rule.spec)) is not None]
    for way, sure in _ways_in(subject, known, leaf):
        if sure.intersection(dates):
            continue
        event = f"'{way.event}'" if way is not None else "a new lead"
        message = (
            f"a lead may lie in stage '{leaf.path}' for ever: the clock '{rules[0].name}' waits for {rules[0].spec.at or dates[0]}, "
            f"and {event} leads there without it"
        )
        remedy = f"Ask for it, `needs: {{fields: [{dates[0]}]}}`, or give the stage a clock for leads without a date."
        at = way.at if way is not None else subject.stage_at(leaf.path)
        if message not in told:
            told.append(message)
            check.report(subject.source, at, "DATE_MAY_BE_MISSING", message, remedy, key=True)


def _ways_in(subject: Subject, known: Known, leaf: Leaf) -> Iterator[tuple[Branch | None, frozenset[str]]]:
    if leaf.path == subject.process.start:
        yield None, known.at_the_start
    for branch in subject.moves.possible:
        if branch.leaf == leaf.path and branch.source in subject.moves.reached:
            yield branch, known.after(branch)
