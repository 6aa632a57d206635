"""Two people's names, word by word: swapped, shortened, misspelt, or another person's (S0.13)."""

from __future__ import annotations

from enum import Enum
from itertools import permutations

from engine.identity.likeness import alike

_MOST_WORDS = 4


class Names(Enum):
    """UNCLEAR: one word of two agrees, as after a marriage. ANOTHER: somebody else, a relative included."""

    SAME = "the same name"
    ALIKE = "names alike"
    UNCLEAR = "names that agree in part"
    ANOTHER = "another name"


def compare(one: str, other: str) -> Names:
    """Of folded names; the order of the words does not count, unless the last ones agree and the first ones do not."""
    a, b = one.split()[:_MOST_WORDS], other.split()[:_MOST_WORDS]
    if sorted(a) == sorted(b):
        return Names.SAME
    if len(a) > len(b):
        a, b = b, a
    most = max(sum(map(alike, a, order)) for order in permutations(b, len(a)))
    if most == len(a):
        # Of a single word nobody can tell whose it is.
        return Names.ALIKE if len(a) > 1 or len(b) == 1 else Names.UNCLEAR
    if most and alike(a[0], b[0]):
        return Names.UNCLEAR
    return Names.ANOTHER
