"""Whether the server lives, and whether it can serve: for whoever watches or balances it. Nobody needs a token for this."""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from web.documented import saying_no, saying_yes
from web.house import Home
from web.problems import away

router = APIRouter(tags=["health"])

PATIENCE = 3.0
"""Seconds that a server gets to answer."""


class Health(BaseModel):
    status: Annotated[Literal["live", "ready"], Field(description="live: it answers; ready: so do its servers")]


@router.get(
    "/healthz",
    summary="Does the web server live?",
    operation_id="live",
    responses=saying_yes(200, "It lives.", {"status": "live"}),
)
async def live() -> Health:
    """Answers as long as the web server does, whatever is the matter with the servers behind it."""
    return Health(status="live")


@router.get(
    "/readyz",
    summary="Can leads be taken in?",
    operation_id="ready",
    responses={**saying_yes(200, "They can.", {"status": "ready"}), **saying_no(503)},
)
async def ready(house: Home) -> Health:
    """Asks the database and Temporal; 503 where one of them does not answer."""
    try:
        async with asyncio.timeout(PATIENCE):
            await house.office.pool.fetchval("select 1")
    except TimeoutError:
        raise away("the database") from None
    try:
        async with asyncio.timeout(PATIENCE):
            healthy = await house.office.temporal.service_client.check_health()
    except TimeoutError:
        healthy = False
    if not healthy:
        raise away("Temporal")
    return Health(status="ready")
