"""The state machine inside a process: one flat `transitions.Machine` per definition, shared by all its leads.

The sole importer of `transitions`. Guards are passed as callables, never as text (the library imports and runs dotted
names), no model is ever added (15 kB each): a lead is a slot of two fields that lives for one step.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, cast

from transitions import EventData, Machine, MachineError, Transition

if TYPE_CHECKING:
    from engine.expressions import Expression
    from engine.process import Branch

# The library reports every step at INFO and knows nothing of replay.
logging.getLogger("transitions").setLevel(logging.WARNING)

Holds = Callable[["Expression"], bool]
"""Says whether a guard holds for the lead at hand."""


class Slot:
    """A lead for the length of one step: where it stands, how guards are asked, and which branch was taken."""

    __slots__ = ("holds", "state", "taken")

    def __init__(self, state: str, holds: Holds) -> None:
        self.state = state
        self.holds = holds
        self.taken: Branch | None = None


class _Way(Transition):
    """A branch in the machine. It asks the guard and notes that it was taken, and skips the callbacks around it: there
    are none here, and to look for them took longer than all the rest of a step."""

    def __init__(self, source: str, dest: str, *_: object, branch: Branch) -> None:
        # Not the library's own: that makes room for the callbacks.
        self.source = source
        self.dest = dest
        self.branch = branch

    def execute(self, event_data: EventData) -> bool:
        slot = cast(Slot, event_data.model)
        if self.branch.when is not None and not slot.holds(self.branch.when):
            return False
        slot.taken = self.branch
        slot.state = self.dest or slot.state
        return True


class _Machine(Machine):
    transition_cls = _Way


class StageMachine:
    """Decides which branch an event takes from a stage: the first, in the order written, whose guard holds."""

    def __init__(self, stages: Iterable[str], branches: Iterable[Branch]) -> None:
        names = list(stages)
        self._machine = _Machine(model=None, states=names, initial=names[0], auto_transitions=False, queued=False)
        for branch in branches:
            # Without a leaf to go to, the lead stays where it is.
            self._machine.add_transition(branch.event, branch.source, branch.leaf, branch=branch)

    def choose(self, event: str, stage: str, holds: Holds) -> Branch | None:
        """The branch taken, or None where every guard refuses. Raises KeyError where the stage takes no such event."""
        slot = Slot(stage, holds)
        try:
            self._machine.events[event].trigger(slot)
        except MachineError:
            raise KeyError(event) from None
        return slot.taken
