"""Stages whose clocks are for certain leads only: whom they leave out is shown (B.1, B.2)."""

from __future__ import annotations

import pytest

from engine.analysis.analyse import analyse
from engine.compiling.bundle import Bundle, SourceText
from engine.compiling.compile import compile_files
from engine.errors import Finding

PROCESS = """\
process: small
version: 1
title: Small
uses: {templates: mail}
fields:
  size: {type: choice, of: [small, large]}
  budget: {type: integer, min: 1, max: 5}
  call_on: {type: date}
stages:
  new:
    clocks: {ask: {due: 1 day, on_breach: {climb: late}}}
    events: {park: {to: parked, needs: {fields: [NEEDS]}}}
  parked:
    clocks:
CLOCKS
    events: {win: {to: won}}
  won: {kind: won, closes: true}
ladders:
  late: [{after: 1 day, notify: person:maria_lopez, with: overdue}]
"""
MAIL = "templates: mail\nof: {overdue: {subject: Late, text: It is late.}}\n"


def found(*clocks: str, needs: str = "") -> list[Finding]:
    written = "\n".join(f"      c{n}: {{{clock}, on_breach: {{climb: late}}}}" for n, clock in enumerate(clocks))
    text = PROCESS.replace("CLOCKS", written).replace("NEEDS", needs)
    return analyse(compile_files(Bundle(SourceText("small.yaml", text), (SourceText("mail.yaml", MAIL),))))


@pytest.mark.parametrize(
    ("clocks", "whom"),
    [
        (["due: 1 day, when: lead.size == 'large'"], " with lead.size 'small'"),
        (
            ["due: 1 day, when: lead.size == 'large'", "due: 2 days, when: lead.size == 'small'"],
            " with lead.size not known",
        ),
        (["due: 1 day, when: known.size", 'due: 2 days, when: "!known.size && lead.budget < 3"'], ""),
        (["due: 1 day, cancels_when: lead.budget > 4"], " with lead.budget 5"),
        (
            ["at: lead.call_on", "due: 1 day, when: lead.size == 'large'"],
            " with lead.size 'small', lead.call_on not known",
        ),
    ],
)
def test_a_stage_whose_clocks_leave_some_leads_out(clocks: list[str], whom: str) -> None:
    """B.1: no lead can rot, not even one of which nothing is known."""
    [one] = found(*clocks)
    assert (one.mark.line, one.code) == (13, "STAGE_WITHOUT_CLOCK")
    assert one.message.startswith(f"a lead{whom}") and "may lie in stage 'parked' for ever" in one.message


@pytest.mark.parametrize(
    ("clocks", "needs"),
    [
        (["due: 1 day, when: lead.size == 'large'", "due: 2 days, when: \"!known.size || lead.size != 'large'\""], ""),
        (["due: 1 day, when: lead.size == 'large'", "due: 2 days, when: lead.size == 'small'"], "size"),
        (["at: lead.call_on", 'due: 6 months, when: "!known.call_on", cancels_when: known.call_on'], ""),
        (["at: lead.call_on", "due: 1 day, when: lead.size == 'large'"], "call_on"),
        (["due: 1 day, when: lead.size == 'large'", "due: 2 days"], ""),
        (["due: 1 day, cancels_when: lead.ownership == 'queue'"], ""),  # the queue has a clock of its own
    ],
)
def test_clocks_that_have_every_lead_between_them(clocks: list[str], needs: str) -> None:
    assert found(*clocks, needs=needs) == []
