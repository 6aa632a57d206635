"""Scenarios for what nobody has tried out: paths found by search over the machine, breadth first, with data that fits.

What they expect is what the process does today. They are to be read by a person, who knows what it should do.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from engine.clocks import ASSIGNMENT_CLOCKS
from engine.language.scenario import Code, EventStep, LeadStep, Leave, Plain, Refused, RefusedStep, Step
from engine.lead import Lead, Ownership
from engine.process import Branch
from engine.reasoning import Example, Reasoner
from engine.reasoning.of_process import reasoner_of
from trials.scenarios import moves
from trials.scenarios.beginnings import Beginnings
from trials.scenarios.case import Case
from trials.scenarios.coverage import tried
from trials.scenarios.judging import clock_is
from trials.scenarios.moments import written as written_moment
from trials.scenarios.plan import Item, Key, Plan, guard_key
from trials.scenarios.playing import Halted, Played, Playing
from trials.scenarios.telling import told
from trials.scenarios.writing import scenario, scenarios_file, written

MOST_LOOKED_AT = 900
"""Places in the search from which steps are tried."""

MOST_STEPS = 9
HANDS_FULL = 9_000
"""Open leads: more than any limit that makes sense."""

MOST_NOTICES = 6
"""More of them since the last look are not written down: nobody reads them."""


@dataclass(frozen=True, slots=True)
class Found:
    """A way through the machine, and what it is the first to try out."""

    case: Case
    played: tuple[Played, ...]
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the search has come to."""

    case: Case
    playing: Playing
    played: tuple[Played, ...]
    keys: tuple[Key, ...] = ()


def suggest(plan: Plan, base: Case, covered: Mapping[Key, None]) -> list[Found]:
    """`base` says when it begins, who works there and what leads bring; `covered` has been tried out already."""
    return _Search(plan, base, dict(covered)).run()


class _Search:
    def __init__(self, plan: Plan, base: Case, covered: dict[Key, None]) -> None:
        self.plan = plan
        self.base = base
        self.covered = covered
        self.reasoner: Reasoner = reasoner_of(plan.process)
        self.found: list[_Place] = []
        self.seen: dict[object, None] = {}
        self.open: deque[_Place] = deque()

    def run(self) -> list[Found]:
        for case in self._beginnings():
            playing = Playing(case)
            self._come(_Place(case, playing, ()), case.steps[0])
        looked = 0
        while self.open and looked < MOST_LOOKED_AT and len(self.covered) < len(self.plan.items):
            place = self.open.popleft()
            looked += 1
            for step in self._next(place):
                self._come(place, step)
        return self._longest()

    def _come(self, place: _Place, step: Step) -> None:
        """Try a step; where it tries out something new it is kept, and where it leads somewhere new it is gone on from."""
        playing = place.playing.fork()
        steps: list[Step] = [step]
        try:
            played = playing.step(len(place.played), step)
        except Halted:
            return
        keys = [key for key in dict.fromkeys(tried(self.plan, played)) if self._is_new(key)]
        all_played = (*place.played, played)
        if played.refusal is not None:
            if not keys:
                return
            steps.append(RefusedStep(refused=Refused(code=Code(played.refusal.code.value))))
            all_played = (*all_played, playing.step(len(all_played), steps[-1]))
        case = replace(place.case, steps=tuple(one.step for one in all_played))
        here = _Place(case, playing, all_played, tuple(keys))
        self.covered.update(dict.fromkeys(keys))
        if keys:
            self.found.append(here)
        state = _state(self.plan, played.lead)
        if len(all_played) < MOST_STEPS and (keys or state not in self.seen):
            self.seen[state] = None
            self.open.append(here)

    def _is_new(self, key: Key) -> bool:
        return key in self.plan.items and key not in self.covered

    # --- where it begins ---------------------------------------------------------------------------------------------

    def _beginnings(self) -> Iterator[Case]:
        steps = list(Beginnings(self.base, self.reasoner).all())
        plain = replace(self.base, lead={}, workload={}, accounts={}, leave=())
        for step in steps:
            yield replace(plain, steps=(step,))
        for step in steps[:1]:
            yield self._nobody_free(replace(plain, steps=(step,)))

    def _nobody_free(self, case: Case) -> Case:
        """Everybody who would get such a lead has their hands full or, where that does not count, is away."""
        busy: dict[str, int] = {}
        away: dict[str, Leave] = {}
        until = written_moment(case.now + timedelta(days=365), case.zone)
        while True:
            tried_out = replace(case, workload=busy, leave=tuple(away.values()))
            lead = Playing(tried_out).step(0, case.steps[0]).lead
            if lead.ownership is not Ownership.PERSON or lead.owner is None or lead.owner in away:
                return tried_out
            if lead.owner in busy:
                del busy[lead.owner]
                away[lead.owner] = Leave(person=lead.owner, until=until)
            else:
                busy = {**busy, lead.owner: HANDS_FULL}

    # --- what may come next ------------------------------------------------------------------------------------------

    def _next(self, place: _Place) -> Iterator[Step]:
        run = place.playing.run
        if run is None or run.process.digest != self.plan.process.digest:
            return  # it has gone on in another process
        sight = moves.UnderWay(run.process, run.lead, run.now, place.case.zone, place.playing.floor)
        yield from self._guarded(sight)
        yield from moves.events(sight)
        if any(name in run.lead.clocks for name in ASSIGNMENT_CLOCKS):
            yield from (step for step in moves.builtins(sight) if step.event in ("claim", "assign"))
        yield from moves.waits(sight)
        if run.lead.closed:
            yield moves.touch(sight)

    def _guarded(self, sight: moves.UnderWay) -> Iterator[EventStep]:
        """Events whose guards nobody has seen hold, or not hold, with data that makes them so."""
        for (leaf, name), places in self.plan.written.items():
            if leaf != sight.lead.stage:
                continue
            earlier: list[Branch] = []
            for branch, place in zip(sight.process.branches[(leaf, name)], places, strict=True):
                for holds in (True, False):
                    if branch.when is not None and self._is_new(guard_key(place, holds=holds)):
                        step = self._with_data(branch, earlier, holds, sight)
                        if step is not None:
                            yield step
                earlier.append(branch)

    def _with_data(self, branch: Branch, earlier: list[Branch], holds: bool, sight: moves.UnderWay) -> EventStep | None:
        by = moves.who(branch, sight)
        if by is None or branch.when is None:
            return None
        unless = [one.when for one in earlier if one.when is not None]
        wanted = [branch.when] if holds else []
        unless = unless if holds else [*unless, branch.when]
        found = self.reasoner.example_for(wanted, unless, given={"now": sight.now, "lead.stage": sight.lead.stage})
        if not isinstance(found, Example):
            return None
        brought: dict[str, Plain] = {
            name: moves.usual(value) for name, value in found.fields.items() if value != sight.lead.fields.get(name)
        }
        return moves.event(branch, by, sight, brought)

    # --- what is kept ------------------------------------------------------------------------------------------------

    def _longest(self) -> list[Found]:
        """What is only the beginning of another way is shown by that one."""
        kept = []
        for place in self.found:
            steps = place.case.steps
            if not any(_begins(other, steps, place) for other in self.found):
                kept.append(place)
        return [Found(one.case, one.played, self._items(one)) for one in kept]

    def _items(self, place: _Place) -> tuple[Item, ...]:
        """Its own, and those of the ways that it goes on from: what it comes to last is told first."""
        steps = place.case.steps
        keys = [
            key
            for other in reversed(self.found)
            if _world(other.case) == _world(place.case) and steps[: len(other.case.steps)] == other.case.steps
            for key in other.keys
        ]
        return tuple(self.plan.items[key] for key in keys)


def _begins(other: _Place, steps: tuple[Step, ...], place: _Place) -> bool:
    longer = other.case.steps
    return len(longer) > len(steps) and longer[: len(steps)] == steps and _world(other.case) == _world(place.case)


def _world(case: Case) -> object:
    return case.workload, case.leave


def _state(plan: Plan, lead: Lead) -> object:
    """What tells one place of the search from another: where the lead stands, what runs, what guards look at."""
    read = _guard_fields(plan)
    return (
        (lead.process, lead.stage, lead.ownership, lead.on_hold, lead.closed, min(lead.cycle, 2), min(lead.hops, 4)),
        tuple(sorted((clock.name, clock.state.value) for clock in lead.clocks.values())),
        tuple(sorted((key, climb.step) for key, climb in lead.climbs.items())),
        lead.score.priority if lead.score else None,
        tuple(lead.fields.get(name) for name in read),
    )


def _guard_fields(plan: Plan) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for branches in plan.process.branches.values():
        for branch in branches:
            if branch.when is not None:
                found.update(dict.fromkeys(name for name in branch.when.reads if name in plan.process.fields))
    return tuple(found)


# --- as text ---------------------------------------------------------------------------------------------------------


def as_file(process: str, given: Mapping[str, Any], found: list[Found]) -> str:
    """The file of all suggestions. `given` is said once, for all of them."""
    names: dict[str, int] = {}
    texts = []
    for one in found:
        name = _name(one)
        names[name] = names.get(name, 0) + 1
        numbered = f"{name} ({names[name]})" if names[name] > 1 else name
        own: dict[str, Any] = {"workload": dict(one.case.workload)} if one.case.workload else {}
        if one.case.leave:
            own["leave"] = [
                leave.model_dump(mode="json", by_alias=True, exclude_unset=True) for leave in one.case.leave
            ]
        texts.append(scenario(numbered, own, _steps(one)))
    return scenarios_file(process, given, texts)


def _name(found: Found) -> str:
    words = [item.words for item in found.items]
    more = f" and {len(words) - 2} more" if len(words) > 2 else ""
    return f"{'; '.join(words[:2])}{more}"


def _steps(found: Found) -> Iterator[dict[str, Any]]:
    clocks = [item.key[2] for item in found.items if item.key[0] == "clock"]
    last = len(found.played) - 1
    looked = 0
    for number, one in enumerate(found.played):
        yield written(one.step)
        refused = number < last and isinstance(found.played[number + 1].step, RefusedStep)
        if isinstance(one.step, LeadStep) and last > 0:
            yield {"expect": _stands(one.lead)}
            looked = number + 1
        elif number == last and not refused:
            yield {"expect": _stands(one.lead) | _clocks(found, clocks) | _told(found.played[looked:])}


def _stands(lead: Lead) -> dict[str, Any]:
    stands: dict[str, Any] = {"process": lead.process} if lead.cycle > 1 else {}
    whose = {"owner": lead.owner} if lead.owner is not None else {"ownership": lead.ownership.value}
    return stands | {"stage": lead.stage} | whose


def _clocks(found: Found, names: list[str]) -> dict[str, Any]:
    done = [done for one in found.played for done in one.done]
    lead = found.played[-1].lead
    states = {name: clock_is(name, lead, done).value for name in dict.fromkeys(names)}
    return {"clocks": states} if states else {}


def _told(played: tuple[Played, ...]) -> dict[str, Any]:
    notices = []
    for sent in (sent for one in played for sent in one.sent):
        to, separator, template = told(sent).partition(" told: ")
        if separator:
            team = "team:" if sent.to is not None and sent.to.kind.value == "team" else ""
            notices.append({"to": f"{team}{to}", "template": template})
    return {"notices": notices} if len(notices) <= MOST_NOTICES else {}
