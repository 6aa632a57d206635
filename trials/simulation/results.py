"""What came out of a simulation, as data: for tables, for JSON, for pictures, for comparing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from engine.lead import Ownership
from engine.process import Process
from trials.simulation.arrivals import Period
from trials.simulation.tally import Desk, Look, Stage, Tally


@dataclass(frozen=True, slots=True)
class Spread:
    """Of some waits in hours of the calendar, day and night: how many, the middle one, and the one that nine of ten are below."""

    count: int
    median_hours: float | None
    p90_hours: float | None
    still: int = 0
    """Leads that were still waiting at the end; they do not count in the hours."""


@dataclass(frozen=True, slots=True)
class SellerLine:
    """One person. `given` = `done` + `moved` + `open`; `events` are those they caused; `missed` are clocks that ran out while they
    had the lead; notices and tasks are those that they were sent."""

    person: str
    name: str
    given: int
    done: int
    moved: int
    open: int
    peak: int
    events: int
    missed: int
    notices: int
    notices_a_day: float
    most_notices_a_day: int


@dataclass(frozen=True, slots=True)
class ClockLine:
    """`missed` is how often its time ran out. For an `alarm`, which only causes an event then, that is no fault of anybody."""

    process: str
    clock: str
    title: str
    alarm: bool
    kept: int
    missed: int
    missed_percent: float


@dataclass(frozen=True, slots=True)
class StageLine:
    """`weekly` are leads in the stage at the end of each week, the last of them `now`; `entered` how often it was entered."""

    process: str
    stage: str
    title: str
    kind: str
    entered: int
    now: int
    weekly: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Results:
    process: str
    version: int
    digest: str
    title: str
    seed: int
    first: date
    last: date
    ends: datetime
    leads: int
    decisions: int
    won: int
    lost: int
    open: int
    waiting: int
    reassigned: int
    first_contact: Spread
    held: Spread
    queue: Spread
    exception: Spread
    sellers: tuple[SellerLine, ...]
    clocks: tuple[ClockLine, ...]
    clocks_kept: int
    clocks_missed: int
    stages: tuple[StageLine, ...]
    weeks: tuple[datetime, ...]
    open_by_week: tuple[int, ...]
    refused: Mapping[str, int]
    assumed: tuple[str, ...]


def results(
    process: Process,
    processes: Mapping[str, Process],
    names: Mapping[str, str],
    tally: Tally,
    period: Period,
    seed: int,
    assumed: Sequence[str],
) -> Results:
    """`processes` by name, `names` of people by key."""
    stages = tuple(_stages(process, processes, tally))
    kinds: dict[str, int] = {}
    for line in stages:
        kinds[line.kind] = kinds.get(line.kind, 0) + line.now
    waits, still = tally.waits, tally.still_waiting
    return Results(
        process=process.name,
        version=process.version,
        digest=process.digest,
        title=process.title,
        seed=seed,
        first=period.first,
        last=period.last,
        ends=period.end,
        leads=tally.arrived,
        decisions=tally.decisions,
        won=kinds.get("won", 0),
        lost=kinds.get("lost", 0),
        open=kinds.get("open", 0),
        waiting=kinds.get("waiting", 0),
        reassigned=tally.reassigned,
        first_contact=_spread(tally.first_contact, tally.never_contacted),
        held=_spread(waits[Ownership.HELD], still[Ownership.HELD]),
        queue=_spread(waits[Ownership.QUEUE], still[Ownership.QUEUE]),
        exception=_spread(waits[Ownership.EXCEPTION], still[Ownership.EXCEPTION]),
        sellers=tuple(_seller(key, names.get(key, key), tally.desks[key], period) for key in sorted(tally.desks)),
        clocks=tuple(
            ClockLine(
                name, clock, one.title, one.alarm, one.kept, one.missed, _percent(one.missed, one.kept + one.missed)
            )
            for (name, clock), one in sorted(tally.clocks.items())
            if one.kept + one.missed
        ),
        clocks_kept=sum(one.kept for one in tally.clocks.values() if not one.alarm),
        clocks_missed=sum(one.missed for one in tally.clocks.values() if not one.alarm),
        stages=stages,
        weeks=tuple(look.at for look in tally.looks),
        open_by_week=tuple(sum(look.desks.values()) for look in tally.looks),
        refused=dict(sorted(tally.refused.items())),
        assumed=tuple(assumed),
    )


def _seller(key: str, name: str, desk: Desk, period: Period) -> SellerLine:
    notices = sum(desk.notices.values())
    days = max((period.end - period.start).days * 5 / 7, 1.0)
    most = max(desk.notices.values(), default=0)
    return SellerLine(
        key,
        name,
        desk.given,
        desk.done,
        desk.moved,
        desk.open,
        desk.peak,
        desk.events,
        desk.breaches,
        notices,
        round(notices / days, 2),
        most,
    )


def _stages(process: Process, processes: Mapping[str, Process], tally: Tally) -> list[StageLine]:
    """In the order written: of the process itself, then of those that leads were handed over to."""
    seen = {name for name, _ in tally.stages}
    found = []
    for one in (process, *(other for name, other in sorted(processes.items()) if name != process.name)):
        if one.name in seen:
            found += [
                StageLine(
                    one.name,
                    path,
                    leaf.title,
                    leaf.kind.value,
                    tally.visits[(one.name, path)],
                    tally.stages[(one.name, path)],
                    _weekly(tally.looks, (one.name, path)),
                )
                for path, leaf in one.leaves.items()
                if one is process or tally.visits[(one.name, path)]
            ]
    return found


def _weekly(looks: Sequence[Look], stage: Stage) -> tuple[int, ...]:
    return tuple(look.stages.get(stage, 0) for look in looks)


def _spread(seconds: Sequence[float], still: int) -> Spread:
    ordered = sorted(seconds)
    return Spread(len(ordered), _hours_at(ordered, 0.5), _hours_at(ordered, 0.9), still)


def _hours_at(ordered: Sequence[float], share: float) -> float | None:
    """The nearest-rank quantile."""
    if not ordered:
        return None
    return round(ordered[max(-int(-share * len(ordered) // 1) - 1, 0)] / 3_600, 2)


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 1) if whole else 0.0
