"""`leadflow diff`: what changed between two versions of a process by what it means, and what that does to leads in flight (B.3)."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Annotated, Any

import typer

import settings as configuration
from cli.compared import Named, from_file, is_file, published
from cli.database import database
from cli.output import AsJson, awaited, console, print_json
from engine.errors import StackError

if TYPE_CHECKING:
    from engine.difference import Difference
    from engine.difference.effect import Effect
    from store.pool import Connection

VERSION = "a file, PROCESS@VERSION, or PROCESS for the version that new leads take"


@awaited
async def diff(
    old: Annotated[str, typer.Argument(help=f"The version before: {VERSION}.", metavar="OLD")],
    new: Annotated[str, typer.Argument(help="The version after, named likewise.", metavar="NEW")],
    leads: Annotated[bool, typer.Option("--leads", help="List the leads in flight that are touched.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Leave out leads in flight; ask no database.")] = False,
    as_json: AsJson = False,
) -> None:
    """What changed between two versions, by what it means: stages, deadlines, rules, points, words. And what it would do to leads.

    Comments, order and ways of writing do not count. Of the leads that run on OLD it tells which stand in stages that
    change, how many clocks would move and by how much, and which leads would be due at once, were their clocks counted
    by the new rules from the start. Nothing is written: leads stay on their version until they are moved.

    For instance: leadflow diff inbound_b2b definitions/inbound_b2b/v2.yaml --leads
    """
    from cli.difference_page import as_object, render
    from cli.effect_page import as_effect_object, render_effect, table_of
    from engine.difference import difference

    async with AsyncExitStack() as stack:
        connection, away = await _database(stack, offline=offline)
        before, after = [await _named(connection, away, one) for one in (old, new)]
        found = difference(before.bundle, after.bundle)
        seen, left_out = await _effect(connection, away, found, before, after)
        others = await _on_others(connection, before) if connection is not None and seen is not None else {}
    if as_json:
        effect = None if seen is None else {**as_effect_object(seen, leads=leads), "on_other_versions": others}
        sides = {"old": _identity(before), "new": _identity(after)}
        print_json({**sides, **as_object(found), "effect": effect, "effect_left_out": left_out or None})
        return
    console().print(render(found, f"{before} -> {after}"), soft_wrap=True)
    if seen is not None:
        console().print(render_effect(seen, before.process, str(before), others, listed=leads), soft_wrap=True)
        if leads and seen.touched:
            table_of(seen)
    elif found.changes and not offline:
        console().print(f"\nLeads in flight are left out: {left_out}", soft_wrap=True)


def _identity(one: Named) -> dict[str, Any]:
    process = one.process
    return {"named": one.said, "process": process.name, "version": process.version, "digest": process.digest}


async def _database(stack: AsyncExitStack, *, offline: bool) -> tuple[Connection | None, StackError | None]:
    """A connection, or why there is none."""
    if offline:
        return None, StackError("the database is not asked, because of --offline", "Leave that out.")
    try:
        return await stack.enter_async_context(database()), None
    except StackError as error:
        return None, error


async def _named(connection: Connection | None, away: StackError | None, said: str) -> Named:
    if is_file(said):
        return from_file(said)
    if connection is None:
        assert away is not None
        raise away
    return await published(connection, said)


async def _effect(
    connection: Connection | None, away: StackError | None, found: Difference, before: Named, after: Named
) -> tuple[Effect | None, str]:
    """What it does to leads in flight, or why that is left out."""
    if connection is None or not found.changes:
        return None, away.message if away is not None else "nothing changed"
    if before.process.name != after.process.name:
        return None, f"{before} and {after} are different processes"
    from client.effect import effect_on_leads

    scale = configuration.load().time_scale
    return await effect_on_leads(connection, found, before.process, after.process, scale=scale), ""


async def _on_others(connection: Connection, before: Named) -> dict[int, int]:
    """How many leads of the process run on other versions than the one looked at."""
    from store import definitions

    rows = [row for row in await definitions.versions(connection) if row.process == before.process.name]
    return {row.version: row.running for row in rows if row.running and row.digest != before.process.digest}
