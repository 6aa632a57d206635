"""Moments as scenarios write them, and as people read them: always on one wall clock, that of the scenario."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from engine.errors import LeadflowError
from engine.time.worktime import check_zone

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class MomentError(LeadflowError):
    """A moment that no calendar or clock shows."""

    remedy = "Write it as 2026-03-02 10:00 Europe/Berlin."


def zone_of(text: str) -> ZoneInfo | None:
    """The zone that a moment names, None where it names none. Raises LeadflowError for one that is none."""
    parts = text.split(" ")
    if len(parts) < 3:
        return None
    check_zone(parts[2])
    return ZoneInfo(parts[2])


def moment(text: str, zone: ZoneInfo) -> datetime:
    """A moment in UTC; `zone` counts where the text names none. Raises LeadflowError."""
    day, clock, *_ = text.split(" ")
    zone = zone_of(text) or zone
    try:
        local = datetime.combine(date.fromisoformat(day), time.fromisoformat(clock), zone)
    except ValueError:
        raise MomentError(f"there is no moment '{day} {clock}'") from None
    return local.astimezone(UTC)


def until(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """A moment, or the next time after `now` that it is so: `Mon 09:00`. Raises LeadflowError."""
    weekday, _, clock = text.partition(" ")
    if weekday not in WEEKDAYS:
        return moment(text, zone)
    try:
        at = time.fromisoformat(clock)
    except ValueError:
        raise MomentError(f"there is no time '{clock}'", "Write it as Mon 09:00.") from None
    local = now.astimezone(zone)
    ahead = (WEEKDAYS.index(weekday) - local.weekday()) % 7
    for days in (ahead, ahead + 7):
        found = datetime.combine(local.date() + timedelta(days=days), at, zone).astimezone(UTC)
        if found > now:
            return found
    raise AssertionError("the same time next week is later")


def day_or_moment(text: str, zone: ZoneInfo, *, after: bool) -> datetime:
    """A day is meant whole: a last day (`after`) ends at its midnight. Raises LeadflowError."""
    if " " in text:
        return moment(text, zone)
    try:
        day = date.fromisoformat(text) + timedelta(days=1 if after else 0)
    except (ValueError, OverflowError):
        raise MomentError(f"there is no day '{text}'", "Write it as '2026-12-24'.") from None
    return datetime.combine(day, time(), zone).astimezone(UTC)


def said(at: datetime, zone: ZoneInfo) -> str:
    """`Thu 2026-03-05 10:00`, with seconds where there are any."""
    local = at.astimezone(zone)
    clock = f"{local:%H:%M}" if not local.second else f"{local:%H:%M:%S}"
    return f"{WEEKDAYS[local.weekday()]} {local:%Y-%m-%d} {clock}"


def written(at: datetime, zone: ZoneInfo) -> str:
    """As a scenario writes it: `2026-03-05 10:00`."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
