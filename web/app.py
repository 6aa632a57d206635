"""The web application: every route, with what guards it. Whoever serves it hands it the house."""

from __future__ import annotations

from fastapi import FastAPI

from web import batch, documented, events, health, hooks, leads, problems, shown, signin
from web.audited import Audited
from web.headers import SecurityHeaders
from web.house import House
from web.limits import Limits
from web.shield import Shield

ROUTERS = (
    leads.router,
    batch.router,
    events.router,
    shown.router,
    hooks.router,
    signin.router,
    health.router,
)


ABOUT = """Whoever asks needs a token, `Authorization: Bearer lf_...`. What was answered 2xx is written down and goes on, whatever dies.
A refusal is a problem (RFC 9457) with a `code`, the `fields` at fault and a `remedy`. On 429 and 503 the same request may be sent
again after `Retry-After`; under one id, touch_id or Idempotency-Key it happens once."""


def create_app(house: House) -> FastAPI:
    """No page of documentation that would load something from elsewhere: /openapi.json is there for tools."""
    app = FastAPI(
        title="leadflow",
        version="1",
        summary="Leads in, each once; what becomes of them, out.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        description=ABOUT,
        openapi_tags=documented.TAGS,
    )
    app.state.house = house
    for router in ROUTERS:
        app.include_router(router)
    problems.install(app)
    app.add_middleware(Audited)
    documented.install(app, ROUTERS, {"Event": events.EventBody})
    app.add_middleware(Shield)
    app.add_middleware(Limits, gate=house.gate)
    app.add_middleware(SecurityHeaders)  # the one added last is the outermost
    return app
