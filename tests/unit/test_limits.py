"""Texts that Temporal takes: a search attribute that is too long ends the lead that shows it, a summary its start."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from engine.lead import Lead
from engine.process import Process
from engine.step import new_lead
from tests.unit.small_process import process_with
from workflows import limits, story, visibility

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
LONG = ["x" * 2_000, "ü" * 2_000, "😀" * 2_000, "*" * 2_000, '"\\' * 1_000, "\x7f" * 2_000]


@pytest.mark.parametrize("text", LONG)
def test_a_keyword_fits_its_column_and_the_wire(text: str) -> None:
    """C.7: at most 255 characters, and under the server's 2,048 bytes as the SDK writes it; the reader sees that it was cut."""
    short = limits.keyword(text)
    assert len(short) <= 255
    assert len(json.dumps(short)) < 2_000
    assert short.endswith("…")
    assert text.startswith(short[:-1])


@pytest.mark.parametrize("text", ["", "web", "Grüße aus Zürich", "x" * 255])
def test_what_fits_is_left_as_it_is(text: str) -> None:
    """C.7: nobody's source or campaign is changed without need."""
    assert limits.keyword(text) == text
    assert limits.summary(text) == text


@pytest.mark.parametrize("text", LONG)
def test_summaries_and_details_fit(text: str) -> None:
    """C.7: Temporal documents 400 bytes of summary and 20,000 of details."""
    assert len(json.dumps(limits.summary(text), ensure_ascii=False).encode()) < 400
    assert len(json.dumps(limits.details(text * 20), ensure_ascii=False).encode()) < 20_000


def test_no_escape_is_cut_in_two() -> None:
    """C.7: half of an escape would take the meaning of what follows it."""
    for most in range(20, 40):
        assert not limits.shortened("\\*" * 100, most).removesuffix("…").endswith("\\")


@pytest.fixture(scope="module")
def process() -> Process:
    return process_with()


@pytest.mark.parametrize("text", LONG)
def test_a_lead_full_of_long_texts_is_shown_within_all_limits(process: Process, text: str) -> None:
    """C.7: what upstream systems send into every field, and people into every reason, keeps no lead from being shown."""
    fields: dict[str, object] = dict.fromkeys(("source", "campaign", "channel", "origin", "kind"), text)
    lead: Lead = replace(
        new_lead(process, "lead:test:1", text[:120], fields, (), NOW), owner=text[:255], team=text, owner_because=text
    )
    for pair in visibility.at_start(process, lead).search_attributes:
        assert len(json.dumps(pair.value, default=str)) < 2_000
    lines = [story.refused(NOW, "notify", text)] * story.KEPT_LINES
    assert len(json.dumps(story.headline(process, lead), ensure_ascii=False).encode()) < 400
    assert len(json.dumps(story.opening(process, lead), ensure_ascii=False).encode()) < 20_000
    shown = story.details(process, lead, lines, NOW)
    assert len(json.dumps(shown, ensure_ascii=False).encode()) < 20_000
