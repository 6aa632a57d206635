"""The sentence that tells a change to a manager."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from engine.difference.wording import worded
from engine.language.definition import ClockSpec, Event, LeadField, Stage
from engine.language.tables import AssignmentRule, CalendarEntry, SegmentRow, Template

LONG = 90
"""Characters of a value beyond which a sentence says only that it changed; before and after have it in full."""
_FEW = 4
"""Entries of both lists together up to which they are told in full."""


def subject(around: str, what: str, name: str, part: Any) -> str:
    """`Marketing Qualified, clock 'follow-up'`."""
    said = f"{what} '{title_of(part) or name}'"
    return f"{around}, {said}" if around else said


def predicate(label: str, old: Any, new: Any, flag: tuple[str, str] | None) -> str:
    """What is said of an aspect that changed: `due 3 working days -> 2 working days`."""
    if flag is not None:
        return flag[0] if new else flag[1]
    if _plain_list(old) and _plain_list(new) and old and new and len(old) + len(new) > _FEW:
        also, no_longer = [one for one in new if one not in old], [one for one in old if one not in new]
        parts = [f"now also {worded(also)}"] * bool(also) + [f"no longer {worded(no_longer)}"] * bool(no_longer)
        return f"{label} {', '.join(parts)}" if parts else f"{label}: in another order now, {worded(new)}"
    before, after = worded(old), worded(new)
    if max(len(before), len(after)) > LONG or "\n" in before + after:
        return f"{label} changed".lstrip()
    return f"{label} {before} -> {after}".lstrip()


def brief(part: Any) -> str:
    """The gist of a part that is new or gone."""
    match part:
        case Stage():
            return f"kind {part.kind.value}" + (", closes the lead" if part.closes else "")
        case ClockSpec():
            return f"due {part.due}" if part.due is not None else f"due on the day of {part.at}"
        case Event():
            return f"leads to {part.to}" if part.to else "the lead stays"
        case [Event() as first]:
            return brief(first)
        case [Event(), *_]:
            return f"{len(part)} ways"
        case LeadField():
            return f"{part.type.value}" + (", required" if part.required else "")
        case AssignmentRule():
            return f"picks {part.pick.value} by {worded(part.among)}"
        case Template():
            return part.subject
        case CalendarEntry():
            return worded(part.hours)
        case SegmentRow():
            return part.when
        case _:
            said = worded(part)
            return said if len(said) <= LONG else f"{said[:LONG]}..."


def title_of(part: Any) -> str | None:
    """As its author wrote it; of an event that of its first branch that has one."""
    if isinstance(part, list) and part:
        return next((title for one in part if (title := getattr(one, "title", None))), None)
    return getattr(part, "title", None) if isinstance(part, BaseModel) else None


def _plain_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(one, str) for one in value)
