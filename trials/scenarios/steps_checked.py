"""The steps of a scenario, looked at before it is run: in which order they make sense, and every name in them."""

from __future__ import annotations

from engine.compiling.bundle import Parsed
from engine.compiling.checking import Checker
from engine.errors import LeadflowError
from engine.language.scenario import (
    AdvanceStep,
    BackStep,
    ClockExpected,
    Code,
    EventStep,
    Expected,
    ExpectStep,
    Fields,
    LeadStep,
    LeaveStep,
    RefusedStep,
    Roster,
    RosterStep,
    Step,
    TouchStep,
    UntilStep,
)
from engine.reading.document import NodePath
from engine.reading.offers import nearest
from engine.routing import NotTaken, OutOfScope, Taken, route
from engine.values import BadValue, accept
from trials.scenarios import moments
from trials.scenarios.case import Case
from trials.scenarios.names import Names
from trials.scenarios.playing import WORDS


class StepChecker:
    """Reports everything wrong in the steps of one case."""

    def __init__(self, check: Checker, parsed: Parsed, case: Case, names: Names) -> None:
        self.check_ = check
        self.parsed = parsed
        self.case = case
        self.names = names

    def check(self) -> None:
        steps = self.case.steps
        for number, step in enumerate(steps):
            path: NodePath = (*self.case.path, "steps", number)
            if (number == 0) is not isinstance(step, LeadStep):
                message = "a scenario begins with the arrival of its lead" if number == 0 else "a second lead arrives"
                remedy = (
                    "Let the first step be `lead: {...}`."
                    if number == 0
                    else "Make it a scenario of its own; who has how much to do already says `given: {workload: ...}`."
                )
                self._report(path, "ONE_LEAD", message, remedy)
                continue
            after = steps[number + 1] if number + 1 < len(steps) else None
            self._step(path, step, after, steps[number - 1] if number else None)

    def _step(self, path: NodePath, step: Step, after: Step | None, before: Step | None) -> None:
        match step:
            case LeadStep():
                self._lead(path, step)
            case EventStep():
                self._event(path, step, after.refused.code if isinstance(after, RefusedStep) else None)
            case TouchStep():
                self._values((*path, "touch"), step.touch)
            case AdvanceStep():
                known = ["owner", "team", *self.names.calendars, *self.names.people]
                self._known((*path, "runs_on"), step.runs_on, known, "calendar or person", "UNKNOWN_CALENDAR")
            case UntilStep():
                self._moment((*path, "until"), step.until)
            case LeaveStep():
                self.names.leave(self.check_, self.parsed, (*path, "leave"), step.leave, self.case.zone)
            case BackStep():
                self.names.person(self.check_, self.parsed, (*path, "back"), step.back)
            case RosterStep():
                self._roster((*path, "roster"), step.roster)
            case RefusedStep():
                if not isinstance(before, EventStep):
                    message = "nothing could have been refused here"
                    self._report(path, "NOT_AFTER_EVENT", message, "Write `refused` right after the event.")
                self._events((*path, "refused", "allowed"), step.refused.allowed or [])
            case ExpectStep():
                self._expected((*path, "expect"), step.expect)

    # --- what happens ------------------------------------------------------------------------------------------------

    def _lead(self, path: NodePath, step: LeadStep) -> None:
        process = self.case.setting.process
        brought = {**self.case.lead, **step.lead}
        for name, value in brought.items():
            at: NodePath = (*path, "lead", name) if name in step.lead else (*self._given_lead(name), name)
            self._value(at, name, value, own=True)
        if process.takes_priority is not None:
            self._front_door((*path, "lead"), brought)

    def _given_lead(self, name: str) -> NodePath:
        own: NodePath = (*self.case.path, "given", "lead")
        return own if self.parsed.document.node((*own, name)) is not None else ("given", "lead")

    def _front_door(self, path: NodePath, brought: Fields) -> None:
        process = self.case.setting.process
        doors = sorted(self.case.setting.processes, key=lambda one: (-(one.takes_priority or 0), one.name))
        taken = route(doors, brought, self.case.now)
        match taken:
            case Taken(process=other) if other.name == process.name:
                return
            case Taken(process=other):
                message = f"such a lead is taken by {other.name}, not by {process.name}"
            case OutOfScope():
                message = f"such a lead is kept out as '{taken.rule}'"
            case NotTaken():
                message = f"no process takes such a lead; asked are {', '.join(taken.asked)}"
        self._report(path, "OTHER_PROCESS", message, f"See `takes` of {process.name}, and the front door.", key=True)

    def _event(self, path: NodePath, step: EventStep, refused: Code | None) -> None:
        """What is written to be refused may be wrong in just that."""
        if refused is not Code.UNKNOWN_EVENT:
            self._known((*path, "event"), step.event, self.names.events, "event", "UNKNOWN_EVENT")
        known = [*WORDS, *self.names.people]
        self._known((*path, "by"), step.by, known, "role or person", "UNKNOWN_PERSON")
        if step.to is not None and refused is None:
            self.names.person(self.check_, self.parsed, (*path, "to"), step.to)
        if refused is not None:
            return
        self._values((*path, "fields"), step.fields)
        for name, code in step.codes.items():
            at: NodePath = (*path, "codes", name)
            if self._known(at, name, self.names.codes, "code", "UNKNOWN_CODE", key=True):
                self._known(at, code, self.names.codes[name], f"{name}", "UNKNOWN_CODE")

    def _roster(self, path: NodePath, roster: Roster) -> None:
        if isinstance(roster, str):
            self._known(path, roster, self.case.setting.rosters, "roster", "UNKNOWN_ROSTER")

    # --- what is expected --------------------------------------------------------------------------------------------

    def _expected(self, path: NodePath, expected: Expected) -> None:
        names = self.names
        choices = {
            "process": ([one.name for one in names.processes], "process", "UNKNOWN_PROCESS"),
            "stage": (names.stages, "stage", "UNKNOWN_STAGE"),
            "owner": (names.people, "person of the roster", "UNKNOWN_PERSON"),
            "team": (names.teams, "team of the roster", "UNKNOWN_TEAM"),
            "segment": (names.segments, "segment", "UNKNOWN_SEGMENT"),
            "priority": (names.priorities, "priority", "UNKNOWN_PRIORITY"),
            "grade": (names.grades, "grade", "UNKNOWN_GRADE"),
        }
        for key, (known, what, code) in choices.items():
            value = getattr(expected, key)
            if value is not None:
                self._known((*path, key), value, known, what, code)
        for name, value in expected.fields.items():
            self._value((*path, "fields", name), name, value)
        for number, name in enumerate(expected.known):
            personal = [field for field, spec in names.fields.items() if spec.personal]
            self._known((*path, "known", number), name, personal, "personal field", "UNKNOWN_FIELD")
        for name, clock in expected.clocks.items():
            self._clock((*path, "clocks", name), name, clock)
        self._outward(path, expected)
        for number, happening in enumerate(expected.happened or []):
            at: NodePath = (*path, "happened", number)
            self._known(at, happening, names.happenings, "happening", "UNKNOWN_HAPPENING")

    def _clock(self, path: NodePath, name: str, clock: ClockExpected) -> None:
        self._known(path, name, self.names.clocks, "clock", "UNKNOWN_CLOCK", key=True)
        if clock.due is not None:
            self._moment((*path, "due"), clock.due)

    def _outward(self, path: NodePath, expected: Expected) -> None:
        names = self.names
        for number, notice in enumerate(expected.notices or []):
            at: NodePath = (*path, "notices", number)
            self._known((*at, "template"), notice.template, names.templates, "template", "UNKNOWN_TEMPLATE")
            if notice.to.startswith("team:"):
                team = notice.to.removeprefix("team:")
                self._known((*at, "to"), team, names.teams, "team of the roster", "UNKNOWN_TEAM")
            else:
                known = [*names.people, "nobody"]
                self._known((*at, "to"), notice.to, known, "person of the roster", "UNKNOWN_PERSON")
        for number, task in enumerate(expected.tasks or []):
            if task.for_ is not None:
                at = (*path, "tasks", number, "for")
                self.names.person(self.check_, self.parsed, at, task.for_)
        for number, template in enumerate(expected.sent or []):
            self._known((*path, "sent", number), template, names.templates, "template", "UNKNOWN_TEMPLATE")

    # --- small things ------------------------------------------------------------------------------------------------

    def _values(self, path: NodePath, fields: Fields) -> None:
        for name, value in fields.items():
            self._value((*path, name), name, value)

    def _value(self, path: NodePath, name: str, value: object, *, own: bool = False) -> None:
        fields = self.case.setting.process.fields if own else self.names.fields
        if not self._known(path, name, fields, "field", "UNKNOWN_FIELD", key=True):
            return
        specs = [one.fields[name] for one in self.names.processes if name in one.fields]
        faults = []
        for spec in specs[:1] if own else specs:
            try:
                accept(spec, value)
                return
            except BadValue as error:
                faults.append(str(error))
        self._report(path, "BAD_VALUE", f"{name} {faults[0]}", "Write a value that the field accepts.")

    def _events(self, path: NodePath, events: list[str]) -> None:
        for number, event in enumerate(events):
            self._known((*path, number), event, self.names.events, "event", "UNKNOWN_EVENT")

    def _moment(self, path: NodePath, text: str) -> None:
        try:
            moments.until(text, self.case.now, self.case.zone)
        except LeadflowError as error:
            self._report(path, "BAD_MOMENT", error.message, error.remedy)

    def _known(self, path: NodePath, name: str, known: object, what: str, code: str, *, key: bool = False) -> bool:
        names = list(known)  # type: ignore[call-overload]
        if name in names:
            return True
        if key:
            self._report(path, code, f"there is no {what} '{name}'", _nearest(name, names), key=True)
            return False
        return self.check_.known(self.parsed, path, name, names, what, code)

    def _report(self, path: NodePath, code: str, message: str, remedy: str, *, key: bool = False) -> None:
        self.check_.report(self.parsed, path, code, message, remedy, key=key)


def _nearest(name: str, names: list[str]) -> str:
    meant = nearest(name, names)
    return f"Did you mean '{meant}'?" if meant else f"Known are: {', '.join(names[:12])}."
