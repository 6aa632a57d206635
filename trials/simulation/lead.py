"""A lead of a simulation: where it stands, and what people intend with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.catalog import Catalog
from engine.decision import Refusal
from engine.process import Process
from engine.step import new_lead
from trials.floor import Floor
from trials.rehearsal import Done, Run
from trials.simulation.arrivals import Coming
from trials.simulation.tally import Tally


@dataclass(frozen=True, slots=True)
class Intent:
    """What is to happen next to a lead by people's doing. `events` in this order, `then` what comes after them."""

    at: datetime
    events: tuple[str, ...]
    then: Intent | None = None


class LeadRun(Run):
    """A lead of the simulation: what is intended with it, and for which stay that was drawn."""

    def __init__(self, number: int, process: Process, coming: Coming, floor: Floor, catalog: Catalog, tally: Tally):
        self.number = number
        self.intent: Intent | None = None
        self.queued = False  # until whoever is to act has time
        self.stay: object = None
        self.draws = 0
        self.tries = 0
        self.ignored_by: str | None = None
        self.looked_at_by: str | None = None
        self.version = 0
        self._tally = tally
        self.by_person = False
        seedling = coming.seedling
        lead = new_lead(process, f"sim:{number}", seedling.title, dict(seedling.fields), seedling.known, coming.at)
        super().__init__(process, lead, floor, catalog)

    def did(self, done: Done) -> None:
        self._tally.done(done, self.by_person)
        self.by_person = False

    def refused_to(self, refusal: Refusal) -> None:
        self._tally.refused[f"{refusal.event}: {refusal.code.value}"] += 1
        self.by_person = False
