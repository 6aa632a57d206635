"""`POST /hooks/{name}`: webhooks of form and CRM providers, by what ops wrote of them in `definitions/hooks` (C.6).

A provider has no token of ours: who it is, its signature says. Nothing of a body is read before that is known.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field

from client.hooks.body import FORM, read_body
from client.hooks.file import HookFile
from client.hooks.meaning import EventMeant, LeadMeant, NothingMeant, meaning
from client.hooks.places import found_at
from client.hooks.signed import NotSigned, check_signature, check_time, time_in_headers
from engine.access import Caller, CallerRole
from engine.decision import Refusal
from engine.errors import IntakeError
from web.answers import Answer, ReceiptBody, arrived_body, receipt_body
from web.bodies import body
from web.house import Home, House
from web.leads import take_in
from web.patience import patiently
from web.problems import Problem, refused

router = APIRouter(tags=["webhooks"])

_UNREADABLE = {"BAD_CONTENT_TYPE": 415, "BAD_UTF8": 400, "BAD_JSON": 400, "BAD_FORM": 400}

_BODIES = {"application/json": {"schema": {"type": "object"}}, FORM: {"schema": {"type": "object"}}}


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
    openapi_extra={"requestBody": {"required": True, "content": _BODIES}},
)
async def take_hook(
    name: Annotated[str, Path(description="the hook's name, as in its file")],
    request: Request,
    house: Home,
    response: Response,
) -> HookBody:
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
    match meaning(hook, read):
        case NothingMeant():
            return HookBody(outcome="ignored")
        case LeadMeant(lead):
            return await _lead(house, hook, lead, response)
        case EventMeant() as meant:
            return await _event(house, hook, meant)


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


async def _lead(house: House, hook: HookFile, lead: dict[str, Any], response: Response) -> HookBody:
    provider = _provider(hook)
    async with house.gate.entered():
        arrived = arrived_body(await take_in(house, provider, lead), provider, house.office.link)
    response.status_code = 201 if arrived.outcome == "new" else 200
    return HookBody(outcome=arrived.outcome, lead=arrived.lead, receipt=arrived.receipt)


async def _event(house: House, hook: HookFile, meant: EventMeant) -> HookBody:
    async with house.gate.entered():
        answer = await patiently(house.office.desk.send(meant.key, meant.sending))
    if isinstance(answer, Refusal):
        raise refused(answer)
    return HookBody(outcome="done", lead=answer.lead, receipt=receipt_body(answer, _provider(hook)))


def _provider(hook: HookFile) -> Caller:
    return Caller(f"hook:{hook.hook}", CallerRole.UPSTREAM, sources=frozenset({hook.source_system}))
