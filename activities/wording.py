"""What a notice or letter is filled with: who reads it, what they should know of the lead, and why it is theirs.

Unlike all that is decided, this reads personal data; nothing of it leaves the activity but in the message itself (B.7).
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from activities.orders import Outgoing
from engine.language.definition import FieldType
from engine.language.templates import Words
from engine.lead import Lead, Value
from engine.process import Process
from engine.time.calendars import hours_of, named_calendar
from engine.world import Colleague, World
from store.leads import Standing
from store.roster import Roster

_LONGEST_NAME = 80
_NO_NAME = ("://", "www.", "@", "/", "\n", "\r")


def notice(
    process: Process, standing: Standing, roster: Roster, reader: Colleague, order: Outgoing, link: str
) -> Words:
    """For one of us. Times are told on the reader's own clock, with its zone."""
    world = World(standing.lead.arrived_at, roster.people, roster.teams)
    zone = hours_of(process, world, reader).zone
    return Words(
        person=reader.person.name,
        about=order.about,
        due=_moment(order.due_at, zone) if order.due_at else "",
        why=_why(standing.lead, roster, reader.key),
        link=link,
        team=_team(standing.lead, roster),
        lead=_lead(process, standing, roster, zone),
    )


def letter(process: Process, standing: Standing, roster: Roster) -> Words:
    """For the lead itself (S2.1), which has nothing to do with our reasons, deadlines and pages."""
    zone = named_calendar(process, None).zone
    name = _personal_field(process, standing, FieldType.TEXT)
    return Words(
        person=name if _is_name(name) else "",
        team=_team(standing.lead, roster),
        lead=_lead(process, standing, roster, zone),
    )


def mail_address(process: Process, standing: Standing) -> str | None:
    """Where the lead can be written to: the first field of type email that its process has."""
    return _personal_field(process, standing, FieldType.EMAIL) or None


def _personal_field(process: Process, standing: Standing, kind: FieldType) -> str:
    """The first field of this kind: of text fields the first personal one, which is where forms ask for the name."""
    fields = ((name, spec) for name, spec in process.fields.items() if spec.type is kind)
    name = next((name for name, spec in fields if spec.personal or kind is not FieldType.TEXT), "")
    value = standing.personal.get(name, standing.lead.fields.get(name))
    return value.strip() if isinstance(value, str) else ""


def _is_name(text: str) -> bool:
    """Forms are open to everybody: an advertisement in place of a name must not go out under our own."""
    return len(text) <= _LONGEST_NAME and not any(mark in text for mark in _NO_NAME)


def _why(lead: Lead, roster: Roster, reader: str) -> str:
    """Why this reader is told. A queue's members and the owner have the lead itself for a reason."""
    if lead.owner is None or reader == lead.owner:
        return lead.owner_because
    owner = _name(roster, lead.owner)
    if reader == lead.leader:
        return f"{owner} has the lead, and you lead {_team(lead, roster) or 'the team'}"
    return f"the process names you; {owner} has the lead"


def _lead(process: Process, standing: Standing, roster: Roster, zone: str) -> dict[str, Value]:
    lead = standing.lead
    leaf = process.leaves.get(lead.stage)
    fields = {name: standing.personal.get(name, lead.fields.get(name)) for name in process.fields}
    return fields | {
        "key": lead.key,
        "title": lead.title,
        "stage": lead.stage,
        "stage_title": leaf.title if leaf else lead.stage,
        "status": leaf.status.value if leaf else None,
        "score": lead.score.total if lead.score else None,
        "priority": lead.score.priority if lead.score else None,
        "grade": lead.score.grade if lead.score else None,
        "owner": lead.owner,
        "owner_name": _name(roster, lead.owner) if lead.owner else None,
        "arrived_at": _moment(lead.arrived_at, zone),
    }


def _name(roster: Roster, key: str) -> str:
    known = roster.people.get(key)
    return known.person.name if known else key


def _team(lead: Lead, roster: Roster) -> str:
    known = roster.teams.get(lead.team) if lead.team else None
    return known.title if known else lead.team or ""


def _moment(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%a %d %b %Y, %H:%M} ({zone})"
