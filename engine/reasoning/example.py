"""What reasoning answers with: values that bear it out, or that it cannot be told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Final

from engine.lead import Value


class CannotTell(Enum):
    """Neither found nor ruled out: the conditions hold parts that are not reasoned about, or too many cases."""

    CANNOT_TELL = "cannot tell"

    def __bool__(self) -> bool:
        return False


CANNOT_TELL: Final = CannotTell.CANNOT_TELL


@dataclass(frozen=True, slots=True)
class Example:
    """A lead, as far as some conditions read it.

    `fields`: as leads keep them, a date as ISO text; None is unknown. `state`: what leadflow itself knows of it, such as
    `stage` or `score`. `codes`: what comes with the event. `known`: personal fields that are filled in, those that are
    not being `unknown`. `now`: the moment of it.
    """

    fields: Mapping[str, Value]
    now: datetime
    state: Mapping[str, object] = field(default_factory=dict)
    codes: Mapping[str, str | None] = field(default_factory=dict)
    known: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    def words(self, names: Iterable[str] | None = None) -> str:
        """In the words of conditions: `lead.score 12, lead.country 'DE'`. `names`: only these, as conditions say them."""
        told = {
            **{f"lead.{name}": value for name, value in (*self.fields.items(), *self.state.items())},
            **self.codes,
            **{f"known.{name}": True for name in self.known},
            **{f"known.{name}": False for name in self.unknown},
        }
        wanted = list(told) if names is None else [name for name in dict.fromkeys(names) if name in told]
        return ", ".join(_said(name, told[name]) for name in wanted)


def _said(name: str, value: object) -> str:
    match value:
        case None:
            return f"{name} not known"
        case bool():
            return f"{name} {'true' if value else 'false'}"
        case str():
            return f"{name} '{value}'"
        case float() if value.is_integer():
            return f"{name} {int(value)}"
        case datetime():
            return f"{name} {value:%Y-%m-%d %H:%M} UTC"
        case _:
            return f"{name} {value}"
