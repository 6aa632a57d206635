"""`leadflow graph`: a process as a diagram; with --live, of what stands where in the database now."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.compared import is_file
from cli.database import database
from cli.output import AsJson, awaited, print_json, write_file
from engine.errors import LeadflowError

if TYPE_CHECKING:
    from engine.diagram.standing import Live
    from engine.process import Process
    from store.pool import Connection


@awaited
async def graph(
    what: Annotated[str, typer.Argument(help="A process file, or the name of a published process.")],
    format: Annotated[str, typer.Option("--format", help="mermaid or svg")] = "mermaid",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to a file.")] = None,
    live: Annotated[bool, typer.Option("--live", help="With the leads that stand in each stage now.")] = False,
    version: Annotated[
        int | None, typer.Option(min=1, help="Of a published process; the current one if left out.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """A diagram of a process: Mermaid for documents, SVG for everybody.

    With --live it tells of each stage how many leads stand there, for how long, how many of them are overdue and what they
    are worth. Leads on other versions count in the stage of the same name.

    For instance: leadflow graph definitions/inbound_b2b/v1.yaml --format svg --output inbound.svg
    """
    from engine.diagram import mermaid, svg

    if format not in ("mermaid", "svg"):
        raise typer.BadParameter("write mermaid or svg", param_hint="--format")
    process, standing = await _drawn(what, version, live=live)
    text = svg(process, standing) if format == "svg" else mermaid(process, standing)
    answer: dict[str, object] = {"process": process.name, "version": process.version, "format": format}
    if standing is not None:
        answer |= {"leads": standing.total, "live": _figures(standing)}
    if output is not None:
        write_file(output, text, answer, as_json=as_json)
    elif as_json:
        print_json({**answer, "diagram": text})
    else:
        typer.echo(text)


async def _drawn(what: str, version: int | None, *, live: bool) -> tuple[Process, Live | None]:
    from store import standing
    from store.definition_files import load_process

    named_file = is_file(what)
    if named_file and version is not None:
        raise typer.BadParameter("a file holds one version; name a published process", param_hint="--version")
    process = load_process(Path(what))[1] if named_file else None
    if process is not None and not live:
        return process, None
    async with database() as connection:
        process = process or await _published(connection, what, version)
        return process, await standing.live(connection, process, datetime.now(UTC)) if live else None


async def _published(connection: Connection, name: str, number: int | None) -> Process:
    """Raises LeadflowError where there is no such process, or no such version of it."""
    from engine.compiling.bundle import Bundle
    from engine.compiling.compile import compile_bundle
    from store import definitions

    found = [one for one in await definitions.versions(connection) if one.process == name]
    if not found:
        raise LeadflowError(
            f"there is no file {name}, and no published process of that name",
            "`leadflow versions` lists those that are published.",
        )
    wanted = [one for one in found if (one.current if number is None else one.version == number)]
    if not wanted:
        versions = ", ".join(str(one.version) for one in reversed(found))
        raise LeadflowError(f"{name} has no version {number}", f"Published are: {versions}.")
    return compile_bundle(Bundle.from_json(await definitions.body(connection, wanted[0].digest)))


def _figures(live: Live) -> dict[str, object]:
    """The same in figures; ages in seconds."""
    stages = {
        path: {
            "leads": one.leads,
            "overdue": one.overdue,
            "median_age": one.median_age.total_seconds() if one.median_age is not None else None,
            "oldest_age": one.oldest_age.total_seconds() if one.oldest_age is not None else None,
            "value": dict(one.value),
            "on_other_versions": one.others,
        }
        for path, one in live.stages.items()
    }
    return {"at": live.at, "stages": stages, "elsewhere": dict(live.elsewhere), "versions": dict(live.versions)}
