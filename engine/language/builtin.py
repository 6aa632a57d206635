"""Events that every process has without writing them. Their names are reserved, and so is what leads are called by otherwise;
clocks may stop on these events like on any other.

assign  give the lead to a named person          claim   take a lead that waits in the team's queue
hold    stop the clocks that say so              resume  let them go on
update  fill or change fields                    note    write something down
seen    the owner has read the notice (an unread one escalates where a clock says so)
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from engine.language.definition import Who


class Deed(StrEnum):
    """What a built-in event does, beside the actions that authors write."""

    ASSIGN_TO = "assign_to"
    CLAIM = "claim"
    HOLD = "hold"
    RESUME = "resume"


@dataclass(frozen=True, slots=True)
class Builtin:
    name: str
    title: str
    by: tuple[Who, ...]
    when: str | None = None
    needs_person: bool = False
    note: bool = False
    deed: Deed | None = None


_STAFF = (Who.OWNER, Who.TEAM_LEADER, Who.MARKETING, Who.OPS, Who.SYSTEM)

BUILTINS = (
    Builtin(
        "assign", "Assign", (Who.OWNER, Who.TEAM_LEADER, Who.OPS, Who.SYSTEM), needs_person=True, deed=Deed.ASSIGN_TO
    ),
    Builtin("claim", "Claim", (Who.TEAM,), when="lead.ownership in ['queue', 'held', 'nobody']", deed=Deed.CLAIM),
    Builtin("hold", "Put on hold", _STAFF, when="!lead.on_hold", note=True, deed=Deed.HOLD),
    Builtin("resume", "Resume", _STAFF, when="lead.on_hold", deed=Deed.RESUME),
    Builtin("update", "Update", (*_STAFF, Who.TEAM, Who.PARTNER)),
    Builtin("note", "Note", (*_STAFF, Who.TEAM, Who.PARTNER), note=True),
    Builtin("seen", "Seen", (Who.OWNER,)),
)
RESERVED = frozenset(builtin.name for builtin in BUILTINS)

LISTENED_TO = frozenset(("arrive", "world_changed", "catch_up", "state", "move_to_version", "merge", "person_erased"))
"""What a running lead is called by beside its events: an event of such a name would take the place of arrivals, of news from the
world or journal, of moves to another version, of merges, of an erasure, or of the question where the lead stands."""
