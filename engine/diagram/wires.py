"""Wires in a channel between two lanes: in which order they stand, and the lines that they consist of.

Ways to the same goal share one wire, and join it like streets: what begins at many stages still arrives as one arrow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.diagram.links import Style
from engine.language.definition import StageKind

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Wire:
    """Lines that lead to one goal. `kind` is that of the stage there, None for another process.

    `arrow` is false where the wire goes on in another channel.
    """

    lines: tuple[tuple[Point, ...], ...]
    kind: StageKind | None
    style: Style
    arrow: bool = True


@dataclass(slots=True)
class Track:
    """A wire that runs vertically, with the points on either side of it that it joins."""

    kind: StageKind | None
    style: Style
    sources: list[Point] = field(default_factory=list)
    goal: Point = (0.0, 0.0)
    arrow: bool = True

    @property
    def ends(self) -> list[Point]:
        return [*self.sources, self.goal]

    def span(self) -> tuple[float, float]:
        heights = [y for _, y in self.ends]
        return min(heights), max(heights)


def ordered(tracks: Sequence[Track], middle: float) -> list[Track]:
    """The tracks of a channel from left to right, with few crossings. `middle` is an x in the channel.

    How often two tracks cross depends on nothing but which of them stands on the left. So each track in turn is put to
    where it is best, until none has a better place.
    """
    costs = [[_crossings(left, right, middle) for right in tracks] for left in tracks]
    order = list(range(len(tracks)))
    improved = True
    while improved:
        improved = False
        for track in range(len(tracks)):
            here = order.index(track)
            rest = [other for other in order if other != track]
            cost = sum(costs[track][other] for other in rest)
            by_place = [cost]  # at the far left; then one place further right each
            for other in rest:
                cost += costs[other][track] - costs[track][other]
                by_place.append(cost)
            best = min(range(len(by_place)), key=by_place.__getitem__)
            if by_place[best] < by_place[here]:
                order = [*rest[:best], track, *rest[best:]]
                improved = True
    return [tracks[number] for number in order]


def _crossings(left: Track, right: Track, middle: float) -> int:
    """How often the two cross in this order; where they would lie upon one another counts for many."""
    rightward = [y for x, y in left.ends if x > middle]
    leftward = [y for x, y in right.ends if x < middle]
    upon = sum(abs(one - two) < 4 for one in rightward for two in leftward)
    return _within(rightward, right) + _within(leftward, left) + 50 * upon


def _within(heights: list[float], track: Track) -> int:
    low, high = track.span()
    return sum(low < y < high for y in heights)


STUB = 12.0
"""Pixels: so far a line runs along the one that it joins. Longer, and the gaps of two dashed lines would fill."""


def drawn(track: Track, x: float) -> Wire:
    """The wire of a track that runs at `x`: one line from above and one from below all the way, the others to them."""
    goal = track.goal
    sources = sorted(dict.fromkeys(track.sources), key=lambda point: point[1])
    above = [source for source in sources if source[1] <= goal[1]]
    below = [source for source in reversed(sources) if source[1] > goal[1]]
    lines: list[tuple[Point, ...]] = []
    for group in (above, below):
        for number, source in enumerate(group):
            if number:
                towards = min(STUB, abs(goal[1] - source[1])) * (1 if goal[1] > source[1] else -1)
                lines.append((source, (x, source[1]), (x, source[1] + towards)))
            else:
                end = (x + STUB * (1 if goal[0] > x else -1), goal[1]) if lines else goal
                lines.append((source, (x, source[1]), (x, goal[1]), end))
    return Wire(tuple(lines), track.kind, track.style, track.arrow)
