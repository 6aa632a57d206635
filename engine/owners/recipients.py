"""Who is meant by `notify: owner`, `team_leader`, `exception`, `team:NAME` or `person:NAME` for a lead at this moment."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from engine.lead import Lead
from engine.process import Process


class RecipientKind(StrEnum):
    PERSON = "person"
    TEAM = "team"
    LEAD = "lead"
    HOOK = "hook"


@dataclass(frozen=True, slots=True)
class Recipient:
    kind: RecipientKind
    name: str


def recipient(process: Process, lead: Lead, to: str) -> Recipient | None:
    """None where nobody is meant: a lead without an owner, a team without a leader."""
    kind, _, name = to.partition(":")
    match kind:
        case "team":
            return Recipient(RecipientKind.TEAM, name)
        case "person":
            person: str | None = name
        case "owner":
            person = lead.owner
        case "owner_or_exception":
            person = lead.owner or _decides(process)
        case "team_leader":
            person = lead.leader
        case "earlier_owner":
            person = lead.earlier_owners[-1] if lead.earlier_owners else None
        case "exception":
            person = _decides(process)
        case _:
            person = None
    return Recipient(RecipientKind.PERSON, person) if person else None


def _decides(process: Process) -> str | None:
    return process.assignment.exception.person if process.assignment else None
