"""The web application without a socket, for tests of who may come in: a real database; Temporal is not asked."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import httpx
from temporalio.client import Client

from bootstrap import Office
from client.desk import Desk
from client.front_door import FrontDoor
from client.merging import Merger
from engine.access import CallerRole
from engine.catalog import Catalog
from settings import Settings
from store import credentials
from store.pool import Pool
from web.app import create_app
from web.house import House
from web.oidc import provider_of
from web.pace import Pace

HOST = "leads.example"
_numbers = count(1)


async def house_of(pool: Pool, pace: Pace | None = None, **given: Any) -> House:
    settings = Settings(home=Path("/nowhere"), reached_at=given.pop("reached_at", f"http://{HOST}"), **given)
    nowhere = await Client.connect("127.0.0.1:9", lazy=True)
    catalog = Catalog()
    office = Office(
        pool=pool,
        temporal=nowhere,
        catalog=catalog,
        front_door=FrontDoor(pool, nowhere, catalog),
        desk=Desk(pool, nowhere, catalog),
        merger=Merger(pool, nowhere, catalog),
        link=lambda key: None,
    )
    return House(office, settings, pace=pace or Pace(machines=100_000, people=100_000), provider=provider_of(settings))


def browser(house: House, *, address: str = "192.0.2.1", token: str | None = None) -> httpx.AsyncClient:
    """Keeps cookies; with a token it is a program rather."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(create_app(house), raise_app_exceptions=True, client=(address, 40_000)),
        base_url=house.settings.public_url,
        headers={"Authorization": f"Bearer {token}"} if token else {},
    )


async def token_for(pool: Pool, role: CallerRole, name: str | None = None) -> str:
    """Of somebody of the roster of `tests.store.sales`, with a partner."""
    persons = {CallerRole.SELLER: "ann", CallerRole.TEAM_LEADER: "lee", CallerRole.PARTNER: "pia"}
    sources = ["web"] if role is CallerRole.UPSTREAM else []
    async with pool.acquire() as conn:
        issued = await credentials.issue(
            conn, name or f"{role.value}-{next(_numbers)}", role, by="test", person=persons.get(role), sources=sources
        )
    return issued.token


PARTNERS = """
roster: partners
people:
  pia: {name: Pia, email: pia@partner.example, roles: [partner]}
"""
