"""HTTP as uvicorn speaks it, but for what goes wrong before there is a request: that is answered as a problem, too, and in time."""

from __future__ import annotations

import asyncio
import json
import sys
from http import HTTPStatus

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from web.headers import ALWAYS
from web.problems import MEDIA_TYPE, Problem

HEAD_WITHIN = 15.0
"""Seconds in which the head of a request must have come, from its first byte or the connection on."""

_CODES = {431: ("HEAD_TOO_LARGE", "the head of the request is too large")}


class Protocol(H11Protocol):
    """A connection that says nothing, or says it byte by byte, is closed; what is no HTTP is told so."""

    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._relax()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is h11.IDLE and self.timeout_keep_alive_task is None:
            if self._patience is None:
                self._expect_head()
        else:
            self._relax()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        """Called while what was wrong is being handled; once an answer has begun there is nothing more to say."""
        if self.cycle is not None:
            self.cycle.disconnected = True
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            error = sys.exc_info()[1]
            status = error.error_status_hint if isinstance(error, h11.RemoteProtocolError) else 400
            self._say(status if 400 <= status < 500 else 400)
        self.transport.close()

    def _say(self, status: int) -> None:
        code, detail = _CODES.get(status, ("BAD_HTTP", "the request is no HTTP that is understood here"))
        body = json.dumps(Problem(status, code, detail, "Send less, and as HTTP/1.1.").body()).encode()
        headers = [(name.encode(), value.encode()) for name, value in ALWAYS.items()]
        headers += [
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        reason = HTTPStatus(status).phrase.encode()
        for event in (
            h11.Response(status_code=status, headers=headers, reason=reason),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")

    def _expect_head(self) -> None:
        self._patience = self.loop.call_later(HEAD_WITHIN, self.transport.close)

    def _relax(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
