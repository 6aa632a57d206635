"""The score of a lead: parts with bands and caps, each explained in words (S3.6, S3.7, B.5).

    score(process, lead, now) -> Scored
    revised(process, lead, changed, now) -> Score

Pure. A part that cannot be told is None: it is listed and not counted, unless the table says what to count for it.
Aging and decay change with time alone, so the answer also says when to ask again. The score recommends, people decide
(S3.8): nothing here refuses anything.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import singledispatch
from typing import TypeVar

from engine.decision import Scored
from engine.errors import LeadflowError
from engine.expressions import View
from engine.language.tables import Aging, Completeness, Part, PointsBy, PointsOf, PointsOver, PointsWhen, ScoreTable
from engine.lead import Lead, Score
from engine.process import Process
from engine.references import field_of, moment_of, tell, text_of, value_of, words_for
from engine.time.durations import Duration, elapsed

_Name = TypeVar("_Name", int, str)
_STEPS_PER_HALVING = 32


@dataclass(frozen=True, slots=True)
class _Sight:
    """What parts look at: one lead at one moment."""

    process: Process
    lead: Lead
    view: View
    now: datetime
    scale: float

    def words(self, reference: str) -> str:
        return words_for(self.process, reference)

    def after(self, start: datetime, wait: Duration) -> datetime:
        """When `wait` is over, in the demo's short time too."""
        end = elapsed(wait, start)
        return end if self.scale == 1 else start + (end - start) * self.scale


@dataclass(frozen=True, slots=True)
class _Told:
    """What one part gives, why, and the first moment at which time alone gives another answer."""

    points: int | None
    why: str
    until: datetime | None = None


def score(process: Process, lead: Lead, now: datetime, scale: float = 1.0) -> Scored:
    """Score a lead by its process's table. `now` is aware UTC; `scale` shortens durations (the demo's short time).

    Priority and grade are those of the highest bound that the total reaches, and below all bounds that of the lowest: a
    low score makes no lead bad (S3.7). Raises LeadflowError where the process uses no score table.
    """
    table = process.score
    if table is None:
        raise LeadflowError(f"process {process.name} uses no score table", "Ask for a score only where there is one.")
    sight = _Sight(process, lead, process.view(lead, now), now, scale)
    told = {name: _tell(part, name, sight) for name, part in table.parts.items()}
    why = {name: one.why for name, one in told.items()}
    summed = _summed(table, {name: one.points for name, one in told.items()}, why)
    changes = [one.until for one in told.values() if one.until is not None]
    return Scored(summed, why, min(changes, default=None))


def revised(process: Process, lead: Lead, changed: Collection[str], now: datetime) -> Score | None:
    """The score with these fields changed: what a guard goes by when an event brings them (S3.8). None without a table.

    Parts that read none of them keep their points; the lead is scored in full when the event is recorded.
    """
    table = process.score
    if table is None:
        return None
    sight = _Sight(process, lead, process.view(lead, now), now, 1.0)
    kept = lead.score.parts if lead.score is not None and lead.score.table == table.score else {}
    parts = {
        name: kept[name]
        if name in kept and not any(field in changed for field in read_by(process, name, part))
        else _tell(part, name, sight).points
        for name, part in table.parts.items()
    }
    return _summed(table, parts, {})


def read_by(process: Process, name: str, part: Part) -> Sequence[str]:
    """The fields that a part looks at."""
    match part:
        case Completeness():
            return part.share_of
        case PointsWhen():
            condition = process.score_conditions[name]
            return (*condition.reads, *condition.asks)
        case Aging():
            return (field_of(part.since),)
        case PointsOf():
            return tuple(field_of(reference) for reference in (part.points, part.since) if reference)
        case PointsBy():
            return (field_of(part.by),)
        case PointsOver():
            return (field_of(part.of),)


# --- the kinds of parts ----------------------------------------------------------------------------------------------


@singledispatch
def _tell(part: Part, name: str, sight: _Sight) -> _Told:
    """What the part called `name` gives."""
    raise TypeError(f"{name} of {sight.process.name} is no part of a score: {type(part).__name__}")


def _unknown(counted_as: int | None, reason: str) -> _Told:
    if counted_as is None:
        return _Told(None, f"unknown: {reason}")
    return _Told(counted_as, f"unknown, counted as {counted_as}: {reason}")


@_tell.register
def _completeness(part: Completeness, _name: str, sight: _Sight) -> _Told:
    filled, known = sight.lead.fields, sight.lead.known
    missing = [name for name in part.share_of if filled.get(name) is None and name not in known]
    count = len(part.share_of)
    percent = 100 * (count - len(missing)) // count
    points = reached(percent, {points: int(share.removesuffix("%")) for points, share in part.bands.items()}) or 0
    said = f" (missing {', '.join(sight.words(name) for name in missing)})" if missing else ""
    return _Told(points, f"{points}: {percent}% of {count} fields known{said}")


@_tell.register
def _aging(part: Aging, _name: str, sight: _Sight) -> _Told:
    since = moment_of(sight.lead, part.since)
    if since is None:
        return _unknown(part.unknown, f"no {sight.words(part.since)} given")
    what = _HAPPENED.get(field_of(part.since)) or sight.words(part.since)
    bands = [(sight.after(since, age), points, age) for points, age in part.bands.items() if isinstance(age, Duration)]
    coming = [band for band in bands if sight.now <= band[0]]
    if coming:
        edge, points, age = min(coming, key=lambda band: band[0])
        # A band holds at its very edge still, so the score changes in the first moment after it.
        return _Told(points, f"{points}: {what} at most {age} ago", edge + timedelta.resolution)
    later = next((points for points, age in part.bands.items() if age == "later"), 0)
    oldest = max(bands, key=lambda band: band[0], default=None)
    return _Told(later, f"{later}: {what} more than {oldest[2]} ago" if oldest else f"{later}: {what} at any time")


_HAPPENED = {"arrived_at": "arrived", "entered_at": "entered this stage"}


@_tell.register
def _points_of(part: PointsOf, _name: str, sight: _Sight) -> _Told:
    given = value_of(sight.lead, part.points)
    what = sight.words(part.points)
    if not isinstance(given, int | float):
        return _unknown(part.unknown, f"no {what} given")
    most = float(given) if part.cap is None else min(float(given), float(part.cap))
    said = f"{what} is {text_of(given)}{f', at most {part.cap} count' if most < given else ''}"
    if part.halves_every is None or part.since is None:
        return _Told(_rounded(most), f"{_rounded(most)}: {said}")
    since = moment_of(sight.lead, part.since)
    if since is None:
        return _unknown(part.unknown, f"no {sight.words(part.since)} given")
    points, until = _decayed(most, since, sight.after(since, part.halves_every) - since, sight.now)
    return _Told(points, f"{points}: {said}, halved every {part.halves_every}", until)


def _decayed(most: float, since: datetime, half_life: timedelta, now: datetime) -> tuple[int, datetime | None]:
    """The points that are left of `most`, and when their rounded value changes next; never once nothing is left.

    Many points change within minutes. No lead is woken for each of them, but at most 32 times in a half-life: what it
    has then is within 2.2 % of what it should have.
    """
    if not half_life:
        return 0, None
    points = _rounded(most * 2.0 ** (-max(now - since, timedelta()) / half_life))
    if points == 0:
        return 0, None
    change = since + half_life * math.log2(abs(most) / (abs(points) - 0.5)) + timedelta(milliseconds=1)
    return points, max(change, now + half_life / _STEPS_PER_HALVING)


@_tell.register
def _points_when(part: PointsWhen, name: str, sight: _Sight) -> _Told:
    condition = sight.process.score_conditions[name]
    holds, unknown = tell(sight.process, condition, sight.view)
    if holds is None:
        return _unknown(part.unknown, unknown)
    points = part.points if holds else 0
    if [condition.text.strip()] == [f"lead.{field}" for field in condition.reads]:
        return _Told(points, f"{points}: {sight.words(condition.reads[0])} is {'yes' if holds else 'no'}")
    return _Told(points, f"{points}: {condition.text} {'holds' if holds else 'does not hold'}")


@_tell.register
def _points_by(part: PointsBy, _name: str, sight: _Sight) -> _Told:
    given = value_of(sight.lead, part.by)
    what = sight.words(part.by)
    if given is None:
        return _unknown(part.unknown, f"no {what} given")
    points = part.points.get(text_of(given))
    if points is None:
        return _Told(part.otherwise, f"{part.otherwise}: {what} is none of {', '.join(part.points)}")
    return _Told(points, f"{points}: {what} is {text_of(given)}")


@_tell.register
def _points_over(part: PointsOver, _name: str, sight: _Sight) -> _Told:
    given = value_of(sight.lead, part.of)
    what = sight.words(part.of)
    if not isinstance(given, int | float):
        return _unknown(part.unknown, f"no {what} given")
    points = reached(given, part.bands)
    if points is None:
        return _Told(0, f"0: {what} is below {text_of(min(part.bands.values(), default=0))}")
    return _Told(points, f"{points}: {what} is at least {text_of(part.bands[points])}")


# --- sums and thresholds ---------------------------------------------------------------------------------------------


def _summed(table: ScoreTable, parts: dict[str, int | None], why: dict[str, str]) -> Score:
    total = _capped(table, parts, why)
    return Score(table.score, total, class_of(total, table.priority), class_of(total, table.grade), parts)


def _capped(table: ScoreTable, parts: Mapping[str, int | None], why: dict[str, str]) -> int:
    """The total: known parts, each group and then the whole at most its cap. A cap that took something away says so."""
    total = 0
    in_group = dict.fromkeys(table.caps, 0)
    for name, part in table.parts.items():
        points = parts[name] or 0
        if part.group in in_group:
            in_group[part.group] += points
        else:
            total += points
    for group, points in in_group.items():
        cap = table.caps[group]
        if points > cap:
            why[f"cap of {group}"] = f"{cap} of {points} count"
        total += min(points, cap)
    if table.cap is not None and total > table.cap:
        why["cap"] = f"{table.cap} of {total} count"
        total = table.cap
    return total


def reached(value: float, bounds: Mapping[_Name, int] | Mapping[_Name, int | float]) -> _Name | None:
    """The name of the highest bound that the value reaches; None below all of them."""
    below = [name for name, bound in bounds.items() if bound <= value]
    return max(below, key=lambda name: bounds[name], default=None)


def class_of(total: int, bounds: Mapping[str, int]) -> str:
    """The priority or grade of a total; empty where the table names none."""
    lowest = min(bounds, key=lambda name: bounds[name], default="")
    return reached(total, bounds) or lowest


def _rounded(points: float) -> int:
    """To the nearest whole number, halves up."""
    return math.floor(points + 0.5)
