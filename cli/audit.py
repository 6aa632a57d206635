"""`leadflow audit`: who changed what, and who read personal data in bulk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from cli.database import database
from cli.output import AsJson, awaited, plain, print_json, print_table, say

if TYPE_CHECKING:
    from store.audit import Entry


@awaited
async def audit(
    who: Annotated[str | None, typer.Option(help="Only of this caller.")] = None,
    what: Annotated[str | None, typer.Option(help="Only of this kind, such as send_events.")] = None,
    lead: Annotated[str | None, typer.Option(help="Only about the lead with this key.")] = None,
    days: Annotated[int | None, typer.Option(min=1, max=36500, help="Only of so many days.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Who changed what, and who read personal data in bulk; the newest first. Entries are only added, never altered.

    For instance: leadflow audit --lead lead:web:42
    """
    from store import audit as kept

    since = datetime.now(UTC) - timedelta(days=days) if days is not None else None
    async with database() as connection:
        entries = await kept.entries(connection, who=who, what=what, lead=lead, since=since, limit=limit)
    if as_json:
        print_json([plain(entry) for entry in entries])
        return
    columns = ("when (UTC)", "who", "role", "what", "ended", "leads", "from", "detail")
    print_table(columns, [_row(entry) for entry in entries])
    if len(entries) == limit:
        say(f"only the last {limit}; --limit shows more", stderr=True)


def _row(entry: Entry) -> tuple[object, ...]:
    named = ", ".join(entry.leads[:3])
    more = (entry.count or 0) - len(entry.leads[:3])
    leads = f"{named} and {more} more" if named and more > 0 else named or entry.count
    return entry.at, entry.who, entry.role, entry.what, entry.ended, leads, entry.origin, entry.detail
