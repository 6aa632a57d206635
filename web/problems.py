"""Every answer that says no, in one form: RFC 9457, `application/problem+json`. The only place that turns errors into answers.

Nothing of an unexpected error reaches whoever asked, and nothing but its kind and place the log: its text may name a person.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from temporalio.client import WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.service import RPCError, RPCStatusCode

from engine.decision import Refusal, RefusalCode
from engine.errors import AccessError, IntakeError, LeadflowError, StackError, UnknownDefinition
from web.away import AWAY, COME_AGAIN, whose
from web.gate import Full

_log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"

TITLES: Mapping[int, str] = {
    400: "The request cannot be read",
    401: "Nobody is known by this token",
    403: "This is not for you",
    404: "There is no such thing here",
    405: "That cannot be done here",
    406: "The answer is not to be had in that form",
    408: "The request did not come in time",
    409: "That is not possible now",
    411: "The length of the request is missing",
    413: "The request is too large",
    414: "The address is too long",
    415: "Requests of this kind are not read",
    422: "Something in the request is wrong",
    429: "Too many requests at once",
    431: "The headers are too large",
    500: "Something went wrong here",
    503: "A server is away for the moment",
}

_INTAKE = {"UNKNOWN_LEAD": 404, "OUT_OF_SCOPE": 409}
"""Status of the codes of IntakeError that are not 422."""

_ACCESS = {"NO_TOKEN": 401}


class ProblemBody(BaseModel):
    """RFC 9457. `code` tells programs what is wrong, `fields` which parts of the request and why, `remedy` how to mend it."""

    model_config = ConfigDict(extra="allow", title="Problem")

    type: str = Field(description="names the kind of problem; the same code has the same type")
    title: str = Field(description="the kind of problem in words")
    status: int = Field(description="the HTTP status", ge=400, le=599)
    detail: str = Field(description="what is wrong with this request")
    code: str = Field(description="the kind of problem for programs")
    fields: dict[str, str] = Field(default={}, description="each part at fault, with what is wrong with it")
    remedy: str = Field(default="", description="how to mend it")


class Problem(Exception):
    """An answer that says no."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        remedy: str = "",
        *,
        fields: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail
        self.remedy = remedy
        self.fields = dict(fields or {})
        self.headers = dict(headers or {})
        self.more = dict(more or {})

    def body(self) -> dict[str, Any]:
        body = ProblemBody(
            type=f"urn:leadflow:problem:{self.code.lower().replace('_', '-')}",
            title=TITLES.get(self.status, "The request was refused"),
            status=self.status,
            detail=self.detail,
            code=self.code,
            fields=self.fields,
            remedy=self.remedy,
        )
        return {**body.model_dump(), **self.more}

    def response(self) -> JSONResponse:
        return JSONResponse(self.body(), self.status, self.headers, MEDIA_TYPE)


def problem_of(error: Exception) -> Problem | None:
    """The error as an answer; None for what must be a mistake in the program."""
    match error:
        case Problem():
            return error
        case IntakeError():
            status = _INTAKE.get(error.code, 422)
            return Problem(status, error.code, error.message, error.remedy, fields=error.fields)
        case AccessError():
            return Problem(_ACCESS.get(error.code, 403), error.code, error.message, error.remedy)
        case Full():
            return busy(error.retry_after)
        case UnknownDefinition() | StackError():
            return away("a server")
        case LeadflowError():
            return Problem(409, "REFUSED", error.message, error.remedy)
        case WorkflowUpdateRPCTimeoutOrCancelledError():
            return late()
        case RPCError() if error.status is RPCStatusCode.NOT_FOUND:
            return away("Temporal")
        case RequestValidationError():
            return invalid(error.errors())
        case HTTPException():
            return _plain(error)
    return away(whose(error)) if isinstance(error, AWAY) else None


def refused(refusal: Refusal) -> Problem:
    """What a lead has refused, with what is missing, who may, and what is possible now. A wrong value is the request's fault."""
    more = {
        "event": refusal.event,
        "stage": refusal.stage,
        "missing": [{"kind": item.kind, "name": item.name, "choices": list(item.choices)} for item in refusal.missing],
        "may": list(refusal.may),
        "allowed": list(refusal.allowed),
    }
    status = 422 if refusal.code is RefusalCode.BAD_VALUE else 409
    remedy = "Mend these and send the event again." if status == 422 else "`allowed` lists what is possible now."
    return Problem(status, refusal.code.value, refusal.message, remedy, fields=refusal.fields, more=more)


def away(what: str) -> Problem:
    """A server that the answer needs does not answer. Whatever was accepted before goes on when it is back."""
    return Problem(
        503,
        "UNAVAILABLE",
        f"{what} does not answer",
        "Send the same request again after the time that Retry-After says; it happens once.",
        headers={"Retry-After": str(COME_AGAIN)},
    )


def late() -> Problem:
    return Problem(
        503,
        "LATE",
        "no worker has answered in time",
        "Send the same request again after the time that Retry-After says; it happens once.",
        headers={"Retry-After": str(COME_AGAIN)},
    )


def unexpected(error: BaseException) -> Problem:
    """Logged by its kind and its place, without its text."""
    frames = traceback.extract_tb(error.__traceback__)
    places = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames[-8:]))
    _log.error("unexpected %s at %s", type(error).__name__, places)
    return Problem(500, "UNEXPECTED", "something went wrong here; it has been logged", "Try again later.")


def install(app: FastAPI) -> None:
    """Let every error that can be expected be answered in this form; `web.shield` does it for the rest."""

    async def answer(_request: Request, error: Exception) -> JSONResponse:
        return (problem_of(error) or unexpected(error)).response()

    for kind in (Problem, LeadflowError, Full, HTTPException, RequestValidationError, *AWAY):
        app.add_exception_handler(kind, answer)


def busy(retry_after: int) -> Problem:
    """Nothing is wrong but the moment."""
    return Problem(
        429,
        "BUSY",
        "more is coming in than can be taken in",
        "Send the same request again after the time that Retry-After says; nothing of it has happened.",
        headers={"Retry-After": str(retry_after)},
    )


def _plain(error: HTTPException) -> Problem:
    code = {404: "NO_ROUTE", 405: "NO_METHOD"}.get(error.status_code, f"HTTP_{error.status_code}")
    detail = {404: "there is nothing at this address", 405: "the address does not take this method"}
    words = detail.get(error.status_code, TITLES.get(error.status_code, "the request was refused"))
    return Problem(
        error.status_code, code, words, "See /openapi.json for what there is.", headers=dict(error.headers or {})
    )


def invalid(errors: Iterable[Mapping[str, Any]]) -> Problem:
    """Of pydantic's errors: where, and what was expected; never the value that came."""
    fields = {_place(one["loc"]): _IN_WORDS.get(one["type"], str(one["msg"])) for one in errors}
    detail = "; ".join(f"{place} {fault}" for place, fault in fields.items())
    return Problem(422, "BAD_FIELDS", detail, "Mend these and send the request again.", fields=fields)


_IN_WORDS = {
    "extra_forbidden": "is not known here",
    "missing": "is required",
    "string_type": "must be text",
    "dict_type": "must be an object",
    "list_type": "must be a list",
}


def _place(parts: Iterable[int | str]) -> str:
    """A part of the body by its path in it; of the address or the headers by its name."""
    return ".".join(str(part) for part in parts if part not in ("body", "header", "query", "path"))
