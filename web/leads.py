"""`POST /leads`: one lead comes in (C.6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Response

from client.answers import as_it_stands
from client.front_door import Arrived
from engine.access import Caller, CallerRole, source_system_for
from web.answers import ArrivedBody, arrived_body
from web.audited import concerns
from web.bodies import Object
from web.caller import Sender
from web.documented import WITH_BODY, saying_no, saying_yes, taking
from web.examples import A_LEAD, IT_IS_NEW, IT_WAS_KNOWN
from web.house import Home, House
from web.once import IdempotencyKey, once
from web.patience import patiently
from web.problems import Problem

router = APIRouter(tags=["leads"])

BY_HAND = "manual"
"""The source system of leads that a person enters, unless they name another."""

_TEXTS = ("source_system", "title")


@router.post(
    "/leads",
    summary="Send a lead",
    operation_id="send_lead",
    status_code=201,
    response_model=ArrivedBody,
    responses={
        **saying_yes(201, "It is new.", IT_IS_NEW),
        **saying_yes(200, "It was known, or has come again.", IT_WAS_KNOWN, model=ArrivedBody),
        **saying_no(*WITH_BODY, 409, 429),
    },
    openapi_extra=taking({"application/json": {"schema": {"$ref": "#/components/schemas/Lead"}, "example": A_LEAD}}),
)
async def send_lead(house: Home, asking: Sender, lead: Object, key: IdempotencyKey = None) -> Response:
    """Answered once the lead is written down: from then on it goes its way, whatever dies.

    201 where it is new; 200 where it was known, or came again just as it was. Under its `id` a lead is one, however often it is
    sent; with a `touch_id`, so is this inquiry of it.
    """

    async def work() -> tuple[int, ArrivedBody]:
        arrived = await take_in(house, asking, lead)
        return 201 if arrived.created else 200, arrived_body(arrived, asking, house.office.link)

    async with house.gate.entered():
        return await once(house, asking, key, ("POST /leads", lead), work)


async def take_in(
    house: House, asking: Caller, lead: dict[str, Any], *, bulk: bool = False, row: str | None = None
) -> Arrived:
    """Through the front door, for a source system that the caller may send for. `row` names the touch of a line of a batch."""
    office = house.office
    _check_kinds(lead)
    system = _source_of(asking, lead)
    arrived = await patiently(office.front_door.arrive(lead, source_system=system, bulk=bulk, touch=row))
    concerns(arrived.key)
    if arrived.receipt is None and arrived.kept_out is None:
        arrived = replace(arrived, receipt=await as_it_stands(office.pool, office.catalog, arrived.key))
    return arrived


def _source_of(asking: Caller, lead: Mapping[str, Any]) -> str:
    """As which source system the lead is sent. Raises AccessError for one that is not the caller's, Problem where it has to be told."""
    named = lead.get("source_system")
    if named in (None, ""):
        if asking.role is not CallerRole.UPSTREAM:
            return BY_HAND
        if len(asking.sources) == 1:
            return next(iter(asking.sources))
        raise _wrong_source("is required: you send for several")
    return source_system_for(asking, str(named).strip())


def _check_kinds(lead: Mapping[str, Any]) -> None:
    """A lead is flat. What its fields may hold, the process that takes it says."""
    wrong = {name: "must be a single value" for name, value in lead.items() if isinstance(value, dict | list)}
    wrong |= {name: "must be text" for name in _TEXTS if not isinstance(lead.get(name), str | None)}
    if wrong:
        details = "; ".join(f"{name} {fault}" for name, fault in wrong.items())
        raise Problem(422, "BAD_FIELDS", details, "Mend these and send the lead again.", fields=wrong)


def _wrong_source(fault: str) -> Problem:
    return Problem(422, "BAD_FIELDS", f"source_system {fault}", fields={"source_system": fault})
