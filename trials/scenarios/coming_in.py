"""What comes in from outside, as the front door and the desk make it of what is sent: personal values stay outside."""

from __future__ import annotations

from engine.happening import Actor, EventIn, Touch
from engine.language.scenario import EventStep, Roster
from engine.language.tables import Person, RosterFile, Team
from engine.lead import Lead
from engine.process import Process
from engine.values import accept_all
from trials.scenarios.case import Setting


def roster_of(setting: Setting, roster: Roster) -> RosterFile:
    if isinstance(roster, str):
        return setting.rosters[roster]
    people: dict[str, Person] = roster.people
    teams: dict[str, Team] = roster.teams
    return RosterFile(roster="written_here", teams=teams, people=people)


def event_of(process: Process, step: EventStep, actor: Actor) -> EventIn:
    """As the desk makes it of what is sent: personal values stay outside, only that they are known comes along."""
    values, wrong = accept_all(process.fields, step.fields)
    personal = {name: value for name, value in values.items() if process.personal(name)}
    fields = {name: value for name, value in values.items() if name not in personal}
    return EventIn(
        name=step.event,
        actor=actor,
        fields={**fields, **{name: step.fields[name] for name in wrong}},
        known=tuple(name for name, value in personal.items() if value is not None),
        unknown=tuple(name for name, value in personal.items() if value is None),
        codes=dict(step.codes),
        note=bool(step.note),
        checked=tuple(step.checked),
        to=step.to,
    )


def touch_of(process: Process, lead: Lead, brought: dict[str, object]) -> Touch:
    """As the front door makes it of a lead that it knows: what is known already is left out."""
    values, _ = accept_all(process.fields, brought)
    given = {name: value for name, value in values.items() if value is not None}
    texts = {name: value for name in ("source", "campaign", "channel") if isinstance(value := given.get(name), str)}
    return Touch(
        source=texts.get("source"),
        campaign=texts.get("campaign"),
        channel=texts.get("channel"),
        fields={
            name: value for name, value in given.items() if not process.personal(name) and lead.fields.get(name) is None
        },
        known=tuple(name for name in given if process.personal(name) and name not in lead.known),
    )
