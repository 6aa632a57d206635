"""The journal: one decision of one lead, settled and written in one transaction that the caller opens.

    recorded = await journal.recorded(conn, decision)            # a retry ends here
    world = await journal.world_for(conn, process, decision, 1.0)
    settled = settle(process, decision, world)
    conclusion = conclude(process, decision, settled)
    stopped = journal.to_measure(decision, conclusion)
    measured = {journal.place(clock): measure(process, decision.lead, clock, world) for clock in stopped}
    if not await journal.write(conn, process, decision, settled, conclusion, measured):
        settled = await journal.recorded(conn, decision)         # another attempt was quicker

All times are the workflow's, the database's clock is never asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import asyncpg

from engine import clocks
from engine.completeness import missing
from engine.decision import Completed, Conclusion, Decision, Settled, Task
from engine.errors import LeadflowError
from engine.lead import Lead
from engine.owners.recipients import recipient
from engine.process import Process
from store import tasks
from store.clock_ledger import Place, Seconds, run_clocks
from store.clock_ledger import place as place
from store.clock_ledger import ran_elsewhere as ran_elsewhere
from store.clock_ledger import to_measure as to_measure
from store.facts import world_for as world_for
from store.pool import Connection
from store.queries import queries
from store.stored import (
    decision_from_json,
    decision_to_json,
    lead_from_json,
    lead_to_json,
    settled_from_json,
    settled_to_json,
)

_SQL = queries("journal")


# --- reading ---------------------------------------------------------------------------------------------------------


async def recorded(conn: Connection, decision: Decision) -> Settled | None:
    """What was answered to this decision, None where no decision with its number is recorded yet.

    Where another one is recorded under the number, it is that one's answer, and it comes along as `instead`: it has
    happened, although the workflow that asks has no memory of it. Where its id is recorded under another number, that
    one comes along as `known`: the same event has happened before, and must not again.
    """
    row = await conn.fetchrow(_SQL["recorded"], decision.lead.key, decision.lead.seq, decision.record.id)
    if row is None:
        return None
    settled = settled_from_json(row["settled"])
    first = decision_from_json(row["decision"])
    if row["seq"] != decision.lead.seq:
        return replace(settled, known=first)
    return settled if first == decision else replace(settled, instead=first)


async def known(conn: Connection, key: str, id: str) -> Settled | None:
    """What was answered to the event with this id, with its decision as `known`; None where it never happened."""
    row = await conn.fetchrow(_SQL["known"], key, id)
    if row is None:
        return None
    return replace(settled_from_json(row["settled"]), known=decision_from_json(row["decision"]))


async def snapshot(conn: Connection, key: str) -> Lead | None:
    """The state of a lead after its last decision: to reopen a closed one, and to compare with a running one."""
    stored = await conn.fetchval(_SQL["snapshot"], key)
    return lead_from_json(stored) if stored is not None else None


# --- writing ---------------------------------------------------------------------------------------------------------


async def write(
    conn: Connection,
    process: Process,
    decision: Decision,
    settled: Settled,
    conclusion: Conclusion,
    measured: Mapping[Place, Seconds],
    *,
    stage_seconds: float | None = None,
    task_due: Mapping[int, datetime] | None = None,
) -> bool:
    """Write all that a decision changes, unless it is recorded: False then, and nothing is written.

    `measured` has the time of the clocks that `to_measure` names; `stage_seconds` the working time of the stay that the
    decision ends; `task_due` when tasks fall due, by their number in `conclusion.outward`. Raises LeadflowError where
    the lead was never registered.
    """
    after = conclusion.lead
    document = {
        **event_row(decision, settled),
        **standing_row(process, after),
        "cleared": [
            name for name, value in decision.record.changes.items() if value is None and process.personal(name)
        ],
        "stage_seconds": stage_seconds,
        "assignments": assignment_rows(decision, settled),
        "scores": score_rows(settled),
        "tasks": _tasks(process, conclusion, task_due or {}),
    }
    try:
        if not await conn.fetchval(_SQL["record"], document):
            return False
    except asyncpg.ForeignKeyViolationError as error:
        raise LeadflowError(f"lead {after.key} is not in the database", "Register it before it runs.") from error
    await run_clocks(conn, process, decision, conclusion, measured)
    if any(
        isinstance(effect, Completed) or (isinstance(effect, Task) and effect.completes)
        for effect in conclusion.outward
    ):
        for key in await tasks.completing(conn, after.key, but_of=after.step_key):
            await tasks.finish_task(conn, key, decision.record.at, decision.record.by)
    return True


def event_row(decision: Decision, settled: Settled) -> dict[str, Any]:
    record, lead = decision.record, decision.lead
    return {
        "lead": lead.key,
        "cycle": lead.cycle,
        "seq": lead.seq,
        "at": record.at.isoformat(),
        "happening": record.happening,
        "by": record.by,
        "owner_before": lead.owner,
        "from_stage": record.from_stage,
        "to_stage": record.to_stage,
        "codes": record.codes,
        "changes": record.changes,
        "words": record.words,
        "parcel": record.parcel,
        "id": record.id,
        "decision": decision_to_json(decision),
        "settled": settled_to_json(settled),
    }


def standing_row(process: Process, lead: Lead) -> dict[str, Any]:
    leaf = process.leaf(lead)
    due, wakes = clocks.next_deadline(lead), clocks.next_due(lead)
    breaches = [clock.breached_at for clock in lead.clocks.values() if clock.breached_at is not None]
    return {
        "process": lead.process,
        "version": lead.version,
        "digest": lead.digest,
        "visit": lead.visits.get(lead.stage, 1),
        "status": leaf.status,
        "kind": leaf.kind,
        "closes": lead.closed,
        "entered_at": lead.entered_at.isoformat(),
        "ownership": lead.ownership,
        "owner": lead.owner,
        "team": lead.team,
        "leader": lead.leader,
        "assigned_at": _moment(lead.assigned_at),
        "owner_because": lead.owner_because,
        "hops": lead.hops,
        "segment": lead.segment,
        "score": lead.score.total if lead.score else None,
        "priority": lead.score.priority if lead.score else None,
        "grade": lead.score.grade if lead.score else None,
        "value": lead.fields.get(leaf.value_field) if leaf.value_field else None,
        "currency": process.fields[leaf.value_field].currency if leaf.value_field else None,
        "probability": leaf.probability,
        "fields": lead.fields,
        "known": lead.known,
        "missing": missing(process, lead),
        "decider": process.assignment.exception.person if process.assignment else None,
        "on_hold": lead.on_hold,
        "due_at": _moment(due.at if due else None),
        "due_clock": due.name if due else None,
        "overdue_since": _moment(min(breaches, default=None)),
        "wakes_at": _moment(wakes.at if wakes else None),
        "merged_into": lead.merged_into,
        "snapshot": lead_to_json(lead),
    }


def assignment_rows(decision: Decision, settled: Settled) -> list[dict[str, Any]]:
    if decision.owner is None or settled.assigned is None:
        return []
    stored = settled_to_json(settled)["assigned"]
    kept = ("ownership", "person", "team", "leader", "rule", "because")
    about = {"mode": decision.owner.mode, "asked": decision.owner.because, "explanation": stored["tried"]}
    return [about | {name: stored[name] for name in kept}]


def score_rows(settled: Settled) -> list[dict[str, Any]]:
    if settled.scored is None:
        return []
    score = settled.scored.score
    return [
        {
            "table_name": score.table,
            "total": score.total,
            "priority": score.priority,
            "grade": score.grade,
            "parts": score.parts,
            "why": settled.scored.why,
        }
    ]


def _tasks(process: Process, conclusion: Conclusion, due: Mapping[int, datetime]) -> list[dict[str, Any]]:
    given = []
    for number, effect in enumerate(conclusion.outward):
        if isinstance(effect, Task):
            meant = recipient(process, conclusion.lead, effect.to)
            given.append(
                {
                    "key": f"{conclusion.lead.step_key}:{number}",
                    "meant_for": effect.to,
                    "person": meant.name if meant else None,
                    "title": effect.title,
                    "due_at": _moment(due.get(number)),
                    "completes": effect.completes,
                }
            )
    return given


def _moment(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
