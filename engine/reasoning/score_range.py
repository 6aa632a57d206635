"""What a score can come to: the least and the most that the parts of a table can give together, group by group."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from engine.language.definition import LeadField
from engine.language.tables import Aging, Completeness, Part, PointsBy, PointsOf, PointsOver, PointsWhen, ScoreTable
from engine.references import field_of


class Range(NamedTuple):
    """Both ends belong to it; None where there is none."""

    least: int | None
    most: int | None


def score_range(table: ScoreTable, fields: Mapping[str, LeadField]) -> Range:
    """Never too narrow: whether the parts can be at their best at once is not asked."""
    groups: dict[str, list[Range]] = {}
    ungrouped: list[Range] = []
    for part in table.parts.values():
        points = part_range(part, fields)
        if part.group in table.caps and part.group is not None:
            groups.setdefault(part.group, []).append(points)
        else:
            ungrouped.append(points)
    capped = [_capped(_summed(ranges), table.caps[group]) for group, ranges in groups.items()]
    total = _summed([*ungrouped, *capped])
    return total if table.cap is None else _capped(total, table.cap)


def part_range(part: Part, fields: Mapping[str, LeadField]) -> Range:
    """What one part can give. One that cannot be told is not counted, which is like giving nothing."""
    match part:
        case Completeness():
            return _among([*part.bands, 0])
        case Aging():
            return _among([*part.bands, _unknown(part.unknown), 0])
        case PointsWhen():
            return _among([0, part.points, _unknown(part.unknown)])
        case PointsBy():
            return _among([*part.points.values(), part.otherwise, _unknown(part.unknown)])
        case PointsOver():
            return _among([*part.bands, 0, _unknown(part.unknown)])
        case PointsOf():
            return _points_of(part, fields.get(field_of(part.points)))


def _points_of(part: PointsOf, spec: LeadField | None) -> Range:
    """The value itself, or what is left of it with time: somewhere between it and nothing."""
    least = None if spec is None or spec.min is None else math.floor(spec.min)
    most = None if spec is None or spec.max is None else math.ceil(spec.max)
    if part.cap is not None:
        most = part.cap if most is None else min(most, part.cap)
    other = _unknown(part.unknown)
    return Range(
        None if least is None else min(least, most if most is not None else least, other, 0),
        None if most is None else max(most, other, 0),
    )


def _unknown(points: int | None) -> int:
    return points or 0


def _among(points: list[int]) -> Range:
    return Range(min(points), max(points))


def _summed(ranges: list[Range]) -> Range:
    least = [one.least for one in ranges]
    most = [one.most for one in ranges]
    return Range(
        None if None in least else sum(one for one in least if one is not None),
        None if None in most else sum(one for one in most if one is not None),
    )


def _capped(points: Range, cap: int) -> Range:
    return Range(
        None if points.least is None else min(points.least, cap), cap if points.most is None else min(points.most, cap)
    )
