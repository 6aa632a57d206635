"""Conditions of events and clocks that can never hold, always hold, hide each other, overlap or leave a gap.

The branches of an event are asked in order and the first whose `when` holds is taken. What is found follows from the
types of what they read, see `engine.reasoning`; what cannot be told is no finding. Unknown values are no gap: a condition
does not hold for them, and whoever means them asks with `known`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import takewhile

from engine.analysis.conditions import Condition, check_condition, names_of
from engine.analysis.subject import Subject
from engine.compiling.checking import Checker, mark_of
from engine.expressions import Expression
from engine.process import ROOT, Branch, ClockRule
from engine.reading.document import NodePath
from engine.reasoning import Example, Given


def check_guards(check: Checker, subject: Subject) -> None:
    _Guards(check, subject).check()
    for rule in subject.process.clocks.values():
        if (rule.scope, rule.name) not in (((ROOT, "exception"), (ROOT, "queue"))):
            _clock(check, subject, rule)


@dataclass(slots=True)
class _Place:
    """A branch as written, and what became of it in each stage that it is possible in."""

    branch: Branch
    leaves: list[str] = field(default_factory=list)
    never: int = 0
    hidden: list[tuple[Branch, ...]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What one branch is in one stage: never possible, or always behind others."""

    never: bool
    hidden: tuple[Branch, ...] = ()


class _Guards:
    """One look at all branches. A branch of a stage around others, or of a shared event, is one of each of its leaves: it
    is only told what is so in all of them, and what is so in one of them once."""

    def __init__(self, check: Checker, subject: Subject) -> None:
        self.to = check
        self.subject = subject
        self.reasoner = subject.reasoner
        self.places: dict[NodePath, _Place] = {}
        self.overlaps: dict[tuple[NodePath, NodePath], Example] = {}
        self.gaps: dict[NodePath, tuple[Sequence[Branch], Example]] = {}
        self.asked: dict[tuple[object, ...], list[_Asked]] = {}

    def check(self) -> None:
        for (leaf, _), branches in self.subject.process.branches.items():
            written = [branch for branch in branches if branch.at]
            if written:
                self._in_stage(written, leaf)
        for place in self.places.values():
            self._report(place)
        for (earlier, later), example in self.overlaps.items():
            self._report_overlap(self.places[earlier].branch, self.places[later].branch, example)
        for at, (several, example) in self.gaps.items():
            self._report_gap(at, several, example)

    def _in_stage(self, branches: Sequence[Branch], leaf: str) -> None:
        """The same branches are the same in all their stages, unless one asks for the stage."""
        read = [name for branch in branches if branch.when is not None for name in branch.when.reads]
        given: Given = {"lead.stage": leaf} if "stage" in read or "status" in read else {}
        key = (*given.values(), *(branch.at for branch in branches))
        if key not in self.asked:
            self.asked[key] = [self._ask(branch, branches[:number], given) for number, branch in enumerate(branches)]
            self._overlaps(branches, given)
            self._gap(branches, given)
        for branch, asked in zip(branches, self.asked[key], strict=True):
            place = self.places.setdefault(branch.at, _Place(branch))
            place.leaves.append(leaf)
            place.never += asked.never
            if asked.hidden:
                place.hidden.append(asked.hidden)

    def _ask(self, branch: Branch, earlier: Sequence[Branch], given: Given) -> _Asked:
        if branch.when is not None and self.reasoner.satisfiable(branch.when, given=given) is None:
            return _Asked(never=True)
        return _Asked(never=False, hidden=self._hidden_by(branch, earlier, given) if earlier else ())

    # --- hidden ------------------------------------------------------------------------------------------------------

    def _hidden_by(self, branch: Branch, earlier: Sequence[Branch], given: Given) -> tuple[Branch, ...]:
        """The earlier branches that take every lead which this one could: one alone where there is such, else all."""
        open_to_all = next((one for one in earlier if one.when is None), None)
        if open_to_all is not None:
            return (open_to_all,)
        guards = [one.when for one in earlier if one.when is not None]
        wanted = () if branch.when is None else (branch.when,)
        if self.reasoner.satisfiable(*wanted, unless=guards, given=given) is not None:
            return ()
        for one in earlier:
            if branch.when is not None and one.when is not None and self._follows(branch.when, one.when, given):
                return (one,)
        return tuple(earlier)

    def _follows(self, one: Expression, other: Expression, given: Given) -> bool:
        return one.text == other.text or self.reasoner.implies(one, other, given) is True

    # --- overlaps and gaps -------------------------------------------------------------------------------------------

    def _overlaps(self, branches: Sequence[Branch], given: Given) -> None:
        """Pairs of one list of branches. That an inner stage's come before those around it is what nesting is for."""
        guarded = list(takewhile(lambda branch: branch.when is not None, branches))
        for number, later in enumerate(guarded):
            for first, earlier in enumerate(guarded[:number]):
                pair = (earlier.at, later.at)
                if earlier.at[:-1] != later.at[:-1] or pair in self.overlaps or _same(earlier, later):
                    continue
                before = [one.when for one in guarded[:first] if one.when is not None]
                if (example := self._both(earlier, later, before, given)) is not None:
                    self.overlaps[pair] = example

    def _both(self, earlier: Branch, later: Branch, before: list[Expression], given: Given) -> Example | None:
        """A lead that could go both ways, unless the one branch is a special case of the other."""
        assert earlier.when is not None and later.when is not None
        found = self.reasoner.overlap(earlier.when, later.when, unless=before, given=given)
        if not isinstance(found, Example):
            return None
        for one, other in ((earlier.when, later.when), (later.when, earlier.when)):
            if not isinstance(self.reasoner.satisfiable(one, unless=[other, *before], given=given), Example):
                return None
        return found

    def _gap(self, branches: Sequence[Branch], given: Given) -> None:
        guards = [branch.when for branch in branches if branch.when is not None]
        at = branches[0].at[:-1]
        if len(guards) < 2 or len(guards) < len(branches) or at in self.gaps:
            return
        found = self.reasoner.gap(guards, given)
        if isinstance(found, Example):
            self.gaps[at] = (branches, found)

    def _conditions(self, place: _Place) -> Iterator[Condition]:
        branch = place.branch
        given: Given = {"lead.stage": tuple(place.leaves)}
        codes = {name: tuple(self.subject.process.codes_of(listed)) for name, listed in branch.codes.items()}
        for key, at in (("when", ("when",)), ("advised", ("advised",)), ("note", ("needs", "note"))):
            condition = getattr(branch, key)
            if isinstance(condition, Expression):
                known = {**given, **codes} if key == "note" else given
                yield Condition(key, condition, self.subject.source, (*branch.at, *at), known)

    # --- in words ----------------------------------------------------------------------------------------------------

    def _report(self, place: _Place) -> None:
        branch = place.branch
        possible = [check_condition(self.to, self.subject, one) for one in self._conditions(place)]
        if False in possible:
            return
        if branch.when is not None and place.hidden and place.never + len(place.hidden) == len(place.leaves):
            self._report_hidden(branch, place.hidden[0], (*branch.at, "when"), key=False)
        elif branch.when is None and len(place.hidden) == len(place.leaves):
            self._report_hidden(branch, place.hidden[0], branch.at, key=True)

    def _report_hidden(self, branch: Branch, by: tuple[Branch, ...], at: NodePath, *, key: bool) -> None:
        source = self.subject.source
        lines = [mark_of(source, one.at, key=True).line for one in by]
        if len(by) == 1 and by[0].when is None:
            said = f"the branch in line {lines[0]} has no `when`, and takes every lead"
        elif len(by) == 1:
            said = (
                f"whenever it could, the one in line {lines[0]} (`{by[0].when.text if by[0].when else ''}`) comes first"
            )
        else:
            said = f"those in lines {', '.join(map(str, lines[:-1]))} and {lines[-1]} leave no lead to it"
        message = f"this branch of '{branch.event}' is never taken: {said}"
        remedy = "Put it before, let their conditions differ, or take it away."
        self.to.report(source, at, "GUARD_SHADOWED", message, remedy, key=key)

    def _report_overlap(self, earlier: Branch, later: Branch, example: Example) -> None:
        assert earlier.when is not None and later.when is not None
        line = mark_of(self.subject.source, earlier.at, key=True).line
        values = example.words(names_of(earlier.when, later.when))
        message = f"this branch of '{later.event}' and the one in line {line} can both hold: {values}; the earlier one is taken"
        remedy = (
            "Let one exclude the other, or both the same; if the order is meant, say so: `# allow GUARDS_OVERLAP: WHY`."
        )
        self.to.report(self.subject.source, (*later.at, "when"), "GUARDS_OVERLAP", message, remedy)

    def _report_gap(self, at: NodePath, branches: Sequence[Branch], example: Example) -> None:
        values = example.words(names_of(*(one.when for one in branches if one.when is not None)))
        message = f"no branch of '{branches[0].event}' holds for {values}, so that it is refused then"
        remedy = "Give the last one no `when`; or if it is meant, say so: `# allow GUARDS_GAP: WHY`."
        self.to.report(self.subject.source, at, "GUARDS_GAP", message, remedy, key=True)


def _same(one: Branch, other: Branch) -> bool:
    """Whether two branches do the same, so that it does not matter which of them is taken."""
    return replace(one, at=(), when=None, title=None) == replace(other, at=(), when=None, title=None)


# --- clocks ----------------------------------------------------------------------------------------------------------


def _clock(check: Checker, subject: Subject, rule: ClockRule) -> None:
    at = subject.clock_at(rule)
    leaves = tuple(
        path for path, leaf in subject.process.leaves.items() if rule.scope == ROOT or rule.scope in leaf.chain
    )
    given: Given = {"lead.stage": leaves}
    for key in ("when", "cancels_when", "pauses_while"):
        condition = getattr(rule, key)
        if condition is not None:
            check_condition(check, subject, Condition(key, condition, subject.source, (*at, key), given))
    if rule.when is not None and rule.cancels_when is not None:
        over = subject.reasoner.satisfiable(rule.when, unless=(rule.cancels_when,), given=given)
        if over is None and subject.reasoner.satisfiable(rule.when, given=given) is not None:
            message = f"clock '{rule.name}' is over as soon as it begins: `cancels_when` holds whenever `when` does"
            remedy = "Let one of them ask for something else."
            check.report(subject.source, (*at, "cancels_when"), "GUARD_ALWAYS", message, remedy)
