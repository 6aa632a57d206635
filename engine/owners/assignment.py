"""Who gets a lead, and why everybody else does not (S4.3-S4.6, S2.5, B.5).

    classify(process, lead, now) -> segment | None
    assign(process, lead, ask, world) -> Assigned

Pure. The rules of the assignment table are asked in order; the first that matches and finds somebody decides. Where
none does, the lead is held for a while, then goes to a team's queue or to the exception owner: it never ends up with
nobody, unless the process has no assignment table at all.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from engine.decision import Assigned, Candidate, RuleTried
from engine.expressions import View
from engine.language.tables import AssignmentRule, AssignmentTable, Pick
from engine.lead import AskOwner, AssignMode, Lead, Ownership
from engine.owners.availability import Terms, clock_time, leave_of, obstacle
from engine.owners.circle import Circle, circle_of, team_for
from engine.owners.picks import pick
from engine.process import Process
from engine.references import tell
from engine.time import worktime
from engine.time.calendars import hours_of, named_calendar
from engine.time.durations import Duration
from engine.world import Colleague, World

ACCOUNT_OWNER = "account owner"
BY_NAME = "by name"
HOLD = "hold"
QUEUE = "queue"
EXCEPTION = "exception"
KEEP = "keep"
"""What `Assigned.rule` and `RuleTried.rule` say where it was no rule of the table."""


def classify(process: Process, lead: Lead, now: datetime) -> str | None:
    """S4.4: the segment of the first row whose condition holds. One that cannot be told does not; None where none holds."""
    if process.segments is None:
        return None
    view = process.view(lead, now)
    for row, condition in zip(process.segments.of, process.segment_conditions, strict=True):
        if tell(process, condition, view)[0]:
            return row.segment
    return None


def assign(process: Process, lead: Lead, ask: AskOwner, world: World) -> Assigned:
    """The answer to a wish for an owner, with its whole explanation. `lead.segment` is what `classify` says.

    Raises NoWorkingTime where the lead is to be held on a calendar that never opens.
    """
    return _Search(process, lead, ask, world).answer()


@dataclass(frozen=True, slots=True)
class _Found:
    """Somebody whom a rule found."""

    person: Colleague
    why: str
    team: str | None


@dataclass(frozen=True, slots=True)
class _Search:
    process: Process
    lead: Lead
    ask: AskOwner
    world: World

    def answer(self) -> Assigned:
        match self.ask.mode:
            case AssignMode.PERSON:
                return self._by_name()
            case AssignMode.EXCEPTION:
                return self._to_exception(self.ask.because, ())
            case AssignMode.RULES | AssignMode.REASSIGN:
                return self._by_rules()

    # --- a named person ----------------------------------------------------------------------------------------------

    def _by_name(self) -> Assigned:
        """Whoever was named gets it, on leave and over a limit too: people decide. Not so who has left."""
        name, why = self.ask.person, self.ask.because
        colleague = self.world.people.get(name) if name else None
        if name is None:
            fault = "nobody was named"
        elif colleague is None:
            fault = f"{name} is not in the roster"
        elif not colleague.person.active:
            fault = f"{name} is not active"
        else:
            leave = leave_of(self.process, self.world, colleague)
            because = f"{why}; {leave}" if leave else why
            tried = RuleTried(BY_NAME, True, why, (Candidate(name, True, leave or "named"),))
            return self._to_person(_Found(colleague, because, team_for(colleague, ())), BY_NAME, because, (tried,))
        candidates = (Candidate(name, False, fault.removeprefix(f"{name} is ")),) if name else ()
        return self._to_exception(f"{why}, but {fault}", (RuleTried(BY_NAME, False, fault, candidates),))

    # --- rules -------------------------------------------------------------------------------------------------------

    def _by_rules(self) -> Assigned:
        table = self.process.assignment
        if table is None:
            return self._to_exception(self.ask.because, ())
        tried: list[RuleTried] = []
        if table.keep_with == "account_owner":
            found, answer = self._account_owner(table)
            tried.append(answer)
            if found is not None:
                return self._to_person(found, ACCOUNT_OWNER, "has the account already", tuple(tried))
        view = self.process.view(self.lead, self.world.now)
        for rule in table.rules:
            matches, why = self._matches(rule, view)
            if not matches:
                tried.append(RuleTried(rule.name, False, why))
                continue
            circle = circle_of(self.process, self.lead, rule.among, self.world)
            found, candidates = self._choose(table, rule, circle)
            if found is None:
                tried.append(RuleTried(rule.name, True, f"{why}; {_nobody(circle)}", candidates))
                continue
            tried.append(RuleTried(rule.name, True, why, candidates))
            return self._to_person(found, rule.name, f"rule '{rule.name}' ({circle.said}): {found.why}", tuple(tried))
        return self._stays(tuple(tried)) if self.ask.keep else self._nobody_found(table, tuple(tried))

    def _account_owner(self, table: AssignmentTable) -> tuple[_Found | None, RuleTried]:
        """An existing customer stays with their seller, if there and able."""
        name = self.world.account_owner
        if name is None:
            return None, RuleTried(ACCOUNT_OWNER, False, "the account has no owner yet")
        colleague = self.world.people.get(name)
        if colleague is None:
            candidate = Candidate(name, False, "not in the roster")
        else:
            terms = Terms(table.skip, (table.limits,))
            against = obstacle(self.process, self.lead, self.ask, self.world, colleague, terms)
            candidate = Candidate(name, against is None, against or "has the account already")
            if against is None:
                found = _Found(colleague, candidate.why, team_for(colleague, ()))
                return found, RuleTried(ACCOUNT_OWNER, True, "the account has an owner", (candidate,))
        return None, RuleTried(ACCOUNT_OWNER, True, "the account has an owner; they cannot take it", (candidate,))

    def _matches(self, rule: AssignmentRule, view: View) -> tuple[bool, str]:
        reasons = []
        if rule.segment:
            segment = self.lead.segment
            if segment not in rule.segment:
                return False, f"segment is {segment or 'none'}, not {' or '.join(rule.segment)}"
            reasons.append(f"segment is {segment}")
        if rule.when is not None:
            holds, unknown = tell(self.process, self.process.assignment_conditions[rule.name], view)
            if not holds:
                return False, unknown or "condition does not hold"
            reasons.append("condition holds")
        return True, " and ".join(reasons) or "for every lead"

    def _choose(
        self, table: AssignmentTable, rule: AssignmentRule, circle: Circle
    ) -> tuple[_Found | None, tuple[Candidate, ...]]:
        """Everybody the rule means, each once, and whoever of them gets it."""
        limits = (rule.limits, table.limits) if rule.limits else (table.limits,)
        terms = Terms(table.skip, limits, weighted=rule.pick is Pick.BY_WEIGHT)
        against = dict.fromkeys(circle.strangers, "not in the roster")
        able = []
        for colleague in circle.people:
            reason = obstacle(self.process, self.lead, self.ask, self.world, colleague, terms)
            if reason is None:
                able.append(colleague)
            else:
                against[colleague.key] = reason
        if not able:
            return None, tuple(Candidate(name, False, why) for name, why in sorted(against.items()))
        choice = pick(rule.pick, able, self.lead, self.world.now)
        why = {**against, **choice.others, choice.chosen.key: choice.why}
        candidates = tuple(Candidate(name, name == choice.chosen.key, words) for name, words in sorted(why.items()))
        return _Found(choice.chosen, choice.why, team_for(choice.chosen, rule.among.team)), candidates

    # --- answers -----------------------------------------------------------------------------------------------------

    def _to_person(self, found: _Found, rule: str, because: str, tried: tuple[RuleTried, ...]) -> Assigned:
        return Assigned(Ownership.PERSON, found.person.key, found.team, self._leader(found.team), rule, because, tried)

    def _nobody_found(self, table: AssignmentTable, tried: tuple[RuleTried, ...]) -> Assigned:
        if table.when_nobody.hold is not None and not self.ask.last_try:
            return self._hold(table, table.when_nobody.hold, tried)
        if table.when_nobody.then == "queue" and table.queue is not None:
            team = table.queue.team
            because = f"no rule found anybody; the queue of {team} has it"
            return Assigned(Ownership.QUEUE, None, team, self._leader(team), QUEUE, because, tried)
        return self._to_exception("no rule found anybody", tried)

    def _stays(self, tried: tuple[RuleTried, ...]) -> Assigned:
        lead = self.lead
        because = f"no rule found anybody else; {lead.owner or 'nobody'} keeps it"
        return Assigned(lead.ownership, lead.owner, lead.team, lead.leader, KEEP, because, tried)

    def _hold(self, table: AssignmentTable, hold: Duration, tried: tuple[RuleTried, ...]) -> Assigned:
        """Wait, on the hours of whoever decides in the end; their leave does not make the wait longer."""
        decider = self.world.people.get(table.exception.person)
        calendar = hours_of(self.process, self.world, decider) if decider else named_calendar(self.process, None)
        now = self.world.now
        until = now + (worktime.add(calendar, now, hold) - now) * self.world.scale
        because = f"no rule found anybody; held until {clock_time(calendar, until, now)}"
        held = Assigned(Ownership.HELD, None, None, None, HOLD, because, tried, until)
        if self.ask.mode is AssignMode.REASSIGN:
            return replace(held, person=self.lead.owner, team=self.lead.team, leader=self.lead.leader)
        return held

    def _to_exception(self, why: str, tried: tuple[RuleTried, ...]) -> Assigned:
        """S4.6: the named decision maker, there or not: nobody stands behind them."""
        table = self.process.assignment
        if table is None:
            kept = self.lead.ownership if self.lead.owner else Ownership.NOBODY
            because = f"{why}; no assignment table says who decides"
            return Assigned(kept, self.lead.owner, self.lead.team, self.lead.leader, EXCEPTION, because, tried)
        person = table.exception.person
        colleague = self.world.people.get(person)
        if colleague is None:
            state = "not in the roster"
        elif not colleague.person.active:
            state = "not active"
        else:
            state = leave_of(self.process, self.world, colleague) or ""
        because = f"{why}; {person} decides{f' ({state})' if state else ''}"
        team = team_for(colleague, ()) if colleague else None
        return Assigned(Ownership.EXCEPTION, person, team, self._leader(team), EXCEPTION, because, tried)

    def _leader(self, team: str | None) -> str | None:
        known = self.world.teams.get(team) if team else None
        return known.leader if known else None


def _nobody(circle: Circle) -> str:
    """Why a rule that matched found nobody."""
    if circle.unknown:
        return f"means nobody, {', '.join(circle.unknown)} not known"
    if not circle.people:
        return f"nobody is meant by {circle.said}"
    return f"none of {len(circle.people)} could take it" if len(circle.people) > 1 else "the only one could not take it"
