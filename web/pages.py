"""Pages for people: templates of `web/templates`, everything in them escaped, nothing loaded from elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

POLICY = "default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"


def page(name: str, status: int = 200, **shown: Any) -> HTMLResponse:
    """The template with what it is to show. Its style is part of it, and the only one that browsers may use."""
    text = _PAGES.get_template(name).render(style=STYLE, **shown)
    return HTMLResponse(text, status, {"content-security-policy": POLICY.format(style=_digest(STYLE))})


def _digest(text: str) -> str:
    import base64
    import hashlib

    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:26rem;margin:4rem auto;padding:0 1rem;color:#1b1f24;background:#fff}"
    "label{display:block;font-weight:600}input{font:inherit;width:100%;box-sizing:border-box;padding:.5rem;margin:.25rem 0 1rem}"
    "button,.button{font:inherit;padding:.5rem 1rem;border:1px solid #1b1f24;border-radius:.3rem;background:#1b1f24;color:#fff;"
    "text-decoration:none;display:inline-block;cursor:pointer}"
    "[role=alert]{border-left:.3rem solid #b3261e;padding:.25rem .75rem;margin:1rem 0}"
    "@media (prefers-color-scheme:dark){body{color:#e8eaed;background:#16181c}}"
)
