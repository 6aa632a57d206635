"""Leads to begin a search with: a usual one, and for each rule, segment and band of a score one that is meant by it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.expressions import Expression
from engine.language.scenario import LeadStep, Plain
from engine.language.tables import Among, Completeness, Part, PointsBy, PointsOf, PointsOver, PointsWhen
from engine.process import Process
from engine.reasoning import Example, Reasoner
from engine.references import field_of
from engine.routing import Taken, route
from trials.scenarios import moves
from trials.scenarios.case import Case

Fields = dict[str, Plain]


class Beginnings:
    """`base` is what every lead brings; where that is not taken by the process, what the front door looks for is added."""

    def __init__(self, case: Case, reasoner: Reasoner) -> None:
        self.case = case
        self.process: Process = case.setting.process
        self.reasoner = reasoner

    def all(self) -> Iterator[LeadStep]:
        base = self.usual()
        if base is None:
            return
        seen: list[Fields] = []
        for more in ({}, self._best(), *self._meant()):
            for brought in ({**base, **more}, more):
                fields = self._complete({name: value for name, value in brought.items() if value is not None})
                if fields not in seen and self.taken(fields):
                    seen.append(fields)
                    yield LeadStep(lead=fields)
                    break

    def usual(self) -> Fields | None:
        """A lead that the front door gives to this process, as plain as can be; None where there is none to be found."""
        fields = self._complete(dict(self.case.lead))
        if self.taken(fields):
            return fields
        if self.process.takes_when is not None:
            example = self._example((self.process.takes_when,), tuple(self._others()))
            fields = self._complete({**fields, **example})
        return fields if self.taken(fields) else None

    def taken(self, fields: Mapping[str, Plain]) -> bool:
        if self.process.takes_priority is None:
            return True
        doors = sorted(self.case.setting.processes, key=lambda one: (-(one.takes_priority or 0), one.name))
        taken = route(doors, dict(fields), self.case.now)
        return isinstance(taken, Taken) and taken.process.digest == self.process.digest

    def _complete(self, fields: Fields) -> Fields:
        required = [name for name, spec in self.process.fields.items() if spec.required]
        missing = {
            name: moves.example(name, self.process.fields[name], self.case.now)
            for name in required
            if fields.get(name) is None
        }
        return {**fields, **missing}

    def _others(self) -> Iterator[Expression]:
        yield from (condition for _, condition in self.process.out_of_scope)

    def _meant(self) -> Iterator[Fields]:
        process = self.process
        table = process.assignment
        segments = self._segments()
        yield from segments.values()
        earlier: list[Expression] = []
        for rule in table.rules if table is not None else ():
            condition = process.assignment_conditions.get(rule.name)
            segment = next((segments[name] for name in rule.segment if name in segments), {})
            wanted = self._example((condition,), tuple(earlier)) if condition is not None else {}
            yield from self._for_somebody(rule.among, {**segment, **wanted})
            if condition is not None and not rule.segment:
                earlier.append(condition)
        for name, part in process.score.parts.items() if process.score is not None else ():
            yield from self._of_part(name, part)

    def _for_somebody(self, among: Among, wanted: Fields) -> Iterator[Fields]:
        """The same from where somebody of these is at home, for what they know: whom a rule means is looked for by that."""
        yield wanted
        fields = self.process.fields
        for key, person in self.case.roster.people.items():
            if key not in among.people and not any(team in among.team for team in person.teams):
                continue
            fitting = dict(wanted)
            asked = [(among.territory, person.territories), *((skill, person.skills) for skill in among.skills)]
            for reference, has in asked:
                if reference is None or not reference.startswith("lead."):
                    continue
                name = field_of(reference)
                possible = [value for value in has if value in (fields[name].of or has)]
                if fitting.get(name) not in possible and possible and name not in wanted:
                    fitting[name] = possible[0]
            yield fitting

    def _segments(self) -> dict[str, Fields]:
        rows = self.process.segments.of if self.process.segments is not None else []
        found: dict[str, Fields] = {}
        for number, row in enumerate(rows):
            earlier = self.process.segment_conditions[:number]
            example = self._example((self.process.segment_conditions[number],), earlier)
            if example:
                found.setdefault(row.segment, example)
        return found

    def _of_part(self, name: str, part: Part) -> Iterator[Fields]:
        fields, now = self.process.fields, self.case.now
        match part:
            case PointsBy():
                for value in part.points:
                    yield {field_of(part.by): value}
            case PointsOver():
                for bound in part.bands.values():
                    yield {field_of(part.of): bound}
            case PointsOf():
                field = field_of(part.points)
                yield {field: moves.example(field, fields[field], now)}
            case PointsWhen():
                condition = self.process.score_conditions[name]
                yield self._example((condition,), ())
                yield self._example((), (condition,), all_known=True)
            case Completeness():
                for count in range(len(part.share_of) + 1):
                    known = {
                        field: moves.example(field, fields[field], now) if number < count else None
                        for number, field in enumerate(part.share_of)
                    }
                    yield known

    def _best(self) -> Fields:
        """As many points as there are."""
        best: Fields = {}
        table = self.process.score
        for name, part in table.parts.items() if table is not None else ():
            match part:
                case PointsBy():
                    best[field_of(part.by)] = max(part.points, key=lambda value: part.points[value])
                case PointsOver():
                    best[field_of(part.of)] = part.bands[max(part.bands)]
                case PointsOf():
                    spec = self.process.fields[field_of(part.points)]
                    best[field_of(part.points)] = spec.max if spec.max is not None else 100
                case PointsWhen():
                    best.update(self._example((self.process.score_conditions[name],), ()))
                case Completeness():
                    for field in part.share_of:
                        best.setdefault(field, moves.example(field, self.process.fields[field], self.case.now))
        return best

    def _example(
        self, holds: tuple[Expression, ...], unless: tuple[Expression, ...], *, all_known: bool = False
    ) -> Fields:
        """Fields with which these hold and those do not; none where there are none, or that cannot be told."""
        given = {"now": self.case.now}
        found = self.reasoner.gap(unless, given) if all_known else self.reasoner.example_for(holds, unless, given=given)
        if not isinstance(found, Example):
            return {}
        known = {name: moves.example(name, self.process.fields[name], self.case.now) for name in found.known}
        return {**{name: moves.usual(value) for name, value in found.fields.items() if value is not None}, **known}
