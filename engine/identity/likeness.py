"""How like two folded values are. The only module that knows rapidfuzz."""

from __future__ import annotations

from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

_LONG = 10
"""Letters from which on two slips of the pen are no other word."""

ALIKE = 0.88
"""Jaro-Winkler, from which on two words are one with a slip of the pen."""


def slips(one: str, other: str, most: int = 2) -> int:
    """Letters that are wrong, missing, too many or swapped; `most` + 1 where there are more."""
    return int(DamerauLevenshtein.distance(one, other, score_cutoff=most))


def nearly(one: str, other: str) -> bool:
    """Whether two values are one with a slip of the pen, two where they are long."""
    allowed = 2 if min(len(one), len(other)) >= _LONG else 1
    return min(len(one), len(other)) > 3 and slips(one, other, allowed) <= allowed


def alike(one: str, other: str) -> bool:
    """Whether two words of a name are one: the same, with a slip of the pen, or the first letter of the other."""
    if one == other:
        return True
    if min(len(one), len(other)) == 1:
        return one[0] == other[0]
    if nearly(one, other):
        return True
    return min(len(one), len(other)) > 3 and JaroWinkler.similarity(one, other) >= ALIKE and slips(one, other, 2) <= 2
