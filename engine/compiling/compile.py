"""From files to a `Process`: names resolved, stages flattened, expressions compiled, everything pinned under one digest.

Nothing is half done: either a process comes out, or a DefinitionError with every finding, each with file:line:column.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from engine.compiling.actions_checked import ActionCompiler
from engine.compiling.bundle import Bundle, Parsed, Shelf, digest_of, parse
from engine.compiling.checking import Checker
from engine.compiling.clocks_checked import ClockCompiler, assignment_clocks
from engine.compiling.field_references import NUMBERS, check_reference
from engine.compiling.fields_checked import check_fields
from engine.compiling.fires import Fires
from engine.compiling.flatten import Stages
from engine.compiling.front_door import check_at_the_door
from engine.compiling.names import COMMON_FIELDS, SCORED, vocabulary
from engine.compiling.series_checked import compile_series
from engine.compiling.table_checks import check_tables
from engine.compiling.working_units import check_working_units
from engine.errors import DefinitionError, Finding
from engine.expressions import Expression, Kind, Vocabulary
from engine.language.builtin import BUILTINS, LISTENED_TO, RESERVED, Builtin
from engine.language.definition import (
    Event,
    LeadField,
    ProcessFile,
    SharedEvent,
    StageKind,
    Uses,
    Written,
)
from engine.language.identity import IdentityTable
from engine.language.tables import (
    AssignmentTable,
    CalendarTable,
    IntakeTable,
    OutOfScope,
    PointsWhen,
    ReasonTable,
    ScoreTable,
    SegmentTable,
    TemplateTable,
)
from engine.machine import StageMachine
from engine.process import ROOT, Branch, CompiledAction, Leaf, Process, Scope
from engine.reading.document import NodePath

T = TypeVar("T", bound=Written)


@dataclass(frozen=True, slots=True)
class Compiled:
    """A process with the files it was made of, for whoever has more to say of them."""

    process: Process
    source: Parsed
    tables: tuple[Parsed, ...]


def compile_files(bundle: Bundle) -> Compiled:
    """Compile a process with its tables. Raises DefinitionError with every finding."""
    source, *tables = _parsed(bundle)
    return Compiled(_Compiler(source, tables, bundle.shelf, Checker()).compile(), source, tuple(tables))


def compile_bundle(bundle: Bundle) -> Process:
    """The same, for whoever only wants to run it."""
    return compile_files(bundle).process


def compile_published(bundle: Bundle) -> Process:
    """The same for one that was accepted when it was published: leads run on it, and no worker may do without it.

    What leadflow has learned to refuse since then is let pass and means what it meant.
    """
    source, *tables = _parsed(bundle)
    return _Compiler(source, tables, bundle.shelf, Checker(published=True)).compile()


def _parsed(bundle: Bundle) -> list[Parsed]:
    findings: list[Finding] = []
    parsed: list[Parsed] = []
    for source in (bundle.process, *bundle.tables):
        try:
            parsed.append(parse(source))
        except DefinitionError as error:
            findings.extend(error.findings)
    if findings:
        raise DefinitionError(findings)
    return parsed


class _Compiler:
    """One compilation. The order of its methods is the order in which things become known."""

    def __init__(self, process: Parsed, tables: list[Parsed], shelf: Shelf, check: Checker) -> None:
        if not isinstance(process.model, ProcessFile):
            mark = process.document.mark((process.kind,))
            raise DefinitionError(
                [Finding(mark, "NOT_A_PROCESS", f"this file is a {process.kind} table", "Name a process file.")]
            )
        self.source = process
        self.file: ProcessFile = process.model
        self.parsed = [process, *tables]
        self.tables = {(table.kind, table.name): table for table in tables}
        self.shelf = shelf
        self.check = check
        self.stages = Stages(self.file)
        self.leaves = self.stages.leaves()

    def compile(self) -> Process:
        file = self.file
        tables = self._used_tables()
        self.intake = _model(tables, "intake", IntakeTable)
        self.assignment = _model(tables, "assignment", AssignmentTable)
        self.score = _model(tables, "score", ScoreTable)
        self.reasons = _model(tables, "reasons", ReasonTable)
        self.segments = _model(tables, "segments", SegmentTable)
        self.templates = _model(tables, "templates", TemplateTable)
        self.calendars = _model(tables, "calendars", CalendarTable)
        self.identity = _model(tables, "identity", IdentityTable)
        self.fields = self._fields()
        self.events = self._event_titles()
        self.codes = self._codes()
        self.words = self._words(self.codes)
        self.actions = ActionCompiler(self.check, self.source, self.words, self)
        self.clocks = ClockCompiler(self.check, self.source, self.words, self.actions, self)
        self.stages.check(self.source, self.check)
        self._forecasts()

        scopes = self._scopes()
        branches = self._branches()
        series = compile_series(self.check, self.source, file, self.actions)
        Fires(self.check, self.source, self.stages, self.leaves, branches).check(file, self.assignment)
        assignment_conditions = self._rule_conditions(tables)
        score_conditions = self._part_conditions(tables)
        segment_conditions = self._segment_conditions(tables)
        out_of_scope = self._out_of_scope(tables)
        check_tables(self.check, tables, self)
        if self.calendars is None:
            check_working_units(
                self.check, [self.source, *(tables[kind] for kind in ("assignment",) if kind in tables)]
            )
        start = self._start()
        takes = self._takes()
        self.check.finish()

        clocks = {(scope.path, rule.name): rule for scope in scopes.values() for rule in scope.clocks}
        clocks |= {(ROOT, rule.name): rule for rule in (assignment_clocks(self.assignment) if self.assignment else ())}
        return Process(
            name=file.process,
            version=file.version,
            digest=digest_of(self.parsed),
            title=file.title,
            start=start,
            fields=self.fields,
            scopes=scopes,
            leaves=self.leaves,
            branches=branches,
            event_titles=self.events,
            clocks=clocks,
            series=series,
            vocabulary=self.words,
            machine=StageMachine(self.leaves, [branch for group in branches.values() for branch in group]),
            takes_priority=file.takes.priority if file.takes else None,
            takes_when=takes,
            out_of_scope=out_of_scope,
            assignment=self.assignment,
            assignment_conditions=assignment_conditions,
            score=self.score,
            score_conditions=score_conditions,
            calendars=self.calendars,
            reasons=self.reasons,
            segments=self.segments,
            segment_conditions=segment_conditions,
            templates=self.templates,
            identity=self.identity,
        )

    # --- names -------------------------------------------------------------------------------------------------------

    def _used_tables(self) -> dict[str, Parsed]:
        used: dict[str, Parsed] = {}
        for kind in Uses.model_fields:
            name = getattr(self.file.uses, kind)
            if name is None:
                continue
            names = [other for of_kind, other in (*self.tables, *self.shelf.others) if of_kind == kind]
            looked = f"Looked in: {', '.join(self.shelf.folders)}." if self.shelf.folders else ""
            if self.check.known(self.source, ("uses", kind), name, names, f"{kind} table", "UNKNOWN_TABLE", looked):
                used[kind] = self.tables[(kind, name)]
        self.check.finish()
        return used

    def _fields(self) -> dict[str, LeadField]:
        fields = dict(COMMON_FIELDS)
        shared = dict(self.intake.fields) if self.intake else {}
        for name in self.file.fields:
            if name in shared:
                self.check.report(
                    self.source,
                    ("fields", name),
                    "DUPLICATE_FIELD",
                    f"field '{name}' is declared by the intake table",
                    "Leave it out here, or give it another name.",
                    key=True,
                )
        check_fields(self.check, self.source, self.file.fields)
        return fields | shared | dict(self.file.fields)

    def _event_titles(self) -> dict[str, str]:
        titles: dict[str, str] = {}
        for placed in self.stages.placed.values():
            for name, branches in placed.stage.events.items():
                titles.setdefault(name, _title(name, next((one.title for one in branches if one.title), None)))
        for name, event in self.file.events.items():
            titles.setdefault(name, _title(name, event.title))
        return titles | {builtin.name: builtin.title for builtin in BUILTINS}

    def _codes(self) -> dict[str, tuple[str, ...]]:
        """What events ask for, such as `reason`, with every code that it can be in any of them."""
        events: list[Event] = [
            one for placed in self.stages.placed.values() for group in placed.stage.events.values() for one in group
        ]
        events.extend(self.file.events.values())
        codes: dict[str, tuple[str, ...]] = {}
        for event in events:
            for name, allowed in self._codes_of(event).items():
                codes[name] = tuple(dict.fromkeys((*codes.get(name, ()), *allowed)))
        return dict(sorted(codes.items()))

    def _codes_of(self, event: Event) -> dict[str, tuple[str, ...]]:
        # Whether a code exists was not asked of conditions at first: those that are published go on as they are.
        lists = self.reasons.lists if self.reasons and not self.check.published else {}
        return {name: tuple(lists.get(reason_list, ())) for name, reason_list in event.needs.codes.items()}

    def _words(self, codes: Mapping[str, Iterable[str]]) -> Vocabulary:
        return vocabulary(self.fields, self.leaves, codes, self.score, self.segments)

    def _start(self) -> str:
        name = self.file.start or next(iter(self.file.stages))
        path = self._stage(("start",), name)
        return self.stages.leaf_of(path) if path else ""

    def _stage(self, at: NodePath, name: str) -> str | None:
        path = self.stages.find(name)
        if path is None:
            matches = [full for full in self.stages.placed if full.endswith(f".{name}")]
            if matches:
                self.check.report(
                    self.source,
                    at,
                    "AMBIGUOUS_STAGE",
                    f"'{name}' could be {' or '.join(matches)}",
                    "Write the full name.",
                )
            else:
                self.check.known(self.source, at, name, self.stages.placed, "stage", "UNKNOWN_STAGE")
        return path

    def _expression(self, at: NodePath, text: str | None, expects: Kind = Kind.BOOLEAN) -> Expression | None:
        return self.check.expression(self.source, at, text, self.words, expects) if text is not None else None

    def _forecasts(self) -> None:
        """Only a field that the author names must exist: without one, `lead.value` counts where there is any."""
        for placed in self.stages.placed.values():
            forecast = placed.stage.forecast
            if forecast is not None and "value" in forecast.model_fields_set:
                at = (*placed.at, "forecast", "value")
                check_reference(self.check, self.source, at, forecast.value, self.fields, NUMBERS)

    # --- scopes and clocks -------------------------------------------------------------------------------------------

    def _scopes(self) -> dict[str, Scope]:
        scopes = {ROOT: Scope(ROOT, self.file.title, clocks=self.clocks.compile((), ROOT, self.file.clocks))}
        for path, placed in self.stages.placed.items():
            for other in placed.chain[:-1]:
                for name in placed.stage.clocks:
                    if name in self.stages.placed[other].stage.clocks:
                        self.check.report(
                            self.source,
                            (*placed.at, "clocks", name),
                            "DUPLICATE_CLOCK",
                            f"stage '{other}' around this one has a clock '{name}' too",
                            "Give one of them another name.",
                            key=True,
                        )
            for name in placed.stage.clocks:
                if name in self.file.clocks:
                    self.check.report(
                        self.source,
                        (*placed.at, "clocks", name),
                        "DUPLICATE_CLOCK",
                        f"the process has a clock '{name}' too, beside the stages",
                        "Give one of them another name.",
                        key=True,
                    )
            scopes[path] = Scope(
                path,
                self.stages.title(path),
                self.actions.compile((*placed.at, "on_entry"), placed.stage.on_entry),
                self.actions.compile((*placed.at, "on_exit"), placed.stage.on_exit),
                self.clocks.compile(placed.at, path, placed.stage.clocks),
            )
        return scopes

    # --- events ------------------------------------------------------------------------------------------------------

    def _branches(self) -> dict[tuple[str, str], tuple[Branch, ...]]:
        """Inner stages first: their branches are asked before those of the stages around them, shared events last."""
        found: dict[tuple[str, str], list[Branch]] = {}
        for leaf in self.leaves.values():
            for path in reversed(leaf.chain):
                placed = self.stages.placed[path]
                for name, events in placed.stage.events.items():
                    for number, event in enumerate(events):
                        at = (*placed.at, "events", name)
                        found.setdefault((leaf.path, name), []).append(self._branch((*at, number), leaf, name, event))
            for name, shared in self.file.events.items():
                if self._shared_from(("events", name, "from"), shared, leaf):
                    found.setdefault((leaf.path, name), []).append(self._branch(("events", name), leaf, name, shared))
            if not leaf.closes:
                for builtin in BUILTINS:
                    found[(leaf.path, builtin.name)] = [self._builtin(leaf, builtin)]
        self._check_event_names()
        for name in self.file.events:
            if not any(event == name for _, event in found):
                self.check.report(
                    self.source,
                    ("events", name),
                    "EVENT_NOWHERE",
                    f"event '{name}' is possible in no stage",
                    "Say in `from` which stages it starts from.",
                    key=True,
                )
        return {key: tuple(branches) for key, branches in found.items()}

    def _check_event_names(self) -> None:
        groups: list[tuple[NodePath, Iterable[str]]] = [(("events",), self.file.events)]
        groups += [((*placed.at, "events"), placed.stage.events) for placed in self.stages.placed.values()]
        for at, names in groups:
            for name in names:
                if name in RESERVED:
                    message, remedy = f"every process has an event '{name}' already", "Give yours another name."
                elif name in LISTENED_TO:
                    message, remedy = f"leadflow itself calls leads by '{name}'", "Give the event another name."
                else:
                    continue
                self.check.report(self.source, (*at, name), "RESERVED_NAME", message, remedy, key=True)

    def _shared_from(self, at: NodePath, shared: SharedEvent, leaf: Leaf) -> bool:
        if shared.from_ == "any":
            return True
        if shared.from_ == "any open":
            return leaf.kind is StageKind.OPEN
        paths = [self._stage((*at, number), name) for number, name in enumerate(shared.from_)]
        return any(path in leaf.chain for path in paths)

    def _branch(self, at: NodePath, leaf: Leaf, name: str, event: Event) -> Branch:
        target = self._stage((*at, "to"), event.to) if event.to else None
        for number, field in enumerate(event.needs.fields):
            self.check.known(
                self.source, (*at, "needs", "fields", number), field, self.fields, "field", "UNKNOWN_FIELD"
            )
        if not event.by:
            remedy = "Name who may, or leave `by` out: then anyone may."
            self.check.report(self.source, (*at, "by"), "BY_NOBODY", f"event '{name}' is for nobody", remedy)
        if event.cycle is not None and event.to is None:
            message = "without `to` the lead stays where it is, and no cycle begins"
            self.check.report(
                self.source,
                (*at, "cycle"),
                "CYCLE_STAYS",
                message,
                "Say where the next one begins: `to: STAGE`.",
                key=True,
            )
        lists = self.reasons.lists if self.reasons else {}
        for code, reason_list in event.needs.codes.items():
            self.check.known(self.source, (*at, "needs", code), reason_list, lists, "reason list", "UNKNOWN_LIST")
        note = event.needs.note
        asked = note if isinstance(note, bool) else (self._note((*at, "needs", "note"), event, note) or True)
        return Branch(
            event=name,
            source=leaf.path,
            target=target,
            leaf=self.stages.leaf_of(target) if target else None,
            by=tuple(event.by),
            when=self._expression((*at, "when"), event.when),
            advised=self._expression((*at, "advised"), event.advised),
            fields=tuple(event.needs.fields),
            codes=event.needs.codes,
            note=asked,
            checklist=tuple(event.needs.checklist),
            then=self.actions.compile((*at, "then"), event.then),
            next_cycle=event.cycle == "next",
            title=event.title,
            at=at,
        )

    def _note(self, at: NodePath, event: Event, text: str) -> Expression | None:
        """What makes a note due may look at the codes that come with it, and at no others: those are of another day."""
        own = self._codes_of(event)
        condition = self.check.expression(self.source, at, text, self._words(self.codes | own))
        if condition is None:
            return None
        for name in condition.uses:
            if name in self.codes and name not in own:
                message = f"this event does not ask for '{name}'"
                remedy = f"Ask for it, `needs: {{{name}: LIST}}`, or let the note depend on something else."
                self.check.named_in_vain(self.source, at, condition, name, "NOT_ASKED", message, remedy)
        return condition

    def _builtin(self, leaf: Leaf, builtin: Builtin) -> Branch:
        then: tuple[CompiledAction, ...] = (builtin.deed,) if builtin.deed else ()
        when = self.words.compile(builtin.when) if builtin.when else None
        return Branch(builtin.name, leaf.path, None, None, builtin.by, when, None, (), {}, builtin.note, (), then)

    # --- the front door ----------------------------------------------------------------------------------------------

    def _takes(self) -> Expression | None:
        at: NodePath = ("takes", "when")
        condition = self._expression(at, self.file.takes.when if self.file.takes else None)
        if condition is not None:
            check_at_the_door(self.check, self.source, at, condition, self.fields)
        return condition

    def _out_of_scope(self, tables: Mapping[str, Parsed]) -> tuple[tuple[OutOfScope, Expression], ...]:
        """Asked for every process, so that only fields which all of them share say the same for each."""
        rows = []
        for number, row in enumerate(self.intake.out_of_scope if self.intake else ()):
            at: NodePath = ("out_of_scope", number, "when")
            condition = self.check.expression(tables["intake"], at, row.when, self.words)
            if self.intake is not None and condition is not None:
                check_at_the_door(self.check, tables["intake"], at, condition, {*COMMON_FIELDS, *self.intake.fields})
                rows.append((row, condition))
        return tuple(rows)

    # --- conditions in tables ----------------------------------------------------------------------------------------

    def _rule_conditions(self, tables: Mapping[str, Parsed]) -> dict[str, Expression]:
        wanted = [
            (rule.name, ("rules", number, "when"), rule.when)
            for number, rule in enumerate(self.assignment.rules if self.assignment else ())
            if rule.when is not None
        ]
        return self._by_name(tables, "assignment", wanted)

    def _part_conditions(self, tables: Mapping[str, Parsed]) -> dict[str, Expression]:
        parts = self.score.parts if self.score else {}
        wanted: list[tuple[str, NodePath, str]] = [
            (name, ("parts", name, "when"), part.when) for name, part in parts.items() if isinstance(part, PointsWhen)
        ]
        compiled = self._by_name(tables, "score", wanted)
        for part, at, _ in wanted:
            for name in SCORED.intersection(compiled[part].reads) if part in compiled else ():
                message, word = f"`lead.{name}` is what comes out of this table", f"lead.{name}"
                remedy = "Let the part look at fields of the lead."
                self.check.named_in_vain(tables["score"], at, compiled[part], word, "OWN_SCORE", message, remedy)
        return compiled

    def _by_name(
        self, tables: Mapping[str, Parsed], kind: str, wanted: Iterable[tuple[str, NodePath, str]]
    ) -> dict[str, Expression]:
        compiled = ((name, self.check.expression(tables[kind], at, text, self.words)) for name, at, text in wanted)
        return {name: expression for name, expression in compiled if expression is not None}

    def _segment_conditions(self, tables: Mapping[str, Parsed]) -> tuple[Expression, ...]:
        """One for each row: several rows may name the same segment."""
        rows = self.segments.of if self.segments else ()
        compiled = (
            self.check.expression(tables["segments"], ("of", number, "when"), row.when, self.words)
            for number, row in enumerate(rows)
        )
        return tuple(expression for expression in compiled if expression is not None)


def _model(tables: Mapping[str, Parsed], kind: str, model: type[T]) -> T | None:
    table = tables.get(kind)
    return table.model if table is not None and isinstance(table.model, model) else None


def _title(name: str, title: str | None) -> str:
    return title or name.replace("_", " ").capitalize()
