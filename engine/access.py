"""Who may do what at leadflow's own doors (S1.13, S1.14). One table; the web, the command line and the tests read it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CallerRole(StrEnum):
    """What a credential is for. UPSTREAM sends leads of its own source systems and reads nothing but their progress; a PARTNER sees
    their own leads only, and fewer fields."""

    UPSTREAM = "upstream"
    SELLER = "seller"
    TEAM_LEADER = "team_leader"
    MARKETING = "marketing"
    PARTNER = "partner"
    OPS = "ops"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. `name` stands in the audit; `person` is their key in the roster, None for a machine; `sources` are the source systems
    an upstream system may send for; `teams` the teams that a leader leads."""

    name: str
    role: CallerRole
    person: str | None = None
    sources: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
