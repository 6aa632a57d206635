"""The life of one past lead, run through the core at the times of then (`engine.recounting`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from client.history.remarks import Doubt
from engine.decision import Decision
from engine.language.tables import Person, Team
from engine.lead import Lead
from engine.process import Process
from engine.recounting import Told, arrived, missed, recount
from engine.settle import measure, settle_and_conclude, stay
from engine.world import Colleague, World
from store import journal
from store.past_rows import Lived

MOST_MISSED = 1_000
"""Deadlines missed between two things that happened; more of them are a process that goes round in circles."""


@dataclass(frozen=True, slots=True)
class Staff:
    """Everybody as if they still worked here, which they did then; with the leave that is known."""

    people: Mapping[str, Colleague]
    teams: Mapping[str, Team]

    @classmethod
    def of_then(cls, people: Mapping[str, Colleague], teams: Mapping[str, Team]) -> Staff:
        there = {
            key: Colleague(key, one.person.model_copy(update={"active": True}), one.absences)
            for key, one in people.items()
        }
        return cls(there, teams)

    def with_strangers(self, names: Sequence[str]) -> Mapping[str, Colleague]:
        strangers = [name for name in names if name not in self.people]
        if not strangers:
            return self.people
        return {**self.people, **{name: Colleague(name, Person(name=name)) for name in strangers}}


@dataclass(frozen=True, slots=True)
class Relived:
    """What became of the lead, and what of the told could not have been, each by its place among them."""

    lead: Lead
    lived: tuple[Lived, ...]
    doubts: tuple[tuple[int, Doubt, str, str], ...]


def relive(process: Process, fresh: Lead, told: Sequence[Told], system: str, staff: Staff) -> Relived:
    """`told` begins with the arrival. Deadlines that were missed after the last of them are left for who takes the lead over."""
    people = staff.with_strangers([one.owner for one in told if one.owner is not None])
    lived: list[Lived] = []
    doubts: list[tuple[int, Doubt, str, str]] = []
    lead = fresh

    def happen(decision: Decision, place: int | None) -> None:
        nonlocal lead
        world = World(decision.record.at, people, staff.teams)
        settled, concluded = settle_and_conclude(process, decision, world)
        concluded = replace(concluded, outward=(), fire=())
        measured = {
            journal.place(clock): measure(process, decision.lead, clock, world)
            for clock in journal.to_measure(decision, concluded)
        }
        lived.append(Lived(decision, settled, concluded, measured, stay(process, decision, world), place))
        lead = concluded.lead

    happen(arrived(process, lead, told[0], system), 0)
    for place, one in enumerate(told[1:], start=1):
        for _ in range(MOST_MISSED):
            late = missed(process, lead, one.at)
            if late is None:
                break
            happen(late, None)
        found = recount(process, lead, one, system)
        if found.impossible:
            what = f"'{one.event}' is not possible in {process.leaf(lead).title}"
            doubts.append((place, Doubt.NOT_POSSIBLE, what, "left out"))
        doubts.extend(
            (place, Doubt.UNKNOWN_REASON, f"{name} is no code that is asked for here", "left out")
            for name in found.lost
        )
        if found.decision is not None:
            happen(found.decision, place)
    return Relived(lead, tuple(lived), tuple(doubts))
