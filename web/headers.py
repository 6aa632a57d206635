"""What every answer says to browsers and caches, and the line that each request leaves in the log."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_log = logging.getLogger("web.access")

ALWAYS = {
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
"""Unless a route says otherwise: a page that shows something needs another policy for what it loads."""

QUIET = ("/healthz", "/readyz")
"""Routes that are asked every few seconds, for ever."""

UNDER_TLS = {"strict-transport-security": "max-age=31536000; includeSubDomains"}


class SecurityHeaders:
    """Outermost: no answer leaves without them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        wanted = {**ALWAYS, **UNDER_TLS} if scope.get("scheme") == "https" else ALWAYS
        note = _noting(scope)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", []))
                there = {name.lower() for name, _ in headers}
                headers += [
                    (name.encode(), value.encode()) for name, value in wanted.items() if name.encode() not in there
                ]
                message = {**message, "headers": headers}
                note(message["status"])
            await send(message)

        await self._app(scope, receive, with_headers)


def _noting(scope: Scope) -> Callable[[int], None]:
    """The route and not the address that was asked for: a query, or a slip, may hold what must not be in a log."""
    began = time.monotonic()

    def note(status: int) -> None:
        route = getattr(scope.get("route"), "path", "(no route)")
        level = logging.DEBUG if route in QUIET else logging.INFO
        _log.log(level, "%s %s %d in %.0f ms", scope["method"], route, status, (time.monotonic() - began) * 1000)

    return note
