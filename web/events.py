"""What happens to a lead that is here: events come in, and what may come next is told (C.6, C.7)."""

from __future__ import annotations

import hashlib
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from client.desk import Sending
from engine.access import Caller, acts_as
from engine.decision import Refusal
from engine.errors import IntakeError
from engine.values import MAX_NAME, MAX_NOTE, fault_of_text
from store.visiting import visible, visiting
from web.answers import ReceiptBody, receipt_body
from web.bodies import Object
from web.caller import Actor
from web.documented import ALWAYS, WITH_BODY, saying_no, saying_yes, taking
from web.examples import AFTER_THE_EVENT, ALLOWED, AN_EVENT
from web.house import Home, House
from web.needs import AllowedBody, allowed_body
from web.once import IdempotencyKey, once
from web.patience import patiently
from web.problems import invalid, refused

router = APIRouter(tags=["leads"])

Key = Annotated[
    str, Path(description="the key of a lead, as it was answered when it came in", examples=["lead:web:42"])
]


By = Annotated[
    str | None,
    Query(
        description="who would do it, where that is not whoever asks", max_length=MAX_NAME, examples=["felix_wagner"]
    ),
]


class EventBody(BaseModel):
    """An event for a lead, with what it brings. What an event needs, `/leads/{key}/allowed` tells."""

    model_config = ConfigDict(extra="forbid", strict=True, title="Event")

    event: str = Field(description="its name in the process", min_length=1, max_length=MAX_NAME)
    by: str | None = Field(
        default=None,
        description="who does it: a person of the roster, or system, marketing, ops, lead; left out, whoever sends it",
        max_length=MAX_NAME,
    )
    fields: dict[str, str | int | float | bool | None] = Field(
        default={}, description="values to set; null takes one away"
    )
    codes: dict[str, str] = Field(default={}, description="codes it asks for, such as the reason of a rejection")
    note: str | None = Field(default=None, description="something written down with it", max_length=MAX_NOTE)
    checked: list[str] = Field(default=[], description="items of its checklist that are ticked", max_length=200)
    to: str | None = Field(default=None, description="the person to assign to", max_length=MAX_NAME)
    id: str | None = Field(
        default=None,
        description="names this event: under one id it happens once in a lead's life, whatever is sent twice",
        min_length=1,
        max_length=MAX_NAME,
    )


def event_body(raw: Object) -> EventBody:
    try:
        return EventBody.model_validate(raw)
    except ValidationError as error:
        raise invalid(error.errors(include_url=False, include_input=False)) from None


@router.post(
    "/leads/{key}/events",
    summary="Send an event to a lead",
    operation_id="send_event",
    response_model=ReceiptBody,
    responses={
        **saying_yes(200, "It has happened.", AFTER_THE_EVENT),
        **saying_no(*WITH_BODY, 404, 409, 429),
    },
    openapi_extra=taking({"application/json": {"schema": {"$ref": "#/components/schemas/Event"}, "example": AN_EVENT}}),
)
async def send_event(
    house: Home,
    asking: Actor,
    key: Key,
    sent: Annotated[EventBody, Depends(event_body)],
    request: IdempotencyKey = None,
) -> Response:
    """Answered once it has happened, with where the lead stands after it.

    A refusal (409) is an answer too: nothing has happened, and it says what is missing, who may, and what is possible now.
    """
    sending = Sending(
        sent.event,
        acts_as(asking, sent.by),
        fields=sent.fields,
        codes=sent.codes,
        note=sent.note,
        checked=tuple(sent.checked),
        to=sent.to,
        id=sent.id or _id_of(asking, request),
    )

    async def work() -> tuple[int, ReceiptBody]:
        answer = await patiently(house.office.desk.send(key, sending))
        if isinstance(answer, Refusal):
            raise refused(answer)
        return 200, receipt_body(answer, asking)

    async with house.gate.entered():
        await seen(house, asking, key)
        return await once(house, asking, request, (f"POST /leads/{key}/events", sent.model_dump()), work)


@router.get(
    "/leads/{key}/allowed",
    summary="What can happen to a lead now",
    operation_id="allowed_events",
    responses={**saying_yes(200, "What may happen, and what it needs.", ALLOWED), **saying_no(*ALWAYS, 404)},
)
async def allowed_events(house: Home, asking: Actor, key: Key, by: By = None) -> AllowedBody:
    """Events that whoever asks may cause, whether each is possible now, and what it still needs: fields with their types, codes with
    their lists, a note, a checklist."""
    actor = acts_as(asking, by)
    await seen(house, asking, key)
    process, lead, events = await house.office.desk.offered(key, actor)
    return allowed_body(process, lead, actor, events)


async def seen(house: House, asking: Caller, key: str) -> None:
    """Raises IntakeError (404) where there is no such lead for the caller: whether there is one for others is not theirs to know."""
    fault = fault_of_text(key, MAX_NAME)
    if fault is None:
        async with visiting(house.office.pool, asking) as connection:
            if await visible(connection, key):
                return
    raise unknown()


def unknown() -> IntakeError:
    return IntakeError(
        "UNKNOWN_LEAD", "there is no such lead for you", remedy="Ask by the key that it was answered with."
    )


def _id_of(asking: Caller, request: str | None) -> str | None:
    """The request's own name serves as that of the event, too: it happens once even if its answer could not be kept."""
    if request is None:
        return None
    return f"request:{hashlib.sha256(f'{asking.name}|{request}'.encode()).hexdigest()[:32]}"
