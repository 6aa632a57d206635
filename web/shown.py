"""`GET /leads/{key}`: a lead as it stands, for whoever may see it (S1.13)."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field

from engine.lead import Value
from engine.values import MAX_NAME, fault_of_text
from store.card import (
    AssignmentLine,
    ClockLine,
    EventLine,
    LeadCard,
    NoteLine,
    NoticeLine,
    Origin,
    ScoreLine,
    TouchLine,
    VisitLine,
    fields_of,
)
from store.listing import LeadLine
from store.showing import card_for, fields_for
from store.tasks import TaskLine
from store.visiting import visiting
from web.answers import Answer, link_for
from web.caller import Reader
from web.documented import ALWAYS, saying_no, saying_yes
from web.events import Key, unknown
from web.examples import A_LEAD_AS_IT_STANDS
from web.house import Home

router = APIRouter(tags=["leads"])


class LeadBody(Answer):
    """A lead as it stands, and how it came there. All lists are in the order in which things happened; what the caller is not
    shown is left empty. The same as `leadflow lead show --json`."""

    lead: LeadLine = Field(description="stage, status, owner and why, score, next deadline")
    origin: Origin = Field(description="where it came from first; what is personal; why it is none, where it is none")
    fields: dict[str, Value] = Field(description="its fields that are not personal")
    visits: tuple[VisitLine, ...] = Field(description="its stays in stages")
    events: tuple[EventLine, ...] = Field(description="its story: one line for each decision")
    assignments: tuple[AssignmentLine, ...] = Field(description="who got it, by which rule, and who was considered")
    scores: tuple[ScoreLine, ...] = Field(description="its scores with their parts, and why")
    clocks: tuple[ClockLine, ...] = Field(description="deadlines that ran or run")
    notices: tuple[NoticeLine, ...] = Field(description="what was sent to whom, and whether it arrived")
    tasks: tuple[TaskLine, ...] = Field(description="what is on somebody's list")
    touches: tuple[TouchLine, ...] = Field(description="each time that it came in")
    notes: tuple[NoteLine, ...] = Field(description="what was written down")
    merged_in: tuple[LeadCard, ...] = Field(description="leads that turned out to be this one, with all that is theirs")
    link: str | None = Field(description="where people can read its story; null where nobody knows")


@router.get(
    "/leads/{key}",
    summary="A lead as it stands",
    operation_id="show_lead",
    responses={**saying_yes(200, "The lead.", A_LEAD_AS_IT_STANDS), **saying_no(*ALWAYS, 404)},
)
async def show_lead(house: Home, asking: Reader, key: Key) -> LeadBody:
    """404 where there is no such lead for whoever asks."""
    if fault_of_text(key, MAX_NAME) is not None:
        raise unknown()
    async with visiting(house.office.pool, asking) as connection:
        card = await card_for(connection, asking, key)
        fields = await fields_of(connection, key) if card is not None else {}
    if card is None:
        raise unknown()
    parts = {name: getattr(card, name) for name in LeadCard.__slots__}
    return LeadBody(**parts, fields=fields_for(asking, fields), link=link_for(asking, key, house.office.link))
