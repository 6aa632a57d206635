"""Collecting findings while a definition is compiled: every fault of every file in one go, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any

from engine.compiling.bundle import Parsed
from engine.errors import DefinitionError, ExpressionError, Finding, Mark
from engine.expressions import Expression, Kind, Vocabulary
from engine.reading.document import NodePath


class Checker:
    """Reports faults by file and path; `finish` raises them all.

    Of a process that is `published` only what cannot be compiled at all is a fault.
    """

    def __init__(self, *, published: bool = False) -> None:
        self.findings: list[Finding] = []
        self.published = published

    def report(self, at: Parsed, path: NodePath, code: str, message: str, remedy: str, *, key: bool = False) -> None:
        self.add(Finding(mark_of(at, path, key=key), code, message, remedy))

    def add(self, finding: Finding) -> None:
        if not self.published:
            self.findings.append(finding)

    def finish(self) -> None:
        if self.findings:
            raise DefinitionError(list(dict.fromkeys(self.findings)))

    def known(
        self, at: Parsed, path: NodePath, name: str, names: Iterable[str], what: str, code: str, hint: str = ""
    ) -> bool:
        """Whether a referenced name exists; reports it with the nearest one if not, or with all of them and the hint."""
        existing = list(dict.fromkeys(names))
        if name in existing:
            return True
        near = get_close_matches(name, existing, n=1)
        remedy = f"Did you mean '{near[0]}'?" if near else f"{_one_of(existing, what)} {hint}".rstrip()
        self.report(at, path, code, f"there is no {what} '{name}'", remedy)
        return False

    def expression(
        self, at: Parsed, path: NodePath, text: str, vocabulary: Vocabulary, expects: Kind = Kind.BOOLEAN
    ) -> Expression | None:
        """Compile a condition; a fault is reported at its own line and column inside the file."""
        try:
            return vocabulary.compile(text, expects)
        except ExpressionError as error:
            mark = at.document.inside(_as_written(at, path), error.line, error.column)
            self.findings.append(Finding(mark, error.code, error.message, error.remedy))
            return None

    def named_in_vain(
        self, at: Parsed, path: NodePath, expression: Expression, name: str, code: str, message: str, remedy: str
    ) -> None:
        """Report a name that a sound condition may not read at this place, where the condition first says it."""
        found = re.search(rf"(?<![\w.'\"]){re.escape(name)}(?!\w)", expression.text)
        before = expression.text[: found.start()] if found else ""
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        mark = at.document.inside(_as_written(at, path), line, column)
        self.add(Finding(mark, code, message, remedy))


def mark_of(at: Parsed, path: NodePath, *, key: bool = False) -> Mark:
    """The place of a value, or of its key, in the file."""
    path = _as_written(at, path)
    return at.document.key_mark(path) if key else at.document.mark(path)


def _as_written(at: Parsed, path: NodePath) -> NodePath:
    """Where an author wrote one thing in place of a list, the position in the list is no part of the path."""
    value: Any = at.document.value
    written: list[str | int] = []
    for part in path:
        if isinstance(part, int) and not isinstance(value, list) and not (isinstance(value, dict) and part in value):
            continue
        written.append(part)
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            value = None
    return tuple(written)


def _one_of(names: list[str], what: str) -> str:
    if not names:
        return f"Define {'an' if what[0] in 'aeio' else 'a'} {what} with that name first."
    shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return f"Known are: {shown}."
