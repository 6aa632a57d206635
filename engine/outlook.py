"""What a move to another version would make of a lead: its stage, fields and deadlines before and after (B.3).

    look_ahead(origin, target, lead, moved, world) -> Outlook

Pure, and the very decision that the lead's workflow would come to: nothing is worked out a second way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from engine.conclude import conclude
from engine.decision import ClockEnd, Decision, Refusal, RefusalCode
from engine.happening import Moved
from engine.lead import Clock, ClockState, Lead, Value
from engine.process import Process
from engine.settle import settle
from engine.step import step
from engine.world import World


class Fate(StrEnum):
    """What becomes of a clock."""

    STAYS = "stays"
    MOVES = "moves"
    CLOSED = "closed"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class ClockOutlook:
    """One clock before and after. MOVES: under another name, or with another deadline. A deadline is None where there is none,
    as for a clock on hold. `at_once`: it is due the moment the lead has moved, and was not before."""

    name: str
    title: str
    fate: Fate
    before: datetime | None = None
    after: datetime | None = None
    at_once: bool = False
    renamed: str | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """What would become of a lead. Where it is blocked, `code` and `why` say so, and the rest is as it stands."""

    lead: str
    title: str
    owner: str | None
    stage: str
    to_stage: str
    code: RefusalCode | None = None
    why: str = ""
    clocks: tuple[ClockOutlook, ...] = ()
    fields: dict[str, Value] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return self.code is None

    @property
    def passed_over(self) -> bool:
        """Whether the plan is not for it."""
        return self.code is RefusalCode.GUARD

    @property
    def moved_clocks(self) -> tuple[ClockOutlook, ...]:
        """Those that do not stay as they are."""
        return tuple(clock for clock in self.clocks if clock.fate is not Fate.STAYS)

    @property
    def due_at_once(self) -> tuple[str, ...]:
        return tuple(clock.name for clock in self.clocks if clock.at_once)


def look_ahead(origin: Process, target: Process, lead: Lead, moved: Moved, world: World) -> Outlook:
    decided = step(origin, lead, moved, world.now, target)
    if isinstance(decided, Refusal):
        stage = lead.stage
        return Outlook(lead.key, lead.title, lead.owner, stage, stage, decided.code, decided.message)
    after = conclude(target, decided, settle(target, decided, world, origin)).lead
    return Outlook(
        lead=lead.key,
        title=lead.title,
        owner=lead.owner,
        stage=lead.stage,
        to_stage=after.stage,
        clocks=clocks_of(origin, target, lead, decided, after, world.now),
        fields=dict(decided.record.changes),
    )


def clocks_of(
    origin: Process, target: Process, before: Lead, decision: Decision, after: Lead, now: datetime
) -> tuple[ClockOutlook, ...]:
    """Every clock that ran before or runs after, in the order of the lead."""
    told, taken = [], []
    for clock in before.clocks.values():
        name = _name_after(clock, decision)
        then = after.clocks.get(name) if name is not None else None
        title = origin.clock(clock.name, clock.scope).title
        if then is None:
            told.append(ClockOutlook(clock.name, title, Fate.CLOSED, clock.due_at))
            continue
        taken.append(then.name)
        renamed = then.name if then.name != clock.name else None
        same = renamed is None and (then.due_at, then.state) == (clock.due_at, clock.state)
        fate = Fate.STAYS if same else Fate.MOVES
        at_once = _is_due(then, now) and not _is_due(clock, now)
        told.append(ClockOutlook(clock.name, title, fate, clock.due_at, then.due_at, at_once, renamed))
    for clock in after.clocks.values():
        if clock.name not in taken:
            title = target.clock(clock.name, clock.scope).title
            new = ClockOutlook(clock.name, title, Fate.NEW, after=clock.due_at, at_once=_is_due(clock, now))
            told.append(new)
    return tuple(told)


def _name_after(clock: Clock, decision: Decision) -> str | None:
    for move in decision.moves:
        if not move.kept and move.before == clock:
            return move.name
    ended = any(entry.clock == clock and entry.end is not ClockEnd.MOVED for entry in decision.clocks)
    return None if ended else clock.name


def _is_due(clock: Clock, now: datetime) -> bool:
    return clock.state is ClockState.RUNNING and clock.due_at is not None and clock.due_at <= now
