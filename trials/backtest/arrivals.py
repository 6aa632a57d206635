"""Leads of which only the arrival is known, as a file of them has it: run through the whole candidate on a roster.

Nobody acts in them, since nobody wrote down what was done: they show what the rules alone make of such leads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.catalog import Catalog
from engine.language.tables import Person, Team
from engine.lead import Lead
from engine.past import Past, Staffing
from engine.process import Process
from trials.backtest.comparison import Pair
from trials.backtest.observed import Observed
from trials.backtest.replay import replay
from trials.backtest.report import Backtest
from trials.backtest.staff import StaffThen


@dataclass(frozen=True, slots=True)
class Arriving:
    """A lead as it comes in, and whether it was won in the end; None where that is not known."""

    lead: Lead
    won: bool | None = None


def times(first: datetime, last: datetime, count: int) -> Iterator[datetime]:
    """So many moments, evenly from the first to before the last: of leads of which only the order is known."""
    step = (last - first) / max(count, 1)
    return (first + step * number for number in range(count))


def run_arrivals(
    arriving: Sequence[Arriving],
    candidate: Process,
    people: Mapping[str, Person],
    teams: Mapping[str, Team],
    follow: timedelta,
    *,
    others: Sequence[Process] = (),
    scale: float = 1.0,
) -> Backtest:
    """Each lead arrives, is scored, given to somebody, and followed for so long. `others` are processes that it may be handed to."""
    catalog = Catalog()
    for process in (*others, candidate):
        catalog.add(process)
    leads = [Observed(one.lead.key, one.lead, one.lead.arrived_at) for one in arriving]
    began = min((one.arrived for one in leads), default=datetime.min)
    until = max((one.arrived for one in leads), default=datetime.min) + follow
    past = Past((), until, staffings=(Staffing(began, people, teams),))
    stories = replay(
        leads,
        candidate,
        frozenset(one.key for one in leads),
        catalog,
        StaffThen(past),
        (),
        until,
        follow=follow,
        scale=scale,
    )
    pairs = tuple(Pair(one.key, None, stories[one.key]) for one in leads)
    return Backtest(candidate=candidate, catalog=catalog, pairs=pairs, others=(), incomplete=0, past=past)
