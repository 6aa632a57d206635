"""What shared tables read of a lead: references such as `lead.country`, and conditions that may be impossible to tell.

S3.7: what nobody has filled in is unknown. It is never zero, never false, and always said by name.
"""

from __future__ import annotations

from datetime import datetime

from engine.expressions import Expression, ExpressionFailed, View
from engine.lead import Lead, Value
from engine.process import Process, moment


def field_of(reference: str) -> str:
    """The name that a reference names: `lead.country` is `country`."""
    return reference.removeprefix("lead.")


def value_of(lead: Lead, reference: str) -> Value:
    """The value of a non-personal field; None where it is unknown."""
    return lead.fields.get(field_of(reference))


def text_of(value: Value) -> str:
    """A value as an author writes it in a table: `true`, `3`, `pumps`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def moment_of(lead: Lead, reference: str) -> datetime | None:
    """The arrival, the entry into the stage, or the midnight (UTC) that begins a date field's day. None if unknown."""
    match field_of(reference):
        case "arrived_at":
            return lead.arrived_at
        case "entered_at":
            return lead.entered_at
        case name:
            day = lead.fields.get(name)
            return moment(day) if isinstance(day, str) else None


def words_for(process: Process, reference: str) -> str:
    """How people call a field: its title, or its name without underscores."""
    name = field_of(reference)
    spec = process.fields.get(name)
    return spec.title if spec and spec.title else name.replace("_", " ")


def tell(process: Process, condition: Expression, view: View) -> tuple[bool | None, str]:
    """Whether a condition holds; None, and in words what is not known, where that cannot be told.

    A condition that fails on this very lead (a division by zero) cannot be told either: no lead may get stuck on it.
    """
    try:
        verdict = condition.evaluate(view)
    except ExpressionFailed as failure:
        return None, failure.message
    if verdict.value is None:
        return None, f"{', '.join(words_for(process, name) for name in verdict.unknown)} not known"
    return verdict.holds, ""
