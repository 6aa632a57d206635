"""What happened to one lead, brought into an order that can have been; what contradicts it is remarked on (B.9)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

from client.history.reading import Account, Entry, moved
from client.history.remarks import Doubt, Remark


@dataclass(frozen=True, slots=True)
class Ordered:
    """When the lead arrived, None where nothing tells; and what happened to it since, in order."""

    arrived: datetime | None
    entries: tuple[Entry, ...]
    remarks: tuple[Remark, ...]


def in_order(account: Account, file: str, now: datetime, ends: Callable[[Entry], bool]) -> Ordered:
    """`ends` says whether what happened won or lost the lead. Nothing of it is from the future of `now`."""
    remarks: list[Remark] = []

    def remark(entry: Entry, code: Doubt, what: str, mended: str) -> None:
        remarks.append(Remark(file, entry.line, code, what, mended, entry.what))

    told: list[Entry] = []
    for entry in account.entries:
        if entry.at > now:
            remark(entry, Doubt.IN_FUTURE, "it has not happened yet", "left out")
        elif any(_same(entry, other) for other in told):
            remark(entry, Doubt.REPEATED, "it stands in the file twice", "counts once")
        else:
            told.append(entry)
    if _is_backwards(told):
        told.reverse()
    told = [replace(entry, place=place) for place, entry in enumerate(told)]
    entries = sorted(told, key=lambda entry: (entry.at, entry.place))
    entries = _outcomes_last(entries, account, ends, remark)
    _note_disorder(told, {entry.line for entry in entries if entry not in told}, remark)
    for one, other in pairwise(entries):
        stages = {entry.meant.stage for entry in (one, other) if entry.meant.stage is not None}
        if one.at == other.at and len(stages) > 1 and not other.day_only and other in told:
            remark(other, Doubt.AT_ONCE, "it came to two stages at the same moment", "taken in the order of the file")
    arrived, entries = _since_arrival(account.arrived, entries, now, remark)
    return Ordered(arrived, tuple(entries), tuple(remarks))


_Remark = Callable[[Entry, Doubt, str, str], None]


def _same(one: Entry, other: Entry) -> bool:
    return (one.at, one.what, one.owner, one.note) == (other.at, other.what, other.owner, other.note)


def _is_backwards(told: Sequence[Entry]) -> bool:
    """Whether the file has the newest first."""
    pairs = [(one.at, other.at) for one, other in pairwise(told)]
    return sum(one > other for one, other in pairs) > sum(one < other for one, other in pairs)


def _outcomes_last(
    entries: list[Entry], account: Account, ends: Callable[[Entry], bool], remark: _Remark
) -> list[Entry]:
    """Won before the first contact: where the file itself tells the outcome after that, its date is wrong. Without such a sign, the
    lead was taken up again."""
    for entry in [one for one in entries if ends(one)]:
        after = [
            other
            for other in entries[entries.index(entry) + 1 :]
            if not ends(other) and (other.place < entry.place or account.stands == entry.what)
        ]
        if after:
            entries.remove(entry)
            last = after[-1]
            entries.insert(entries.index(last) + 1, moved(entry, last.at))
            what = f"the lead ended before '{last.what}' (line {last.line})"
            remark(entry, Doubt.OUTCOME_TOO_EARLY, what, "taken to be when that happened")
    return entries


def _note_disorder(told: Sequence[Entry], known: set[int], remark: _Remark) -> None:
    for entry in _late(told):
        if entry.line not in known:
            remark(entry, Doubt.OUT_OF_ORDER, "it stands behind what happened later", "taken in the order of time")


def _late(told: Sequence[Entry]) -> Iterator[Entry]:
    latest: datetime | None = None
    for entry in told:
        if latest is not None and entry.at < latest:
            yield entry
        latest = entry.at if latest is None else max(latest, entry.at)


def _since_arrival(
    arrived: datetime | None, entries: list[Entry], now: datetime, remark: _Remark
) -> tuple[datetime | None, list[Entry]]:
    """A lead came no later than the first thing that happened to it. A day without a time is not before the arrival on that day."""
    if arrived is not None and arrived > now:
        arrived = None
    if arrived is not None:
        came = arrived
        entries = [
            moved(entry, came) if entry.day_only and entry.at < came and (came - entry.at).days < 1 else entry
            for entry in entries
        ]
        entries.sort(key=lambda entry: entry.at)
    if entries and (arrived is None or entries[0].at < arrived):
        if arrived is not None:
            for entry in entries:
                if entry.at < arrived:
                    what = "it happened before the lead arrived"
                    remark(entry, Doubt.BEFORE_ARRIVAL, what, "taken to have arrived by then")
        arrived = entries[0].at
    return arrived, entries
