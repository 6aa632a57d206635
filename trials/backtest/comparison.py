"""Two tellings of the same leads side by side: what differs, lead by lead, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from trials.backtest.story import Story


class Kind(StrEnum):
    """In what a lead differs."""

    OWNER = "owner"
    REASSIGNED = "reassigned"
    DEADLINE = "deadline"
    SCORE = "score"
    PRIORITY = "priority"
    STAGE = "stage"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that would have been otherwise, as it was and as it would have been; `rule` is what decided it."""

    kind: Kind
    what: str
    then: str
    candidate: str
    rule: str = ""


@dataclass(frozen=True)
class Pair:
    """A lead as it went, and as it would have gone. `then` is None for a lead of which only the arrival is known."""

    key: str
    then: Story | None
    candidate: Story

    @cached_property
    def differences(self) -> tuple[Difference, ...]:
        return tuple(_differences(self.then, self.candidate)) if self.then is not None else ()

    def differs(self, kind: Kind) -> bool:
        return any(one.kind is kind for one in self.differences)


def _differences(then: Story, candidate: Story) -> Iterator[Difference]:
    if then.owners != candidate.owners:
        yield Difference(
            Kind.OWNER, "owners", _row(then.owners), _row(candidate.owners), _first_other_rule(then, candidate)
        )
    if len(then.reassigned) != len(candidate.reassigned):
        yield Difference(
            Kind.REASSIGNED,
            "reassigned",
            _times(len(then.reassigned)),
            _times(len(candidate.reassigned)),
            "; ".join(f"{turn.at:%Y-%m-%d %H:%M} {turn.asked}" for turn in candidate.reassigned),
        )
    yield from _deadlines(then, candidate)
    if then.first_score != candidate.first_score:
        yield Difference(
            Kind.SCORE, "score", _or_none(then.first_score), _or_none(candidate.first_score), _parts(then, candidate)
        )
    if then.priority != candidate.priority:
        yield Difference(Kind.PRIORITY, "priority", _or_none(then.priority), _or_none(candidate.priority))
    if then.lead.stage != candidate.lead.stage or then.lead.process != candidate.lead.process:
        yield Difference(Kind.STAGE, "stands in", _stands(then), _stands(candidate))
    for refused in candidate.refused:
        yield Difference(Kind.REFUSED, refused.event, "happened", "refused", refused.refusal.message)


def _deadlines(then: Story, candidate: Story) -> Iterator[Difference]:
    before = Counter(missed.title for missed in then.missed)
    after = Counter(missed.title for missed in candidate.missed)
    for title in dict.fromkeys((*before, *after)):
        if before[title] != after[title]:
            yield Difference(Kind.DEADLINE, title, _missed(before[title]), _missed(after[title]))


def _first_other_rule(then: Story, candidate: Story) -> str:
    """The rule by which the two part, as the candidate decided it."""
    for number, turn in enumerate(candidate.turns):
        if number >= len(then.turns) or then.turns[number].to != turn.to:
            return f"{turn.assigned.rule}: {turn.assigned.because}" if turn.assigned.rule else turn.assigned.because
    return "nobody else gets it"


def _parts(then: Story, candidate: Story) -> str:
    """The parts of the score that differ."""
    if not then.scores or not candidate.scores:
        return ""
    before, after = then.scores[0].score.parts, candidate.scores[0].score.parts
    names = (name for name in dict.fromkeys((*before, *after)) if before.get(name) != after.get(name))
    return ", ".join(f"{name} {_or_none(before.get(name))} -> {_or_none(after.get(name))}" for name in names)


def _stands(story: Story) -> str:
    return story.lines[-1].stage_title if story.lines else story.lead.stage


def _row(owners: tuple[str, ...]) -> str:
    return " > ".join(owners) or "nobody"


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")


def _missed(count: int) -> str:
    return {0: "not missed", 1: "missed"}.get(count, f"missed {count} times")


def _or_none(value: object) -> str:
    return "none" if value is None else str(value)
