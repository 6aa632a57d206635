"""One backtest as a whole: which leads, against which candidate, and what came of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.carrying import HAPPENING as MOVED
from engine.catalog import Catalog
from engine.errors import LeadflowError
from engine.expressions import Expression
from engine.past import Past
from engine.process import Process
from trials.backtest.comparison import Kind, Pair
from trials.backtest.dimensions import check_dimension, group_of
from trials.backtest.observed import Observed, observe
from trials.backtest.replay import replay
from trials.backtest.staff import StaffThen
from trials.backtest.story import Story
from trials.backtest.taking import would_come_too, would_not_come
from trials.backtest.totals import Totals, totals


@dataclass(frozen=True, slots=True)
class Choice:
    """Which past leads run on the candidate: those that arrived from `begins` to before `ends`, that `where` holds for as they stand,
    the last `limit` of them."""

    begins: datetime | None = None
    ends: datetime | None = None
    where: Expression | None = None
    limit: int | None = None


@dataclass(frozen=True)
class Backtest:
    """`pairs` are the leads that ran on the candidate, `others` those that ran beside them on versions of their own.

    `incomplete` are events of which the journal does not say all that came with them; `moved` leads that were moved to another version
    on their way, and run on one version here. `astray` are those of the pairs that come out otherwise than they went on the very
    versions that ran; None where that was not tried. `not_taken` of the pairs would not have come to the candidate, and `taken_too`
    of the others would have.
    """

    candidate: Process
    catalog: Catalog
    pairs: tuple[Pair, ...]
    others: tuple[Pair, ...]
    incomplete: int
    past: Past
    moved: int = 0
    astray: tuple[str, ...] | None = None
    not_taken: int = 0
    taken_too: int = 0

    @property
    def others_moved(self) -> int:
        """Leads of other processes that somebody else would have had, because hands were free or full."""
        return sum(pair.differs(Kind.OWNER) for pair in self.others)

    def groups(self, dimension: str) -> Mapping[str, Totals]:
        """The largest first, months in their order. Raises LeadflowError for a dimension that there is not."""
        check_dimension(dimension)
        grouped: dict[str, list[Pair]] = {}
        for pair in self.pairs:
            grouped.setdefault(group_of(dimension, pair, self.catalog), []).append(pair)
        order = sorted(grouped, key=lambda name: (0 if dimension == "month" else -len(grouped[name]), name))
        return {name: totals(grouped[name]) for name in order}

    def pair(self, key: str) -> Pair:
        """Raises LeadflowError for a lead that was not run."""
        found = next((pair for pair in (*self.pairs, *self.others) if pair.key == key), None)
        if found is None:
            raise LeadflowError(f"{key} is not among the leads that were run", "`--list` shows those that differ.")
        return found


def backtest(
    past: Past,
    candidate: Process,
    catalog: Catalog,
    choice: Choice,
    *,
    keep_times: bool = False,
    control: bool = False,
    scale: float = 1.0,
) -> Backtest:
    """Run the past again. `catalog` holds every version that ran, and the candidate is added to it.

    With `control` also on the versions that ran: what is otherwise then is no doing of the candidate.

    Raises LeadflowError where no past lead is chosen.
    """
    catalog.add(candidate, current=False)
    staff = StaffThen(past)
    leads = [observe(lead, catalog, staff, past.until) for lead in past.leads]
    chosen = _chosen(leads, candidate, catalog, choice, past.until)
    if not chosen:
        raise LeadflowError(
            f"no past lead of {candidate.name} is among these",
            "Name another period or condition; `leadflow lead list` shows the leads there are.",
        )

    def told(on_candidate: Collection[str]) -> Mapping[str, Story]:
        return replay(
            leads,
            candidate,
            on_candidate,
            catalog,
            staff,
            past.published,
            past.until,
            keep_times=keep_times,
            scale=scale,
        )

    stories = told(chosen)
    same = told(()) if control else None
    pairs = {one.key: Pair(one.key, one.story, stories[one.key]) for one in leads}
    return Backtest(
        candidate=candidate,
        catalog=catalog,
        pairs=tuple(pairs[one.key] for one in leads if one.key in chosen),
        others=tuple(pairs[one.key] for one in leads if one.key not in chosen),
        incomplete=sum(not came.whole for one in leads if one.key in chosen for came in one.outside),
        past=past,
        moved=sum(any(line.happening == MOVED for line in one.story.lines) for one in leads if one.story is not None),
        not_taken=would_not_come(leads, chosen, candidate, catalog),
        taken_too=would_come_too(leads, candidate, catalog),
        astray=None if same is None else tuple(one.key for one in leads if one.key in chosen and _differ(one, same)),
    )


def _differ(one: Observed, stories: Mapping[str, Story]) -> bool:
    return bool(Pair(one.key, one.story, stories[one.key]).differences)


def _chosen(
    leads: Iterable[Observed], candidate: Process, catalog: Catalog, choice: Choice, until: datetime
) -> Collection[str]:
    fitting = [
        one
        for one in leads
        if one.story is not None
        and any(line.process == candidate.name for line in one.story.lines)
        and (choice.begins is None or one.fresh.arrived_at >= choice.begins)
        and (choice.ends is None or one.fresh.arrived_at < choice.ends)
        and (choice.where is None or _holds(choice.where, one, catalog, until))
    ]
    fitting.sort(key=lambda one: (one.fresh.arrived_at, one.key))
    kept = fitting[-choice.limit :] if choice.limit is not None else fitting
    return frozenset(one.key for one in kept)


def _holds(where: Expression, one: Observed, catalog: Catalog, until: datetime) -> bool:
    lead = one.story.lead if one.story is not None else one.fresh
    return where.evaluate(catalog.get(lead.digest).view(lead, until)).holds
