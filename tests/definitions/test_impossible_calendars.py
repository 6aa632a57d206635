"""Calendars that read well and cannot work are refused when they are checked, not when a lead first needs them."""

from __future__ import annotations

import pytest

from engine.compiling.bundle import Bundle, SourceText
from engine.compiling.compile import compile_bundle
from engine.errors import DefinitionError

PROCESS = "process: a\nversion: 1\ntitle: A\nuses: {calendars: c}\nstages: {x: {waits_for_ever: true}}\n"
TABLE = (
    "calendars: c\ndefault: b\nof:\n  b:\n    zone: Europe/Berlin\n    hours: {mon-fri: HOURS}\n    closed: [CLOSED]\n"
)


@pytest.mark.parametrize(
    ("hours", "closed", "place"),
    [
        ("25:00-26:00", "2026-12-24", (6, 22)),
        ("17:00-09:00", "2026-12-24", (6, 22)),
        ("09:00-12:00, 11:00-13:00", "2026-12-24", (6, 22)),
        ("09:00-17:00", "2026-02-30", (7, 14)),
    ],
)
def test_a_calendar_that_cannot_work_is_refused(hours: str, closed: str, place: tuple[int, int]) -> None:
    """B.1, B.6: hours that never come, overlap or end before they begin, and days that no month has."""
    table = TABLE.replace("HOURS", f'"{hours}"').replace("CLOSED", f'"{closed}"')
    with pytest.raises(DefinitionError) as refused:
        compile_bundle(Bundle(SourceText("p.yaml", PROCESS), (SourceText("c.yaml", table),)))
    assert [finding.code for finding in refused.value.findings] == ["BAD_CALENDAR"]
    mark = refused.value.findings[0].mark
    assert (mark.line, mark.column) == place
