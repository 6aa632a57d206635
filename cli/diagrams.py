"""The diagram in the README of every process, between the marks `<!-- diagram -->` and `<!-- /diagram -->` (S2.9)."""

from __future__ import annotations

import re
from pathlib import Path

from engine.diagram import mermaid
from store.definition_files import load_process, process_files

_PLACE = re.compile(r"(<!-- diagram -->\n).*?(<!-- /diagram -->)", re.DOTALL)


def render_readmes(definitions: Path, *, write: bool = True) -> list[Path]:
    """Bring the diagrams beside the newest version of each process up to date. Answers with the READMEs that were not.

    Text outside of the marks is not touched, and a README without marks is left alone. Raises DefinitionError for a
    process that does not compile.
    """
    changed = []
    for file in process_files(definitions):
        readme = file.parent / "README.md"
        text = readme.read_text("utf-8") if readme.is_file() else ""
        if not _PLACE.search(text):
            continue
        _, process = load_process(file)
        drawn = f"```mermaid\n{mermaid(process)}```\n"
        current = _PLACE.sub(lambda place, drawn=drawn: f"{place[1]}{drawn}{place[2]}", text)  # type: ignore[misc]
        if current != text:
            changed.append(readme)
            if write:
                readme.write_text(current, "utf-8")
    return changed
