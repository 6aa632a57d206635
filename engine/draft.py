"""The working copy of a lead during one step: what `engine.step` and `engine.clocks` write on.

It lives for one step and is never seen outside. Everything it collects is data; nothing is done.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from engine.altered import altered
from engine.completeness import asked_for
from engine.decision import ClockEnd, ClockEntry, Decision, Outward, Record
from engine.expressions import Expression, ExpressionFailed, Verdict, View
from engine.happening import EventIn
from engine.lead import AskOwner, Climb, Clock, Lead, Ownership, Score, Value
from engine.process import Leaf, Process
from engine.scoring import revised


class Draft:
    __slots__ = (
        "_view",
        "ask",
        "before",
        "begins",
        "changes",
        "climbs",
        "clocks",
        "closed",
        "codes",
        "cycle",
        "entered_at",
        "entries",
        "fields",
        "fire",
        "hand_over",
        "heard",
        "in_a_row",
        "kept",
        "known",
        "now",
        "on_hold",
        "outward",
        "process",
        "rescore",
        "stage",
        "unstarted",
        "visits",
        "words",
    )

    def __init__(self, process: Process, lead: Lead, now: datetime, in_a_row: int = 0) -> None:
        self.process = process
        self.before = lead
        self.begins = lead.seq == 0
        self.now = now
        self.in_a_row = in_a_row
        self.stage = lead.stage
        self.entered_at = lead.entered_at
        self.cycle = lead.cycle
        self.fields = dict(lead.fields)
        self.known = lead.known
        self.visits = dict(lead.visits)
        self.on_hold = lead.on_hold
        self.codes = dict(lead.codes)
        self.clocks = dict(lead.clocks)
        self.kept = dict(lead.kept)
        self.climbs: dict[str, Climb] = dict(lead.climbs)
        self.closed = lead.closed
        self.changes: dict[str, Value] = {}
        self.outward: list[Outward] = []
        self.fire: list[EventIn] = []
        self.entries: list[ClockEntry] = []
        self.heard: set[str] = set()
        self.unstarted: list[tuple[str, str]] = []
        self.ask: AskOwner | None = None
        self.rescore = False
        self.hand_over: str | None = None
        self.words: list[str] = []
        self._view: View | None = None

    @property
    def leaf(self) -> Leaf:
        return self.process.leaves[self.stage]

    # What conditions may see of a lead but no action changes; a draft is looked at as a lead is.

    @property
    def ownership(self) -> Ownership:
        return self.before.ownership

    @property
    def owner(self) -> str | None:
        return self.before.owner

    @property
    def team(self) -> str | None:
        return self.before.team

    @property
    def segment(self) -> str | None:
        return self.before.segment

    @property
    def score(self) -> Score | None:
        return self.before.score

    @property
    def hops(self) -> int:
        return self.before.hops

    @property
    def arrived_at(self) -> datetime:
        return self.before.arrived_at

    def _lead(self) -> Lead:
        return altered(
            self.before,
            seq=self.before.seq + 1,
            stage=self.stage,
            entered_at=self.entered_at,
            cycle=self.cycle,
            fields=self.fields,
            known=self.known,
            visits=self.visits,
            on_hold=self.on_hold,
            codes=self.codes,
            clocks=self.clocks,
            kept=self.kept,
            climbs=self.climbs,
            closed=self.closed,
            decided_at=self.now,
            in_a_row=self.in_a_row,
        )

    def view(self) -> View:
        """What conditions see now. Made anew after every change (`changed`)."""
        if self._view is None:
            self._view = self.process.view(self, self.now, self.codes)
        return self._view

    def changed(self) -> None:
        """Look anew next time. Also once the draft is done with: a view looks back at it, and neither would go by itself."""
        self._view = None

    def verdict(self, expression: Expression) -> Verdict:
        """What an expression says now. One that fails on this very lead (a division by zero) cannot be told, and is
        noted: no lead may get stuck on it."""
        try:
            return expression.evaluate(self.view())
        except ExpressionFailed as failure:
            self.words.append(failure.message)
            return Verdict(None)

    def holds(self, condition: Expression) -> bool:
        """Whether a condition is met. One that cannot be told is not."""
        return self.verdict(condition).value is True

    def set_fields(
        self, values: Mapping[str, Value], known: tuple[str, ...] = (), unknown: tuple[str, ...] = ()
    ) -> None:
        """Write fields; only real changes count as changes. A field set to None becomes unknown again, and so do the personal
        ones that are `unknown` now."""
        for name, value in values.items():
            if self.fields.get(name) != value:
                self.fields[name] = value
                self.changes[name] = value
        if added := [name for name in known if name not in self.known]:
            self.known = (*self.known, *added)
            self.changes.update(dict.fromkeys(added, "(personal)"))
        if gone := [name for name in unknown if name in self.known]:
            self.known = tuple(name for name in self.known if name not in gone)
            self.changes.update(dict.fromkeys(gone))
        if self.changes:
            self.changed()

    def foresee_score(self) -> None:
        """Let guards go by the score that the lead has with what it was just told, and not by the last one (S3.8)."""
        if self.changes and self.process.score is not None:
            self.before = altered(self.before, score=revised(self.process, self._lead(), self.changes, self.now))
            self.changed()

    def end_clock(self, name: str, end: ClockEnd) -> None:
        """Take a clock off the lead, with the climbs it started, and note how it ended."""
        clock = self.clocks.pop(name)
        self.entries.append(ClockEntry(clock, end))
        self.end_climbs(name)

    def end_climbs(self, clock: str) -> None:
        """Nobody is told any more that this clock is late."""
        if self.climbs:
            self.climbs = {key: climb for key, climb in self.climbs.items() if climb.clock != clock}

    def put_clock(self, clock: Clock) -> None:
        self.clocks[clock.name] = clock

    def decide(
        self, happening: str, by: str, codes: Mapping[str, str] | None = None, event: EventIn | None = None
    ) -> Decision:
        """Close the draft: one more decision of this lead. Whatever changes a field asks for a new score."""
        self.changed()
        lead = self._lead()
        scores = (self.rescore or bool(self.changes)) and self.process.score is not None
        record = Record(
            happening=happening,
            at=self.now,
            by=by,
            from_stage=self.before.stage if self.before.seq else None,
            to_stage=self.stage,
            codes=dict(codes or {}),
            changes=self.changes,
            words="; ".join(self.words),
            parcel=event.parcel if event else None,
            id=event.id if event else None,
            since=self.before.entered_at if self.before.seq else None,
        )
        return Decision(
            lead=lead,
            record=record,
            score=scores,
            owner=self.ask,
            outward=(*self.outward, *asked_for(self.process, None if self.begins else self.before, self)),
            fire=tuple(self.fire),
            hand_over=self.hand_over,
            clocks=tuple(self.entries),
            unstarted=tuple(self.unstarted) if scores or self.ask is not None else (),
        )
