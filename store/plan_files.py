"""Plans of `leadflow simulate` as files."""

from __future__ import annotations

from pathlib import Path

from engine.compiling.bundle import parse
from engine.errors import DefinitionError, Finding
from engine.language.simulation import SimulationPlan
from engine.reading.document import Document
from store.definition_files import text_of


def read_plan(path: Path) -> tuple[SimulationPlan, Document]:
    """The plan, and where in the file everything stands. Raises DefinitionError with every finding."""
    parsed = parse(text_of(path))
    if not isinstance(parsed.model, SimulationPlan):
        what = "a process" if parsed.kind == "process" else f"a {parsed.kind} table"
        remedy = "Name a file that begins with `simulate: PROCESS`."
        raise DefinitionError([Finding(parsed.document.mark(()), "NOT_A_PLAN", f"this file is {what}", remedy)])
    return parsed.model, parsed.document
