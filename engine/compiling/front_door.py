"""Conditions on leads that come in (`takes`, `out_of_scope`): nobody has them yet, they have no score and stand nowhere."""

from __future__ import annotations

from collections.abc import Collection

from engine.compiling.bundle import Parsed
from engine.compiling.checking import Checker
from engine.compiling.names import AT_THE_DOOR, STATE
from engine.expressions import Expression
from engine.reading.document import NodePath


def check_at_the_door(
    check: Checker, at: Parsed, path: NodePath, condition: Expression, fields: Collection[str]
) -> None:
    """Report what a sound condition reads and no lead can have yet, and fields that are none of these."""
    words = [(f"lead.{name}", name) for name in condition.reads] + [(f"known.{name}", name) for name in condition.asks]
    for word, name in words:
        if name in STATE and name not in AT_THE_DOOR:
            message = f"`{word}` is not known yet when a lead comes in"
            check.named_in_vain(at, path, condition, word, "NOT_YET", message, "Ask for what it brings along.")
        elif name not in STATE and name not in fields:
            message = f"`{word}` is a field of this process alone, and an intake table is there for all that use it"
            remedy = "Declare it in the `fields` of the intake table, or ask for another."
            check.named_in_vain(at, path, condition, word, "NOT_SHARED", message, remedy)
    for name in condition.uses:
        if name != "now":
            message = f"`{name}` comes with an event, and nothing has happened yet when a lead comes in"
            check.named_in_vain(at, path, condition, name, "NOT_YET", message, "Ask for what it brings along.")
