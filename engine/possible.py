"""What can happen to a lead now by people's hands: what a page or an answer offers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.actors import may
from engine.decision import Missing, Refusal, RefusalCode
from engine.happening import Actor, EventIn
from engine.language.definition import Who
from engine.lead import Lead
from engine.process import Process
from engine.step import step

_NOT_PEOPLE = (Who.CLOCK, Who.SYSTEM, Who.LEAD)


@dataclass(frozen=True, slots=True)
class Offered:
    """An event that somebody may cause here, and what it still needs. `why_not` is empty where it is possible now."""

    event: str
    title: str
    missing: tuple[Missing, ...] = ()
    why_not: str = ""


def possible(process: Process, lead: Lead, now: datetime) -> tuple[str, ...]:
    """Events of this stage that some person may cause and whose guard holds, in the order written."""
    if lead.merged_into is not None:
        return ()
    view = process.view(lead, now)
    return tuple(
        event
        for event in process.allowed(lead.stage)
        if any(
            any(who not in _NOT_PEOPLE for who in branch.by)
            and (branch.when is None or branch.when.evaluate(view).holds)
            for branch in process.branches[(lead.stage, event)]
        )
    )


def offered(process: Process, lead: Lead, actor: Actor, now: datetime) -> tuple[Offered, ...]:
    """What this very actor may do here, in the order written: each event is tried, with nothing in it."""
    return tuple(
        _tried(process, lead, EventIn(event, actor), now)
        for event in process.allowed(lead.stage)
        if any(may(branch.by, lead, actor) for branch in process.branches[(lead.stage, event)])
    )


def _tried(process: Process, lead: Lead, event: EventIn, now: datetime) -> Offered:
    title = process.event_titles[event.name]
    answer = step(process, lead, event, now)
    if not isinstance(answer, Refusal):
        return Offered(event.name, title)
    possible = answer.code is RefusalCode.MISSING
    return Offered(event.name, title, answer.missing, "" if possible else answer.message)
