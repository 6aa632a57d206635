"""A process of one stage, compiled from text, for tests of the tables it uses; and a lead that stands in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from engine.compiling.bundle import Bundle, SourceText
from engine.compiling.compile import compile_bundle
from engine.lead import Lead, Value
from engine.process import Process
from engine.step import new_lead

_PROCESS = """
process: small
version: 1
title: Small
uses: {{{uses}}}
fields:
  company:       {{type: text}}
  email:         {{type: email, personal: true}}
  phone:         {{type: phone, personal: true}}
  country:       {{type: country}}
  product_line:  {{type: choice, of: [pumps, valves, service], title: product line}}
  language:      {{type: choice, of: [english, german]}}
  employees:     {{type: integer}}
  customer:      {{type: choice, of: [new, existing]}}
  value:         {{type: money, currency: EUR}}
  budget:        {{type: integer, min: 1, max: 5}}
  authority:     {{type: boolean}}
  need:          {{type: boolean}}
  timeframe:     {{type: choice, title: time frame, of: [under_3_months, 3_to_6_months, 6_to_12_months, over_1_year]}}
  visits:        {{type: number}}
  last_visit:    {{type: date, title: last visit}}
stages:
  incoming: {{status: Open, waits_for_ever: true}}
ladders:
  silence: [{{after: 1 day, notify: exception, with: exception}}]
"""

_TEMPLATES = """
templates: mail
of:
  new_lead:  {subject: New lead, text: A lead is yours.}
  exception: {subject: Whose lead is this, text: Please decide.}
  queued:    {subject: A lead waits, text: Please claim it.}
"""


def process_with(**tables: str) -> Process:
    """The small process with these tables, by kind, as an author would write them."""
    sources = {"templates": _TEMPLATES, **tables}
    uses = ", ".join(f"{kind}: {text.split(':', 1)[1].split()[0]}" for kind, text in sources.items())
    text = SourceText("small.yaml", _PROCESS.format(uses=uses))
    return compile_bundle(Bundle(text, tuple(SourceText(f"{kind}.yaml", table) for kind, table in sources.items())))


def lead_of(
    process: Process,
    fields: Mapping[str, Value],
    arrived_at: datetime,
    key: str = "L1",
    known: tuple[str, ...] = (),
) -> Lead:
    return new_lead(process, key, "Somebody", dict(fields), known, arrived_at)
