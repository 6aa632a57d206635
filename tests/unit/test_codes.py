"""The one list of codes: each that the sources can report is in it, and it holds no other (B.1, C.5)."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from engine.codes import CODES
from engine.decision import RefusalCode

ROOT = Path(__file__).resolve().parents[2]
REPORTERS = (
    *("engine/reading", "engine/compiling", "engine/language", "engine/expressions", "engine/analysis"),
    *("trials", "store/definition_files.py", "store/scenario_files.py", "cli/checked_files.py", "cli/roster.py"),
    "client/hooks/file.py",
)
"""Modules in which findings are made."""

REFUSALS = frozenset(RefusalCode)
NO_CODES = REFUSALS | {"NULL", "TRUE", "FALSE", "TIMESTAMP", "PT30M", "P6M", "EUR", "NAME", "NUMBER", "UTC"}
"""What leads refuse, words of YAML and CEL, forms of durations."""


@cache
def said() -> dict[str, str]:
    """Every word in capitals that the reporters hold, and a file that holds it."""
    return {
        node.value: file.relative_to(ROOT).as_posix()
        for file in files()
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if re.fullmatch(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*", node.value) and len(node.value) > 2
    }


def files() -> Iterator[Path]:
    for name in REPORTERS:
        yield from sorted((ROOT / name).rglob("*.py")) if (ROOT / name).is_dir() else [ROOT / name]


def test_every_code_that_can_be_reported_is_in_the_list() -> None:
    """B.1: or nobody could look it up."""
    assert {f"{code} in {file}" for code, file in said().items() if code not in CODES and code not in NO_CODES} == set()


def test_the_list_holds_no_code_that_nothing_reports() -> None:
    """B.1: what is explained can happen."""
    assert [code for code in CODES if code not in said()] == []


def test_titles_say_what_it_is_in_one_line() -> None:
    """C.5: the index is a list of them."""
    assert [code.name for code in CODES.values() if not 10 < len(code.title) <= 72 or code.title.endswith(".")] == []
    assert len({code.title for code in CODES.values()}) == len(CODES)
