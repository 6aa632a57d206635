"""Whether a webhook comes from whom it says, and now: its signature over the very bytes that came, and its time (S1.13).

A signature proves who wrote the body, not when it was sent: what somebody recorded and sends again is as well signed as it was. So
the time is signed too, and what is too old or from the future is refused; what is sent again in time is known by its id.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from client.hooks.file import Algorithm, Encoding, HookFile, tolerance_of
from engine.errors import IntakeError

_DIGESTS = {Algorithm.HMAC_SHA256: hashlib.sha256, Algorithm.HMAC_SHA512: hashlib.sha512}

_MILLISECONDS = 10**11
"""From here on, a number counts milliseconds: as seconds it would be in the year 5138."""


class NotSigned(IntakeError):
    """It is not from whom it says, or not from now. Nothing was read of it."""


def check_signature(hook: HookFile, secrets: Sequence[str], headers: Mapping[str, str], body: bytes) -> None:
    """Raises NotSigned. With several secrets, while one takes the place of another, each is good."""
    place = hook.signature.header
    given = _part(headers.get(place.lower(), ""), hook.signature.part)
    if not given:
        raise NotSigned(
            "NOT_SIGNED", f"the request has no signature in {place}", remedy="Let the provider sign with the secret."
        )
    signature = _bytes(hook, given)
    message = _message(hook, headers, body)
    digest = _DIGESTS[hook.signature.algorithm]
    # All of them are compared, so that the time taken tells nothing of which one fits.
    fits = [hmac.compare_digest(hmac.new(secret.encode(), message, digest).digest(), signature) for secret in secrets]
    if not any(fits):
        raise NotSigned(
            "WRONGLY_SIGNED",
            f"the signature in {place} does not fit the body",
            remedy="Compare the secret here and at the provider; the body must arrive as it was signed.",
        )


def check_time(hook: HookFile, given: object, now: datetime) -> None:
    """Raises NotSigned for what was sent too long ago, or will be; `given` is the time as it came."""
    sent, tolerance = _moment(given), tolerance_of(hook)
    where = hook.timestamp.header or f"'{hook.timestamp.field}' of the body"
    if sent is None:
        remedy = "Send seconds or milliseconds since 1970, or a date with time and zone."
        raise NotSigned("NO_TIMESTAMP", f"there is no time in {where}", remedy=remedy)
    if abs(now - sent) <= tolerance:
        return
    late = now > sent
    code, words = ("TOO_LATE", "too long ago") if late else ("TOO_EARLY", "in the future")
    remedy = "Send it anew, signed with the time of sending." if late else "Set the clock of whoever signs it."
    raise NotSigned(code, f"it was signed {words}: {hook.timestamp.tolerance} are tolerated", remedy=remedy)


def time_in_headers(hook: HookFile, headers: Mapping[str, str]) -> str:
    return _part(headers.get((hook.timestamp.header or "").lower(), ""), hook.timestamp.part)


def signature_of(hook: HookFile, secret: str, timestamp: str, body: bytes) -> str:
    """As the provider writes it into its header: for trying a hook out."""
    message = _filled(hook.signature.signs, timestamp, body)
    made = hmac.new(secret.encode(), message, _DIGESTS[hook.signature.algorithm]).digest()
    text = made.hex() if hook.signature.encoding is Encoding.HEX else base64.b64encode(made).decode()
    return hook.signature.prefix + text


def _message(hook: HookFile, headers: Mapping[str, str], body: bytes) -> bytes:
    return _filled(hook.signature.signs, time_in_headers(hook, headers), body)


def _filled(signs: str, timestamp: str, body: bytes) -> bytes:
    before, _, after = signs.partition("{body}")
    parts = (part.replace("{timestamp}", timestamp).encode(errors="surrogateescape") for part in (before, after))
    return body.join(parts)


def _part(header: str, part: str | None) -> str:
    if part is None:
        return header.strip()
    pairs = (piece.strip().partition("=") for piece in header.split(","))
    return next((value for name, _, value in pairs if name == part), "")


def _bytes(hook: HookFile, given: str) -> bytes:
    """What the header says, as bytes; none where it is not written as it should be, which then fits nothing."""
    prefix = hook.signature.prefix
    if not given.startswith(prefix):
        return b""
    text = given.removeprefix(prefix)
    try:
        if hook.signature.encoding is Encoding.HEX:
            return bytes.fromhex(text)
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return b""


def _moment(given: object) -> datetime | None:
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        return None
    text = str(given).strip()
    try:
        number = float(text)
        return datetime.fromtimestamp(number / 1000 if number >= _MILLISECONDS else number, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
