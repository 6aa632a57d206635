"""The JSON Schema of one process and its tables: wherever a name is meant, an editor offers those that are defined (C.5).

The names are taken from the files as plain data, so that a half-written file has names too. Of a kind that has none, any
name may stand, as in the schema of all files.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from engine.compiling.names import AT_THE_DOOR, COMMON_FIELDS, STATE
from engine.language.builtin import RESERVED
from engine.language.schema import Schema, schema
from engine.reading.document import Plain


@dataclass(frozen=True, slots=True)
class Workspace:
    """Plain data of the process, of the tables that it uses by their kind, and of what lies around."""

    process: Plain
    tables: Mapping[str, Plain] = field(default_factory=dict)
    rosters: tuple[Plain, ...] = ()
    processes: tuple[str, ...] = ()
    shelf: tuple[tuple[str, str], ...] = ()
    """Kind and name of every table that could be used."""


PLACES: Mapping[str, tuple[str, ...]] = {
    "stage": ("Event.to", "SharedEvent.to", "SharedEvent.from", "ProcessFile.start", "Expected.stage"),
    "nested_stage": ("Stage.initial",),
    "event": (
        *("ClockSpec.starts_on", "ClockSpec.stops_on", "ClockSpec.cancels_on", "Fire.fire", "FireStep.fire"),
        *("EventStep.event", "Refused.allowed"),
    ),
    "clock": ("Expected.clocks",),
    "ladder": ("Climb.climb", "ExceptionOwner.climb", "Queue.climb"),
    "sequence": ("StartSequence.start",),
    "template": (
        *("Notify.with", "NotifyStep.with", "Send.send", "SendStep.send", "Tells.owner", "Tells.earlier_owner"),
        *("ExceptionOwner.with", "Queue.with", "NoticeExpected.template", "Expected.sent"),
    ),
    "reason_list": ("Needs.*",),
    "code": ("OutOfScope.reason", "EventStep.codes"),
    "field": ("Needs.fields", "SetFields.set", "Completeness.share_of", "Expected.known"),
    "read_field": (
        *("Forecast.value", "PointsBy.by", "PointsOf.points", "PointsOver.of", "Among.territory", "Among.skills"),
    ),
    "date_field": ("ClockSpec.at",),
    "since": ("Aging.since", "PointsOf.since"),
    "counted_from": ("ClockSpec.counts_from",),
    "segment": ("AssignmentRule.segment", "Expected.segment"),
    "calendar": ("CalendarTable.default", "Person.calendar", "Team.calendar"),
    "runs_on": ("ClockSpec.runs_on",),
    "team": ("Among.team", "Queue.team", "Person.teams", "Expected.team"),
    "person": (*("Among.people", "ExceptionOwner.person", "Team.leader", "Expected.owner", "BackStep.back"),),
    "told": ("Notify.notify", "NotifyStep.notify"),
    "task_for": ("CreateTask.for", "TaskStep.for"),
    "roster": ("Given.roster", "RosterStep.roster"),
    "process": ("HandOver.hand_over", "Expected.process", "ScenarioFile.scenarios"),
    **{f"{kind}_table": (f"Uses.{kind}",) for kind in ("intake", "score", "assignment", "calendars")},
    **{f"{kind}_table": (f"Uses.{kind}",) for kind in ("reasons", "segments", "templates", "identity")},
}
"""Kind of name to where one is meant: model and key; `*` are all keys that the model does not name."""

FOLLOW_THE_LEAD = ("Expected", "EventStep", "Refused", "NoticeExpected", "BackStep", "Given", "RosterStep")
"""Parts of scenarios. A lead may go on in another process, so that names are offered there and none is refused."""

OF_KEYS = ("Expected.clocks", "SetFields.set")
"""Places where the name is a key."""


def workspace_schema(around: Workspace) -> Schema:
    """The schema of all files, with the names of this process and what lies around it as enumerations."""
    whole = deepcopy(schema())
    definitions = whole["$defs"]
    for kind, names in names_of(around).items():
        if not names:
            continue
        known = f"Known{kind.title().replace('_', '')}"
        definitions[known] = {"description": f"A {kind.replace('_', ' ')} that is defined.", "enum": list(names)}
        for place in PLACES[kind]:
            model, _, key = place.partition(".")
            if model in definitions:
                offered = _Offered({"$ref": f"#/$defs/{known}"}, only=model not in FOLLOW_THE_LEAD)
                _offer(definitions[model], key, offered, of_keys=place in OF_KEYS)
    whole["$defs"] = dict(sorted(definitions.items()))
    return whole


def workspace_schema_text(around: Workspace) -> str:
    return json.dumps(workspace_schema(around), indent=2, ensure_ascii=False) + "\n"


@dataclass(frozen=True, slots=True)
class _Offered:
    """Names that are known, as a reference; other names may stand beside them, unless these are the `only` ones."""

    known: Schema
    only: bool

    def instead_of(self, part: Schema) -> Schema:
        return self.known if self.only else {"anyOf": [self.known, part]}


def _offer(model: Schema, key: str, offered: _Offered, *, of_keys: bool) -> None:
    if key == "*":
        model["additionalProperties"] = offered.known
    elif of_keys:
        for part in _mappings(model["properties"][key]):
            part["propertyNames"] = offered.instead_of({})
    elif key in model.get("properties", {}):
        model["properties"][key] = _in_place(model["properties"][key], offered)


def _mappings(part: Schema) -> Iterator[Schema]:
    if part.get("type") == "object":
        yield part
    for one in part.get("anyOf", ()):
        yield from _mappings(one)


def _in_place(part: Schema, offered: _Offered) -> Schema:
    """The same with every name in it one of those that are known; lists of names and `null` stay what they are."""
    words = {name: part[name] for name in ("description", "default") if name in part}
    bare = {name: value for name, value in part.items() if name not in words}
    reference = str(part.get("$ref", "")).rpartition("/")[2]
    if reference == "Names":
        one = offered.instead_of({"$ref": "#/$defs/Name"})
        return words | {"anyOf": [one, {"type": "array", "items": one}]}
    if reference in ("Name", "StagePath", "LeadReference") or "pattern" in part:
        return words | offered.instead_of(bare)
    if "anyOf" in part:
        return part | {"anyOf": [_in_place(one, offered) for one in part["anyOf"]]}
    if part.get("type") == "array":
        return part | {"items": _in_place(part["items"], offered)}
    if "patternProperties" in part:
        inner = {pattern: _in_place(one, offered) for pattern, one in part["patternProperties"].items()}
        return part | {"patternProperties": inner}
    return part


# --- names in plain data ---------------------------------------------------------------------------------------------


def names_of(around: Workspace) -> dict[str, tuple[str, ...]]:
    """Every kind of name to the names there are, in the order written."""
    stages = list(_stages(around.process, ""))
    fields = {
        **dict.fromkeys(COMMON_FIELDS),
        **_fields(around.tables.get("intake")),
        **_fields(around.process),
    }
    dates = [f"lead.{name}" for name, spec in fields.items() if _at(spec, "type") == "date"]
    readable = [f"lead.{name}" for name, spec in fields.items() if _at(spec, "personal") is not True]
    lists = _keys(around.tables.get("reasons"), "lists")
    codes = [code for name in lists for code in _keys(around.tables.get("reasons"), "lists", name)]
    calendars = _keys(around.tables.get("calendars"), "of")
    teams = [team for roster in around.rosters for team in _keys(roster, "teams")]
    people = [person for roster in around.rosters for person in _keys(roster, "people")]
    rows = _at(around.tables.get("segments"), "of")
    moments = [f"lead.{name}" for name in (*AT_THE_DOOR, "entered_at") if name in STATE]
    found: dict[str, Iterable[str]] = {
        "stage": _named(stages),
        "nested_stage": [path.rpartition(".")[2] for path, _ in stages if "." in path],
        "event": [*_events(around.process, stages), *sorted(RESERVED)],
        "clock": [*_keys(around.process, "clocks"), *(name for _, one in stages for name in _keys(one, "clocks"))],
        "ladder": _keys(around.process, "ladders"),
        "sequence": _keys(around.process, "sequences"),
        "template": _keys(around.tables.get("templates"), "of"),
        "reason_list": lists,
        "code": codes,
        "field": fields,
        "read_field": readable,
        "date_field": dates,
        "since": [*moments, *dates],
        "counted_from": ["entry", "arrival", "assignment", *dates],
        "segment": [str(_at(row, "segment")) for row in rows if _at(row, "segment")] if isinstance(rows, list) else [],
        "calendar": calendars,
        "runs_on": ["owner", "team", *calendars],
        "team": teams,
        "person": people,
        "told": _told(teams, people),
        "task_for": ["owner", "team_leader", *(f"person:{name}" for name in people)] if people else [],
        "roster": [str(name) for roster in around.rosters if (name := _at(roster, "roster"))],
        "process": around.processes,
        **{f"{kind}_table": [name for of, name in around.shelf if of == kind] for kind, _ in around.shelf},
    }
    return {kind: tuple(dict.fromkeys(map(str, names))) for kind, names in found.items() if kind in PLACES}


def _told(teams: list[str], people: list[str]) -> list[str]:
    """Without a roster nobody can say which teams and people there are."""
    roles = ["owner", "team_leader", "earlier_owner", "exception"]
    named = [*(f"team:{name}" for name in teams), *(f"person:{name}" for name in people)]
    return [*roles, *named] if named else []


def _named(stages: list[tuple[str, Plain]]) -> Iterator[str]:
    """Full names, and last parts that only one stage has."""
    paths = [path for path, _ in stages]
    last = [path.rpartition(".")[2] for path in paths]
    yield from paths
    yield from (name for name in last if last.count(name) == 1)


def _stages(part: Plain, around: str) -> Iterator[tuple[str, Plain]]:
    stages = _at(part, "stages")
    for name, stage in stages.items() if isinstance(stages, dict) else ():
        path = f"{around}.{name}" if around else str(name)
        yield path, stage
        yield from _stages(stage, path)


def _events(process: Plain, stages: list[tuple[str, Plain]]) -> Iterator[str]:
    for part in (process, *(stage for _, stage in stages)):
        yield from _keys(part, "events")


def _fields(part: Plain) -> dict[str, Plain]:
    fields = _at(part, "fields")
    return {str(name): spec for name, spec in fields.items()} if isinstance(fields, dict) else {}


def _keys(part: Plain, *way: str) -> list[str]:
    for key in way:
        part = _at(part, key)
    return [str(key) for key in part] if isinstance(part, dict) else []


def _at(part: Any, key: str) -> Any:
    return part.get(key) if isinstance(part, dict) else None
