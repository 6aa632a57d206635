"""Bodies of requests: of the right kind, of a bounded size, in a bounded time, read strictly."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.requests import ClientDisconnect

from client.strict_json import NoObject, read_object
from web.problems import Problem

LARGEST = 1_000_000
"""Bytes of the body of a request, but for a batch."""

SLOWEST = 15.0
"""Seconds in which a body must have come."""


async def body(request: Request, largest: int = LARGEST) -> bytes:
    """Raises Problem where it is too large, which is noticed before all of it has come, too slow, or encoded."""
    plainly_sent(request)
    check_length(request, largest)
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(SLOWEST):
            async for part in request.stream():
                size += len(part)
                if size > largest:
                    raise too_large(largest)
                parts.append(part)
    except TimeoutError:
        raise Problem(408, "SLOW", f"the body has not come within {SLOWEST:g} s", "Send it again, faster.") from None
    except ClientDisconnect:
        raise Problem(400, "BROKEN_OFF", "the body broke off", "Send the whole request again.") from None
    return b"".join(parts)


async def json_object(request: Request) -> dict[str, Any]:
    """The body as an object."""
    of_kind(request, "application/json")
    return object_of(await body(request))


Object = Annotated[dict[str, Any], Depends(json_object)]
"""A route's parameter of this type is the JSON object that the request holds."""


def object_of(raw: bytes, what: str = "the body") -> dict[str, Any]:
    """Raises Problem (400) for what is no UTF-8, or no JSON object."""
    try:
        return read_object(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        detail = f"{what} is not UTF-8 at byte {error.start + 1}"
        raise Problem(400, "BAD_UTF8", detail, "Send text as UTF-8.") from None
    except NoObject as error:
        raise Problem(400, "BAD_JSON", f"{what} {error}", 'Send an object such as {"id": "42"}.') from None


def of_kind(request: Request, *kinds: str) -> None:
    """Raises Problem (415) where the body is of none of these media types, or in other signs than UTF-8."""
    kind, _, parameters = request.headers.get("content-type", "").lower().partition(";")
    if kind.strip() not in kinds:
        named = " or ".join(kinds)
        raise Problem(415, "BAD_CONTENT_TYPE", f"the content type must be {named}", f"Send `Content-Type: {kinds[0]}`.")
    for parameter in parameters.split(";"):
        name, _, value = parameter.strip().partition("=")
        if name == "charset" and value.strip('"') not in ("utf-8", "utf8"):
            raise Problem(415, "BAD_CONTENT_TYPE", "the charset must be utf-8", "Send text as UTF-8.")


def plainly_sent(request: Request) -> None:
    """A compressed body could be any size once it is unpacked."""
    if request.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise Problem(415, "BAD_ENCODING", "compressed bodies are not read", "Send it without Content-Encoding.")


def check_length(request: Request, largest: int) -> None:
    """Raises Problem (413) by the length that the request says it has."""
    told = request.headers.get("content-length", "")
    if told.isdecimal() and int(told[:20]) > largest:
        raise too_large(largest)


def too_large(largest: int, what: str = "the body") -> Problem:
    return Problem(413, "TOO_LARGE", f"{what} may have {largest:,} bytes at most", "Send less at once.")
