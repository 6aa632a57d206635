"""What the body of a webhook means by its file: a lead, an event of a lead, or nothing of interest."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from client.desk import Sending
from client.hooks.file import HookEvent, HookFile, HookLead, HookRule, Otherwise
from client.hooks.places import found_at
from client.incoming import key_of
from client.mapping import FieldMapping, mapped, said
from engine.errors import IntakeError
from engine.values import fault_of_text

LONGEST_ID = 130
"""Characters of a delivery's id: with the hook's name before it, it names a touch."""

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True)
class LeadMeant:
    """A lead, as upstream systems send it; its `touch_id` is the id of the delivery."""

    lead: dict[str, Any]


@dataclass(frozen=True)
class EventMeant:
    """An event of a lead that is here; its id is that of the delivery."""

    key: str
    sending: Sending


@dataclass(frozen=True)
class NothingMeant:
    """The file says that such bodies are of no interest."""


Meant = LeadMeant | EventMeant | NothingMeant


def id_of(hook: HookFile, body: Mapping[str, Any]) -> str:
    """By what the delivery is known. Raises IntakeError."""
    given = found_at(body, hook.id)
    if isinstance(given, dict | list) or not said(given):
        raise IntakeError("NO_ID", f"the body has no id at '{hook.id}'", {hook.id: "is required"})
    if fault := fault_of_text(said(given), LONGEST_ID):
        raise IntakeError("BAD_ID", f"the id at '{hook.id}' {fault}", {hook.id: fault})
    return f"{hook.hook}:{said(given)}"


def meaning(hook: HookFile, body: Mapping[str, Any]) -> Meant:
    """Raises IntakeError with the places at fault."""
    id = id_of(hook, body)
    for lead in hook.leads:
        if _fits(lead, body):
            return LeadMeant(_lead(hook, lead, body) | {"touch_id": id})
    for event in hook.events:
        if _fits(event, body):
            return _event(hook, event, body, id)
    if hook.otherwise is Otherwise.IGNORE:
        return NothingMeant()
    places = dict.fromkeys(place for rule in (*hook.leads, *hook.events) for place in rule.when)
    found = ", ".join(f"{place} is '{said(found_at(body, place))[:80]}'" for place in places)
    raise IntakeError(
        "NO_RULE",
        f"hook '{hook.hook}' has no rule for this body: {found}",
        dict.fromkeys(places, "has no rule"),
        "Add a rule to the hook, or `otherwise: ignore`.",
    )


def _fits(rule: HookRule, body: Mapping[str, Any]) -> bool:
    return all(
        said(found_at(body, place)) in [said(value) for value in (wanted if isinstance(wanted, list) else [wanted])]
        for place, wanted in rule.when.items()
    )


def _lead(hook: HookFile, rule: HookLead, body: Mapping[str, Any]) -> dict[str, Any]:
    lead: dict[str, Any] = {
        **rule.constants,
        **_fields(rule.fields, rule.empty, body),
        "id": _named(rule.key, body),
        "source_system": hook.source_system,
    }
    if rule.title is not None:
        lead["title"] = _PLACEHOLDER.sub(lambda match: said(found_at(body, match[1].strip())), rule.title)
    return lead


def _event(hook: HookFile, rule: HookEvent, body: Mapping[str, Any], id: str) -> EventMeant:
    key = key_of(hook.source_system, _named(rule.key, body)) if rule.key else _named(rule.lead or "", body)
    codes = {name: said(code) for name, code in _fields(rule.codes, [], body).items()}
    return EventMeant(key, Sending(rule.event, rule.by.value, _fields(rule.fields, [], body), codes, id=f"hook:{id}"))


def _named(place: str, body: Mapping[str, Any]) -> str:
    given = found_at(body, place)
    if isinstance(given, dict | list) or not said(given):
        raise IntakeError("NO_ID", f"the body does not say which lead it is, at '{place}'", {place: "is required"})
    return said(given)


def _fields(rules: Mapping[str, FieldMapping], empty: list[str], body: Mapping[str, Any]) -> dict[str, Any]:
    return mapped(rules, empty, lambda place: found_at(body, place))
