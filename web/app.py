"""The web application: every route, with what guards it. Whoever serves it hands it the house."""

from __future__ import annotations

from fastapi import FastAPI

from web import batch, events, health, hooks, leads, problems, shown, signin
from web.audited import Audited
from web.headers import SecurityHeaders
from web.house import House
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


def create_app(house: House) -> FastAPI:
    """No page of documentation that would load something from elsewhere: /openapi.json is there for tools."""
    app = FastAPI(
        title="leadflow",
        version="1",
        summary="Leads in, each once; what becomes of them, out.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.house = house
    for router in ROUTERS:
        app.include_router(router)
    problems.install(app)
    app.add_middleware(Audited)
    app.add_middleware(Shield)
    app.add_middleware(SecurityHeaders)  # the one added last is the outermost
    return app
