"""What the Temporal UI can list and filter leads by: the search attributes, within the limits of SQL visibility.

At most ten Keyword and three of each other type. They are never encrypted: nothing personal goes in.
"""

from __future__ import annotations

from typing import Any

from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    SearchAttributeUpdate,
    TypedSearchAttributes,
)

from engine.clocks import next_deadline
from engine.lead import ClockState, Lead, Ownership
from engine.process import Process
from workflows.limits import keyword

STAGE = SearchAttributeKey.for_keyword("LeadStage")
STATUS = SearchAttributeKey.for_keyword("LeadStatus")
OWNER = SearchAttributeKey.for_keyword("LeadOwner")
TEAM = SearchAttributeKey.for_keyword("LeadTeam")
SOURCE = SearchAttributeKey.for_keyword("LeadSource")
CAMPAIGN = SearchAttributeKey.for_keyword("LeadCampaign")
PRIORITY = SearchAttributeKey.for_keyword("LeadPriority")
SLA = SearchAttributeKey.for_keyword("LeadSla")
DEFINITION = SearchAttributeKey.for_keyword("LeadDefinition")
SCORE = SearchAttributeKey.for_int("LeadScore")
DUE_AT = SearchAttributeKey.for_datetime("LeadDueAt")
STAGE_SINCE = SearchAttributeKey.for_datetime("LeadStageSince")
TAGS = SearchAttributeKey.for_keyword_list("LeadTags")

ALL: tuple[SearchAttributeKey[Any], ...] = (
    STAGE,
    STATUS,
    OWNER,
    TEAM,
    SOURCE,
    CAMPAIGN,
    PRIORITY,
    SLA,
    DEFINITION,
    SCORE,
    DUE_AT,
    STAGE_SINCE,
    TAGS,
)


def sla(lead: Lead) -> str:
    """`breached` while a clock is overdue, else `ok`; `none` where nothing runs."""
    states = [clock.state for clock in lead.clocks.values()]
    if ClockState.BREACHED in states:
        return "breached"
    return "ok" if states else "none"


def tags(lead: Lead) -> list[str]:
    """Words for quick filters: exception, queue, held, reassigned, on_hold, returned, merged."""
    found = [lead.ownership.value] if lead.ownership is not Ownership.PERSON else []
    found += ["reassigned"] if lead.hops else []
    found += ["on_hold"] if lead.on_hold else []
    found += ["returned"] if lead.cycle > 1 else []
    found += ["merged"] if lead.merged_into is not None else []
    return found


def values(process: Process, lead: Lead) -> dict[SearchAttributeKey[Any], Any]:
    """All attributes of a lead, shortened to what Temporal takes; None where there is nothing to say."""
    due = next_deadline(lead)
    leaf = process.leaf(lead)
    return {
        STAGE: _keyword(leaf.title),
        STATUS: leaf.status.value,
        OWNER: _keyword(lead.owner),
        TEAM: _keyword(lead.team),
        SOURCE: _keyword(lead.fields.get("source")),
        CAMPAIGN: _keyword(lead.fields.get("campaign")),
        PRIORITY: _keyword(lead.score.priority) if lead.score else None,
        SLA: sla(lead),
        DEFINITION: _keyword(f"{lead.process} v{lead.version}"),
        SCORE: lead.score.total if lead.score else None,
        DUE_AT: due.at if due else None,
        STAGE_SINCE: lead.entered_at,
        TAGS: tags(lead) or None,
    }


def at_start(process: Process, lead: Lead) -> TypedSearchAttributes:
    """Given with the start they cost nothing extra."""
    return TypedSearchAttributes(
        [SearchAttributePair(key, value) for key, value in values(process, lead).items() if value is not None]
    )


def changes(
    before: dict[SearchAttributeKey[Any], Any], after: dict[SearchAttributeKey[Any], Any]
) -> list[SearchAttributeUpdate[Any]]:
    """Only what differs: an upsert without a change would still be an event."""
    return [
        key.value_unset() if value is None else key.value_set(value)
        for key, value in after.items()
        if before.get(key) != value
    ]


def _keyword(value: object) -> str | None:
    return keyword(value) if isinstance(value, str) else None
