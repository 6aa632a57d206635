"""Actions as written, checked and compiled: every template, ladder, event, field and process that they name must exist."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from engine.compiling.bundle import Parsed
from engine.compiling.checking import Checker
from engine.compiling.names import kind_of_field
from engine.errors import ExpressionError
from engine.expressions import Expression, Kind, Vocabulary
from engine.language.definition import (
    Climb,
    FieldType,
    Fire,
    LeadField,
    Notify,
    ProcessFile,
    Reassign,
    Send,
    SetFields,
    StartSequence,
    Written,
)
from engine.language.tables import AssignmentTable, ScoreTable, TemplateTable
from engine.lead import Value
from engine.process import Assignments, CompiledAction
from engine.reading.document import NodePath
from engine.reading.offers import nearest
from engine.values import BadValue, accept


class Surroundings(Protocol):
    """What actions may refer to."""

    file: ProcessFile
    fields: dict[str, LeadField]
    events: dict[str, str]
    templates: TemplateTable | None
    assignment: AssignmentTable | None
    score: ScoreTable | None


class ActionCompiler:
    def __init__(self, check: Checker, source: Parsed, words: Vocabulary, around: Surroundings) -> None:
        self.check = check
        self.source = source
        self.words = words
        self.around = around

    def compile(self, at: NodePath, actions: Sequence[str | Written]) -> tuple[CompiledAction, ...]:
        return tuple(self._one((*at, number), action) for number, action in enumerate(actions))

    def default_warning(self) -> tuple[CompiledAction, ...]:
        """What a clock does at `warn_at` where its author does not say."""
        return (Notify.model_validate({"notify": "owner", "with": "warning"}),)

    def template(self, at: NodePath, name: str) -> None:
        templates: Iterable[str] = self.around.templates.of if self.around.templates else ()
        self.check.known(self.source, at, name, templates, "template", "UNKNOWN_TEMPLATE")

    def _one(self, at: NodePath, action: str | Written) -> CompiledAction:
        around = self.around
        match action:
            case "score":
                self._table(at, around.score, "score", "score with")
            case "assign":
                self._table(at, around.assignment, "assignment", "assign by")
            case Reassign():
                self._table((*at, "reassign"), around.assignment, "assignment", "reassign by", key=True)
            case Notify():
                self.template((*at, "with"), action.with_)
            case Send():
                self.template((*at, "send"), action.send)
            case Climb():
                self.check.known(
                    self.source, (*at, "climb"), action.climb, around.file.ladders, "ladder", "UNKNOWN_LADDER"
                )
            case StartSequence():
                self.check.known(
                    self.source, (*at, "start"), action.start, around.file.sequences, "sequence", "UNKNOWN_SEQUENCE"
                )
            case Fire():
                self.check.known(self.source, (*at, "fire"), action.fire, around.events, "event", "UNKNOWN_EVENT")
            case SetFields():
                return Assignments(
                    {name: self._value((*at, "set", name), name, value) for name, value in action.set.items()}
                )
        return action  # type: ignore[return-value]

    def _table(self, at: NodePath, table: object, kind: str, use: str, *, key: bool = False) -> None:
        if table is None:
            message = f"there is no {kind} table to {use}"
            self.check.report(self.source, at, "NO_TABLE", message, f"Name one: `uses: {{{kind}: ...}}`.", key=key)

    def _value(self, at: NodePath, name: str, value: Value) -> Value | Expression:
        fields: Mapping[str, LeadField] = self.around.fields
        if name not in fields:
            near = nearest(name, list(fields))
            remedy = f"Did you mean '{near}'?" if near else "Add it to `fields`, or name another."
            self.check.report(self.source, at, "UNKNOWN_FIELD", f"there is no field '{name}'", remedy, key=True)
            return None
        spec = fields[name]
        if spec.personal:
            message = f"'{name}' is personal, and rules cannot set what they cannot read"
            remedy = "Ask for it in `needs: {fields: [...]}`."
            self.check.report(self.source, at, "PERSONAL_FIELD", message, remedy, key=True)
            return None
        if isinstance(value, str) and value.startswith("="):
            return self._computed(at, value, kind_of_field(spec))
        if spec.type is FieldType.CHOICE and not spec.of:
            return None  # reported where the field is declared
        try:
            return accept(spec, value)
        except BadValue as error:
            self.check.report(
                self.source, at, "BAD_VALUE", f"'{name}' {error}", "Write a value that the field accepts."
            )
            return None

    def _computed(self, at: NodePath, value: str, kind: Kind) -> Expression | None:
        """What stands behind the `=` of a value."""
        try:
            return self.words.compile(value[1:].strip(), kind)
        except ExpressionError:
            # Again with a space in place of the sign, so that the fault is found in its column.
            return self.check.expression(self.source, at, f" {value[1:]}", self.words, kind)
