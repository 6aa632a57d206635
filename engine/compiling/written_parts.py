"""Every part of a file as written, with the way to it: for rules that look for one kind of part wherever it stands."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.definition import Written
from engine.reading.document import NodePath


def parts_of(written: object, at: NodePath = ()) -> Iterator[tuple[NodePath, Written]]:
    """The part itself and all within it, in the order written."""
    match written:
        case Written():
            yield at, written
            for name, spec in type(written).model_fields.items():
                yield from parts_of(getattr(written, name), (*at, spec.alias or name))
        case list():
            for number, part in enumerate(written):
                yield from parts_of(part, (*at, number))
        case dict():
            for key, part in written.items():
                yield from parts_of(part, (*at, key))
