"""One lead run in memory, on the same core as the lead workflow: for scenario tests, simulation and backtests.

    rehearsal = Rehearsal(process, new_lead(...), floor)
    rehearsal.arrive()
    rehearsal.advance(monday)                       # warnings, breaches, ladders, re-scoring: all that falls due
    refusal = rehearsal.event(EventIn("accept", Actor("ann")))

It does what `workflows.lead` does, in the same order, without a server. `sent` lists what would go out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from engine.catalog import Catalog
from engine.clocks import due_before, next_due
from engine.decision import Conclusion, Decision, Notice, Outward, Pack, Refusal, Settled, Task
from engine.happening import Arrival, Due, EventIn, HandedOver, Happening, Touch, WorldChanged
from engine.lead import Lead
from engine.owners.recipients import Recipient, RecipientKind, recipient
from engine.process import Process
from engine.settle import settle_and_conclude
from engine.step import step
from engine.world import World


class Surroundings(Protocol):
    """The world around leads: asked once for each decision, and told what became of it. `trials.floor.Floor` is one."""

    def world(self, process: Process, decision: Decision) -> World:
        """The facts to settle a decision with, at the time of its record; not kept beyond that."""

    def take_note(self, process: Process, done: Done) -> None:
        """A lead has changed by this decision."""


@dataclass(frozen=True, slots=True)
class Done:
    """One decision with the world's answers, and what became of the lead. `process` is the one that decided about `happening`."""

    process: Process
    happening: Happening
    before: Lead
    decision: Decision
    settled: Settled
    conclusion: Conclusion


@dataclass(frozen=True, slots=True)
class Sent:
    """Something that would go out. `to` is None where nobody is meant: a lead without owner, a call to an endpoint."""

    key: str
    at: datetime
    effect: Outward
    to: Recipient | None


class Run:
    """One lead and its present. `others` are the processes that it may be handed over to.

    What happens is not kept here, since a simulation runs very many leads; `did` and `refused_to` hear of it. Times are
    aware UTC and only go forward.
    """

    def __init__(
        self, process: Process, lead: Lead, surroundings: Surroundings, others: Iterable[Process] | Catalog = ()
    ) -> None:
        self.process = process
        self.lead = lead
        self.now = lead.arrived_at
        self._surroundings = surroundings
        self._catalog = others if isinstance(others, Catalog) else _held((process, *others))
        self._looked_at: Lead | None = None
        self._due: Due | None = None
        self._inbox: deque[tuple[Happening, datetime]] = deque()

    def did(self, done: Done) -> None:
        """Hears of every decision, once the lead is what it made of it."""

    def refused_to(self, refusal: Refusal) -> None:
        """Hears of everything that was refused."""

    def arrive(self) -> None:
        self._take(Arrival())

    def event(self, event: EventIn, at: datetime | None = None) -> Refusal | None:
        """An event now, or `at` a later time: what falls due before that comes first, what falls due then after."""
        return self._take(event, at)

    def touch(self, touch: Touch, at: datetime | None = None) -> None:
        """The lead comes again."""
        self._take(touch, at)

    def world_changed(self, why: str, at: datetime | None = None) -> None:
        """Leave, a calendar or the roster changed; what the world is from now on is for the world to say (B.6)."""
        self._take(WorldChanged(why), at)

    def waits_for(self) -> Due | None:
        """What the lead waits for next; looked for once in each state of it."""
        if self._looked_at is not self.lead:
            self._looked_at, self._due = self.lead, next_due(self.lead)
        return self._due

    def advance(self, until: datetime) -> None:
        """Let time pass, and everything happen that falls due until then, that moment included."""
        while (due := self.waits_for()) is not None and due.at <= until:
            self.now = max(self.now, due.at)
            self._happen(due)
            self._work_off()
        self.now = max(self.now, until)

    def _take(self, happening: Happening, at: datetime | None = None) -> Refusal | None:
        if at is not None:
            while (due := self.waits_for()) is not None and due.at < at:
                self.advance(due.at)
            self.now = max(self.now, at)
        refusal = self._happen(happening)
        self._work_off()
        return refusal

    def _work_off(self) -> None:
        """What decisions brought about: what was due before comes first, then fired events, then a hand-over."""
        while self._inbox:
            self._happen(due_before(self.lead, self._inbox[0][1]) or self._inbox.popleft()[0])

    def _happen(self, happening: Happening) -> Refusal | None:
        process, before = self.process, self.lead
        if isinstance(happening, HandedOver) and happening.digest is not None:
            process = self._catalog.get(happening.digest)
        decided = step(process, before, happening, self.now)
        if isinstance(decided, Refusal):
            self.refused_to(decided)
            return decided
        process = self._catalog.get(decided.lead.digest)
        settled, concluded = settle_and_conclude(process, decided, self._surroundings.world(process, decided))
        self.process, self.lead = process, concluded.lead
        if concluded.hand_over is not None:
            self._inbox.appendleft((concluded.hand_over, self.now))
        self._inbox.extendleft((event, self.now) for event in reversed(concluded.fire))
        done = Done(process, happening, before, decided, settled, concluded)
        self._surroundings.take_note(process, done)
        self.did(done)
        return None


class Rehearsal(Run):
    """A run that remembers: `done`, `sent` and `refused` are everything that has happened so far, in order."""

    def __init__(
        self, process: Process, lead: Lead, surroundings: Surroundings, others: Iterable[Process] | Catalog = ()
    ) -> None:
        super().__init__(process, lead, surroundings, others)
        self.done: list[Done] = []
        self.sent: list[Sent] = []
        self.refused: list[Refusal] = []

    def fork(self, surroundings: Surroundings) -> Rehearsal:
        """The same lead as it stands now, from here on by itself in these surroundings."""
        other = copy(self)
        other._surroundings = surroundings
        other._inbox = deque(self._inbox)
        other.done, other.sent, other.refused = list(self.done), list(self.sent), list(self.refused)
        return other

    def did(self, done: Done) -> None:
        self.done.append(done)
        for number, effect in enumerate(done.conclusion.outward):
            key = f"{done.decision.lead.step_key}:{number}"
            self.sent.append(Sent(key, self.now, effect, _meant(done.process, self.lead, effect)))

    def refused_to(self, refusal: Refusal) -> None:
        self.refused.append(refusal)


def _held(processes: Iterable[Process]) -> Catalog:
    catalog = Catalog()
    for one in processes:
        catalog.add(one)
    return catalog


def _meant(process: Process, lead: Lead, effect: Outward) -> Recipient | None:
    match effect:
        case Notice() | Task():
            return recipient(process, lead, effect.to)
        case Pack():
            return Recipient(RecipientKind.LEAD, lead.key)
        case _:
            return None
