"""How files of another system become the past of leads: one of leads, one of what happened to them (B.9)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from client.mapping import FieldMapping
from engine.errors import DefinitionError, Finding
from engine.language.definition import Name, Written
from engine.process import Process
from engine.reading.offers import nearest
from engine.reading.source import read_file
from engine.reading.validation import validate

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"there is no time zone {name}; Europe/Berlin is one") from None
    return name


Zone = Annotated[str, AfterValidator(_zone)]


class LeadColumns(Written):
    """Columns of the file of leads. `owner` is whose it is in the end; `stands` where it stands in the end, in the words of `happened`.

    `known_after` are columns that say what was known only once somebody had worked the lead: they are set with the last thing that
    happened to it, so that no backtest takes them for what was known on arrival.
    """

    key: str | list[str]
    arrived: str
    title: str | None = None
    owner: str | None = None
    stands: str | None = None
    empty: list[str] = Field(default=[])
    known_after: list[str] = Field(default=[])
    constants: dict[Name, str | int | float | bool] = Field(default={})
    fields: dict[Name, FieldMapping] = Field(default={})

    @property
    def keys(self) -> list[str]:
        return [self.key] if isinstance(self.key, str) else self.key

    @property
    def columns(self) -> Iterator[str]:
        yield from (*self.keys, self.arrived)
        yield from (column for column in (self.owner, self.stands) if column is not None)
        yield from (name.strip() for name in _PLACEHOLDER.findall(self.title or ""))
        yield from (rule.from_ for rule in self.fields.values())

    def title_of(self, row: Mapping[str, Any]) -> str | None:
        if self.title is None:
            return None
        return _PLACEHOLDER.sub(lambda match: str(row.get(match[1].strip(), "") or "").strip(), self.title)


class EventColumns(Written):
    """Columns of the file of events. `what` is told by `happened`; `owner` is whose lead it was from then on, `by` who did it."""

    key: str | list[str]
    at: str
    what: str
    owner: str | None = None
    by: str | None = None
    note: str | None = None
    empty: list[str] = Field(default=[])
    codes: dict[Name, FieldMapping] = Field(default={})
    fields: dict[Name, FieldMapping] = Field(default={})

    @property
    def keys(self) -> list[str]:
        return [self.key] if isinstance(self.key, str) else self.key

    @property
    def columns(self) -> Iterator[str]:
        yield from (*self.keys, self.at, self.what)
        yield from (column for column in (self.owner, self.by, self.note) if column is not None)
        yield from (rule.from_ for rule in (*self.codes.values(), *self.fields.values()))


class Happened(Written):
    """What something is here that happened there: the stage that the lead came to, an event, or both; or nothing that counts."""

    stage: str | None = None
    event: Name | None = None
    codes: dict[Name, str] = Field(default={})
    ignore: bool = False

    @model_validator(mode="after")
    def _says_something(self) -> Happened:
        if self.ignore == (self.stage is not None or self.event is not None):
            raise ValueError("say stage: or event:, or ignore: true where it does not count")
        return self


class HistoryFile(Written):
    """`zone` is that of times without one, `dates` how they are written if not as 2026-03-09 14:30. `owners` are names there by keys
    of the roster here; null is nobody. `into` is the process; without it the front door decides."""

    history: Name
    source_system: Name
    into: Name | None = None
    zone: Zone = "UTC"
    dates: list[str] = Field(default=[])
    leads: LeadColumns
    events: EventColumns
    happened: dict[str, Happened]
    owners: dict[str, Name | None] = Field(default={})

    def moment(self, cell: Any) -> datetime | None:
        """Raises ValueError for what is no time; None for an empty cell."""
        text = "" if cell is None else str(cell).strip()
        if not text:
            return None
        at = self._read(text)
        return (at if at.tzinfo is not None else at.replace(tzinfo=ZoneInfo(self.zone))).astimezone(UTC)

    def _read(self, text: str) -> datetime:
        for form in self.dates:
            try:
                return datetime.strptime(text, form)  # the zone is put in where it is missing
            except ValueError:
                continue
        return datetime.fromisoformat(text)


def read_history(path: Path) -> HistoryFile:
    """Raises DefinitionError with every finding."""
    return validate(HistoryFile, read_file(path))


def check_against(path: Path, mapping: HistoryFile, process: Process) -> None:
    """Stages, events, fields and codes that the process does not have. Raises DefinitionError with all of them."""
    document = read_file(path)
    scopes = [scope for scope in process.scopes if scope]
    found: list[Finding] = []

    def check(given: str | None, known: list[str], what: str, at: tuple[str, ...]) -> None:
        if given is not None and given not in known:
            near = nearest(given, known)
            remedy = f"Did you mean {near}?" if near else f"There are {', '.join(known)}."
            code = f"UNKNOWN_{what.upper()}"
            found.append(Finding(document.mark(at), code, f"{process.name} has no {what} '{given}'", remedy))

    for said, meant in mapping.happened.items():
        check(meant.stage, scopes, "stage", ("happened", said, "stage"))
        check(meant.event, list(process.events), "event", ("happened", said, "event"))
    for part, fields in (("leads", mapping.leads.fields), ("events", mapping.events.fields)):
        for name in fields:
            check(name, list(process.fields), "field", (part, "fields", name))
    for name in mapping.leads.constants:
        check(name, list(process.fields), "field", ("leads", "constants", name))
    if found:
        raise DefinitionError(found)
