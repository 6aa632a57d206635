"""S1.12: by what leads can be told apart in a report, each as the lead was in the telling that is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from engine.catalog import Catalog
from engine.errors import LeadflowError
from engine.lead import Lead, Value
from engine.reading.offers import nearest
from trials.backtest.comparison import Pair
from trials.backtest.story import Story

UNKNOWN = "unknown"
_PLACES = ("country", "region", "city")


def _place(lead: Lead, _: Story, __: Catalog) -> str:
    return next((str(lead.fields[name]) for name in _PLACES if lead.fields.get(name) is not None), UNKNOWN)


def _field(name: str) -> Callable[[Lead, Story, Catalog], str]:
    return lambda lead, _, __: _text(lead.fields.get(name))


def _value_slab(lead: Lead, _: Story, catalog: Catalog) -> str:
    """Slabs of a factor of ten; in the currency of the field."""
    field = catalog.get(lead.digest).leaf(lead).value_field or "value"
    worth = lead.fields.get(field)
    if isinstance(worth, bool) or not isinstance(worth, int | float):
        return UNKNOWN
    if worth < 1000:
        return "below 1,000"
    low = 1000
    while worth >= low * 10:
        low *= 10
    return f"{low:,} to {low * 10:,}"


def _confidence(lead: Lead, _: Story, catalog: Catalog) -> str:
    """The probability of an order that the stage states."""
    percent = catalog.get(lead.digest).leaf(lead).probability
    return UNKNOWN if percent is None else f"{percent} %"


DIMENSIONS: Mapping[str, Callable[[Lead, Story, Catalog], str]] = {
    "location": _place,
    "product": _field("product_line"),
    "value": _value_slab,
    "customer": _field("customer"),
    "confidence": _confidence,
    "priority": lambda _, story, __: _text(story.priority),
    "source": _field("source"),
    "month": lambda lead, _, __: f"{lead.arrived_at:%Y-%m}",
    "owner": lambda _, story, __: _text(story.first_owner),
    "leader": lambda _, story, __: _text(story.turns[0].assigned.leader if story.turns else None),
}


def check_dimension(name: str) -> None:
    """Raises LeadflowError for one that there is not."""
    if name not in DIMENSIONS:
        near = nearest(name, list(DIMENSIONS))
        meant = f"Did you mean {near}? " if near else ""
        raise LeadflowError(f"there is no dimension '{name}'", f"{meant}There are {', '.join(DIMENSIONS)}.")


def group_of(name: str, pair: Pair, catalog: Catalog) -> str:
    story = pair.then or pair.candidate
    return DIMENSIONS[name](story.lead, story, catalog)


def _text(value: Value) -> str:
    return UNKNOWN if value is None else str(value)
