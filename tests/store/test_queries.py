"""SQL stands in named files: every statement has a name, and every name is called."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from store import queries as module
from store.queries import queries

FILES = sorted(path.stem for path in module.FOLDER.glob("*.sql"))


@pytest.mark.parametrize("file", FILES)
def test_every_statement_is_called_and_every_call_has_a_statement(file: str) -> None:
    modules = [path.read_text() for path in module.FOLDER.parent.glob("*.py")]
    users = [text for text in modules if f'queries("{file}")' in text]
    called = {name for text in users for name in re.findall(r'(?:_SQL\[|_all\(conn, )"(\w+)"', text)}
    assert set(queries(file)) == called


def test_two_statements_of_one_name_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    (module.FOLDER / "twice.sql").write_text("-- name: one\nselect 1;\n-- name: one\nselect 2;\n")
    (module.FOLDER / "nameless.sql").write_text("-- what this file is for\nselect 1;\n")
    with pytest.raises(ValueError, match="two statements named 'one'"):
        queries("twice")
    with pytest.raises(ValueError, match="without a name"):
        queries("nameless")
