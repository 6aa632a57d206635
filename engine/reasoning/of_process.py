"""Reasoning about a process: what values its leads can have, by the names that conditions use, and all its conditions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from engine.compiling.names import STATE, kind_of_field
from engine.expressions import Expression, Kind
from engine.language.definition import FieldType, LeadField
from engine.language.tables import ScoreTable, SegmentTable
from engine.lead import Ownership
from engine.process import Leaf, Process
from engine.reasoning import Reasoner
from engine.reasoning.score_range import score_range
from engine.reasoning.spaces import Derived, Space
from engine.scoring import class_of
from engine.values import BadValue, accept

_LARGEST_INTEGER = 2**53
_SAMPLES: Mapping[FieldType, tuple[str, ...]] = {
    FieldType.COUNTRY: ("FR", "US", "BR", "JP", "ZA", "NL", "PL", "IN", "AU", "CA", "SE", "IT"),
    FieldType.EMAIL: ("ada@example.com", "ben@example.com", "cleo@example.com"),
    FieldType.DOMAIN: ("example.com", "example.org", "example.net"),
    FieldType.PHONE: ("+49 30 1234567", "+33 1 23456789", "+1 202 555 0100"),
}


def reasoner_of(process: Process) -> Reasoner:
    """For every condition of a process and its tables; prepared once, since that is what takes time."""
    return Reasoner(process_spaces(process), process.vocabulary, process.fields, conditions_of(process))


def conditions_of(process: Process) -> Iterator[Expression]:
    """Every condition that a process and its tables decide by, some of them several times."""
    for branches in process.branches.values():
        for branch in branches:
            yield from (one for one in (branch.when, branch.advised, branch.note) if isinstance(one, Expression))
    for rule in process.clocks.values():
        yield from (one for one in (rule.when, rule.cancels_when, rule.pauses_while) if one is not None)
    if process.takes_when is not None:
        yield process.takes_when
    yield from (condition for _, condition in process.out_of_scope)
    yield from process.assignment_conditions.values()
    yield from process.score_conditions.values()
    yield from process.segment_conditions


def process_spaces(process: Process) -> dict[str, Space]:
    """The spaces of everything that a condition of the process may name."""
    spaces = {f"lead.{name}": field_space(spec) for name, spec in process.fields.items() if not spec.personal}
    spaces |= {f"known.{name}": Space(Kind.BOOLEAN, unknown=False) for name in process.fields if process.personal(name)}
    spaces |= _code_spaces(process)
    spaces |= _stage_spaces(process.leaves)
    spaces |= _score_spaces(process.score, process.fields)
    spaces |= {
        "lead.segment": _segment_space(process.segments),
        "lead.ownership": Space(Kind.TEXT, unknown=False, choices=tuple(one.value for one in Ownership)),
        "lead.owner": Space(Kind.TEXT, samples=("anna_schulz", "ben_okafor", "cleo_martin")),
        "lead.team": Space(Kind.TEXT, samples=("field_sales", "desk", "inside_sales")),
        "lead.cycle": Space(Kind.INTEGER, unknown=False, least=1),
        "lead.hops": Space(Kind.INTEGER, unknown=False, least=0),
        "lead.on_hold": Space(Kind.BOOLEAN, unknown=False),
        "lead.arrived_at": Space(Kind.MOMENT, unknown=False, most=0),
        "lead.entered_at": Space(Kind.MOMENT, unknown=False, most=0),
        "now": Space(Kind.MOMENT, unknown=False),
    }
    assert all(f"lead.{name}" in spaces for name in STATE)
    return spaces


def field_space(spec: LeadField) -> Space:
    """What a field accepts (`engine.values`). Whatever it is, it may be unknown."""
    kind = kind_of_field(spec)
    if spec.type is FieldType.CHOICE:
        return Space(kind, choices=tuple(spec.of or ()))
    if kind is Kind.TEXT:
        return Space(kind, fits=partial(_fits, spec), samples=_SAMPLES.get(spec.type, ("other", "another", "a third")))
    if kind is Kind.INTEGER:
        least = -_LARGEST_INTEGER if spec.min is None else max(spec.min, -_LARGEST_INTEGER)
        most = _LARGEST_INTEGER if spec.max is None else min(spec.max, _LARGEST_INTEGER)
        return Space(kind, least=least, most=most)
    return Space(kind, least=spec.min, most=spec.max, whole_days=kind is Kind.MOMENT)


def _fits(spec: LeadField, text: str) -> bool:
    """Whether a field can hold this text, as it stands here."""
    try:
        return accept(spec, text) == text
    except BadValue:
        return False


def _code_spaces(process: Process) -> dict[str, Space]:
    """What events ask for, such as `reason`, with all the codes that it can be in any of them."""
    codes: dict[str, dict[str, None]] = {}
    for branches in process.branches.values():
        for branch in branches:
            for name, reason_list in branch.codes.items():
                codes.setdefault(name, {}).update(dict.fromkeys(process.codes_of(reason_list)))
    return {name: Space(Kind.TEXT, choices=tuple(known)) for name, known in codes.items()}


def _stage_spaces(leaves: Mapping[str, Leaf]) -> dict[str, Space]:
    status = Derived("lead.stage", lambda stage: leaves[str(stage)].status.value)
    return {
        "lead.stage": Space(Kind.TEXT, unknown=False, choices=tuple(leaves)),
        "lead.status": Space(Kind.TEXT, unknown=False, derived=status),
    }


def _score_spaces(table: ScoreTable | None, fields: Mapping[str, LeadField]) -> dict[str, Space]:
    if table is None:
        return {
            f"lead.{name}": Space(kind, never_known=True)
            for name, kind in (("score", Kind.INTEGER), ("priority", Kind.TEXT), ("grade", Kind.TEXT))
        }
    least, most = score_range(table, fields)
    spaces = {"lead.score": Space(Kind.INTEGER, least=least, most=most)}
    for name, bounds in (("priority", table.priority), ("grade", table.grade)):
        derived = Derived("lead.score", partial(_class_within, bounds), tuple(bounds.values()))
        spaces[f"lead.{name}"] = Space(Kind.TEXT, derived=derived)
    return spaces


def _class_within(bounds: Mapping[str, int], score: object) -> str:
    assert isinstance(score, int)
    return class_of(score, bounds)


def _segment_space(table: SegmentTable | None) -> Space:
    """Which segment a lead is in was told when its owner was looked for: it need not fit its fields any more."""
    if table is None:
        return Space(Kind.TEXT, never_known=True)
    return Space(Kind.TEXT, choices=tuple(dict.fromkeys(row.segment for row in table.of)))
