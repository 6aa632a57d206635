"""Definitions from the command line: check, graph, schema, publish, versions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.author import author
from cli.database import database
from cli.output import AsJson, awaited, console, finding_object, print_json, print_table, say
from engine.errors import DefinitionError, LeadflowError

if TYPE_CHECKING:
    from engine.analysis.allowances import Verdict
    from engine.compiling.bundle import Bundle
    from engine.process import Process
    from store.definitions import Version

ToCheck = Annotated[list[Path], typer.Argument(help="Process files, tables, or folders of them.", metavar="FILE...")]
ToPublish = Annotated[
    list[Path],
    typer.Argument(help="Process files; of a folder the newest version of each process.", metavar="FILE..."),
]


# --- checking --------------------------------------------------------------------------------------------------------


def check(
    files: ToCheck,
    sarif: Annotated[
        Path | None, typer.Option("--sarif", help="Write SARIF 2.1.0 for code review; - is standard output.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Parse, compile and analyse definitions: every fault as file:line:column: CODE message, with a remedy.

    A process is checked with the tables it uses, a table for the processes that use it. Once all compiles, it is looked
    for ways in which leads could be lost, wait for ever or go round. Such a finding may be allowed, with a reason, on
    its line or above: `# allow CODE: reason`. Each code has a page in docs/findings. Exit status 1 when anything is
    wrong.

    For instance: leadflow check definitions
    """
    from cli.checked_files import checked, misnamed_in

    misnamed = [finding for folder in files if folder.is_dir() for finding in misnamed_in(folder)]
    listed = list(_files_in(files, elsewhere=bool(misnamed)))
    verdict = checked(listed, misnamed)
    if sarif is not None:
        _write_sarif(sarif, verdict)
    if as_json:
        allowed = [{**finding_object(one.finding), "reason": one.reason} for one in verdict.allowed]
        findings = [finding_object(finding) for finding in verdict.findings]
        print_json({"ok": not findings, "findings": findings, "allowed": allowed})
    elif verdict.findings:
        from cli.findings import render

        console(stderr=True).print(render(verdict.findings), soft_wrap=True)
    elif sarif is None or str(sarif) != "-":
        allowed_too = f"; {len(verdict.allowed)} allowed" if verdict.allowed else ""
        say(f"{len(listed)} {'file' if len(listed) == 1 else 'files'} checked, nothing wrong{allowed_too}")
    if verdict.findings:
        raise typer.Exit(1)


def _write_sarif(output: Path, verdict: Verdict) -> None:
    import json

    from cli.sarif import sarif

    text = json.dumps(sarif(verdict), indent=2, ensure_ascii=False) + "\n"
    if str(output) == "-":
        typer.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")


def _files_in(given: Iterable[Path], *, elsewhere: bool) -> Iterator[Path]:
    for path in given:
        if path.is_dir():
            inside = sorted(path.rglob("*.yaml"))
            if not inside and not elsewhere:
                raise LeadflowError(f"there is no .yaml file in {path}", "Name a file, or a folder that has some.")
            yield from inside
        else:
            yield path


# --- showing ---------------------------------------------------------------------------------------------------------


def graph(
    file: Annotated[Path, typer.Argument(help="A process file.")],
    format: Annotated[str, typer.Option("--format", help="mermaid or svg")] = "mermaid",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to a file.")] = None,
    as_json: AsJson = False,
) -> None:
    """A diagram of a process: Mermaid for documents, SVG for everybody.

    For instance: leadflow graph definitions/inbound_b2b/v1.yaml --format svg --output inbound.svg
    """
    from engine.diagram import mermaid, svg
    from store.definition_files import load_process

    if format not in ("mermaid", "svg"):
        raise typer.BadParameter("write mermaid or svg", param_hint="--format")
    _, process = load_process(file)
    text = svg(process) if format == "svg" else mermaid(process)
    answer = {"process": process.name, "version": process.version, "format": format}
    if output is not None:
        _write(output, text, answer, as_json=as_json)
    elif as_json:
        print_json({**answer, "diagram": text})
    else:
        typer.echo(text)


def schema(
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to a file.")] = None,
    as_json: AsJson = False,
) -> None:
    """The JSON Schema of definition files, for editors. It is JSON with and without --json."""
    from engine.language.schema import schema_text

    if output is not None:
        _write(output, schema_text(), {}, as_json=as_json)
    else:
        typer.echo(schema_text(), nl=False)


def _write(output: Path, text: str, answer: dict[str, object], *, as_json: bool) -> None:
    output.write_text(text, encoding="utf-8")
    if as_json:
        print_json({**answer, "written": str(output)})
    else:
        say(f"written: {output}")


# --- publishing ------------------------------------------------------------------------------------------------------


@awaited
async def publish(
    files: ToPublish,
    by: Annotated[str, typer.Option(help="Who publishes; you, if left out.")] = "",
    why: Annotated[str, typer.Option(help="What changed and why.")] = "",
    as_json: AsJson = False,
) -> None:
    """Pin processes with all their tables, each under one digest; new leads take them from now on.

    Leads under way stay on the version they began with. Of several files all are published, or none; a process that
    `leadflow check` finds something in is not. People and teams that a process counts on and the roster does not have
    are told; they may be loaded later.

    For instance: leadflow publish definitions/inbound_b2b --why "a shorter first response"
    """
    from cli import named
    from engine.compiling.elsewhere import unpublished_processes
    from store import definitions, roster

    loaded = _load_all(files)
    answers = []
    async with database() as connection, connection.transaction():
        there = {*await definitions.current(connection), *(process.name for _, process in loaded)}
        if findings := [finding for bundle, _ in loaded for finding in unpublished_processes(bundle, there)]:
            raise DefinitionError(findings)
        for bundle, process in loaded:
            new = await definitions.publish(connection, bundle, process, by or author(), why)
            answers.append({"process": process.name, "version": process.version, "digest": process.digest, "new": new})
        people, teams = await roster.people(connection), await roster.teams(connection)
    missing = named.missing_from({process.name: bundle for bundle, process in loaded}, people, teams)
    if as_json:
        print_json([{**one, "missing": [who.name for who in missing if one["process"] in who.by]} for one in answers])
    for answer in [] if as_json else answers:
        state = "published" if answer["new"] else "was published already"
        say(f"{answer['process']} v{answer['version']} {state} ({str(answer['digest'])[:12]})")
    if not as_json and not people:
        say("nobody is in the roster yet, so no lead can have an owner: `leadflow roster load FILE`", stderr=True)
    elif not as_json and missing:
        say("These are counted on and will not be there:", stderr=True)
        say("\n".join(f"  {one}" for one in missing), stderr=True)


def _load_all(given: Iterable[Path]) -> list[tuple[Bundle, Process]]:
    from store.definition_files import load_sound

    files: list[Path] = []
    for path in given:
        inside = _newest_in(path) if path.is_dir() else [path]
        if not inside:
            remedy = (
                "Name a process file, or a folder of processes; their files are called v1.yaml, v2.yaml, and so on."
            )
            raise LeadflowError(f"there is no process in {path}", remedy)
        files += inside
    return [load_sound(file) for file in files]


def _newest_in(folder: Path) -> list[Path]:
    """Of the folders of processes in it, or of itself where it is one."""
    from store.definition_files import process_files

    return process_files(folder) or [file for file in process_files(folder.parent) if file.parent == folder]


@awaited
async def versions(as_json: AsJson = False) -> None:
    """Published versions of all processes, and how many leads run on each."""
    from store import definitions

    async with database() as connection:
        rows = await definitions.versions(connection)
    if as_json:
        print_json(rows)
    else:
        columns = ("process", "version", "digest", "current", "leads", "published (UTC)", "by", "why")
        print_table(columns, [_row(version) for version in rows])


def _row(version: Version) -> tuple[object, ...]:
    current = "yes" if version.current else ""
    what = (version.process, version.version, version.digest[:12], current, version.running)
    return *what, version.published_at, version.published_by, version.why
