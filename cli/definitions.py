"""Definitions from the command line: check, graph, schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.output import AsJson, console, finding_object, print_json, say, write_file
from engine.errors import LeadflowError

if TYPE_CHECKING:
    from engine.analysis.allowances import Verdict

ToCheck = Annotated[list[Path], typer.Argument(help="Process files, tables, or folders of them.", metavar="FILE...")]


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


def schema(
    file: Annotated[
        Path | None, typer.Option("--for", help="A process: names are those of it and its tables.", metavar="FILE")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to a file.")] = None,
    as_json: AsJson = False,
) -> None:
    """The JSON Schema of definition files, for editors. It is JSON with and without --json.

    With --for, wherever a stage, event, ladder, template, team, reason, field or the like is meant, an editor offers
    those that the process and its tables define. Write it anew when names have come or gone.

    For instance: leadflow schema --for definitions/inbound_b2b/v1.yaml --output definitions/inbound_b2b/names.schema.json
    """
    from cli.workspace import workspace_of
    from engine.language.schema import schema_text
    from engine.language.workspace import workspace_schema_text

    text = schema_text() if file is None else workspace_schema_text(workspace_of(file))
    if output is not None:
        write_file(output, text, {}, as_json=as_json)
    else:
        typer.echo(text, nl=False)
