"""Rules of tables that nothing can come to: because they never hold, or because an earlier one always does.

Rules are asked in order. Of segments and of what is no lead, the first that holds counts; of an assignment, the first
that holds and finds somebody, so that a rule is in vain if earlier ones hold whenever it does and mean everybody whom it
means.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.analysis.conditions import ANYWHERE, Condition, check_condition, names_of
from engine.analysis.subject import Subject
from engine.compiling.bundle import Parsed
from engine.compiling.checking import Checker, mark_of
from engine.expressions import Expression
from engine.language.tables import AssignmentRule, AssignmentTable, Pick
from engine.reading.document import NodePath
from engine.reasoning import Example, Given


def check_rules(check: Checker, subject: Subject) -> None:
    process = subject.process
    if process.segments is not None:
        at: list[NodePath] = [("of", number, "when") for number in range(len(process.segments.of))]
        _rows(check, subject, subject.tables["segments"], at, process.segment_conditions)
        _hole(check, subject, process.segment_conditions)
    if process.out_of_scope:
        at = [("out_of_scope", number, "when") for number in range(len(process.out_of_scope))]
        _rows(check, subject, subject.tables["intake"], at, [condition for _, condition in process.out_of_scope])
    _takes(check, subject)
    if process.assignment is not None:
        _Assignment(check, subject, process.assignment).check()


# --- the first that holds --------------------------------------------------------------------------------------------


def _rows(
    check: Checker, subject: Subject, file: Parsed, places: Sequence[NodePath], conditions: Sequence[Expression]
) -> None:
    for number, (at, condition) in enumerate(zip(places, conditions, strict=True)):
        one = Condition("when", condition, file, at, ANYWHERE)
        if not check_condition(check, subject, one, last=number == len(places) - 1):
            continue
        earlier = conditions[:number]
        if subject.reasoner.satisfiable(condition, unless=earlier) is None:
            by = [
                other
                for other, first in enumerate(earlier)
                if first.text == condition.text or subject.reasoner.implies(condition, first) is True
            ]
            lines = [mark_of(file, places[other]).line for other in by[:1] or range(number)]
            message = f"no lead comes to this row: {_those(lines)} whenever it would"
            remedy = "Put it before, or correct the conditions."
            check.report(file, at, "RULE_NEVER_MATCHES", message, remedy)


def _those(lines: Sequence[int]) -> str:
    """The rows that come first, in words."""
    if len(lines) == 1:
        return f"the one in line {lines[0]} holds"
    return f"one of those in lines {', '.join(map(str, lines[:-1]))} and {lines[-1]} holds"


def _hole(check: Checker, subject: Subject, conditions: Sequence[Expression]) -> None:
    """Leads may well be in no segment. But a number between two for which there is one is a slip of a bound."""
    reasoner = subject.reasoner
    found = reasoner.gap(conditions)
    if not isinstance(found, Example):
        return
    values: Given = {f"lead.{name}": value for name, value in found.fields.items()}
    for name, value in values.items():
        ends = reasoner.ends(name)
        if ends is None or value in ends:
            continue
        if all(reasoner.satisfiable(unless=conditions, given={**values, name: end}) is None for end in ends):
            words = found.words(names_of(*conditions))
            message = f"no segment holds for {words}, though one does for less {name} and for more"
            remedy = "Let the bounds meet, or give what lies between a segment of its own."
            check.report(subject.tables["segments"], ("of",), "GUARDS_GAP", message, remedy, key=True)
            return


def _takes(check: Checker, subject: Subject) -> None:
    """What is no lead is kept apart before any process is asked."""
    condition = subject.process.takes_when
    if condition is None:
        return
    at: NodePath = ("takes", "when")
    if not check_condition(check, subject, Condition("when", condition, subject.source, at, ANYWHERE)):
        return
    apart = [one for _, one in subject.process.out_of_scope]
    if apart and subject.reasoner.satisfiable(condition, unless=apart) is None:
        message = "this process takes no lead: the intake table keeps all of them apart, as out of scope"
        check.report(subject.source, at, "RULE_NEVER_MATCHES", message, "Correct the one or the other condition.")


# --- assignment ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Case:
    """One way to come to a rule: the segment, and the conditions that have put the lead into it."""

    segment: str | None = None
    holds: tuple[Expression, ...] = ()
    misses: tuple[Expression, ...] = ()


class _Assignment:
    """The segment that a rule asks for was told just before, so that it fits the lead; conditions may read it as well."""

    def __init__(self, check: Checker, subject: Subject, table: AssignmentTable) -> None:
        self.to = check
        self.subject = subject
        self.table = table
        self.file = subject.tables["assignment"]
        self.conditions = subject.process.assignment_conditions

    def check(self) -> None:
        for number, rule in enumerate(self.table.rules):
            condition = self.conditions.get(rule.name)
            at: NodePath = ("rules", number)
            if condition is not None:
                one = Condition("when", condition, self.file, (*at, "when"), ANYWHERE)
                if not check_condition(self.to, self.subject, one):
                    continue
                if rule.segment and not self._possible(rule, ()):
                    self._contradicts(rule, (*at, "when"))
                    continue
            wider = [other for other in self.table.rules[:number] if self._means_all_of(other, rule)]
            if wider and not self._possible(rule, wider):
                self._in_vain(rule, wider, at)

    def _possible(self, rule: AssignmentRule, unless: Sequence[AssignmentRule]) -> bool:
        """Whether a lead may come to a rule without one of the others holding as well."""
        return any(self._found(rule, case, unless) for case in self._cases(rule))

    def _found(self, rule: AssignmentRule, case: _Case, unless: Sequence[AssignmentRule]) -> bool:
        holds = [*case.holds, *([self.conditions[rule.name]] if rule.when is not None else [])]
        misses = list(case.misses)
        for other in unless:
            if other.segment and case.segment is not None and case.segment not in other.segment:
                continue
            if other.segment and case.segment is None:
                return True
            if other.when is None:
                return False
            misses.append(self.conditions[other.name])
        given: Given = ANYWHERE if case.segment is None else {"lead.segment": case.segment}
        return self.subject.reasoner.satisfiable(*holds, unless=misses, given=given) is not None

    def _cases(self, rule: AssignmentRule) -> Iterator[_Case]:
        """A rule that asks for segments: each row that names one of them, and none before it. Else any lead."""
        segments = self.subject.process.segments
        if not rule.segment or segments is None:
            yield _Case()
            return
        conditions = self.subject.process.segment_conditions
        for number, row in enumerate(segments.of):
            if row.segment in rule.segment:
                yield _Case(row.segment, (conditions[number],), tuple(conditions[:number]))

    def _means_all_of(self, wide: AssignmentRule, narrow: AssignmentRule) -> bool:
        """Whether whoever could get a lead by the narrow rule could get it by the wide one."""
        one, other = wide.among, narrow.among
        return (
            (not one.team or (bool(other.team) and all(team in one.team for team in other.team)))
            and (one.territory is None or one.territory == other.territory)
            and (not one.people or (bool(other.people) and all(person in one.people for person in other.people)))
            and all(skill in other.skills for skill in one.skills)
            and (wide.pick is not Pick.BY_WEIGHT or narrow.pick is Pick.BY_WEIGHT)
            and all(self._most(wide, key) >= self._most(narrow, key) for key in ("open", "per_day"))
        )

    def _most(self, rule: AssignmentRule, key: str) -> float:
        own = getattr(rule.limits, key) if rule.limits is not None else None
        most = own if own is not None else getattr(self.table.limits, key)
        return float("inf") if most is None else float(most)

    def _contradicts(self, rule: AssignmentRule, at: NodePath) -> None:
        message = f"`when` can never hold for a lead of the segment {' or '.join(rule.segment)}"
        remedy = "Compare it with what the segments table says of them."
        self.to.report(self.file, at, "GUARD_NEVER", message, remedy)

    def _in_vain(self, rule: AssignmentRule, wider: Sequence[AssignmentRule], at: NodePath) -> None:
        alone = [other for other in wider if not self._possible(rule, [other])]
        said = [f"'{other.name}'" for other in alone[:1] or wider]
        lines = [
            mark_of(self.file, ("rules", self.table.rules.index(other), "name")).line for other in alone[:1] or wider
        ]
        who = "means everybody whom it means" if len(said) == 1 else "mean everybody whom it means"
        where = f"line{'' if len(lines) == 1 else 's'} {' and '.join(map(str, lines))}"
        message = (
            f"rule '{rule.name}' never decides: {' and '.join(said)} ({where}) comes first whenever it would, and {who}"
        )
        remedy = "Put it before, or take it away."
        self.to.report(self.file, (*at, "name"), "RULE_NEVER_MATCHES", message, remedy)
