"""Running scenarios: each is played to its end or to the first step that is otherwise than expected."""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import Mark
from engine.language.scenario import EventStep, ExpectStep, RefusedStep
from trials.scenarios.case import Case
from trials.scenarios.judging import Difference, Sight, differences, refusal_differences
from trials.scenarios.playing import KEY, Halted, Played, Playing
from trials.scenarios.telling import path, refused


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that is otherwise than expected, and where that is written."""

    mark: Mark
    what: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a scenario. `path` says in words what had happened by then."""

    case: Case
    failures: tuple[Failure, ...]
    played: tuple[Played, ...]
    path: tuple[str, ...]

    @property
    def ok(self) -> bool:
        return not self.failures


def run(case: Case, key: str = KEY) -> Outcome:
    """Play one scenario in memory."""
    try:
        playing = Playing(case, key)
    except Halted as halted:
        return Outcome(case, (Failure(case.mark, "given", "a world that can be", halted.message),), (), ())
    played: list[Played] = []
    failures: list[Failure] = []
    looked = 0  # where the last `expect` stood
    for number, step in enumerate(case.steps):
        try:
            one = playing.step(number, step)
        except Halted as halted:
            failures.append(
                Failure(case.at(number), "this step", f"{_named(case, number)} is possible", halted.message)
            )
            break
        played.append(one)
        if isinstance(step, ExpectStep):
            found = differences(step.expect, _sight(playing, played, looked))
            failures += [_failure(case, number, "expect", one) for one in found]
            looked = len(played)
        elif isinstance(step, RefusedStep):
            before = next((one.refusal for one in reversed(played) if isinstance(one.step, EventStep)), None)
            found = refusal_differences(step.refused, before, one.lead)
            failures += [_failure(case, number, "refused", one) for one in found]
        elif one.refusal is not None and not _is_expected(case, number):
            failures.append(Failure(case.at(number), "event", f"{one.refusal.event} happens", refused(one.refusal)))
        if failures:
            break
    return Outcome(case, tuple(failures), tuple(played), tuple(path(played, case.zone)))


def _is_expected(case: Case, number: int) -> bool:
    return isinstance(next(iter(case.steps[number + 1 : number + 2]), None), RefusedStep)


def _named(case: Case, number: int) -> str:
    return type(case.steps[number]).__name__.removesuffix("Step").lower()


def _failure(case: Case, number: int, kind: str, difference: Difference) -> Failure:
    words = ".".join(str(part) for part in difference.path if isinstance(part, str)) or kind
    return Failure(case.at(number, kind, *difference.path), words, difference.expected, difference.got)


def _sight(playing: Playing, played: list[Played], looked: int) -> Sight:
    last = played[-1]
    return Sight(
        process=last.process,
        lead=last.lead,
        now=last.at,
        zone=playing.case.zone,
        floor=playing.floor,
        done=[done for one in played for done in one.done],
        new=[done for one in played[looked:] for done in one.done],
        sent=[sent for one in played[looked:] for sent in one.sent],
    )
