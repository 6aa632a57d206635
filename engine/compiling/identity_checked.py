"""What can be wrong in an identity table: points that nobody reaches, colleagues taken for one, fields of another kind (S0.13)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.compiling.bundle import Parsed
from engine.compiling.checking import Checker
from engine.identity.card import reads
from engine.language.definition import FieldType, LeadField
from engine.language.identity import DomainLikeness, IdentityTable, Likeness
from engine.reading.document import NodePath

_OF_A_PERSON = ("email", "phone", "name")
_TYPES: Mapping[str, tuple[FieldType, ...]] = {
    "email": (FieldType.EMAIL,),
    "phone": (FieldType.PHONE,),
    "name": (FieldType.TEXT,),
    "company": (FieldType.TEXT,),
    "domain": (FieldType.DOMAIN, FieldType.TEXT),
    "country": (FieldType.COUNTRY, FieldType.CHOICE, FieldType.TEXT),
}

Part = Likeness | DomainLikeness


def check_identity(check: Checker, at: Parsed, table: IdentityTable) -> None:
    """What the table gets wrong by itself."""
    parts = dict(_parts(table))
    if not any(name in parts for name in _OF_A_PERSON):
        message, remedy = "nothing here tells one person from another", "Compare `email`, `phone` or `name` too."
        check.report(at, ("parts",), "IDENTITY_NOBODY", message, remedy, key=True)
    elif (most := sum(part.same for part in parts.values())) < table.same:
        message = f"two leads that agree in everything have {most} points, and {table.same} make them the same"
        check.report(
            at, ("same",), "IDENTITY_NOBODY", message, f"Ask for {most} at most, or give more for what agrees."
        )
    if table.possible > table.same:
        message = "what is the same lead already would have to be asked about"
        check.report(at, ("possible",), "IDENTITY_POINTS", message, f"Let `possible` be {table.same} at most.")
    for name, part in parts.items():
        for key in ("alike", "shared"):
            if getattr(part, key, 0) > part.same:
                message = f"it counts more where it is '{key}' than where it is the same"
                check.report(at, ("parts", name, key), "IDENTITY_POINTS", message, f"Let it be {part.same} at most.")
    firm = sum(part.same for name, part in parts.items() if name not in _OF_A_PERSON)
    if firm >= table.same and len(parts) > 1:
        message = f"company, domain and country have {firm} points together: two colleagues would be one lead"
        check.report(at, ("same",), "IDENTITY_COLLEAGUES", message, f"Ask for more than {firm}, or give less for them.")
    if table.within is not None and table.within.is_working:
        unit = table.within.unit.removeprefix("working ")
        message = f"it is the same for every lead, and '{table.within}' needs somebody's calendar"
        check.report(at, ("within",), "WORKING_UNIT", message, f"Write it in {unit}, such as 730 {unit}.")


def check_identity_fields(check: Checker, at: Parsed, table: IdentityTable, fields: Mapping[str, LeadField]) -> None:
    """What does not go together with the fields of a process that uses the table."""
    for name, part in _parts(table):
        for number, field in enumerate(part.from_):
            path: NodePath = ("parts", name, "from", number)
            if not check.known(at, path, field, fields, "field", "UNKNOWN_FIELD"):
                continue
            if fields[field].type not in _TYPES[name]:
                message = f"'{field}' is a field of type {fields[field].type}"
                kinds = " or ".join(_TYPES[name])
                check.report(at, path, "WRONG_FIELD_TYPE", message, f"Name one of type {kinds}.")
    for field, spec in fields.items():
        if spec.identity and field not in reads(table):
            message = f"'{field}' is declared with `identity: true`, and this table does not compare it"
            remedy = "Name it in a part here, or take `identity` away there."
            check.report(at, ("parts",), "IDENTITY_FIELD", message, remedy, key=True)


def _parts(table: IdentityTable) -> Iterator[tuple[str, Part]]:
    for name in type(table.parts).model_fields:
        part = getattr(table.parts, name)
        if isinstance(part, Likeness | DomainLikeness):
            yield name, part
