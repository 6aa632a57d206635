"""Who somebody is to a lead: the *before* of an event. The one place that knows what `owner` or `team_leader` means."""

from __future__ import annotations

from collections.abc import Iterable

from engine.happening import Actor
from engine.language.definition import Who
from engine.lead import Lead


def may(by: Iterable[Who], lead: Lead, actor: Actor) -> bool:
    """Whether the actor has one of the capacities that the event is for."""
    return any(_is(who, lead, actor) for who in by)


def _is(who: Who, lead: Lead, actor: Actor) -> bool:
    """Owner, team and team leader are what somebody is to this lead; no role of the roster makes anybody that."""
    match who:
        case Who.ANYONE:
            return True
        case Who.OWNER:
            return actor.person is not None and actor.person == lead.owner
        case Who.TEAM_LEADER:
            return actor.person is not None and actor.person == lead.leader
        case Who.TEAM:
            return lead.team is not None and lead.team in actor.teams
        case _:
            return who in actor.roles
