"""Scenarios by chance: leads of a process to which anything happens that may happen, and much that may not.

For comparing two ways of running the same process, not for reading: nothing is expected in them. The same seed gives the same
scenarios.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from engine.errors import LeadflowError
from engine.language.definition import FieldType, LeadField
from engine.language.scenario import (
    AdvanceStep,
    BackStep,
    EventStep,
    LeadStep,
    Leave,
    LeaveStep,
    People,
    Plain,
    RosterStep,
    Step,
    TouchStep,
)
from engine.language.tables import RosterFile
from engine.process import Process
from engine.reading.document import Document
from engine.reading.source import read
from engine.routing import Taken, route
from engine.time.durations import Duration, Unit
from trials.scenarios import moves
from trials.scenarios.case import Case, Setting
from trials.scenarios.moments import moment, written
from trials.scenarios.playing import Halted, Playing

MOST_STEPS = 10
MOST_TRIES = 2_000
_DOCUMENT: Document = read("scenarios: generated\n", "generated")
_WAITS = (
    Duration(20, Unit.minutes),
    Duration(5, Unit.hours),
    Duration(3, Unit.working_hours),
    Duration(1, Unit.working_days),
    Duration(3, Unit.working_days),
    Duration(2, Unit.days),
    Duration(2, Unit.weeks),
)
_STRANGE: tuple[Plain, ...] = ("nonsense", -1, 1.5, True, "2026-02-30")


def generate(settings: list[Setting], roster: RosterFile, count: int, seed: int) -> Iterator[Case]:
    """So many cases, of each process in turn. Raises LeadflowError for a process that takes none of them."""
    chance = random.Random(seed)
    for number in range(count):
        yield _Author(settings[number % len(settings)], roster, chance, number).case()


class _Author:
    """Plays a scenario while it is written: what may happen next depends on how the lead stands."""

    def __init__(self, setting: Setting, roster: RosterFile, chance: random.Random, number: int) -> None:
        self.setting = setting
        self.roster = roster
        self.chance = chance
        self.number = number

    def case(self) -> Case:
        zone = ZoneInfo(self.chance.choice(("Europe/Berlin", "America/New_York", "Asia/Kolkata")))
        day = datetime(2026, 9, 1) + timedelta(days=self.chance.randrange(500), minutes=self.chance.randrange(1440))
        now = moment(f"{day:%Y-%m-%d %H:%M}", zone)
        people = list(self.roster.people)
        busy = {person: self.chance.choice((3, 60)) for person in self.chance.sample(people, self.chance.randrange(4))}
        first = LeadStep(lead=self._lead(now))
        company = first.lead.get("company")
        accounts = {str(company): self.chance.choice(people)} if company and self.chance.random() < 0.2 else {}
        leave = [self._leave(zone, now) for _ in range(self.chance.randrange(3))]
        case = Case(
            name=f"generated {self.number}",
            setting=self.setting,
            now=now,
            zone=zone,
            roster=self.roster,
            lead={},
            workload=busy,
            accounts=accounts,
            leave=tuple(leave),
            steps=(first,),
            document=_DOCUMENT,
            path=(),
        )
        return replace(case, steps=(first, *self._steps(case)))

    def _steps(self, case: Case) -> list[Step]:
        playing = Playing(case)
        playing.step(0, case.steps[0])
        steps: list[Step] = []
        for number in range(1, self.chance.randrange(3, MOST_STEPS)):
            step = self._next(playing, case)
            try:
                playing.step(number, step)
            except Halted:
                break
            steps.append(step)
        return steps

    def _next(self, playing: Playing, case: Case) -> Step:
        assert playing.run is not None
        sight = moves.UnderWay(playing.run.process, playing.run.lead, playing.now, case.zone, playing.floor)
        draw = self.chance.random()
        if draw < 0.42:
            found: list[Step] = list(moves.events(sight))
        elif draw < 0.5:
            found = list(moves.builtins(sight))
        elif draw < 0.64:
            return self._wrong(sight)
        elif draw < 0.84:
            found = self._waits(sight)
        elif draw < 0.9:
            return TouchStep(touch=self._some_fields(sight))
        elif draw < 0.96:
            return self._absence(sight, case)
        else:
            return self._update(sight) if self.chance.random() < 0.7 else self._other_roster()
        return self.chance.choice(found) if found else AdvanceStep(advance=self.chance.choice(_WAITS))

    def _waits(self, sight: moves.UnderWay) -> list[Step]:
        """Mostly to what is due next; seldom so long that everybody has been escalated to many times."""
        waits = list(moves.waits(sight))
        if self.chance.random() < 0.95:
            soon = sight.now + timedelta(days=12)
            waits = [step for step in waits if moment(step.until, sight.zone) <= soon]
        return list(waits[:3])

    # --- the lead ----------------------------------------------------------------------------------------------------

    def _lead(self, now: datetime) -> dict[str, Plain]:
        """Fields by chance, until the front door gives such a lead to this process."""
        process = self.setting.process
        doors = sorted(self.setting.processes, key=lambda one: (-(one.takes_priority or 0), one.name))
        for _ in range(MOST_TRIES):
            brought: dict[str, Plain] = {}
            for name, spec in process.fields.items():
                if spec.required or self.chance.random() < 0.45:
                    brought[name] = self._value(name, spec, now)
            brought.update(_entrance(process))
            if process.takes_priority is None:
                return brought
            taken = route(doors, brought, now)
            if isinstance(taken, Taken) and taken.process.digest == process.digest:
                return brought
        raise LeadflowError(
            f"no lead of chance is taken by {process.name}", "Say in `takes` what can be told by its fields."
        )

    def _value(self, name: str, spec: LeadField, now: datetime) -> Plain:
        match spec.type:
            case FieldType.CHOICE:
                return self.chance.choice(spec.of or [""])
            case FieldType.INTEGER:
                return self.chance.randint(int(spec.min or 0), int(spec.max if spec.max is not None else 3000))
            case FieldType.NUMBER | FieldType.MONEY:
                most = spec.max if spec.max is not None else 50_000
                return round(self.chance.uniform(float(spec.min or 0), float(most)), 2)
            case FieldType.BOOLEAN:
                return self.chance.random() < 0.5
            case FieldType.DATE:
                return f"{now + timedelta(days=self.chance.randint(-5, 120)):%Y-%m-%d}"
            case FieldType.COUNTRY:
                return self.chance.choice(("DE", "AT", "CH", "FR", "GB", "US", "IN", "BR", "JP"))
            case _:
                return moves.example(name, spec, now)

    def _some_fields(self, sight: moves.UnderWay) -> dict[str, Plain]:
        names = [name for name in sight.process.fields if name not in ("kind", "channel")]
        picked = self.chance.sample(names, min(len(names), self.chance.randrange(4)))
        return {name: self._value(name, sight.process.fields[name], sight.now) for name in picked}

    # --- what happens ------------------------------------------------------------------------------------------------

    def _wrong(self, sight: moves.UnderWay) -> EventStep:
        """Something that is mostly refused: not here, by somebody else, with something missing, with nonsense."""
        process = sight.process
        event = self.chance.choice(process.events)
        by = self.chance.choice(("owner" if sight.lead.owner else "ops", "system", *self.roster.people))
        fields: dict[str, Plain] = {}
        if self.chance.random() < 0.4:
            plain = [name for name, spec in process.fields.items() if not spec.personal]
            fields[self.chance.choice(plain)] = self.chance.choice(_STRANGE)
        codes = {"reason": self.chance.choice(("other", "no_such_code"))} if self.chance.random() < 0.4 else {}
        to = self.chance.choice([*self.roster.people]) if event == "assign" and self.chance.random() < 0.7 else None
        return EventStep(event=event, by=by, fields=fields, codes=codes, to=to)

    def _update(self, sight: moves.UnderWay) -> EventStep:
        fields = self._some_fields(sight)
        for name in fields:
            if self.chance.random() < 0.25:
                fields[name] = None
        return EventStep(event="update", by="ops", fields=fields)

    def _absence(self, sight: moves.UnderWay, case: Case) -> Step:
        owner = sight.lead.owner
        if owner in sight.floor.people and owner is not None and sight.floor.people[owner].absences:
            return BackStep(back=owner)
        person = owner if owner in sight.floor.people and self.chance.random() < 0.8 else None
        return LeaveStep(leave=self._leave(case.zone, sight.now, person))

    def _leave(self, zone: ZoneInfo, now: datetime, person: str | None = None) -> Leave:
        start = now + timedelta(days=self.chance.randint(-1, 6))
        end = start + timedelta(days=self.chance.randint(0, 15))
        person = person or self.chance.choice([*self.roster.people])
        if self.chance.random() < 0.3:
            ends = now + timedelta(hours=self.chance.randint(1, 60))
            return Leave(person=person, until=written(ends, zone))
        return Leave.model_validate({"person": person, "from": f"{start:%Y-%m-%d}", "until": f"{end:%Y-%m-%d}"})

    def _other_roster(self) -> RosterStep:
        """Somebody has left, or keeps other hours."""
        people = dict(self.roster.people)
        key = self.chance.choice(list(people))
        calendars = [name for one in self.setting.processes if one.calendars for name in one.calendars.of]
        change = {"active": False} if self.chance.random() < 0.5 else {"calendar": self.chance.choice(calendars)}
        people[key] = people[key].model_copy(update=change)
        return RosterStep(roster=People(teams=dict(self.roster.teams), people=people))


def _entrance(process: Process) -> dict[str, Plain]:
    """Fields that the front door looks for: those that stand beside a word in `takes`."""
    if process.takes_when is None:
        return {}
    found: dict[str, Plain] = {}
    for part in process.takes_when.text.split("&&"):
        left, _, right = part.partition("==")
        if right.strip().startswith("'") and left.strip().startswith("lead."):
            found[left.strip().removeprefix("lead.")] = right.strip().strip("'")
    return found
