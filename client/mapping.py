"""Mappings: how rows of somebody else's file become leads. A small YAML file beside the definitions, read as strictly."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import Field

from engine.errors import IntakeError
from engine.language.definition import Name, Written
from engine.reading.source import read_file
from engine.reading.validation import validate

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


class FieldMapping(Written):
    """Where a field comes from. With `values`, what stands on the left becomes what stands on the right."""

    from_: str = Field(alias="from")
    empty: list[str] = Field(default=[])
    values: dict[str, str | int | float | bool | None] = Field(default={})
    otherwise: str | int | float | bool | None = None


class MappingFile(Written):
    """`key` names the column or columns of the upstream key; `empty` are cells that stand for nothing, as an empty one does.

    `known_after` are columns that say what was known only once somebody had worked the lead, `perhaps_after` those that may have
    grown since it came: whoever looks back at the file must not take them for what was known on arrival.
    """

    mapping: Name
    source_system: Name
    key: str | list[str]
    title: str | None = None
    order: str | None = None
    empty: list[str] = Field(default=[])
    known_after: list[str] = Field(default=[])
    perhaps_after: list[str] = Field(default=[])
    constants: dict[Name, str | int | float | bool] = Field(default={})
    fields: dict[Name, FieldMapping] = Field(default={})

    @property
    def keys(self) -> list[str]:
        return [self.key] if isinstance(self.key, str) else self.key

    @property
    def columns(self) -> list[str]:
        """All that it reads: a file without one of them is another file than it is for."""
        in_title = _PLACEHOLDER.findall(self.title or "")
        order = [self.order] if self.order is not None else []
        fields = (rule.from_ for rule in self.fields.values())
        return list(dict.fromkeys((*self.keys, *fields, *order, *(name.strip() for name in in_title))))

    def fields_from(self, columns: Iterable[str]) -> tuple[str, ...]:
        """The fields that are read from these columns."""
        among = frozenset(columns)
        return tuple(name for name, rule in self.fields.items() if rule.from_ in among)

    def lead(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row as an incoming lead. Raises IntakeError with the columns at fault."""
        missing = [column for column in self.keys if not _filled(row.get(column))]
        if missing:
            raise IntakeError(
                "NO_ID",
                f"the row has no {', '.join(missing)}",
                dict.fromkeys(missing, "is empty"),
                "The key column must be filled.",
            )
        lead: dict[str, Any] = {
            **self.constants,
            "id": "-".join(str(row[column]).strip() for column in self.keys),
            "source_system": self.source_system,
        }
        if self.title is not None:
            lead["title"] = _PLACEHOLDER.sub(lambda match: str(row.get(match[1].strip(), "")).strip(), self.title)
        lead |= mapped(self.fields, self.empty, row.get)
        return lead


def read_mapping(path: Path) -> MappingFile:
    """Raises DefinitionError with every finding."""
    return validate(MappingFile, read_file(path))


def mapped(rules: Mapping[str, FieldMapping], empty: Collection[str], read: Callable[[str], Any]) -> dict[str, Any]:
    """The fields that these rules make of what `read` finds where they come from. Raises IntakeError with every field at fault."""
    values: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for name, rule in rules.items():
        cell = read(rule.from_)
        text = said(cell)
        if not text or text in empty or text in rule.empty:
            continue
        if not rule.values:
            values[name] = cell
        elif text in rule.values:
            values[name] = rule.values[text]
        elif rule.otherwise is not None:
            values[name] = rule.otherwise
        else:
            wrong[name] = f"'{rule.from_}' says '{text[:80]}', which the mapping does not list"
    if wrong:
        details = "; ".join(wrong.values())
        raise IntakeError("UNMAPPED", details, wrong, "Add the value to the mapping, or an `otherwise`.")
    return values


def said(value: Any) -> str:
    """A value as text, as a file or JSON writes it; nothing for what is not there."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value).strip()


def _filled(cell: Any) -> bool:
    return cell is not None and bool(str(cell).strip())
