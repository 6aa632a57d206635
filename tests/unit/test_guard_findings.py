"""What is found of branches is what the engine does with them: the same step, over branches and leads by chance (B.1)."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.analysis.analyse import analyse
from engine.compiling.bundle import Bundle, SourceText
from engine.compiling.compile import Compiled, compile_files
from engine.decision import Decision
from engine.errors import Finding
from engine.happening import Actor, EventIn
from engine.lead import Lead, Value
from engine.process import Process
from engine.reasoning import Example
from engine.reasoning.of_process import reasoner_of
from engine.step import new_lead, step
from tests.unit.conditions import NOW

PROCESS = """\
process: branches
version: 1
title: Branches
fields:
  country: {type: country}
  size: {type: choice, of: [small, large]}
  budget: {type: integer, min: 1, max: 4}
  real: {type: boolean}
  asked: {type: date}
stages:
  new:
    waits_for_ever: true
    events:
      go:
"""
TARGETS = ("one", "two", "three", "four")
ENDS = "".join(f"  {target}: {{kind: won, closes: true}}\n" for target in TARGETS)
DAYS = [f"2026-03-0{day}" for day in range(1, 6)]

GUARDS = st.recursive(
    st.one_of(
        st.builds("lead.budget {} {}".format, st.sampled_from(["<", "<=", "==", "!=", ">", ">="]), st.integers(0, 5)),
        st.builds("lead.country == '{}'".format, st.sampled_from(["DE", "AT"])),
        st.builds("lead.size == '{}'".format, st.sampled_from(["small", "large"])),
        st.builds("known.{}".format, st.sampled_from(["budget", "size", "real"])),
        st.builds("lead.asked {} now".format, st.sampled_from(["<", ">="])),
        st.just("lead.real"),
    ),
    lambda inner: st.one_of(
        st.builds("({} && {})".format, inner, inner),
        st.builds("({} || {})".format, inner, inner),
        st.builds("!({})".format, inner),
    ),
    max_leaves=4,
)
BRANCHES = st.lists(GUARDS, min_size=2, max_size=3)
LEADS = st.fixed_dictionaries(
    {
        "country": st.sampled_from([None, "DE", "AT", "FR"]),
        "size": st.sampled_from([None, "small", "large"]),
        "budget": st.sampled_from([None, 1, 2, 3, 4]),
        "real": st.sampled_from([None, True, False]),
        "asked": st.sampled_from([None, *DAYS]),
    }
)


def compiled(guards: list[str]) -> Compiled:
    branches = "".join(f'        - {{to: {to}, when: "{guard}"}}\n' for to, guard in zip(TARGETS, guards, strict=False))
    return compile_files(Bundle(SourceText("branches.yaml", f"{PROCESS}{branches}{ENDS}")))


def went(process: Process, fields: dict[str, Value], now: object = NOW) -> str | None:
    """Where `go` really leads such a lead; None where it is refused."""
    lead: Lead = new_lead(process, "L1", "Somebody", dict(fields), (), NOW - timedelta(days=2))
    decided = step(process, lead, EventIn("go", Actor("ann")), NOW)
    return decided.lead.stage if isinstance(decided, Decision) else None


def branch_of(finding: Finding) -> int:
    return finding.mark.line - PROCESS.count("\n") - 1


@settings(max_examples=80, deadline=None)
@given(guards=BRANCHES, leads=st.lists(LEADS, min_size=20, max_size=60))
def test_findings_are_borne_out_by_what_happens(guards: list[str], leads: list[dict[str, Value]]) -> None:
    """B.1: no lead takes a branch that is said to be never taken; every gap and overlap that is not told is not there."""
    files = compiled(guards)
    findings = analyse(files)
    codes = {finding.code for finding in findings}
    never = [branch_of(one) for one in findings if one.code in ("GUARD_NEVER", "GUARD_SHADOWED")]
    conditions = [files.process.vocabulary.compile(guard) for guard in guards]
    for fields in leads:
        end = went(files.process, fields)
        assert end not in [TARGETS[number] for number in never]
        if None not in fields.values() and end is None:
            assert "GUARDS_GAP" in codes
    found = reasoner_of(files.process).gap(conditions)
    assert isinstance(found, Example) is ("GUARDS_GAP" in codes)


@settings(max_examples=80, deadline=None)
@given(guards=BRANCHES, number=st.integers(0, 2))
def test_an_example_for_a_branch_takes_it(guards: list[str], number: int) -> None:
    """S2.9: values for a guard, and against those before it, lead a lead just there."""
    number %= len(guards)
    process = compiled(guards).process
    conditions = [process.vocabulary.compile(guard) for guard in guards]
    found = reasoner_of(process).example_for([conditions[number]], conditions[:number], {"now": NOW})
    if isinstance(found, Example):
        assert went(process, dict(found.fields)) == TARGETS[number]
    else:
        assert found is None
