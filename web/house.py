"""What the routes of the web server work with, put together once and handed to each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from bootstrap import Office
from client.hooks.file import HookFile
from settings import Settings
from web.gate import Gate
from web.oidc import Provider
from web.pace import Pace


@dataclass(frozen=True)
class House:
    """`office` holds the database, Temporal and the published processes; `gate` how many arrivals may be under way; `hooks` are
    what ops wrote of webhooks that come in; `pace` how often a caller may ask; `provider` where people sign in, None for tokens."""

    office: Office
    settings: Settings
    gate: Gate = field(default_factory=Gate)
    hooks: Mapping[str, HookFile] = field(default_factory=dict)
    pace: Pace = field(default_factory=Pace)
    provider: Provider | None = None


def house(request: Request) -> House:
    found: House = request.app.state.house
    return found


Home = Annotated[House, Depends(house)]
"""A route's parameter of this type is the house."""
