"""What became of one lead, as far as two tellings of it are compared: owners, deadlines missed, scores, stages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from engine.decision import Assigned, ClockEnd, Conclusion, Decision, Refusal, Scored, Settled
from engine.lead import AssignMode, Lead, Ownership
from engine.process import Process


@dataclass(frozen=True, slots=True)
class Missed:
    """A deadline that was missed, and whose lead it was."""

    clock: str
    scope: str
    title: str
    owner: str | None


@dataclass(frozen=True, slots=True)
class Turn:
    """The lead came to somebody (or to a queue), and why; `asked` is what led to the question."""

    at: datetime
    mode: AssignMode
    asked: str
    assigned: Assigned

    @property
    def owner(self) -> str | None:
        return self.assigned.person

    @property
    def to(self) -> str:
        """Whose it was then, in a word: a person, or what has it instead."""
        return self.assigned.person or self.assigned.ownership.value


@dataclass(frozen=True, slots=True)
class Line:
    """One decision. `version` is the one that decided, by process and number."""

    at: datetime
    happening: str
    by: str
    words: str
    process: str
    version: int
    stage: str
    stage_title: str
    owner: str | None
    turn: Turn | None
    scored: Scored | None
    missed: tuple[Missed, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """Something that came from outside and that the candidate does not take, or that came from somebody whose lead it is not."""

    at: datetime
    event: str
    by: str
    refusal: Refusal


@dataclass(frozen=True)
class Story:
    """A lead's life, and the lead as it stood at the end of what is told."""

    key: str
    lines: tuple[Line, ...]
    lead: Lead
    refused: tuple[Refused, ...] = ()
    stood_in: int = 0

    @cached_property
    def turns(self) -> tuple[Turn, ...]:
        """Everybody who got it, in order; who gets it again at once counts once."""
        found: list[Turn] = []
        for line in self.lines:
            if line.turn is not None and (not found or found[-1].to != line.turn.to):
                found.append(line.turn)
        return tuple(found)

    @cached_property
    def owners(self) -> tuple[str, ...]:
        return tuple(turn.to for turn in self.turns)

    @property
    def first_owner(self) -> str | None:
        return self.owners[0] if self.owners else None

    @property
    def last_owner(self) -> str | None:
        return self.owners[-1] if self.owners else None

    @cached_property
    def reassigned(self) -> tuple[Turn, ...]:
        """Each time that it was taken from somebody because they were silent, or came to who decides in the end."""
        modes = (AssignMode.REASSIGN, AssignMode.EXCEPTION)
        return tuple(turn for turn in self.turns[1:] if turn.mode in modes)

    @cached_property
    def missed(self) -> tuple[Missed, ...]:
        return tuple(missed for line in self.lines for missed in line.missed)

    @cached_property
    def scores(self) -> tuple[Scored, ...]:
        return tuple(line.scored for line in self.lines if line.scored is not None)

    @property
    def first_score(self) -> int | None:
        return self.scores[0].score.total if self.scores else None

    @property
    def priority(self) -> str | None:
        """As it arrived: later ones follow the clock."""
        return self.scores[0].score.priority if self.scores else None


def line_of(process: Process, before: Lead, decision: Decision, settled: Settled, concluded: Conclusion) -> Line:
    """What one decision adds to the story. `process` is the one that the lead is in after it."""
    record, after = decision.record, concluded.lead
    turn = None
    given = settled.assigned
    if given is not None and decision.owner is not None and given.ownership is not Ownership.HELD:
        turn = Turn(record.at, decision.owner.mode, decision.owner.because, given)
    missed = tuple(
        Missed(entry.clock.name, entry.clock.scope, _title(process, entry.clock.scope, entry.clock.name), before.owner)
        for entry in concluded.clocks
        if entry.end is ClockEnd.BREACHED
    )
    return Line(
        at=record.at,
        happening=record.happening,
        by=record.by,
        words=record.words,
        process=after.process,
        version=after.version,
        stage=after.stage,
        stage_title=process.leaf(after).title,
        owner=after.owner,
        turn=turn,
        scored=settled.scored,
        missed=missed,
    )


def _title(process: Process, scope: str, name: str) -> str:
    rule = process.clocks.get((scope, name))
    return rule.title if rule else name
