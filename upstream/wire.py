"""What is asked over HTTP and how answers are read: all that waiting and non-waiting clients have in common. No network here."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypedDict, TypeVar
from urllib.parse import quote

import httpx
from pydantic import BaseModel, ValidationError

from upstream.answers import Allowed, Arrived, Receipt, Shown
from upstream.errors import (
    Busy,
    Conflict,
    NotAllowed,
    NotFound,
    NotUnderstood,
    Passing,
    Refused,
    Unreachable,
    UpstreamError,
)

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

_STATUS: Mapping[int, type[UpstreamError]] = {401: NotAllowed, 403: NotAllowed, 404: NotFound, 409: Conflict}

_NEVER_SENT = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)
"""Mistakes of whoever asks; to try again would not mend them."""


@dataclass(frozen=True)
class Question(Generic[T]):
    """One request, the same at each attempt, and how its answer is read."""

    method: str
    path: str
    read: Callable[[httpx.Response], T]
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def start(lead: Mapping[str, Any], idempotency_key: str | None) -> Question[Arrived]:
    return _posted("/leads", lead, Arrived, idempotency_key)


class What(TypedDict, total=False):
    """What comes with an event. `id` names it: under one id it happens once in a lead's life."""

    by: str | None
    fields: Mapping[str, Any] | None
    codes: Mapping[str, str] | None
    note: str | None
    checked: Sequence[str] | None
    to: str | None
    id: str | None


def send(key: str, event: str, idempotency_key: str | None, what: What) -> Question[Receipt]:
    body = {"event": event, **{name: value for name, value in what.items() if value}}
    return _posted(f"/leads/{quote(key, safe='')}/events", body, Receipt, idempotency_key)


def show(key: str) -> Question[Shown]:
    return Question("GET", f"/leads/{quote(key, safe='')}", _shown)


def allowed(key: str) -> Question[Allowed]:
    return Question("GET", f"/leads/{quote(key, safe='')}/allowed", lambda answer: model(Allowed, answer))


def _shown(answer: httpx.Response) -> Shown:
    return model(Shown, answer).model_copy(update={"whole": answer.json()})


def told(question: Question[T], answer: httpx.Response) -> T:
    """What the answer says. Raises UpstreamError where it says no."""
    check(answer)
    return question.read(answer)


def check(answer: httpx.Response) -> None:
    """Raises what an answer that says no means. Its body must have been read."""
    if answer.is_success:
        return
    problem = _problem(answer)
    kind = _kind(answer)
    if kind is NotUnderstood:
        raise NotUnderstood(
            f"{answer.request.url.host} answered with status {answer.status_code}", status=answer.status_code
        )
    error = kind(
        str(problem.get("detail") or problem.get("title") or f"status {answer.status_code}"),
        code=str(problem.get("code", "")),
        fields=problem.get("fields") if isinstance(problem.get("fields"), dict) else None,
        remedy=str(problem.get("remedy", "")),
        status=answer.status_code,
        problem=problem,
    )
    if isinstance(error, Passing):
        error.after = _seconds(answer.headers.get("retry-after"))
    raise error


def unreachable(error: httpx.TransportError) -> UpstreamError:
    """That nobody answered, in words. A wrong address is not tried again."""
    words = str(error) or type(error).__name__
    kind = NotUnderstood if isinstance(error, _NEVER_SENT) else Unreachable
    return kind(f"leadflow did not answer: {words}", remedy="Check LEADFLOW_URL, and whether `leadflow web` runs.")


def model(kind: type[M], answer: httpx.Response) -> M:
    """Raises NotUnderstood where the answer is none of leadflow's."""
    return model_of(kind, answer.content)


def model_of(kind: type[M], raw: bytes | str) -> M:
    try:
        return kind.model_validate_json(raw)
    except ValidationError as error:
        where = ", ".join(".".join(map(str, one["loc"])) or "all of it" for one in error.errors(include_url=False)[:3])
        raise NotUnderstood(f"the answer is not one of leadflow's: {where}", remedy="Check LEADFLOW_URL.") from None


def headers(token: str | None) -> dict[str, str]:
    named = {"accept": "application/json", "user-agent": "leadflow-upstream"}
    return named | {"authorization": f"Bearer {token}"} if token else named


def _posted(path: str, body: Mapping[str, Any], kind: type[M], idempotency_key: str | None) -> Question[M]:
    """With a key of its own where the caller has none: a request that is tried again is to happen once."""
    key = idempotency_key or str(uuid.uuid4())
    content = json.dumps(body, ensure_ascii=False, allow_nan=False).encode()
    named = {"content-type": "application/json", "idempotency-key": key}
    return Question("POST", path, lambda answer: model(kind, answer), content, named)


def _kind(answer: httpx.Response) -> type[UpstreamError]:
    """A conflict that says when to come again is one with the same request, which is being worked on."""
    status = answer.status_code
    if status in (408, 425, 429) or status >= 500 or (status == 409 and "retry-after" in answer.headers):
        return Busy
    return _STATUS.get(status, Refused) if 400 <= status < 500 else NotUnderstood


def _problem(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _seconds(told: str | None) -> float | None:
    """Of `Retry-After`; leadflow says seconds. A date, which proxies may say, is left to our own waiting."""
    return float(told) if told is not None and told.isdecimal() and len(told) < 6 else None
