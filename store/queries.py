"""SQL by name: every statement stands in a file of `sql/`, under a line `-- name: what_it_is_called`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

FOLDER = Path(__file__).with_name("sql")

_HEADING = re.compile(r"^-- name: ([a-z_]+)$", re.MULTILINE)


def queries(file: str) -> Mapping[str, str]:
    """The statements of `sql/FILE.sql` by name. Raises ValueError where two have one name or one has none."""
    preface, *rest = _HEADING.split((FOLDER / f"{file}.sql").read_text(encoding="utf-8"))
    found: dict[str, str] = {}
    for name, statement in zip(rest[::2], rest[1::2], strict=True):
        if name in found:
            raise ValueError(f"{file}.sql has two statements named '{name}'")
        found[name] = statement.strip()
    if any(line.strip() and not line.startswith("--") for line in preface.splitlines()):
        raise ValueError(f"{file}.sql has a statement without a name")
    return MappingProxyType(found)
