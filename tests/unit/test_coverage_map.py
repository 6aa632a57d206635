"""docs/coverage.md says which test shows which demand. Here it is held to that."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAP = ROOT / "docs" / "coverage.md"

DEMANDS = (
    [f"S0.{n}" for n in range(1, 17)]
    + [f"S1.{n}" for n in range(1, 15)]
    + [f"S2.{n}" for n in range(1, 16)]
    + [f"S3.{n}" for n in range(1, 10)]
    + [f"S4.{n}" for n in range(1, 9)]
    + [f"C.{n}" for n in range(1, 8)]
    + [f"B.{n}" for n in range(1, 10)]
)

ROW = re.compile(r"^\| ([SCB][0-4]?\.\d+) \| (met|in part|open) \|([^|]*)\|([^|]*)\|$")
REFERENCE = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def rows() -> dict[str, tuple[str, list[tuple[str, str]]]]:
    """Demand to its state and the tests named for it."""
    found = {}
    for line in MAP.read_text(encoding="utf-8").splitlines():
        if (match := ROW.match(line)) is not None:
            assert match[1] not in found, f"{match[1]} has two rows"
            found[match[1]] = (match[2], REFERENCE.findall(match[4]))
    return found


def functions_of(file: Path) -> dict[str, str]:
    """Test functions of a file with their own and their module's docstring."""
    module = ast.parse(file.read_text(encoding="utf-8"))
    about = ast.get_docstring(module) or ""
    return {
        node.name: f"{ast.get_docstring(node) or ''} {about}"
        for node in ast.walk(module)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_every_demand_has_a_row() -> None:
    """Nothing that was demanded is left out of the map."""
    assert list(rows()) == DEMANDS


@pytest.mark.parametrize("demand", DEMANDS)
def test_what_the_map_says_is_there(demand: str) -> None:
    """A demand that counts as met names tests that exist and say that they show it; an open one names none."""
    state, references = rows()[demand]
    assert bool(references) == (state != "open")
    for file, name in references:
        tests = functions_of(ROOT / file)
        assert name in tests, f"{demand}: there is no {name} in {file}"
        assert re.search(rf"\b{re.escape(demand)}\b(?!\.?\d)", tests[name]), (
            f"{demand}: {file}::{name} does not say that it shows it"
        )
