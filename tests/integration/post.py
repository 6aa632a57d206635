"""The world outside for tests of deliveries, on loopback: a mail server and a webhook receiver that fail when told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

LOOPBACK = "127.0.0.1"


@dataclass
class MailServer:
    """A real SMTP server. `answers` are what it says to mails instead of taking them, one by one.

    `refuses` are its answers to single recipients; `slow` holds every mail back until it is set; `arrived` is set when
    one comes.
    """

    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)
    answers: list[str] = field(default_factory=list)
    slow: asyncio.Event | None = None
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0
    _loop: asyncio.AbstractEventLoop | None = None
    _controller: Controller | None = None

    async def start(self) -> None:
        """On a free port at first, and on the same one when it comes back."""
        self._loop = asyncio.get_running_loop()
        if not self.port:
            server = await asyncio.start_server(lambda _reader, _writer: None, LOOPBACK, 0)
            self.port = server.sockets[0].getsockname()[1]
            server.close()
            await server.wait_closed()
        self._controller = Controller(self, hostname=LOOPBACK, port=self.port, enable_SMTPUTF8=True)
        await asyncio.to_thread(self._controller.start)

    async def stop(self) -> None:
        if self._controller is not None:
            await asyncio.to_thread(self._controller.stop)
            self._controller = None

    @property
    def url(self) -> str:
        return f"smtp://{LOOPBACK}:{self.port}"

    @property
    def ids(self) -> list[str]:
        return [str(mail["Message-ID"]) for mail in self.mails]

    def mail(self) -> EmailMessage:
        assert len(self.mails) == 1, self.ids
        return self.mails[0]

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 yes"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self.arrived.set)
        if self.slow is not None:
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self.slow.wait(), self._loop))
        if self.answers:
            return self.answers.pop(0)
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(message_from_bytes(content, policy=policy.default))
        self.recipients.append([str(one) for one in envelope.rcpt_tos])
        return "250 kept"


@dataclass
class Call:
    path: str
    headers: Mapping[str, str]
    content: bytes

    @property
    def body(self) -> dict[str, Any]:
        return dict(json.loads(self.content))


class Receiver:
    """A real HTTP server. `answers` are the status codes it gives instead of 204, one after another."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.answers: list[int] = []
        self._server = ThreadingHTTPServer((LOOPBACK, 0), self._handler())
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self._server.server_address[1]}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                code = receiver.answers.pop(0) if receiver.answers else 204
                if code < 300:
                    headers = {name.lower(): value for name, value in self.headers.items()}
                    receiver.calls.append(Call(self.path, headers, content))
                self.send_response(code)
                if code in (301, 307):
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                return

        return Handler
