"""Formulas as bit masks: for each variable, which of its cells make an atom true, false or unknown.

A state of knowledge is a list with the cells that each variable may still be in. What a formula can be, given that, is
read off the masks: exact for each atom, and never too narrow for what is built of them.
"""

from __future__ import annotations

from typing import TypeAlias

TRUE, FALSE, UNKNOWN = 1, 2, 4
ANY = TRUE | FALSE | UNKNOWN
"""What a formula can be: any of these together."""

Masks: TypeAlias = list[int]

_SWAPPED = tuple((o & UNKNOWN) | ((o & TRUE) << 1) | ((o & FALSE) >> 1) for o in range(8))


class Atom:
    """A test of the variable with this number: the cells for which it is true, false, unknown."""

    __slots__ = ("false", "number", "true", "unknown")

    def __init__(self, number: int, true: int, false: int, unknown: int) -> None:
        self.number = number
        self.true = true
        self.false = false
        self.unknown = unknown

    def outcomes(self, masks: Masks) -> int:
        cells = masks[self.number]
        return (
            (TRUE if cells & self.true else 0)
            | (FALSE if cells & self.false else 0)
            | (UNKNOWN if cells & self.unknown else 0)
        )

    def require(self, wanted: int, masks: Masks) -> bool:
        allowed = (
            (self.true if wanted & TRUE else 0)
            | (self.false if wanted & FALSE else 0)
            | (self.unknown if wanted & UNKNOWN else 0)
        )
        masks[self.number] &= allowed
        return masks[self.number] != 0

    def undecided(self, masks: Masks) -> Atom | None:
        return None if self.outcomes(masks) in (TRUE, FALSE, UNKNOWN) else self


class Constant:
    __slots__ = ("outcome",)

    def __init__(self, outcome: int) -> None:
        self.outcome = outcome

    def outcomes(self, masks: Masks) -> int:  # noqa: ARG002
        return self.outcome

    def require(self, wanted: int, masks: Masks) -> bool:  # noqa: ARG002
        return bool(self.outcome & wanted)

    def undecided(self, masks: Masks) -> Atom | None:  # noqa: ARG002
        return None


class Negation:
    __slots__ = ("part",)

    def __init__(self, part: Node) -> None:
        self.part = part

    def outcomes(self, masks: Masks) -> int:
        return _SWAPPED[self.part.outcomes(masks)]

    def require(self, wanted: int, masks: Masks) -> bool:
        return self.part.require(_SWAPPED[wanted], masks)

    def undecided(self, masks: Masks) -> Atom | None:
        return self.part.undecided(masks)


class Conjunction:
    __slots__ = ("parts",)

    def __init__(self, parts: tuple[Node, ...]) -> None:
        self.parts = parts

    def outcomes(self, masks: Masks) -> int:
        true, unknown, seen = TRUE, 0, 0
        for part in self.parts:
            one = part.outcomes(masks)
            if one == FALSE:
                return FALSE
            seen |= one & FALSE
            true &= one
            unknown |= one & UNKNOWN
        return true | seen | unknown

    def require(self, wanted: int, masks: Masks) -> bool:
        """Narrow what must be so; what may be so in several ways is left for the search to split."""
        if not wanted & FALSE:
            if not all(part.require(TRUE | UNKNOWN if wanted & UNKNOWN else TRUE, masks) for part in self.parts):
                return False
            return bool(self.outcomes(masks) & wanted)
        if wanted & TRUE:
            return bool(self.outcomes(masks) & wanted)
        able = [part for part in self.parts if part.outcomes(masks) & wanted]
        if len(able) == 1:
            return able[0].require(wanted, masks)
        return bool(able)

    def undecided(self, masks: Masks) -> Atom | None:
        for part in self.parts:
            if (atom := part.undecided(masks)) is not None:
                return atom
        return None


class Conditional:
    __slots__ = ("condition", "otherwise", "then")

    def __init__(self, condition: Node, then: Node, otherwise: Node) -> None:
        self.condition = condition
        self.then = then
        self.otherwise = otherwise

    def outcomes(self, masks: Masks) -> int:
        asked = self.condition.outcomes(masks)
        return (
            (self.then.outcomes(masks) if asked & TRUE else 0)
            | (self.otherwise.outcomes(masks) if asked & FALSE else 0)
            | (asked & UNKNOWN)
        )

    def require(self, wanted: int, masks: Masks) -> bool:
        possible = (
            (TRUE if self.then.outcomes(masks) & wanted else 0)
            | (FALSE if self.otherwise.outcomes(masks) & wanted else 0)
            | (wanted & UNKNOWN)
        )
        if not self.condition.require(possible, masks):
            return False
        asked = self.condition.outcomes(masks)
        if asked == TRUE:
            return self.then.require(wanted, masks)
        if asked == FALSE:
            return self.otherwise.require(wanted, masks)
        return bool(self.outcomes(masks) & wanted)

    def undecided(self, masks: Masks) -> Atom | None:
        if (atom := self.condition.undecided(masks)) is not None:
            return atom
        part = self.then if self.condition.outcomes(masks) == TRUE else self.otherwise
        return part.undecided(masks)


Node: TypeAlias = Atom | Constant | Negation | Conjunction | Conditional
