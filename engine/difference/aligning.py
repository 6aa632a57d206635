"""Which entry of an old list is which of a new one, and which were moved."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher


@dataclass(frozen=True, slots=True)
class Alignment:
    """Positions from 0: `pairs` old to new, in the old order. `moved` are those of the new positions that left their place in the
    order of what stayed, with that place before and after: as few as tell the new order.
    """

    pairs: tuple[tuple[int, int], ...]
    removed: tuple[int, ...]
    added: tuple[int, ...]
    moved: dict[int, tuple[int, int]]


def align_named(old: Sequence[Hashable], new: Sequence[Hashable]) -> Alignment:
    """By what they are called: the second of one name is another than the first."""
    return _aligned(_named_pairs(old, new), len(old), len(new))


def align_alike(old: Sequence[Hashable], new: Sequence[Hashable], hints: Sequence[Sequence[Hashable]]) -> Alignment:
    """By what they say: what says the same is the same. Of the rest first those of the same hint, then those left, in order.

    `hints` are of the old and of the new entries: what an entry that was changed probably kept.
    """
    blocks = SequenceMatcher(a=old, b=new, autojunk=False).get_matching_blocks()
    pairs = {block.a + step: block.b + step for block in blocks for step in range(block.size)}
    for olds, news in ((old, new), (hints[0], hints[1]), ([None] * len(old), [None] * len(new))):
        free_old = [place for place in range(len(old)) if place not in pairs]
        taken = set(pairs.values())
        free_new = [place for place in range(len(new)) if place not in taken]
        found = _named_pairs([olds[place] for place in free_old], [news[place] for place in free_new])
        pairs.update({free_old[one]: free_new[other] for one, other in found})
    return _aligned(sorted(pairs.items()), len(old), len(new))


def _named_pairs(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[tuple[int, int]]:
    places: dict[Hashable, list[int]] = {}
    for place, name in enumerate(new):
        places.setdefault(name, []).append(place)
    return [(place, places[name].pop(0)) for place, name in enumerate(old) if places.get(name)]


def _aligned(pairs: Sequence[tuple[int, int]], olds: int, news: int) -> Alignment:
    before, after = {old for old, _ in pairs}, {new for _, new in pairs}
    places = {new: place for place, new in enumerate(sorted(after))}
    ranks = [places[new] for _, new in pairs]
    kept = _longest_rise(ranks)
    return Alignment(
        tuple(pairs),
        tuple(place for place in range(olds) if place not in before),
        tuple(place for place in range(news) if place not in after),
        {
            pairs[place][1]: (place, rank)
            for place, rank in enumerate(ranks)
            if place not in kept and place != rank  # what lies between those that change places
        },
    )


def _longest_rise(numbers: Sequence[int]) -> frozenset[int]:
    """The places of a longest subsequence that rises: all others were moved, and so few that fewer would not do."""
    ends: list[int] = []
    last: list[int] = []
    before: list[int | None] = []
    for place, number in enumerate(numbers):
        length = bisect_left(ends, number)
        before.append(last[length - 1] if length else None)
        if length == len(ends):
            ends.append(number)
            last.append(place)
        else:
            ends[length], last[length] = number, place
    found = []
    at: int | None = last[-1] if last else None
    while at is not None:
        found.append(at)
        at = before[at]
    return frozenset(found)
