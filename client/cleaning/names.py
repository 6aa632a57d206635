"""One name for each source, campaign and country, whatever systems call it: read from a table that the installation keeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from engine.plain_words import plain


@dataclass(frozen=True, slots=True)
class Names:
    """By each way of writing, for comparison, the name that counts. What is not in it stays as it was sent. `kinds` says by source
    what a lead is (sales, hiring, vendor) that does not say so."""

    sources: Mapping[str, str] = field(default_factory=dict)
    campaigns: Mapping[str, str] = field(default_factory=dict)
    countries: Mapping[str, str] = field(default_factory=dict)
    kinds: Mapping[str, str] = field(default_factory=dict)


NO_NAMES = Names()


def by_writing(names: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """From names with their other writings to a look-up. A name itself counts more than the same word as another's alias."""
    found = {plain(alias): name for name, aliases in names.items() for alias in aliases}
    return found | {plain(name): name for name in names}
