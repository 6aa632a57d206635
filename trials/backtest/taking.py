"""Which leads would have come to the candidate at all: a change of `takes` moves leads between processes, and that is not run again."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from engine.catalog import Catalog
from engine.process import Process
from engine.references import tell
from trials.backtest.observed import Observed


def would_not_come(leads: Iterable[Observed], chosen: Collection[str], candidate: Process, catalog: Catalog) -> int:
    """Leads that the candidate is run with and would not take, as far as they were taken by its `takes` then."""
    came = (one for one in leads if one.key in chosen and one.fresh.process == candidate.name)
    return sum(_takes(catalog.get(one.fresh.digest), one) and not _takes(candidate, one) for one in came)


def would_come_too(leads: Iterable[Observed], candidate: Process, catalog: Catalog) -> int:
    """Leads that another process took and the candidate, which is asked before it, would have taken."""
    others = (one for one in leads if one.fresh.process != candidate.name)
    return sum(_before(candidate, catalog.get(one.fresh.digest)) and _takes(candidate, one) for one in others)


def _takes(process: Process, one: Observed) -> bool:
    if process.takes_priority is None:
        return False
    if process.takes_when is None:
        return True
    return tell(process, process.takes_when, process.view(one.fresh, one.fresh.arrived_at))[0] is True


def _before(one: Process, other: Process) -> bool:
    """Whether it is asked for new leads before the other."""
    if one.takes_priority is None or other.takes_priority is None:
        return False
    return (-one.takes_priority, one.name) < (-other.takes_priority, other.name)
