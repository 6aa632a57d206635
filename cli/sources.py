"""Sources and campaigns from the command line: load the table of their names, show it with what came."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.author import author
from cli.database import database
from cli.harmless import harmless
from cli.output import AsJson, awaited, print_json, print_table, say
from engine.errors import LeadflowError

if TYPE_CHECKING:
    from engine.language.tables import SourcesFile


def read_sources(file: Path) -> SourcesFile:
    """Raises DefinitionError with every finding, or LeadflowError where the file is no table of sources."""
    from engine.compiling.bundle import SourceText, parse
    from engine.compiling.checking import Checker
    from engine.compiling.table_alone import check_alone
    from engine.language.tables import SourcesFile
    from engine.reading.source import read_file

    read_file(file)
    parsed = parse(SourceText(str(file), file.read_text(encoding="utf-8")))
    if not isinstance(parsed.model, SourcesFile):
        raise LeadflowError(f"{file} is no table of sources", "Name a file that begins with `sources:`.")
    check = Checker()
    check_alone(check, parsed)
    check.finish()
    return parsed.model


@awaited
async def load(
    file: Annotated[Path, typer.Argument(help="A table of sources.")],
    by: Annotated[str, typer.Option(help="Who loads it; you, if left out.")] = "",
    as_json: AsJson = False,
) -> None:
    """Load under which names sources, campaigns and countries are known, in the place of what was loaded before.

    What leads came with under another name counts under the right one in reports from now on.

    For instance: leadflow sources load definitions/tables/sources.yaml
    """
    from cli.health_words import count
    from store import sources

    model = read_sources(file)
    async with database() as connection:
        loaded = await sources.load(connection, model, by or author())
    if as_json:
        print_json(loaded)
        return
    say(f"{count(loaded.sources, 'source')}, {count(loaded.campaigns, 'campaign')}")
    for what, names in loaded.unknown.items():
        if names:
            say(harmless(f"  leads came from {what}s that it does not know: {', '.join(names)}"))


@awaited
async def show(as_json: AsJson = False) -> None:
    """The sources that are known, and those that leads came from and nobody knows.

    For instance: leadflow sources show
    """
    from store import sources

    async with database() as connection:
        lines = await sources.sources(connection)
    if as_json:
        print_json(lines)
        return
    rows = [
        (line.name, line.title or "unknown", line.group, line.kind, ", ".join(line.aliases), line.touches)
        for line in lines
    ]
    print_table(("source", "title", "group", "kind", "also", "came"), rows)
