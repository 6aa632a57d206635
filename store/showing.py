"""How much of a lead a caller is shown, once the row rule has let them see it (S1.13, S1.14).

Those inside see all, but for what is personal where their work does not need it. A partner, of another company, sees what it takes to
work on the lead: not how it was scored and assigned, nor what others did and wrote. An upstream system sees how far it has come.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from engine.access import Caller, CallerRole, sees_personal
from engine.lead import Value
from store.card import LeadCard, Origin, lead_card
from store.listing import LeadLine
from store.pool import Connection

_PROGRESS = frozenset(
    [
        "key",
        "title",
        "external_id",
        "state",
        "process",
        "stage",
        "status",
        "kind",
        "cycle",
        "arrived_at",
        "entered_at",
        "closed_at",
    ]
)
_OF_A_PARTNER = _PROGRESS | frozenset(
    [
        *("ownership", "owner", "priority", "value", "currency", "on_hold", "due_at", "due_clock", "overdue_since"),
        *("missing", "invalid"),
    ]
)
_LINES: Mapping[CallerRole, frozenset[str]] = {CallerRole.UPSTREAM: _PROGRESS, CallerRole.PARTNER: _OF_A_PARTNER}
_ORIGINS: Mapping[CallerRole, frozenset[str]] = {
    CallerRole.UPSTREAM: frozenset(
        [
            "key",
            "source_system",
            "external_id",
            "state",
            "out_of_scope_rule",
            "out_of_scope_reason",
            "registered_at",
            "erased_at",
        ]
    ),
    CallerRole.PARTNER: frozenset(
        ["key", "source_system", "external_id", "state", "personal", "registered_at", "erased_at"]
    ),
}
"""What is left of a line, and of where it came from, for those who are not shown all."""

_EMPTY: Mapping[str, Any] = {
    "ownership": "",
    "owner_because": "",
    "hops": 0,
    "on_hold": False,
    "personal": {},
    "missing": [],
    "invalid": [],
}
"""What stands in place of what is not shown, where None cannot."""


async def card_for(conn: Connection, caller: Caller | None, key: str) -> LeadCard | None:
    """Everything about one lead that the caller is shown; None where there is none for them. `conn` reads as the caller
    (`store.visiting`); an operator, who is no caller, is shown all."""
    card = await lead_card(conn, key, personal=caller is None or sees_personal(caller))
    return card if card is None or caller is None else _reduced(caller, card)


def line_for(caller: Caller | None, line: LeadLine) -> LeadLine:
    """The lead in a list, as the caller is shown it."""
    shown = _LINES.get(caller.role) if caller is not None else None
    return line if shown is None else replace(line, **_without(LeadLine, shown))


def fields_for(caller: Caller | None, values: Mapping[str, Value]) -> dict[str, Value]:
    """The fields of the lead that are not personal, as the caller is shown them."""
    return {} if caller is not None and caller.role is CallerRole.UPSTREAM else dict(values)


def _reduced(caller: Caller, card: LeadCard) -> LeadCard:
    if caller.role not in _LINES:
        return card
    origin = replace(card.origin, **_without(Origin, _ORIGINS[caller.role]))
    bare = replace(
        card,
        lead=line_for(caller, card.lead),
        origin=origin,
        assignments=(),
        scores=(),
        notices=(),
        touches=(),
        merged_in=(),
    )
    own = caller.person if caller.role is CallerRole.PARTNER else None
    return replace(
        bare,
        visits=card.visits if own else (),
        events=tuple(event for event in card.events if own and event.owner == own),
        clocks=tuple(clock for clock in card.clocks if own and clock.owner == own),
        tasks=tuple(task for task in card.tasks if own and task.person == own),
        notes=tuple(note for note in card.notes if own and note.by == own),
    )


def _without(kind: type, shown: frozenset[str]) -> dict[str, Any]:
    return {each.name: _EMPTY.get(each.name) for each in fields(kind) if each.name not in shown}
