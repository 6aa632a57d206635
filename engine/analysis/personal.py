"""Fields whose values would enter workflow history, which nobody can erase, and that are a person's own (B.7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.analysis.subject import Subject
from engine.compiling.bundle import Parsed
from engine.compiling.checking import Checker
from engine.language.definition import FieldType, LeadField, ProcessFile
from engine.language.tables import IntakeTable

_A_PERSONS = {FieldType.EMAIL: "a mail address", FieldType.PHONE: "a phone number"}
_MEND = "Write `personal: true`: it is kept in the database alone, and rules may ask whether it is known."


def check_personal(check: Checker, subject: Subject) -> None:
    """Mail addresses and phone numbers are personal wherever they are kept."""
    for file, name, spec in _declared([subject.source, *subject.tables.values()]):
        if spec.type in _A_PERSONS and not spec.personal:
            message = (
                f"'{name}' holds {_A_PERSONS[spec.type]}, and would be written into history, which cannot be erased"
            )
            check.report(file, ("fields", name), "PERSONAL_IN_HISTORY", message, _MEND, key=True)


def check_personal_elsewhere(check: Checker, files: Iterable[Parsed]) -> None:
    """What one process keeps as personal, another may not write into history: leads go from one to the other."""
    declared = list(_declared(files))
    for file, name, spec in declared:
        other = next((one for one, same, kept in declared if same == name and kept.personal), None)
        if other is not None and not spec.personal:
            message = f"'{name}' is personal in {other.name}, and would be written into history here"
            check.report(file, ("fields", name), "PERSONAL_IN_HISTORY", message, _MEND, key=True)


def _declared(files: Iterable[Parsed]) -> Iterator[tuple[Parsed, str, LeadField]]:
    for file in files:
        if isinstance(file.model, ProcessFile | IntakeTable):
            for name, spec in file.model.fields.items():
                yield file, name, spec
