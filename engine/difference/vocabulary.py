"""What parts of a definition and their aspects are called when a change of them is told. Data only.

What stands in no table here is told by the name that it has in the file: nothing is left out for want of a word.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.difference.changes import Theme
from engine.language.definition import (
    ClockSpec,
    Event,
    LeadField,
    ProcessFile,
    SharedEvent,
    Stage,
    Takes,
    Uses,
    Written,
)
from engine.language.tables import (
    AssignmentRule,
    AssignmentTable,
    CalendarEntry,
    CalendarTable,
    IntakeTable,
    ReasonTable,
    ScoreTable,
    SegmentTable,
    TemplateTable,
)

THEMES: Mapping[str, Theme] = {
    "process": Theme.PROCESS,
    "intake": Theme.DOOR,
    "segments": Theme.SEGMENTS,
    "score": Theme.SCORE,
    "assignment": Theme.OWNERS,
    "calendars": Theme.CALENDARS,
    "reasons": Theme.REASONS,
    "templates": Theme.TEMPLATES,
    "identity": Theme.DOOR,
}
"""What a whole file is about, by its kind."""

PARTS: Mapping[tuple[type[Written], str], tuple[str, Theme]] = {
    (ProcessFile, "stages"): ("stage", Theme.STAGES),
    (Stage, "stages"): ("stage", Theme.STAGES),
    (ProcessFile, "events"): ("event", Theme.EVENTS),
    (Stage, "events"): ("event", Theme.EVENTS),
    (ProcessFile, "clocks"): ("clock", Theme.CLOCKS),
    (Stage, "clocks"): ("clock", Theme.CLOCKS),
    (ProcessFile, "ladders"): ("ladder", Theme.LADDERS),
    (ProcessFile, "sequences"): ("sequence", Theme.LADDERS),
    (ProcessFile, "fields"): ("field", Theme.FIELDS),
    (IntakeTable, "fields"): ("field", Theme.FIELDS),
    (IntakeTable, "out_of_scope"): ("out-of-scope rule", Theme.DOOR),
    (AssignmentTable, "rules"): ("rule", Theme.OWNERS),
    (ScoreTable, "parts"): ("part", Theme.SCORE),
    (ScoreTable, "caps"): ("cap of group", Theme.SCORE),
    (ScoreTable, "priority"): ("priority", Theme.SCORE),
    (ScoreTable, "grade"): ("grade", Theme.SCORE),
    (CalendarTable, "of"): ("calendar", Theme.CALENDARS),
    (ReasonTable, "lists"): ("list", Theme.REASONS),
    (SegmentTable, "of"): ("segment", Theme.SEGMENTS),
    (TemplateTable, "of"): ("template", Theme.TEMPLATES),
}
"""Where parts with a name of their own stand: in which key of which model, what one is called, and what it is about."""

NAMED_BY: Mapping[str, str] = {"rule": "name", "out-of-scope rule": "name", "segment": "segment"}
"""Parts in a list that say their own name, and under which key."""

RENAMED = ("stage", "clock", "event", "ladder", "sequence", "template", "rule")
"""Parts that may be the same under another name."""

ASIDE: Mapping[tuple[type[Written], str], Theme] = {
    (ProcessFile, "takes"): Theme.DOOR,
    (ProcessFile, "start"): Theme.STAGES,
}
"""What belongs to another theme than the part that it stands in."""

UNORDERED: Mapping[tuple[type[Written], str], bool] = {
    (Event, "by"): True,
    (SharedEvent, "from"): True,
    (ClockSpec, "starts_on"): True,
    (ClockSpec, "stops_on"): True,
    (ClockSpec, "cancels_on"): True,
    (AssignmentTable, "skip"): True,
    (AssignmentRule, "segment"): True,
    (CalendarEntry, "closed"): True,
}
"""Lists that say the same in any order."""

STAGES_NAMED: Mapping[tuple[type[Written], str], bool] = {
    (ProcessFile, "start"): True,
    (Event, "to"): True,
    (SharedEvent, "from"): True,
}
"""Where stages are named, in full or by their last part."""

LABELS: Mapping[tuple[type[Written], str], str] = {
    (ProcessFile, "start"): "new leads begin in",
    (Stage, "status"): "lead status",
    (Stage, "kind"): "kind",
    (Stage, "initial"): "a lead enters first",
    (Stage, "on_entry"): "on entry",
    (Stage, "on_exit"): "on leaving",
    (Event, "to"): "leads to",
    (Event, "by"): "may be caused by",
    (Event, "when"): "only if",
    (Event, "advised"): "advised if",
    (Event, "needs"): "needs",
    (Event, "then"): "then does",
    (Event, "cycle"): "cycle",
    (SharedEvent, "from"): "possible in",
    (ClockSpec, "due"): "due",
    (ClockSpec, "at"): "due on the day of",
    (ClockSpec, "counts_from"): "counts from",
    (ClockSpec, "starts_on"): "starts on",
    (ClockSpec, "when"): "runs only if",
    (ClockSpec, "runs_on"): "calendar",
    (ClockSpec, "stops_on"): "met by",
    (ClockSpec, "cancels_on"): "void on",
    (ClockSpec, "cancels_when"): "void if",
    (ClockSpec, "pauses_while"): "stands still while",
    (ClockSpec, "on_reentry"): "on coming back",
    (ClockSpec, "on_new_owner"): "with a new owner",
    (ClockSpec, "warn_at"): "warns at",
    (ClockSpec, "on_warning"): "a warning does",
    (ClockSpec, "on_breach"): "when it is missed",
    (LeadField, "of"): "values",
    (LeadField, "min"): "at least",
    (LeadField, "max"): "at most",
    (ProcessFile, "takes"): "takes leads",
    (Takes, "when"): "if",
    (Takes, "priority"): "with priority",
    (AssignmentRule, "segment"): "only for segment",
    (AssignmentRule, "when"): "only if",
    (AssignmentRule, "among"): "candidates by",
    (AssignmentRule, "pick"): "picks",
    (AssignmentRule, "limits"): "limit",
    (AssignmentTable, "limits"): "limit",
    (AssignmentTable, "keep_with"): "keeps leads with",
    (AssignmentTable, "skip"): "passes over",
    (AssignmentTable, "when_nobody"): "when nobody is found:",
    (AssignmentTable, "exception"): "exception owner:",
    (AssignmentTable, "queue"): "queue:",
    (AssignmentTable, "tells"): "template that tells the",
    (CalendarEntry, "zone"): "time zone",
    (CalendarEntry, "hours"): "hours",
    (CalendarEntry, "holidays"): "holidays of",
    (CalendarEntry, "closed"): "closed on",
    (CalendarEntry, "special"): "special hours on",
    (CalendarTable, "default"): "calendar of whoever has none",
    (ScoreTable, "cap"): "all parts together at most",
    **{(Uses, kind): f"{kind} table" for kind in Uses.model_fields},
}
"""What an aspect is called in a sentence: `{label} {before} -> {after}`."""

FLAGS: Mapping[tuple[type[Written], str], tuple[str, str]] = {
    (Stage, "closes"): ("closes the lead now", "no longer closes the lead"),
    (Stage, "waits_for_ever"): ("may wait for ever now", "may no longer wait for ever"),
    (LeadField, "required"): ("is required now", "is no longer required"),
    (LeadField, "personal"): ("is personal now", "is no longer personal"),
    (LeadField, "identity"): ("is said to identify a lead", "is no longer said to identify a lead"),
    (ClockSpec, "measures_on"): ("measures on after it was missed now", "no longer measures on after it was missed"),
}
"""What is said of something that is so now, and of something that is no longer so."""
