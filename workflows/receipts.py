"""Answers to events: where the lead stands, and what an event is told that comes again."""

from __future__ import annotations

from dataclasses import replace

from engine.conclude import conclude
from engine.decision import Refusal, RefusalCode, Settled
from engine.lead import Lead
from engine.process import Process
from workflows.messages import Receipt


def receipt_of(process: Process, lead: Lead, event: str = "") -> Receipt:
    """The answer to what has just happened (`event`) to the lead."""
    leaf = process.leaf(lead)
    return Receipt(
        lead=lead.key,
        stage=lead.stage,
        title=leaf.title,
        status=leaf.status.value,
        cycle=lead.cycle,
        seq=lead.seq,
        owner=lead.owner,
        because=lead.owner_because,
        score=lead.score.total if lead.score else None,
        priority=lead.score.priority if lead.score else None,
        closed=lead.closed,
        event=event,
        merged_into=lead.merged_into,
    )


def from_journal(process: Process, settled: Settled) -> Receipt:
    """The answer that an event got when it happened (`settled.known`), by the process that it happened in."""
    if settled.known is None:
        raise ValueError("the journal knows no event")
    lead = conclude(process, settled.known, settled).lead
    return replace(receipt_of(process, lead, settled.known.record.happening), duplicate=True)


def taken(process: Process, lead: Lead, event: str, id: str, earlier: Receipt) -> Refusal | None:
    """The refusal of an event whose id belongs to another event of this lead; None where it is the same that comes again."""
    if earlier.event == event:
        return None
    message = f"the id '{id.partition(':')[2]}' belongs to '{earlier.event}', which has happened; give '{event}' an id of its own"
    return Refusal(RefusalCode.CONFLICT, message, event, lead.stage, allowed=process.allowed(lead.stage))
