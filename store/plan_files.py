"""Plans of `leadflow simulate` as files."""

from __future__ import annotations

from pathlib import Path

from engine.language.simulation import SimulationPlan
from engine.reading.source import read_file
from engine.reading.validation import validate
from store.definition_files import shown


def read_plan(path: Path) -> SimulationPlan:
    """Raises DefinitionError with every finding."""
    return validate(SimulationPlan, read_file(path, shown(path)))
