"""Whom an assignment rule means: everybody who meets all that its `among` says (S4.4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    people = [
        colleague
        for colleague in _asked_for(among, world)
        if (territory is None or territory in colleague.person.territories)
        and all(skill in colleague.person.skills for skill in skills)
    ]
    strangers = tuple(sorted({name for name in among.people if name not in world.people}))
    return Circle(tuple(people), said, strangers=strangers)


def _asked_for(among: Among, world: World) -> Iterator[Colleague]:
    """Everybody of these people and teams, by name."""
    known = world.members if among.team else None
    if known is not None:
        names = sorted(dict.fromkeys(name for team in among.team for name in known.get(team, ())))
    else:
        names = sorted(among.people or world.people)
    for name in names:
        colleague = world.people.get(name)
        if colleague is None or (among.people and name not in among.people):
            continue
        if known is not None or not among.team or team_for(colleague, among.team) is not None:
            yield colleague


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
