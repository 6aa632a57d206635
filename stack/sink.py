"""Where notices of a demo go instead of out into the world: SMTP and a webhook address, in front of an outbox."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import threading
from datetime import UTC, datetime
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from engine.errors import StackError
from stack.outbox import Outbox
from stack.ports import LOOPBACK

MAIL_LIMIT = 10_000_000  # bytes
CALL_LIMIT = 1_000_000  # bytes
INDEX_EVERY = 0.5  # seconds; a burst of thousands of notices must not write the list thousands of times


class Sink:
    """Keeps every mail and webhook call once, in `folder`. A port of 0 means any free one."""

    name = "sink"

    def __init__(self, folder: Path, smtp_port: int = 0, http_port: int = 0) -> None:
        self.folder = folder
        self._smtp_port = smtp_port
        self._http_port = http_port
        self._sessions: list[SMTP] = []
        self._smtp: asyncio.Server | None = None
        self._http: ThreadingHTTPServer | None = None
        self._indexing: asyncio.Task[None] | None = None
        self._outbox: Outbox | None = None

    @property
    def smtp_url(self) -> str:
        return f"smtp://{LOOPBACK}:{self._smtp_port}"

    @property
    def webhook_url(self) -> str:
        """POST anything below it; GET of the same server's root lists what has come."""
        return f"http://{LOOPBACK}:{self._http_port}/webhook"

    @property
    def browse_url(self) -> str:
        return f"http://{LOOPBACK}:{self._http_port}/"

    async def start(self) -> None:
        """Listens from its return on. StackError when a port that was asked for is taken."""
        outbox = await asyncio.to_thread(Outbox, self.folder)
        await asyncio.to_thread(outbox.write_index)
        self._outbox = outbox
        try:
            loop = asyncio.get_running_loop()
            self._smtp = await loop.create_server(functools.partial(self._session, outbox), LOOPBACK, self._smtp_port)
            self._smtp_port = self._smtp.sockets[0].getsockname()[1]
            self._http = ThreadingHTTPServer((LOOPBACK, self._http_port), functools.partial(_Calls, outbox=outbox))
            self._http_port = self._http.server_address[1]
        except OSError as problem:
            await self.stop()
            raise StackError(
                f"the notification sink cannot listen: {problem.strerror}",
                "Leave its ports at 0, which takes any free ones.",
            ) from problem
        threading.Thread(target=self._http.serve_forever, args=(0.1,), name="sink-http", daemon=True).start()
        self._indexing = asyncio.create_task(self._keep_index(outbox))

    async def stop(self) -> None:
        """Closes both servers; what was accepted is on disk."""
        if self._indexing is not None:
            self._indexing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._indexing
            self._indexing = None
        if self._smtp is not None:
            self._smtp.close()
            for session in self._sessions:
                if session.transport is not None:
                    session.transport.close()
            self._sessions.clear()
            self._smtp = None
        if self._http is not None:
            if self._outbox is not None:
                await asyncio.to_thread(self._http.shutdown)
            self._http.server_close()
            self._http = None
        if self._outbox is not None:
            await asyncio.to_thread(self._outbox.write_index)
            self._outbox = None

    def _session(self, outbox: Outbox) -> SMTP:
        self._sessions = [session for session in self._sessions if session.transport is not None]
        session = SMTP(_Mails(outbox), hostname="localhost", enable_SMTPUTF8=True, data_size_limit=MAIL_LIMIT)
        self._sessions.append(session)
        return session

    async def _keep_index(self, outbox: Outbox) -> None:
        while True:
            await asyncio.sleep(INDEX_EVERY)
            await asyncio.to_thread(outbox.write_index)


class _Mails:
    """What aiosmtpd calls; it fixes the names."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        content = envelope.original_content or b""
        self._outbox.keep_mail(content, [str(recipient) for recipient in envelope.rcpt_tos], datetime.now(UTC))
        return "250 kept"


class _Calls(SimpleHTTPRequestHandler):
    """POST below /webhook keeps a call; GET shows the outbox."""

    protocol_version = "HTTP/1.1"

    def __init__(self, *arguments: Any, outbox: Outbox) -> None:
        self._outbox = outbox
        super().__init__(*arguments, directory=str(outbox.folder))

    def parse_request(self) -> bool:
        if not super().parse_request():
            return False
        # A page in the user's browser may point a name of its own at loopback and so read what is here; its Host
        # gives it away.
        if self.headers.get("Host", "").rpartition(":")[0] in (LOOPBACK, "localhost"):
            return True
        self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
        return False

    def do_GET(self) -> None:
        self._outbox.write_index()
        super().do_GET()

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            self.send_error(HTTPStatus.LENGTH_REQUIRED)
        elif int(length) > CALL_LIMIT:
            for sent in range(0, int(length), CALL_LIMIT):  # who is cut off while sending does not read the answer
                self.rfile.read(min(CALL_LIMIT, int(length) - sent))
            self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            self.close_connection = True
        else:
            body = self.rfile.read(int(length))
            self._outbox.keep_webhook(self.path, dict(self.headers.items()), body, datetime.now(UTC))
            self.send_response(HTTPStatus.ACCEPTED)
            self.send_header("Content-Length", "0")
            self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Says nothing: the outbox is the log."""
