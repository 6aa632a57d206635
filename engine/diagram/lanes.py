"""Which stage stands in which lane: the main way in the middle, detours and waiting on its left, losses on its right.

The main way is the longest one from the start to a won stage that follows the order in which the author wrote the
stages. Processes that end elsewhere have as their main way the longest one through open stages.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from engine.diagram.outline import Card, Outline, Way
from engine.language.definition import StageKind


class Lane(IntEnum):
    LEFT = 0
    MIDDLE = 1
    RIGHT = 2


@dataclass(frozen=True, slots=True)
class Lanes:
    """Outermost stages by lane, from top to bottom. `elsewhere` are other processes that leads go on in, by name.

    They stand in the left lane too, below the stages there.
    """

    stages: dict[Lane, tuple[Card, ...]]
    elsewhere: tuple[str, ...]

    def place(self, goal: str) -> tuple[Lane, int]:
        """Lane and position of the box that holds a stage (by its path), or of another process (`process:NAME`)."""
        kind, _, name = goal.rpartition(":")
        if kind:
            return Lane.LEFT, len(self.stages[Lane.LEFT]) + self.elsewhere.index(name)
        top = goal.partition(".")[0]
        return next(
            (lane, number)
            for lane, cards in self.stages.items()
            for number, card in enumerate(cards)
            if card.path == top
        )


def lanes(outline: Outline) -> Lanes:
    main = _main_way(outline)
    won = [card for card in outline.cards if card.kind is StageKind.WON and card not in main]
    right = [card for card in outline.cards if card.kind is StageKind.LOST and card not in main]
    left = [card for card in outline.cards if card not in (*main, *won, *right)]
    ways = [way for card in outline.cards for way in all_ways(card)] + list(outline.everywhere)
    elsewhere = dict.fromkeys(way.hands_over for way in ways if way.hands_over is not None)
    return Lanes({Lane.LEFT: tuple(left), Lane.MIDDLE: (*main, *won), Lane.RIGHT: tuple(right)}, tuple(elsewhere))


def all_ways(card: Card) -> Iterator[Way]:
    """The ways out of a stage and of the stages inside it."""
    yield from card.ways
    for inner in card.inside:
        yield from all_ways(inner)


def _main_way(outline: Outline) -> list[Card]:
    order = {card.path: number for number, card in enumerate(outline.cards)}
    start = outline.card_of(outline.start)
    longest: dict[str, list[Card]] = {start.path: [start]}
    for card in outline.cards:
        if card.path not in longest:
            continue
        for target in dict.fromkeys(way.target for way in all_ways(card) if way.target is not None):
            following = outline.card_of(target)
            if order[following.path] <= order[card.path] or following.kind not in (StageKind.OPEN, StageKind.WON):
                continue
            way = [*longest[card.path], following]
            if len(way) > len(longest.get(following.path, ())):
                longest[following.path] = way
    won = [way for way in longest.values() if way[-1].kind is StageKind.WON]
    return max(won or longest.values(), key=len)
