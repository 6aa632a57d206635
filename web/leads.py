"""`POST /leads`: one lead comes in (C.6)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from client.answers import as_it_stands
from client.front_door import Arrived
from engine.access import Caller
from web.answers import ArrivedBody, arrived_body
from web.bodies import Object
from web.caller import Asking
from web.house import Home, House
from web.patience import patiently
from web.rights import source_for

router = APIRouter(tags=["leads"])


@router.post("/leads", summary="Send a lead", operation_id="send_lead", status_code=201)
async def send_lead(lead: Object, house: Home, asking: Asking, response: Response) -> ArrivedBody:
    """Answered once the lead is written down: from then on it goes its way, whatever dies.

    201 where it is new; 200 where it was known, or came again just as it was. Under its `id` a lead is one, however often it is sent.
    """
    async with house.gate.entered():
        arrived = await take_in(house, asking, lead)
    response.status_code = 201 if arrived.created else 200
    return arrived_body(arrived, house.office.link)


async def take_in(house: House, asking: Caller, lead: dict[str, Any], *, touch: str | None = None) -> Arrived:
    """Through the front door, for a source system that the caller may send for."""
    from dataclasses import replace

    source = source_for(asking, lead)
    office = house.office
    arrived = await patiently(office.front_door.arrive(lead, source_system=source, bulk=touch is not None, touch=touch))
    if arrived.receipt is None and arrived.kept_out is None:
        arrived = replace(arrived, receipt=await as_it_stands(office.pool, office.catalog, arrived.key))
    return arrived
