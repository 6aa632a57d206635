"""Where everything in a diagram stands: boxes in three lanes, wires in the channels between them.

picture(outline) -> Picture
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from statistics import fmean

from engine.diagram.lanes import Lane, lanes
from engine.diagram.links import Link, Route, Style, links
from engine.diagram.outline import Outline
from engine.diagram.shapes import TRACK, Box, Port, beside_box, note_box, stage_box
from engine.diagram.wires import STUB, Track, Wire, drawn, ordered

EDGE = 24
TOP = 96
GAP = 34
SIDE_GAP = 26
WIDTHS = {Lane.LEFT: 260.0, Lane.MIDDLE: 370.0, Lane.RIGHT: 260.0}
"""Pixels."""

Key = tuple[str, Style]


@dataclass(frozen=True, slots=True)
class Picture:
    """All boxes and wires in their places. `bands` are the lanes: left edge, top and width."""

    boxes: tuple[Box, ...]
    notes: tuple[Box, ...]
    wires: tuple[Wire, ...]
    bands: Mapping[Lane, tuple[float, float, float]]
    width: float
    height: float


def picture(outline: Outline) -> Picture:
    """Place a whole process. Pixels, from the upper left corner."""
    return _Placing(outline).picture()


class _Placing:
    """The order of its methods is the order in which places become known: columns, heights, wires."""

    def __init__(self, outline: Outline) -> None:
        chosen = lanes(outline)
        self.links = list(links(outline, chosen))
        self.boxes = {
            lane: [stage_box(card, WIDTHS[lane], outline) for card in cards] for lane, cards in chosen.stages.items()
        }
        for name in chosen.elsewhere:
            title = f"Process: {name.replace('_', ' ')}"
            self.boxes[Lane.LEFT].append(note_box(title, "goes on there", WIDTHS[Lane.LEFT]))
        self.beside = beside_box(outline, WIDTHS[Lane.RIGHT])
        self.entry = note_box("New leads", outline.takes and f"if {outline.takes}", WIDTHS[Lane.MIDDLE])
        self.gaps: dict[Key, int] = {}

    def picture(self) -> Picture:
        self._columns()
        self._heights()
        self._choose_gaps()
        self._heights()
        wires = (*self._straight(), *self._loops(), *self._through_channels())
        boxes = tuple(box for lane in Lane for box in self.boxes[lane])
        notes = (self.entry, self.beside) if self.beside else (self.entry,)
        bands = {lane: (self.left[lane], self._top(lane) - 28, WIDTHS[lane]) for lane in Lane if self.boxes[lane]}
        bottom = max(box.bottom for box in (*boxes, *notes))
        return Picture(boxes, notes, wires, bands, self.width, bottom + EDGE)

    # --- columns -----------------------------------------------------------------------------------------------------

    def _columns(self) -> None:
        """Left edges of lanes; a channel is as wide as its wires need."""
        keys = {
            channel: dict.fromkeys(link.key for link in self.links if link.route in (channel, Route.ACROSS))
            for channel in (Route.LEFT, Route.RIGHT)
        }
        self.channel = {channel: 34 + TRACK * len(found) for channel, found in keys.items()}
        x = float(EDGE)
        self.left = {Lane.LEFT: x}
        if self.boxes[Lane.LEFT]:
            x += WIDTHS[Lane.LEFT]
        if self.boxes[Lane.LEFT] or keys[Route.LEFT]:
            x += self.channel[Route.LEFT]
        self.left[Lane.MIDDLE] = x
        x += WIDTHS[Lane.MIDDLE] + self.channel[Route.RIGHT]
        self.left[Lane.RIGHT] = x
        if self.boxes[Lane.RIGHT] or self.beside is not None:
            x += WIDTHS[Lane.RIGHT]
        self.width = x + EDGE

    # --- heights -----------------------------------------------------------------------------------------------------

    def _heights(self) -> None:
        if self.beside is not None:
            self.beside = _put(self.beside, self.left[Lane.RIGHT], TOP - 18)
        x = self.left[Lane.MIDDLE]
        self.entry = _put(self.entry, x, TOP)
        y = self.entry.bottom
        for number, box in enumerate(self.boxes[Lane.MIDDLE]):
            y += GAP + TRACK * sum(gap == number for gap in self.gaps.values())
            self.boxes[Lane.MIDDLE][number] = _put(box, x, y)
            y += box.height
        self._side_heights(Lane.LEFT)
        self._side_heights(Lane.RIGHT)

    def _top(self, lane: Lane) -> float:
        """Where the stages of a lane begin: on the right, below what runs beside the stages."""
        return self.beside.bottom + 46 if self.beside is not None and lane is Lane.RIGHT else float(TOP)

    def _side_heights(self, lane: Lane) -> None:
        """Each box of a side lane stands beside what leads to it, in the order in which that comes."""
        channel = Route.LEFT if lane is Lane.LEFT else Route.RIGHT
        wished: dict[int, list[float]] = {}
        taken: list[float] = []
        for link in self.links:
            if link.goal_lane is lane and link.lane is not lane:
                wished.setdefault(link.goal_number, []).append(self._port(link).y)
            if link.route in (channel, Route.ACROSS) and link.lane is Lane.MIDDLE:
                taken.append(self._port(link).y)
            if link.route in (channel, Route.ACROSS) and link.goal_lane is Lane.MIDDLE:
                taken.append(self._goal(link).head)
        heights = {number: fmean(found) for number, found in wished.items()}
        y = self._top(lane)
        for number in sorted(range(len(self.boxes[lane])), key=lambda number: heights.get(number, float("inf"))):
            box = self.boxes[lane][number]
            wish = heights.get(number, y) - (box.head - box.y)
            box = _apart(_put(box, self.left[lane], max(y, wish)), taken)
            self.boxes[lane][number] = box
            y = box.bottom + SIDE_GAP

    def _choose_gaps(self) -> None:
        """Where wires between the outer lanes pass the middle one: above the box nearest to where they begin."""
        heights: dict[Key, list[float]] = {}
        for link in self.links:
            if link.route is Route.ACROSS:
                heights.setdefault(link.key, []).append(self._port(link).y)
        tops = [box.y for box in self.boxes[Lane.MIDDLE]]
        for key, found in heights.items():
            self.gaps[key] = min(range(len(tops)), key=lambda number: abs(tops[number] - fmean(found)))

    def _passage(self, key: Key) -> float:
        """The height at which a wire passes the middle lane."""
        number = self.gaps[key]
        before = [other for other, gap in self.gaps.items() if gap == number]
        return self.boxes[Lane.MIDDLE][number].y - 14 - TRACK * before.index(key)

    # --- ends of links -----------------------------------------------------------------------------------------------

    def _source(self, link: Link) -> Box:
        boxes = self.boxes[link.lane] if link.source else [self.beside] if self.beside else []
        return next(found for box in boxes if (found := box.find(link.source)))

    def _port(self, link: Link) -> Port:
        return next(port for port in self._source(link).ports if port.way is link.way)

    def _goal(self, link: Link) -> Box:
        box = self.boxes[link.goal_lane][link.goal_number]
        return box.find(link.goal) or box

    # --- wires -------------------------------------------------------------------------------------------------------

    def _straight(self) -> Iterator[Wire]:
        first = self.boxes[Lane.MIDDLE][0]
        centre = first.x + first.width / 2
        kind = first.card.kind if first.card is not None else None
        yield Wire((((centre, self.entry.bottom), (centre, first.y)),), kind, Style.ACT)
        seen: list[Key] = []
        for link in self.links:
            if link.route is not Route.STRAIGHT or link.key in seen:
                continue
            seen.append(link.key)
            goal = self._goal(link)
            x = goal.x + goal.width / 2 + (16 if link.style is Style.CLOCK else 0)
            yield Wire((((x, self._source(link).bottom), (x, goal.y)),), link.kind, link.style)

    def _loops(self) -> Iterator[Wire]:
        tracks: dict[Key, Track] = {}
        for link in self.links:
            if link.route is Route.LOOP:
                goal = self._goal(link)
                track = tracks.setdefault(link.key, Track(link.kind, link.style, goal=(goal.right, goal.head)))
                track.sources.append((self._source(link).right, self._port(link).y))
        around: list[str] = []
        for (goal_path, _), track in tracks.items():
            around.append(goal_path.rpartition(".")[0])
            yield drawn(track, track.goal[0] + TRACK * around.count(around[-1]))

    def _through_channels(self) -> Iterator[Wire]:
        tracks: dict[Route, dict[Key, Track]] = {Route.LEFT: {}, Route.RIGHT: {}}
        for link in self.links:
            if link.route in (Route.LEFT, Route.RIGHT):
                track = tracks[link.route].setdefault(link.key, Track(link.kind, link.style))
                self._begin(track, link, link.route)
                self._end(track, link, link.route)
            elif link.route is Route.ACROSS:
                self._across(tracks, link)
        for found in tracks.values():
            _spread(found.values())
        places = {channel: self._places(found, channel) for channel, found in tracks.items()}
        for channel, found in tracks.items():
            for key, track in found.items():
                self._meet(key, track, channel, places)
                yield drawn(track, places[channel][key])

    def _begin(self, track: Track, link: Link, channel: Route) -> None:
        source = self._source(link)
        track.sources.append((_side(source, link.lane, channel), self._port(link).y))

    def _end(self, track: Track, link: Link, channel: Route) -> None:
        goal = self._goal(link)
        track.goal = (_side(goal, link.goal_lane, channel), goal.head)

    def _across(self, tracks: Mapping[Route, dict[Key, Track]], link: Link) -> None:
        """From one outer lane to the other: out of the one channel and into the other, through the middle lane."""
        first, last = (Route.LEFT, Route.RIGHT) if link.lane is Lane.LEFT else (Route.RIGHT, Route.LEFT)
        passing = (self.left[Lane.MIDDLE] + WIDTHS[Lane.MIDDLE] / 2, self._passage(link.key))
        leaving = tracks[first].setdefault(link.key, Track(link.kind, link.style, arrow=False))
        self._begin(leaving, link, first)
        leaving.goal = passing
        entering = tracks[last].setdefault(link.key, Track(link.kind, link.style))
        entering.sources.append(passing)
        self._end(entering, link, last)

    def _places(self, tracks: Mapping[Key, Track], channel: Route) -> dict[Key, float]:
        begin = self.left[Lane.MIDDLE]
        begin += -self.channel[channel] if channel is Route.LEFT else WIDTHS[Lane.MIDDLE]
        order = ordered(list(tracks.values()), begin + self.channel[channel] / 2)
        xs = {id(track): begin + 17 + TRACK * (number + 0.5) for number, track in enumerate(order)}
        return {key: xs[id(track)] for key, track in tracks.items()}

    def _meet(self, key: Key, track: Track, channel: Route, places: Mapping[Route, Mapping[Key, float]]) -> None:
        """A wire that passes the middle lane ends where the one in the other channel begins."""
        if key not in self.gaps:
            return
        y = self._passage(key)
        entered = channel if track.arrow else Route.RIGHT if channel is Route.LEFT else Route.LEFT
        meeting = (places[entered][key] + (-STUB if entered is Route.RIGHT else STUB), y)
        if track.arrow:
            track.sources = [meeting if source[1] == y else source for source in track.sources]
        else:
            track.goal = meeting


def _spread(tracks: Iterable[Track]) -> None:
    """Wires of different kinds that arrive at the same side of a box arrive below one another."""
    arriving: dict[tuple[float, float], list[Track]] = {}
    for track in tracks:
        if track.arrow:
            arriving.setdefault(track.goal, []).append(track)
    for (x, y), group in arriving.items():
        for number, track in enumerate(group):
            track.goal = (x, y + 10 * (number - (len(group) - 1) / 2))


def _put(box: Box, x: float, y: float) -> Box:
    return box.moved(x - box.x, y - box.y)


def _apart(box: Box, taken: list[float]) -> Box:
    """A little lower, where a wire of the box would lie upon one of the lane beside it."""
    for _ in range(12):
        own = [box.head, *(port.y for port in box.all_ports())]
        if not any(abs(one - other) < 5 for one in own for other in taken):
            return box
        box = box.moved(0, 3)
    return box


def _side(box: Box, lane: Lane, channel: Route) -> float:
    """The edge of a box that faces the channel."""
    faces_right = lane is Lane.LEFT or (lane is Lane.MIDDLE and channel is Route.RIGHT)
    return box.right if faces_right else box.x
