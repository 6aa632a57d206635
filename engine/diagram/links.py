"""What is to be connected with what, and along which route, before anything has a place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from engine.diagram.lanes import Lane, Lanes
from engine.diagram.outline import Card, Outline, Way
from engine.language.definition import StageKind


class Style(Enum):
    """How a wire is drawn: somebody acts, a deadline acts by itself, or the lead begins its next cycle."""

    ACT = "act"
    CLOCK = "clock"
    CYCLE = "cycle"


class Route(Enum):
    """The way a wire takes: straight down to the next box, around inside the same stage, or through channels.

    LEFT is the channel between the left lane and the middle, RIGHT the other one, ACROSS is through both.
    """

    STRAIGHT = "straight"
    LOOP = "loop"
    LEFT = "left"
    RIGHT = "right"
    ACROSS = "across"


@dataclass(frozen=True, slots=True)
class Link:
    """A way on, from a stage to its goal. `source` is the stage's path, "" for what all open stages have in common."""

    source: str
    lane: Lane
    way: Way
    goal: str
    goal_lane: Lane
    goal_number: int
    route: Route
    style: Style
    kind: StageKind | None

    @property
    def key(self) -> tuple[str, Style]:
        """Links of one key share a wire."""
        return self.goal, self.style


def leads_on(way: Way) -> bool:
    """Whether a way gets a wire: it leads to another stage or process."""
    return (way.target is not None and not way.again) or way.hands_over is not None


def links(outline: Outline, lanes: Lanes) -> Iterator[Link]:
    """All links, in the order of lanes, stages and ways."""
    kinds = {card.path: card.kind for card in _all_cards(outline.cards)}
    for lane, cards in lanes.stages.items():
        for number, card in enumerate(cards):
            yield from _links_of(card, cards, lane, number, lanes, kinds)
    for way in outline.everywhere:
        if leads_on(way):
            yield _link("", Lane.RIGHT, -1, way, (), lanes, kinds)


def _links_of(
    card: Card, siblings: tuple[Card, ...], lane: Lane, number: int, lanes: Lanes, kinds: dict[str, StageKind]
) -> Iterator[Link]:
    for way in card.ways:
        if leads_on(way):
            yield _link(card.path, lane, number, way, siblings, lanes, kinds)
    for inner in card.inside:
        yield from _links_of(inner, card.inside, lane, number, lanes, kinds)


def _link(
    source: str,
    lane: Lane,
    number: int,
    way: Way,
    siblings: tuple[Card, ...],
    lanes: Lanes,
    kinds: dict[str, StageKind],
) -> Link:
    goal = f"process:{way.hands_over}" if way.hands_over is not None else str(way.target)
    goal_lane, goal_number = lanes.place(goal)
    style = Style.CYCLE if way.next_cycle else Style.CLOCK if way.by_clock else Style.ACT
    if (
        (goal_lane, goal_number) == (lane, number)
        and "." in source
        and goal.rpartition(".")[0] == source.rpartition(".")[0]
    ):
        route = Route.STRAIGHT if is_next(source, goal, siblings) else Route.LOOP
    elif (
        goal_lane is Lane.MIDDLE and "." not in source and style is not Style.CYCLE and is_next(source, goal, siblings)
    ):
        route = Route.STRAIGHT
    elif (lane, goal_lane) == (Lane.MIDDLE, Lane.MIDDLE):
        route = Route.LEFT if goal_number <= number else Route.RIGHT
    elif Lane.LEFT in (lane, goal_lane) and Lane.RIGHT in (lane, goal_lane):
        route = Route.ACROSS
    else:
        route = Route.LEFT if Lane.LEFT in (lane, goal_lane) else Route.RIGHT
    return Link(source, lane, way, goal, goal_lane, goal_number, route, style, kinds.get(goal))


def is_next(source: str, goal: str, siblings: tuple[Card, ...]) -> bool:
    """Whether one stage stands right below another."""
    paths = [card.path for card in siblings]
    return (source, goal) in pairwise(paths)


def _all_cards(cards: tuple[Card, ...]) -> Iterator[Card]:
    for card in cards:
        yield card
        yield from _all_cards(card.inside)
