"""The pure core: one step with a guard against a hand-written table, and compiling a definition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from bench.figures import Figure, cpu_microseconds
from engine.compiling.bundle import Bundle, SourceText
from engine.compiling.compile import compile_bundle
from engine.decision import Decision
from engine.happening import Actor, Arrival, EventIn
from engine.lead import Lead
from engine.process import Process
from engine.step import new_lead, step
from store.definition_files import load_process

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
REFERENCE = Path(__file__).parent / "reference" / "v1.yaml"

GUARDED = """
process: guarded
version: 1
title: A guarded step
fields:
  employees: {type: integer}
  country: {type: country}
stages:
  open:
    events:
      accept: {to: accepted, by: [owner], when: "lead.employees >= 100 && lead.country in ['DE', 'AT', 'CH']"}
  accepted:
    waits_for_ever: true
"""


def measure_step() -> list[Figure]:
    """One event through `step`, with its guard, its permission and its record; against a dict and an if."""
    process = compile_bundle(Bundle(SourceText("guarded.yaml", GUARDED)))
    lead = replace(_arrived(process, {"employees": 1200, "country": "DE"}), owner="ann")
    event = EventIn("accept", Actor("ann"))
    ours = cpu_microseconds(lambda: step(process, lead, event, NOW), 2_000)
    floor = cpu_microseconds(_by_hand(), 20_000)
    return [Figure("engine step with a guard", ours, "µs", floor, 50.0, "floor: a dict of (stage, event) and an if")]


def _arrived(process: Process, fields: dict[str, object]) -> Lead:
    decision = step(process, new_lead(process, "bench:1", "Bench", fields, (), NOW), Arrival(), NOW)
    assert isinstance(decision, Decision)
    return decision.lead


@dataclass(frozen=True)
class _Lead:
    stage: str
    owner: str
    employees: int
    country: str
    entered_at: datetime


def _by_hand() -> Callable[[], object]:
    table = {("open", "accept"): "accepted"}
    lead = _Lead("open", "ann", 1200, "DE", NOW)

    def accept() -> _Lead | None:
        target = table.get((lead.stage, "accept"))
        if target is None or lead.owner != "ann":
            return None
        if lead.employees >= 100 and lead.country in ("DE", "AT", "CH"):
            return replace(lead, stage=target, entered_at=NOW)
        return None

    return accept


def measure_scenarios() -> list[Figure]:
    """The shipped scenarios again and again, as `leadflow test` runs them: read beforehand, then played and judged."""
    from cli.scenarios_read import read_scenarios
    from trials.scenarios.running import run

    definitions = Path(__file__).parent.parent / "definitions"
    cases = [case for group in read_scenarios([definitions]) for case in group.cases]
    for case in cases:
        run(case)
    each = cpu_microseconds(lambda: [run(case) for case in cases], 1, rounds=3) / len(cases)
    decisions = sum(len(played.done) for case in cases for played in run(case).played)
    note = f"of the {len(cases)} that ship, {decisions / len(cases):.0f} decisions each"
    return [Figure("1,000 scenarios in memory", each * 1000 / 1e6, "s", bound=5.0, note=note)]


def measure_compile() -> list[Figure]:
    """Ten stages and fifty rules, parsed and compiled: what publishing and a worker's start cost for each definition."""
    bundle = _ten_stages_fifty_rules()
    compile_bundle(bundle)
    floor = cpu_microseconds(lambda: _yaml_only(bundle), 3)
    ours = cpu_microseconds(lambda: compile_bundle(bundle), 3)
    shipped = load_process(Path(__file__).parent.parent / "definitions" / "inbound_b2b" / "v1.yaml")[0]
    largest = cpu_microseconds(lambda: compile_bundle(shipped), 3)
    return [
        Figure(
            "compile, 10 stages and 50 rules",
            ours / 1000,
            "ms",
            floor / 1000,
            20.0,
            "floor: PyYAML reading the same text",
        ),
        Figure("compile, the largest shipped definition with its tables", largest / 1000, "ms"),
    ]


def _yaml_only(bundle: Bundle) -> None:
    import yaml

    for source in (bundle.process, *bundle.tables):
        yaml.load(source.text, Loader=yaml.CSafeLoader)


def _ten_stages_fifty_rules() -> Bundle:
    stages = [
        f"  stage_{number}:\n"
        f"    clocks: {{due_{number}: {{due: {number + 1} days, on_breach: {{fire: next_{number}}}}}}}\n"
        f"    events:\n"
        + "".join(
            f"      go_{number}_{rule}: {{to: stage_{(number + 1) % 10}, when: lead.size >= {rule + 1} && lead.country == 'DE'}}\n"
            for rule in range(3)
        )
        + f"      next_{number}: {{to: stage_{(number + 1) % 10}, by: [clock]}}\n"
        for number in range(10)
    ]
    text = "process: ten\nversion: 1\ntitle: Ten\nuses: {assignment: twenty, templates: mail}\nfields:\n"
    text += "  size: {type: integer}\n  country: {type: country}\nstages:\n" + "".join(stages)
    text += "ladders:\n  up:\n    - {after: 1 hour, notify: person:boss, with: new_lead}\n"
    rules = "".join(
        f"  - {{name: rule {number}, when: lead.size > {number} && lead.country != 'FR', among: {{team: team_{number}}}}}\n"
        for number in range(20)
    )
    tables = (
        SourceText(
            "twenty.yaml",
            f"assignment: twenty\nrules:\n{rules}exception: {{person: boss, clock: 1 hour, climb: up, with: new_lead}}\n",
        ),
        SourceText("mail.yaml", "templates: mail\nof: {new_lead: {subject: A lead, text: It is yours.}}\n"),
    )
    return Bundle(SourceText("ten.yaml", text), tables)
