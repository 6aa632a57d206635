"""Small pasts made by hand: leads that live in memory on one floor, told as the journal would tell them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from engine.catalog import Catalog
from engine.clocks import due_before
from engine.compiling.bundle import SourceText, parse
from engine.happening import EventIn, Touch
from engine.language.tables import RosterFile
from engine.lead import Value
from engine.past import CameIn, LeaveKnown, Past, PastLead, Recorded, Staffing
from engine.process import Process
from engine.step import new_lead
from engine.time.worktime import Absence
from trials.backtest.report import Backtest, Choice, backtest
from trials.floor import Floor
from trials.rehearsal import Done, Rehearsal

ROSTER = """
roster: desk
teams:
  sales: {title: Sales, leader: lee, calendar: berlin}
people:
  ann:  {name: Ann, teams: [sales]}
  ben:  {name: Ben, teams: [sales]}
  cem:  {name: Cem, teams: [sales]}
  lee:  {name: Lee, roles: [team_leader]}
  head: {name: Head, roles: [team_leader]}
"""


def roster(text: str = ROSTER) -> RosterFile:
    model = parse(SourceText("roster.yaml", text)).model
    assert isinstance(model, RosterFile)
    return model


@dataclass
class _Lived:
    run: Rehearsal
    fields: dict[str, Value]
    sent: dict[int, tuple[str, EventIn | Touch]]


class History:
    """What is done here is done in the order of time, by all leads on one floor."""

    def __init__(self, process: Process, began: datetime, staff: str = ROSTER) -> None:
        self.process = process
        self.now = began
        self._lived: dict[str, _Lived] = {}
        self._staffings: list[Staffing] = []
        self._leave: list[LeaveKnown] = []
        self._floor = Floor({}, {})
        self.staffed(staff, began)

    def staffed(self, text: str, at: datetime) -> None:
        """From now on the roster is this one."""
        self._pass(at)
        model = roster(text)
        self._floor.staff(model.people, model.teams)
        self._staffings.append(Staffing(at, model.people, model.teams))

    def leave(self, person: str, absence: Absence, at: datetime, leave: int = 1) -> None:
        """Leave is entered; a second time under the same number it replaces what was."""
        self._pass(at)
        self._leave.append(LeaveKnown(at, leave, person, absence))
        known = {known.leave: known.absence for known in self._leave if known.person == person}
        self._floor.absent(person, tuple(one for one in known.values() if one is not None))
        for key in self._floor.leads_of(person):
            self._lived[key].run.world_changed("leave changed", at)

    def arrives(self, key: str, at: datetime, **fields: Value) -> None:
        self._pass(at)
        lead = new_lead(self.process, key, key, dict(fields), (), at)
        run = Rehearsal(self.process, lead, self._floor)
        self._lived[key] = _Lived(run, fields, {})
        run.arrive()

    def tries(self, key: str, event: EventIn, at: datetime) -> bool:
        """Somebody tries something; whether it has happened."""
        self._pass(at)
        lived = self._lived[key]
        number = len(lived.run.done)
        if lived.run.event(event, at) is not None:
            return False
        lived.sent[number] = (f"sent:{number}", event)
        return True

    def does(self, key: str, event: EventIn | Touch, at: datetime) -> None:
        """Something happens to the lead, and is not refused."""
        if isinstance(event, EventIn):
            assert self.tries(key, event, at)
            return
        self._pass(at)
        lived = self._lived[key]
        number = len(lived.run.done)
        lived.run.touch(event, at)
        lived.sent[number] = (f"touch:{number}", event)

    @property
    def done(self) -> list[Done]:
        """Every decision of every lead."""
        return [done for lived in self._lived.values() for done in lived.run.done]

    def owner(self, key: str) -> str | None:
        return self._lived[key].run.lead.owner

    def past(self, until: datetime) -> Past:
        self._pass(until)
        return Past(
            tuple(_told(key, lived) for key, lived in self._lived.items()),
            until,
            tuple(self._staffings),
            tuple(self._leave),
        )

    def against(
        self, candidate: Process, until: datetime, *, keep_times: bool = False, control: bool = False
    ) -> Backtest:
        """This past through a candidate."""
        catalog = Catalog()
        catalog.add(self.process)
        return backtest(self.past(until), candidate, catalog, Choice(), keep_times=keep_times, control=control)

    def _pass(self, at: datetime) -> None:
        """Time passes for all of them, that of the moment itself not included: what falls due first comes first."""
        assert at >= self.now
        while True:
            dues = [(due_before(lived.run.lead, at), key) for key, lived in self._lived.items()]
            waiting = [(due.at, key) for due, key in dues if due is not None]
            if not waiting:
                break
            due, key = min(waiting)
            self._lived[key].run.advance(due)
        self.now = at


def _told(key: str, lived: _Lived) -> PastLead:
    decisions = []
    touches = [CameIn("0", fields=lived.fields)]
    for number, done in enumerate(lived.run.done):
        decision, note = done.decision, False
        if number in lived.sent:
            id, event = lived.sent[number]
            decision = replace(decision, record=replace(decision.record, id=id))
            if isinstance(event, Touch):
                touches.append(CameIn(str(number), event.source, event.campaign, event.channel, event.fields))
            else:
                note = event.note
        decisions.append(Recorded(decision, done.settled, note))
    return PastLead(key, key, lived.run.done[0].decision.record.at, tuple(decisions), tuple(touches))
