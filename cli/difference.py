"""`leadflow diff`: what changed between two versions of a process, by what it means (B.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AsyncExitStack
from difflib import unified_diff
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.compared import Named, from_file, is_file, published
from cli.database import database
from cli.harmless import harmless
from cli.output import AsJson, awaited, console, print_json

if TYPE_CHECKING:
    from rich.text import Text

    from engine.difference import Change, Difference
    from engine.errors import Mark

Version = "a file, PROCESS@VERSION, or PROCESS for the version that new leads take"

_SIGNS = {"added": ("+", "green"), "removed": ("-", "red"), "moved": ("~", "cyan"), "renamed": ("~", "cyan")}


@awaited
async def diff(
    old: Annotated[str, typer.Argument(help=f"The version before: {Version}.", metavar="OLD")],
    new: Annotated[str, typer.Argument(help="The version after, named likewise.", metavar="NEW")],
    as_json: AsJson = False,
) -> None:
    """What changed between two versions, by what it means: stages, deadlines, rules, points, words.

    Comments, order and ways of writing do not count.

    For instance: leadflow diff inbound_b2b definitions/inbound_b2b/v2.yaml
    """
    from engine.difference import difference

    before, after = await _named(old, new)
    found = difference(before.bundle, after.bundle)
    if as_json:
        print_json({"old": _identity(before), "new": _identity(after), **as_object(found)})
    else:
        console().print(render(found, f"{before} -> {after}"), soft_wrap=True)


async def _named(*said: str) -> list[Named]:
    """The database is asked only where a version is named that is no file."""
    async with AsyncExitStack() as stack:
        connection = None if all(map(is_file, said)) else await stack.enter_async_context(database())
        return [
            from_file(one) if connection is None or is_file(one) else await published(connection, one) for one in said
        ]


# --- for machines ----------------------------------------------------------------------------------------------------


def _identity(one: Named) -> dict[str, object]:
    return {"named": one.said, "process": one.process, "version": one.version, "digest": one.digest}


def as_object(found: Difference) -> dict[str, Any]:
    return {
        "same_meaning": not found.changes,
        "renamed_stages": found.renamed,
        "changes": [_change_object(change) for change in found.changes],
    }


def _change_object(change: Change) -> dict[str, Any]:
    return {
        "kind": change.kind,
        "how": change.how,
        "theme": change.theme,
        "what": change.what,
        "aspect": change.aspect,
        "file": change.file,
        "path": change.path,
        "stage": change.scope or None,
        "sentence": change.sentence,
        "before": change.before,
        "after": change.after,
        "old": _place(change.old),
        "new": _place(change.new),
    }


def _place(mark: Mark | None) -> dict[str, object] | None:
    return None if mark is None else {"file": mark.file, "line": mark.line, "column": mark.column}


# --- for people ------------------------------------------------------------------------------------------------------


def render(found: Difference, title: str) -> Text:
    """Changes by theme, each with its places; of long words the lines that changed."""
    from rich.text import Text

    from cli.health_words import count

    if not found.changes:
        return Text(f"{title}: nothing changed in meaning")
    shown = Text(f"{title}: {count(len(found.changes), 'change')}\n")
    for theme, changes in groupby(found.changes, key=lambda change: change.theme):
        shown.append(f"\n{theme.value}\n", style="bold")
        for change in changes:
            sign, colour = _SIGNS.get(change.how, ("~", "yellow"))
            shown.append(f"  {sign} ", style=f"bold {colour}")
            shown.append(f"{harmless(change.sentence)}\n")
            for line in _lines_that_changed(change):
                shown.append(f"      {harmless(line)}\n", style={"+": "green", "-": "red"}.get(line[0], ""))
            shown.append(f"      {harmless(' -> '.join(_marks(change)))}\n", style="dim")
    shown.rstrip()
    return shown


def _marks(change: Change) -> Iterable[str]:
    return [str(mark) for mark in (change.old, change.new) if mark is not None]


def _lines_that_changed(change: Change) -> Iterator[str]:
    """Of texts that do not fit into a sentence."""
    before, after = change.before, change.after
    if before is None or after is None or not change.sentence.endswith(" changed"):
        return
    lines = unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    yield from (line for line in lines if not line.startswith(("---", "+++", "@@")) and line[1:].strip())
