"""How reliable each source is, what was none of ours, and how clean the database is, month by month."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from cli.database import database
from cli.output import AsJson, awaited, plain, print_json, print_table, say

if TYPE_CHECKING:
    from store.quality import QualityLine


class By(StrEnum):
    """The words of `store.quality.By`, which help must not load."""

    SOURCE = "source"
    GROUP = "group"
    CAMPAIGN = "campaign"
    SOURCE_SYSTEM = "source_system"
    MONTH = "month"


@awaited
async def quality(
    by: Annotated[By, typer.Option(help="What is told apart.")] = By.SOURCE,
    since: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], metavar="DAY", help="From this day on (UTC).")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], metavar="DAY", help="Up to before this day (UTC).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """How reliable the data of each source is: complete, valid contacts, duplicates, what was rejected later, what was no lead.
    Then what was kept out by which rule, and how clean the lead database was at the end of each month.

    For instance: leadflow quality --by campaign --from 2026-10-01
    """
    from store import quality as figures

    start, end = _utc(since), _utc(until)
    async with database() as connection:
        lines = await figures.by(connection, figures.By(by.value), start, end)
        kept_out = await figures.out_of_scope(connection, start, end)
        months = await figures.months(connection, start, end)
    if as_json:
        rows = [{**plain(line), "completeness": line.completeness} for line in lines]
        print_json({"by": by.value, "rows": rows, "out_of_scope": plain(kept_out), "months": plain(months)})
        return
    columns = (
        *(by.value.replace("_", " "), "came", "leads", "complete", "incomplete", "invalid", "bounced"),
        *("duplicates", "rejected", "out of scope"),
    )
    print_table(columns, [_row(line) for line in lines])
    if kept_out:
        say("")
        rows_out = [(line.rule, line.reason, line.source, line.leads) for line in kept_out]
        print_table(("rule", "reason", "source", "leads"), rows_out, title="Out of scope")
    if months:
        say("")
        clean = [
            (
                f"{m.month:%Y-%m}",
                m.leads,
                _share(m.clean, m.leads),
                m.incomplete or "",
                m.invalid or "",
                m.unknown_source or "",
            )
            for m in months
        ]
        print_table(
            ("month", "leads", "clean", "incomplete", "invalid", "unknown source"),
            clean,
            title="The database, at its end",
        )


def _row(line: QualityLine) -> tuple[object, ...]:
    name = line.name or "none named"
    counts = (line.incomplete, line.invalid, line.bounced, line.duplicates, line.rejected, line.out_of_scope)
    return (
        name if line.known else f"{name} (unknown)",
        line.came,
        line.leads,
        _share(line.filled, line.wanted),
        *(count or "" for count in counts),
    )


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else ""


def _utc(day: datetime | None) -> datetime | None:
    return day.replace(tzinfo=UTC) if day is not None else None
