"""The ways out: mail through an SMTP server, and webhooks. One try each; when to try again is decided elsewhere.

Every message takes its key along (Message-ID, Idempotency-Key), so that whoever receives it can drop a repeated one
(S4.7). A failure says in words what went wrong and whether trying again can help, and nothing else: what servers answer
quotes addresses, and the words end up in workflow history (B.7).
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import re
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr
from socket import gaierror
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import aiosmtplib
import httpx

from engine.errors import LeadflowError

_ADDRESS = re.compile(r"([^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]{1,64})@([^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]{1,253})")
_ENCODED = "=?"
"""How words begin that mail writes in ASCII. What reads as one is decoded before it is written, into line ends and headers."""

_LONGEST_KEY = 54
"""Characters: with it the header is one line of a mail, and needs no folding, which not every server undoes."""
_WORTH_ANOTHER_TRY = (408, 425, 429)


_NO_URL = "LEADFLOW_SMTP_URL is not the URL of a mail server"


class ChannelSettingsError(LeadflowError):
    """A channel cannot be used as it is configured. Says nothing of what was written, which may hold a password."""

    remedy = "Write it as smtp://user:password@host:port or smtps://user:password@host:port; in the password / is %2F and @ is %40."


class ChannelFailed(Exception):
    """A message did not go out. `lasting` means that another try would end the same; `words` name no one."""

    def __init__(self, words: str, *, lasting: bool) -> None:
        super().__init__(words)
        self.words = words
        self.lasting = lasting


@dataclass(frozen=True)
class SmtpSettings:
    """`url` is smtp://user:password@host:port?starttls=auto|yes|no or smtps://user:password@host:port.

    `starttls` left out is `yes` where there is a password to protect and `auto` (where the server offers it) elsewhere.
    `sender` is an address, or a name and an address: `Sales <sales@example.com>`. `timeout` is for a whole mail, in
    seconds.
    """

    url: str = field(repr=False)
    sender: str
    timeout: float = 15.0


@dataclass(frozen=True)
class WebhookSettings:
    """`endpoints` are the URLs that processes call by name. `timeout` is for a whole call, in seconds.

    Addresses that begin with `/` are below `base`: people of a sample roster have such ones.

    With a `secret` every body is signed: X-Leadflow-Signature is `sha256=` and the HMAC in hex.
    """

    timeout: float = 10.0
    endpoints: Mapping[str, str] = field(default_factory=dict, repr=False)
    base: str | None = None
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Channels:
    """What this installation can send by; None is not configured."""

    email: SmtpChannel | None = None
    webhook: WebhookChannel | None = None

    async def close(self) -> None:
        if self.webhook is not None:
            await self.webhook.close()


def wire_key(key: str) -> str:
    """The key as headers can carry it. Different keys stay different: no message is dropped as another's repetition."""
    written = quote(key, safe="").replace("%3A", "/")  # a slash of the key itself is quoted by then
    return written if len(written) <= _LONGEST_KEY else hashlib.sha256(key.encode()).hexdigest()[:_LONGEST_KEY]


# --- mail ------------------------------------------------------------------------------------------------------------


class SmtpChannel:
    """Sends plain-text mails, each over a connection of its own.

    Raises ChannelSettingsError where the settings make no sense.
    """

    def __init__(self, settings: SmtpSettings) -> None:
        try:
            parts = urlsplit(settings.url)
            host, port = parts.hostname, parts.port
        except ValueError:  # its words quote a part of the URL, which may be the password's
            raise ChannelSettingsError(_NO_URL) from None
        options = dict(parse_qsl(parts.query))
        start_tls = options.pop("starttls", "yes" if parts.password and parts.scheme == "smtp" else "auto")
        if parts.scheme not in ("smtp", "smtps") or not host:
            raise ChannelSettingsError(_NO_URL)
        if options or start_tls not in ("auto", "yes", "no"):
            raise ChannelSettingsError("the URL of a mail server takes `starttls=auto`, `yes` or `no`, nothing else")
        name, address = parseaddr(settings.sender)
        known = _ADDRESS.fullmatch(address)
        if known is None:
            raise ChannelSettingsError("the sender is no mail address", "Write it as: Our team <team@example.com>.")
        self._sender = Address(name, *known.groups())
        self._host = host
        self._port = port
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._tls = parts.scheme == "smtps"
        self._start_tls = False if self._tls else {"auto": None, "yes": True, "no": False}[start_tls]
        self._timeout = settings.timeout

    async def send(self, key: str, to: str, subject: str, text: str) -> None:
        """Hand a mail to the server. Raises ChannelFailed."""
        try:
            await self._hand_over(*self._mail(key, to, subject, text))
        except (ValueError, MessageError):  # UnicodeError among them, whose own words quote the text
            raise ChannelFailed("the mail cannot be written", lasting=True) from None

    async def _hand_over(self, mail: EmailMessage, address: str) -> None:
        server = self._server()
        try:
            async with asyncio.timeout(self._timeout):
                await server.connect()
                await server.send_message(mail, sender=self._sender.addr_spec, recipients=[address])
            # The mail is away; what becomes of the good-bye must not make it look as if it were not.
            with suppress(aiosmtplib.SMTPException, OSError):
                await server.quit(timeout=1)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _mail_failed(error, plain=address.isascii()) from None
        finally:
            server.close()

    def _server(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            username=self._user,
            password=self._password,
            use_tls=self._tls,
            start_tls=self._start_tls,
            timeout=self._timeout,
        )

    def _mail(self, key: str, to: str, subject: str, text: str) -> tuple[EmailMessage, str]:
        recipient = _recipient(to)
        mail = EmailMessage((SMTP if recipient.addr_spec.isascii() else SMTPUTF8).clone(max_line_length=500))
        mail["Message-ID"] = f"<{wire_key(key)}@leadflow>"
        mail["Date"] = format_datetime(datetime.now(UTC))
        mail["From"] = self._sender
        mail["To"] = recipient
        mail["Subject"] = subject.replace(_ENCODED, "= ?")
        mail["Auto-Submitted"] = "auto-generated"
        plain = text.isascii() and all(len(line) < 500 for line in text.split("\n"))
        mail.set_content(text, cte="7bit" if plain else "quoted-printable")
        return mail, recipient.addr_spec


def _recipient(to: str) -> Address:
    known = _ADDRESS.fullmatch(to.strip())
    try:
        if known is not None and _ENCODED not in to:
            domain = known[2] if known[2].isascii() else known[2].encode("idna").decode()
            return Address(username=known[1], domain=domain)
    except ValueError:
        pass
    raise ChannelFailed("the mail address is not a valid one", lasting=True)


def _mail_failed(error: Exception, *, plain: bool) -> ChannelFailed:
    """What the server says of address and message lasts; the way there, our login and our sender can be mended."""
    match error:
        case aiosmtplib.SMTPRecipientsRefused(recipients=[first, *_]):
            return _refused("the address", first.code)
        case aiosmtplib.SMTPAuthenticationError():
            return ChannelFailed(f"the mail server refuses our login ({error.code})", lasting=False)
        case aiosmtplib.SMTPSenderRefused():
            too_large = error.code == 552
            return ChannelFailed(f"the mail server refuses our sender address ({error.code})", lasting=too_large)
        case aiosmtplib.SMTPDataError():
            return _refused("the message", error.code)
        case aiosmtplib.SMTPNotSupported():
            return ChannelFailed("the mail server cannot do what this mail or our login needs", lasting=not plain)
        case aiosmtplib.SMTPResponseException():
            return ChannelFailed(f"the mail server is not ready ({error.code})", lasting=False)
        case TimeoutError():
            return ChannelFailed("the mail server does not answer (no answer in time)", lasting=False)
        case aiosmtplib.SMTPServerDisconnected():
            return ChannelFailed("the mail server hung up", lasting=False)
        case OSError():
            return ChannelFailed(f"the mail server does not answer ({_why(error)})", lasting=False)
    return ChannelFailed("the mail server does not do what is expected", lasting=False)


def _refused(what: str, code: int) -> ChannelFailed:
    lasting = code >= 500
    return ChannelFailed(f"the mail server refuses {what}{'' if lasting else ' for now'} ({code})", lasting=lasting)


def _why(error: BaseException) -> str:
    """The network error at the root, in words."""
    seen: BaseException | None = error
    while seen is not None:
        match seen:
            case ConnectionRefusedError():
                return "connection refused"
            case gaierror():
                return "its name is not known"
            case ssl.SSLError():
                return "no secure connection"
        seen = seen.__cause__ or seen.__context__
    return "no connection"


# --- webhooks --------------------------------------------------------------------------------------------------------


class WebhookChannel:
    """Posts JSON. Redirects are not followed: who is configured is called, and nobody else."""

    def __init__(self, settings: WebhookSettings) -> None:
        self._settings = settings
        self._client = httpx.AsyncClient(timeout=settings.timeout, follow_redirects=False)

    async def close(self) -> None:
        await self._client.aclose()

    def endpoint(self, name: str) -> str | None:
        """The URL of a named endpoint, None where there is none."""
        return self._settings.endpoints.get(name)

    async def send(self, key: str, url: str, body: Mapping[str, object]) -> None:
        """Post `body` as JSON. Any 2xx is an arrival; what else comes back is not read. Raises ChannelFailed."""
        if url.startswith("/") and self._settings.base is not None:
            url = self._settings.base.rstrip("/") + url
        content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        headers = {"Content-Type": "application/json", "Idempotency-Key": wire_key(key)}
        if self._settings.secret is not None:
            digest = hmac.new(self._settings.secret.encode(), content, hashlib.sha256).hexdigest()
            headers["X-Leadflow-Signature"] = f"sha256={digest}"
        try:
            async with asyncio.timeout(self._settings.timeout):
                async with self._client.stream("POST", url, content=content, headers=headers) as response:
                    code = response.status_code
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError, ValueError):
            raise ChannelFailed("the webhook's address is not a valid one", lasting=True) from None
        except (TimeoutError, httpx.TimeoutException):
            raise ChannelFailed("the webhook does not answer (no answer in time)", lasting=False) from None
        except (httpx.HTTPError, OSError) as error:
            raise ChannelFailed(f"the webhook does not answer ({_why(error)})", lasting=False) from None
        if not 200 <= code < 300:
            later = code >= 500 or code in _WORTH_ANOTHER_TRY
            raise ChannelFailed(f"the webhook answers {code}", lasting=not later)
