"""How well the scores of a backtest tell which leads are won, and what of it was known when they came in."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from engine.errors import LeadflowError
from engine.language.definition import StageKind
from engine.process import Process
from engine.scoring import read_by, score
from trials.backtest.arrivals import Arriving
from trials.backtest.comparison import Pair
from trials.backtest.outcomes import Judged, Known, judge
from trials.backtest.report import Backtest
from trials.backtest.story import Story

EARLIER = 70
"""Percent of the leads, the first to arrive: a score may have been made by looking at those, hardly at the rest."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Over all leads; then other cuts of the same, each with its words. `undecided` are leads without an outcome yet."""

    whole: Judged
    cuts: tuple[tuple[str, Judged], ...]
    undecided: int = 0


def judge_arrivals(arriving: Sequence[Arriving], result: Backtest, perhaps_later: Collection[str]) -> Judgement:
    """Leads of a file with an outcome. Raises LeadflowError where the process has no score, or no outcome is known."""
    process = _with_score(result)
    stories = {pair.key: pair.candidate for pair in result.pairs}
    known = [
        Known(found[0], found[1], one.won)
        for one in arriving
        if one.won is not None and (found := _on_arrival(stories[one.lead.key])) is not None
    ]
    cuts = _by_time(known)
    doubtful = tuple(field for field in perhaps_later if parts_that_read(process, [field]))
    if doubtful and known:
        title = f"without what may have grown since: {', '.join(doubtful)}"
        cuts.append((title, judge(_rescored(arriving, process, doubtful))))
    return _judged(known, cuts, len(arriving) - len(known))


def judge_past(result: Backtest) -> Judgement:
    """Past leads that were won or lost. Raises LeadflowError where the process has no score, or none is decided yet."""
    _with_score(result)
    now, then = [], []
    for pair in result.pairs:
        won = _won(pair, result)
        if won is None or pair.then is None:
            continue
        if (found := _on_arrival(pair.candidate)) is not None:
            now.append(Known(*found, won))
        if (found := _on_arrival(pair.then)) is not None:
            then.append(Known(*found, won))
    cuts = _by_time(now)
    if then:
        cuts.append(("the scores that they were given then", judge(then)))
    return _judged(now, cuts, len(result.pairs) - len(now))


def parts_that_read(process: Process, fields: Collection[str]) -> dict[str, tuple[str, ...]]:
    """The parts of the score that read any of these fields, each with those that it reads."""
    table = process.score
    if table is None:
        return {}
    read = {
        name: tuple(field for field in read_by(process, name, part) if field in fields)
        for name, part in table.parts.items()
    }
    return {name: names for name, names in read.items() if names}


def _with_score(result: Backtest) -> Process:
    process = result.candidate
    if process.score is None:
        raise LeadflowError(f"{process.name} uses no score table", "Name a process that scores its leads.")
    return process


def _judged(known: Sequence[Known], cuts: Sequence[tuple[str, Judged]], undecided: int) -> Judgement:
    if not known:
        raise LeadflowError(
            "of no lead is it known whether it was won", "Scores can be judged once some are won and some are lost."
        )
    return Judgement(judge(known), tuple(cuts), undecided)


def _by_time(known: Sequence[Known]) -> list[tuple[str, Judged]]:
    border = len(known) * EARLIER // 100
    if not 0 < border < len(known):
        return []
    return [
        (f"the first {EARLIER} % to arrive", judge(known[:border])),
        (f"the last {100 - EARLIER} %", judge(known[border:])),
    ]


def _on_arrival(story: Story) -> tuple[int, str] | None:
    given = story.scores[0].score if story.scores else None
    return (given.total, given.priority) if given is not None else None


def _won(pair: Pair, result: Backtest) -> bool | None:
    if pair.then is None:
        return None
    lead = pair.then.lead
    kind = result.catalog.get(lead.digest).leaf(lead).kind
    return kind is StageKind.WON if kind in (StageKind.WON, StageKind.LOST) else None


def _rescored(arriving: Sequence[Arriving], process: Process, without: Collection[str]) -> list[Known]:
    """With these fields taken to be unknown."""
    found = []
    for one in arriving:
        if one.won is not None:
            fields = {name: value for name, value in one.lead.fields.items() if name not in without}
            given = score(process, replace(one.lead, fields=fields), one.lead.arrived_at).score
            found.append(Known(given.total, given.priority, one.won))
    return found
