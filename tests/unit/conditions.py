"""A process whose leads have a field of each kind, and conditions on them, and leads, by chance."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from engine.compiling.bundle import Bundle, SourceText
from engine.compiling.compile import compile_bundle
from engine.process import Process

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)

PROCESS = """
process: rules
version: 1
title: Rules
uses: {score: points, reasons: codes, segments: market}
fields:
  country: {type: country}
  size:    {type: choice, of: [small, medium, large]}
  staff:   {type: integer, min: 0}
  budget:  {type: integer, min: 1, max: 5}
  value:   {type: money, currency: EUR, min: 0}
  real:    {type: boolean}
  asked:   {type: date}
  email:   {type: email, personal: true}
  town:    {type: text}
stages:
  new:
    status: Open
    waits_for_ever: true
    events:
      talk: {to: talking}
      drop: {to: lost, needs: {reason: whys}}
  talking: {status: Working, waits_for_ever: true}
  lost: {kind: lost, status: Dead, closes: true}
"""
SCORE = """
score: points
parts:
  budget: {points: lead.budget, unknown: 0}
  size: {by: lead.size, points: {large: 5, medium: 2}}
  far: {when: lead.country == 'US', points: -1}
priority: {high: 7, medium: 4, low: 0}
"""
REASONS = "reasons: codes\nlists: {whys: {price: Price, time: Time, other: Other}}\n"
SEGMENTS = "segments: market\nof: [{segment: big, when: lead.staff >= 100}, {segment: rest, when: known.staff}]\n"


def rules() -> Process:
    tables = {"score": SCORE, "reasons": REASONS, "segments": SEGMENTS}
    sources = tuple(SourceText(f"{kind}.yaml", text) for kind, text in tables.items())
    return compile_bundle(Bundle(SourceText("rules.yaml", PROCESS), sources))


FIELDS: dict[str, st.SearchStrategy[object]] = {
    "country": st.sampled_from(["DE", "AT", "FR"]),
    "size": st.sampled_from(["small", "medium", "large"]),
    "staff": st.integers(0, 12),
    "budget": st.integers(1, 5),
    "value": st.sampled_from([0.0, 1.0, 1.5, 2.0, 2.5, 7.0]),
    "real": st.booleans(),
    "asked": st.integers(-4, 4).map(lambda days: datetime(2026, 3, 2, tzinfo=UTC) + timedelta(days=days)),
    "email": st.just("ada@example.com"),
}
LEADS = st.fixed_dictionaries({name: st.none() | values for name, values in FIELDS.items()})
CODES = st.fixed_dictionaries({"reason": st.sampled_from([None, "price", "time", "other"])})
COMPARED = st.sampled_from(["<", "<=", "==", "!=", ">", ">="])
NUMBERS = st.one_of(
    st.just("lead.staff"), st.just("lead.budget"), st.just("lead.value"), st.just("lead.score"),
    st.integers(-3, 3).map(lambda n: f"(lead.staff + {n})" if n >= 0 else f"({-n} - lead.staff)"),
    st.just("(known.budget ? lead.budget : 0)"), st.just("double(lead.staff)"),
)  # fmt: skip
TEXTS = st.sampled_from(["'DE'", "'AT'", "'de'", "'US'"])
ATOMS = st.one_of(
    st.builds("{} {} {}".format, NUMBERS, COMPARED, st.sampled_from(["0", "1", "3", "1.5", "2.0", "-1", "7"])),
    st.builds("{} {} {}".format, st.sampled_from(["3", "2.5"]), COMPARED, NUMBERS),
    st.builds("lead.country {} {}".format, st.sampled_from(["==", "!="]), TEXTS),
    st.builds("lead.country in [{}, {}]".format, TEXTS, TEXTS),
    st.builds("lead.size == '{}'".format, st.sampled_from(["small", "medium", "large"])),
    st.builds("reason != '{}'".format, st.sampled_from(["price", "other"])),
    st.builds("lead.staff in [1, 3, {}]".format, st.integers(0, 5)),
    st.builds("known.{}".format, st.sampled_from(["country", "staff", "email", "score", "asked"])),
    st.builds("lead.asked {} now - duration('{}h')".format, COMPARED, st.sampled_from([-34, 10, 24, 58])),
    st.builds("now - lead.asked {} duration('{}h')".format, COMPARED, st.sampled_from([10, 12, 34])),
    st.sampled_from(["lead.real", "lead.real == false", "true", "false", "lead.real != known.staff"]),
    st.builds("lead.priority == '{}'".format, st.sampled_from(["high", "medium", "low"])),
    st.builds("lead.status in ['{}', 'Dead']".format, st.sampled_from(["Open", "Working"])),
)
OPAQUE = st.one_of(
    ATOMS,
    st.sampled_from(
        [
            "lead.country.startsWith('D')",
            "lead.staff > lead.budget",
            "lead.size.contains('a')",
            "10 / lead.staff > 2",
            "lead.budget * 2 >= 6",
            "['DE', 'FR'].exists(c, c == lead.country)",
            "lead.asked.getDayOfWeek() == 1",
            "lead.value > double(lead.staff)",
        ]
    ),
)


def conditions(atoms: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.recursive(
        atoms,
        lambda inner: st.one_of(
            st.builds("({} && {})".format, inner, inner),
            st.builds("({} || {})".format, inner, inner),
            st.builds("!({})".format, inner),
            st.builds("({} ? {} : {})".format, inner, inner, inner),
        ),
        max_leaves=6,
    )


STATES = st.builds(
    lambda score, stage: {"score": score, **score_words(score), **stage},
    st.none() | st.integers(-1, 10),
    st.sampled_from([{"stage": "new", "status": "Open"}, {"stage": "talking", "status": "Working"}]),
)


def score_words(score: int | None) -> dict[str, object]:
    if score is None:
        return {}
    return {"priority": "high" if score >= 7 else "medium" if score >= 4 else "low", "grade": ""}


def leads() -> st.SearchStrategy[dict[str, object]]:
    return st.builds(lambda fields, state: {**fields, **state}, LEADS, STATES)
