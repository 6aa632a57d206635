"""Checking a document against a model, with findings that an author understands.

`engine.reading.faults` tells the mistakes apart; here each becomes one finding, at its place in the file, in plain words,
with a remedy (B.1).
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from engine.errors import DefinitionError, Finding
from engine.reading.complaints import Place, complaint, listed, quoted, wrong_type
from engine.reading.document import Document, MappingNode, NodePath
from engine.reading.faults import Fault, mistakes
from engine.reading.offers import keys_at, nearest

M = TypeVar("M", bound=BaseModel)

MOST_MISTAKES = 100
"""No author mends more at once, and looking for what was meant takes a millisecond for each."""


def validate(model: type[M], document: Document, *, path: NodePath = ()) -> M:
    """The part of `document` at `path` as a `model`. Raises DefinitionError.

    Nothing is coerced: text in quotes stays text. The types are JSON's, so a list fills a tuple and a text an enum.
    """
    node = document.node(path)
    if node is None:
        message, remedy = f"the key {quoted(path[-1])} is missing", f"Add {path[-1]}: and its value"
        raise DefinitionError([Finding(document.key_mark(path), "MISSING_KEY", message, remedy)])
    text = json.dumps(node.value, ensure_ascii=False)
    try:
        return model.model_validate_json(text, strict=True)
    except ValidationError as error:
        faults = mistakes(error.errors(include_url=False), json.loads(text))
    raise DefinitionError(_findings(faults[:MOST_MISTAKES], Place(model, document, path)))


def _findings(faults: list[Fault], place: Place) -> list[Finding]:
    unknown = [_unknown_key(fault, place) for fault in faults if fault.kind == "extra_forbidden"]
    # A misspelt key is unknown, and missing under its right name, and may have led to the wrong branch: one mistake.
    explained = {path for _, paths in unknown for path in paths}
    findings = [finding for finding, _ in unknown]
    for fault in faults:
        if fault.kind == "extra_forbidden" or (fault.kind == "missing" and fault.path in explained):
            continue
        findings += _finding(fault, place)
    return list(dict.fromkeys(findings))


def _finding(fault: Fault, place: Place) -> list[Finding]:
    if fault.kind == "missing":
        return [_missing_key(fault, place)]
    if fault.kind == "union_tag_not_found":
        return _no_branch(fault, place)
    code, message, remedy = complaint(fault, place)
    path = place.base + fault.path
    mark = place.document.key_mark(path) if fault.about_key else place.document.mark(path)
    return [Finding(mark, code, message, remedy)]


def _unknown_key(fault: Fault, place: Place) -> tuple[Finding, list[NodePath]]:
    """The finding, and the missing keys that it explains."""
    *_, (_, key) = fault.steps
    parent = fault.path[:-1]
    allowed, anywhere = keys_at(place.model, fault.steps[:-1])
    node = place.document.node(place.base + parent)
    taken = node.entries if isinstance(node, MappingNode) else {}
    free = [name for name in allowed if name not in taken]
    meant = nearest(str(key), free)
    explained = [(*parent, meant)] if meant else []
    if not meant:
        meant = nearest(str(key), [name for name in anywhere if name not in taken])
        explained = [(*parent, name) for name in allowed] if meant else []
    remedy = f"Did you mean '{meant}'?" if meant else listed("Allowed here", free or allowed) or "Take it away"
    message = f"{quoted(key)} is not a key of {place.named(parent)}"
    return Finding(place.document.key_mark(place.base + fault.path), "UNKNOWN_KEY", message, remedy), explained


def _missing_key(fault: Fault, place: Place) -> Finding:
    parent = fault.path[:-1]
    message = f"the key {quoted(fault.path[-1])} is missing in {place.named(parent)}"
    mark = place.document.key_mark(place.base + parent)
    return Finding(mark, "MISSING_KEY", message, f"Add {fault.path[-1]}: and its value")


def _no_branch(fault: Fault, place: Place) -> list[Finding]:
    """A mapping whose kind shows in its keys, without any key that tells the kind."""
    path = place.base + fault.path
    anywhere = keys_at(place.model, fault.steps)[1]
    if not isinstance(fault.given, dict):
        code, message, remedy = wrong_type(replace(fault, expected=("a mapping",)), place)
        return [Finding(place.document.mark(path), code, message, remedy)]
    findings = []
    for key in fault.given:
        meant = nearest(key, anywhere) if key not in anywhere else None
        if meant:
            message = f"{quoted(key)} is not a key of {place.named(fault.path)}"
            mark = place.document.key_mark((*path, key))
            findings.append(Finding(mark, "UNKNOWN_KEY", message, f"Did you mean '{meant}'?"))
    tag = str(fault.context.get("discriminator", ""))
    needed = [tag.strip("'")] if tag.startswith("'") else anywhere
    message = f"nothing in {place.named(fault.path)} says what it is"
    return findings or [Finding(place.document.key_mark(path), "MISSING_KEY", message, listed("Add one of", needed))]
