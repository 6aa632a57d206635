"""The cookies of people who are signed in, and what keeps other sites from acting with them (CSRF)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import urlsplit

from fastapi import Request, Response

from settings import Settings
from web.problems import Problem

HEADER = "x-csrf-token"
FIELD = "csrf"
"""Where a request that changes something says the token of its session: in a header, or in a form."""

SAFE = ("GET", "HEAD", "OPTIONS")


def session_cookie(settings: Settings) -> str:
    return _named(settings, "leadflow")


def form_cookie(settings: Settings) -> str:
    """Of a browser that was shown the sign-in form."""
    return _named(settings, "leadflow_form")


def way_cookie(settings: Settings) -> str:
    """Of a browser that was sent to the provider."""
    return _named(settings, "leadflow_way")


def give(response: Response, settings: Settings, name: str, value: str, seconds: int) -> None:
    """HttpOnly: no script reads it. Lax: no other site sends it along, but for a link that somebody follows."""
    response.set_cookie(
        name, value, max_age=seconds, path="/", secure=_under_tls(settings), httponly=True, samesite="lax"
    )


def take_back(response: Response, settings: Settings, name: str) -> None:
    response.delete_cookie(name, path="/", secure=_under_tls(settings), httponly=True, samesite="lax")


def csrf_token(cookie: str) -> str:
    """What only somebody can know who reads our pages in this session: made of the cookie, which no other site sees."""
    return (
        base64.urlsafe_b64encode(hashlib.sha256(f"csrf:{cookie}".encode(errors="replace")).digest())
        .decode()
        .rstrip("=")
    )


def check_token(cookie: str, given: str | None) -> None:
    """Raises Problem (403) where a request with this cookie does not say the token that goes with it."""
    if not hmac.compare_digest(csrf_token(cookie).encode(), (given or "").encode(errors="replace")):
        raise _foreign("the request does not have the token of this session")


def check_origin(request: Request) -> None:
    """Raises Problem (403) for a request that another site's page has sent."""
    said = request.headers.get("origin")
    if said is not None and urlsplit(said).netloc != request.headers.get("host"):
        raise _foreign("the request comes from a page of another site")
    if said is None and request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise _foreign("the request comes from a page of another site")


def _foreign(detail: str) -> Problem:
    remedy = f"Send it from a page of leadflow, with the token that GET /me says in {HEADER}."
    return Problem(403, "CSRF", detail, remedy)


def _named(settings: Settings, name: str) -> str:
    # The prefix has browsers refuse it from any other host, and over anything but TLS.
    return f"__Host-{name}" if _under_tls(settings) else name


def _under_tls(settings: Settings) -> bool:
    return settings.public_url.startswith("https://")
