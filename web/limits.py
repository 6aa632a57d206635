"""What a request may be before any route looks at it: how large its head is, how many there are at once, what it may not say twice."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from web.gate import Gate
from web.problems import Problem, busy

LARGEST_HEAD = 16_384
"""Bytes of all headers."""

MOST_HEADERS = 100
LONGEST_ADDRESS = 4_096
"""Bytes of path and query."""

AT_ONCE = 400
"""Requests under way: those at the gate and in it, and some that only ask. The database is asked whose each is before it comes to the
gate, so that thousands of them would stand in the way of those that are being worked."""

ONCE = (b"authorization", b"content-type", b"content-encoding", b"idempotency-key", b"host")
"""Headers of which there is one: of two, each program on the way would take another."""


class Limits:
    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self._app = app
        self._gate = gate
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        problem = busy(self._gate.sent_away().retry_after) if self._under_way >= AT_ONCE else _fault(scope)
        if problem is not None:
            await problem.response()(scope, receive, send)
            return
        self._under_way += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._under_way -= 1


def _fault(scope: Scope) -> Problem | None:
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    size = sum(len(name) + len(value) for name, value in headers)
    if size > LARGEST_HEAD or len(headers) > MOST_HEADERS:
        detail = f"the headers may have {LARGEST_HEAD:,} bytes and be {MOST_HEADERS} at most"
        return Problem(431, "HEAD_TOO_LARGE", detail, "Send fewer headers.")
    if len(scope["raw_path"]) + len(scope["query_string"]) > LONGEST_ADDRESS:
        return Problem(
            414, "ADDRESS_TOO_LONG", f"the address may have {LONGEST_ADDRESS:,} bytes at most", "Ask for less."
        )
    names = [name for name, _ in headers]
    twice = next((name.decode() for name in ONCE if names.count(name) > 1), None)
    if b"transfer-encoding" in names and b"content-length" in names:
        return Problem(
            400,
            "TWO_LENGTHS",
            "the request says in two ways how long it is",
            "Send Content-Length or Transfer-Encoding, not both.",
            headers={"Connection": "close"},  # where it ends, only one of the programs on the way would know
        )
    if twice is not None:
        return Problem(
            400, "HEADER_TWICE", f"the header {twice} came twice", "Send it once.", fields={twice: "came twice"}
        )
    return None
