"""The JSON Schema that editors use says the same as the parser, and the committed file is the generated one."""

from __future__ import annotations

import json
import random
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from engine.compiling.bundle import KINDS, SourceText, parse
from engine.errors import DefinitionError
from engine.language.schema import DIALECT, schema, schema_text
from engine.reading.document import Plain
from engine.reading.source import read
from engine.time.durations import DurationError, Unit, parse_duration

DEFINITIONS = Path(__file__).parents[2] / "definitions"
SHIPPED = [
    path
    for path in sorted(DEFINITIONS.rglob("*.yaml"))
    if any(line.startswith(tuple(f"{kind}:" for kind in KINDS)) for line in path.read_text("utf-8").splitlines())
    and path.parent.name not in ("histories", "hooks", "mappings")  # of which editors know nothing
]
EDITOR = Draft202012Validator(schema())
DURATION = Draft202012Validator(schema()["$defs"]["Duration"])

# One file of each kind, in which every key occurs.
PROCESS = """\
process: small
version: 2
title: Small
description: All there is to say.
uses:
  {intake: front, score: bant, assignment: desk, calendars: offices, reasons: codes, segments: market, templates: mail, identity: people}
takes: {priority: 10, when: lead.kind == 'sales'}
fields:
  company: {type: text, title: Company, required: true}
  email: {type: email, personal: true, identity: true}
  size: {type: choice, of: [small, large]}
  visits: {type: number, min: 0, max: 1.5}
  value: {type: money, currency: EUR}
start: new.first
stages:
  new:
    title: New
    status: Open
    kind: open
    waits_for_ever: false
    initial: first
    forecast: {probability: 25%, value: lead.value}
    on_entry: [score, assign, {send: pack, to: lead}, {start: mails}]
    on_exit: {set: {size: null, visits: 1.5, value: "= lead.value * 2.0"}}
    clocks:
      follow_up:
        title: follow-up
        due: 3 working days
        counts_from: arrival
        starts_on: accept
        when: lead.priority == 'high'
        runs_on: team
        stops_on: [accept, reject]
        cancels_on: []
        cancels_when: lead.on_hold
        pauses_while: lead.on_hold
        on_reentry: keep
        on_new_owner: restart
        warn_at: [50%, 100%]
        on_warning: {notify: owner, with: warning}
        on_breach: [{climb: silence}, {reassign: {except: owner, at_most: 2, otherwise: keep}}]
        measures_on: false
      asking: {at: lead.wake_on, on_breach: {fire: accept}}
    events:
      accept:
        - {to: won, by: [owner, team_leader], when: lead.score > 1, then: {task: Call, for: owner, due: PT30M}}
        - {advised: lead.score > 1, needs: {fields: [size], note: true, checklist: [paid], reason: reasons}}
      reject: {to: lost, needs: {note: "reason == 'other'"}, then: [{webhook: crm}, {hand_over: other}]}
    stages:
      first: {status: Contacted}
  won: {kind: won, closes: true}
  lost: {kind: lost, closes: true}
events:
  contact: {title: Contact, from: any open, by: [owner]}
  reopen: {from: [lost, new.first], to: new, by: [lead], cycle: next}
clocks:
  response: {due: 24 hours}
ladders:
  silence:
    - {after: 0 minutes, notify: owner, with: overdue}
    - {after: 1 hour, fire: reject}
    - {after: 2 hours, task: Call them, for: team_leader}
    - {after: 3 hours, reassign: {}}
    - {after: 4 hours, webhook: crm}
    - {after: 1 working day, notify: person:maria_lopez, with: overdue, repeat: every working day}
sequences:
  mails: [{after: 30 days, send: keep_warm}]
"""
ASSIGNMENT = """\
assignment: desk
title: Desk
keep_with: account_owner
rules:
  - name: large ones
    segment: large
    when: lead.employees > 10
    among: {team: sales, territory: lead.country, people: [ann], skills: [lead.product_line, tenders]}
    pick: by_weight
    limits: {open: 10, per_day: 2}
  - {name: others, among: {team: [sales, desk]}}
limits: {open: 40}
skip: [absent, off_shift]
when_nobody: {hold: 4 working hours, then: queue}
exception: {person: maria_lopez, clock: 8 working hours, climb: silence, with: exception}
queue: {team: sales, clock: 1 working day, climb: silence, with: queued}
tells: {owner: new_lead, earlier_owner: taken_away}
"""
SCORE = """\
score: bant
title: BANT
parts:
  complete: {share_of: [company, email], bands: {5: 100%, 1: 0%}}
  aging: {since: lead.arrived_at, bands: {5: 2 days, 1: later}, unknown: 1}
  budget: {points: lead.budget, cap: 5, unknown: 0, halves_every: 30 days, since: lead.asked_on}
  need: {when: lead.need, points: 1, group: fit}
  timeframe: {by: lead.timeframe, points: {soon: 4}, otherwise: 1, unknown: 0}
  visits: {of: lead.visits, bands: {5: 10, -1: 1.5}}
caps: {fit: 3}
cap: 100
priority: {high: 15, low: 0}
grade: {A: 10, B: 0}
"""
CALENDARS = """\
calendars: offices
default: berlin
of:
  berlin:
    title: Berlin
    zone: Europe/Berlin
    hours: {mon-thu: "09:00-17:30", fri: "08:00-12:00, 13:00-15:00"}
    holidays: DE-BE
    closed: ["2026-12-28"]
    special: {"2026-12-24": "09:00-12:00"}
"""
REASONS = "reasons: codes\nlists: {loss: {price: Too dear}}\n"
SEGMENTS = "segments: market\nof: [{segment: large, title: Large, when: lead.employees > 10}]\n"
TEMPLATES = "templates: mail\nof: {pack: {subject: Hello, text: 'Dear {{ lead.title }}', channels: [email, webhook]}}\n"
INTAKE = """\
intake: front
fields: {country: {type: country}}
out_of_scope: [{name: hiring, when: lead.kind == 'hiring', reason: hiring}]
"""
ROSTER = """\
roster: sample
teams: {sales: {title: Sales, leader: ann, calendar: berlin}}
people:
  ann: {name: Ann, email: ann@example.com, webhook: hooks, channels: [email], roles: [seller], teams: sales,
        territories: [DE], skills: [pumps], weight: 3, limits: {open: 5}, calendar: berlin, active: true}
"""
SCENARIOS = """\
scenarios: small
given:
  now: 2026-03-02 10:00 Europe/Berlin
  roster: sample
  lead: {company: Cobalt, size: null}
  workload: {ann: 12}
  accounts: {Cobalt: ann}
  leave: [{person: ann, from: "2026-03-04", until: 2026-03-09 12:00}]
of:
  - name: all there is to say
    shows: [S2.5]
    suggested: true
    given:
      roster:
        teams: {sales: {title: Sales, leader: ann}}
        people: {ann: {name: Ann, teams: sales}}
    steps:
      - lead: {company: Cobalt}
      - {event: accept, by: ann, fields: {visits: 1.5}, codes: {reason: price}, note: Well, checked: [paid], to: ann}
      - {refused: {code: MISSING, may: [owner], missing: [reason], allowed: [reject], message: still needs}}
      - touch: {}
      - {advance: 3 working days, runs_on: berlin}
      - until: Mon 09:00
      - leave: {person: ann, until: "2026-03-20"}
      - back: ann
      - roster: sample
      - expect:
          {process: small, stage: new.first, status: Open, owner: null, ownership: person, team: sales, hops: 1, cycle: 1,
           score: 3, priority: high, grade: A, segment: large, on_hold: false, closed: false, fields: {size: small},
           known: [email], clocks: {response: running, follow_up: {state: paused, due: 2026-03-05 10:00, left: 2 hours}},
           notices: [{to: team:sales, template: warning}], tasks: [{task: Call, for: ann}], sent: [pack], called: [crm],
           happened: [accept, "overdue:response"], because: absent}
"""

PLAN = """
simulate: small
title: A quarter
seed: 3
from: "2027-01-04"
until: "2027-04-02"
runs_on: 4
arrivals:
  rate: 12 a working day
  calendar: berlin
  weekdays: {mon: 3, tue-fri: 2}
  hours: {"09:00-12:00": 3, "12:00-18:00": 1}
  file: leads.csv
  mapping: leads.yaml
  arrived: Came on
  waves: [{title: Fair, from: "2027-02-16", until: "2027-02-18", leads: 250, fields: {source: {value: booth}}}]
fields:
  country: {of: {DE: 5, AT: 1}}
  employees: {median: 100, most: 1000, known: 70%}
  budget: {between: [1, 5]}
  wake_on: {days_ahead: [20, 60]}
behaviour:
  ignores: 5%
  each_takes: 15 working minutes
  pace: 120%
  values: {wake_on: {days_ahead: [20, 60]}}
  stages:
    new: {contact: 2 working hours, after: {median: 1 working day, most: 4 working days}, events: {accept: 3, reject: 1}, nothing: 10%}
  teams: {sales: {pace: 80%}}
  people: {ann: {ignores: 0%}}
leave: [{person: ann, from: "2027-02-01", until: "2027-02-05", known_from: "2027-02-01"}]
"""

SOURCES = """
sources: names
of:
  web: {title: Web site, group: web, kind: sales, aliases: [website, Web Form]}
  Google Ads: {title: Google}
campaigns:
  spring-fair: {title: Spring fair, source: web, aliases: [Spring 2026]}
countries: {DE: [BRD]}
"""

MIGRATION = """
migrate: small
from: 1
to: 2
stages: {new.first: new.second, old: new}
clocks: {follow_up: answer, new.first.decide: null, visit: {to: call, time: recount}}
fields: {size: small, visits: 1, worth: 1.5, known: true, budget: "= lead.visits + 1"}
select: lead.country == 'DE'
reason: agreed with sales
"""

IDENTITY = """
identity: people
title: People
parts:
  email: {from: email, same: 100, alike: 60, shared: 20, differs: -10}
  phone: {from: [phone], same: 70, alike: 20, shared: 10, differs: 0}
  name: {from: [first_name, last_name], same: 50, alike: 45, differs: -80}
  company: {from: company, same: 20, alike: 15, differs: -45}
  domain: {from: site, same: 15, differs: -5}
  country: {from: country, same: 5, alike: 0, differs: -15}
same: 100
possible: 60
shared: {people: 3, mailboxes: [info, sales]}
free_mail: [town.example]
closed: true
within: 730 days
"""

FILES = {
    "process": PROCESS,
    "scenarios": SCENARIOS,
    "simulate": PLAN,
    "migrate": MIGRATION,
    "assignment": ASSIGNMENT,
    "score": SCORE,
    "calendars": CALENDARS,
    "reasons": REASONS,
    "segments": SEGMENTS,
    "templates": TEMPLATES,
    "intake": INTAKE,
    "sources": SOURCES,
    "identity": IDENTITY,
    "roster": ROSTER,
}

# What is changed in the file of a kind: the text before and after.
ACCEPTED = [
    ("process", "due: 24 hours", "due: 1 working day"),
    ("process", "due: 24 hours", "due: 90 working minutes"),
    ("process", "due: 24 hours", "due: PT30M"),
    ("process", "due: 24 hours", "due: P6M"),
    ("process", "due: 24 hours", "due: 2  weeks"),
    ("process", "due: 24 hours", "due: 0 minutes"),
    ("process", "due: 3 working days\n", "due:\n"),
    ("process", "status: Open", "status: Nurture"),
    ("process", "status: Open", "status: null"),
    ("process", "kind: open\n", "kind: waiting\n"),
    ("process", "on_entry: [score, assign, {send: pack, to: lead}, {start: mails}]", "on_entry: score"),
    ("process", "on_entry: [score, assign, {send: pack, to: lead}, {start: mails}]", "on_entry: []"),
    ("process", "on_warning: {notify: owner, with: warning}", "on_warning: null"),
    ("process", "notify: owner, with: warning", "notify: team:marketing, with: warning"),
    ("process", "notify: owner, with: warning", "notify: exception, with: warning"),
    ("process", "starts_on: accept", "starts_on: [accept, reject]"),
    ("process", "stops_on: [accept, reject]", "stops_on: []"),
    ("process", "counts_from: arrival", "counts_from: lead.asked_on"),
    ("process", "runs_on: team", "runs_on: berlin"),
    ("process", "warn_at: [50%, 100%]", "warn_at: [0%]"),
    ("process", "from: any open", "from: any"),
    ("process", "note: true", "note: false"),
    ("process", "reason: reasons", "what_ever: a_list"),
    ("process", "for: owner", "for: person:ann"),
    ("process", "size: null, visits: 1.5", "size: text, visits: true"),
    ("process", "reassign: {except: owner, at_most: 2, otherwise: keep}", "reassign: {}"),
    ("process", "version: 2", "version: 99"),
    ("process", "min: 0, max: 1.5", "min: -1.5, max: 7"),
    ("process", "start: new.first", "start: first"),
    ("process", "\n  new:\n", "\n  n_2:\n"),
    ("assignment", "territory: lead.country", "territory: DE"),
    ("assignment", "{team: [sales, desk]}", "{}"),
    ("assignment", "limits: {open: 40}", "limits: {}"),
    ("assignment", "keep_with: account_owner", "keep_with: null"),
    ("score", "{5: 100%, 1: 0%}", "{-2: 100%, 12: 0%}"),
    ("score", "1: later", "1: 30 days"),
    ("score", "{5: 10, -1: 1.5}", "{5: 10.5}"),
    ("calendars", "mon-thu", "sat-mon"),
    ("calendars", "special: {", "special: {} #"),
    ("roster", "teams: sales", "teams: [sales, desk]"),
    ("roster", "weight: 3", "weight: 0"),
    ("roster", "title: Sales, ", 'title: "", '),
    ("migrate", "answer, ", "{to: answer}, "),
    ("migrate", "time: recount", "time: left"),
    ("migrate", "fields: {", "fields: {} #"),
    ("simulate", "pace: 120%", "pace: 1000%"),
    ("simulate", "contact: 2 working hours", "contact: {median: 2 hours, most: 3 hours}"),
    ("simulate", "rate: 12 a working day", "rate: 2.5 per week"),
    ("scenarios", "until: Mon 09:00", "until: 2026-03-09 09:00 Europe/Paris"),
    ("scenarios", "      - roster: sample", "      - roster: {people: {ann: {name: Ann}}}"),
    ("scenarios", "because: absent", "because: [absent, other]"),
    ("scenarios", "notices: [{to: team:sales, template: warning}]", "notices: []"),
    ("scenarios", "response: running", "response: none"),
]
REFUSED = [
    # unknown keys
    ("process", "title: Small", "titel: Small"),
    ("process", "title: follow-up", "titel: follow-up"),
    ("process", "measures_on: false", "measure_on: false"),
    ("process", "with: warning", "with: warning, to: owner"),
    ("process", "{climb: silence}", "{climb: silence, after: 1 hour}"),
    ("process", "forecast: {probability: 25%", "forecast: {probability: 25%, chance: 1"),
    ("process", "except: owner", "but: owner"),
    ("process", "takes: {priority: 10", "takes: {priority: 10, if: x"),
    ("process", "ladders:\n", "lader: {}\nladders:\n"),
    ("assignment", "queue: {team: sales", "queue: {team: sales, person: ann"),
    ("assignment", "among: {team: sales", "among: {teams: sales"),
    ("score", "otherwise: 1", "else: 1"),
    ("calendars", "zone: Europe/Berlin", "zone: Europe/Berlin\n    timezone: CET"),
    ("templates", "subject: Hello", "subject: Hello, body: x"),
    ("roster", "name: Ann", "name: Ann, mail: x"),
    ("scenarios", "by: ann", "bye: ann"),
    ("migrate", "select: ", "where: "),
    ("migrate", "time: recount", "time: restart"),
    ("migrate", "from: 1", "from: 0"),
    ("migrate", "reason: agreed with sales", "reason: ' '"),
    ("simulate", "rate: 12 a working day", "rate: 12 daily"),
    ("simulate", "ignores: 5%", "ignores: 0.05"),
    ("simulate", "contact: 2 working hours", "contact: soon"),
    ("simulate", "mon: 3", "monday: 3"),
    ("scenarios", "stage: new.first", "stages: new.first"),
    ("scenarios", "- touch: {}", "- touched: {}"),
    ("scenarios", "- back: ann", "- {back: ann, until: Mon 09:00}"),
    ("scenarios", "workload: {ann: 12}", "workload: {ann: many}"),
    ("scenarios", "until: Mon 09:00", "until: Monday 9"),
    ("scenarios", "advance: 3 working days", "advance: 3 wd"),
    ("scenarios", "response: running", "response: runs"),
    ("scenarios", "code: MISSING", "code: missing"),
    ("scenarios", "- name: all there is to say\n    ", "- "),
    ("scenarios", "now: 2026-03-02 10:00 Europe/Berlin", "now: '2026-03-02'"),
    # names of no form
    ("process", "\n  new:\n", "\n  New:\n"),
    ("process", "\n  new:\n", "\n  new-leads:\n"),
    ("process", "      follow_up:", "      follow up:"),
    ("process", "process: small", "process: Small Process"),
    ("process", "to: won", "to: Won"),
    ("process", "start: new.first", "start: new..first"),
    ("process", "with: warning", "with: 'warning!'"),
    ("calendars", "mon-thu", "monday-thursday"),
    ("calendars", '"2026-12-24": ', '"24.12.2026": '),
    ("reasons", "price: Too dear", "Price!: Too dear"),
    ("score", "{5: 100%, 1: 0%}", "{many: 100%}"),
    # types
    ("process", "version: 2", "version: two"),
    ("process", "version: 2", "version: '2'"),
    ("process", "title: Small", "title: 5"),
    ("process", "required: true", "required: 'true'"),
    ("process", "personal: true", "personal: 1"),
    ("process", "of: [small, large]", "of: small"),
    ("process", "of: [small, large]", "of: [1, 2]"),
    ("process", "by: [owner, team_leader]", "by: owner"),
    ("process", "warn_at: [50%, 100%]", "warn_at: 50%"),
    ("process", "warn_at: [50%, 100%]", "warn_at: [50]"),
    ("process", "note: true", "note: 1"),
    ("process", "checklist: [paid]", "checklist: paid"),
    ("process", "  response: {due: 24 hours}", "  response: 24 hours"),
    ("process", "starts_on: accept", "starts_on: null"),
    ("process", "on_entry: [score, assign, {send: pack, to: lead}, {start: mails}]", "on_entry: null"),
    ("process", "mails: [{after: 30 days, send: keep_warm}]", "mails: {after: 30 days, send: keep_warm}"),
    ("assignment", "limits: {open: 40}", "limits: 40"),
    ("score", "cap: 100", "cap: 1.5"),
    ("roster", "active: true", "active: 'no'"),
    ("roster", "territories: [DE]", "territories: DE"),
    # words and numbers that are not allowed
    ("process", "type: text", "type: string"),
    ("process", "status: Open", "status: open"),
    ("process", "kind: open\n", "kind: opened\n"),
    ("process", "by: [owner, team_leader]", "by: [owner, leader]"),
    ("process", "on_entry: [score", "on_entry: [scor"),
    ("process", "on_reentry: keep", "on_reentry: continue"),
    ("process", "cycle: next", "cycle: again"),
    ("process", "from: any open", "from: open"),
    ("process", "repeat: every working day", "repeat: every month"),
    ("process", "at_most: 2", "at_most: 0"),
    ("process", "priority: 10", "priority: 1001"),
    ("process", "version: 2", "version: 0"),
    ("process", "currency: EUR", "currency: euro"),
    ("process", "notify: owner, with: warning", "notify: boss, with: warning"),
    ("process", "for: owner", "for: team:sales"),
    ("process", "runs_on: team", "runs_on: the team"),
    ("process", "counts_from: arrival", "counts_from: wake_on"),
    ("process", "when: lead.score > 1", "when: ''"),
    ("process", "at: lead.wake_on", "at: wake_on"),
    ("assignment", "pick: by_weight", "pick: round_robin"),
    ("assignment", "skip: [absent, off_shift]", "skip: [away]"),
    ("assignment", "then: queue", "then: wait"),
    ("templates", "channels: [email, webhook]", "channels: [sms]"),
    ("roster", "weight: 3", "weight: 101"),
    # durations, shares and opening hours
    ("process", "due: 3 working days", "due: 3 bd"),
    ("process", "due: 3 working days", "due: 3"),
    ("process", "due: 3 working days", "due: 3 business days"),
    ("process", "due: 3 working days", "due: three days"),
    ("process", "due: 3 working days", "due: 1.5 days"),
    ("process", "due: 3 working days", "due: 1 day 2 hours"),
    ("process", "due: 3 working days", "due: P1Y"),
    ("process", "due: 3 working days", "due: -1 day"),
    ("process", "{after: 0 minutes, notify", "{after: now, notify"),
    ("process", "warn_at: [50%, 100%]", "warn_at: [120%]"),
    ("process", "probability: 25%", "probability: 25"),
    ("process", "probability: 25%", "probability: 0.25"),
    ("assignment", "hold: 4 working hours", "hold: 4h"),
    ("score", "1: later", "1: older"),
    ("score", "{5: 100%, 1: 0%}", "{5: all}"),
    ("calendars", '"09:00-17:30"', '"9-17"'),
    ("calendars", "2026-12-28", "28 December"),
    # missing keys
    ("process", "title: Small\n", ""),
    ("process", "version: 2\n", ""),
    ("process", "type: text, ", ""),
    ("process", "notify: owner, with: warning", "notify: owner"),
    ("process", "{after: 30 days, send: keep_warm}", "{send: keep_warm}"),
    ("process", "contact: {title: Contact, from: any open", "contact: {title: Contact"),
    ("process", "mails: [{after: 30 days, send: keep_warm}]", "mails: []"),
    ("assignment", "exception: {person: maria_lopez, clock: 8 working hours, climb: silence, with: exception}\n", ""),
    ("assignment", "name: large ones\n    ", ""),
    ("score", "priority: {high: 15, low: 0}\n", ""),
    ("score", "{when: lead.need, points: 1, group: fit}", "{when: lead.need}"),
    ("calendars", "default: berlin\n", ""),
    ("reasons", "lists: {loss: {price: Too dear}}", "lists: {}"),
    ("reasons", "{price: Too dear}", "{}"),
    ("intake", ", reason: hiring", ""),
    ("roster", "title: Sales, leader: ann", "title: Sales"),
    # not what it says it is
    ("process", "process: small\n", ""),
    ("reasons", "reasons: codes\n", "reason: codes\n"),
    ("reasons", "reasons: codes\n", "reasons: codes\nsegments: codes\n"),
    ("process", "{climb: silence}", "{escalate: silence}"),
    ("score", "{by: lead.timeframe, points: {soon: 4}, otherwise: 1, unknown: 0}", "{field: lead.timeframe}"),
]


def edited(kind: str, before: str, after: str) -> str:
    assert before in FILES[kind], "what is to be changed is not there"
    return FILES[kind].replace(before, after, 1)


def as_editors_see(value: Plain) -> Any:
    """The same with every key as text, which is all that JSON has."""
    if isinstance(value, dict):
        return {str(key): as_editors_see(item) for key, item in value.items()}
    return [as_editors_see(item) for item in value] if isinstance(value, list) else value


def parses(text: str) -> bool:
    try:
        parse(SourceText("f", text))
    except DefinitionError:
        return False
    return True


def test_committed_schema_is_the_generated_one() -> None:
    """C.5: what editors complete from is what the parser reads. `leadflow schema` writes it."""
    assert (DEFINITIONS / "schema.json").read_text("utf-8") == schema_text()


def test_schema_is_a_schema() -> None:
    """C.5: in the dialect it names, every reference leads somewhere, and everything has words for whoever hovers."""
    Draft202012Validator.check_schema(schema())
    assert schema()["$schema"] == DIALECT
    for name, definition in schema()["$defs"].items():
        assert definition.get("description"), name
        for key, value in definition.get("properties", {}).items():
            assert value.get("description"), f"{name}.{key}"


@pytest.mark.parametrize("path", SHIPPED, ids=[str(path.relative_to(DEFINITIONS)) for path in SHIPPED])
def test_shipped_definitions_fit_the_schema(path: Path) -> None:
    """C.5: an author who opens a shipped file sees no red line, and finds the schema by its first line."""
    text = path.read_text("utf-8")
    way = "../" * len(path.relative_to(DEFINITIONS).parents[1:])
    assert text.startswith(f"# yaml-language-server: $schema={way}schema.json\n")
    assert [error.message for error in EDITOR.iter_errors(as_editors_see(read(text, path.name).value))] == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_with_every_key_is_accepted(kind: str) -> None:
    """C.5: every key that a model knows can be written, and means the same to editor and parser."""
    assert parses(FILES[kind])
    assert EDITOR.is_valid(as_editors_see(read(FILES[kind], "f").value))


def test_every_key_occurs() -> None:
    """C.5: the files above leave no key out."""
    written = {
        part.strip(" -{[") for text in FILES.values() for part in text.replace(",", "\n").replace("{", "\n").split("\n")
    }
    keys = {part.split(":")[0] for part in written if ":" in part}
    known = {key for definition in schema()["$defs"].values() for key in definition.get("properties", {})}
    assert known - keys == set()


@pytest.mark.parametrize(("kind", "before", "after"), ACCEPTED, ids=[f"{kind}: {after}" for kind, _, after in ACCEPTED])
def test_editor_and_parser_accept_the_same(kind: str, before: str, after: str) -> None:
    """C.5: what `leadflow check` takes gets no red line."""
    text = edited(kind, before, after)
    assert parses(text)
    assert EDITOR.is_valid(as_editors_see(read(text, "f").value))


@pytest.mark.parametrize(("kind", "before", "after"), REFUSED, ids=[f"{kind}: {after}" for kind, _, after in REFUSED])
def test_editor_and_parser_refuse_the_same(kind: str, before: str, after: str) -> None:
    """B.1, C.5: what `leadflow check` refuses for its structure is red while it is typed."""
    text = edited(kind, before, after)
    assert not parses(text)
    assert not EDITOR.is_valid(as_editors_see(read(text, "f").value))


def test_editor_and_parser_agree_on_any_change() -> None:
    """C.5: 300 random changes of shipped files: another value, a key gone, a key more, a part from elsewhere."""
    chance = random.Random(29)
    documents = [as_editors_see(read(path.read_text("utf-8"), path.name).value) for path in SHIPPED]
    for _ in range(300):
        original = chance.choice(documents)
        document = deepcopy(original)
        places = list(_places(document))
        *way, last = chance.choice(places)
        parent = _at(document, way)
        change = chance.choice(["value", "gone", "more", "elsewhere"])
        if change == "value":
            parent[last] = deepcopy(chance.choice(_VALUES))
        elif change == "gone":
            del parent[last]
        elif change == "more" and isinstance(parent, dict):
            parent[chance.choice(_KEYS)] = deepcopy(chance.choice(_VALUES))
        else:
            parent[last] = deepcopy(_at(original, chance.choice(places)))
        assert parses(json.dumps(document, ensure_ascii=False)) == EDITOR.is_valid(document), (change, way, last)


_VALUES: list[Any] = [
    None,
    True,
    0,
    7,
    1.5,
    "",
    "x",
    "Two words",
    "3 bd",
    "3 working days",
    "50%",
    "lead.x",
    "owner",
    "any open",
    "score",
    "later",
    "next",
    "Open",
    "09:00-17:00",
    "2026-12-24",
    [],
    ["x"],
    [1],
    {},
    {"x": 1},
    {"climb": "x"},
    {"notify": "owner", "with": "x"},
]
_KEYS = ["x", "title", "with", "from", "5", "Bad Key", "when", "due", "notify", "of", "points", "since", "by"]


def _places(value: Any, way: tuple[str | int, ...] = ()) -> Any:
    if way:
        yield way
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in entries:
        yield from _places(item, (*way, key))


def _at(value: Any, way: Any) -> Any:
    for part in way:
        value = value[part]
    return value


AMOUNTS = st.integers(0, 120).map(str) | st.sampled_from(["", "-1", "1.5", "three"])
UNITS = st.sampled_from(
    [name for unit in Unit for name in (unit.value, unit.singular)] + ["bd", "h", "Days", "years", ""]
)
ISO = st.from_regex(r"P([0-9]{0,2}[DWMY])?(T[0-9]{0,2}[HMS])?", fullmatch=True)


@settings(deadline=None)
@given(st.builds("{}{}{}".format, AMOUNTS, st.sampled_from([" ", "  ", "", "\t"]), UNITS) | ISO)
def test_the_form_of_durations_is_that_of_their_parser(text: str) -> None:
    """C.5: the editor takes a duration exactly if the parser does."""
    try:
        parse_duration(text)
        taken = True
    except DurationError:
        taken = False
    assert DURATION.is_valid(text) == taken
