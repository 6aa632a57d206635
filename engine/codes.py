"""Every code that a finding may carry, with its title: the one list that docs, SARIF and suppressions go by.

A code is stable: scripts and comments in files name it. Its page is `docs/findings/CODE.md`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Theme(StrEnum):
    """What a finding is about; the value is the heading of the index."""

    YAML = "Files and YAML"
    FORM = "Keys and values"
    NAMES = "Names that lead nowhere"
    FIELDS = "Fields"
    CONDITIONS = "Conditions"
    EVENTS = "Events and actions"
    CLOCKS = "Clocks and ladders"
    TABLES = "Tables"
    TEXTS = "Templates"
    STAGES = "Ways through the process"
    GUARDS = "Guards and rules"
    UNUSED = "Unused"
    SCENARIOS = "Scenarios"
    PLANS = "Plans to migrate and to simulate"
    HOOKS = "Webhooks that come in"
    ALLOWED = "Allowed findings"


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of finding. `allowable` ones are about a definition that would run; an author may allow them."""

    name: str
    title: str
    theme: Theme
    allowable: bool = False

    @property
    def page(self) -> str:
        """Where it is explained, from the project's root."""
        return f"docs/findings/{self.name}.md"


_IMPOSSIBLE: Mapping[Theme, Mapping[str, str]] = {
    Theme.YAML: {
        "UNREADABLE": "The file cannot be read",
        "NOT_UTF8": "The file is not written in UTF-8",
        "TOO_LARGE": "A file, list or expression is too large",
        "TOO_DEEP": "Too many levels are nested",
        "EMPTY": "The file says nothing",
        "SYNTAX": "The file or the expression cannot be understood",
        "CONTROL_CHARACTER": "An invisible character stands in the file",
        "MULTIPLE_DOCUMENTS": "A second document begins in the same file",
        "DUPLICATE_KEY": "A key is written twice",
        "KEY_NOT_TEXT": "A key is neither text nor a whole number",
        "MERGE_KEY": "A merge key would pull in another place",
        "ALIAS": "An anchor or alias refers to another place",
        "TAG": "A tag would change what a value is",
        "AMBIGUOUS_BOOLEAN": "A word that only some readers take for true or false",
        "AMBIGUOUS_TIME": "A time of day without quotes",
        "AMBIGUOUS_DATE": "A date without quotes",
        "AMBIGUOUS_NUMBER": "A number in a form that readers take differently",
        "FILE_NAME": "Nothing looks for a file of this name",
        "VERSION_NAME": "The file is called after another version than it holds",
        "UNKNOWN_KIND": "The file does not say what it is",
        "NOT_A_PROCESS": "A table stands where a process is expected",
        "NOT_A_ROSTER": "Another file stands where a roster is expected",
    },
    Theme.FORM: {
        "UNKNOWN_KEY": "A key that means nothing here",
        "MISSING_KEY": "A key that must be there is missing",
        "WRONG_TYPE": "A value of the wrong type",
        "WRONG_VALUE": "A value of the wrong form or size",
        "NOT_ALLOWED": "A word that is not among those allowed",
        "DURATION": "A duration in no known form",
        "HALF_AN_ACTION": "An action without its value",
        "TWO_ACTIONS": "Two actions in one entry",
        "NO_VALUE_HERE": "A value behind an action that takes none",
    },
    Theme.NAMES: {
        "UNKNOWN_TABLE": "A table that does not exist",
        "UNKNOWN_STAGE": "A stage that does not exist",
        "AMBIGUOUS_STAGE": "A name that several stages have",
        "UNKNOWN_EVENT": "An event that does not exist",
        "UNKNOWN_FIELD": "A field that does not exist",
        "UNKNOWN_LADDER": "A ladder that does not exist",
        "UNKNOWN_SEQUENCE": "A sequence that does not exist",
        "UNKNOWN_TEMPLATE": "A template that does not exist",
        "UNKNOWN_LIST": "A list of reasons that does not exist",
        "UNKNOWN_CODE": "A reason that is in no list",
        "UNKNOWN_SEGMENT": "A segment that does not exist",
        "UNKNOWN_CALENDAR": "A calendar that does not exist",
        "UNKNOWN_GROUP": "A cap for a group that no part is in",
        "UNKNOWN_PROCESS": "A process to go on in that does not exist",
        "UNPUBLISHED_PROCESS": "A process to go on in that is not published",
        "UNKNOWN_ZONE": "A time zone that does not exist",
        "UNKNOWN_REGION": "A region without known holidays",
        "NOT_IN_ROSTER": "The roster names who is not in it",
        "DUPLICATE_NAME": "Two things of one kind have the same name",
        "DUPLICATE_TABLE": "Two tables have the same name",
        "RESERVED_NAME": "A name that leadflow itself uses",
    },
    Theme.FIELDS: {
        "DUPLICATE_FIELD": "A field that the intake table declares already",
        "FIELD_KEY": "A key that says nothing of fields of this type",
        "FIELD_BOUNDS": "Bounds that no number meets",
        "CHOICE_EMPTY": "A choice without values",
        "CHOICE_VALUE": "A value that a choice does not have",
        "BAD_VALUE": "A value that its field does not accept",
        "WRONG_FIELD_TYPE": "A field of another type than is needed",
        "NOT_A_DATE": "A clock waits for a field that is no date",
        "FIELD_AS_WORD": "A field named without `lead.`",
        "PERSONAL_FIELD": "A rule would read or set a personal field",
    },
    Theme.CONDITIONS: {
        "UNKNOWN_NAME": "A name or function that does not exist",
        "TYPE_MISMATCH": "Values of different kinds are put together",
        "NOT_A_CONDITION": "An expression of another kind than its place needs",
        "BAD_LITERAL": "A duration, moment or pattern in a form that never works",
        "MAP_ITERATION": "A loop over a table that has no order",
        "TOO_COMPLEX": "An expression is nested too deeply",
        "NOT_YET": "A condition reads what is not known yet",
        "NOT_SHARED": "The intake table reads a field of one process alone",
        "NOT_ASKED": "A note depends on a code that the event does not ask for",
        "OWN_SCORE": "A score reads what comes out of it",
    },
    Theme.EVENTS: {
        "BY_NOBODY": "An event that is for nobody",
        "EVENT_NOWHERE": "A shared event that is possible in no stage",
        "CYCLE_STAYS": "A next cycle that begins nowhere",
        "CLOSES_OPEN": "A stage that closes the lead and is neither won nor lost",
        "FIRE_NOT_HERE": "An event is fired where it is not possible",
        "FIRE_NOT_ALLOWED": "An event is fired by whom it is not for",
        "FIRE_NEEDS": "An event is fired that asks for what only people bring",
        "NO_TABLE": "An action or unit needs a table that the process does not use",
    },
    Theme.CLOCKS: {
        "CLOCK_TIME": "A clock without exactly one deadline",
        "DUPLICATE_CLOCK": "Two clocks of one name run at the same time",
        "WARN_AT": "A warning that says nothing",
        "LADDER_END": "A ladder that does not end at a named person",
        "REPEAT_NOT_LAST": "A rung repeats before the last",
        "STEP_ORDER": "A step that is earlier than the one above it",
    },
    Theme.TABLES: {
        "AMONG_EVERYBODY": "A rule that does not say among whom",
        "NO_QUEUE": "Leads go to a queue that the table does not have",
        "DECAY": "Points that fade without saying how",
        "WORKING_UNIT": "A score or an identity table counts in working units",
        "BAD_CALENDAR": "A calendar that contradicts itself or never opens",
        "IDENTITY_NOBODY": "An identity table that recognises nobody",
        "IDENTITY_COLLEAGUES": "An identity table that takes colleagues for one person",
        "IDENTITY_POINTS": "Points of an identity table that contradict each other",
        "IDENTITY_FIELD": "A field that is to identify leads and is not compared",
    },
    Theme.TEXTS: {
        "TEMPLATE_SYNTAX": "A template that cannot be read",
        "TEMPLATE_VARIABLE": "A template names what does not exist",
        "TEMPLATE_LOOP": "A template loops",
        "TEMPLATE_NOT_ALLOWED": "A template does what a text may not",
    },
    Theme.SCENARIOS: {
        "NOT_SCENARIOS": "Another file stands where scenarios are expected",
        "ONE_LEAD": "A scenario does not begin with its lead, or has two",
        "OTHER_PROCESS": "A scenario's lead goes to another process",
        "NO_NOW": "A scenario does not say when it begins",
        "NO_ZONE": "A moment without a time zone",
        "BAD_MOMENT": "A moment or day that cannot be",
        "NO_ROSTER": "A scenario does not say who works there",
        "UNKNOWN_ROSTER": "A roster that does not exist",
        "UNKNOWN_PERSON": "A person who is not in the roster",
        "UNKNOWN_TEAM": "A team that is not in the roster",
        "UNKNOWN_PRIORITY": "A priority that the score does not have",
        "UNKNOWN_GRADE": "A grade that the score does not have",
        "UNKNOWN_CLOCK": "A clock that does not exist",
        "UNKNOWN_HAPPENING": "Something expected that never happens",
        "TWO_STEPS": "Two steps of a scenario in one entry",
        "NOT_AFTER_EVENT": "A refusal is expected where nothing was asked",
        "DAYS_LEFT": "Time that is left, in days",
    },
    Theme.PLANS: {
        "NOT_A_PLAN": "Another file stands where a plan is expected",
        "SAME_VERSION": "A plan leads from a version to itself",
        "UNMAPPED_STAGE": "A stage that is gone, and leads that stand in it",
        "STAGE_KIND": "A move would win or lose a lead",
        "TWO_CLOCKS": "Two clocks go on as one",
        "PERSONAL_CHANGED": "A field is personal in one of the versions only",
        "NO_WEIGHT": "Nothing in a choice by chance has any weight",
        "TWO_RATES": "A number of leads that is given twice",
        "NO_DRAW": "A number by chance that cannot be drawn",
        "TWO_UNITS": "A time by chance in units that do not mix",
        "NO_WAIT": "A time by chance that cannot be drawn",
    },
    Theme.HOOKS: {
        "HOOK_TIME": "A webhook whose time is not told, or not signed",
        "HOOK_RULE": "A rule of a webhook that leaves open what it does",
        "HOOK_PLACE": "A place in a body that is not written as one",
    },
    Theme.ALLOWED: {
        "ALLOW_REASON": "A finding is allowed without a reason",
        "ALLOW_UNKNOWN": "A comment allows a code that does not exist",
        "ALLOW_NEVER": "A comment allows what cannot be allowed",
        "ALLOW_NOTHING": "A comment allows what is not found",
    },
}
"""Without these mended, there is no process to run: nobody can allow them."""

_ANALYSED: Mapping[Theme, Mapping[str, str]] = {
    Theme.STAGES: {
        "UNREACHABLE_STAGE": "A stage that no lead can enter",
        "NO_WAY_TO_END": "A stage from which no lead is ever won or lost",
        "TRAP_CYCLE": "Stages in which leads go round and never come to an end",
        "LIVELOCK": "A circle that leads go round by themselves, for ever",
        "STAGE_WITHOUT_CLOCK": "A stage in which a lead may lie for ever",
        "DATE_MAY_BE_MISSING": "A stage waits for a date that may not be there",
    },
    Theme.EVENTS: {
        "NEVER_FIRED": "An event for clocks that no clock causes",
        "FIRE_FIELD": "An event is fired that needs a field which may be missing",
    },
    Theme.CLOCKS: {
        "UNITS_MIXED": "Rungs in units that may fall out of order",
        "WARNING_AFTER_BREACH": "A warning that helps only when the time is over",
    },
    Theme.GUARDS: {
        "GUARD_NEVER": "A condition that can never hold",
        "GUARD_ALWAYS": "A condition that compares and always holds",
        "GUARD_SHADOWED": "A branch that an earlier one always takes the leads of",
        "GUARDS_OVERLAP": "Two branches that can both hold, so that the order decides",
        "GUARDS_GAP": "Conditions of which none holds for some leads",
        "RULE_NEVER_MATCHES": "A rule that an earlier one always comes before",
        "BAND_NEVER": "A band of a score that nothing reaches",
    },
    Theme.TABLES: {
        "NO_CAPACITY": "Limits that let nobody have a lead",
    },
    Theme.FIELDS: {
        "PERSONAL_IN_HISTORY": "A person's data would be written into history",
    },
    Theme.UNUSED: {
        "UNUSED_SERIES": "A ladder or sequence that nothing starts",
        "UNUSED_TABLE": "A table that no process uses",
        "UNUSED_IN_TABLE": "Something in a table that nothing names",
    },
}
"""A process that would run, and in which leads would be lost, wait for ever or go round: found by `engine.analysis`."""

CODES: Mapping[str, Code] = {
    name: Code(name, title, theme, allowable)
    for allowable, themes in ((False, _IMPOSSIBLE), (True, _ANALYSED))
    for theme, titles in themes.items()
    for name, title in titles.items()
}
"""By name, in the order of the index."""
