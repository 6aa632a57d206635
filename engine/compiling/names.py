"""What expressions of a process may name: the fields of the lead, those that every lead has, and the codes of events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from engine.expressions import Kind, Vocabulary
from engine.language.definition import FieldType, LeadField, LeadStatus
from engine.language.tables import ScoreTable, SegmentTable
from engine.lead import Ownership

COMMON_FIELDS: Mapping[str, LeadField] = {
    name: LeadField(type=FieldType.TEXT, title=title)
    for name, title in {
        "kind": "What it is: sales, hiring, vendor",
        "channel": "Sales channel: direct or indirect",
        "source": "Source",
        "campaign": "Campaign",
        "origin": "Who generated it: a central function or the seller",
    }.items()
}
"""Fields that every lead has without declaring them."""

STATE: Mapping[str, Kind] = {
    "stage": Kind.TEXT,
    "status": Kind.TEXT,
    "ownership": Kind.TEXT,
    "owner": Kind.TEXT,
    "team": Kind.TEXT,
    "segment": Kind.TEXT,
    "priority": Kind.TEXT,
    "grade": Kind.TEXT,
    "score": Kind.INTEGER,
    "cycle": Kind.INTEGER,
    "hops": Kind.INTEGER,
    "on_hold": Kind.BOOLEAN,
    "arrived_at": Kind.MOMENT,
    "entered_at": Kind.MOMENT,
}
"""What leadflow itself knows of a lead; no field may have such a name."""

SCORED = frozenset({"score", "priority", "grade"})
"""What of that the score table says."""

AT_THE_DOOR = ("arrived_at",)
"""What of that is known while a process is chosen for a new lead."""

_KINDS = {
    FieldType.INTEGER: Kind.INTEGER,
    FieldType.NUMBER: Kind.NUMBER,
    FieldType.MONEY: Kind.NUMBER,
    FieldType.BOOLEAN: Kind.BOOLEAN,
    FieldType.DATE: Kind.MOMENT,
}


def kind_of_field(spec: LeadField) -> Kind:
    return _KINDS.get(spec.type, Kind.TEXT)


def vocabulary(
    fields: Mapping[str, LeadField],
    stages: Iterable[str] = (),
    codes: Mapping[str, Iterable[str]] = MappingProxyType({}),
    score: ScoreTable | None = None,
    segments: SegmentTable | None = None,
) -> Vocabulary:
    """The words of one process. Personal fields are known or unknown, but not readable (B.7).

    `codes`: what events ask for, such as `reason`, with the codes that it can be; none where any will do.
    """
    readable = {name: kind_of_field(spec) for name, spec in fields.items() if not spec.personal}
    choices: dict[str, tuple[str, ...]] = {name: tuple(spec.of) for name, spec in fields.items() if spec.of}
    choices["status"] = tuple(LeadStatus)
    choices["ownership"] = tuple(Ownership)
    if leaves := tuple(stages):
        choices["stage"] = leaves
    if score is not None:
        choices["priority"] = tuple(score.priority)
        choices["grade"] = tuple(score.grade)
    if segments is not None:
        choices["segment"] = tuple(dict.fromkeys(row.segment for row in segments.of))
    choices = {name: tuple(str(value) for value in values) for name, values in choices.items() if values}
    return Vocabulary(
        readable | dict(STATE),
        known=tuple(fields),
        choices=choices,
        extra=dict.fromkeys(codes, Kind.TEXT),
        extra_choices={name: allowed for name, each in codes.items() if (allowed := tuple(each))},
    )
