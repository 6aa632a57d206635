"""Who may do what at leadflow's own doors (S1.13, S1.14). One table; the web, the command line and the tests read it.

Which leads a scope holds is told once, too: by the row rule in the database (migration 0015, `store.visiting`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from engine.errors import AccessError


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


class Scope(StrEnum):
    """On which leads: all; those of the own teams; the own ones; those of the own source systems."""

    ALL = "all"
    TEAM = "team"
    OWN = "own"
    SOURCES = "sources"


class Permission(StrEnum):
    """What can be done. Every route and every command names one."""

    SEND_LEADS = "send_leads"
    IMPORT_LEADS = "import_leads"
    IMPORT_HISTORY = "import_history"
    SEE_LEADS = "see_leads"
    LIST_LEADS = "list_leads"
    SEND_EVENTS = "send_events"
    SEE_DUPLICATES = "see_duplicates"
    MERGE_LEADS = "merge_leads"
    EXPORT_LEADS = "export_leads"
    EXPORT_PERSON = "export_person"
    ERASE_PERSON = "erase_person"
    SEE_QUALITY = "see_quality"
    SEE_DEFINITIONS = "see_definitions"
    CHANGE_DEFINITIONS = "change_definitions"
    TRY_OUT = "try_out"
    SEE_ROSTER = "see_roster"
    LOAD_ROSTER = "load_roster"
    SEE_LEAVE = "see_leave"
    ENTER_LEAVE = "enter_leave"
    SEE_TOKENS = "see_tokens"
    CHANGE_TOKENS = "change_tokens"
    SEE_AUDIT = "see_audit"
    SEE_STATE = "see_state"
    OPERATE = "operate"
    SIGN_IN = "sign_in"


_R, _S = CallerRole, Scope
_EVERYWHERE: Mapping[CallerRole, Scope] = {_R.ADMIN: _S.ALL}
_OF_PEOPLE = {_R.SELLER: _S.OWN, _R.TEAM_LEADER: _S.TEAM, _R.MARKETING: _S.ALL, **_EVERYWHERE}
_OF_ALL = {_R.UPSTREAM: _S.SOURCES, _R.PARTNER: _S.OWN, _R.OPS: _S.ALL, **_OF_PEOPLE}
_OF_THOSE_INSIDE: Mapping[CallerRole, Scope] = {
    role: _S.ALL for role in CallerRole if role not in (_R.UPSTREAM, _R.PARTNER)
}
_OF_LEADERS = {_R.TEAM_LEADER: _S.TEAM, _R.MARKETING: _S.ALL, **_EVERYWHERE}

MAY: Mapping[Permission, Mapping[CallerRole, Scope]] = MappingProxyType(
    {
        Permission.SEND_LEADS: {_R.UPSTREAM: _S.SOURCES, **_OF_PEOPLE},
        Permission.IMPORT_LEADS: {_R.UPSTREAM: _S.SOURCES, _R.MARKETING: _S.ALL, **_EVERYWHERE},
        Permission.IMPORT_HISTORY: _EVERYWHERE,
        Permission.SEE_LEADS: _OF_ALL,
        Permission.LIST_LEADS: _OF_ALL,
        Permission.SEND_EVENTS: _OF_ALL,
        Permission.SEE_DUPLICATES: _OF_LEADERS,
        Permission.MERGE_LEADS: _OF_LEADERS,
        Permission.EXPORT_LEADS: _OF_LEADERS,
        Permission.EXPORT_PERSON: _EVERYWHERE,
        Permission.ERASE_PERSON: _EVERYWHERE,
        Permission.SEE_QUALITY: {_R.MARKETING: _S.ALL, _R.OPS: _S.ALL, **_EVERYWHERE},
        Permission.SEE_DEFINITIONS: {_R.MARKETING: _S.ALL, _R.OPS: _S.ALL, **_EVERYWHERE},
        Permission.CHANGE_DEFINITIONS: {_R.OPS: _S.ALL, **_EVERYWHERE},
        Permission.TRY_OUT: {_R.OPS: _S.ALL, **_EVERYWHERE},
        Permission.SEE_ROSTER: _OF_THOSE_INSIDE,
        Permission.LOAD_ROSTER: {_R.OPS: _S.ALL, **_EVERYWHERE},
        Permission.SEE_LEAVE: _OF_THOSE_INSIDE,
        Permission.ENTER_LEAVE: {_R.SELLER: _S.OWN, _R.TEAM_LEADER: _S.TEAM, _R.OPS: _S.ALL, **_EVERYWHERE},
        Permission.SEE_TOKENS: _EVERYWHERE,
        Permission.CHANGE_TOKENS: _EVERYWHERE,
        Permission.SEE_AUDIT: _EVERYWHERE,
        Permission.SEE_STATE: {_R.OPS: _S.ALL, **_EVERYWHERE},
        Permission.OPERATE: _EVERYWHERE,
        Permission.SIGN_IN: dict.fromkeys(CallerRole, _S.OWN),
    }
)
"""Who may do what, and on which leads. Whoever does not stand here may not."""

AUDITED = frozenset(
    {
        Permission.SEND_LEADS,
        Permission.IMPORT_LEADS,
        Permission.IMPORT_HISTORY,
        Permission.SEND_EVENTS,
        Permission.SEE_DUPLICATES,
        Permission.MERGE_LEADS,
        Permission.EXPORT_LEADS,
        Permission.EXPORT_PERSON,
        Permission.ERASE_PERSON,
        Permission.CHANGE_DEFINITIONS,
        Permission.LOAD_ROSTER,
        Permission.ENTER_LEAVE,
        Permission.CHANGE_TOKENS,
        Permission.SIGN_IN,
    }
)
"""Changes, and reads of what is personal in bulk. A list of leads holds nothing personal; one lead at a time is no bulk."""

CONFIDANTS = frozenset({_R.SELLER, _R.TEAM_LEADER, _R.MARKETING, _R.PARTNER, _R.ADMIN})
"""Who talks to the people that leads are about, and so sees their names, addresses, numbers and what is noted of them. Operations
sees how leads fare, an upstream system how far its own have come."""


def scope_of(permission: Permission, caller: Caller) -> Scope:
    """On which leads the caller may. Raises AccessError where they may not at all."""
    scope = MAY[permission].get(caller.role)
    if scope is None:
        may = ", ".join(role.value for role in CallerRole if role in MAY[permission])
        words = permission.value.replace("_", " ")
        raise AccessError("FORBIDDEN", f"a caller of role {caller.role.value} may not {words}", f"It takes: {may}.")
    return scope


def sees_personal(caller: Caller) -> bool:
    return caller.role in CONFIDANTS


def source_system_for(caller: Caller, asked: str) -> str:
    """The source system as which the caller sends a lead. Raises AccessError for one that is not theirs."""
    if caller.role is CallerRole.UPSTREAM and asked not in caller.sources:
        raise AccessError(
            "FOREIGN_SOURCE",
            f"{caller.name} may not send for the source system '{asked}'",
            f"Send for {', '.join(sorted(caller.sources))}, or have a token issued for it.",
        )
    return asked


def plans_leave_of(caller: Caller, person: str, teams: Iterable[str]) -> None:
    """Raises AccessError where the caller may not say when this person, who is in these teams, is away."""
    scope = scope_of(Permission.ENTER_LEAVE, caller)
    theirs = person == caller.person or (scope is Scope.TEAM and any(team in caller.teams for team in teams))
    if scope is not Scope.ALL and not theirs:
        whom = "members of the own teams" if scope is Scope.TEAM else "oneself"
        raise AccessError(
            "FOREIGN_PERSON",
            f"{caller.name} may enter leave for {whom} only, not for '{person}'",
            "Ask who leads their team, or operations.",
        )


_IN_NO_ROSTER = {CallerRole.UPSTREAM: "system", CallerRole.MARKETING: "marketing", CallerRole.OPS: "ops"}


def acts_as(caller: Caller, by: str | None) -> str:
    """As whom the caller sends an event: themselves. Raises AccessError where it is to be somebody else, which only operations and
    administrators may say; what the event then needs is checked by the desk as ever."""
    own = caller.person or _IN_NO_ROSTER.get(caller.role, "system")
    if by is None or by == own:
        return own
    if caller.role not in (CallerRole.OPS, CallerRole.ADMIN):
        raise AccessError(
            "FOREIGN_PERSON", f"{caller.name} may not act as '{by}'", f"Leave `by` out: it happens as {own}."
        )
    return by
