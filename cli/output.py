"""What every command prints with: JSON for machines, plain tables for people, errors on standard error."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec, TypeVar

import typer

import settings as configuration
from cli.harmless import harmless, harmless_json, harmless_lines
from engine.errors import AccessError, DefinitionError, Finding, IntakeError, LeadflowError

if TYPE_CHECKING:
    from rich.console import Console
    from typer.exceptions import TyperException

P = ParamSpec("P")
R = TypeVar("R")

AsJson = Annotated[bool, typer.Option("--json", help="Answer for machines.")]


def application(help: str, epilog: str | None = None) -> typer.Typer:
    return typer.Typer(
        help=help,
        epilog=epilog,
        callback=_check_environment,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )


def _check_environment() -> None:
    try:
        configuration.load()
    except ValueError as error:
        raise LeadflowError(str(error), "Mend or unset the variable.") from None


def awaited(command: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, R]:
    """Run an async command. `typer` knows only plain functions."""

    @wraps(command)
    def plain(*args: P.args, **kwargs: P.kwargs) -> R:
        return asyncio.run(command(*args, **kwargs))

    return plain


# --- for people ------------------------------------------------------------------------------------------------------


@cache
def console(*, stderr: bool = False) -> Console:
    """Nothing that is printed is markup: a key such as `lead:email:42` would otherwise be shown with a picture."""
    from rich.console import Console

    return Console(stderr=stderr, markup=False, emoji=False, highlight=False)


def say(text: str, *, stderr: bool = False) -> None:
    """Lines are not wrapped: what is piped or copied stays whole."""
    console(stderr=stderr).print("\n".join(harmless_lines(text)), soft_wrap=True)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Any]], title: str | None = None) -> None:
    """Cells are shown as they are: nothing in a lead can style or break the table. Piped, no cell is folded."""
    cells = [["" if value is None else _cell(value) for value in row] for row in rows]
    if console().is_terminal:
        _print_fitted(columns, cells, title)
    else:
        _print_whole(columns, cells, title)


def _print_fitted(columns: Sequence[str], cells: Sequence[Sequence[str]], title: str | None) -> None:
    from rich.table import Table
    from rich.text import Text

    out = console()
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for number, column in enumerate(columns):
        widest = max((len(row[number]) for row in cells), default=0)
        # The first column is what one copies.
        table.add_column(column, overflow="fold", no_wrap=number == 0 and widest <= out.width // 2)
    for row in cells:
        table.add_row(*map(Text, row))
    out.print(table)


def _print_whole(columns: Sequence[str], cells: Sequence[Sequence[str]], title: str | None) -> None:
    lines = [list(columns), *cells]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    written = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    say("\n".join(line.rstrip() for line in ([title] if title else []) + written))


def _cell(value: Any) -> str:
    return value.strftime("%Y-%m-%d %H:%M") if isinstance(value, datetime) else harmless(plain(value))


# --- for machines ----------------------------------------------------------------------------------------------------


def plain(value: Any) -> Any:
    """As JSON has it: times in ISO form, enums by value, dataclasses as objects."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, dict):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value


def print_json(value: Any) -> None:
    sys.stdout.write(harmless_json(json.dumps(plain(value), ensure_ascii=False, indent=2, default=str)) + "\n")
    sys.stdout.flush()


def write_file(output: Path, text: str, answer: dict[str, object], *, as_json: bool) -> None:
    """Into the file that somebody named; what is printed says so, beside the rest of the answer for machines."""
    output.write_text(text, encoding="utf-8")
    if as_json:
        print_json({**answer, "written": str(output)})
    else:
        say(f"written: {output}")


# --- errors ----------------------------------------------------------------------------------------------------------


def complain(error: LeadflowError) -> None:
    """One clear line: what, where, why, how to mend it. Findings and fields get a line each."""
    if "--json" in sys.argv:
        sys.stderr.write(harmless_json(json.dumps(as_object(error), ensure_ascii=False)) + "\n")
    elif isinstance(error, DefinitionError):
        for finding in error.findings:
            say(str(finding), stderr=True)
    else:
        say(f"leadflow: {error.message.removesuffix('.')}. {error.remedy}".rstrip(), stderr=True)


def complain_of_usage(error: TyperException) -> None:
    """For machines; for people the library does it, with the usage."""
    context = getattr(error, "ctx", None)
    remedy = f"`{context.command_path} --help` says what it takes." if context else ""
    told = LeadflowError(error.format_message().strip(), remedy)
    sys.stderr.write(harmless_json(json.dumps(as_object(told) | {"error": "UsageError"}, ensure_ascii=False)) + "\n")


def as_object(error: LeadflowError) -> dict[str, Any]:
    body: dict[str, Any] = {"error": type(error).__name__, "message": error.message, "remedy": error.remedy}
    if isinstance(error, AccessError):
        body |= {"code": error.code}
    if isinstance(error, IntakeError):
        body |= {"code": error.code, "fields": error.fields}
    if isinstance(error, DefinitionError):
        body["findings"] = [finding_object(finding) for finding in error.findings]
    return body


def finding_object(finding: Finding) -> dict[str, Any]:
    mark = finding.mark
    return {
        "file": mark.file,
        "line": mark.line,
        "column": mark.column,
        "code": finding.code,
        "message": finding.message,
        "remedy": finding.remedy,
    }


def stop_printing() -> None:
    """Whoever read what we print has gone, as in `leadflow lead list | head`: what is left goes nowhere, in silence."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
