"""What can be wrong between a table and the process that uses it: a rule's segment, a ladder, a field in a score.

What a table gets wrong by itself is `engine.compiling.table_alone`'s to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from engine.compiling.bundle import Parsed
from engine.compiling.checking import Checker
from engine.compiling.field_references import NUMBERS, check_reference
from engine.compiling.identity_checked import check_identity_fields
from engine.compiling.table_alone import check_alone
from engine.compiling.written_parts import parts_of
from engine.errors import Finding
from engine.language.definition import FieldType, LeadField, Notify, ProcessFile, Send
from engine.language.identity import IdentityTable
from engine.language.tables import (
    Aging,
    AssignmentTable,
    Completeness,
    IntakeTable,
    PointsBy,
    PointsOf,
    PointsOver,
    ReasonTable,
    ScoreTable,
    SegmentTable,
    TemplateTable,
)
from engine.language.templates import template_faults
from engine.reading.document import NodePath


class Surroundings(Protocol):
    file: ProcessFile
    fields: dict[str, LeadField]
    segments: SegmentTable | None
    templates: TemplateTable | None
    assignment: AssignmentTable | None
    reasons: ReasonTable | None


def check_tables(check: Checker, tables: Mapping[str, Parsed], around: Surroundings) -> None:
    """Report everything wrong in each table, every name that leads nowhere among it."""
    for table in tables.values():
        check_alone(check, table)
        match table.model:
            case AssignmentTable():
                _assignment(check, table, table.model, around)
            case ScoreTable():
                _score(check, table, table.model, around)
            case IntakeTable():
                _intake(check, table, table.model, around)
            case TemplateTable():
                _templates(check, table, table.model, around)
            case IdentityTable():
                check_identity_fields(check, table, table.model, around.fields)


def _assignment(check: Checker, at: Parsed, table: AssignmentTable, around: Surroundings) -> None:
    segments = [row.segment for row in around.segments.of] if around.segments else []
    for number, rule in enumerate(table.rules):
        path: NodePath = ("rules", number)
        for position, segment in enumerate(rule.segment):
            check.known(at, (*path, "segment", position), segment, segments, "segment", "UNKNOWN_SEGMENT")
        references = [
            (("among", "territory"), rule.among.territory),
            *((("among", "skills", n), s) for n, s in enumerate(rule.among.skills)),
        ]
        for where, reference in references:
            if reference and reference.startswith("lead."):
                check_reference(check, at, (*path, *where), reference, around.fields)
            elif reference in around.fields:
                message = f"'{reference}' is a field, and without `lead.` it is a word that people of the roster have"
                check.report(at, (*path, *where), "FIELD_AS_WORD", message, f"Write lead.{reference}.")
    for key, climb, template in _answers(table):
        check.known(at, (key, "climb"), climb, around.file.ladders, "ladder", "UNKNOWN_LADDER")
        check.known(
            at, (key, "with"), template, around.templates.of if around.templates else (), "template", "UNKNOWN_TEMPLATE"
        )
    for key, told in (("owner", table.tells.owner), ("earlier_owner", table.tells.earlier_owner)):
        if told is not None:
            check.known(
                at,
                ("tells", key),
                told,
                around.templates.of if around.templates else (),
                "template",
                "UNKNOWN_TEMPLATE",
            )


def _answers(table: AssignmentTable) -> list[tuple[str, str, str]]:
    answers = [("exception", table.exception.climb, table.exception.with_)]
    if table.queue is not None:
        answers.append(("queue", table.queue.climb, table.queue.with_))
    return answers


def _score(check: Checker, at: Parsed, table: ScoreTable, around: Surroundings) -> None:
    for name, part in table.parts.items():
        path: NodePath = ("parts", name)
        match part:
            case Completeness():
                for number, field in enumerate(part.share_of):
                    check.known(at, (*path, "share_of", number), field, around.fields, "field", "UNKNOWN_FIELD")
            case Aging():
                check_reference(check, at, (*path, "since"), part.since, around.fields, (FieldType.DATE,))
            case PointsOf():
                check_reference(check, at, (*path, "points"), part.points, around.fields, NUMBERS)
                if part.since is not None:
                    check_reference(check, at, (*path, "since"), part.since, around.fields, (FieldType.DATE,))
            case PointsBy():
                check_reference(check, at, (*path, "by"), part.by, around.fields)
                spec = around.fields.get(part.by.removeprefix("lead."))
                for value in part.points:
                    if spec is not None and spec.of and value not in spec.of:
                        message, remedy = (
                            f"'{value}' is not a choice of {part.by}",
                            f"It is one of: {', '.join(spec.of)}.",
                        )
                        check.report(at, (*path, "points", value), "CHOICE_VALUE", message, remedy, key=True)
            case PointsOver():
                check_reference(check, at, (*path, "of"), part.of, around.fields, NUMBERS)


def _intake(check: Checker, at: Parsed, table: IntakeTable, around: Surroundings) -> None:
    if around.reasons is None:
        return
    codes = [code for codes in around.reasons.lists.values() for code in codes]
    for number, row in enumerate(table.out_of_scope):
        check.known(at, ("out_of_scope", number, "reason"), row.reason, codes, "code", "UNKNOWN_CODE")


def _templates(check: Checker, at: Parsed, table: TemplateTable, around: Surroundings) -> None:
    """Fields are looked at only in templates that this process sends: the others are written for another's fields."""
    told = {"warning", *_named_in(around.file)}
    if around.assignment is not None:
        tells = around.assignment.tells
        told.update(template for _, _, template in _answers(around.assignment))
        told.update(name for name in (tells.owner, tells.earlier_owner) if name is not None)
    for name, template in table.of.items():
        for fault in template_faults(template.subject, template.text, around.fields if name in told else None):
            mark = at.document.inside(("of", name, fault.part), fault.line, fault.column)
            check.add(Finding(mark, fault.code, fault.message, fault.remedy))


def _named_in(written: object) -> Iterator[str]:
    """The templates that any action within this part of a process file names."""
    for _, part in parts_of(written):
        match part:
            case Notify():
                yield part.with_
            case Send():
                yield part.send
