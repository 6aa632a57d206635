"""The ledger of clocks: each that runs, how it ended and how long it took, kept in step with the state of its lead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from engine.decision import ClockEnd, ClockEntry, ClockMove, Conclusion, Decision
from engine.lead import Clock, ClockState, Lead
from engine.process import Process
from store.pool import Connection
from store.queries import queries

_SQL = queries("clock_ledger")

Seconds = tuple[float, float]
"""Time that counted: as it passed, and as open time on the clock's calendar."""

Place = tuple[str, str]
"""Scope and name of a clock: stages may have clocks of one name."""


def place(clock: Clock) -> Place:
    return clock.scope, clock.name


_STATES = {
    ClockState.STARTING: "running",
    ClockState.RUNNING: "running",
    ClockState.PAUSING: "paused",
    ClockState.PAUSED: "paused",
    ClockState.BREACHED: "breached",
}


def to_measure(decision: Decision, conclusion: Conclusion) -> tuple[Clock, ...]:
    """The clocks whose time `write` wants to know: those that this decision ends, breaches, pauses or starts anew.

    A paused clock is none of them: what it took until then was measured when it was paused.
    """
    after = conclusion.lead
    said = [
        entry.clock
        for entry in _last_words(conclusion)
        if entry.end is not ClockEnd.SUSPENDED or not _is_kept(entry.clock, after)
    ]
    silent = [clock for clock in decision.lead.clocks.values() if _stops_silently(clock, after)]
    moved = [move.before for move in decision.moves if _counts_on(move, after) and move.closed_at is None]
    return tuple(
        {place(clock): clock for clock in (*silent, *moved, *said) if clock.state is not ClockState.PAUSED}.values()
    )


def ran_elsewhere(decision: Decision, clock: Clock) -> bool:
    """Whether a clock that is to be measured ran in the version that its lead has left."""
    moved = any(move.before is clock for move in decision.moves)
    return moved or any(entry.clock is clock and entry.end in _WITH_ITS_VERSION for entry in decision.clocks)


_WITH_ITS_VERSION = (ClockEnd.MOVED, ClockEnd.DROPPED)


def _counts_on(move: ClockMove, after: Lead) -> bool:
    """Whether what it has counted so far is behind it: it counts what is left from now on."""
    there = (after.kept if move.kept else after.clocks).get(move.key)
    return (
        there is not None
        and move.before.state is ClockState.RUNNING
        and there.state is ClockState.RUNNING
        and there.counts_from != move.before.counts_from
    )


def _is_kept(clock: Clock, after: Lead) -> bool:
    """A new cycle begins without the clocks that wait in stages left behind."""
    return any(place(kept) == place(clock) for kept in after.kept.values())


def _stops_silently(clock: Clock, after: Lead) -> bool:
    """Paused, gone with what it belonged to, or begun anew for the next owner: no entry says so."""
    present = after.clocks.get(clock.name)
    if clock.state is ClockState.PAUSING or present is None or present.scope != clock.scope:
        return True
    return present.counts_from != clock.counts_from and present.left_seconds is None


async def run_clocks(
    conn: Connection,
    process: Process,
    decision: Decision,
    conclusion: Conclusion,
    measured: Mapping[Place, Seconds],
) -> None:
    """Write what a decision did to the clocks of its lead. `measured` has the time of those that `to_measure` names."""
    lead, at = conclusion.lead, decision.record.at
    await conn.execute(
        _SQL["run"],
        *(lead.key, lead.cycle, lead.seq, at, process.name, process.digest, lead.owner),
        present(process, lead, decision.moves),
        endings(conclusion),
        [
            {"scope": scope, "name": name, "raw": raw, "working": working}
            for (scope, name), (raw, working) in measured.items()
        ],
    )


def present(process: Process, lead: Lead, moves: tuple[ClockMove, ...]) -> list[dict[str, Any]]:
    moved = {(move.scope, move.name): move for move in moves}
    running = [(clock, _STATES[clock.state]) for clock in lead.clocks.values()]
    suspended = [(clock, "suspended") for clock in lead.kept.values()]
    return [
        {
            "scope": clock.scope,
            "name": clock.name,
            "title": process.clock(clock.name, clock.scope).title,
            "state": state,
            "counts_from": clock.counts_from.isoformat(),
            "due_at": _moment(clock.due_at),
            "calendar": clock.calendar,
            "breached_at": _moment(clock.breached_at),
            "resumed": clock.left_seconds is not None,
            **_moved(lead, moved.get(place(clock))),
        }
        for clock, state in (*running, *suspended)
    ]


def _moved(lead: Lead, move: ClockMove | None) -> dict[str, Any]:
    if move is None:
        return {}
    was = move.before if (move.before.scope, move.before.name) != (move.scope, move.name) else None
    return {
        "counts_on": _counts_on(move, lead),
        "was_scope": was.scope if was is not None else None,
        "was_name": was.name if was is not None else None,
        "taken_up": move.closed_at is not None,
    }


def endings(conclusion: Conclusion) -> list[dict[str, Any]]:
    return [
        {
            "scope": entry.clock.scope,
            "name": entry.clock.name,
            "ending": entry.end,
            "breached_at": _moment(entry.clock.breached_at),
        }
        for entry in _last_words(conclusion)
        if entry.end is not ClockEnd.SUSPENDED
    ]


def _last_words(conclusion: Conclusion) -> Iterable[ClockEntry]:
    """What became of each clock that ran before this decision.

    It is the first entry on it, since any later one is on a clock that began within the decision; but of a clock that
    was breached and then ended in one decision, it is the ending.
    """
    last: dict[Place, ClockEntry] = {}
    for entry in conclusion.clocks:
        where = place(entry.clock)
        earlier = last.get(where)
        if earlier is None or (
            earlier.end is ClockEnd.BREACHED and earlier.clock.breached_at == entry.clock.breached_at
        ):
            last[where] = entry
    return last.values()


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
