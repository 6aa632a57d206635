"""Leads for which none of a stage's clocks runs, although it has some: each of them is for certain leads only."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import product

from engine.analysis.conditions import names_of
from engine.analysis.subject import Subject
from engine.clocks import date_field
from engine.expressions import Expression
from engine.lead import Ownership
from engine.process import ClockRule, Leaf
from engine.reasoning import Example, Given

MOST_CLOCKS = 6
"""With more, somebody is looking after the stage."""


def lead_without_clock(
    subject: Subject, leaf: Leaf, rules: Sequence[ClockRule], sure: Collection[str]
) -> Example | None:
    """A lead that none of these clocks runs for: its `when` does not hold, its date is not known, or it is cancelled.

    `sure` are fields that are filled in whenever a lead comes there. Unknown values count here, since leads with them lie
    about as well. Whoever has the lead is a person; a queue and the exception owner have clocks of their own.
    """
    if len(rules) > MOST_CLOCKS:
        return None
    compiled = subject.process.vocabulary.compile
    ways = [_ways_out(subject, rule, sure) for rule in rules]
    if not all(ways):
        return None
    asked = names_of(*(condition for several in ways for condition, _ in several))
    filled = [compiled(f"known.{name}") for name in sorted(sure) if f"lead.{name}" in asked or f"known.{name}" in asked]
    given: Given = {"lead.stage": leaf.path, "lead.ownership": Ownership.PERSON.value}
    for chosen in product(*ways):
        holds = [condition for condition, held in chosen if held]
        unless = [condition for condition, held in chosen if not held]
        found = subject.reasoner.example_for([*holds, *filled], unless, given)
        if isinstance(found, Example):
            return found
    return None


def _ways_out(subject: Subject, rule: ClockRule, sure: Collection[str]) -> list[tuple[Expression, bool]]:
    """What keeps a clock from running, each alone: a condition, and whether it holds then."""
    ways: list[tuple[Expression, bool]] = []
    if rule.when is not None:
        ways.append((rule.when, False))
    if rule.cancels_when is not None:
        ways.append((rule.cancels_when, True))
    name = date_field(rule.spec)
    if name is not None and name not in sure and name in subject.process.fields:
        ways.append((subject.process.vocabulary.compile(f"known.{name}"), False))
    return ways
