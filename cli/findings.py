"""Findings as an author reads them in a terminal: place, code, what is wrong, the line itself, and how to mend it (B.1).

inbound_b2b/v1.yaml:45:14: DURATION "3 bd" is not a duration: units are written out, in one way
   45 |         due: 3 bd
      |              ^^^^
      Write "3 working days".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.harmless import harmless
from cli.output import finding_object
from engine.errors import Finding, Mark

if TYPE_CHECKING:
    from rich.text import Text

MOST_SHOWN = 120
"""Characters of a line; of a longer one, the part around the fault is shown."""

_TOKEN = re.compile(r"[\w.%-]+|\S")


def render(findings: Sequence[Finding], sources: Mapping[str, str] | None = None) -> Text:
    """All findings, in their order. Colours go where the console is a terminal; anywhere else it is plain text.

    `sources` maps the files that findings name to their text; files that it leaves out are read from disk, and the line
    is left out where that fails.
    """
    from rich.text import Text

    texts: dict[str, list[str]] = {name: _lines(text) for name, text in (sources or {}).items()}
    shown = Text()
    for finding in findings:
        file = finding.mark.file
        if file not in texts:
            texts[file] = _read(file)
        shown.append(f"{harmless(finding.mark)}: ", style="bold")
        shown.append(finding.code, style="bold red")
        shown.append(f" {harmless(finding.message)}\n")
        margin = len(str(finding.mark.line)) + 3
        if excerpt := _excerpt(texts[file], finding.mark):
            line, caret = excerpt
            shown.append(f"   {finding.mark.line} | ", style="dim")
            shown.append(f"{line}\n{' ' * margin} | ")
            shown.append(f"{caret}\n", style="bold red")
        if finding.remedy:
            shown.append(f"{' ' * margin} {harmless(_sentence(finding.remedy))}\n", style="green")
    shown.rstrip()
    return shown


def to_json(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """The same for machines: file, line, column, code, message, remedy."""
    return [finding_object(finding) for finding in findings]


def _sentence(remedy: str) -> str:
    return remedy if remedy.endswith((".", "?", "!")) else f"{remedy}."


def _read(file: str) -> list[str]:
    try:
        return _lines(Path(file).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return []


def _lines(text: str) -> list[str]:
    return re.split("\r\n|\r|\n", text.removeprefix("\ufeff"))


def _excerpt(lines: list[str], mark: Mark) -> tuple[str, str] | None:
    """The line at fault and a row of carets below the word; None where there is nothing to see."""
    from rich.cells import cell_len

    line = lines[mark.line - 1] if mark.line <= len(lines) else ""
    if not line.strip():
        return None
    column = mark.column - 1
    start = max(0, min(column - MOST_SHOWN // 2, len(line) - MOST_SHOWN))
    before, after = line[start:column], line[column : start + MOST_SHOWN]
    word = _TOKEN.match(after)
    lead = harmless(("…" if start else "") + before.replace("\t", " "))
    tail = harmless(after.replace("\t", " ")) + ("…" if start + MOST_SHOWN < len(line) else "")
    carets = "^" * max(1, cell_len(harmless(word[0])) if word else 1)
    return lead + tail, " " * cell_len(lead) + carets
