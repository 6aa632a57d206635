"""What `leadflow check` finds by thinking, over a large definition: 40 stages, 200 rules of an assignment, 340 conditions."""

from __future__ import annotations

from bench.figures import Figure, cpu_microseconds
from engine.analysis.analyse import analyse
from engine.compiling.bundle import Bundle, SourceText
from engine.compiling.compile import compile_files

_COUNTRIES = [first + second for first in "ABCDEFGHIJKLMNOPQRSTUVWXY" for second in "ABCDEFGH"]
_STAGE = """\
  s{n}:
    clocks:
      look: {{due: 3 days, when: lead.priority == 'high' || lead.country == 'DE', on_breach: {{climb: late}}}}
      late: {{due: 5 days, on_breach: {{climb: late}}}}
    events:
      go:
        - {{to: {next}, when: lead.budget >= 3 && lead.country == '{country}'}}
        - {{to: lost, when: lead.budget < 2 && lead.staff > {n}}}
        - {{to: {next}}}
"""
_MAIL = """\
templates: mail
of:
  new_lead: {subject: New, text: A lead is yours.}
  exception: {subject: Whose, text: Please decide.}
  overdue: {subject: Late, text: It is late.}
"""


def measure_check() -> list[Figure]:
    """Compiled and analysed; and the analysis alone, against compiling."""
    bundle = _forty_stages_two_hundred_rules()
    compiled = compile_files(bundle)
    compiling = cpu_microseconds(lambda: compile_files(bundle), 3)
    whole = cpu_microseconds(lambda: analyse(compile_files(bundle)), 3)
    alone = cpu_microseconds(lambda: analyse(compiled), 3)
    return [
        Figure("check, 40 stages and 200 rules", whole / 1000, "ms", compiling / 1000, 500.0, "floor: compiling it"),
        Figure("of that the analysis", alone / 1000, "ms"),
    ]


def _forty_stages_two_hundred_rules() -> Bundle:
    stages = "".join(
        _STAGE.format(n=number, next=f"s{number + 1}" if number < 39 else "won", country=_COUNTRIES[number])
        for number in range(40)
    )
    process = (
        "process: forty\nversion: 1\ntitle: Forty\n"
        "uses: {segments: market, assignment: two_hundred, score: points, templates: mail}\n"
        "takes: {priority: 5, when: lead.kind == 'sales'}\n"
        "fields:\n  country: {type: country}\n  budget: {type: integer, min: 1, max: 5}\n  staff: {type: integer, min: 0}\n"
        f"stages:\n{stages}  won: {{kind: won, closes: true}}\n  lost: {{kind: lost, closes: true}}\n"
        "ladders:\n  late: [{after: 1 day, notify: person:boss, with: overdue}]\n"
    )
    rows = "".join(
        f"  - {{segment: g{number % 10}, when: lead.country == '{_COUNTRIES[number]}' && lead.staff >= {number * 37 % 1000}}}\n"
        for number in range(60)
    )
    rules = "".join(
        f"  - {{name: rule {number}, when: lead.country == '{_COUNTRIES[number]}' && lead.budget >= {1 + number % 5}, "
        f"among: {{team: team_{number % 4}, territory: lead.country}}}}\n"
        for number in range(200)
    )
    tables = {
        "market": f"segments: market\nof:\n{rows}",
        "two_hundred": f"assignment: two_hundred\nrules:\n{rules}exception: {{person: boss, clock: 1 day, climb: late}}\n",
        "points": "score: points\nparts: {budget: {points: lead.budget}}\npriority: {high: 4, low: 0}\n",
        "mail": _MAIL,
    }
    sources = tuple(SourceText(f"{name}.yaml", text) for name, text in tables.items())
    return Bundle(SourceText("forty.yaml", process), sources)
