"""Small processes for tests of the lead workflow. Their offices never close, so that a working day is 24 hours whatever
day the tests run on."""

from __future__ import annotations

from engine.compiling.bundle import Bundle
from engine.language.tables import RosterFile
from engine.process import Process
from tests.installation import people, written

TEMPLATES = """
templates: mail
of:
  new_lead:   {subject: "New lead: {{ lead.title }}", text: "Yours. {{ why }}"}
  taken_away: {subject: "Not yours any more: {{ lead.title }}", text: "{{ about }}"}
  exception:  {subject: "Whose lead is {{ lead.title }}?", text: "Please decide."}
  queued:     {subject: "{{ lead.title }} waits", text: "Please claim it."}
  warning:    {subject: "Due soon: {{ about }}", text: "By {{ due }}."}
  overdue:    {subject: "Overdue: {{ about }}", text: "{{ lead.title }}"}
"""

DESK = """
assignment: desk
rules:
  - {name: alone, when: lead.size == 'lone', among: {team: lone}}
  - {name: everybody, when: lead.size == 'normal', among: {team: sales}, pick: longest_since_last}
when_nobody: {hold: 4 hours, then: exception}
exception: {person: maria, clock: 8 hours, climb: undecided}
tells: {owner: new_lead, earlier_owner: taken_away}
"""

POOL = """
assignment: pool
rules:
  - {name: large ones to a person, when: lead.size == 'large', among: {team: sales}}
when_nobody: {then: queue}
queue: {team: sales, clock: 2 hours, climb: unclaimed}
exception: {person: maria, clock: 8 hours, climb: undecided}
tells: {owner: new_lead}
"""

AGE = """
score: age
parts:
  age: {since: lead.arrived_at, bands: {5: 2 days, 4: 7 days, 3: 14 days, 2: 30 days, 1: later}}
priority: {high: 4, medium: 2, low: 0}
"""

OFFICES = """
calendars: offices
default: always
of:
  always:    {zone: UTC, hours: {mon-sun: "00:00-24:00"}}
  mornings:  {zone: UTC, hours: {mon-sun: "00:00-12:00"}}
"""

PUMPS = """
process: pumps
version: 1
title: Pumps
uses: {assignment: desk, calendars: offices, templates: mail}
takes: {priority: 20, when: lead.kind == 'pumps'}
fields:
  size:        {type: choice, of: [small, lone, normal], required: true}
  expected_on: {type: date}
  wake_on:     {type: date}
stages:
  fresh:
    on_entry: [assign]
    clocks:
      follow_up:
        due: 3 working days
        stops_on: [accept]
        on_new_owner: restart
        on_breach: {reassign: {except: earlier_owners, at_most: 3, otherwise: exception}}
    events:
      accept: {to: working, by: [owner, team_leader]}
      rest:   {to: resting, by: [owner], needs: {fields: [wake_on]}}
      drop:   {to: gone, by: [owner]}
  working:
    status: Working
    clocks:
      decide:
        due: 10 working hours
        pauses_while: lead.on_hold
        warn_at: [50%]
        on_breach: {climb: late}
      visit: {due: 5 working days, on_breach: {climb: late}}
    events:
      win:  {to: won, by: [owner]}
      drop: {to: gone, by: [owner]}
      rest: {to: resting, by: [owner], needs: {fields: [wake_on]}}
  resting:
    status: Nurture
    kind: waiting
    on_exit: [{set: {wake_on: null}}]
    clocks:
      wake: {at: lead.wake_on, on_breach: {fire: recycle}}
    events:
      recycle: {to: fresh, by: [clock], cycle: next}
  won:  {kind: won, closes: true}
  gone: {kind: lost, closes: true}
ladders:
  late:
    - {after: 0 minutes, notify: owner, with: overdue}
    - {after: 2 hours, notify: team_leader, with: overdue}
    - {after: 1 day, notify: person:boss, with: overdue, repeat: every day}
  undecided:
    - {after: 0 minutes, notify: exception, with: overdue}
    - {after: 4 hours, notify: person:boss, with: overdue, repeat: every day}
"""

AGED = """
process: aged
version: 1
title: Aged
uses: {score: age}
takes: {priority: 20, when: lead.kind == 'aged'}
stages:
  fresh:
    on_entry: [score]
    waits_for_ever: true
    events: {drop: {to: gone}}
  gone: {kind: lost, closes: true}
"""

SHARED = """
process: shared
version: 1
title: Shared
uses: {assignment: pool, templates: mail}
takes: {priority: 20, when: lead.kind == 'shared'}
fields:
  size: {type: choice, of: [small, large], required: true}
stages:
  fresh:
    on_entry: [assign]
    clocks: {answer: {due: 5 days, on_breach: {climb: unclaimed}}}
    events:
      done: {to: gone, by: [owner]}
  gone: {kind: lost, closes: true}
ladders:
  unclaimed:
    - {after: 0 minutes, notify: team_leader, with: overdue}
    - {after: 1 hour, notify: person:boss, with: overdue, repeat: every hour}
  undecided:
    - {after: 0 minutes, notify: exception, with: overdue}
    - {after: 4 hours, notify: person:boss, with: overdue, repeat: every day}
"""

PEOPLE = """
roster: desk
teams:
  sales: {title: Sales, leader: lee}
  lone:  {title: Lone, leader: lee}
people:
  ann:   {name: Ann, email: ann@desk.example, teams: [sales]}
  ben:   {name: Ben, email: ben@desk.example, teams: [sales]}
  cleo:  {name: Cleo, email: cleo@desk.example, teams: [sales]}
  dan:   {name: Dan, email: dan@desk.example, teams: [sales]}
  eva:   {name: Eva, email: eva@desk.example, teams: [sales]}
  solo:  {name: Solo, email: solo@desk.example, teams: [lone]}
  early: {name: Early, email: early@desk.example, calendar: mornings}
  maria: {name: Maria, email: maria@desk.example, roles: [ops]}
  lee:   {name: Lee, email: lee@desk.example, roles: [team_leader]}
  boss:  {name: Boss, email: boss@desk.example, roles: [team_leader]}
"""


def pumps(text: str = PUMPS) -> tuple[Bundle, Process]:
    return written(text, DESK, OFFICES, TEMPLATES)


def aged() -> tuple[Bundle, Process]:
    return written(AGED, AGE)


def shared() -> tuple[Bundle, Process]:
    return written(SHARED, POOL, TEMPLATES)


def staff() -> RosterFile:
    return people(PEOPLE)
