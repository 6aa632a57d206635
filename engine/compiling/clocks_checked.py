"""Clocks as written, checked and compiled: exactly one deadline, dates that are dates, events and calendars that exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from engine.compiling.actions_checked import ActionCompiler
from engine.compiling.bundle import Parsed
from engine.compiling.checking import Checker
from engine.expressions import Expression, Vocabulary
from engine.language.definition import Climb, ClockSpec, LeadField
from engine.language.tables import AssignmentTable, CalendarTable
from engine.process import ROOT, ClockRule
from engine.reading.document import NodePath


class Surroundings(Protocol):
    """What clocks may refer to."""

    fields: dict[str, LeadField]
    events: dict[str, str]
    calendars: CalendarTable | None


class ClockCompiler:
    def __init__(
        self, check: Checker, source: Parsed, words: Vocabulary, actions: ActionCompiler, around: Surroundings
    ) -> None:
        self.check = check
        self.source = source
        self.words = words
        self.actions = actions
        self.around = around

    def compile(self, at: NodePath, scope: str, clocks: Mapping[str, ClockSpec]) -> tuple[ClockRule, ...]:
        """The clocks of one scope, whose place in the file is `at`."""
        return tuple(self._clock((*at, "clocks", name), name, scope, spec) for name, spec in clocks.items())

    def _clock(self, at: NodePath, name: str, scope: str, spec: ClockSpec) -> ClockRule:
        if (spec.due is None) == (spec.at is None):
            message, remedy = f"clock '{name}' has both `due` and `at`", "Keep one of them."
            if spec.due is None:
                message = f"clock '{name}' does not say when it is due"
                remedy = "Write `due: 3 working days`, or `at: lead.some_date` to wait for a date."
            self.check.report(self.source, at, "CLOCK_TIME", message, remedy, key=True)
        if name in ("exception", "queue"):
            self.check.report(
                self.source,
                at,
                "RESERVED_NAME",
                f"the assignment table has a clock '{name}' already",
                "Give the clock another name.",
                key=True,
            )
        for key in ("starts_on", "stops_on", "cancels_on"):
            for number, event in enumerate(getattr(spec, key)):
                self.check.known(self.source, (*at, key, number), event, self.around.events, "event", "UNKNOWN_EVENT")
        for key in ("at", "counts_from"):
            reference = getattr(spec, key)
            if reference and reference.startswith("lead."):
                self._date_field((*at, key), reference)
        if spec.runs_on not in ("owner", "team"):
            self.check.known(
                self.source,
                (*at, "runs_on"),
                spec.runs_on,
                self.around.calendars.of if self.around.calendars else (),
                "calendar",
                "UNKNOWN_CALENDAR",
            )
        self._no_effect(at, spec)
        warning = spec.on_warning
        if spec.warn_at and warning is None:
            self.actions.template((*at, "warn_at"), "warning")
        return ClockRule(
            name,
            scope,
            spec,
            self._expression((*at, "when"), spec.when),
            self._expression((*at, "cancels_when"), spec.cancels_when),
            self._expression((*at, "pauses_while"), spec.pauses_while),
            self.actions.compile((*at, "on_warning"), warning)
            if warning is not None
            else self.actions.default_warning(),
            self.actions.compile((*at, "on_breach"), spec.on_breach),
        )

    def _no_effect(self, at: NodePath, spec: ClockSpec) -> None:
        """What may stand there and would never do anything."""
        for number, share in enumerate(spec.warn_at):
            if share in spec.warn_at[:number]:
                self.check.report(
                    self.source, (*at, "warn_at", number), "WARN_AT", f"{share} is listed twice", "Keep one of them."
                )
            elif int(share.removesuffix("%")) in (0, 100):
                message = (
                    f"at {share} the time {'begins' if share != '100%' else 'is over'}, and there is nothing to warn of"
                )
                remedy = "Write a share in between, such as 80%; what happens in the end is `on_breach`."
                self.check.report(self.source, (*at, "warn_at", number), "WARN_AT", message, remedy)
        if spec.on_warning is not None and not spec.warn_at:
            message, remedy = "this clock never warns", "Say when: `warn_at: [80%]`."
            self.check.report(self.source, (*at, "on_warning"), "WARN_AT", message, remedy, key=True)
        if spec.at is not None and "counts_from" in spec.model_fields_set:
            message = "a clock that waits `at` a date counts from nothing"
            remedy = "Take it away; `due: 3 days` with `counts_from` is a time after the date."
            self.check.report(self.source, (*at, "counts_from"), "CLOCK_TIME", message, remedy, key=True)

    def _date_field(self, at: NodePath, reference: str) -> None:
        name = reference.removeprefix("lead.")
        if not self.check.known(self.source, at, name, self.around.fields, "field", "UNKNOWN_FIELD"):
            return
        if self.around.fields[name].personal:
            message = f"'{name}' is personal, so no clock can wait for it"
            self.check.report(self.source, at, "PERSONAL_FIELD", message, "Use another field.")
        elif self.around.fields[name].type != "date":
            self.check.report(
                self.source,
                at,
                "NOT_A_DATE",
                f"'{name}' holds a {self.around.fields[name].type}, not a date",
                "Name a field of type date.",
            )

    def _expression(self, at: NodePath, text: str | None) -> Expression | None:
        return self.check.expression(self.source, at, text, self.words) if text is not None else None


def assignment_clocks(table: AssignmentTable) -> Iterator[ClockRule]:
    """S4.6: the exception owner and the queue have clocks of their own."""
    owner = table.exception
    yield ClockRule(
        "exception",
        ROOT,
        ClockSpec(title="Decision of the exception owner", due=owner.clock),
        on_breach=(Climb(climb=owner.climb),),
    )
    if (queue := table.queue) is not None:
        yield ClockRule(
            "queue",
            ROOT,
            ClockSpec(title="Waiting in the queue", due=queue.clock, runs_on="team"),
            on_breach=(Climb(climb=queue.climb),),
        )
