"""The sales floor in memory: many leads, the same people, and what each assignment leaves for the next."""

from __future__ import annotations

from datetime import datetime, timedelta

from engine.compiling.bundle import SourceText, parse
from engine.happening import EventIn
from engine.language.tables import RosterFile
from engine.lead import Ownership, Value
from engine.process import Process
from engine.step import new_lead
from engine.time.worktime import Absence
from tests.unit.desk import DAY, HOUR, MONDAY, OPS, process
from trials.floor import Floor
from trials.rehearsal import Rehearsal

STAGES = """
stages:
  new:  {status: Open, on_entry: [assign], waits_for_ever: true, events: {win: {to: won}}}
  won:  {kind: won}
"""
RULES = """
assignment: sales
keep_with: account_owner
rules: [{name: everybody, among: {team: sales}, limits: {per_day: 2, open: 3}}]
when_nobody: {then: exception}
exception: {person: lee, clock: 8 working hours, climb: silence}
"""
ROSTER = """
roster: desk
teams:
  sales: {title: Sales, leader: lee, calendar: berlin}
people:
  ann: {name: Ann, teams: [sales]}
  ben: {name: Ben, teams: [sales]}
  lee: {name: Lee, roles: [team_leader]}
"""


def floor() -> Floor:
    model = parse(SourceText("roster.yaml", ROSTER)).model
    assert isinstance(model, RosterFile)
    return Floor(model.people, model.teams)


class Leads:
    """Leads of one process, one after another on the same floor."""

    def __init__(self) -> None:
        self.floor = floor()
        self.rules: Process = process(STAGES, assignment=RULES)
        self.count = 0

    def arrives(self, at: datetime = MONDAY, **fields: Value) -> Rehearsal:
        self.count += 1
        run = Rehearsal(self.rules, new_lead(self.rules, f"L{self.count}", "Cobalt", dict(fields), (), at), self.floor)
        run.arrive()
        return run


def test_turns_go_round_and_a_day_has_its_limit() -> None:
    """S4.5: whoever was longest without one is next; who has had the most of a day is passed over until the next."""
    leads = Leads()
    assert [leads.arrives().lead.owner for _ in range(5)] == ["ann", "ben", "ann", "ben", "lee"]
    tuesday = [leads.arrives(MONDAY + DAY).lead for _ in range(3)]
    assert [lead.owner for lead in tuesday] == ["ann", "ben", "lee"]
    assert tuesday[2].ownership is Ownership.EXCEPTION


def test_a_lead_that_is_won_makes_room() -> None:
    """S4.5: the limit is of open leads; of one that is won nobody has their hands full."""
    leads = Leads()
    early = [leads.arrives() for _ in range(4)]
    late = [leads.arrives(MONDAY + DAY) for _ in range(2)]
    assert [run.lead.owner for run in late] == ["ann", "ben"]
    assert leads.arrives(MONDAY + 2 * DAY).lead.owner == "lee"
    early[1].event(EventIn("win", OPS), MONDAY + 2 * DAY)
    assert leads.arrives(MONDAY + 2 * DAY).lead.owner == "ben"
    assert leads.floor.leads_of("ann") == ("L1", "L3", "L5")


def test_whoever_has_the_account_gets_the_next_lead_of_it() -> None:
    """S4.4: an existing account stays with its owner, whoever's turn it is; the company is known by its name as the database
    reads it."""
    leads = Leads()
    assert leads.arrives(company="Cobalt AG").lead.owner == "ann"
    assert leads.arrives(company=" cobalt  ag ").lead.owner == "ann"
    assert leads.arrives(company="Other").lead.owner == "ben"


def test_leave_and_a_new_roster_count_from_then_on() -> None:
    """B.6: who is away is passed over until they are back; who is not in the roster any more gets none."""
    leads = Leads()
    leads.floor.away("ann", Absence(MONDAY, MONDAY + 5 * DAY))
    assert leads.arrives().lead.owner == "ben"
    leads.floor.back("ann", MONDAY + HOUR)
    assert leads.arrives(MONDAY + HOUR).lead.owner == "ann"
    people = {key: one.person for key, one in leads.floor.people.items() if key != "ann"}
    leads.floor.staff(people, leads.floor.teams)
    assert leads.arrives(MONDAY + timedelta(hours=2)).lead.owner == "ben"
