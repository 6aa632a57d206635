"""One change between two versions, in a form that people read and machines count."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from engine.errors import Mark


class How(StrEnum):
    """What became of a part."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    MOVED = "moved"
    CHANGED = "changed"


class Theme(StrEnum):
    """What a change is about, in the order in which changes are told."""

    STAGES = "Stages"
    EVENTS = "Events"
    CLOCKS = "Clocks"
    LADDERS = "Escalation and letters"
    FIELDS = "Fields"
    DOOR = "Which leads it takes"
    OWNERS = "Who gets a lead"
    SCORE = "Score"
    SEGMENTS = "Segments"
    CALENDARS = "Calendars"
    REASONS = "Reasons"
    TEMPLATES = "Words of notices and letters"
    PROCESS = "The process itself"


@dataclass(frozen=True, slots=True)
class Change:
    """`what` is the kind of part (stage, clock, rule, ...), `aspect` what of it changed, empty where it is the part as a whole.

    `path` is where it stands in the file: the new one, or the old one for what was removed. `scope` is the stage of the old
    version that it belongs to, in full; empty where it is the process or a table. `before` and `after` are None where there is
    nothing on that side.
    """

    theme: Theme
    what: str
    aspect: str
    how: How
    file: str
    path: str
    scope: str
    sentence: str
    before: str | None
    after: str | None
    old: Mark | None
    new: Mark | None

    @property
    def kind(self) -> str:
        """What machines count by: `stage.removed`, `clock.due`, `rule.moved`."""
        return f"{self.what}.{self.aspect or self.how}"


@dataclass(frozen=True, slots=True)
class Difference:
    """All changes, by theme and then as written. Empty where both versions mean the same, however they are written.

    `renamed` are the stages that go on under another name or in another stage, by full path: old to new.
    """

    changes: tuple[Change, ...]
    renamed: dict[str, str]
