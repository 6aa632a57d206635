"""`POST /hooks/{name}`: webhooks of form and CRM providers, by what ops wrote of them in `definitions/hooks` (C.6).

A provider has no token of ours: who it is, its signature says. Nothing of a body is read before that is known.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from client.hooks.body import FORM, read_body
from client.hooks.file import HookFile
from client.hooks.meaning import EventMeant, LeadMeant, NothingMeant, id_of, meaning
from client.hooks.places import found_at
from client.hooks.signed import NotSigned, check_signature, check_time, time_in_headers
from engine.access import Caller, CallerRole, Permission
from engine.decision import Refusal
from engine.errors import IntakeError
from web import audited
from web.answers import Answer, ReceiptBody, arrived_body, receipt_body
from web.bodies import body
from web.documented import saying_no, saying_yes, taking
from web.events import seen
from web.examples import TAKEN_IN
from web.house import Home, House
from web.leads import take_in
from web.once import once
from web.patience import patiently
from web.problems import Problem, refused

router = APIRouter(tags=["webhooks"])

_UNREADABLE = {"BAD_CONTENT_TYPE": 415, "BAD_UTF8": 400, "BAD_JSON": 400, "BAD_FORM": 400}

_BODIES = {
    "application/json": {"schema": {"type": "object"}, "example": {"form": "contact", "email": "ada@cobalt.example"}},
    FORM: {"schema": {"type": "object"}, "example": {"form": "contact", "email": "ada@cobalt.example"}},
}


class _NotNow(Exception):
    """The lead refuses the event. Not kept as the answer: sent again when the lead has got on, the event may be possible."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code.value)
        self.refusal = refusal


class HookBody(Answer):
    """What became of a webhook."""

    outcome: Literal["new", "known", "kept_out", "done", "ignored"] = Field(
        description="new, known, kept_out: of a lead; done: an event has happened; ignored: it is of no interest here"
    )
    lead: str | None = Field(default=None, description="the lead's key")
    receipt: ReceiptBody | None = Field(default=None, description="where the lead stands")


@router.post(
    "/hooks/{name}",
    summary="A webhook of a form or CRM provider",
    operation_id="take_hook",
    response_model=HookBody,
    responses={
        **saying_yes(200, "It was taken in, or is of no interest.", TAKEN_IN),
        **saying_yes(201, "It has brought a new lead.", TAKEN_IN, model=HookBody),
        **saying_no(400, 401, 404, 408, 409, 413, 415, 422, 429, 500, 503),
    },
    openapi_extra=taking(_BODIES),
)
async def take_hook(
    name: Annotated[str, Path(description="the hook's name, as in its file")],
    request: Request,
    house: Home,
) -> Response:
    """Signed by the provider with the secret that both know, and not too long ago. The same delivery again changes nothing."""
    hook, secrets = _known(house, name)
    raw = await body(request)
    try:
        check_signature(hook, secrets, request.headers, raw)
        read = _read(request, raw)
        field = hook.timestamp.field
        sent = found_at(read, field) if field is not None else time_in_headers(hook, request.headers)
        check_time(hook, sent, datetime.now(UTC))
    except NotSigned as error:
        headers = {"WWW-Authenticate": f'Signature realm="{hook.hook}"'}
        raise Problem(401, error.code, error.message, error.remedy, headers=headers) from None
    meant = meaning(hook, read)
    if isinstance(meant, NothingMeant):
        return JSONResponse(HookBody(outcome="ignored").model_dump(mode="json"))
    provider = Caller(
        f"hook:{hook.hook}", CallerRole.UPSTREAM, sources=frozenset((hook.source_system, *hook.also_about))
    )
    async with house.gate.entered():
        try:
            return await once(
                house, provider, _delivery(hook, read), _what(meant), lambda: _done(house, provider, meant)
            )
        except _NotNow as error:
            raise refused(error.refusal) from None
        except Problem as error:
            raise _replayed() if error.code == "KEY_REUSED" else error from None


def _known(house: House, name: str) -> tuple[HookFile, tuple[str, ...]]:
    hook = house.hooks.get(name)
    if hook is None:
        raise Problem(
            404, "UNKNOWN_HOOK", "there is no such hook", "Its name is the one in its file in definitions/hooks."
        )
    secrets = house.settings.hook_secrets.get(name, ())
    if not secrets:
        remedy = f"Set LEADFLOW_HOOK_SECRETS to {name}=... where leadflow runs."
        raise Problem(503, "HOOK_WITHOUT_SECRET", "the hook has no secret yet", remedy, headers={"Retry-After": "600"})
    return hook, secrets


def _read(request: Request, raw: bytes) -> dict[str, Any]:
    try:
        return read_body(request.headers.get("content-type", ""), raw)
    except IntakeError as error:
        raise Problem(_UNREADABLE[error.code], error.code, error.message, error.remedy) from None


def _delivery(hook: HookFile, read: Mapping[str, Any]) -> str:
    """The delivery's id, which may hold any signs, as the name of a request."""
    return hashlib.sha256(id_of(hook, read).encode()).hexdigest()


def _what(meant: LeadMeant | EventMeant) -> tuple[str, Mapping[str, Any]]:
    """What the delivery asks for. The rest of its body may differ when it is sent again, such as the number of the attempt."""
    match meant:
        case LeadMeant(lead):
            return "lead", lead
        case EventMeant(key, sending):
            return key, asdict(sending)


async def _done(house: House, provider: Caller, meant: LeadMeant | EventMeant) -> tuple[int, HookBody]:
    match meant:
        case LeadMeant(lead):
            audited.begins(Permission.SEND_LEADS, provider)
            arrived = arrived_body(await take_in(house, provider, lead), provider, house.office.link)
            body = HookBody(outcome=arrived.outcome, lead=arrived.lead, receipt=arrived.receipt)
            return 201 if arrived.outcome == "new" else 200, body
        case EventMeant(key, sending):
            audited.begins(Permission.SEND_EVENTS, provider)
            audited.concerns(key)
            await seen(house, provider, key)
            answer = await patiently(house.office.desk.send(key, sending))
            if isinstance(answer, Refusal):
                raise _NotNow(answer)
            return 200, HookBody(outcome="done", lead=answer.lead, receipt=receipt_body(answer, provider))


def _replayed() -> Problem:
    return Problem(
        409,
        "REPLAYED",
        "a delivery of this id has come before, and said something else",
        "Give each delivery an id of its own; the same id is for sending the same again.",
    )
