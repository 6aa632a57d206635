"""Where several people could own a lead: the methods that pick one (S4.5, S0.16).

Each compares facts only, so the same lead in the same world always goes to the same person, whoever asks and how
often. A tie is drawn by the lead's key: over many leads each of the tied people wins equally often, none for a name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from engine.language.tables import Pick
from engine.lead import Lead
from engine.owners.availability import open_leads
from engine.world import Colleague

_GOLDEN = 0.6180339887498949
"""Steps of the golden ratio come back to no place too often, on working days alone too."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Who was picked and why, and for everybody else why not."""

    chosen: Colleague
    why: str
    others: Mapping[str, str]


def pick(method: Pick, able: Sequence[Colleague], lead: Lead, now: datetime) -> Choice:
    """Pick one of those who could take the lead, of whom there must be at least one.

    LONGEST_SINCE_LAST: whose last lead, by whatever rule or by hand, is the longest ago; before them who never had one.
    BY_WEIGHT: shares of each day's leads in proportion to weight, see `_by_weight`. Every weight must be more than 0.
    FEWEST_OPEN: who has the fewest open leads.
    BEST_FIT: whose skills and territories cover most of the lead's values; then longest since last.
    """
    if len(able) == 1:
        return Choice(able[0], "only one who could take it", {})
    match method:
        case Pick.LONGEST_SINCE_LAST:
            return _least(able, lead, _turn, _longest_since, _more_recent)
        case Pick.FEWEST_OPEN:
            return _fewest_open(able, lead)
        case Pick.BEST_FIT:
            return _best_fit(able, lead)
        case Pick.BY_WEIGHT:
            return _by_weight(able, now)


def _least(
    able: Sequence[Colleague],
    lead: Lead,
    key: Callable[[Colleague], tuple[int, ...]],
    why: Callable[[Colleague], str],
    why_not: Callable[[Colleague, Colleague], str],
) -> Choice:
    """Whoever has the least key, drawn by the lead among equals. `why_not` says why the first lost to the second."""
    keys = {colleague.key: key(colleague) for colleague in able}
    least = min(keys.values())
    tied = [colleague for colleague in able if keys[colleague.key] == least]
    chosen = min(tied, key=lambda colleague: _lot(lead, colleague)) if len(tied) > 1 else tied[0]
    others = {
        other.key: f"tie with {chosen.key}, drawn by lead" if keys[other.key] == least else why_not(other, chosen)
        for other in able
        if other is not chosen
    }
    return Choice(chosen, f"{why(chosen)}; tie, drawn by lead" if len(tied) > 1 else why(chosen), others)


def _lot(lead: Lead, colleague: Colleague) -> bytes:
    # A checksum will not do: CRC-32 is linear, and of three tied people one would get twice as much as each other.
    return hashlib.sha256(f"{lead.key}/{colleague.key}".encode()).digest()


# --- longest since last, fewest open ---------------------------------------------------------------------------------


def _turn(colleague: Colleague) -> tuple[int, ...]:
    return () if colleague.last_turn is None else (colleague.last_turn,)


def _longest_since(chosen: Colleague) -> str:
    return "no lead before" if chosen.last_turn is None else "longest since last lead"


def _more_recent(_other: Colleague, chosen: Colleague) -> str:
    if chosen.last_turn is None:
        return f"had a lead before, {chosen.key} none"
    return f"last lead more recent than {chosen.key}'s"


def _fewest_open(able: Sequence[Colleague], lead: Lead) -> Choice:
    has = {colleague.key: open_leads(lead, colleague) for colleague in able}
    return _least(
        able,
        lead,
        lambda colleague: (has[colleague.key],),
        lambda chosen: f"fewest open leads ({has[chosen.key]})",
        lambda other, chosen: f"more open leads ({has[other.key]}) than {chosen.key} ({has[chosen.key]})",
    )


# --- best fit --------------------------------------------------------------------------------------------------------


def _best_fit(able: Sequence[Colleague], lead: Lead) -> Choice:
    values = [lead.segment, *lead.fields.values()]
    wanted = list(dict.fromkeys(value for value in values if isinstance(value, str)))
    fits = {
        colleague.key: [value for value in wanted if value in (*colleague.person.skills, *colleague.person.territories)]
        for colleague in able
    }

    def why_not(other: Colleague, chosen: Colleague) -> str:
        less, more = len(fits[other.key]), len(fits[chosen.key])
        if less == more:
            return f"fits as well, {_more_recent(other, chosen)}"
        return f"fits fewer of the lead's values ({less}) than {chosen.key} ({more})"

    return _least(
        able,
        lead,
        lambda colleague: (-len(fits[colleague.key]), *_turn(colleague)),
        lambda chosen: f"best fit ({', '.join(fits[chosen.key]) or 'no value of the lead'})",
        why_not,
    )


# --- by weight -------------------------------------------------------------------------------------------------------


def _by_weight(able: Sequence[Colleague], now: datetime) -> Choice:
    """Shares in proportion to weight, of each day's leads, by the quota method of Balinski and Young.

    A round has as many places as the weights add up to, evenly spread: 1:2:3 gives c b c a b c. The next lead goes to
    whoever comes next by what they had today, by whatever rule or by hand, so a burst is shared out place by place.
    Every day begins at another place of the round, or else those of little weight would get nothing where a day has
    few leads. What was had counts until the day ends, so that nobody who is back from leave is flooded with what the
    others got meanwhile.
    """
    weights = tuple(colleague.person.weight for colleague in able)
    places = sum(weights)
    begin = _shares(weights, int(now.toordinal() * _GOLDEN % 1 * places))
    had = [share + colleague.today for colleague, share in zip(able, begin, strict=True)]
    chosen = able[_next(weights, had)]
    others = {
        other.key: f"next turn by weight after {chosen.key}'s (weight {other.person.weight}, {other.today} today)"
        for other in able
        if other is not chosen
    }
    why = f"next turn by weight (weight {chosen.person.weight} of {places}, {chosen.today} today)"
    return Choice(chosen, why, others)


def _next(weights: Sequence[int], had: Sequence[int]) -> int:
    """Whose place comes next in the round: of those who are not ahead of their share, whoever's lies first."""
    total, given = sum(weights), sum(had) + 1
    behind = (index for index, weight in enumerate(weights) if had[index] * total < weight * given)
    return min(behind, key=lambda index: ((had[index] + 1) / weights[index], index))


@lru_cache(maxsize=256)
def _shares(weights: tuple[int, ...], places: int) -> tuple[int, ...]:
    """How many of the first places of the round fall to each."""
    shares = [0] * len(weights)
    for _ in range(places):
        shares[_next(weights, shares)] += 1
    return tuple(shares)
