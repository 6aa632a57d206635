"""A field that a definition names beside its conditions, as in `value: lead.budget`: it exists, is readable, and fits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.compiling.bundle import Parsed
from engine.compiling.checking import Checker
from engine.language.definition import FieldType, LeadField
from engine.reading.document import NodePath

NUMBERS = (FieldType.INTEGER, FieldType.NUMBER, FieldType.MONEY)
MOMENTS = ("arrived_at", "entered_at")
"""What every lead has that can stand for a date field."""


def check_reference(
    check: Checker,
    at: Parsed,
    path: NodePath,
    reference: str,
    fields: Mapping[str, LeadField],
    types: Iterable[FieldType] = (),
) -> None:
    """Report a reference that is no field which rules can read, or none of these types."""
    name = reference.removeprefix("lead.")
    wanted = tuple(types)
    if name in MOMENTS and FieldType.DATE in wanted:
        return
    if not check.known(at, path, name, fields, "field", "UNKNOWN_FIELD"):
        return
    spec = fields[name]
    if spec.personal:
        check.report(at, path, "PERSONAL_FIELD", f"'{name}' is personal, so rules cannot read it", "Use another field.")
    elif wanted and spec.type not in wanted:
        kinds = " or ".join(part for part in (", ".join(wanted[:-1]), wanted[-1]) if part)
        message, remedy = f"'{name}' is a field of type {spec.type}", f"Name one of type {kinds}."
        check.report(at, path, "WRONG_FIELD_TYPE", message, remedy)
