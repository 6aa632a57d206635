"""One person (B.7): which fields are personal, all that is held of somebody, and erasing them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import settings as configuration
from cli.author import author
from cli.database import database
from cli.harmless import harmless
from cli.output import AsJson, awaited, plain, print_json, print_table, say, write_file
from cli.rights import concerns
from engine.errors import LeadflowError
from settings import Settings

if TYPE_CHECKING:
    from client.personal_files import Held, PersonalFiles
    from store.pool import Connection

Key = Annotated[str | None, typer.Argument(help="The lead's key, the id it came with, or how its title begins.")]
Email = Annotated[str | None, typer.Option(help="All leads in which this address stands, in place of one.")]
Folders = Annotated[
    list[Path] | None, typer.Option("--folder", help="A watched folder, beside those watched from here. Repeatable.")
]


@awaited
async def export(
    key: Key = None,
    email: Email = None,
    folder: Folders = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Into this file.")] = None,
    as_json: AsJson = False,
) -> None:
    """All that is held of one person, as JSON: every table, and each notice in the words in which it would go out today.

    The files of this machine in which the person stands are named. That it was read is noted in the audit.

    For instance: leadflow lead export --email ada@example.com
    """
    from store import personal

    settings = configuration.load()
    async with database() as connection:
        keys = await _meant(connection, key, email)
        concerns(*keys)
        files = _files(settings, folder).holding(await personal.traces(connection, keys))
        leads = [await _held(connection, one) for one in keys]
    answer = {"exported_at": datetime.now(UTC), "leads": leads, "files": [_file(one) for one in files]}
    if output is None:
        print_json(answer)  # with --json or without: whoever has asked for all that is held of them is given a file
    else:
        write_file(output, json.dumps(plain(answer), ensure_ascii=False, indent=2), {"leads": keys}, as_json=as_json)


async def _held(connection: Connection, key: str) -> dict[str, Any]:
    from cli.letters import in_words
    from store import personal

    return {"key": key, "tables": await personal.held(connection, key), "notices": await in_words(connection, key)}


@awaited
async def erase(
    key: Key = None,
    email: Email = None,
    reason: Annotated[str, typer.Option(help="Why; stands in the audit, so name nobody.")] = "",
    by: Annotated[str | None, typer.Option(help="Who erases; you if left out.")] = None,
    folder: Folders = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Erase one person everywhere, for good: database, files of this machine, and what rules know of the lead. What is counted stays.

    Leads, stages, touches and figures go on without the person; who comes again is a new lead. Mails that have left through a
    server of yours are out of reach.

    For instance: leadflow lead erase lead:web:42 --reason "asked for it"
    """
    from bootstrap import open_office
    from client.erasing import Eraser
    from store import personal

    settings = configuration.load()
    async with database() as connection:
        keys = await _meant(connection, key, email)
        traces = await personal.traces(connection, keys)
        files = _files(settings, folder)
        if not yes:
            _ask(keys, files.holding(traces), as_json=as_json)
    concerns(*keys, because=reason)
    # Files first: by what the database holds they are found, and found again where this comes to no end.
    cleaned = files.erase(traces)
    async with open_office(settings) as office:
        await Eraser(office.pool, office.temporal, office.catalog).erase(keys, by or author())
    if as_json:
        print_json({"erased": keys, "files": [_file(one) for one in cleaned], "reason": reason})
        return
    say(f"erased: {', '.join(keys)}")
    for one in cleaned:
        state = "waits to be imported and was left; its sender has to mend it" if one.waits else "taken out"
        say(harmless(f"  {one.path}: {one.rows} {state}"))


def _ask(keys: Sequence[str], files: Sequence[Held], *, as_json: bool) -> None:
    """Raises LeadflowError where the answer is no."""
    if as_json:
        raise LeadflowError("nothing was erased", "With --json say --yes, too.")
    for key in keys:
        say(key)
    for one in files:
        say(harmless(f"  {one.path}: {one.rows}{' (waits to be imported)' if one.waits else ''}"))
    if not typer.confirm(f"Erase the person of {'this lead' if len(keys) == 1 else 'these leads'} for good?"):
        raise LeadflowError("nothing was erased", "Run it again when it is to be.")


async def _meant(connection: Connection, key: str | None, email: str | None) -> tuple[str, ...]:
    """The leads of the person who is meant. Raises LeadflowError where nobody is, or two ways are used at once."""
    from cli.lead import one_lead
    from store import personal

    if (key is None) == (email is None):
        raise LeadflowError("it is not clear whom you mean", "Name a lead's key, or --email with an address.")
    if email is not None:
        found = await personal.of_address(connection, email)
        if not found:
            raise LeadflowError("no lead has this address", "`leadflow lead list` shows the leads there are.")
    else:
        assert key is not None
        found = (await one_lead(connection, key),)
    persons = [await personal.one_person(connection, one) for one in found]
    return tuple(dict.fromkeys(one for person in persons for one in person))


def _files(settings: Settings, folders: Sequence[Path] | None) -> PersonalFiles:
    from client.mapping import read_mapping
    from client.personal_files import PersonalFiles

    mappings = [read_mapping(path) for path in sorted((settings.definitions / "mappings").glob("*.yaml"))]
    return PersonalFiles(settings.home, mappings, folders or ())


def _file(held: Held) -> dict[str, Any]:
    return {**plain(held), "path": str(held.path)}


# --- which fields ----------------------------------------------------------------------------------------------------


@awaited
async def fields(as_json: AsJson = False) -> None:
    """Which fields are personal, by process, as their published definitions say. Their values stand in the database only.

    For instance: leadflow personal --json
    """
    from bootstrap import load_catalog
    from engine.catalog import Catalog
    from servers import servers
    from store.pool import open_pool

    catalog = Catalog()
    async with await open_pool(servers(configuration.load()).database_url) as pool:
        await load_catalog(pool, catalog)
    found = [
        {"process": process.name, "field": name, "title": spec.title, "type": spec.type.value}
        for process in catalog.currents()
        for name, spec in process.fields.items()
        if spec.personal
    ]
    if as_json:
        print_json(found)
    else:
        print_table(("process", "field", "title", "type"), [tuple(row.values()) for row in found])
