"""A migration plan: how leads of one version of a process go on in another. Plain data; `engine.moving` carries it out.

What a plan does not mention keeps its name. `engine.compiling.plan_checked` makes one from a file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from engine.lead import Climb, Clock, Value
from engine.process import Process


@dataclass(frozen=True, slots=True)
class GoesOn:
    """What becomes of a clock: the name it has then, None where it is closed.

    It keeps the time that it has left, unless it is to `recount`: from when it began to count, by the new rule.
    """

    as_: str | None
    recount: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """From `origin` to `target`, two digests of one process. Stages are full paths; a clock is named by its `place`.

    `fields` are defaults, for leads that have no value which the target accepts; text that begins with = is computed, on
    the lead as it is in the origin. So is `select`, which says whose plan it is.
    """

    process: str
    origin: str
    target: str
    stages: dict[str, str] = field(default_factory=dict)
    clocks: dict[str, GoesOn] = field(default_factory=dict)
    fields: dict[str, Value] = field(default_factory=dict)
    select: str | None = None


@dataclass(frozen=True, slots=True)
class WayBack:
    """What a move did beside what its plan says backwards, to be undone.

    `moved_at` is when; `given` the fields that it filled, taken back to `before` where they are unchanged since; `clocks`,
    `kept` and `climbs` those that it closed, by their keys in the lead as it was; `stood` the clocks that went on by another
    rule, as they were, by their `place`, and `rungs` the climbs that went on, by their keys. `restarts` is the clock that
    whoever the lead is held for is to get anew.
    """

    moved_at: datetime
    given: dict[str, Value] = field(default_factory=dict)
    before: dict[str, Value] = field(default_factory=dict)
    clocks: dict[str, Clock] = field(default_factory=dict)
    kept: dict[str, Clock] = field(default_factory=dict)
    climbs: dict[str, Climb] = field(default_factory=dict)
    stood: dict[str, Clock] = field(default_factory=dict)
    rungs: dict[str, Climb] = field(default_factory=dict)
    restarts: Clock | None = None


def place(scope: str, name: str) -> str:
    """How a plan names a clock: `sales_accepted/qualify_or_not`; of the process itself `/first_contact`."""
    return f"{scope}/{name}"


def unchanged(origin: Process, target: Process) -> Plan:
    """The plan that maps nothing: every stage and clock keeps its name."""
    return Plan(target.name, origin.digest, target.digest)
