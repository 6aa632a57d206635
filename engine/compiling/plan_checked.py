"""From a migration file to a `Plan`: every name checked against both versions, each fault with file:line:column (B.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from engine.carrying import called
from engine.compiling.bundle import Parsed, SourceText, kind_of
from engine.compiling.checking import Checker
from engine.compiling.names import kind_of_field
from engine.errors import DefinitionError, Finding
from engine.expressions import Expression
from engine.language.definition import FieldType
from engine.language.migration import ClockTo, MigrationFile
from engine.lead import Value
from engine.plan import GoesOn, Plan, place
from engine.process import ROOT, ClockRule, Leaf, Process
from engine.reading.document import NodePath
from engine.reading.offers import nearest
from engine.reading.source import read
from engine.reading.validation import validate
from engine.values import BadValue, accept

NOTHING: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A migration file as read: nothing in it is checked against the versions that it names."""

    document: Parsed
    model: MigrationFile


def read_plan(source: SourceText) -> PlanFile:
    """Raises DefinitionError with every finding that needs no version."""
    document = read(source.text, source.name)
    if (kind := kind_of(document)) != "migrate":
        remedy = "Begin it with `migrate: PROCESS`, then `from:` and `to:` with the versions."
        message = f"this file is a {kind}, and no migration plan"
        raise DefinitionError([Finding(document.mark((kind,)), "NOT_A_PLAN", message, remedy)])
    model = validate(MigrationFile, document)
    parsed = Parsed(kind, model.migrate, document, model)
    if model.from_ == model.to:
        message = f"the leads are on version {model.from_} and are to go on in version {model.to}"
        raise DefinitionError([Finding(document.mark(("to",)), "SAME_VERSION", message, "Name two versions.")])
    return PlanFile(parsed, model)


def check_plan(file: PlanFile, origin: Process, target: Process, standing: Mapping[str, int] = NOTHING) -> Plan:
    """The plan of a file. `standing` is how many leads stand in each stage of the origin. Raises DefinitionError."""
    return _Planner(file, origin, target, standing).plan()


class _Planner:
    def __init__(self, file: PlanFile, origin: Process, target: Process, standing: Mapping[str, int]) -> None:
        self.source = file.document
        self.file = file.model
        self.origin = origin
        self.target = target
        self.standing = standing
        self.check = Checker()
        self.mentioned: list[str] = []

    def plan(self) -> Plan:
        stages = self._stages()
        self._unmapped()
        clocks = self._clocks(stages)
        fields = {name: self._default(name, value) for name, value in self.file.fields.items()}
        if self.file.select is not None:
            self.check.expression(self.source, ("select",), self.file.select, self.origin.vocabulary)
        self._personal()
        self.check.finish()
        return Plan(
            process=self.file.migrate,
            origin=self.origin.digest,
            target=self.target.digest,
            stages=stages,
            clocks=clocks,
            fields=fields,
            select=self.file.select,
        )

    # --- stages ------------------------------------------------------------------------------------------------------

    def _stages(self) -> dict[str, str]:
        stages = {}
        for written, to in self.file.stages.items():
            before = self._leaf(("stages", written), written, self.origin, key=True)
            after = self._leaf(("stages", written), to, self.target)
            if before is not None:
                self.mentioned.append(before.path)
            if before is not None and after is not None:
                stages[before.path] = after.path
                self._means_the_same(("stages", written), before, after)
        for path, leaf in self.origin.leaves.items():
            if path not in stages and path in self.target.leaves:
                self._means_the_same(("migrate",), leaf, self.target.leaves[path])
        return stages

    def _leaf(self, at: NodePath, name: str, process: Process, *, key: bool = False) -> Leaf | None:
        matches = [path for path in process.leaves if path == name or path.endswith(f".{name}")]
        if name in process.leaves:
            return process.leaves[name]
        if len(matches) == 1:
            return process.leaves[matches[0]]
        if matches:
            message, remedy = f"'{name}' could be {' or '.join(matches)}", "Write the full name."
            self.check.report(self.source, at, "AMBIGUOUS_STAGE", message, remedy, key=key)
            return None
        inside = [path for path in process.leaves if path.startswith(f"{name}.")]
        message = f"{called(process)} has no stage '{name}'"
        if inside:
            message = f"stage '{name}' of {called(process)} has stages inside"
        near = nearest(name, list(process.leaves))
        known = ", ".join(inside or process.leaves)
        remedy = f"Did you mean '{near}'?" if near and not inside else f"Name one of: {known}."
        self.check.report(self.source, at, "UNKNOWN_STAGE", message, remedy, key=key)
        return None

    def _means_the_same(self, at: NodePath, before: Leaf, after: Leaf) -> None:
        """To win or lose a lead is an event, with what it needs and does; a move does nothing of it."""
        if before.closes or before.kind == after.kind or not (before.is_outcome or after.is_outcome):
            return
        message = f"'{before.path}' is {before.kind.value} and '{after.path}' is {after.kind.value}"
        remedy = "A move is no outcome: map it to a stage that means the same, and send the leads an event."
        self.check.report(self.source, at, "STAGE_KIND", message, remedy)

    def _unmapped(self) -> None:
        """A stage that is gone has to be mapped: leads stand there, or may come to it until all are moved."""
        for path, leaf in self.origin.leaves.items():
            if path in self.mentioned or path in self.target.leaves or leaf.closes:
                continue
            count = self.standing.get(path, 0)
            leads = f"{count} lead{' stands' if count == 1 else 's stand'} there" if count else "leads may come there"
            ran = [rule.name for rule in self.origin.scopes[path].clocks]
            running = f", with its clock{'s' if len(ran) > 1 else ''} {', '.join(ran)}" if ran else ""
            inside = [other for other in self.target.leaves if other.startswith(f"{path}.")]
            near = inside[0] if inside else nearest(path, list(self.target.leaves))
            message = f"stage '{path}' is not in {called(self.target)}, and {leads}{running}"
            remedy = f"Say where they go on: `stages: {{{path}: {near or '...'}}}`."
            at: NodePath = ("stages",) if self.file.stages else ("migrate",)
            self.check.report(self.source, at, "UNMAPPED_STAGE", message, remedy, key=True)

    # --- clocks ------------------------------------------------------------------------------------------------------

    def _clocks(self, stages: Mapping[str, str]) -> dict[str, GoesOn]:
        clocks: dict[str, GoesOn] = {}
        for written, to in self.file.clocks.items():
            at: NodePath = ("clocks", written)
            scope, _, name = written.rpartition(".")
            found = [key for key in self.origin.clocks if key[1] == name and (not scope or key[0] == scope)]
            if not found:
                self._unknown_clock(at, written)
                continue
            goes_on = _goes_on(name, to)
            for where, clock in found:
                if goes_on.as_ is not None and goes_on.as_ not in self._clocks_after(where, stages):
                    self._clock_nowhere(at, where, goes_on.as_, stages)
                clocks[place(where, clock)] = goes_on
        self._two_as_one(clocks)
        return clocks

    def _unknown_clock(self, at: NodePath, written: str) -> None:
        names = sorted({name for _, name in self.origin.clocks} | {f"{s}.{n}" for s, n in self.origin.clocks if s})
        near = nearest(written, names)
        remedy = f"Did you mean '{near}'?" if near else f"Its clocks are: {', '.join(names)}."
        message = f"{called(self.origin)} has no clock '{written}'"
        self.check.report(self.source, at, "UNKNOWN_CLOCK", message, remedy, key=True)

    def _clocks_after(self, scope: str, stages: Mapping[str, str]) -> list[str]:
        """The clocks that may run in the new version for a lead for which one of this scope runs in the old."""
        leaves = [
            self.target.leaves[stages.get(path, path)]
            for path, leaf in self.origin.leaves.items()
            if scope in (ROOT, *leaf.chain) and stages.get(path, path) in self.target.leaves
        ]
        around = [ROOT, *(path for leaf in leaves for path in leaf.chain)]
        return [name for where, name in self.target.clocks if where in around]

    def _clock_nowhere(self, at: NodePath, scope: str, name: str, stages: Mapping[str, str]) -> None:
        names = self._clocks_after(scope, stages)
        there = f"where leads of '{scope}' go on" if scope else "anywhere"
        near = nearest(name, names)
        known = f"There are: {', '.join(names)}." if names else "Write null to close it."
        message = f"{called(self.target)} has no clock '{name}' {there}"
        remedy = f"Did you mean '{near}'?" if near else known
        self.check.report(self.source, at, "UNKNOWN_CLOCK", message, remedy)

    def _two_as_one(self, clocks: Mapping[str, GoesOn]) -> None:
        for leaf in self.origin.leaves.values():
            taken: dict[str, ClockRule] = {}
            for rule in self.origin.rules_at(leaf.path):
                goes_on = clocks.get(place(rule.scope, rule.name), GoesOn(rule.name))
                if goes_on.as_ is None:
                    continue
                first = taken.setdefault(goes_on.as_, rule)
                written = [one for one in (rule, first) if place(one.scope, one.name) in clocks]
                if first is not rule and written:
                    message = f"'{first.name}' and '{rule.name}' both go on as '{goes_on.as_}'"
                    remedy = "Let one of them go on, and write null for the other."
                    at = self._as_written(written[0].name, written[0].scope)
                    self.check.report(self.source, at, "TWO_CLOCKS", message, remedy)

    def _as_written(self, name: str, scope: str) -> NodePath:
        written = f"{scope}.{name}"
        return ("clocks", written if written in self.file.clocks else name)

    # --- fields ------------------------------------------------------------------------------------------------------

    def _default(self, name: str, value: Value) -> Value:
        at: NodePath = ("fields", name)
        spec = self.target.fields.get(name)
        if spec is None:
            near = nearest(name, list(self.target.fields))
            remedy = f"Did you mean '{near}'?" if near else "Name a field of the new version."
            message = f"{called(self.target)} has no field '{name}'"
            self.check.report(self.source, at, "UNKNOWN_FIELD", message, remedy, key=True)
        elif spec.personal:
            message, remedy = f"'{name}' is personal, and rules cannot set it", "Let people fill it in."
            self.check.report(self.source, at, "PERSONAL_FIELD", message, remedy, key=True)
        elif isinstance(value, str) and value.startswith("="):
            self._computed(at, value, name)
        else:
            try:
                accept(spec, value)
            except BadValue as error:
                bare = value.strip("'\"") if isinstance(value, str) else value
                quoted = spec.type is FieldType.CHOICE and bare != value and bare in (spec.of or [])
                remedy = f"Write it plainly: {bare}." if quoted else "Write a value that the field accepts."
                self.check.report(self.source, at, "BAD_VALUE", f"'{name}' {error}", remedy)
        return value

    def _computed(self, at: NodePath, value: str, name: str) -> Expression | None:
        """What stands behind the `=`; a space in place of the sign lets a fault be found in its column."""
        kind = kind_of_field(self.target.fields[name])
        return self.check.expression(self.source, at, f" {value[1:]}", self.origin.vocabulary, kind)

    def _personal(self) -> None:
        """What is personal lives elsewhere: a value cannot go from one place to the other on the way."""
        for name, after in self.target.fields.items():
            before = self.origin.fields.get(name)
            if before is not None and before.personal != after.personal:
                which = called(self.target) if after.personal else called(self.origin)
                message = f"field '{name}' is personal in {which} only"
                remedy = "Give the new one another name."
                self.check.report(self.source, ("to",), "PERSONAL_CHANGED", message, remedy)


def _goes_on(name: str, to: str | ClockTo | None) -> GoesOn:
    if isinstance(to, ClockTo):
        return GoesOn(to.to or name, to.time == "recount")
    return GoesOn(to)
