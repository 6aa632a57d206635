"""A difference as people read it, and as machines do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import unified_diff
from itertools import groupby
from typing import TYPE_CHECKING, Any

from cli.harmless import harmless
from cli.health_words import count

if TYPE_CHECKING:
    from rich.text import Text

    from engine.difference import Change, Difference
    from engine.errors import Mark

_SIGNS = {"added": ("+", "green"), "removed": ("-", "red"), "moved": ("~", "cyan"), "renamed": ("~", "cyan")}


# --- for machines ----------------------------------------------------------------------------------------------------


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
