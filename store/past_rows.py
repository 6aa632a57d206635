"""A life that is over, as the rows that the journal would have written of it one decision after another (B.9).

`store.journal` asks the database where a lead stands before each decision; here all of them are known, and thousands of leads are written
at once. Tests hold both against each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.decision import Conclusion, Decision, Settled
from engine.process import Process
from store import journal
from store.clock_ledger import Place, Seconds, endings, present


@dataclass(frozen=True, slots=True)
class Lived:
    """One decision of the past, with what the world answered. `place` is that of what was told, None where a deadline was missed."""

    decision: Decision
    settled: Settled
    conclusion: Conclusion
    measured: Mapping[Place, Seconds]
    stay: float | None
    place: int | None = None


Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rows:
    """By table. `lead` are the columns of its row that decisions write."""

    lead: Row
    events: list[Row]
    visits: list[Row]
    clocks: list[Row]
    assignments: list[Row]
    scores: list[Row]


def rows_of(process: Process, lived: Sequence[Lived]) -> Rows:
    events, assignments, scores = [], [], []
    visits: list[Row] = []
    ledger = _Ledger(process)
    closed_at: str | None = None
    for one in lived:
        decision, after = one.decision, one.conclusion.lead
        event = journal.event_row(decision, one.settled)
        event["owner"] = event.pop("owner_before")
        of = {"process": after.process, "digest": after.digest}
        events.append(event | of)
        where = {name: event[name] for name in ("lead", "cycle", "seq", "at")}
        about = {"earlier": event["owner"], "segment": after.segment, "digest": after.digest}
        assignments += [where | about | row for row in journal.assignment_rows(decision, one.settled)]
        scores += [where | {"digest": after.digest} | row for row in journal.score_rows(one.settled)]
        _stand(process, one, event, visits)
        ledger.note(one, str(event["at"]))
        closed_at = (closed_at or event["at"]) if after.closed else None
    last = lived[-1]
    standing = journal.standing_row(process, last.conclusion.lead)
    lead = last.conclusion.lead
    row = standing | {
        "key": lead.key,
        "cycle": lead.cycle,
        "seq": lead.seq,
        "stage": lead.stage,
        "state": "closed" if lead.closed else "received",
        "closed_at": closed_at,
        "last_event_at": events[-1]["at"],
    }
    return Rows(row, events, visits, ledger.rows, assignments, scores)


def _stand(process: Process, one: Lived, event: Row, visits: list[Row]) -> None:
    after = one.conclusion.lead
    number = after.visits.get(after.stage, 1)
    here = (event["cycle"], after.stage, number)
    current = visits[-1] if visits else None
    if current is not None and (current["cycle"], current["stage"], current["number"]) == here:
        return
    if current is not None:
        current |= {
            "left_at": event["at"],
            "left_seq": event["seq"],
            "left_by": event["happening"],
            "working_seconds": one.stay,
        }
    leaf = process.leaf(after)
    visits.append(
        {
            "lead": after.key,
            "cycle": after.cycle,
            "stage": after.stage,
            "number": number,
            "process": after.process,
            "digest": after.digest,
            "status": leaf.status,
            "kind": leaf.kind,
            "entered_at": event["at"],
            "entered_seq": event["seq"],
            "entered_by": event["happening"],
        }
    )


class _Ledger:
    """The clocks of one lead, decision by decision, as `sql/clock_ledger.sql` keeps them."""

    def __init__(self, process: Process) -> None:
        self.rows: list[Row] = []
        self._process = process
        self._open: dict[Place, Row] = {}

    def note(self, one: Lived, at: str) -> None:
        lead = one.conclusion.lead
        there = {(row["scope"], row["name"]): row for row in present(self._process, lead, one.decision.moves)}
        ended = {(row["scope"], row["name"]): row for row in endings(one.conclusion)}
        for place, row in list(self._open.items()):
            now, said = there.get(place), ended.get(place)
            measured = one.measured.get(place)
            raw = row["raw_before"] + measured[0] if measured is not None else None
            working = row["working_before"] + measured[1] if measured is not None else None
            breached = (said["breached_at"] if said else None) or row["breached_at"]
            ending = _ending(row, now, said, breached)
            if raw is not None:
                row |= {"raw_seconds": raw, "working_seconds": working}
            row["breached_at"] = breached
            if ending is not None:
                row |= {"state": "ended", "ending": ending, "ended_at": at, "ended_seq": lead.seq}
                del self._open[place]
                continue
            assert now is not None
            row |= {name: now[name] for name in ("state", "title", "due_at", "calendar")}
            row |= {"digest": lead.digest, "owner": lead.owner}
            if now["state"] == "paused" and raw is not None:
                row |= {"raw_before": raw, "working_before": working}
        for place, now in there.items():
            if place not in self._open:
                self._begin(place, now, one)

    def _begin(self, place: Place, now: Row, one: Lived) -> None:
        lead = one.conclusion.lead
        names = ("scope", "name", "title", "counts_from", "due_at", "calendar", "state", "breached_at")
        row: Row = {name: now[name] for name in names}
        row |= {"lead": lead.key, "cycle": lead.cycle, "started_seq": lead.seq, "owner": lead.owner}
        row |= {"process": self._process.name, "digest": self._process.digest}
        row |= {"raw_before": 0.0, "working_before": 0.0}
        self._open[place] = row
        self.rows.append(row)


def _ending(row: Row, now: Row | None, said: Row | None, breached: str | None) -> str | None:
    if said is not None and said["ending"] != "breached":
        return str(said["ending"])
    if now is None:
        return str(said["ending"]) if said is not None else "dropped"
    if now["breached_at"] is None and breached is not None:
        return "breached"
    if now["counts_from"] != row["counts_from"] and not now["resumed"]:
        return "restarted"
    return None
