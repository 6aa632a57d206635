"""Deadlines on somebody's calendar: weekends, holidays, leave, half-days, zones, and the nights when clocks change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import LeadflowError, NoWorkingTime
from engine.time.durations import Duration, DurationError, Unit, parse_duration
from engine.time.worktime import (
    Absence,
    Calendar,
    CalendarError,
    Span,
    add,
    add_working_time,
    check_region,
    check_zone,
    is_open,
    next_open,
    opening_of,
    parse_span,
    with_absences,
    working_time,
)

Week = tuple[tuple[Span, ...], ...]

NINE_TO_FIVE = (parse_span("09:00-17:00"),)
SHIFTS = (parse_span("08:00-12:00"), parse_span("14:00-18:00"))
ALL_DAY = (parse_span("00:00-24:00"),)


def week(spans: tuple[Span, ...], days: int = 5) -> Week:
    return (spans,) * days + ((),) * (7 - days)


BERLIN = Calendar("berlin", "Europe/Berlin", week(NINE_TO_FIVE), "DE")
PLAIN = Calendar("plain", "Europe/Berlin", week(NINE_TO_FIVE))
NEW_YORK = Calendar("new york", "America/New_York", week(NINE_TO_FIVE), "US-NY")
ROUND_THE_CLOCK = Calendar("round the clock", "Europe/Berlin", week(ALL_DAY, 7))
NIGHTS = Calendar("nights", "Europe/Berlin", week((parse_span("00:00-06:00"),), 7))


def at(text: str, zone: str = "Europe/Berlin") -> datetime:
    """The instant at which clocks in `zone` show `text`."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def due(calendar: Calendar, start: str, duration: str) -> str:
    """The deadline as the calendar's own clock shows it, with its offset from UTC."""
    deadline = add(calendar, at(start, calendar.zone), parse_duration(duration))
    assert deadline.tzinfo is UTC
    return deadline.astimezone(ZoneInfo(calendar.zone)).strftime("%a %Y-%m-%d %H:%M %z")


# Known defects of working-time deadlines elsewhere


def test_a_start_on_a_closed_day_counts_from_the_next_opening() -> None:
    """S2.5: Saturday 16:00 and one hour is Monday 10:00, not Monday 17:00 by carrying the clock time over."""
    assert due(PLAIN, "2026-11-21 16:00", "1 working hour") == "Mon 2026-11-23 10:00 +0100"
    assert due(PLAIN, "2026-11-21 16:00", "1 working day") == "Tue 2026-11-24 09:00 +0100"


@pytest.mark.parametrize("duration", ["0 working days", "3 working days", "1 working hour", "0 working minutes"])
@pytest.mark.parametrize(
    "calendar",
    [
        Calendar("empty", "Europe/Berlin", week(())),
        with_absences(BERLIN, [Absence(at("2026-01-01 00:00"), datetime.max.replace(tzinfo=UTC))]),
    ],
)
def test_a_calendar_that_never_opens_is_an_error_and_not_an_endless_loop(calendar: Calendar, duration: str) -> None:
    """S2.5: no working day within three years is said, with calendar and mend."""
    with pytest.raises(NoWorkingTime, match=f'"{calendar.name}"') as error:
        add(calendar, at("2026-12-22 16:00"), parse_duration(duration))
    assert "opening hours" in error.value.remedy
    with pytest.raises(NoWorkingTime):
        next_open(calendar, at("2026-12-22 16:00"))
    assert not is_open(calendar, at("2026-12-22 16:00"))
    assert working_time(calendar, at("2026-12-22 16:00"), at("2030-12-22 16:00")) == timedelta()


def test_a_leave_of_two_years_is_waited_out() -> None:
    """B.6: a long leave is no error while it ends within three years."""
    away = with_absences(PLAIN, [Absence(at("2026-11-23 00:00"), at("2028-11-23 12:00"))])
    assert due(away, "2026-11-23 10:00", "1 working hour") == "Thu 2028-11-23 13:00 +0100"
    gone = with_absences(PLAIN, [Absence(at("2026-11-23 00:00"), at("2030-11-23 12:00"))])
    with pytest.raises(NoWorkingTime, match=r"three years after 2026-11-23"):
        add(gone, at("2026-11-23 10:00"), parse_duration("1 working hour"))


def test_working_time_is_counted_in_intervals_and_exactly() -> None:
    """S1.10: ten years of working time, to the microsecond, without stepping through seconds."""
    start, end = at("2020-01-01 00:00") + timedelta(microseconds=1), at("2030-01-01 00:00")
    weekdays = sum(
        date.fromordinal(day).weekday() < 5 for day in range(date(2020, 1, 1).toordinal(), date(2030, 1, 1).toordinal())
    )
    assert working_time(PLAIN, start, end) == timedelta(hours=8 * weekdays)
    morning = at("2026-11-23 09:00")
    assert working_time(PLAIN, morning + timedelta(microseconds=1), morning + timedelta(microseconds=3)) == timedelta(
        microseconds=2
    )


def test_a_day_may_have_several_shifts() -> None:
    """B.6: the hours between two shifts do not count."""
    shifts = replace(PLAIN, week=week(SHIFTS))
    assert due(shifts, "2026-11-23 11:00", "2 working hours") == "Mon 2026-11-23 15:00 +0100"
    assert due(shifts, "2026-11-23 13:00", "30 working minutes") == "Mon 2026-11-23 14:30 +0100"
    assert due(shifts, "2026-11-23 17:00", "6 working hours") == "Tue 2026-11-24 15:00 +0100"
    assert working_time(shifts, at("2026-11-23 10:00"), at("2026-11-23 16:00")) == timedelta(hours=4)


def test_each_calendar_has_its_own_zone() -> None:
    """B.6: the same instant is late on Friday in Berlin and before lunch in New York."""
    friday = at("2026-11-20 16:30")
    two_hours = parse_duration("2 working hours")
    assert add(PLAIN, friday, two_hours) == at("2026-11-23 10:30")
    assert add(NEW_YORK, friday, two_hours) == at("2026-11-20 12:30", "America/New_York")


# Working days


def test_three_working_days_over_christmas() -> None:
    """S2.5: the 25th is a holiday and the 26th and 27th a weekend; the hour of the day stays."""
    assert due(BERLIN, "2026-12-22 16:00", "3 working days") == "Mon 2026-12-28 16:00 +0100"


@pytest.mark.parametrize(
    ("start", "duration", "deadline"),
    [
        ("2026-11-23 10:15", "0 working days", "Mon 2026-11-23 10:15 +0100"),
        ("2026-11-23 10:15", "1 working day", "Tue 2026-11-24 10:15 +0100"),
        ("2026-11-20 16:59", "1 working day", "Mon 2026-11-23 16:59 +0100"),
        ("2026-11-20 17:00", "1 working day", "Tue 2026-11-24 09:00 +0100"),
        ("2026-11-20 17:00", "0 working days", "Mon 2026-11-23 09:00 +0100"),
        ("2026-11-23 06:00", "1 working day", "Tue 2026-11-24 09:00 +0100"),
        ("2026-11-22 12:00", "5 working days", "Mon 2026-11-30 09:00 +0100"),
        ("2026-11-23 09:00", "10 working days", "Mon 2026-12-07 09:00 +0100"),
    ],
)
def test_working_days_keep_the_time_of_day(start: str, duration: str, deadline: str) -> None:
    """S2.5: out of hours a start moves to the next opening first; then each working day is one day on the clock."""
    assert due(BERLIN, start, duration) == deadline


@pytest.mark.parametrize(
    ("start", "deadline"),
    [
        ("2026-12-21 09:30", "Tue 2026-12-22 10:00 +0100"),  # before the first opening: the opening
        ("2026-12-21 11:00", "Tue 2026-12-22 11:00 +0100"),  # within a span: that time
        ("2026-12-21 12:30", "Tue 2026-12-22 12:00 +0100"),  # between spans: the end of the one before
        ("2026-12-21 13:00", "Tue 2026-12-22 13:00 +0100"),  # at an opening: that opening
        ("2026-12-21 14:00", "Tue 2026-12-22 14:00 +0100"),
        ("2026-12-21 16:30", "Tue 2026-12-22 15:00 +0100"),  # after the last span: its end, not the next day
    ],
)
def test_a_working_day_deadline_fits_the_hours_of_its_day(start: str, deadline: str) -> None:
    """S2.5: a deadline never lies outside the hours of the day it falls on, and never spills to the next."""
    short = {date(2026, 12, 22): (parse_span("10:00-12:00"), parse_span("13:00-15:00"))}
    assert due(replace(PLAIN, special=short), start, "1 working day") == deadline


def test_a_half_day_is_a_working_day() -> None:
    """B.6: Christmas Eve until noon counts as a day, and its hours as three."""
    office = replace(BERLIN, special={date(2026, 12, 24): (parse_span("09:00-12:00"),)})
    assert due(office, "2026-12-23 16:00", "1 working day") == "Thu 2026-12-24 12:00 +0100"
    assert due(office, "2026-12-23 16:00", "2 working days") == "Mon 2026-12-28 16:00 +0100"
    assert due(office, "2026-12-23 16:00", "5 working hours") == "Mon 2026-12-28 10:00 +0100"


def test_hours_of_a_single_date_win_over_holidays_and_weekends() -> None:
    """B.6: an office that works on a holiday or a Saturday says so for that date."""
    office = replace(BERLIN, special={date(2026, 12, 25): NINE_TO_FIVE, date(2026, 12, 26): NINE_TO_FIVE})
    assert due(office, "2026-12-24 10:00", "2 working days") == "Sat 2026-12-26 10:00 +0100"


def test_closures_of_the_office_are_days_off() -> None:
    """B.6: an office that closes between the years."""
    office = replace(BERLIN, closed=tuple(date(2026, 12, day) for day in range(24, 32)))
    assert due(office, "2026-12-22 16:00", "3 working days") == "Tue 2027-01-05 16:00 +0100"
    assert due(office, "2026-12-23 16:00", "2 working hours") == "Mon 2027-01-04 10:00 +0100"


# Working hours and minutes


def test_twenty_four_working_hours_over_christmas_in_bavaria() -> None:
    """S2.5: one hour on the 23rd, eight on the 24th and the 28th, seven on the 29th."""
    bavaria = replace(BERLIN, holiday_region="DE-BY")
    assert due(bavaria, "2026-12-23 16:00", "24 working hours") == "Tue 2026-12-29 16:00 +0100"


@pytest.mark.parametrize(
    ("start", "duration", "deadline"),
    [
        ("2026-11-20 16:59", "1 working minute", "Fri 2026-11-20 17:00 +0100"),
        ("2026-11-20 16:59", "2 working minutes", "Mon 2026-11-23 09:01 +0100"),
        ("2026-11-20 16:59", "0 working minutes", "Fri 2026-11-20 16:59 +0100"),
        ("2026-11-20 17:00", "0 working minutes", "Mon 2026-11-23 09:00 +0100"),
        ("2026-11-23 09:00", "8 working hours", "Mon 2026-11-23 17:00 +0100"),
        ("2026-11-23 09:00", "40 working hours", "Fri 2026-11-27 17:00 +0100"),
        ("2026-11-23 09:30", "40 working hours", "Mon 2026-11-30 09:30 +0100"),
    ],
)
def test_a_deadline_that_meets_a_closing_time_stays_there(start: str, duration: str, deadline: str) -> None:
    """S2.5: work that fills the day is due when the day ends, not at the next opening."""
    assert due(PLAIN, start, duration) == deadline


def test_elapsed_units_ignore_the_calendar() -> None:
    """S4.1: twenty-four hours from Friday evening end on Saturday evening."""
    assert due(BERLIN, "2026-11-20 18:00", "24 hours") == "Sat 2026-11-21 18:00 +0100"
    assert add(BERLIN, at("2026-11-20 18:00"), parse_duration("1 month")) == at("2026-12-20 18:00")


def test_what_is_left_of_a_clock_need_not_be_whole() -> None:
    """B.6: half of a clock, for a warning, and what a pause left of it are given as time and not in units."""
    start = at("2026-12-22 16:00")
    deadline = add(BERLIN, start, parse_duration("3 working days"))
    half = working_time(BERLIN, start, deadline) / 2
    assert add_working_time(BERLIN, start, half) == at("2026-12-24 12:00")
    assert add_working_time(BERLIN, start, timedelta(seconds=90)) == start + timedelta(seconds=90)
    assert add_working_time(BERLIN, at("2026-11-21 12:00"), timedelta(hours=-1)) == at("2026-11-23 09:00")


# Leave


def test_leave_is_not_working_time() -> None:
    """B.6: three working days of somebody who is away for two of them."""
    away = with_absences(BERLIN, [Absence(at("2026-11-24 00:00"), at("2026-11-26 00:00"))])
    assert due(away, "2026-11-23 10:00", "3 working days") == "Mon 2026-11-30 10:00 +0100"
    assert due(away, "2026-11-23 16:00", "2 working hours") == "Thu 2026-11-26 10:00 +0100"
    assert working_time(away, at("2026-11-23 00:00"), at("2026-11-28 00:00")) == timedelta(hours=24)


def test_leave_that_starts_while_a_clock_runs_moves_the_deadline() -> None:
    """B.6: the same clock from the same start, recomputed when leave is entered in the middle of a day."""
    start = at("2026-11-23 10:00")
    assert add(BERLIN, start, parse_duration("6 working hours")) == at("2026-11-23 16:00")
    away = with_absences(BERLIN, [Absence(at("2026-11-23 13:00"), at("2026-11-25 11:00"))])
    assert add(away, start, parse_duration("6 working hours")) == at("2026-11-25 14:00")
    assert add(away, start, parse_duration("1 working day")) == at("2026-11-25 11:00")
    assert is_open(away, at("2026-11-23 12:59")) and not is_open(away, at("2026-11-23 13:00"))
    assert next_open(away, at("2026-11-23 13:00")) == at("2026-11-25 11:00")


def test_a_day_with_any_time_left_is_a_working_day() -> None:
    """B.6: leave until four in the afternoon leaves a working day; leave until closing does not."""
    until_four = with_absences(BERLIN, [Absence(at("2026-11-24 00:00"), at("2026-11-24 16:00"))])
    until_five = with_absences(BERLIN, [Absence(at("2026-11-24 00:00"), at("2026-11-24 17:00"))])
    assert due(until_four, "2026-11-23 10:00", "1 working day") == "Tue 2026-11-24 16:00 +0100"
    assert due(until_five, "2026-11-23 10:00", "1 working day") == "Wed 2026-11-25 10:00 +0100"


def test_leave_over_lunch_ends_the_deadline_before_it() -> None:
    """B.6: leave in the middle of the target day is a gap like any other."""
    away = with_absences(BERLIN, [Absence(at("2026-11-24 11:00"), at("2026-11-24 14:00"))])
    assert due(away, "2026-11-23 12:00", "1 working day") == "Tue 2026-11-24 11:00 +0100"
    assert due(away, "2026-11-23 15:00", "1 working day") == "Tue 2026-11-24 15:00 +0100"


def test_leaves_may_overlap_and_come_in_any_order() -> None:
    """B.6: two entries for one journey are one absence."""
    late, early = (
        Absence(at("2026-11-24 12:00"), at("2026-11-26 00:00")),
        Absence(at("2026-11-23 12:00"), at("2026-11-25 12:00")),
    )
    away = with_absences(BERLIN, [late, early])
    assert away == with_absences(BERLIN, [early, late])
    assert due(away, "2026-11-23 11:00", "2 working hours") == "Thu 2026-11-26 10:00 +0100"


def test_new_leave_replaces_the_old() -> None:
    """B.6: leave that is cancelled gives the days back."""
    away = with_absences(BERLIN, [Absence(at("2026-11-24 00:00"), at("2026-11-26 00:00"))])
    assert with_absences(away, []) == BERLIN


# Nights when clocks change


def test_the_spring_night_has_five_hours() -> None:
    """B.6: 00:00-06:00 on the night when 02:00 becomes 03:00."""
    assert due(NIGHTS, "2027-03-28 00:00", "5 working hours") == "Sun 2027-03-28 06:00 +0200"
    assert due(NIGHTS, "2027-03-28 01:30", "1 working hour") == "Sun 2027-03-28 03:30 +0200"
    assert working_time(NIGHTS, at("2027-03-28 00:00"), at("2027-03-28 06:00")) == timedelta(hours=5)


def test_the_autumn_night_has_seven_hours() -> None:
    """B.6: 00:00-06:00 on the night when 03:00 becomes 02:00."""
    assert due(NIGHTS, "2027-10-31 00:00", "7 working hours") == "Sun 2027-10-31 06:00 +0100"
    assert due(NIGHTS, "2027-10-31 01:30", "1 working hour") == "Sun 2027-10-31 02:30 +0200"
    assert due(NIGHTS, "2027-10-31 01:30", "2 working hours") == "Sun 2027-10-31 02:30 +0100"
    assert working_time(NIGHTS, at("2027-10-31 00:00"), at("2027-10-31 06:00")) == timedelta(hours=7)


def test_working_days_keep_the_local_time_when_clocks_change() -> None:
    """B.6: Friday 16:00 and one working day is Monday 16:00 on the wall, an hour less or more in UTC."""
    assert due(BERLIN, "2027-03-25 16:00", "1 working day") == "Tue 2027-03-30 16:00 +0200"  # over Easter
    assert due(PLAIN, "2027-03-26 16:00", "1 working day") == "Mon 2027-03-29 16:00 +0200"
    assert due(PLAIN, "2027-10-29 16:00", "1 working day") == "Mon 2027-11-01 16:00 +0100"


def test_a_skipped_hour_is_its_end_and_a_repeated_hour_its_first() -> None:
    """B.6: 02:30 does not exist in the spring night; in the autumn night the first 02:30 counts."""
    assert due(NIGHTS, "2027-03-27 02:30", "1 working day") == "Sun 2027-03-28 03:00 +0200"
    assert due(NIGHTS, "2027-10-30 02:30", "1 working day") == "Sun 2027-10-31 02:30 +0200"
    second_half_past_two = at("2027-10-31 02:30") + timedelta(hours=1)
    assert add(NIGHTS, second_half_past_two, parse_duration("1 working day")) == at("2027-11-01 03:00")


def test_a_span_inside_the_skipped_hour_is_no_working_time() -> None:
    """B.6: who works from 02:00 to 03:00 has that Sunday off."""
    odd = replace(PLAIN, week=week((parse_span("02:00-03:00"),), 7))
    assert due(odd, "2027-03-27 02:30", "1 working day") == "Mon 2027-03-29 02:30 +0200"
    assert working_time(odd, at("2027-03-28 00:00"), at("2027-03-29 00:00")) == timedelta()


def test_a_calendar_open_round_the_clock_counts_every_real_hour() -> None:
    """B.6: no seam at midnight, 23 hours on the spring day and 25 on the autumn day."""
    assert due(ROUND_THE_CLOCK, "2026-11-21 23:30", "1 working hour") == "Sun 2026-11-22 00:30 +0100"
    assert due(ROUND_THE_CLOCK, "2026-11-21 23:30", "2 working days") == "Mon 2026-11-23 23:30 +0100"
    assert due(ROUND_THE_CLOCK, "2027-03-28 00:00", "24 working hours") == "Mon 2027-03-29 01:00 +0200"
    assert due(ROUND_THE_CLOCK, "2027-10-31 00:00", "24 working hours") == "Sun 2027-10-31 23:00 +0100"
    assert is_open(ROUND_THE_CLOCK, at("2026-11-22 00:00"))


def test_a_day_that_a_zone_leaves_out_is_no_working_day() -> None:
    """B.6: Samoa had no 30 December 2011."""
    samoa = Calendar("samoa", "Pacific/Apia", week(NINE_TO_FIVE, 7))
    assert due(samoa, "2011-12-29 12:00", "1 working day") == "Sat 2011-12-31 12:00 +1400"


def test_zones_that_change_clocks_at_midnight() -> None:
    """B.6: Cairo's spring day begins at 01:00, Havana's autumn day has its first hour twice."""
    cairo = Calendar("cairo", "Africa/Cairo", week(ALL_DAY, 7))
    havana = Calendar("havana", "America/Havana", week(ALL_DAY, 7))
    assert due(cairo, "2026-04-23 23:30", "1 working hour") == "Fri 2026-04-24 01:30 +0300"
    assert due(cairo, "2026-04-23 00:30", "1 working day") == "Fri 2026-04-24 01:00 +0300"
    assert due(havana, "2026-11-01 00:00", "1 working hour") == "Sun 2026-11-01 00:00 -0500"
    assert working_time(havana, at("2026-11-01 00:00", "America/Havana"), at("2026-11-02 00:00", "America/Havana")) == (
        timedelta(hours=25)
    )


# Open or closed


@pytest.mark.parametrize(
    ("moment", "open_now", "next_time"),
    [
        ("2026-11-23 08:59", False, "2026-11-23 09:00"),
        ("2026-11-23 09:00", True, "2026-11-23 09:00"),
        ("2026-11-23 16:59", True, "2026-11-23 16:59"),
        ("2026-11-23 17:00", False, "2026-11-24 09:00"),
        ("2026-11-21 12:00", False, "2026-11-23 09:00"),
        ("2026-12-25 12:00", False, "2026-12-28 09:00"),
    ],
)
def test_an_opening_is_open_and_a_closing_is_closed(moment: str, open_now: bool, next_time: str) -> None:
    """B.6: off shift or not, and when again."""
    assert is_open(BERLIN, at(moment)) is open_now
    assert next_open(BERLIN, at(moment)) == at(next_time)


@pytest.mark.parametrize(("day", "opening"), [("2026-11-23", "2026-11-23 09:00"), ("2026-12-25", "2026-12-28 09:00")])
def test_a_date_begins_at_its_first_working_moment(day: str, opening: str) -> None:
    """B.6: a date without a time is the opening of that day, or of the next one that opens."""
    assert opening_of(BERLIN, day) == at(opening)


def test_working_time_is_never_negative() -> None:
    """S1.10: an end before the start is no time at all."""
    assert working_time(PLAIN, at("2026-11-24 12:00"), at("2026-11-23 12:00")) == timedelta()
    assert working_time(PLAIN, at("2026-11-23 12:00"), at("2026-11-23 12:00")) == timedelta()


def test_the_zone_a_moment_is_written_in_does_not_matter() -> None:
    """B.6: instants are compared, not clocks."""
    start = at("2026-12-22 16:00")
    for zone in ("Asia/Tokyo", "America/Los_Angeles"):
        assert add(BERLIN, start.astimezone(ZoneInfo(zone)), parse_duration("3 working days")) == at("2026-12-28 16:00")


def test_a_moment_without_a_zone_is_refused() -> None:
    """B.6: a naive time would mean the zone of whichever machine runs this."""
    naive = datetime(2026, 12, 22, 16)
    for ask in (
        lambda: add(BERLIN, naive, parse_duration("1 working day")),
        lambda: is_open(BERLIN, naive),
        lambda: next_open(BERLIN, naive),
        lambda: working_time(BERLIN, naive, at("2026-12-23 16:00")),
        lambda: Absence(naive, naive),
    ):
        with pytest.raises(DurationError, match="no time zone"):
            ask()


# What ops write


def test_spans_are_read_and_shown_as_written() -> None:
    """B.6: 09:00-17:00, and 24:00 for the end of the day."""
    assert parse_span("09:00-17:00") == Span(540, 1020)
    assert [str(parse_span(text)) for text in ("00:00-24:00", "08:30-12:15")] == ["00:00-24:00", "08:30-12:15"]


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ("9-17", "09:00-17:00"),
        ("9:00-17:00", "09:00-17:00"),
        ("09:00 to 17:00", "09:00-17:00"),
        ("09:60-17:00", "09:00-17:00"),
        ("22:00-06:00", "22:00-24:00, and the rest on the next day"),
        ("09:00-09:00", "09:00-24:00"),
        ("09:00-24:30", "within 00:00-24:00"),
        ("25:00-26:00", "within 00:00-24:00"),
    ],
)
def test_a_wrong_span_is_refused_with_the_form_to_write(text: str, mend: str) -> None:
    """B.6: hours are not guessed."""
    with pytest.raises(CalendarError) as refused:
        parse_span(text)
    assert mend in refused.value.remedy


def test_a_calendar_that_contradicts_itself_is_refused() -> None:
    """B.6: a week of six days, spans that overlap, a date both closed and special, leave that ends before it starts."""
    with pytest.raises(CalendarError, match="has 6 days"):
        replace(PLAIN, week=week(NINE_TO_FIVE)[:6])
    with pytest.raises(CalendarError, match="11:00-13:00 after 09:00-12:00"):
        replace(PLAIN, week=week((parse_span("09:00-12:00"), parse_span("11:00-13:00"))))
    with pytest.raises(CalendarError, match="2026-12-24 is closed"):
        replace(PLAIN, closed=(date(2026, 12, 24),), special={date(2026, 12, 24): NINE_TO_FIVE})
    with pytest.raises(CalendarError, match=r"ends .* before it starts"):
        Absence(at("2026-12-24 00:00"), at("2026-12-23 00:00"))


@pytest.mark.parametrize(
    ("region", "mend"),
    [
        ("DE-BX", "DE-BY"),
        ("de", "Write DE."),
        ("DE-Bayern", "DE-BY"),
        ("DEU", "DE"),
        ("DE-", "DE"),
        ("XX", "ISO 3166"),
        ("Germany", ""),
        ("HolidayBase", "ISO 3166"),
        ("", "ISO 3166"),
    ],
)
def test_an_unknown_holiday_region_is_refused_with_similar_ones(region: str, mend: str) -> None:
    """B.6: a misspelt region would otherwise mean no holidays, quietly."""
    with pytest.raises(LeadflowError) as refused:
        check_region(region)
    assert f'"{region}"' in refused.value.message
    assert mend in refused.value.remedy


@pytest.mark.parametrize("region", ["DE", "DE-BY", "US", "US-CA", "GB-ENG", "BR", "JP"])
def test_a_holiday_region_is_a_country_or_a_part_of_it(region: str) -> None:
    """B.6: ISO 3166 codes."""
    check_region(region)


def test_holidays_differ_between_parts_of_a_country() -> None:
    """B.6: Epiphany is a holiday in Bavaria and not in Berlin."""
    assert is_open(BERLIN, at("2026-01-06 12:00"))
    assert not is_open(replace(BERLIN, holiday_region="DE-BY"), at("2026-01-06 12:00"))


@pytest.mark.parametrize(
    ("zone", "mend"),
    [
        ("Berlin", "Write Europe/Berlin."),
        ("europe/berlin", "Write Europe/Berlin."),
        ("New York", "Write America/New_York."),
        ("Europe/Belin", "Europe/Berlin"),
        ("localtime", "Europe/Berlin"),
        ("../zoneinfo/UTC", ""),
        ("Europe", "Europe/"),
        ("", "Europe/Berlin"),
    ],
)
def test_an_unknown_zone_is_refused_with_similar_ones(zone: str, mend: str) -> None:
    """B.6: also where a machine's own file names would let it pass."""
    with pytest.raises(LeadflowError) as refused:
        check_zone(zone)
    assert f'"{zone}"' in refused.value.message
    assert mend in refused.value.remedy
    with pytest.raises(CalendarError):
        is_open(replace(PLAIN, zone=zone), at("2026-01-06 12:00"))


def test_zones_of_the_iana_table_are_known() -> None:
    """B.6: including UTC."""
    for zone in ("Europe/Berlin", "America/Argentina/Buenos_Aires", "UTC"):
        check_zone(zone)


# Properties

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Havana",  # clocks go back to midnight
    "Africa/Cairo",  # clocks go forward at midnight
    "America/St_Johns",  # until 2011 clocks changed at 00:01, so that a date came twice
    "Australia/Lord_Howe",  # half an hour of summer time
    "Pacific/Apia",  # a date left out in 2011
    "Asia/Kolkata",
]

# Around every kind of change above, with the years between left out.
MOMENTS = st.one_of(
    st.datetimes(datetime(2010, 9, 1), datetime(2012, 4, 30), timezones=st.just(UTC)),
    st.datetimes(datetime(2026, 3, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),
    st.datetimes(datetime(2011, 11, 6, 2), datetime(2011, 11, 6, 5), timezones=st.just(UTC)),
    st.datetimes(datetime(2027, 10, 30, 23), datetime(2027, 10, 31, 3), timezones=st.just(UTC)),
    st.datetimes(datetime(2027, 3, 27, 23), datetime(2027, 3, 28, 3), timezones=st.just(UTC)),
)


@st.composite
def day_spans(draw: st.DrawFn) -> tuple[Span, ...]:
    edges = sorted(draw(st.sets(st.integers(0, 48), max_size=6)))
    return tuple(Span(opens * 30, closes * 30) for opens, closes in zip(edges[::2], edges[1::2], strict=False))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """Calendars that open at least once a week, with any hours, zone, closures, half-days and short leave."""
    days = draw(st.lists(st.one_of(day_spans(), st.just(ALL_DAY)), min_size=7, max_size=7).filter(any))
    near = st.dates(date(2026, 3, 1), date(2027, 12, 31))
    special = draw(st.dictionaries(near, day_spans(), max_size=3))
    closed = draw(st.sets(near, max_size=3)) - special.keys()
    absences = [
        Absence(start, start + length)
        for start, length in draw(
            st.lists(st.tuples(MOMENTS, st.timedeltas(timedelta(), timedelta(days=20))), max_size=3)
        )
    ]
    region = draw(st.sampled_from([None, "DE-BY", "US-NY"]))
    calendar = Calendar("any", draw(st.sampled_from(ZONES)), tuple(days), region, tuple(sorted(closed)), special)
    return with_absences(calendar, absences)


working_durations = st.one_of(
    st.builds(Duration, st.integers(0, 12), st.just(Unit.working_days)),
    st.builds(Duration, st.integers(0, 60), st.just(Unit.working_hours)),
    st.builds(Duration, st.integers(0, 600), st.just(Unit.working_minutes)),
)
elapsed_durations = st.builds(
    Duration, st.integers(0, 60), st.sampled_from([Unit.minutes, Unit.hours, Unit.days, Unit.weeks])
)


@given(
    calendars(), MOMENTS, st.timedeltas(timedelta(), timedelta(days=3)), st.one_of(working_durations, elapsed_durations)
)
def test_a_later_start_is_never_due_earlier(
    calendar: Calendar, start: datetime, later: timedelta, duration: Duration
) -> None:
    """S2.5: deadlines are monotone in the start, whatever clocks, leave and holidays do."""
    assert start <= add(calendar, start, duration) <= add(calendar, start + later, duration)


@given(calendars(), MOMENTS, working_durations)
def test_working_hours_agree_with_working_time(calendar: Calendar, start: datetime, duration: Duration) -> None:
    """S1.10: as much open time lies before a deadline of hours or minutes as the duration says."""
    deadline = add(calendar, start, duration)
    passed = working_time(calendar, start, deadline)
    if duration.unit is Unit.working_hours:
        assert passed == timedelta(hours=duration.amount)
    elif duration.unit is Unit.working_minutes:
        assert passed == timedelta(minutes=duration.amount)
    elif passed:
        assert add_working_time(calendar, start, passed) <= deadline


@given(calendars(), MOMENTS, working_durations)
def test_a_working_deadline_is_in_working_time_or_at_its_end(
    calendar: Calendar, start: datetime, duration: Duration
) -> None:
    """S2.5: nobody is overdue at a moment outside their hours, but for the closing time itself."""
    deadline = add(calendar, start, duration)
    assert is_open(calendar, deadline) or is_open(calendar, deadline - timedelta(microseconds=1))


@given(
    calendars(), MOMENTS, st.timedeltas(timedelta(), timedelta(days=9)), st.timedeltas(timedelta(), timedelta(days=9))
)
def test_working_time_adds_up(calendar: Calendar, start: datetime, first: timedelta, second: timedelta) -> None:
    """S1.10: two visits to a stage take as long as both together, and never more than real time."""
    middle, end = start + first, start + first + second
    total = working_time(calendar, start, end)
    assert total == working_time(calendar, start, middle) + working_time(calendar, middle, end)
    assert total <= end - start


@given(calendars(), MOMENTS)
def test_the_next_opening_is_the_end_of_closed_time(calendar: Calendar, moment: datetime) -> None:
    """B.6: it is open then, and there is no working time before."""
    opening = next_open(calendar, moment)
    assert opening >= moment and is_open(calendar, opening)
    assert working_time(calendar, moment, opening) == timedelta()
    assert is_open(calendar, moment) is (opening == moment)


WHOLE_HOURS = st.integers(0, 24 * 60).map(lambda hours: datetime(2027, 3, 20, tzinfo=UTC) + timedelta(hours=hours))


@settings(max_examples=40)
@given(
    calendar=st.sampled_from([BERLIN, NEW_YORK, NIGHTS, ROUND_THE_CLOCK, replace(PLAIN, week=week(SHIFTS, 6))]),
    start=st.one_of(
        st.just(datetime(2027, 3, 26, 22, tzinfo=UTC)), st.just(datetime(2027, 10, 29, 22, tzinfo=UTC)), WHOLE_HOURS
    ),
    hours=st.integers(0, 24 * 7),
)
def test_working_time_is_what_looking_at_the_clock_each_minute_gives(
    calendar: Calendar, start: datetime, hours: int
) -> None:
    """S1.10: against the slow way, which knows nothing of intervals."""
    zone = ZoneInfo(calendar.zone)
    public = replace(calendar, week=week(ALL_DAY, 7))

    def at_work(moment: datetime) -> bool:
        local = moment.astimezone(zone)
        minute = local.hour * 60 + local.minute
        hours_of_day = calendar.week[local.weekday()]
        return is_open(public, moment) and any(span.opens <= minute < span.closes for span in hours_of_day)

    minutes = sum(at_work(start + timedelta(minutes=minute)) for minute in range(0, hours * 60, 30))
    assert working_time(calendar, start, start + timedelta(hours=hours)) == timedelta(minutes=30 * minutes)
