"""Whom an assignment rule means: everybody who meets all that its `among` says (S4.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.language.tables import Among
from engine.lead import Lead
from engine.process import Process
from engine.references import text_of, value_of, words_for
from engine.world import Colleague, World


@dataclass(frozen=True, slots=True)
class Circle:
    """The people a rule means for one lead, by name. `said` are its teams and values in words, `unknown` what it would
    have to know of the lead (then nobody is meant), `strangers` people it names whom the roster does not have."""

    people: tuple[Colleague, ...]
    said: str
    unknown: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()


def circle_of(process: Process, lead: Lead, among: Among, world: World) -> Circle:
    """Everybody of the roster who meets all of it: any one of several teams, but all of several skills."""
    territory = None if among.territory is None else _resolve(lead, among.territory)
    skills = [_resolve(lead, skill) for skill in among.skills]
    asked = ((among.territory, territory), *zip(among.skills, skills, strict=True))
    unknown = tuple(words_for(process, said) for said, value in asked if said is not None and value is None)
    values = [value for said, value in asked if said is not None and value is not None]
    people_said = ["people by name"] if among.people else []
    said = ", ".join([*among.team, *values, *people_said])
    if unknown:
        return Circle((), said, unknown)
    wanted = frozenset(skills)
    people = [
        colleague
        for colleague in _asked_for(among, world)
        if (territory is None or territory in colleague.person.territories) and wanted.issubset(colleague.person.skills)
    ]
    strangers = tuple(sorted({name for name in among.people if name not in world.people}))
    return Circle(tuple(people), said, strangers=strangers)


def _asked_for(among: Among, world: World) -> list[Colleague]:
    """Everybody of these people and teams, by name."""
    people, teams, everybody = among.people, among.team, world.people
    if teams and world.members is not None:
        members = dict.fromkeys(name for team in teams for name in world.members.get(team, ()))
        return [everybody[name] for name in sorted(members) if name in everybody and (not people or name in people)]
    found = [everybody[name] for name in sorted(people or everybody) if name in everybody]
    return [one for one in found if team_for(one, teams) is not None] if teams else found


def team_for(colleague: Colleague, teams: Sequence[str]) -> str | None:
    """The first of these teams that the person is in; their own first one where none is asked for."""
    own = colleague.person.teams
    if not teams:
        return own[0] if own else None
    return next((team for team in teams if team in own), None)


def _resolve(lead: Lead, said: str) -> str | None:
    """What a literal or a reference such as `lead.country` stands for; None where it is unknown."""
    if not said.startswith("lead."):
        return said
    value = value_of(lead, said)
    return None if value is None else text_of(value)
