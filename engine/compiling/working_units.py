"""Working hours and days in a process that uses no calendars: whose they are nobody says, so they would never end."""

from __future__ import annotations

from collections.abc import Iterable

from engine.compiling.bundle import Parsed
from engine.compiling.checking import Checker
from engine.compiling.written_parts import parts_of
from engine.language.definition import Repeat
from engine.time.durations import Duration


def check_working_units(check: Checker, files: Iterable[Parsed]) -> None:
    """Report every working unit in these files, for a process without a table of calendars."""
    for file in files:
        for path, part in parts_of(file.model):
            for name, spec in type(part).model_fields.items():
                value = getattr(part, name)
                if (isinstance(value, Duration) and value.is_working) or (
                    isinstance(value, Repeat) and value.is_working
                ):
                    message = f"'{value}' needs working hours, and there is no calendars table that has some"
                    remedy = "Name one: `uses: {calendars: ...}`, or take the word `working` away."
                    check.report(file, (*path, spec.alias or name), "NO_TABLE", message, remedy)
