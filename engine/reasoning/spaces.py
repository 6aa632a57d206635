"""What values a variable can have, and how they fall into cells within which no test tells one value from another."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from engine.expressions import Kind

_FEW = 64
"""Whole numbers within so narrow bounds are told apart one by one."""

_DAY = 86_400 * 10**9
_MICROSECOND = 1_000


def anything(_: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Space:
    """The values of one variable.

    `unknown`: whether it may be unknown; `never_known`: that it always is. `choices`: all values of one that has few.
    `least` and `most`: of a number; of a moment, relative to `now` in nanoseconds. `fits`: which texts it can be, and
    `samples` some that are good to read. `whole_days`: a moment that is a midnight.
    """

    kind: Kind
    unknown: bool = True
    never_known: bool = False
    choices: tuple[str, ...] | None = None
    least: float | None = None
    most: float | None = None
    fits: Callable[[str], bool] = anything
    samples: tuple[str, ...] = ("other",)
    whole_days: bool = False
    derived: Derived | None = None


@dataclass(frozen=True, slots=True)
class Derived:
    """A variable that follows from another one: the status from the stage, the priority from the score.

    `value` says how; of a number, it changes at the `cuts` only.
    """

    of: str
    value: Callable[[object], object]
    cuts: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """Values that no test tells apart: the first of `values` is there to be shown, the others to be tried as well.

    `single`: there is no other value in it than the first. Else `low` and `high` are numbers around its own, and a text
    is in it that is in no other cell.
    """

    values: tuple[object, ...]
    single: bool = False
    low: float | None = None
    high: float | None = None

    def has(self, value: object) -> bool:
        """Whether a value lies in it, as far as the cell itself can tell."""
        if self.single:
            return value == self.values[0]
        if self.low is None or self.high is None or not isinstance(value, int | float):
            return True
        return self.low < value < self.high


def cells_of(space: Space, cuts: Iterable[object], *, relative: bool = False) -> list[Cell]:
    """The cells of a variable's known values, in order. A moment is `relative` to now or a time since 1970."""
    if space.never_known:
        return []
    match space.kind:
        case Kind.BOOLEAN:
            return [Cell((True,), True), Cell((False,), True)]
        case Kind.TEXT:
            return _texts(space, [cut for cut in cuts if isinstance(cut, str)])
        case Kind.INTEGER:
            return _whole(space, _numbers(cuts))
        case Kind.NUMBER:
            return _between(_numbers(cuts), space.least, space.most, _NUMBERS)
        case Kind.MOMENT if relative:
            return _between(_numbers(cuts), space.least, space.most, _MOMENTS)
        case Kind.MOMENT:
            return _between(_numbers(cuts), _FIRST, _LAST, _MIDNIGHTS if space.whole_days else _MOMENTS)
        case _:
            return [Cell(([],))]


_FIRST, _LAST = -2_208_988_800 * 10**9, 7_258_032_000 * 10**9
"""1900 and 2199, the first and last moments that a date can be (`engine.values`)."""


def _numbers(cuts: Iterable[object]) -> list[float]:
    found = [cut for cut in cuts if isinstance(cut, int | float) and not isinstance(cut, bool)]
    return sorted(dict.fromkeys(found))


def _texts(space: Space, cuts: Sequence[str]) -> list[Cell]:
    if space.choices is not None:
        return [Cell((value,), True) for value in space.choices]
    named = [Cell((text,), True) for text in cuts if space.fits(text)]
    further = (f"{space.samples[0]} {number}" for number in range(2, len(cuts) + 4))
    others = [text for text in (*space.samples, *further) if text not in cuts and space.fits(text)]
    return [*named, Cell(tuple(others[:3]))]


def _whole(space: Space, cuts: Sequence[float]) -> list[Cell]:
    if space.least is not None and space.most is not None and space.most - space.least <= _FEW:
        return [Cell((number,), True) for number in range(math.ceil(space.least), math.floor(space.most) + 1)]
    return _between(cuts, space.least, space.most, _INTEGERS)


# --- numbers in order ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Line:
    """The values of an ordered kind: which numbers are values, and some between two others, none where there are none."""

    point: Callable[[float], object | None]
    between: Callable[[float, float], tuple[object, ...]]


def _between(cuts: Sequence[float], least: float | None, most: float | None, line: _Line) -> list[Cell]:
    """A cell for each cut that is a value, and one for what lies between two neighbours. The ends are values too."""
    low, high = -math.inf if least is None else least, math.inf if most is None else most
    ends = [end for end in (least, most) if end is not None]
    edges = sorted(dict.fromkeys((*(cut for cut in cuts if low <= cut <= high), *ends)))
    cells: list[Cell] = []
    before = low
    for edge in edges:
        if before < edge and (values := line.between(before, edge)):
            cells.append(Cell(values, low=before, high=edge))
        if (value := line.point(edge)) is not None:
            cells.append(Cell((value,), True))
        before = edge
    if before < high and (values := line.between(before, high)):
        cells.append(Cell(values, low=before, high=high))
    return cells


def _integer_at(edge: float) -> int | None:
    return int(edge) if edge == math.floor(edge) else None


def _integers_between(low: float, high: float) -> tuple[object, ...]:
    first = None if low == -math.inf else math.floor(low) + 1
    last = None if high == math.inf else math.ceil(high) - 1
    if first is None or last is None:
        near = first if first is not None else last if last is not None else 0
        step = -1 if first is None and last is not None else 1
        return (near, near + step, near + 10 * step)
    return tuple(dict.fromkeys((first, (first + last) // 2, last))) if first <= last else ()


def _numbers_between(low: float, high: float) -> tuple[object, ...]:
    if low == -math.inf or high == math.inf:
        near = low + 1 if low > -math.inf else high - 1 if high < math.inf else 0.0
        if not low < near < high:  # so large that one more makes no difference
            near = math.nextafter(low, high) if low > -math.inf else math.nextafter(high, low)
        return (float(near),) if math.isfinite(near) else ()
    if math.floor(low) + 1 < high:
        return (float(math.floor(low) + 1),)
    middle = low + (high - low) / 2
    middle = middle if low < middle < high else math.nextafter(low, high)
    return (float(middle),) if low < middle < high else ()


def _multiples_between(low: float, high: float, step: int, far: int) -> tuple[object, ...]:
    """Some multiples of `step`; where there is no end, not more than `far` away."""
    if low == -math.inf and high == math.inf:
        return (0, -far, far)
    first = math.floor(low) // step * step + step if low > -math.inf else (math.ceil(high) - far) // step * step
    last = -(-math.ceil(high) // step) * step - step if high < math.inf else (math.floor(low) + far) // step * step
    if first > last:
        return ()
    middle = (first + last) // 2 // step * step
    return tuple(dict.fromkeys((max(middle, first), first, last)))


def _multiple_at(edge: float, step: int) -> int | None:
    return int(edge) if edge % step == 0 else None


_INTEGERS = _Line(_integer_at, _integers_between)
_NUMBERS = _Line(float, _numbers_between)
_MOMENTS = _Line(partial(_multiple_at, step=_MICROSECOND), partial(_multiples_between, step=_MICROSECOND, far=_DAY))
_MIDNIGHTS = _Line(partial(_multiple_at, step=_DAY), partial(_multiples_between, step=_DAY, far=30 * _DAY))
