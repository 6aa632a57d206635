"""What is refused, where, and in which words: one row for each mistake that authors make (B.1, C.5).

Each row changes one text of a small right definition. The sign ‸ stands before the place that the finding must name;
behind the row is the whole finding as `leadflow check` prints it: code, message, remedy.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.findings import render, to_json
from engine.compiling.bundle import Bundle, SourceText
from engine.compiling.compile import compile_bundle, compile_published
from engine.errors import DefinitionError, Finding, Mark
from store.definition_files import load_process

PROCESS = """\
process: small
version: 1
title: Small
uses: {intake: front, score: bant, assignment: desk, calendars: offices, reasons: codes, segments: market,
  templates: mail, identity: people}
fields:
  email: {type: email, personal: true}
  country: {type: country}
  size: {type: choice, of: [small, large]}
  value: {type: money, currency: EUR}
  asked_on: {type: date}
takes: {priority: 5, when: lead.kind == 'sales'}
start: new
stages:
  new:
    title: New
    status: Open
    forecast: {probability: 25%}
    on_entry: [score, assign, {set: {size: small, value: "= 5.0"}}]
    clocks:
      follow_up:
        due: 3 working days
        stops_on: [accept, reject]
        runs_on: berlin
        warn_at: [80%]
        on_breach: {climb: silence}
      asking: {at: lead.asked_on, on_breach: {fire: asked}}
    events:
      accept: {to: talk, by: [owner], when: lead.country == 'DE'}
      reject: {to: lost, by: [owner], needs: {fields: [size], reason: reasons, note: "reason == 'other'"}}
      asked: {by: [clock]}
  talk:
    initial: first
    stages:
      first: {clocks: {first_talk: {due: 1 day, on_breach: {notify: owner, with: overdue}}}}
      second: {}
    events:
      win: {to: won, by: [owner], then: [{send: pack}, {start: mails}]}
  won: {kind: won, closes: true}
  lost:
    kind: lost
    closes: true
    events: {again: {to: new, by: [lead], cycle: next}}
events:
  contact: {from: [new, talk], by: [owner]}
ladders:
  silence:
    - {after: 0 minutes, notify: owner, with: overdue}
    - {after: 1 day, notify: person:maria_lopez, with: overdue, repeat: every day}
sequences:
  mails: [{after: 30 days, send: pack}]
"""
INTAKE = """\
intake: front
fields: {employees: {type: integer}}
out_of_scope: [{name: hiring, when: lead.kind == 'hiring', reason: hiring}]
"""
SCORE = """\
score: bant
parts:
  complete: {share_of: [email, country], bands: {5: 100%, 1: 0%}}
  aging: {since: lead.arrived_at, bands: {5: 2 days, 1: later}}
  size: {by: lead.size, points: {large: 5}, group: fit}
  staff: {of: lead.employees, bands: {3: 100}}
  near: {when: lead.country == 'DE', points: 1}
caps: {fit: 3}
priority: {high: 5, low: 0}
"""
ASSIGNMENT = """\
assignment: desk
rules:
  - {name: large, segment: large, among: {team: sales, territory: lead.country}}
  - {name: others, when: lead.employees > 10, among: {team: sales}}
exception: {person: maria_lopez, clock: 1 day, climb: silence}
"""
CALENDARS = """\
calendars: offices
default: berlin
of:
  berlin: {zone: Europe/Berlin, hours: {mon-fri: "09:00-17:00"}, holidays: DE-BE}
"""
REASONS = "reasons: codes\nlists: {reasons: {other: Other}, no_leads: {hiring: Wants to work here}}\n"
SEGMENTS = "segments: market\nof: [{segment: large, when: lead.employees > 100}]\n"
TEMPLATES = """\
templates: mail
of:
  new_lead: {subject: New, text: A lead is yours.}
  exception: {subject: Whose, text: Please decide.}
  warning: {subject: Soon, text: 'Due {{ due }}.'}
  overdue: {subject: Late, text: 'Was due {{ due }}.'}
  pack: {subject: Hello, text: 'From {{ lead.country }}.'}
"""
IDENTITY = """\
identity: people
parts:
  email: {from: email, same: 100, alike: 60}
  domain: {same: 15}
same: 100
possible: 60
within: 365 days
"""
FILES = {
    "process": PROCESS,
    "intake": INTAKE,
    "identity": IDENTITY,
    "score": SCORE,
    "assignment": ASSIGNMENT,
    "calendars": CALENDARS,
    "reasons": REASONS,
    "segments": SEGMENTS,
    "templates": TEMPLATES,
}

Row = tuple[str, str, str, str]
"""File, text before, text after with ‸ where the finding must be, the finding."""

# fmt: off
REFUSED: list[Row] = [
    # YAML that readers take differently, or not at all
    ("process", "title: Small\n", "title: Small\n‸title: Large\n",
     "DUPLICATE_KEY the key 'title' is written twice, on line 3 and on line 4. Keep one of them, or rename one"),
    ("process", "\n    status: Open", "\n‸\tstatus: Open",
     "SYNTAX a tab is used for indentation. Indent with spaces: two for each level"),
    ("reasons", "other: Other", 'other: ‸"Other',
     'SYNTAX the quote that opens here is never closed. Add the closing "'),
    ("process", "title: New\n", "title: New‸: now\n",
     "SYNTAX a second colon follows on the same line. Put text that contains ': ' in quotes"),
    ("process", "due: 3 working days", "due:‸3 working days",
     "SYNTAX a space is missing after the colon of 'due'. Write 'due: 3 working days'"),
    ("process", "        due: 3 working days\n        stops_on", "      due: 3 working days\n        ‸stops_on",
     "SYNTAX this key is indented further than the line above allows. Line the key up with the keys that it belongs "
     "with, or put text that contains ': ' in quotes"),
    ("process", "events: {again: {to: new, by: [lead], cycle: next}}",
     "events: ‸{again: {to: new, by: [lead], cycle: next}",
     "SYNTAX the { that opens here is not closed before line 44. Add the closing }, or the comma that is missing on "
     "the way"),
    ("process", "title: New", "title: ‸no",
     "AMBIGUOUS_BOOLEAN 'no' without quotes is a word to some readers and true or false to others. Write true or "
     "false, or put it in quotes: 'no'"),
    ("process", "  new:\n    title: New", "  ‸on:\n    title: New",
     "AMBIGUOUS_BOOLEAN 'on' without quotes is a word to some readers and true or false to others. Write events: "
     "for what can happen. Put the key in quotes: 'on'"),
    ("process", "title: New", "title: ‸17:30",
     "AMBIGUOUS_TIME '17:30' without quotes is a time to some readers and a number of seconds or minutes to others. "
     "Put it in quotes: '17:30'"),
    ("process", "title: New", "title: ‸2026-12-24",
     "AMBIGUOUS_DATE '2026-12-24' without quotes is text to some readers and a date with its own time zone to "
     "others. Put it in quotes: '2026-12-24'"),
    ("process", "version: 1", "version: ‸01",
     "AMBIGUOUS_NUMBER '01' without quotes is not the same number to all readers. Write a plain number, 1, or put "
     "it in quotes: '01'"),
    ("process", "title: New", "title: ‸*other",
     "ALIAS *other refers to another place. Write the content again. Put a text that begins with * or & in quotes"),
    ("process", "title: New", "title: ‸&here New",
     "ALIAS &here names this place for use elsewhere. Take it away, and write the content again where it is used. "
     "Put a text that begins with * or & in quotes"),
    ("process", "title: New", "title: ‸!!str New",
     "TAG the tag '!!str' would change what the value is. Take it away; put a text that begins with ! in quotes"),
    ("process", "    title: New", "    ‸<<: {}\n    title: New",
     "MERGE_KEY << would merge another place in here. Write the keys out again"),
    ("process", "title: New", "title: N‸\u200bew",
     "CONTROL_CHARACTER an invisible character (U+200B ZERO WIDTH SPACE) stands here. Delete it; copying from "
     "another program often leaves such characters behind"),
    ("process", "sequences:", "‸---\nsequences:",
     "MULTIPLE_DOCUMENTS a second document begins in the same file. Put each document into a file of its own, or "
     "delete the line ---"),
    ("process", "title: New", "‸[a]: New",
     "KEY_NOT_TEXT a key must be text or a whole number, and this is a list or a mapping. Put it in quotes if it is "
     "a text that begins with { or ["),
    ("reasons", REASONS, "‸# nothing\n",
     "EMPTY the file says nothing. Write keys and values: 'key: value'"),
    # what a file is
    ("process", "process: small", "‸proces: small",
     "UNKNOWN_KIND this file does not say what it is. Begin it with one of: process, scenarios, simulate, migrate, assignment, score, "
     "calendars, reasons, segments, templates, intake, identity, sources, roster; for instance `process: my_process`."),
    ("reasons", "reasons: codes", "‸reason: codes",
     "UNKNOWN_KIND this file does not say what it is. Begin it with one of: process, scenarios, simulate, migrate, assignment, score, "
     "calendars, reasons, segments, templates, intake, identity, sources, roster; for instance `process: my_process`."),
    # keys
    ("process", "    title: New", "    ‸titel: New",
     "UNKNOWN_KEY 'titel' is not a key of 'new'. Did you mean 'title'?"),
    ("process", "runs_on: berlin", "‸calendar: berlin",
     "UNKNOWN_KEY 'calendar' is not a key of 'follow_up'. Allowed here: title, at, counts_from, starts_on, when, "
     "runs_on, cancels_on, cancels_when, pauses_while, on_reentry, on_new_owner, on_warning, measures_on"),
    ("process", "  country: {type: country}", "  ‸country: {}",
     "MISSING_KEY the key 'type' is missing in 'country'. Add type: and its value"),
    ("process", "process: small\nversion: 1\ntitle: Small\n", "‸process: small\nversion: 1\n",
     "MISSING_KEY the key 'title' is missing in the file. Add title: and its value"),
    ("process", "  new:\n    title", "  ‸New:\n    title",
     "WRONG_VALUE the key 'New' does not have the form that keys have here. Did you mean 'new'? Write a name of "
     "small letters, digits and underscores that begins with a letter"),
    ("process", "{climb: silence}", "‸climb:silence",
     "NOT_ALLOWED 'climb:silence' is not allowed for 'on_breach'. Put a space after the colon: 'climb: silence'"),
    ("process", "{send: pack}", "‸sent",
     "NOT_ALLOWED 'sent' is not allowed for entry 1 of 'then'. Allowed here: score, assign"),
    ("process", "{climb: silence}", "‸reassign", "HALF_AN_ACTION 'reassign' is not a word by itself. Write `reassign: {}`."),
    ("process", "{climb: silence}", "‸climb", "HALF_AN_ACTION 'climb' is not a word by itself. Write `climb: ...`."),
    ("process", "[score, assign, {set", "[‸{score: true}, assign, {set",
     "NO_VALUE_HERE 'score' takes no value. Write the word alone: score."),
    ("process", "[{send: pack}, {start: mails}]", "[‸{send: pack, start: mails}]",
     "TWO_ACTIONS these are 2 actions in one: send, start. Make each an entry of its own: [{send: ...}, {start: ...}]."),
    ("process", "{after: 0 minutes, notify: owner, with: overdue}", "‸{after: 0 minutes, task: Call, webhook: crm}",
     "TWO_ACTIONS these are 2 actions in one: task, webhook. Make each an entry of its own: [{task: ...}, "
     "{webhook: ...}]."),
    ("templates", "warning: {subject: Soon, ", "‸warning: {",
     "MISSING_KEY the key 'subject' is missing in 'warning'. Add subject: and its value"),
    # values
    ("process", "due: 3 working days", "due: ‸3 bd",
     'DURATION "3 bd" is not a duration: units are written out, in one way. Write "3 working days".'),
    ("process", "due: 3 working days", "due: ‸3",
     'DURATION "3" is not a duration: it has no unit. Say the unit: "3 hours" or "3 working days".'),
    ("process", "due: 3 working days", "due: ‸5000 days",
     'DURATION "5000 days" is more than ten years. Write at most 3650 days.'),
    ("process", "due: 3 working days", "due: ‸{days: 3}",
     'DURATION "{\'days\': 3}" is not a duration. Write a whole number and a unit, such as "3 working days", "24 '
     'hours" or "PT30M".'),
    ("process", "status: Open", "status: ‸open",
     "NOT_ALLOWED 'open' is not allowed for 'status'. Did you mean 'Open'? Allowed here: Open, Contacted, Working, "
     "Nurture, Converted, Closed, Dead"),
    ("process", "by: [owner]", "by: ‸owner",
     "WRONG_TYPE expected a list for 'by', got the text 'owner'. Write it as a list: [owner]"),
    ("process", "by: [owner], when", "by: [‸boss], when",
     "NOT_ALLOWED 'boss' is not allowed for entry 1 of 'by'. Allowed here: owner, team, team_leader, marketing, "
     "ops, partner, system, lead, clock, anyone"),
    ("process", "warn_at: [80%]", "warn_at: [‸80]",
     "WRONG_TYPE expected text for entry 1 of 'warn_at', got the number 80. Write 80%"),
    ("process", "warn_at: [80%]", "warn_at: [‸120%]",
     "WRONG_VALUE the text '120%' does not have the form that entry 1 of 'warn_at' needs. Write a share from 0% to "
     "100%, such as 80%"),
    ("process", "warn_at: [80%]", "warn_at: [‸4 hours]",
     "WRONG_VALUE the text '4 hours' does not have the form that entry 1 of 'warn_at' needs. Write a share from 0% to "
     "100%, such as 80%"),
    ("process", "probability: 25%", "probability: ‸0.25",
     "WRONG_TYPE expected text for 'probability', got the number 0.25. Write 25%"),
    ("process", "version: 1", "version: ‸0",
     "WRONG_VALUE 'version' must be 1 or more, not 0. Write another value"),
    ("process", "version: 1", "version: ‸'1'",
     "WRONG_TYPE expected a whole number for 'version', got the text '1'. Write it without quotes: 1"),
    ("process", "title: New\n", "title: ‸5\n",
     "WRONG_TYPE expected text for 'title', got the number 5. Put it in quotes: '5'"),
    ("process", "from: [new, talk]", "from: ‸everywhere",
     "NOT_ALLOWED 'everywhere' is not allowed for 'from'. Write it as a list: [everywhere]. Allowed here: any open, any"),
    ("process", "notify: owner, with", "notify: ‸boss, with",
     "WRONG_VALUE the text 'boss' does not have the form that 'notify' needs. Write owner | team_leader | "
     "earlier_owner | exception | (team | person):NAME"),
    ("process", "at: lead.asked_on", "at: ‸asked_on",
     "WRONG_VALUE the text 'asked_on' does not have the form that 'at' needs. Did you mean 'lead.asked_on'? Write "
     "lead.NAME"),
    ("process", "currency: EUR", "currency: ‸Euro",
     "WRONG_VALUE the text 'Euro' does not have the form that 'currency' needs. Write three capital letters, such "
     "as EUR"),
    ("calendars", '"09:00-17:00"', "‸9-17",
     "WRONG_VALUE the text '9-17' does not have the form that 'mon-fri' needs. Write hours as 09:00-17:00, or several "
     "spans as 09:00-12:00, 13:00-17:00"),
    ("calendars", '"09:00-17:00"', '‸"8:00-12:00, 13:00-17:00"',
     "WRONG_VALUE the text '8:00-12:00, 13:00-17:00' does not have the form that 'mon-fri' needs. Did you mean "
     "'08:00-12:00, 13:00-17:00'? Write hours as 09:00-17:00, or several spans as 09:00-12:00, 13:00-17:00"),
    ("calendars", "mon-fri:", "‸saturday:",
     "WRONG_VALUE the key 'saturday' does not have the form that keys have here. Did you mean 'sat'? Write a day as "
     "mon, tue, wed, thu, fri, sat or sun, or a range of days as mon-fri"),
    ("calendars", "mon-fri", "‸monday-friday",
     "WRONG_VALUE the key 'monday-friday' does not have the form that keys have here. Did you mean 'mon-fri'? Write a "
     "day as mon, tue, wed, thu, fri, sat or sun, or a range of days as mon-fri"),
    ("score", "{5: 100%, 1: 0%}", "{‸five: 100%, 1: 0%}",
     "WRONG_TYPE expected a whole number for the key 'five', got the text 'five'. Write a whole number, such as 3"),
    ("score", "{3: 100}", "{3: ‸many}",
     "WRONG_TYPE expected a number for '3', got the text 'many'. Write a number, such as 3 or 0.5"),
    # names that lead nowhere
    ("process", "score: bant,", "score: ‸bent,",
     "UNKNOWN_TABLE there is no score table 'bent'. Did you mean 'bant'?"),
    ("process", "templates: mail", "templates: ‸letters",
     "UNKNOWN_TABLE there is no templates table 'letters'. Known are: mail."),
    ("process", "{to: talk, by", "{to: ‸tlak, by",
     "UNKNOWN_STAGE there is no stage 'tlak'. Did you mean 'talk'?"),
    ("process", "start: new", "start: ‸begin",
     "UNKNOWN_STAGE there is no stage 'begin'. Known are: new, talk, talk.first, talk.second, won, lost."),
    ("process", "initial: first", "initial: ‸third",
     "UNKNOWN_STAGE there is no nested stage 'third'. Known are: first, second."),
    ("process", "from: [new, talk]", "from: [new, ‸tolk]",
     "UNKNOWN_STAGE there is no stage 'tolk'. Did you mean 'talk'?"),
    ("process", "stops_on: [accept, reject]", "stops_on: [‸acept, reject]",
     "UNKNOWN_EVENT there is no event 'acept'. Did you mean 'accept'?"),
    ("process", "on_breach: {fire: asked}", "on_breach: {fire: ‸aksed}",
     "UNKNOWN_EVENT there is no event 'aksed'. Did you mean 'asked'?"),
    ("process", "{climb: silence}", "{climb: ‸silnce}",
     "UNKNOWN_LADDER there is no ladder 'silnce'. Did you mean 'silence'?"),
    ("process", "{start: mails}", "{start: ‸letters}",
     "UNKNOWN_SEQUENCE there is no sequence 'letters'. Known are: mails."),
    ("process", "{send: pack}", "{send: ‸pakc}",
     "UNKNOWN_TEMPLATE there is no template 'pakc'. Did you mean 'pack'?"),
    ("process", "with: overdue}}}}", "with: ‸over_due}}}}",
     "UNKNOWN_TEMPLATE there is no template 'over_due'. Did you mean 'overdue'?"),
    ("process", "fields: [size], reason", "fields: [‸siez], reason",
     "UNKNOWN_FIELD there is no field 'siez'. Did you mean 'size'?"),
    ("process", "reason: reasons,", "reason: ‸reject_reasons,",
     "UNKNOWN_LIST there is no reason list 'reject_reasons'. Did you mean 'reasons'?"),
    ("process", "probability: 25%", "probability: 25%, value: ‸lead.worth",
     "UNKNOWN_FIELD there is no field 'worth'. Known are: kind, channel, source, campaign, origin, employees, email, "
     "country, size, value, asked_on."),
    ("process", "probability: 25%", "probability: 25%, value: ‸lead.country",
     "WRONG_FIELD_TYPE 'country' is a field of type country. Name one of type integer, number or money."),
    ("intake", "reason: hiring", "reason: ‸hirring",
     "UNKNOWN_CODE there is no code 'hirring'. Did you mean 'hiring'?"),
    ("process", "runs_on: berlin", "runs_on: ‸paris",
     "UNKNOWN_CALENDAR there is no calendar 'paris'. Known are: berlin."),
    ("process", "at: lead.asked_on", "at: ‸lead.asked",
     "UNKNOWN_FIELD there is no field 'asked'. Did you mean 'asked_on'?"),
    ("process", "at: lead.asked_on", "at: ‸lead.country",
     "NOT_A_DATE 'country' holds a country, not a date. Name a field of type date."),
    ("process", "{size: small,", "{‸siez: small,",
     "UNKNOWN_FIELD there is no field 'siez'. Did you mean 'size'?"),
    ("process", "{size: small,", "{size: ‸medium,",
     "BAD_VALUE 'size' must be one of small, large. Write a value that the field accepts."),
    ("process", "{size: small,", "{‸email: x,",
     "PERSONAL_FIELD 'email' is personal, and rules cannot set what they cannot read. Ask for it in `needs: "
     "{fields: [...]}`."),
    ("assignment", "segment: large, among", "segment: ‸big, among",
     "UNKNOWN_SEGMENT there is no segment 'big'. Known are: large."),
    ("assignment", "climb: silence", "climb: ‸silnce",
     "UNKNOWN_LADDER there is no ladder 'silnce'. Did you mean 'silence'?"),
    ("assignment", "territory: lead.country", "territory: ‸lead.contry",
     "UNKNOWN_FIELD there is no field 'contry'. Did you mean 'country'?"),
    ("assignment", "climb: silence}", "climb: silence, with: ‸decide}",
     "UNKNOWN_TEMPLATE there is no template 'decide'. Known are: new_lead, exception, warning, overdue, pack."),
    ("score", "share_of: [email, country]", "share_of: [email, ‸contry]",
     "UNKNOWN_FIELD there is no field 'contry'. Did you mean 'country'?"),
    ("score", "{by: lead.size", "{by: ‸lead.email",
     "PERSONAL_FIELD 'email' is personal, so rules cannot read it. Use another field."),
    ("score", "{large: 5}", "{‸huge: 5}",
     "CHOICE_VALUE 'huge' is not a choice of lead.size. It is one of: small, large."),
    ("score", "of: lead.employees", "of: ‸lead.country",
     "WRONG_FIELD_TYPE 'country' is a field of type country. Name one of type integer, number or money."),
    ("score", "caps: {fit: 3}", "caps: {‸fti: 3}",
     "UNKNOWN_GROUP no part is in a group 'fti'. Did you mean 'fit'?"),
    ("calendars", "default: berlin", "default: ‸paris",
     "UNKNOWN_CALENDAR there is no calendar 'paris'. Known are: berlin."),
    ("calendars", "Europe/Berlin", "‸Europe/Berln",
     'UNKNOWN_ZONE there is no time zone "Europe/Berln". Did you mean Europe/Berlin or Europe/Dublin or '
     "Europe/Belfast?"),
    ("calendars", "DE-BE", "‸DE-XX",
     'UNKNOWN_REGION there are no public holidays for "DE-XX". Did you mean ES-EX or DE-TH or DE-ST?'),
    # what makes no sense
    ("process", "first_talk: {due: 1 day,", "‸first_talk: {due: 1 day, at: lead.asked_on,",
     "CLOCK_TIME clock 'first_talk' has both `due` and `at`. Keep one of them."),
    ("process", "asking: {at: lead.asked_on, on_breach", "‸asking: {on_breach",
     "CLOCK_TIME clock 'asking' does not say when it is due. Write `due: 3 working days`, or `at: lead.some_date` "
     "to wait for a date."),
    ("process", "      asking:", "      ‸exception:",
     "RESERVED_NAME the assignment table has a clock 'exception' already. Give the clock another name."),
    ("process", "  won: {kind: won, closes: true}", "  won: {closes: ‸true}",
     "CLOSES_OPEN stage 'won' closes the lead but is open. A closing stage is won or lost: write `kind: won` or "
     "`kind: lost`."),
    ("process", "{after: 1 day, notify: person:maria_lopez", "‸{after: 1 day, notify: owner",
     "LADDER_END ladder 'silence' does not end at a named person. Let its last rung say `notify: person:NAME`, so "
     "that somebody is always reached."),
    ("process", "    - {after: 0 minutes, notify: owner, with: overdue}",
     "    - {after: 0 minutes, notify: owner, with: overdue, repeat: ‸every day}",
     "REPEAT_NOT_LAST only the last rung may repeat. Move `repeat` to the last rung."),
    ("process", "sequences:\n", "sequences:\n  ‸silence: [{after: 1 day, send: pack}]\n",
     "DUPLICATE_NAME a ladder is called 'silence' too. Give one of them another name."),
    ("process", "contact: {from", "‸hold: {from",
     "RESERVED_NAME every process has an event 'hold' already. Give yours another name."),
    ("process", "contact: {from", "‸arrive: {from",
     "RESERVED_NAME leadflow itself calls leads by 'arrive'. Give the event another name."),
    ("process", "contact: {from", "‸world_changed: {from",
     "RESERVED_NAME leadflow itself calls leads by 'world_changed'. Give the event another name."),
    ("process", "win: {to", "‸catch_up: {to",
     "RESERVED_NAME leadflow itself calls leads by 'catch_up'. Give the event another name."),
    ("process", "win: {to", "‸state: {to",
     "RESERVED_NAME leadflow itself calls leads by 'state'. Give the event another name."),
    ("process", "contact: {from: [new, talk], by", "‸contact: {from: [], by",
     "EVENT_NOWHERE event 'contact' is possible in no stage. Say in `from` which stages it starts from."),
    ("process", "takes:", "  ‸stage: {type: text}\ntakes:",
     "RESERVED_NAME leadflow itself keeps 'stage' for every lead. Give the field another name."),
    ("process", "takes:", "  ‸employees: {type: integer}\ntakes:",
     "DUPLICATE_FIELD field 'employees' is declared by the intake table. Leave it out here, or give it another name."),
    ("process", "size: {type: choice, of: [small, large]}", "‸size: {type: choice, of: []}",
     "CHOICE_EMPTY choice 'size' has no values. List them: `of: [first, second]`."),
    ("assignment", "{team: sales}}\nexception", "‸{}}\nexception",
     "AMONG_EVERYBODY rule 'others' does not say among whom. Name a team, a territory or people."),
    ("assignment", "name: others", "name: ‸large",
     "DUPLICATE_NAME two rules are called 'large'. Give one another name."),
    ("assignment", "exception: {", "when_nobody: {then: ‸queue}\nexception: {",
     "NO_QUEUE this table has no queue. Add `queue: {team: ..., clock: ..., climb: ...}`."),
    ("process", "when: lead.country == 'DE'", "when: ‸lead.contry == 'DE'",
     "UNKNOWN_FIELD there is no field `lead.contry`. Did you mean lead.country?"),
    ("score", "{5: 2 days, 1: later}", "{5: ‸2 working days, 1: later}",
     "WORKING_UNIT a score counts round the clock, and '2 working days' needs somebody's calendar. Write it in days, "
     "such as 7 days."),
    ("score", "{of: lead.employees, bands: {3: 100}}",
     "{points: lead.employees, since: lead.asked_on, halves_every: ‸7 working days}",
     "WORKING_UNIT a score counts round the clock, and '7 working days' needs somebody's calendar. Write it in days, "
     "such as 7 days."),
    # what has no effect or contradicts itself
    ("process", "contact: {from: [new, talk], by: [owner]}", "contact: {from: [new, talk], by: [owner], ‸cycle: next}",
     "CYCLE_STAYS without `to` the lead stays where it is, and no cycle begins. Say where the next one begins: `to: "
     "STAGE`."),
    ("process", "contact: {from: [new, talk], by: [owner]}", "contact: {from: [new, talk], by: ‸[]}",
     "BY_NOBODY event 'contact' is for nobody. Name who may, or leave `by` out: then anyone may."),
    ("process", "{type: money, currency: EUR}", "{type: money, min: 5, max: ‸1.5}",
     "FIELD_BOUNDS no number is at least 5 and at most 1.5. Let `max` be more than `min`."),
    ("process", "{type: date}", "{type: date, ‸min: 5}",
     "FIELD_KEY 'min' says nothing of a field of type date. Take it away; it is for integer, number, money."),
    ("process", "{type: date}", "{type: date, ‸of: [monday]}",
     "FIELD_KEY 'of' says nothing of a field of type date. Take it away; it is for choice."),
    ("intake", "{type: integer}", "{type: integer, ‸currency: EUR}",
     "FIELD_KEY 'currency' says nothing of a field of type integer. Take it away; it is for money."),
    ("process", "of: [small, large]", "of: [small, large, ‸small]",
     "DUPLICATE_NAME 'small' is listed twice. Keep one of them."),
    ("intake", "employees: {type: integer}", "employees: {type: integer}, hall: {type: choice, of: [a, ‸'']}",
     "CHOICE_EMPTY a value of a choice is empty. Take it away: a field that is not filled in is unknown."),
    ("intake", "employees: {type: integer}", "employees: {type: integer}, ‸score: {type: integer}",
     "RESERVED_NAME leadflow itself keeps 'score' for every lead. Give the field another name."),
    ("process", "takes:", "  ‸source: {type: text}\ntakes:",
     "RESERVED_NAME every lead has 'source' without declaring it. Leave it out, or name it otherwise."),
    ("process", "- {after: 0 minutes, notify: owner, with: overdue}\n    - {after: 1 day",
     "- {after: 25 hours, notify: owner, with: overdue}\n    - {after: ‸1 day",
     "STEP_ORDER '1 day' is earlier than the '25 hours' of a step above. `after` counts from the start, not from the "
     "step before: put the steps in the order of their times."),
    ("process", "[{after: 30 days, send: pack}]",
     "[{after: 2 working hours, send: pack}, {after: 1 hour, send: pack}, {after: ‸90 working minutes, send: pack}]",
     "STEP_ORDER '90 working minutes' is earlier than the '2 working hours' of a step above. `after` counts from the "
     "start, not from the step before: put the steps in the order of their times."),
    ("process", "warn_at: [80%]", "warn_at: [80%, ‸100%]",
     "WARN_AT at 100% the time is over, and there is nothing to warn of. Write a share in between, such as 80%; what "
     "happens in the end is `on_breach`."),
    ("process", "warn_at: [80%]", "warn_at: [‸0%]",
     "WARN_AT at 0% the time begins, and there is nothing to warn of. Write a share in between, such as 80%; what "
     "happens in the end is `on_breach`."),
    ("process", "warn_at: [80%]", "warn_at: [80%, ‸80%]", "WARN_AT 80% is listed twice. Keep one of them."),
    ("process", "warn_at: [80%]", "‸on_warning: {send: pack}",
     "WARN_AT this clock never warns. Say when: `warn_at: [80%]`."),
    ("process", "at: lead.asked_on,", "at: lead.asked_on, ‸counts_from: arrival,",
     "CLOCK_TIME a clock that waits `at` a date counts from nothing. Take it away; `due: 3 days` with `counts_from` "
     "is a time after the date."),
    ("score", "when: lead.country == 'DE'", "when: lead.country == 'DE' || ‸lead.priority == 'high'",
     "OWN_SCORE `lead.priority` is what comes out of this table. Let the part look at fields of the lead."),
    ("assignment", "territory: lead.country", "territory: ‸country",
     "FIELD_AS_WORD 'country' is a field, and without `lead.` it is a word that people of the roster have. Write "
     "lead.country."),
    ("assignment", "territory: lead.country", "skills: [tenders, ‸size]",
     "FIELD_AS_WORD 'size' is a field, and without `lead.` it is a word that people of the roster have. Write "
     "lead.size."),
    # what is not known where it is asked for
    ("process", 'note: "reason == \'other\'"', 'note: "reason == ‸\'othre\'"',
     "CHOICE_VALUE 'othre' is not a choice of reason. Did you mean 'other'?"),
    ("process", 'note: "reason == \'other\'"', 'note: "reason == ‸\'hiring\'"',
     "CHOICE_VALUE 'hiring' is not a choice of reason. It is one of: other."),
    ("process", "by: [owner], when: lead.country == 'DE'", "by: [owner], when: reason == ‸'othre'",
     "CHOICE_VALUE 'othre' is not a choice of reason. Did you mean 'other'?"),
    ("process", "contact: {from: [new, talk], by: [owner]}",
     "contact: {from: [new, talk], by: [owner], needs: {note: \"lead.value > 5.0 && ‸reason == 'other'\"}}",
     "NOT_ASKED this event does not ask for 'reason'. Ask for it, `needs: {reason: LIST}`, or let the note depend on "
     "something else."),
    ("process", "when: lead.kind == 'sales'", "when: lead.kind == 'sales' && ‸lead.score > 5",
     "NOT_YET `lead.score` is not known yet when a lead comes in. Ask for what it brings along."),
    ("process", "when: lead.kind == 'sales'", "when: '!‸known.owner'",
     "NOT_YET `known.owner` is not known yet when a lead comes in. Ask for what it brings along."),
    ("process", "when: lead.kind == 'sales'", "when: ‸reason == 'other'",
     "NOT_YET `reason` comes with an event, and nothing has happened yet when a lead comes in. Ask for what it brings "
     "along."),
    ("intake", "lead.kind == 'hiring'", "lead.kind == 'hiring' || ‸lead.stage == 'won'",
     "NOT_YET `lead.stage` is not known yet when a lead comes in. Ask for what it brings along."),
    ("intake", "lead.kind == 'hiring'", "lead.kind == 'hiring' || ‸lead.size == 'small'",
     "NOT_SHARED `lead.size` is a field of this process alone, and an intake table is there for all that use it. "
     "Declare it in the `fields` of the intake table, or ask for another."),
    # events that are fired and can never happen
    ("process", "on_breach: {fire: asked}", "on_breach: {fire: ‸win}",
     "FIRE_NOT_HERE 'win' is not possible where the lead is then (new). It is possible in: talk.first, talk.second."),
    ("process", "{start: mails}", "{fire: ‸note}",
     "FIRE_NOT_HERE 'note' is not possible where the lead is then (won). It is possible in: new, talk.first, "
     "talk.second."),
    ("process", "[{after: 30 days, send: pack}]", "[{after: 30 days, fire: ‸again}]",
     "FIRE_NOT_HERE 'again' is not possible where the lead is then (won). It is possible in: lost."),
    ("process", "on_breach: {fire: asked}", "warn_at: [50%], on_warning: {fire: ‸accept}, on_breach: {fire: asked}",
     "FIRE_NOT_ALLOWED 'accept' is not for clock, which causes it here, but for owner. Add clock to its `by`."),
    ("process", "on_entry: [score, assign,", "on_entry: [score, {fire: ‸asked},",
     "FIRE_NOT_ALLOWED 'asked' is not for system, which causes it here, but for clock. Add system to its `by`."),
    ("process", "{after: 0 minutes, notify: owner, with: overdue}", "{after: 0 minutes, fire: ‸win}",
     "FIRE_NOT_ALLOWED 'win' is not for clock, which causes it here, but for owner. Add clock to its `by`."),
    ("process", "on_breach: {fire: asked}", "on_breach: {fire: ‸claim}",
     "FIRE_NOT_ALLOWED 'claim' is not for clock, which causes it here, but for team. Write an event of your own for "
     "it, with clock in its `by`."),
    ("process", "on_entry: [score, assign,", "on_entry: [score, {fire: ‸hold},",
     "FIRE_NEEDS 'hold' asks for a note, which nobody brings along here. Fire an event that asks for nothing of the "
     "kind."),
    ("process", "on_entry: [score, assign,", "on_entry: [score, {fire: ‸assign},",
     "FIRE_NEEDS 'assign' asks for a person, which nobody brings along here. Write the action `assign`, or "
     "`reassign: {}`."),
    ("process", "contact: {from: [new, talk], by: [owner]}",
     "contact: {from: [new, talk], by: [system], needs: {reason: reasons}, then: {fire: ‸contact}}",
     "FIRE_NEEDS 'contact' asks for the code 'reason', which nobody brings along here. Fire an event that asks for "
     "nothing of the kind."),
    # conditions and texts
    ("process", "when: lead.country == 'DE'", "when: ‸lead.email == 'x'",
     "PERSONAL_FIELD `lead.email` may not be read here. Personal fields are not readable in expressions; use "
     "known.email."),
    ("process", "when: lead.country == 'DE'", "when: lead.employees ‸== 'ten'",
     "TYPE_MISMATCH `==` does not take a whole number and text. Numbers are written without quotes, text with them."),
    ("process", "when: lead.country == 'DE'", "when: lead.country ‸= 'DE'",
     "SYNTAX the expression cannot be read from `= 'DE'` on. Write == to compare."),
    ("process", "when: lead.country == 'DE'", "when: ‸lead.country",
     "NOT_A_CONDITION this is text, not a condition. Write a comparison, such as lead.score >= 12, or name a "
     "yes-or-no field."),
    ("process", "when: lead.country == 'DE'", "when: lead.size == ‸'huge'",
     "CHOICE_VALUE 'huge' is not a choice of lead.size. It is one of: small, large."),
    ("process", "when: lead.country == 'DE'", "when: ‸country == 'DE'",
     "UNKNOWN_NAME there is no name `country`. Write lead.country."),
    ("process", "when: lead.country == 'DE'", "when: lead.country == 'DE' ‸and true",
     "SYNTAX the expression cannot be read from `and true` on. Write && for and, || for or, ! for not."),
    ("process", '"= 5.0"', '"‸= \'much\'"',
     "NOT_A_CONDITION this is text, not a number. Write a number or such a field, such as lead.value."),
    ("segments", "lead.employees > 100", "‸lead.employee > 100",
     "UNKNOWN_FIELD there is no field `lead.employee`. Did you mean lead.employees?"),
    ("score", "when: lead.country == 'DE'", "when: ‸lead.nothing",
     "UNKNOWN_FIELD there is no field `lead.nothing`. Add it to the definition's fields, or name another."),
    ("intake", "lead.kind == 'hiring'", "‸lead.knd == 'hiring'",
     "UNKNOWN_FIELD there is no field `lead.knd`. Did you mean lead.kind?"),
    ("templates", "'Due {{ due }}.'", "'Due {{ ‸dew }}.'",
     "TEMPLATE_VARIABLE there is no 'dew' in a text. Did you mean 'due'?"),
    ("templates", "{{ lead.country }}", "{{ lead.‸contry }}",
     "TEMPLATE_VARIABLE a lead has no field 'contry'. Did you mean 'lead.country'?"),
    ("templates", "'Due {{ due }}.'", "'‸Due {{ due }.'",
     "TEMPLATE_SYNTAX unexpected '}'. Close every {{ with }} and every {% if %} with {% endif %}."),
    ("process", "second: {}\n    events:\n      win: {to: won",
     "second: {stages: {first: {}}}\n    events:\n      win: {to: ‸first",
     "AMBIGUOUS_STAGE 'first' could be talk.first or talk.second.first. Write the full name."),
    ("process", "start: new", "start: ‸second.first",
     "UNKNOWN_STAGE there is no stage 'second.first'. Known are: new, talk, talk.first, talk.second, won, lost."),
    ("process", "version: 1", "version: ‸1234567890123456",
     "TOO_LARGE the number '1234567890123456' has more than 15 digits. Put it in quotes if it is an identifier, or "
     "round it"),
    ("identity", "possible: 60", "possible: ‸120",
     "IDENTITY_POINTS what is the same lead already would have to be asked about. Let `possible` be 100 at most."),
    ("identity", "alike: 60", "alike: ‸160",
     "IDENTITY_POINTS it counts more where it is 'alike' than where it is the same. Let it be 100 at most."),
    ("identity", "same: 100\npossible", "same: ‸120\npossible",
     "IDENTITY_NOBODY two leads that agree in everything have 115 points, and 120 make them the same. Ask for 115 at most, or give "
     "more for what agrees."),
    ("identity", "domain: {same: 15}", "domain: {same: 15}\n  company: {from: size, same: ‸1500}",
     "WRONG_VALUE 'same' must be 1000 or less, not 1500. Write another value"),
    ("identity", "same: 15}\nsame: 100", "same: 105}\nsame: ‸100",
     "IDENTITY_COLLEAGUES company, domain and country have 105 points together: two colleagues would be one lead. Ask for more than "
     "105, or give less for them."),
    ("identity", "from: email, same", "from: ‸emial, same",
     "UNKNOWN_FIELD there is no field 'emial'. Did you mean 'email'?"),
    ("identity", "from: email, same", "from: ‸employees, same",
     "WRONG_FIELD_TYPE 'employees' is a field of type integer. Name one of type email."),
    ("identity", "365 days", "‸90 working days",
     "WORKING_UNIT it is the same for every lead, and '90 working days' needs somebody's calendar. Write it in days, such as 730 days."),
    ("score", "staff: {of: lead.employees, bands: {3: 100}}", "‸staff: {points: lead.employees, halves_every: 5 days}",
     "DECAY part 'staff' decays only with both `halves_every` and `since`. Write both or none."),
    ("process", "on_entry: [score, assign, {set", "on_entry: [score, assign, {task: x, ‸until: 1 day}, {set",
     "UNKNOWN_KEY 'until' is not a key of entry 3 of 'on_entry'. Allowed here: for, due"),
    ("process", "needs: {fields: [size]", "needs: {field: ‸[size]",
     "WRONG_TYPE expected text for 'field', got a list. Did you mean 'fields'?"),
    ("process", "contact: {from: [new, talk], by: [owner]}",
     "contact: {from: [new, talk], by: [owner], needs: {notes: ‸true}}",
     "WRONG_TYPE expected text for 'notes', got true. Did you mean 'note'?"),
    ("process", "on_breach: {climb: silence}", "on_breach: {reassign: {at_most: ‸50}}",
     "WRONG_VALUE 'at_most' must be 20 or less, not 50. Write another value"),
    ("process", "events: {again: {to: new", "events: {again: {to: ‸nowhere",
     "UNKNOWN_STAGE there is no stage 'nowhere'. Known are: new, talk, talk.first, talk.second, won, lost."),
    ("process", "when: lead.country == 'DE'", "when: lead.asked_on > ‸today",
     "UNKNOWN_NAME there is no name `today`. Write `now`."),
    ("process", "when: lead.country == 'DE'", "when: ‸has(lead.country)",
     "UNKNOWN_NAME there is no function `has`. Write known.<field> to ask whether a field is filled in."),
    ("process", 'note: "reason == \'other\'"', 'note: "‸reson == \'other\'"',
     "UNKNOWN_NAME there is no name `reson`. Did you mean reason?"),
    ("process", "{intake: front", "{‸inatke: front",
     "UNKNOWN_KEY 'inatke' is not a key of 'uses'. Did you mean 'intake'?"),
    ("process", "stages:\n      first: {clocks: {first_talk",
     "clocks: {same: {due: 1 day}}\n    stages:\n      first: {clocks: {‸same: {due: 2 days}, first_talk",
     "DUPLICATE_CLOCK stage 'talk' around this one has a clock 'same' too. Give one of them another name."),
]
# fmt: on


def _shown(row: Row) -> str:
    return f"{row[3].split()[0]}: {' '.join(row[2].replace('‸', '').split())[:40]}"


def bundle_of(files: dict[str, str]) -> Bundle:
    sources = {kind: SourceText(f"{kind}.yaml", text) for kind, text in files.items()}
    return Bundle(sources.pop("process"), tuple(sources.values()))


def changed(kind: str, before: str, after: str) -> tuple[dict[str, str], Mark]:
    """The files with one change, and the place that it marks."""
    assert FILES[kind].count(before) >= 1, "what is to be changed is not there"
    marked = FILES[kind].replace(before, after, 1)
    head, _, rest = marked.partition("‸")
    return {**FILES, kind: head + rest}, Mark(f"{kind}.yaml", head.count("\n") + 1, len(head) - head.rfind("\n"))


def findings_of(files: dict[str, str]) -> list[Finding]:
    with pytest.raises(DefinitionError) as refusal:
        compile_bundle(bundle_of(files))
    return refusal.value.findings


def test_the_definition_itself_is_right() -> None:
    """B.1: whatever is refused below is refused for the change alone."""
    assert compile_bundle(bundle_of(FILES)).name == "small"


@pytest.mark.parametrize(("kind", "before", "after", "words"), REFUSED, ids=[_shown(row) for row in REFUSED])
def test_a_mistake_is_one_finding_at_its_place_in_plain_words(kind: str, before: str, after: str, words: str) -> None:
    """B.1, C.5: file, line, column, a stable code, what is wrong and how to mend it."""
    files, place = changed(kind, before, after)
    assert [str(finding) for finding in findings_of(files)] == [f"{place}: {words}"]


@pytest.mark.parametrize(
    ("kind", "action", "use"),
    [
        ("score", "‸score", "score with"),
        ("assignment", "‸assign", "assign by"),
        ("assignment", "{‸reassign: {}}", "reassign by"),
    ],
)
def test_an_action_needs_the_table_that_it_goes_by(kind: str, action: str, use: str) -> None:
    """B.1, S2.5: without it nobody is scored and nobody found, and no lead would ever tell."""
    files, place = changed("process", "[score, assign, {set", f"[{action}, {{set")
    used = {"score": "score: bant, ", "assignment": "assignment: desk, "}[kind]
    files = {name: text.replace(used, "") for name, text in files.items() if name != kind}
    words = f"NO_TABLE there is no {kind} table to {use}. Name one: `uses: {{{kind}: ...}}`."
    assert f"{place}: {words}" in [str(finding) for finding in findings_of(files)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("asked: {by: [clock]}", "asked: {by: [anyone]}"),
        # one leads to where the other is possible
        ("on_breach: {fire: asked}", "on_breach: [{fire: asked}, {fire: go_on}]"),
        # what an event does comes after the way that it takes
        ("then: [{send: pack}, {start: mails}]", "then: {fire: look_back}"),
        ("asking: {at: lead.asked_on,", "asking: {at: lead.asked_on, on_warning: {climb: by_and_by}, warn_at: [50%],"),
        # asked for under a condition, which the lead may not meet
        ("asked: {by: [clock]}", "asked: {by: [clock], needs: {note: lead.value > 5.0}}"),
        ("asked: {by: [clock]}", "asked: [{by: [owner], when: lead.value > 5.0}, {by: [clock]}]"),
    ],
)
def test_an_event_that_can_happen_may_be_fired(before: str, after: str) -> None:
    """B.1: only what can never happen is refused: the lead may be elsewhere by then, and branches differ."""
    files, _ = changed("process", before, after)
    text = files["process"].replace("asked: {by: [clock]}", "asked: {by: [clock], to: talk}")
    text = text.replace("  won: {kind", "  won: {events: {look_back: {by: [system]}}, kind")
    text = text.replace("  contact:", "  go_on: {from: [talk], by: [clock]}\n  contact:")
    text = text.replace(
        "sequences:",
        "  by_and_by: [{after: 1 day, fire: asked}, {after: 1 day, notify: exception, with: pack}]\nsequences:",
    )
    assert compile_bundle(bundle_of(files | {"process": text})).name == "small"


def test_working_units_need_somebodys_working_hours() -> None:
    """B.6: without a table of calendars nobody could say when a working day is over."""
    uses = PROCESS.replace("calendars: offices, ", "").replace("        runs_on: berlin\n", "")
    process = uses.replace("repeat: every day", "repeat: every working day")
    process = process.replace("on_entry: [score,", "on_entry: [score, {task: Call, due: 2 working hours},")
    assignment = ASSIGNMENT.replace("clock: 1 day", "clock: 1 working day")
    files = {**FILES, "process": process, "assignment": assignment}
    del files["calendars"]
    assert [str(finding) for finding in findings_of(files)] == [
        f"{place}: NO_TABLE '{unit}' needs working hours, and there is no calendars table that has some. "
        "Name one: `uses: {calendars: ...}`, or take the word `working` away."
        for place, unit in (
            ("assignment.yaml:5:41", "1 working day"),
            ("process.yaml:19:41", "2 working hours"),
            ("process.yaml:22:14", "3 working days"),
            ("process.yaml:48:73", "every working day"),
        )
    ]
    plain = {kind: text.replace("working ", "") for kind, text in files.items()}
    assert compile_bundle(bundle_of(plain)).calendars is None


def test_what_is_published_runs_on_although_it_would_be_refused_now() -> None:
    """C.5: leads are under way on it, and a worker that could not read it would serve no lead at all."""
    process = PROCESS.replace("lead.kind == 'sales'}", "lead.kind == 'sales' && lead.hops == 0}")
    process = process.replace("by: [owner], when: lead.country == 'DE'", "by: [owner], when: reason == 'othre'")
    process = process.replace("{fire: asked}", "{fire: win}").replace("warn_at: [80%]", "warn_at: [80%, 100%]")
    score = SCORE.replace("{5: 2 days", "{5: 2 working days")
    bundle = bundle_of(FILES | {"process": process, "score": score})
    with pytest.raises(DefinitionError):
        compile_bundle(bundle)
    published = compile_published(bundle)
    (branch,) = published.branches[("new", "accept")]
    assert branch.when is not None and branch.when.text == "reason == 'othre'"
    assert published.takes_when is not None and published.takes_when.reads == ("hops", "kind")
    with pytest.raises(DefinitionError):
        compile_published(bundle_of(FILES | {"process": PROCESS.replace("lead.kind", "lead.knd")}))


def test_codes_of_an_event_have_their_own_names_and_values() -> None:
    """B.1: a code may be called like a field, and several events may ask for it from lists of their own."""
    process = PROCESS.replace(
        "  contact: {from: [new, talk], by: [owner]}",
        """\
  contact: {from: [new, talk], by: [owner], needs: {source: no_leads, note: "source == 'hiring'"}}
  spoke: {from: [new], when: "lead.source == 'web' && source == 'hiring'", needs: {reason: no_leads}}
  later: {from: [new], when: "reason == 'other' || reason == 'hiring'"}""",
    )
    assert compile_bundle(bundle_of(FILES | {"process": process})).name == "small"


def test_all_mistakes_of_all_files_are_told_at_once() -> None:
    """B.1: an author mends a whole definition in one go: names in every file, or structure in every file."""
    files = FILES | {
        "process": PROCESS.replace("climb: silence", "climb: silnce").replace("to: talk", "to: tlak"),
        "score": SCORE.replace("of: lead.employees", "of: lead.country"),
        "calendars": CALENDARS.replace("DE-BE", "DE-XX"),
    }
    codes = [(finding.mark.file, finding.code) for finding in findings_of(files)]
    assert codes == [
        ("calendars.yaml", "UNKNOWN_REGION"),
        ("process.yaml", "UNKNOWN_LADDER"),
        ("process.yaml", "UNKNOWN_STAGE"),
        ("score.yaml", "WRONG_FIELD_TYPE"),
    ]


def test_a_table_is_no_process(tmp_path: Path) -> None:
    """B.1: a file that is something else, and two tables that go by one name."""
    (tmp_path / "score.yaml").write_text(SCORE, "utf-8")
    with pytest.raises(DefinitionError) as refusal:
        load_process(tmp_path / "score.yaml")
    assert refusal.value.findings[0].code == "NOT_A_PROCESS"
    for kind, text in FILES.items():
        (tmp_path / f"{kind}.yaml").write_text(text, "utf-8")
    (tmp_path / "second.yaml").write_text(SCORE, "utf-8")
    with pytest.raises(DefinitionError) as refusal:
        load_process(tmp_path / "process.yaml")
    assert [finding.code for finding in refusal.value.findings] == ["DUPLICATE_TABLE"]


# --- how findings are shown --------------------------------------------------------------------------------------------


def test_a_finding_shows_the_line_with_a_mark_below_the_word() -> None:
    """B.1: place, code, what is wrong; the line; how to mend it. Plain text where there is no terminal."""
    files, _ = changed("process", "due: 3 working days", "due: ‸3 bd")
    shown = render(findings_of(files), {f"{kind}.yaml": text for kind, text in files.items()})
    assert shown.plain == (
        'process.yaml:22:14: DURATION "3 bd" is not a duration: units are written out, in one way\n'
        "   22 |         due: 3 bd\n"
        "      |              ^\n"
        '      Write "3 working days".'
    )


def test_marks_stand_below_the_word_whatever_stands_before_it() -> None:
    """B.1: tabs, broad letters, invisible characters and very long lines do not move the mark."""

    def marked(line: str, word: str) -> str:
        finding = Finding(Mark("f.yaml", 1, line.index(word) + 1), "CODE", "wrong", "")
        *_, excerpt, carets = render([finding], {"f.yaml": line}).plain.split("\n")
        return excerpt[carets.index("^") :]

    assert marked("\ttitel: x", "titel").startswith("titel")
    assert marked("a: " + "b" * 500 + " wrong: x", "wrong").startswith("wrong")
    assert marked("esc\x1b: wrong", "wrong").startswith("wrong")
    carets = render([Finding(Mark("f.yaml", 1, 8), "CODE", "wrong", "")], {"f.yaml": "国名: 'x wrong"}).plain.split(
        "\n"
    )[-1]
    assert carets.index("^") == len("   1 | 国名: 'x ") + 2


def test_a_finding_without_its_file_is_shown_all_the_same(tmp_path: Path) -> None:
    """B.1: a file that is missing or empty has no line to show; a file on disk is read where no text is given."""
    missing = Finding(Mark(str(tmp_path / "none.yaml"), 1, 1), "UNREADABLE", "there is no such file", "Check the name")
    assert render([missing]).plain == f"{missing.mark}: UNREADABLE there is no such file\n     Check the name."
    (tmp_path / "some.yaml").write_text("proces: x\n", "utf-8")
    there = Finding(Mark(str(tmp_path / "some.yaml"), 1, 1), "UNKNOWN_KIND", "this file does not say what it is", "")
    assert render([there]).plain.endswith("\n   1 | proces: x\n     | ^^^^^^")
    assert render([]).plain == ""


def test_findings_for_machines_say_the_same() -> None:
    """B.1: file, line, column, code, message and remedy by name."""
    finding = Finding(Mark("f.yaml", 3, 5), "UNKNOWN_KEY", "'x' is not a key", "Take it away")
    assert to_json([finding]) == [
        {
            "file": "f.yaml", "line": 3, "column": 5, "code": "UNKNOWN_KEY",
            "message": "'x' is not a key", "remedy": "Take it away",
        }
    ]  # fmt: skip
