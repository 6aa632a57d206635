"""Whether a lead stands as it is expected to: each difference with what was expected and what is so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from engine.decision import Assigned, Hook, Notice, Pack, Refusal, Scored, Task
from engine.language.scenario import ClockExpected, ClockIs, Expected, Refused
from engine.lead import Clock, ClockState, Lead
from engine.process import Process
from engine.time import worktime
from engine.time.durations import Duration, Unit, elapsed
from engine.values import accept_all
from trials.floor import Floor
from trials.rehearsal import Done, Sent
from trials.scenarios import moments
from trials.scenarios.telling import told


@dataclass(frozen=True, slots=True)
class Difference:
    """`path` is where the expectation stands below its step."""

    path: tuple[str | int, ...]
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class Sight:
    """What an expectation is held against: the lead now, everything since its arrival, and what is new."""

    process: Process
    lead: Lead
    now: datetime
    zone: ZoneInfo
    floor: Floor
    done: Sequence[Done]
    new: Sequence[Done]
    sent: Sequence[Sent]


def differences(expected: Expected, sight: Sight) -> list[Difference]:
    """Every way in which it is otherwise; only what is written is looked at."""
    found = [*_plain(expected, sight), *_fields(expected, sight)]
    for name, clock in expected.clocks.items():
        found += _clock(name, clock, sight)
    found += [*_outward(expected, sight), *_happened(expected, sight), *_because(expected, sight)]
    return found


def refusal_differences(expected: Refused, refusal: Refusal | None, lead: Lead) -> list[Difference]:
    """The same for the answer to an event."""
    if refusal is None:
        return [Difference((), f"refused with {expected.code.value}", f"it has happened; the lead is in {lead.stage}")]
    found = []
    if refusal.code.value != expected.code.value:
        found.append(Difference(("code",), expected.code.value, f"{refusal.code.value}: {refusal.message}"))
    if expected.may is not None and sorted(expected.may) != sorted(refusal.may):
        found.append(Difference(("may",), _list(expected.may), _list(refusal.may)))
    missing = [one.name for one in refusal.missing]
    if expected.missing is not None and sorted(expected.missing) != sorted(missing):
        found.append(Difference(("missing",), _list(expected.missing), _list(missing)))
    if expected.allowed is not None and not all(event in refusal.allowed for event in expected.allowed):
        found.append(Difference(("allowed",), _list(expected.allowed), _list(refusal.allowed)))
    if expected.message is not None and expected.message not in refusal.message:
        found.append(Difference(("message",), expected.message, refusal.message))
    return found


# --- the lead --------------------------------------------------------------------------------------------------------


def _plain(expected: Expected, sight: Sight) -> Iterator[Difference]:
    for name, look in _PLAIN.items():
        if name not in expected.model_fields_set:
            continue
        wanted, got = getattr(expected, name), look(sight)
        if wanted != got:
            yield Difference((name,), _word(wanted), _word(got))
    if expected.stage is not None and not in_stage(expected.stage, sight.process, sight.lead):
        yield Difference(("stage",), expected.stage, sight.lead.stage)


_PLAIN: Mapping[str, Callable[[Sight], object]] = {
    "process": lambda sight: sight.lead.process,
    "status": lambda sight: sight.process.leaf(sight.lead).status,
    "owner": lambda sight: sight.lead.owner,
    "ownership": lambda sight: sight.lead.ownership,
    "team": lambda sight: sight.lead.team,
    "hops": lambda sight: sight.lead.hops,
    "cycle": lambda sight: sight.lead.cycle,
    "score": lambda sight: sight.lead.score.total if sight.lead.score else None,
    "priority": lambda sight: sight.lead.score.priority if sight.lead.score else None,
    "grade": lambda sight: sight.lead.score.grade if sight.lead.score else None,
    "segment": lambda sight: sight.lead.segment,
    "on_hold": lambda sight: sight.lead.on_hold,
    "closed": lambda sight: sight.lead.closed,
}


def in_stage(name: str, process: Process, lead: Lead) -> bool:
    """Whether the lead stands in this stage, or in one nested in it; a unique last part is enough."""
    return any(path == name or path.endswith(f".{name}") for path in process.leaf(lead).chain)


def _fields(expected: Expected, sight: Sight) -> Iterator[Difference]:
    wanted, _ = accept_all(sight.process.fields, expected.fields)
    for name, value in {**expected.fields, **wanted}.items():
        got = sight.lead.fields.get(name)
        if value != got:
            yield Difference(("fields", name), _word(value), _word(got))
    for number, name in enumerate(expected.known):
        if name not in sight.lead.known:
            yield Difference(("known", number), f"{name} known", f"known are {_list(sight.lead.known)}")


# --- clocks ----------------------------------------------------------------------------------------------------------


def clock_is(name: str, lead: Lead, done: Sequence[Done]) -> ClockIs:
    """Where a clock stands, or how it ended."""
    clock = lead.clocks.get(name)
    if clock is not None:
        return ClockIs(clock.state.value)
    ends = [entry.end.value for one in done for entry in one.conclusion.clocks if entry.clock.name == name]
    return ClockIs(ends[-1]) if ends else ClockIs.NONE


def _clock(name: str, expected: ClockExpected, sight: Sight) -> Iterator[Difference]:
    at, clock = ("clocks", name), sight.lead.clocks.get(name)
    state = clock_is(name, sight.lead, sight.done)
    if expected.state is not None and expected.state is not state:
        yield Difference(at, expected.state.value, _clock_in_words(state, clock, sight))
        return
    if expected.due is not None:
        wanted = moments.moment(expected.due, sight.zone)
        due = clock.due_at if clock is not None else None
        if due is None or abs(due - wanted) >= timedelta(minutes=1):
            got = moments.said(due, sight.zone) if due is not None else _clock_in_words(state, clock, sight)
            yield Difference((*at, "due"), moments.said(wanted, sight.zone), got)
    if expected.left is not None:
        left = left_of(clock, sight) if clock is not None else None
        if left is None or abs(left - _seconds(expected.left, sight)) >= 60:
            words = _duration(left) if left is not None else _clock_in_words(state, clock, sight)
            yield Difference((*at, "left"), str(expected.left), words)


def left_of(clock: Clock, sight: Sight) -> float | None:
    """Seconds that are left of a clock, in the time that counts for it; None where it does not run."""
    if clock.left_seconds is not None and clock.state is ClockState.PAUSED:
        return clock.left_seconds
    if clock.due_at is None or clock.state is not ClockState.RUNNING:
        return None
    spec = sight.process.clock(clock.name, clock.scope).spec
    if spec.due is None or not spec.due.is_working:
        return (clock.due_at - sight.now).total_seconds()
    calendar = sight.floor.calendar(sight.process, sight.lead, spec.runs_on, sight.now)
    return worktime.working_time(calendar, sight.now, clock.due_at).total_seconds()


def _seconds(duration: Duration, sight: Sight) -> float:
    if duration.unit is Unit.working_minutes:
        return duration.amount * 60
    if duration.unit is Unit.working_hours:
        return duration.amount * 3600
    return (elapsed(duration, sight.now) - sight.now).total_seconds()


def _duration(seconds: float) -> str:
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} hours" + (f" {minutes} minutes" if minutes else "")


def _clock_in_words(state: ClockIs, clock: Clock | None, sight: Sight) -> str:
    if clock is not None and clock.due_at is not None:
        return f"{state.value}, due {moments.said(clock.due_at, sight.zone)}"
    return state.value if state is not ClockIs.NONE else f"none; there are {_list(sight.lead.clocks)}"


# --- what came about -------------------------------------------------------------------------------------------------


def _outward(expected: Expected, sight: Sight) -> Iterator[Difference]:
    if expected.notices is not None:
        wanted = [f"{one.to} told: {one.template}" for one in expected.notices]
        got = [
            f"{'team:' if one.to is not None and one.to.kind.value == 'team' else ''}{told(one)}"
            for one in sight.sent
            if isinstance(one.effect, Notice)
        ]
        yield from _same(("notices",), wanted, got)
    if expected.tasks is not None:
        tasks = [one for one in sight.sent if isinstance(one.effect, Task)]
        named = any(one.for_ is not None for one in expected.tasks)
        wanted = [f"task for {one.for_}: {one.task}" if named else one.task for one in expected.tasks]
        got = [told(one) if named else one.effect.title for one in tasks if isinstance(one.effect, Task)]
        yield from _same(("tasks",), wanted, got)
    if expected.sent is not None:
        got = [one.effect.template for one in sight.sent if isinstance(one.effect, Pack)]
        yield from _same(("sent",), list(expected.sent), got)
    if expected.called is not None:
        got = [one.effect.name for one in sight.sent if isinstance(one.effect, Hook)]
        yield from _same(("called",), list(expected.called), got)


def _same(path: tuple[str, ...], wanted: list[str], got: list[str]) -> Iterator[Difference]:
    if Counter(wanted) != Counter(got):
        yield Difference(path, _list(wanted), _list(got))


def _happened(expected: Expected, sight: Sight) -> Iterator[Difference]:
    if expected.happened is None:
        return
    got = [one.decision.record.happening for one in sight.new]
    rest = iter(got)
    for number, wanted in enumerate(expected.happened):
        if wanted not in rest:
            yield Difference(("happened", number), wanted, _list(got))
            return


def _because(expected: Expected, sight: Sight) -> Iterator[Difference]:
    explained = list(explanation(sight.lead, sight.done))
    for number, words in enumerate(expected.because):
        if not any(words in line for line in explained):
            path: tuple[str | int, ...] = ("because", number)
            yield Difference(path, words, " | ".join(explained) or "no explanation")


def explanation(lead: Lead, done: Sequence[Done]) -> Iterator[str]:
    """Why the lead is whose it is, why not somebody else, and why its score is what it is (B.5)."""
    if lead.owner_because:
        yield lead.owner_because
    assigned: Assigned | None = next((one.settled.assigned for one in reversed(done) if one.settled.assigned), None)
    if assigned is not None:
        for rule in assigned.tried:
            yield f"{rule.rule}: {rule.why}"
            yield from (f"{one.person}: {one.why}" for one in rule.candidates)
            yield from (f"{one.person} is {one.why}" for one in rule.candidates)
    scored: Scored | None = next((one.settled.scored for one in reversed(done) if one.settled.scored), None)
    if scored is not None:
        yield from (f"{name}: {words}" for name, words in scored.why.items())
    yield from (one.decision.record.words for one in done if one.decision.record.words)


def _word(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _list(values: Iterable[object]) -> str:
    return ", ".join(map(_word, values)) or "nothing"
