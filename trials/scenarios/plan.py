"""Everything in a process that scenarios can try out, and where it is written: stages, ways, guards, rules, bands, clocks, rungs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from engine.compiling.bundle import Parsed
from engine.compiling.flatten import Stages
from engine.errors import Mark
from engine.language.builtin import RESERVED
from engine.language.definition import ProcessFile
from engine.language.tables import (
    Aging,
    AssignmentTable,
    Completeness,
    Part,
    PointsBy,
    PointsOf,
    PointsOver,
    PointsWhen,
    ScoreTable,
    SegmentTable,
)
from engine.process import ROOT, Process
from engine.reading.document import NodePath


class Kind(StrEnum):
    """What can be tried out."""

    STAGE = "stages"
    WAY = "transitions"
    GUARD = "guards"
    RULE = "assignment rules"
    SEGMENT = "segments"
    BAND = "score bands"
    CLOCK = "clocks"
    RUNG = "rungs"


Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to be tried out. `words` name it as a person would."""

    kind: Kind
    key: Key
    words: str
    mark: Mark


@dataclass(frozen=True)
class Plan:
    """All items of one process by kind and key. `written` are the places of the branches of an event in a stage, in order."""

    process: Process
    items: Mapping[Key, Item]
    written: Mapping[tuple[str, str], tuple[NodePath, ...]] = field(default_factory=dict)


def plan_of(process: Process, source: Parsed, tables: Sequence[Parsed]) -> Plan:
    """`source` is the process file, `tables` are those that it uses."""
    assert isinstance(source.model, ProcessFile)
    written = _written(process, source.model)
    found = [
        *_stages(process, source),
        *_ways(process, source, written),
        *_clocks(process, source, tables),
        *_rungs(process, source),
    ]
    for table in tables:
        match table.model:
            case AssignmentTable():
                found += _rules(table, table.model)
            case SegmentTable():
                found += _segments(table, table.model)
            case ScoreTable():
                found += _bands(table, table.model)
    return Plan(process, {item.key: item for item in found}, written)


def _stages(process: Process, source: Parsed) -> Iterator[Item]:
    for path in process.leaves:
        at: NodePath = tuple(part for name in path.split(".") for part in ("stages", name))
        yield Item(Kind.STAGE, ("stage", path), f"stage {path}", source.document.key_mark(at))


# --- ways and guards -------------------------------------------------------------------------------------------------


def _written(process: Process, file: ProcessFile) -> dict[tuple[str, str], tuple[NodePath, ...]]:
    """Where each branch of `process.branches` is written, in the same order: inner stages first, shared events last."""
    stages = Stages(file)
    places: dict[tuple[str, str], tuple[NodePath, ...]] = {}
    for (leaf, event), branches in process.branches.items():
        if event in RESERVED:
            continue
        found: list[NodePath] = []
        for path in reversed(process.leaves[leaf].chain):
            placed = stages.placed[path]
            count = len(placed.stage.events.get(event, ()))
            found += [(*placed.at, "events", event, number) for number in range(count)]
        if len(found) < len(branches):
            found.append(("events", event))
        places[(leaf, event)] = tuple(found)
    return places


def way_key(place: NodePath) -> Key:
    return ("way", *map(str, place))


def guard_key(place: NodePath, *, holds: bool) -> Key:
    return ("guard", *map(str, place), str(holds))


def _ways(process: Process, source: Parsed, written: Mapping[tuple[str, str], tuple[NodePath, ...]]) -> Iterator[Item]:
    """Each is written once, for however many nested stages or, as a shared event, for however many stages."""
    seen: dict[NodePath, None] = {}
    for (leaf, event), places in written.items():
        for branch, place in zip(process.branches[(leaf, event)], places, strict=True):
            if place in seen:
                continue
            seen[place] = None
            where = ".".join(str(part) for part in place[1:-3:2]) if place[0] == "stages" else "shared"
            target = f" to {branch.target}" if branch.target else ""
            words = f"{event}{target} ({where})"
            mark = _mark(source, place)
            yield Item(Kind.WAY, way_key(place), words, mark)
            if branch.when is not None:
                for holds in (True, False):
                    outcome = "holds" if holds else "does not hold"
                    text = f"{words}: {branch.when.text} {outcome}"
                    yield Item(Kind.GUARD, guard_key(place, holds=holds), text, _mark(source, (*place, "when")))


def _mark(source: Parsed, place: NodePath) -> Mark:
    """Where an author wrote one branch in place of a list, its number is no part of the way to it."""
    if source.document.node(place) is None:
        place = tuple(part for part in place if not isinstance(part, int))
    return source.document.key_mark(place)


# --- clocks and rungs ------------------------------------------------------------------------------------------------


def _clocks(process: Process, source: Parsed, tables: Sequence[Parsed]) -> Iterator[Item]:
    for (scope, name), rule in process.clocks.items():
        at: NodePath = tuple(part for part in scope.split(".") if scope for part in ("stages", part))
        path: NodePath = (*at, "clocks", name)
        if scope == ROOT and source.document.node(path) is None:
            table = next(one for one in tables if isinstance(one.model, AssignmentTable))
            mark = table.document.key_mark((name, "clock"))
        else:
            mark = source.document.key_mark(path)
        outcomes = ["met", *(["warned"] if rule.spec.warn_at else []), "breached"]
        for outcome in outcomes:
            words = f"clock {name} ({scope or 'process'}) {outcome}"
            yield Item(Kind.CLOCK, ("clock", scope, name, outcome), words, mark)


def _rungs(process: Process, source: Parsed) -> Iterator[Item]:
    for name, series in process.series.items():
        kind = "ladders" if source.document.node(("ladders", name)) is not None else "sequences"
        for number in range(len(series.steps)):
            words = f"{name}, step {number + 1}"
            yield Item(Kind.RUNG, ("rung", name, str(number)), words, source.document.mark((kind, name, number)))


# --- tables ----------------------------------------------------------------------------------------------------------


def _rules(table: Parsed, model: AssignmentTable) -> Iterator[Item]:
    for number, rule in enumerate(model.rules):
        mark = table.document.mark(("rules", number))
        yield Item(Kind.RULE, ("rule", rule.name), f"rule '{rule.name}' finds somebody", mark)


def _segments(table: Parsed, model: SegmentTable) -> Iterator[Item]:
    for number, row in enumerate(model.of):
        key = ("segment", row.segment)
        yield Item(Kind.SEGMENT, key, f"segment {row.segment}", table.document.mark(("of", number)))


def _bands(table: Parsed, model: ScoreTable) -> Iterator[Item]:
    for name, part in model.parts.items():
        for outcome, where in outcomes_of(part).items():
            mark = table.document.key_mark(("parts", name, *where))
            yield Item(Kind.BAND, ("band", name, outcome), f"{name} gives {outcome}", mark)
    for what, words in (("priority", model.priority), ("grade", model.grade)):
        for word in words:
            mark = table.document.key_mark((what, word))
            yield Item(Kind.BAND, (what, word), f"{what} {word}", mark)


def outcomes_of(part: Part) -> dict[str, NodePath]:
    """What a part of a score can come to, and where it says so."""
    match part:
        case Completeness() | Aging() | PointsOver():
            return {str(points): ("bands", points) for points in part.bands}
        case PointsBy():
            return {value: ("points", value) for value in part.points}
        case PointsWhen():
            return {str(part.points): ("when",), "0": ("when",)}
        case PointsOf():
            return {"points": ("points",)}
