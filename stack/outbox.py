"""The notices of a demo as files that a person can open: one per message, however often it is delivered.

The files are the truth; what is known of them is read back from them. Names and bodies come from outside, so
everything shown is escaped, and a mail's own HTML is shown in a frame without scripts, forms or network.
"""

from __future__ import annotations

import json
import re
import threading
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage, MIMEPart
from email.parser import BytesHeaderParser, BytesParser
from html import escape
from pathlib import Path

STAMP = "%Y%m%dT%H%M%S.%fZ"
LISTED = 500  # newest messages shown in the list; the files of all others stay
SECRET_HEADERS = {"authorization", "proxy-authorization", "cookie", "x-api-key"}
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem;
        color: #222; background: #fff }}
table {{ border-collapse: collapse; width: 100% }}
th, td {{ text-align: left; padding: .35rem .75rem .35rem 0; vertical-align: top }}
tr + tr {{ border-top: 1px solid #ddd }} td {{ overflow-wrap: anywhere }}
pre {{ white-space: pre-wrap; overflow-wrap: anywhere }}
iframe {{ width: 100%; height: 70vh; border: 1px solid #ccc }} a {{ color: #0645ad }}
</style></head><body>
<h1>{title}</h1>
{body}
</body></html>
"""


@dataclass(frozen=True)
class Message:
    """One kept message. `key` is what makes a second delivery the same one: Message-ID or Idempotency-Key, empty when
    it has none.
    """

    at: datetime
    kind: str
    to: str
    subject: str
    file: str
    page: str
    key: str


class Outbox:
    """Keeps messages in `folder`: mail as `.eml` and `.html`, webhook calls as `.json`, and `index.html` that lists
    them.

    Threads may share it. `kept` is the number of messages.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # names and addresses of people are in it
        self._lock = threading.Lock()
        self._messages = sorted(_read_back(folder), key=lambda message: message.file)
        self._keys = {message.key for message in self._messages if message.key}
        self._listed = -1

    @property
    def kept(self) -> int:
        return len(self._messages)

    def keep_mail(self, content: bytes, recipients: Sequence[str], at: datetime) -> bool:
        """Keeps a mail as received; False when its Message-ID is here already. `at` is an aware time."""
        mail = BytesParser(policy=policy.default).parsebytes(content)
        key, subject = _message_id(content), _header(mail, "Subject")
        to = ", ".join(recipients) or _header(mail, "To")
        with self._lock:
            if key and key in self._keys:
                return False
            stem = self._free_stem(at, to, subject)
            self._write(f"{stem}.html", _mail_page(mail, to, key, at, f"{stem}.eml"))
            self._write(f"{stem}.eml", content)
            self._add(Message(at, "mail", to, subject, f"{stem}.eml", f"{stem}.html", key))
        return True

    def keep_webhook(self, path: str, headers: Mapping[str, str], body: bytes, at: datetime) -> bool:
        """Keeps a call with its body; False when its Idempotency-Key is here already. Credentials in headers are not
        kept.
        """
        lower = {
            name.lower(): "(not kept)" if name.lower() in SECRET_HEADERS else value for name, value in headers.items()
        }
        text = body.decode(errors="replace")
        try:
            content: object = json.loads(text)
        except ValueError:
            content = text
        key = lower.get("idempotency-key", "")
        call = {"received_at": at.isoformat(), "path": path, "idempotency_key": key, "headers": lower, "body": content}
        with self._lock:
            if key and key in self._keys:
                return False
            subject = _webhook_subject(content)
            file = f"{self._free_stem(at, path, subject)}.json"
            self._write(file, json.dumps(call, indent=2, ensure_ascii=False).encode())
            self._add(Message(at, "webhook", path, subject, file, file, key))
        return True

    def write_index(self) -> None:
        """Brings `index.html` up to date, if anything came since."""
        with self._lock:
            if self._listed == len(self._messages):
                return
            # Somebody may have taken messages of a person away.
            there = [one for one in self._messages[-LISTED:] if (self.folder / one.file).exists()]
            self._messages = [*self._messages[:-LISTED], *there]
            self._write("index.html", _index_page(self._messages))
            self._listed = len(self._messages)

    def _add(self, message: Message) -> None:
        self._messages.append(message)
        if message.key:
            self._keys.add(message.key)

    def _free_stem(self, at: datetime, to: str, subject: str) -> str:
        stamp = at.astimezone(UTC).strftime(STAMP)
        stem = "-".join(part for part in (stamp, _slug(to, "@._"), _slug(subject, "")) if part)
        candidate, number = stem, 1
        while any((self.folder / f"{candidate}.{ending}").exists() for ending in ("eml", "json")):
            number += 1
            candidate = f"{stem}-{number}"
        return candidate

    def _write(self, name: str, content: bytes) -> None:
        fresh = self.folder / f".{name}.new"
        fresh.write_bytes(content)
        fresh.replace(self.folder / name)


def _slug(text: str, also: str) -> str:
    """At most 48 characters that every file system and shell takes as they are."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode().lower()
    return re.sub(rf"[^a-z0-9{re.escape(also)}]+", "-", plain).strip("-._")[:48].strip("-._")


def _header(mail: EmailMessage, name: str) -> str:
    return " ".join(str(mail.get(name, "")).split())


def _message_id(content: bytes) -> str:
    """As it was sent. The modern parser stops at the first character that a strict id may not hold, such as a colon,
    which would make one mail of many.
    """
    return "".join(str(BytesHeaderParser(policy=policy.compat32).parsebytes(content).get("Message-ID", "")).split())


def _webhook_subject(content: object) -> str:
    if isinstance(content, dict):
        for name in ("subject", "title", "event", "text"):
            if isinstance(content.get(name), str):
                return str(content[name])[:200]
    return ""


def _read_back(folder: Path) -> list[Message]:
    messages = []
    for file in folder.iterdir():
        at = _stamp_of(file.name)
        if at is None:
            continue
        if file.suffix == ".eml":
            content = file.read_bytes()
            mail = BytesHeaderParser(policy=policy.default).parsebytes(content)
            about = (_header(mail, "To"), _header(mail, "Subject"))
            messages.append(Message(at, "mail", *about, file.name, f"{file.stem}.html", _message_id(content)))
        elif file.suffix == ".json":
            call = json.loads(file.read_bytes())
            about = (call["path"], _webhook_subject(call["body"]))
            messages.append(Message(at, "webhook", *about, file.name, file.name, call["idempotency_key"]))
    return messages


def key_of(file: Path) -> str:
    """Under which key a message was sent that is kept in this file; empty where it has none, or is none."""
    content = file.read_bytes()
    if file.suffix == ".eml":
        return _message_id(content)
    try:
        return str(json.loads(content)["idempotency_key"])
    except (ValueError, TypeError, KeyError):
        return ""


def _stamp_of(name: str) -> datetime | None:
    try:
        return datetime.strptime(name.split("-", 1)[0].removesuffix(".eml").removesuffix(".json"), STAMP).replace(
            tzinfo=UTC
        )
    except ValueError:
        return None


def _mail_page(mail: EmailMessage, to: str, key: str, at: datetime, original: str) -> bytes:
    rows = {"From": _header(mail, "From"), "To": to, "Received": f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"}
    rows["Message-ID"] = key
    table = "".join(
        f"<tr><th scope=row>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in rows.items()
    )
    parts = []
    for kind in ("plain", "html"):
        part = mail.get_body(preferencelist=(kind,))
        if part is None:
            continue
        content = _text_of(part)
        if kind == "plain":
            parts.append(f"<pre>{escape(content)}</pre>")
        else:
            parts.append(f'<iframe sandbox title="The message as HTML" srcdoc="{escape(content)}"></iframe>')
    links = f'<p><a href="index.html">All messages</a> · <a href="{escape(original)}">As it was sent</a></p>'
    title = escape(_header(mail, "Subject") or "(no subject)")
    return PAGE.format(title=title, body=f"<table>{table}</table>\n{''.join(parts)}\n{links}").encode()


def _text_of(part: MIMEPart) -> str:
    try:
        return str(part.get_content())
    except (LookupError, ValueError):  # a charset that nobody knows
        payload = part.get_payload(decode=True)
        return payload.decode(errors="replace") if isinstance(payload, bytes) else ""


def _index_page(messages: Sequence[Message]) -> bytes:
    rows = "".join(
        f"<tr><td>{message.at:%Y-%m-%d %H:%M:%S}</td><td>{message.kind}</td><td>{escape(message.to)}</td>"
        f'<td><a href="{escape(message.page)}">{escape(message.subject or message.file)}</a></td></tr>'
        for message in reversed(messages[-LISTED:])
    )
    shown = f", the newest {LISTED} shown" if len(messages) > LISTED else ""
    titles = "".join(f"<th scope=col>{title}</th>" for title in ("Received (UTC)", "Kind", "To", "Subject"))
    body = f"<p>{len(messages)} kept{shown}.</p><table><tr>{titles}</tr>{rows}</table>"
    return PAGE.format(title="Outbox", body=body).encode()
