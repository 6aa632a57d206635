"""The scenarios that ship with each process: all as expected, and together they leave next to nothing of it out."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from cli.scenarios_read import Group, read_scenarios
from trials.scenarios.coverage import Coverage, coverage
from trials.scenarios.plan import Kind
from trials.scenarios.running import Outcome, run

DEFINITIONS = Path(__file__).parents[2] / "definitions"
PROCESSES = ("course_sales", "inbound_b2b", "nurture", "partner", "trade_show")
COVERED = (Kind.STAGE, Kind.WAY, Kind.GUARD, Kind.CLOCK, Kind.RUNG)
"""Of these at least nine in ten; segments and bands of shared tables are tried out with the process that they matter to most."""


@cache
def groups() -> dict[str, Group]:
    return {group.plan.process.name: group for group in read_scenarios([DEFINITIONS])}


@cache
def outcomes(process: str) -> tuple[Outcome, ...]:
    return tuple(run(case) for case in groups()[process].cases)


def test_every_shipped_process_has_scenarios() -> None:
    """B.2: what ships is tried out as authors are asked to try out theirs."""
    assert tuple(sorted(groups())) == PROCESSES


@pytest.mark.parametrize("process", PROCESSES)
def test_shipped_scenarios_are_as_expected(process: str) -> None:
    """B.2, S2.5, S2.1, S4.1, S4.6: in the words of the demands that they name."""
    failed = [(one.case.name, one.failures) for one in outcomes(process) if not one.ok]
    assert failed == []
    assert all(one.case.shows for one in outcomes(process))


@pytest.mark.parametrize("process", PROCESSES)
def test_shipped_scenarios_leave_next_to_nothing_out(process: str) -> None:
    """B.2: stages, transitions, guards, clocks and rungs."""
    found: Coverage = coverage(groups()[process].plan, [one.played for one in outcomes(process)])
    short = {
        kind: (covered, all_) for kind, covered, all_ in found.counts() if kind in COVERED and covered < 0.9 * all_
    }
    assert short == {}
