"""One lead run in memory, on the same core as the lead workflow: for scenario tests, simulation and backtests.

    rehearsal = Rehearsal(process, new_lead(...), world)
    rehearsal.arrive()
    rehearsal.advance(monday)                       # warnings, breaches, ladders, re-scoring: all that falls due
    refusal = rehearsal.event(EventIn("accept", Actor("ann")))

It does what `workflows.lead` does, in the same order, without a server. `sent` lists what would go out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from engine.catalog import Catalog
from engine.clocks import due_before, next_due
from engine.conclude import conclude
from engine.decision import Conclusion, Decision, Notice, Outward, Pack, Refusal, Settled, Task
from engine.happening import Arrival, EventIn, HandedOver, Happening, Touch, WorldChanged
from engine.lead import Lead
from engine.owners.recipients import Recipient, RecipientKind, recipient
from engine.process import Process
from engine.settle import settle
from engine.step import step
from engine.world import World


@dataclass(frozen=True, slots=True)
class Done:
    """One decision with the world's answers, and what became of the lead."""

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


class Rehearsal:
    """One lead, its past and its present. `others` are the processes that it may be handed over to.

    `done`, `sent` and `refused` are everything that has happened so far, in order. Times are aware UTC and only go
    forward.
    """

    def __init__(
        self, process: Process, lead: Lead, world: Callable[[datetime], World], others: Iterable[Process] = ()
    ) -> None:
        self.process = process
        self.lead = lead
        self.now = lead.arrived_at
        self.done: list[Done] = []
        self.sent: list[Sent] = []
        self.refused: list[Refusal] = []
        self._world = world
        self._catalog = Catalog()
        for one in (process, *others):
            self._catalog.add(one)
        self._inbox: deque[tuple[Happening, datetime]] = deque()

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

    def advance(self, until: datetime) -> None:
        """Let time pass, and everything happen that falls due until then, that moment included."""
        while (due := next_due(self.lead)) is not None and due.at <= until:
            self.now = max(self.now, due.at)
            self._happen(due)
            self._work_off()
        self.now = max(self.now, until)

    def _take(self, happening: Happening, at: datetime | None = None) -> Refusal | None:
        if at is not None:
            while (due := due_before(self.lead, at)) is not None:
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
        process = self.process
        if isinstance(happening, HandedOver) and happening.digest is not None:
            process = self._catalog.get(happening.digest)
        decided = step(process, self.lead, happening, self.now)
        if isinstance(decided, Refusal):
            self.refused.append(decided)
            return decided
        process = self._catalog.get(decided.lead.digest)
        settled = settle(process, decided, self._world(self.now))
        concluded = conclude(process, decided, settled)
        self.process, self.lead = process, concluded.lead
        self.done.append(Done(decided, settled, concluded))
        if concluded.hand_over is not None:
            self._inbox.appendleft((concluded.hand_over, self.now))
        self._inbox.extendleft((event, self.now) for event in reversed(concluded.fire))
        for number, effect in enumerate(concluded.outward):
            key = f"{decided.lead.step_key}:{number}"
            self.sent.append(Sent(key, self.now, effect, _meant(process, self.lead, effect)))
        return None


def _meant(process: Process, lead: Lead, effect: Outward) -> Recipient | None:
    match effect:
        case Notice() | Task():
            return recipient(process, lead, effect.to)
        case Pack():
            return Recipient(RecipientKind.LEAD, lead.key)
        case _:
            return None
