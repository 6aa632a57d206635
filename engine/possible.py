"""What can happen to a lead now by people's hands: what a page or an answer offers."""

from __future__ import annotations

from datetime import datetime

from engine.language.definition import Who
from engine.lead import Lead
from engine.process import Process

_NOT_PEOPLE = (Who.CLOCK, Who.SYSTEM, Who.LEAD)


def possible(process: Process, lead: Lead, now: datetime) -> tuple[str, ...]:
    """Events of this stage that some person may cause and whose guard holds, in the order written."""
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
