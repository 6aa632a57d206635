"""The facts of the world that a decision is settled with: people, teams, leave, workload, calendars. Plain data, read beforehand.

The activity fills it from the database under a lock, the simulator from memory; the rules that read it are the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine.language.tables import Person, Team
from engine.time.worktime import Absence


@dataclass(frozen=True, slots=True)
class Colleague:
    """A person of the roster at this moment.

    `absences` are leave in UTC; `open` the leads they own that are neither won nor lost; `today` those assigned to them since
    midnight on their own calendar; `last_turn` a number that grows with every assignment of anybody (manual ones counted), None if
    they never had one.
    """

    key: str
    person: Person
    absences: tuple[Absence, ...] = ()
    open: int = 0
    today: int = 0
    last_turn: int | None = None


@dataclass(frozen=True, slots=True)
class World:
    """`scale` shortens every duration (1.0 is real time): only the demo sets it. `digests` are the versions that this lead takes when
    it enters another process, by its name; `members` the people of each team, where whoever asks often has sorted them out beforehand."""

    now: datetime
    people: Mapping[str, Colleague] = field(default_factory=dict)
    teams: Mapping[str, Team] = field(default_factory=dict)
    account_owner: str | None = None
    digests: Mapping[str, str] = field(default_factory=dict)
    scale: float = 1.0
    members: Mapping[str, tuple[str, ...]] | None = None
