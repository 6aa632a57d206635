"""An incoming lead, before it is one: keyed, cleaned, routed to its process, checked, and its personal part set apart."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from client.cleaning import NO_NAMES, Names, clean
from engine.completeness import wanted
from engine.errors import IntakeError
from engine.language.definition import LeadField
from engine.lead import Value
from engine.process import Process
from engine.routing import NotTaken, OutOfScope, Taken, route
from engine.values import MAX_TEXT, accept_all, fault_of_text
from store.leads import Quality

META = ("id", "source_system", "title", "touch_id")
"""Keys of an incoming lead that are not fields of it. `touch_id` is what its system calls this very inquiry: under it, it is the same
one however often it is sent, and any other is a return."""

_UNSAFE = re.compile(r"[^A-Za-z0-9._~@+-]+")
_MAIL = re.compile(r"[^@\s]@[^@\s]")
_PHONE = re.compile(r"(?:\+|\(|0)[\d\s()/.+-]*")
_FEWEST_DIGITS = 7
"""Of a phone number. Without its `+`, `(` or leading 0 it cannot be told from a number that means nothing."""

_MAX_ID = 200
_MAX_SYSTEM = 100
_MAX_KEY = 255
"""Characters. The key is the workflow's id, and a column of that width is where Temporal keeps it in SQL."""


@dataclass(frozen=True)
class Incoming:
    """A checked lead: where it goes, its values with the personal ones apart, and the touch that brought it. `raw` and `invalid`
    are as in `client.cleaning.Cleaned`."""

    key: str
    source_system: str
    external_id: str
    title: str
    process: Process
    fields: dict[str, Value]
    personal: dict[str, Value]
    touch: dict[str, str | None]
    touch_id: str | None = None
    raw: dict[str, str] = field(default_factory=dict)
    invalid: tuple[str, ...] = ()

    @property
    def known(self) -> tuple[str, ...]:
        return tuple(name for name, value in self.personal.items() if value is not None)

    @property
    def content(self) -> list[Mapping[str, Value]]:
        """What tells this touch from another one (`client.touches`): two addresses that are none are two."""
        lost = {name: self.raw[name] for name in self.invalid}
        return [self.fields, self.personal, *([lost] if lost else [])]

    @property
    def missing(self) -> tuple[str, ...]:
        """The required fields that did not come."""
        return tuple(name for name in self.process.required if name not in self.fields and name not in self.personal)

    @property
    def quality(self) -> Quality:
        asked = wanted(self.process)
        filled = sum(name in self.fields or name in self.personal for name in asked)
        return Quality(self.raw, self.invalid, self.missing, len(asked), filled)


@dataclass(frozen=True)
class KeptOut:
    """A lead that is none (S0.14): which rule recognised it, and the reason."""

    key: str
    source_system: str
    external_id: str
    rule: str
    reason: str
    touch: dict[str, str | None] = field(default_factory=dict)


def key_of(source_system: str, external_id: str) -> str:
    """The lead's key, and its workflow id: readable unless it would name a person, and the same whatever is sent twice (B.7)."""
    return f"lead:{_safe(source_system)}:{_safe(external_id)}"


def receive(
    raw: Mapping[str, Any],
    offered: Callable[[str], Iterable[Process]],
    now: datetime,
    source_system: str = "manual",
    names: Names = NO_NAMES,
) -> Incoming | KeptOut:
    """Check an incoming lead. Raises IntakeError with every field at fault; nothing has been written then. What it lacks of what
    its process requires is no fault: it is kept, incomplete.

    `offered` tells by the key of a new lead the processes that are asked to take it, in their order.
    """
    if not isinstance(raw, Mapping):
        raise IntakeError(
            "NOT_A_LEAD",
            "a lead is an object with fields",
            remedy='Send for instance {"id": "42", "company": "Cobalt"}.',
        )
    named = raw.get("source_system")
    system = _name("source_system", source_system if named in (None, "") else named, _MAX_SYSTEM)
    values = {str(name): value for name, value in raw.items() if name not in META}
    external_id = _external_id(raw, values)
    key = key_of(system, external_id)
    if len(key) > _MAX_KEY:
        raise IntakeError(
            "BAD_ID",
            f"source_system and id make a key of {len(key)} characters",
            {"id": f"must be shorter: the key may have {_MAX_KEY}"},
            "Send a shorter id, or name the system in fewer letters.",
        )
    processes = tuple(offered(key))
    shared = _fields_of(processes)
    cleaned = clean(values, shared, names)
    routed = route(processes, cleaned.values, now)
    match routed:
        case OutOfScope():
            return KeptOut(key, system, external_id, routed.rule, routed.reason, _touch(cleaned.values))
        case NotTaken():
            asked = ", ".join(routed.asked) or "none is published"
            raise IntakeError(
                "NO_PROCESS",
                f"no process takes this lead (asked: {asked})",
                remedy="Publish a process whose `takes` fits, or mend the lead.",
            )
        case Taken(process=process):
            pass
    if any(process.fields.get(name) != shared.get(name) for name in cleaned.values):
        cleaned = clean(values, process.fields, names)
    accepted, wrong = accept_all(process.fields, cleaned.values)
    if fault := fault_of_text(str(raw.get("title") or "").strip(), MAX_TEXT):
        wrong["title"] = fault
    if wrong:
        raise _bad_fields(process.name, wrong)
    fields: dict[str, Value] = {
        name: value for name, value in accepted.items() if value is not None and not process.personal(name)
    }
    personal: dict[str, Value] = {
        name: value for name, value in accepted.items() if value is not None and process.personal(name)
    }
    title = _title(raw, fields, external_id)
    return Incoming(
        *(key, system, external_id, title, process, fields, personal, _touch(fields), _touch_id(raw)),
        raw=cleaned.raw,
        invalid=cleaned.invalid,
    )


def _fields_of(processes: Iterable[Process]) -> dict[str, LeadField]:
    """The fields that an incoming lead may have, before it is known whose: where processes differ, as the first one reads it."""
    fields: dict[str, LeadField] = {}
    for process in processes:
        fields = {**process.fields, **fields}
    return fields


def _touch(fields: Mapping[str, Any]) -> dict[str, str | None]:
    return {name: _text(fields.get(name)) for name in ("source", "campaign", "channel", "origin")}


def _touch_id(raw: Mapping[str, Any]) -> str | None:
    given = raw.get("touch_id")
    return None if given in (None, "") else _name("touch_id", given, _MAX_ID)


def _bad_fields(what: str, wrong: dict[str, str]) -> IntakeError:
    details = "; ".join(f"{name} {why}" for name, why in wrong.items())
    remedy = "Mend these fields and send the lead again; its id stays the same."
    return IntakeError("BAD_FIELDS", f"{what}: {details}", wrong, remedy)


def _external_id(raw: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    given = raw.get("id")
    if given is not None and str(given).strip():
        return _name("id", given, _MAX_ID)
    identity = "|".join(
        f"{name}={str(values[name]).strip().lower()}" for name in ("email", "phone") if values.get(name)
    )
    if not identity:
        raise IntakeError(
            "NO_ID",
            "the lead has neither an id nor a mail address or phone number",
            {"id": "is required"},
            "Send the id that your system knows it by.",
        )
    return _hashed(identity)


def _name(what: str, given: Any, longest: int) -> str:
    """What names the lead, or its system. Raises IntakeError for what is none, or is longer than a key can hold."""
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        raise IntakeError(
            "BAD_ID",
            f"the {what} is neither text nor a number",
            {what: "must be text or a number"},
            f"Send the {what} as text.",
        )
    text = str(given).strip()
    if (fault := fault_of_text(text, longest)) is not None:
        raise IntakeError("BAD_ID", f"the {what} {fault}", {what: fault}, f"Send another {what}.")
    return text


def _title(raw: Mapping[str, Any], fields: Mapping[str, Value], external_id: str) -> str:
    """What the lead is called where people see it, history included: the company or what its system calls it, never a person."""
    title = fields.get("company") or raw.get("title")
    return " ".join(str(title).split())[:120] if title else f"Lead {_impersonal(external_id)}"


def _impersonal(text: str) -> str:
    """What looks like a mail address or a phone number, which some systems know people by, becomes a sign that tells neither."""
    phone = _PHONE.fullmatch(text) and sum(map(str.isdigit, text)) >= _FEWEST_DIGITS
    return _hashed(text) if phone or _MAIL.search(text) else text


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:20]


def _safe(text: str) -> str:
    text = _impersonal(text.strip())
    cleaned = _UNSAFE.sub("-", text)
    if cleaned == text:
        return cleaned
    # Two ids that differ only in what is cleaned away must stay two leads.
    return f"{cleaned}-{_hashed(text)[:8]}"


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
