"""How people work with leads, made ready for the run: who does what next, after which wait.

What the plan does not say follows from the definition: nine of ten leads are seen to before the tightest clock of their
stage runs out, half of them in half of that time. It is worked out from one definition and kept for others that are
compared with it, since people do not change with a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from engine.language.builtin import RESERVED
from engine.language.definition import Who
from engine.language.simulation import Behaviour, Conduct, StageConduct, Wait, seconds_of, share_of
from engine.language.tables import Person
from engine.process import Branch, ClockRule, Leaf, Process
from engine.time.durations import Duration, Unit

PEOPLE = (Who.OWNER, Who.TEAM, Who.TEAM_LEADER, Who.MARKETING, Who.OPS, Who.PARTNER, Who.ANYONE)
"""Who is a person of ours. What only the lead, a system or a clock causes, no seller does."""

IGNORES = 0.05
EACH_TAKES = Duration(10, Unit.working_minutes)
ONWARD, ELSEWHERE = 3.0, 1.0
"""Weights of events that lead onward and of those that lead back, to a wait, or to an end."""

_USUAL = Wait(median=Duration(1, Unit.working_days), most=Duration(4, Unit.working_days))


@dataclass(frozen=True, slots=True)
class Delay:
    """A wait in seconds; of open time, if it is `working`."""

    median: float
    most: float
    working: bool


@dataclass(frozen=True, slots=True)
class Habit:
    """What somebody does with a lead in one stage. `events` with weights that are added up; `nothing` is a share."""

    contacts: tuple[str, ...]
    contact: Delay
    events: tuple[str, ...]
    cumulated: tuple[float, ...]
    after: Delay
    nothing: float


@dataclass(frozen=True, slots=True)
class Manner:
    """What somebody is like, whatever the stage."""

    ignores: float
    pace: float
    each_takes: float


def usual(process: Process) -> dict[str, StageConduct]:
    """What people do in each stage, by the path of the leaf, as far as the definition lets one guess it."""
    return {path: _usual_in(process, leaf) for path, leaf in process.leaves.items() if not leaf.closes}


def _usual_in(process: Process, leaf: Leaf) -> StageConduct:
    events = dict(_moving(process, leaf))
    staying = contacts_in(process, leaf.path)
    clocks = [rule for rule in process.rules_at(leaf.path) if rule.spec.due is not None and rule.spec.due.amount]
    talks = [rule for rule in clocks if any(event in staying for event in rule.spec.stops_on)]
    others = [rule for rule in clocks if rule not in talks and rule.name not in ("exception", "queue")]
    return StageConduct(
        contact=_before(talks) if staying else None,
        after=_before([rule for rule in others if rule.scope in leaf.chain]),
        events={} if leaf.kind.value == "waiting" else events,
    )


def contacts_in(process: Process, stage: str) -> tuple[str, ...]:
    """Events that leave the lead where it is and that clocks of its stage wait for: a talk, a notice that was read."""
    awaited = {event: None for rule in process.rules_at(stage) for event in rule.spec.stops_on}
    return tuple(event for event in awaited if _stays(process, stage, event))


def _stays(process: Process, stage: str, event: str) -> bool:
    branches = process.branches.get((stage, event), ())
    return bool(branches) and all(one.leaf is None and _for_people(one) for one in branches)


def _moving(process: Process, leaf: Leaf) -> Iterator[tuple[str, float]]:
    """Events that people may cause and that lead somewhere, each with its weight."""
    for (stage, event), branches in process.branches.items():
        if stage == leaf.path and event not in RESERVED:
            weights = [_weight(process, leaf, one) for one in branches if _for_people(one)]
            if any(weights):
                yield event, max(weights)


def _weight(process: Process, leaf: Leaf, branch: Branch) -> float:
    if branch.leaf is None:
        return ELSEWHERE if branch.then else 0.0
    there = process.leaves[branch.leaf]
    order = list(process.leaves)
    onward = there.kind.value in ("open", "won") and order.index(there.path) > order.index(leaf.path)
    return ONWARD if onward and not branch.next_cycle else ELSEWHERE


def _for_people(branch: Branch) -> bool:
    return any(who in PEOPLE for who in branch.by)


def _before(rules: Sequence[ClockRule]) -> Wait:
    """Nine of ten before the tightest of these clocks, half in half of its time."""
    dues = [rule.spec.due for rule in rules if rule.spec.due is not None]
    if not dues:
        return _USUAL
    due = min(dues, key=seconds_of)
    minutes = max(seconds_of(due) // 60, 2)
    unit = Unit.working_minutes if due.is_working else Unit.minutes
    return Wait(median=Duration(minutes // 2, unit), most=Duration(minutes, unit))


# --- the plan --------------------------------------------------------------------------------------------------------


class Conducts:
    """Everybody's habits and manners. `guesses` are those of the definition that behaviour was first worked out for."""

    def __init__(
        self, behaviour: Behaviour, guesses: Mapping[str, Mapping[str, StageConduct]], people: Mapping[str, Person]
    ) -> None:
        self._behaviour = behaviour
        self._guesses = guesses
        self._people = people
        self._habits: dict[tuple[str, str, str | None], Habit] = {}
        self._manners: dict[str | None, Manner] = {}

    def manner(self, person: str | None) -> Manner:
        known = self._manners.get(person)
        if known is None:
            said = list(self._for(person))
            takes = next((one.each_takes for one in said if one.each_takes is not None), EACH_TAKES)
            known = Manner(
                ignores=next((share_of(one.ignores) for one in said if one.ignores is not None), IGNORES),
                pace=next((share_of(one.pace) for one in said if one.pace is not None), 1.0),
                each_takes=float(seconds_of(takes)),
            )
            self._manners[person] = known
        return known

    def habit(self, process: Process, stage: str, person: str | None) -> Habit:
        key = (process.digest, stage, person)
        known = self._habits.get(key)
        if known is None:
            known = self._habits[key] = self._habit(process, stage, person)
        return known

    def _for(self, person: str | None) -> Iterator[Conduct]:
        if person is not None and person in self._behaviour.people:
            yield self._behaviour.people[person]
        known = self._people.get(person) if person is not None else None
        for team in known.teams if known is not None else ():
            if team in self._behaviour.teams:
                yield self._behaviour.teams[team]
        yield self._behaviour

    def _habit(self, process: Process, stage: str, person: str | None) -> Habit:
        names = names_of(process.leaves[stage])
        written = [one.stages[name] for one in self._for(person) for name in names if name in one.stages]
        guessed = self._guesses.get(process.name, {}).get(stage) or _usual_in(process, process.leaves[stage])
        said = [*written, guessed]
        events = next(one.events for one in said if one.events is not None)
        possible = {
            event: float(weight) for event, weight in events.items() if weight and (stage, event) in process.branches
        }
        contact = next((one.contact for one in said if one.contact is not None), _USUAL)
        after = next((one.after for one in said if one.after is not None), _USUAL)
        nothing = next((share_of(one.nothing) for one in said if one.nothing is not None), 0.0)
        return Habit(
            contacts_in(process, stage),
            _delay(contact),
            tuple(possible),
            tuple(accumulate(possible.values())),
            _delay(after),
            nothing,
        )


def names_of(leaf: Leaf) -> tuple[str, ...]:
    """How a plan may call a stage: by its path, its last part, or a stage around it; the nearest first."""
    found = [name for path in reversed(leaf.chain) for name in (path, path.rpartition(".")[2])]
    return tuple(dict.fromkeys(found))


def _delay(wait: Wait) -> Delay:
    return Delay(float(seconds_of(wait.median)), float(seconds_of(wait.most)), wait.median.is_working)
