"""What goes along when a lead moves to another version of its process: the lead itself, its clocks and its climbs (B.3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from engine import clocks
from engine.actions import Cause, act
from engine.decision import ClockEnd, ClockEntry, ClockMove, Decision
from engine.draft import Draft
from engine.happening import Moved
from engine.language.definition import Climb as StartClimb
from engine.lead import AskOwner, Climb, Clock, ClockState, Lead, Value
from engine.plan import GoesOn, Plan, WayBack, place
from engine.process import ROOT, ClockRule, Process

HAPPENING = "moved"
"""What a move is called in the journal."""


def stage_after(target: Process, stage: str, plan: Plan) -> str | None:
    """The stage that a stage becomes; None where nothing says which."""
    after = plan.stages.get(stage, stage)
    return after if after in target.leaves else None


def called(process: Process) -> str:
    """A version, in the words of its author."""
    return f"v{process.version}"


def reckons_alike(origin: Process, old: ClockRule, target: Process, new: ClockRule) -> bool:
    """Whether both rules make the same deadline and warnings of the same start."""
    return _reckoning(old) == _reckoning(new) and (origin.calendars == target.calendars or not _needs_calendar(old))


def _reckoning(rule: ClockRule) -> tuple[object, ...]:
    spec = rule.spec
    return spec.due, spec.at, spec.counts_from, spec.runs_on, spec.warn_at


def _needs_calendar(rule: ClockRule) -> bool:
    spec = rule.spec
    return spec.due is None or spec.due.is_working or spec.counts_from.startswith("lead.")


class Carrying:
    """One move, on a draft of the lead in the target. Lives for one step."""

    def __init__(self, origin: Process, target: Process, lead: Lead, moved: Moved, now: datetime) -> None:
        self.origin = origin
        self.target = target
        self.lead = lead
        self.moved = moved
        self.plan = moved.plan
        self.moves: list[ClockMove] = []
        stage = stage_after(target, lead.stage, moved.plan) or lead.stage
        self.around = (ROOT, *target.leaves[stage].chain)
        stays = stage == lead.stage
        fresh = replace(
            lead,
            process=target.name,
            version=target.version,
            digest=target.digest,
            stage=stage,
            visits=lead.visits if stays else {**lead.visits, stage: lead.visits.get(stage, 0) + 1},
            score=lead.score if target.score is not None else None,
            rescore_at=lead.rescore_at if target.score is not None else None,
            segment=lead.segment if target.segments is not None else None,
            clocks={},
            kept={},
            climbs={},
            assign_ask=self._asked(lead.assign_ask),
        )
        self.draft = Draft(target, fresh, now)
        if not stays:
            self.draft.entered_at = now

    def decide(self, values: dict[str, Value]) -> Decision:
        draft, lead = self.draft, self.lead
        draft.set_fields(values)
        for clock in lead.clocks.values():
            self._go_on(clock)
        for clock in lead.kept.values():
            self._go_on_waiting(clock)
        for climb in lead.climbs.values():
            self._climb_on(climb)
        if self.moved.back is not None:
            self._take_up(self.moved.back)
        else:
            self._start_new()
        self._alarm_again()
        draft.rescore = lead.score is not None and self.origin.score != self.target.score
        clocks.end_with_outcome(draft)
        clocks.review(draft)
        draft.closed = draft.leaf.closes
        verb = "moved back" if self.moved.back is not None else "moved"
        way = f"from {called(self.origin)} to {called(self.target)}"
        draft.words.insert(0, f"{verb} {way} by {self.moved.actor.name}: {self.moved.reason}")
        decision = draft.decide(HAPPENING, self.moved.actor.name)
        record = replace(decision.record, from_stage=lead.stage)
        moves = tuple(replace(one, asks=one.asks and self._is_the_same(one)) for one in self.moves)
        return replace(decision, record=record, origin=self.origin.digest, moves=moves)

    # --- clocks ------------------------------------------------------------------------------------------------------

    def _is_the_same(self, move: ClockMove) -> bool:
        """Whether what is there is still the clock that went along: a date that the plan filled may have begun it anew."""
        after = self.draft.kept.get(move.key) if move.kept else self.draft.clocks.get(move.key)
        if after is None:
            return False
        resumed = move.before.state is ClockState.PAUSED and after.left_seconds == move.before.left_seconds
        return after.state is not ClockState.STARTING or resumed

    def _rule_for(self, clock: Clock, scopes: tuple[str, ...]) -> tuple[ClockRule, bool] | None:
        """The rule that a clock goes on by, and whether it is counted anew; None where there is none."""
        goes_on = self._goes_on(clock.scope, clock.name)
        for scope in scopes:
            rule = self.target.clocks.get((scope, goes_on.as_ or ""))
            if rule is not None:
                return rule, goes_on.recount
        return None

    def _goes_on(self, scope: str, name: str) -> GoesOn:
        return self.plan.clocks.get(place(scope, name), GoesOn(name))

    def _go_on(self, clock: Clock) -> None:
        found = self._rule_for(clock, self.around)
        if found is None or found[0].name in self.draft.clocks:
            self._end(clock)
            return
        rule, recount = found
        if clock.state is ClockState.BREACHED and not rule.spec.measures_on:
            self.draft.entries.append(ClockEntry(clock, ClockEnd.BREACHED))
            return
        self.draft.put_clock(self._carried(clock, rule, recount=recount, kept=False))

    def _go_on_waiting(self, clock: Clock) -> None:
        """A clock that waits for a return to its stage, which may have another name."""
        leaf = stage_after(self.target, clock.scope, self.plan)
        scopes = self.target.leaves[leaf].chain if leaf is not None else (clock.scope,)
        found = self._rule_for(clock, scopes)
        if found is None or found[0].scope in self.around:
            self._end(clock)
            return
        rule, recount = found
        self.draft.kept[place(rule.scope, rule.name)] = self._carried(clock, rule, recount=recount, kept=True)

    def _end(self, clock: Clock) -> None:
        self.draft.entries.append(ClockEntry(clock, ClockEnd.DROPPED))
        self.draft.words.append(f"{self._title(clock)} is closed")

    def _title(self, clock: Clock) -> str:
        return self.origin.clock(clock.name, clock.scope).title

    def _carried(self, clock: Clock, rule: ClockRule, *, recount: bool, kept: bool) -> Clock:
        """The clock under its new rule. What the new rule reckons as the old one did stays to the second."""
        old = self.origin.clock(clock.name, clock.scope)
        after = replace(clock, name=rule.name, scope=rule.scope)
        asks = clock.state is not ClockState.BREACHED and not reckons_alike(self.origin, old, self.target, rule)
        # Of a date no time is left: it is another one, or the same.
        recount = asks and (recount or old.spec.at is not None or rule.spec.at is not None)
        if recount and clock.state is ClockState.RUNNING and clock.left_seconds is None and not kept:
            after = replace(after, state=ClockState.STARTING, due_at=None, warnings=())
            asks = False
        renamed = (after.name, after.scope) != (clock.name, clock.scope)
        if renamed or asks or recount:
            stood = self.moved.back.stood.get(place(rule.scope, rule.name)) if self.moved.back is not None else None
            self.moves.append(
                ClockMove(clock, rule.scope, rule.name, kept=kept, asks=asks, recount=recount, stood=stood)
            )
        if renamed:
            self.draft.entries.append(ClockEntry(clock, ClockEnd.MOVED))
        if clock.state is ClockState.PAUSED and rule.pauses_while is None and not kept:
            after = replace(after, state=ClockState.STARTING, counts_from=self.draft.now)
        return after

    def _start_new(self) -> None:
        """The clocks that the origin did not have for a lead that stands here; what was met in time is not asked for again."""
        known = [self._goes_on(rule.scope, rule.name).as_ for rule in self.origin.rules_at(self.lead.stage)]
        outcome = self.draft.leaf.is_outcome
        for rule in self.target.rules_at(self.draft.stage):
            if rule.name in known or rule.name in self.draft.clocks or (rule.scope == ROOT and outcome):
                continue
            clocks.begin(self.draft, rule)

    def _asked(self, ask: AskOwner | None) -> AskOwner | None:
        """What is asked when a hold is over: the clock that the next owner gets anew may have another name by then."""
        back = self.moved.back
        if ask is not None and ask.restarts is None and back is not None and self.lead.assign_at is not None:
            return replace(ask, restarts=back.restarts)
        if ask is None or ask.restarts is None:
            return ask
        found = self._rule_for(ask.restarts, self.around)
        restarts = replace(ask.restarts, name=found[0].name, scope=found[0].scope) if found is not None else None
        return replace(ask, restarts=restarts)

    # --- climbs ------------------------------------------------------------------------------------------------------

    def _climb_on(self, climb: Climb) -> None:
        """On the same rung, where the ladder, and the clock that it is climbed for, go on."""
        series = self.target.series.get(climb.name)
        scope, name = climb.scope, climb.clock
        if climb.clock:
            found = self._rule_for(Clock(climb.clock, climb.scope, ClockState.BREACHED, climb.started_at), self.around)
            if found is None:
                return
            scope, name = found[0].scope, found[0].name
        elif scope == self.lead.stage:
            scope = self.draft.stage
        if series is None or climb.step >= len(series.steps) or scope not in self.around:
            return
        after = replace(climb, scope=scope, clock=name)
        alike = series.steps == self.origin.series[climb.name].steps and self.origin.calendars == self.target.calendars
        if not alike and after.paused_at is None:
            was = self.moved.back.rungs.get(after.key) if self.moved.back is not None else None
            after = replace(after, due_at=None)
            if was is not None and after == replace(was, due_at=None):  # no rung was climbed meanwhile
                after = was
        self.draft.climbs = {**self.draft.climbs, after.key: after}

    def _alarm_again(self) -> None:
        """Where nobody is told any more that a clock is late, because its ladder is gone, the one of its new rule is climbed."""
        alarmed = [climb.clock for climb in self.lead.climbs.values() if climb.clock]
        before = {move.name: move.before.name for move in self.moves}
        for clock in tuple(self.draft.clocks.values()):
            was = before.get(clock.name, clock.name)
            told = any(climb.clock == clock.name for climb in self.draft.climbs.values())
            if clock.state is not ClockState.BREACHED or told or was not in alarmed:
                continue
            rule = self.target.clock(clock.name, clock.scope)
            ladders = tuple(action for action in rule.on_breach if isinstance(action, StartClimb))
            act(self.draft, ladders, Cause(f"{rule.title} overdue", clock.scope, clock))

    # --- the way back ------------------------------------------------------------------------------------------------

    def _take_up(self, back: WayBack) -> None:
        """What the move had closed goes on with what was left of it then; whoever was to be told next of a missed clock is told at
        the time that was set, or at once."""
        draft = self.draft
        for kept, found in ((False, back.clocks), (True, back.kept)):
            for clock in found.values():
                if (clock.scope, clock.name) not in self.target.clocks:
                    continue
                if clock.state is ClockState.RUNNING:
                    self.moves.append(
                        ClockMove(
                            clock, clock.scope, clock.name, kept=kept, asks=True, closed_at=back.moved_at, stood=clock
                        )
                    )
                if kept:
                    draft.kept[place(clock.scope, clock.name)] = clock
                else:
                    draft.put_clock(clock)
        for key, climb in back.climbs.items():
            if climb.name in self.target.series and (not climb.clock or climb.clock in draft.clocks):
                draft.climbs = {**draft.climbs, key: climb}
