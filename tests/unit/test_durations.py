"""Durations: what an author may write, what is refused and how it is mended, and elapsed time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.errors import LeadflowError
from engine.time.durations import Duration, DurationError, Unit, elapsed, parse_duration

NOON = datetime(2026, 12, 22, 12, tzinfo=UTC)


durations = st.builds(Duration, st.integers(0, 120), st.sampled_from(Unit))


@pytest.mark.parametrize(
    ("text", "amount", "unit"),
    [
        ("3 working days", 3, Unit.working_days),
        ("1 working day", 1, Unit.working_days),
        ("24 working hours", 24, Unit.working_hours),
        ("1 working hour", 1, Unit.working_hours),
        ("45 working minutes", 45, Unit.working_minutes),
        ("24 hours", 24, Unit.hours),
        ("1 hour", 1, Unit.hours),
        ("1 hours", 1, Unit.hours),
        ("2 day", 2, Unit.days),
        ("30 minutes", 30, Unit.minutes),
        ("0 minutes", 0, Unit.minutes),
        ("2 weeks", 2, Unit.weeks),
        ("6 months", 6, Unit.months),
        (" 3   days ", 3, Unit.days),
        ("PT30M", 30, Unit.minutes),
        ("PT24H", 24, Unit.hours),
        ("P3D", 3, Unit.days),
        ("P2W", 2, Unit.weeks),
        ("P6M", 6, Unit.months),
    ],
)
def test_a_duration_is_one_whole_amount_of_one_unit(text: str, amount: int, unit: Unit) -> None:
    """S2.5, S4.1: working days and plain hours are different units, written out; ISO 8601 with one unit is read too."""
    assert parse_duration(text) == Duration(amount, unit)


@given(durations)
def test_a_duration_is_shown_as_an_author_writes_it(duration: Duration) -> None:
    """S2.5: what is shown can be written back."""
    assert parse_duration(str(duration)) == duration


def test_one_of_a_unit_is_shown_in_the_singular() -> None:
    """S2.5: "1 hour", "0 minutes", "3 working days"."""
    shown = [str(Duration(1, Unit.hours)), str(Duration(0, Unit.minutes)), str(Duration(1, Unit.working_days))]
    assert shown == ["1 hour", "0 minutes", "1 working day"]


@pytest.mark.parametrize(
    ("text", "wrong", "mend"),
    [
        ("", "missing", "a whole number and a unit"),
        ("24", "no unit", 'Say the unit: "24 hours" or "24 working days".'),
        ("1.5", "no unit", "Say the unit"),
        ("three days", "no number", "in figures"),
        ("working day", "no number", '"1 working day"'),
        ("3 days working", "written out", 'Write "3 working days".'),
        ("3 business days", "written out", 'Write "3 working days".'),
        ("1 business hour", "written out", 'Write "1 working hour".'),
        ("3 Working Days", "written out", 'Write "3 working days".'),
        ("3bd", "written out", 'Write "3 working days".'),
        ("24bh", "written out", 'Write "24 working hours".'),
        ("2d", "written out", 'Write "2 days".'),
        ("90m", "written out", 'Write "90 minutes" or "90 months".'),
        ("900m", "written out", 'Write "900 minutes".'),
        ("pt30m", "written out", 'Write "30 minutes".'),
        ("1.5 hours", "whole number", 'Write "90 minutes".'),
        ("1,5 working hours", "whole number", 'Write "90 working minutes".'),
        ("P1.5D", "whole number", 'Write "36 hours".'),
        ("0.5 working days", "whole number", "smaller unit"),
        ("1.5 months", "whole number", "smaller unit"),
        ("0.3 minutes", "whole number", "smaller unit"),
        ("1 day 4 working hours", "working and calendar units do not mix", "Use two clocks, or one unit."),
        ("2 working days 3 hours", "do not mix", "Use two clocks"),
        ("P1DT2H", "more than one unit", 'Say it in one unit: "26 hours".'),
        ("PT1H30M", "more than one unit", '"90 minutes"'),
        ("1 hour and 30 minutes", "more than one unit", '"90 minutes"'),
        ("4 working hours 30 working minutes", "more than one unit", '"270 working minutes"'),
        ("P1M2D", "more than one unit", "Say it in one unit."),
        ("30 seconds", "smallest unit is the minute", "whole minutes"),
        ("PT90S", "smallest unit is the minute", "whole minutes"),
        ("P1Y", 'no unit "years"', 'Write "12 months".'),
        ("2 quarters", 'no unit "quarters"', 'Write "6 months".'),
        ("3 working weeks", 'no unit "working weeks"', "working days"),
        ("-3 days", "sign", "without a sign"),
        ("PT-3H", "sign", "without a sign"),
        ("17:00", "not a duration", "a whole number and a unit"),
        ("3-5 days", "not a duration", "a whole number and a unit"),
        ("٣ days", "not a duration", "a whole number and a unit"),
        ("121 months", "more than ten years", "at most 120 months"),
        ("2601 working days", "more than ten years", "at most 2600 working days"),
        ("99999999999999999999 hours", "more than ten years", "a whole number and a unit"),
    ],
)
def test_anything_else_is_refused_with_the_form_to_write(text: str, wrong: str, mend: str) -> None:
    """S2.5: a duration that could be read in two ways is never guessed; the error says what to write."""
    with pytest.raises(DurationError) as refused:
        parse_duration(text)
    assert wrong in refused.value.message
    assert mend in refused.value.remedy
    assert isinstance(refused.value, LeadflowError)


@given(
    st.one_of(
        st.text(max_size=20),
        st.from_regex(
            r"-?[0-9]{1,11}([.,][0-9])? ?[a-z]{1,9}( ?(and )?[0-9]{1,3} ?(days|working hours|h|min))?", fullmatch=True
        ),
        st.from_regex(r"P([0-9]{1,4}[YMWD]){0,2}(T([0-9]{1,6}[HMS]){0,2})?", fullmatch=True),
    )
)
@example("PT9999999H30M")
@example("1000 years")
def test_no_text_breaks_the_parser_and_every_quoted_mend_parses(text: str) -> None:
    """S2.5: whatever is written, there is a duration or an error whose advice can be followed."""
    try:
        parse_duration(text)
    except DurationError as refused:
        if refused.remedy.startswith(('Write "', "Say it in one unit: ")):
            for advised in re.findall('"(.*?)"', refused.remedy):
                parse_duration(advised)


def test_a_duration_made_in_code_keeps_the_same_bounds() -> None:
    """S2.5: negative and endless durations do not exist, however they are made."""
    with pytest.raises(DurationError, match="negative"):
        Duration(-1, Unit.hours)
    with pytest.raises(DurationError, match="more than ten years"):
        Duration(3651, Unit.days)


def test_only_working_units_are_working() -> None:
    """B.6: which durations depend on whose calendar it is."""
    assert [unit.value for unit in Unit if Duration(1, unit).is_working] == [
        "working minutes",
        "working hours",
        "working days",
    ]


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("0 minutes", NOON),
        ("90 minutes", datetime(2026, 12, 22, 13, 30, tzinfo=UTC)),
        ("24 hours", datetime(2026, 12, 23, 12, tzinfo=UTC)),
        ("3 days", datetime(2026, 12, 25, 12, tzinfo=UTC)),
        ("2 weeks", datetime(2027, 1, 5, 12, tzinfo=UTC)),
        ("1 month", datetime(2027, 1, 22, 12, tzinfo=UTC)),
        ("12 months", datetime(2027, 12, 22, 12, tzinfo=UTC)),
    ],
)
def test_a_response_clock_counts_elapsed_time(text: str, due: datetime) -> None:
    """S4.1: twenty-four hours are twenty-four hours, holidays and weekends included."""
    assert elapsed(parse_duration(text), NOON) == due


@pytest.mark.parametrize(
    ("start", "months", "due"),
    [
        (datetime(2026, 1, 31, 8, tzinfo=UTC), 1, datetime(2026, 2, 28, 8, tzinfo=UTC)),
        (datetime(2028, 1, 31, 8, tzinfo=UTC), 1, datetime(2028, 2, 29, 8, tzinfo=UTC)),
        (datetime(2028, 2, 29, 8, tzinfo=UTC), 12, datetime(2029, 2, 28, 8, tzinfo=UTC)),
        (datetime(2026, 8, 31, 8, tzinfo=UTC), 6, datetime(2027, 2, 28, 8, tzinfo=UTC)),
        (datetime(2026, 12, 15, 8, tzinfo=UTC), 1, datetime(2027, 1, 15, 8, tzinfo=UTC)),
    ],
)
def test_months_are_calendar_months(start: datetime, months: int, due: datetime) -> None:
    """S4.8: a nurture of six months ends on the same day of the month, or on its last."""
    assert elapsed(Duration(months, Unit.months), start) == due


def test_elapsed_time_is_told_in_utc_whatever_the_zone_of_the_start() -> None:
    """S4.1: one instant, one deadline."""
    due = elapsed(Duration(1, Unit.hours), NOON.astimezone(timezone(timedelta(hours=-5))))
    assert due == NOON + timedelta(hours=1)
    assert due.tzinfo is UTC


def test_a_working_duration_needs_a_calendar() -> None:
    """B.6: three working days are nothing without knowing whose."""
    with pytest.raises(DurationError, match="without a calendar"):
        elapsed(Duration(3, Unit.working_days), NOON)


def test_a_moment_without_a_zone_is_refused() -> None:
    """B.6: a naive time would silently mean the zone of whichever machine runs this."""
    with pytest.raises(DurationError, match="no time zone"):
        elapsed(Duration(1, Unit.hours), datetime(2026, 12, 22, 12))


@given(durations, st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)))
def test_elapsed_time_never_runs_backwards(duration: Duration, start: datetime) -> None:
    """S4.1: nothing falls due before it starts."""
    if not duration.is_working:
        assert elapsed(duration, start) >= start
