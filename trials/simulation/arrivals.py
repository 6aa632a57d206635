"""Which leads come, and when: by a rate over working days and hours, in waves, or as a file brings them."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from engine.errors import LeadflowError
from engine.language.simulation import Arrivals, SimulationPlan, Wave
from engine.process import Process
from engine.time.calendars import named_calendar
from engine.time.worktime import Calendar, Span, open_spans, parse_span
from trials.simulation.chance import Chance
from trials.simulation.values import Seedling, Values

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_ARRIVING = 1 << 40
"""Numbers from here on are no leads: what is drawn for all of them."""


@dataclass(frozen=True, slots=True)
class Coming:
    """A lead that comes, by its number in the order of time."""

    at: datetime
    seedling: Seedling


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day on, up to but not including the day after the last one on which leads come; `end` is when looking ends."""

    first: date
    last: date
    end: datetime

    @property
    def start(self) -> datetime:
        return datetime.combine(self.first, time(), UTC)


def period_of(plan: SimulationPlan, today: date) -> Period:
    """13 weeks from the next Monday, if the plan does not say. Raises LeadflowError for one that ends before it begins."""
    first = date.fromisoformat(plan.from_) if plan.from_ else today + timedelta(days=-today.weekday() % 7)
    last = date.fromisoformat(plan.until) if plan.until else first + timedelta(weeks=13, days=-1)
    if last < first:
        raise LeadflowError(f"the simulation ends ({last}) before it begins ({first})", "Give a later `until`.")
    end = datetime.combine(last + timedelta(days=1, weeks=plan.runs_on), time(), UTC)
    return Period(first, last, end)


def coming(
    process: Process,
    plan: SimulationPlan,
    period: Period,
    values: Values,
    chance: Chance,
    file: Sequence[Seedling] = (),
) -> list[Coming]:
    """All leads in the order of time. Those of a file come at their own times, where they have any, moved into the period."""
    chance.about(_ARRIVING)
    pattern = _Pattern(process, plan.arrivals, period.first, period.last)
    steady = _number(plan.arrivals, pattern, len(file))
    times = sorted(pattern.times(steady, chance))
    found = list(_from_file(file, times)) if file else list(_drawn(times, values, chance, 0))
    for number, wave in enumerate(plan.arrivals.waves):
        chance.about(_ARRIVING, number + 1)
        days = date.fromisoformat(wave.from_), date.fromisoformat(wave.until)
        times = sorted(_Pattern(process, plan.arrivals, *days).times(wave.leads, chance))
        found += _drawn(times, values, chance, len(found), wave)
    inside = [one for one in found if period.start <= one.at < period.end]
    return sorted(inside, key=lambda one: one.at)


def _drawn(
    times: Sequence[datetime], values: Values, chance: Chance, before: int, wave: Wave | None = None
) -> Iterator[Coming]:
    for number, at in enumerate(times, start=before):
        chance.about(number)
        yield Coming(at, values.seedling(number, at, chance, wave.fields if wave else {}))


def _from_file(file: Sequence[Seedling], times: Sequence[datetime]) -> Iterator[Coming]:
    """Rows with a time come then; the others in their order, at drawn times. More leads than rows: the rows come again."""
    for number, at in enumerate(times):
        row = file[number % len(file)]
        yield Coming(row.at if row.at is not None and number < len(file) else at, row)


def _number(arrivals: Arrivals, pattern: _Pattern, rows: int) -> int:
    if arrivals.rate is not None:
        amount, _, unit = arrivals.rate.partition(" ")
        unit = unit.partition(" ")[2]
        times = {"working day": pattern.open_days, "day": pattern.days, "week": pattern.days / 7}[unit]
        return round(float(amount) * times)
    if arrivals.leads is not None:
        return arrivals.leads
    return rows or DEFAULT_LEADS


DEFAULT_LEADS = 1_000


class _Pattern:
    """Slots of time, each as likely as it is busy and long."""

    def __init__(self, process: Process, arrivals: Arrivals, first: date, last: date) -> None:
        calendar = named_calendar(process, arrivals.calendar)
        zone = ZoneInfo(calendar.zone)
        busy = _weekdays(arrivals)
        slots: list[tuple[float, datetime, float]] = []
        self.days = (last - first).days + 1
        self.open_days = 0
        for ordinal in range(first.toordinal(), last.toordinal() + 1):
            day = date.fromordinal(ordinal)
            spans = open_spans(calendar, day)
            self.open_days += bool(spans)
            weight = busy.get(day.weekday(), 0.0) if busy else float(bool(spans))
            if weight:
                slots += _slots(zone, day, weight, _hours(arrivals, calendar, spans))
        self._slots = slots
        self._cumulated = list(accumulate(weight for weight, _, _ in slots))
        self._calendar = calendar

    def times(self, number: int, chance: Chance) -> list[datetime]:
        """Raises LeadflowError where leads are to come and there is no time for them."""
        if not number:
            return []
        if not self._cumulated:
            raise LeadflowError(
                f"no lead can come: {self._calendar.name} has no working day in that time",
                "Give a longer time, or say under `arrivals` on which `weekdays` leads come.",
            )
        whole = self._cumulated[-1]
        found = []
        for _ in range(number):
            place = chance.between(0.0, whole)
            _, begins, seconds = self._slots[min(bisect(self._cumulated, place), len(self._slots) - 1)]
            found.append(begins + timedelta(seconds=int(chance.between(0.0, seconds))))
        return found


def _slots(
    zone: ZoneInfo, day: date, weight: float, hours: Mapping[Span, float]
) -> Iterator[tuple[float, datetime, float]]:
    """A day's weight, shared out over its hours."""
    whole = sum(hours.values())
    for span, busy in hours.items():
        begins = datetime.combine(day, time(), zone) + timedelta(minutes=span.opens)
        yield weight * busy / whole, begins.astimezone(UTC), (span.closes - span.opens) * 60.0


def _weekdays(arrivals: Arrivals) -> dict[int, float]:
    found: dict[int, float] = {}
    for days, weight in arrivals.weekdays.items():
        first, _, last = days.partition("-")
        start, end = _DAYS.index(first), _DAYS.index(last or first)
        for ahead in range((end - start) % 7 + 1):
            found[(start + ahead) % 7] = float(weight)
    return {day: weight for day, weight in found.items() if weight}


def _hours(arrivals: Arrivals, calendar: Calendar, spans: Sequence[Span]) -> dict[Span, float]:
    """As the plan says; or the opening hours of that day, or of any day where it is closed."""
    if arrivals.hours:
        written = ((parse_span(one), weight) for text, weight in arrivals.hours.items() for one in text.split(","))
        return {span: float(weight) for span, weight in written if weight}
    usual = spans or next((week for week in calendar.week if week), (Span(0, 1440),))
    return {span: float(span.closes - span.opens) for span in usual}
