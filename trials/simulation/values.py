"""What leads bring and what people fill in: values drawn from distributions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import accumulate

from engine.errors import LeadflowError
from engine.language.definition import FieldType, LeadField
from engine.language.simulation import Draw, share_of
from engine.language.tables import Person
from engine.lead import Value
from engine.process import Process
from engine.references import tell
from engine.step import new_lead
from engine.values import BadValue, accept
from trials.simulation.chance import Chance

_TRIES = 200
"""Leads that are drawn until one fits what the process takes."""

Source = Callable[[datetime, Chance], Value]


@dataclass(frozen=True, slots=True)
class Seedling:
    """A lead that is to come: what it brings, and when, if that is known."""

    title: str
    fields: Mapping[str, Value]
    known: tuple[str, ...] = ()
    at: datetime | None = None


class Values:
    """`brought` are the plan's distributions for new leads, `filled` those for what events need; `people` the roster."""

    def __init__(
        self,
        process: Process,
        brought: Mapping[str, Draw],
        filled: Mapping[str, Draw],
        people: Iterable[Person] = (),
    ) -> None:
        self._process = process
        territories = sorted(one for person in people if person.active for one in person.territories)
        self._countries = territories or ["DE"]
        self._asked = _texts_in(process.takes_when.text) if process.takes_when else {}
        self._filled = {name: _source(process, name, draw) for name, draw in filled.items()}
        self._brought = {name: _source(process, name, draw) for name, draw in brought.items()}
        self._usual = {name: self._default(name, spec) for name, spec in process.fields.items()}
        # A lead brings what the front door and routing rules look at, and what it is refused without.
        expected = process.takes_when.reads if process.takes_when else ()
        self._always = [
            name
            for name, spec in process.fields.items()
            if name not in brought and not spec.personal and (spec.required or name in expected or spec.type in _TOLD)
        ]
        self._known = tuple(name for name, spec in process.fields.items() if spec.personal)

    def seedling(self, number: int, at: datetime, chance: Chance, special: Mapping[str, Draw]) -> Seedling:
        """A lead that the process takes. Raises LeadflowError where no draw fits it."""
        sources = self._brought
        if special:
            sources = sources | {name: _source(self._process, name, draw) for name, draw in special.items()}
        title = f"Lead {number + 1}"
        for _ in range(_TRIES):
            fields: dict[str, Value] = {}
            for name in self._always:
                if name not in sources:
                    fields[name] = title if name == "company" else self._usual[name](at, chance)
            for name, source in sources.items():
                fields[name] = source(at, chance)
            fields = {name: value for name, value in fields.items() if value is not None}
            if self._taken(fields, at):
                return Seedling(title, fields, self._known)
        raise LeadflowError(
            f"no lead that was drawn is one that {self._process.name} takes",
            "Say under `fields` what its leads bring, so that `takes` holds.",
        )

    def fill(self, name: str, at: datetime, chance: Chance) -> Value:
        """A value for a field that an event needs."""
        return self._filled.get(name, self._usual[name])(at, chance)

    def _taken(self, fields: dict[str, Value], at: datetime) -> bool:
        process = self._process
        if process.takes_when is None and not process.out_of_scope:
            return True
        view = process.view(new_lead(process, "", "", dict(fields), self._known, at), at)
        if any(tell(process, condition, view)[0] for _, condition in process.out_of_scope):
            return False
        return process.takes_when is None or bool(tell(process, process.takes_when, view)[0])

    def _default(self, name: str, spec: LeadField) -> Source:
        low, high = spec.min or 0, spec.max
        if name in self._asked:
            return partial(_one_of, self._asked[name])
        match spec.type:
            case FieldType.CHOICE:
                return partial(_one_of, tuple(spec.of or ()))
            case FieldType.BOOLEAN:
                return partial(_one_of, (True, False))
            case FieldType.COUNTRY:
                return partial(_one_of, tuple(self._countries))
            case FieldType.DOMAIN:
                return partial(_always, "example.com")
            case FieldType.INTEGER if high is not None:
                return partial(_between, int(low), int(high), True)
            case FieldType.INTEGER:
                return partial(_skewed, 100.0, 1_000.0, low, high, True)
            case FieldType.NUMBER | FieldType.MONEY:
                return partial(_skewed, 10_000.0, 50_000.0, low, high, False)
            case FieldType.DATE:
                return partial(_day, 20, 120)
            case _:
                return partial(_always, name)


_COMPARED = re.compile(r"""lead\.(\w+) (?:==|in) (\[[^\]]*\]|'[^']*'|"[^"]*")""")


def _texts_in(condition: str) -> dict[str, tuple[str, ...]]:
    """The texts that a condition compares fields with: what its leads most likely bring. Whether it holds is asked later."""
    found: dict[str, tuple[str, ...]] = {}
    for name, texts in _COMPARED.findall(condition):
        found[name] = (*found.get(name, ()), *re.findall(r"""['"]([^'"]*)['"]""", texts))
    return found


_TOLD = (FieldType.CHOICE, FieldType.INTEGER, FieldType.COUNTRY)
"""Types of fields that leads usually bring a value for."""


def _source(process: Process, name: str, draw: Draw) -> Source:
    """Raises LeadflowError where the process has no such field, or it does not accept what is to be drawn."""
    spec = process.fields.get(name)
    if spec is None or spec.personal:
        known = ", ".join(one for one, field in process.fields.items() if not field.personal)
        raise LeadflowError(f"{process.name} has no field '{name}' that could be drawn", f"Its fields are: {known}.")
    source = _drawn(spec, name, draw)
    share = share_of(draw.known)
    return source if share == 1 else partial(_maybe, share, source)


def _drawn(spec: LeadField, name: str, draw: Draw) -> Source:
    whole = spec.type is FieldType.INTEGER
    if draw.of is not None:
        values = tuple(_accepted(spec, name, value) for value in draw.of)
        return partial(_weighted, values, tuple(accumulate(draw.of.values())))
    if draw.between is not None:
        low, high = draw.between
        _accepted(spec, name, low)
        _accepted(spec, name, high)
        return partial(_between, low, high, whole)
    if draw.median is not None and draw.most is not None:
        _accepted(spec, name, round(draw.median) if whole else draw.median)
        return partial(_skewed, float(draw.median), float(draw.most), spec.min or 0, spec.max, whole)
    if draw.days_ahead is not None:
        if spec.type is not FieldType.DATE:
            raise LeadflowError(f"'{name}' is no date, so it is no number of days ahead", "Draw it in another way.")
        first, last = draw.days_ahead
        return partial(_day, first, last)
    return partial(_always, _accepted(spec, name, draw.value))


def _accepted(spec: LeadField, name: str, value: object) -> Value:
    try:
        return accept(spec, value)
    except BadValue as error:
        raise LeadflowError(f"'{name}' {error}, and {value!r} is to be drawn", "Correct the value.") from None


# --- the kinds of sources --------------------------------------------------------------------------------------------


def _always(value: Value, _at: datetime, _chance: Chance) -> Value:
    return value


def _maybe(share: float, source: Source, at: datetime, chance: Chance) -> Value:
    return source(at, chance) if chance.share() < share else None


def _one_of(values: tuple[Value, ...], _at: datetime, chance: Chance) -> Value:
    return values[chance.whole(0, len(values) - 1)]


def _weighted(values: tuple[Value, ...], cumulated: tuple[float, ...], _at: datetime, chance: Chance) -> Value:
    return values[chance.choice(cumulated)]


def _between(low: float, high: float, whole: bool, _at: datetime, chance: Chance) -> Value:
    return chance.whole(int(low), int(high)) if whole else chance.between(low, high)


def _skewed(
    median: float, most: float, low: float, high: float | None, whole: bool, _at: datetime, chance: Chance
) -> Value:
    value = max(chance.skewed(median, most), float(low))
    value = value if high is None else min(value, float(high))
    return round(value) if whole else round(value, 2)


def _day(first: int, last: int, at: datetime, chance: Chance) -> Value:
    return (at + timedelta(days=chance.whole(first, last))).date().isoformat()
