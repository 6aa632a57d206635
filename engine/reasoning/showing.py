"""From cells to a lead: the values that a search has picked, as conditions see them and as people read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from engine.expressions import Kind, View, Vocabulary
from engine.language.definition import LeadField
from engine.lead import Value
from engine.process import moment
from engine.reasoning.example import Example
from engine.reasoning.moments import since_1970
from engine.reasoning.partition import Partition, Variable
from engine.reasoning.search import Picked
from engine.reasoning.spaces import Cell, Space
from engine.reasoning.terms import NOW

EXAMPLE_DAY = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
"""A Monday morning, for examples in which it does not matter when."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400 * 10**9


def inner_value(variable: Variable, value: object, now: datetime) -> object:
    """A value from outside, as cells have it: moments are nanoseconds."""
    if not variable.timed:
        return value
    if isinstance(value, str):
        value = moment(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        value = moment(value.isoformat())
    assert isinstance(value, datetime)
    return since_1970(value) - (since_1970(now) if variable.relative else 0)


@dataclass(slots=True)
class Showing:
    """How one question's answers are shown: around what is given, which no condition need read.

    `following` are the variables that follow from others.
    """

    partition: Partition
    spaces: Mapping[str, Space]
    following: Sequence[tuple[str, Space]]
    fields: Mapping[str, LeadField]
    given: Mapping[str, object]
    now: datetime | None
    _last: tuple[Picked, dict[str, object], datetime] | None = None

    def view(self, picked: Picked, vocabulary: Vocabulary) -> View:
        """The lead as conditions see it."""
        values, now = self._values(picked)
        self._last = (picked, values, now)
        lead = {name.removeprefix("lead."): value for name, value in values.items() if name.startswith("lead.")}
        extra = {name: value for name, value in values.items() if "." not in name and name != NOW}
        known = [name.removeprefix("known.") for name, value in values.items() if name.startswith("known.") and value]
        return vocabulary.view(lead, now, known, extra)

    def example(self, picked: Picked) -> Example:
        """The lead as people see it, of what was looked at last."""
        if self._last is not None and self._last[0] is picked:
            _, values, now = self._last
        else:
            values, now = self._values(picked)
        fields: dict[str, Value] = {}
        state: dict[str, object] = {}
        codes: dict[str, str | None] = {}
        known: list[str] = []
        unknown: list[str] = []
        for name, value in values.items():
            head, _, rest = name.rpartition(".")
            if head == "known":
                (known if value else unknown).append(rest)
            elif head == "lead" and rest in self.fields:
                fields[rest] = _kept(value)
            elif head == "lead":
                state[rest] = value
            elif name != NOW:
                codes[name] = None if value is None else str(value)
        return Example(fields, now, state, codes, tuple(known), tuple(unknown))

    def _values(self, picked: Picked) -> tuple[dict[str, object], datetime]:
        """By name, and the moment. What follows from others is told as well, as far as anybody asked."""
        named = {self.partition.variables[number].name: value for number, value in picked.items()}
        now = self._now(picked)
        values: dict[str, object] = {}
        for name, value in self.given.items():
            if not isinstance(value, tuple):
                values[name] = moment(value) if isinstance(value, str) and self._is_day(name) else value
        for name, value in named.items():
            variable = self.partition.variables[self.partition.numbers[name]]
            values[name] = self._moment(variable, value, now) if variable.timed and value is not None else value
        for name, space in self.following:
            if space.derived is not None and space.derived.of in values:
                base = values[space.derived.of]
                values[name] = None if base is None or space.never_known else space.derived.value(base)
        return values, now

    def _is_day(self, name: str) -> bool:
        space = self.spaces.get(name)
        return space is not None and space.kind is Kind.MOMENT

    # --- moments -----------------------------------------------------------------------------------------------------

    def _now(self, picked: Picked) -> datetime:
        """When it is: as given, as picked, or such that a date with a place before or after now is a whole day."""
        if self.now is not None:
            return self.now
        for number, value in picked.items():
            if self.partition.variables[number].name == NOW and isinstance(value, int):
                return _EPOCH + timedelta(microseconds=value // 1_000)
        for number, value in picked.items():
            variable = self.partition.variables[number]
            if not variable.relative or not self._whole_days(variable) or not isinstance(value, int):
                continue
            if day_in(self._cell(variable, value), value, EXAMPLE_DAY) is None:
                midnight = since_1970(EXAMPLE_DAY) // _DAY * _DAY
                return _EPOCH + timedelta(microseconds=(midnight - value) // 1_000)
        return EXAMPLE_DAY

    def _whole_days(self, variable: Variable) -> bool:
        return self.spaces[variable.name].whole_days

    def _moment(self, variable: Variable, value: object, now: datetime) -> datetime:
        assert isinstance(value, int)
        if not variable.relative:
            return _EPOCH + timedelta(microseconds=value // 1_000)
        if self._whole_days(variable):
            day = day_in(self._cell(variable, value), value, now)
            return day or _EPOCH + timedelta(days=(since_1970(now) + value) // _DAY)
        return now + timedelta(microseconds=value // 1_000)

    def _cell(self, variable: Variable, value: int) -> Cell:
        cell = next((cell for cell in variable.cells if value in cell.values), None)
        return cell or Cell((value,), single=True)


def day_in(cell: Cell, value: int, now: datetime) -> datetime | None:
    """The midnight near `value` from now that lies in a cell; None where none does."""
    near = (since_1970(now) + value) // _DAY * _DAY
    for midnight in (near, near + _DAY):
        if cell.has(midnight - since_1970(now)):
            return _EPOCH + timedelta(microseconds=midnight // 1_000)
    return None


def _kept(value: object) -> Value:
    """A value as leads keep it."""
    if isinstance(value, datetime):
        return value.date().isoformat()
    assert value is None or isinstance(value, str | int | float | bool)
    return value
