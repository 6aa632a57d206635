"""Checking a file against a model: one mistake is one finding, at its place, in words for sales operations."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    model_validator,
)

from engine.errors import DefinitionError
from engine.reading.source import read, validate, wrong


class Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _duration(text: str) -> str:
    if not text.endswith("days"):
        raise wrong("DURATION", f"'{text}' is not a duration", "Write a number and a unit, such as 3 days")
    return text


Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Duration = Annotated[str, AfterValidator(_duration)]


class Kind(StrEnum):
    OPEN = "open"
    WON = "won"


class Notify(Written):
    notify: Name
    with_: Name = Field(alias="with")


class Climb(Written):
    climb: Name
    rungs: tuple[int, ...] = ()


def _kind(value: Any) -> str | None:
    return next((key for key in ("notify", "climb") if isinstance(value, dict) and key in value), None)


Action = Annotated[Annotated[Notify, Tag("notify")] | Annotated[Climb, Tag("climb")], Discriminator(_kind)]


class Mail(Written):
    channel: Literal["mail"]
    subject: str


class Call(Written):
    channel: Literal["call"]
    minutes: int


class Clock(Written):
    due: Duration | Literal["never"]
    stops_on: Annotated[list[Name], BeforeValidator(lambda value: value if isinstance(value, list) else [value])] = []
    on_breach: Notify | Climb | Name | None = None
    warn_at: list[Annotated[str, StringConstraints(pattern=r"^[0-9]{1,2}%$")]] = []

    @model_validator(mode="after")
    def _warns_of_something(self) -> Clock:
        if self.due == "never" and self.warn_at:
            raise wrong("WARNS_OF_NOTHING", "a clock that is never due cannot warn", "Take warn_at away")
        return self


class Stage(Written):
    title: str | None = None
    kind: Kind = Kind.OPEN
    closes: bool = False
    value: int | float = 0
    priority: Annotated[int, Field(ge=0, le=9)] = 0
    bands: dict[int, str] = {}
    clocks: dict[Name, Clock] = {}
    then: list[Action] = []
    contact: Annotated[Mail | Call, Field(discriminator="channel")] | None = None
    tries: list[Mail | Call] = []
    stages: dict[Name, Stage] = {}


class Process(Written):
    process: Name
    stages: dict[Name, Stage]


HEAD = "process: inbound\nstages:\n  new:\n"


def findings_of(stage: str, head: str = HEAD) -> list[str]:
    with pytest.raises(DefinitionError) as refusal:
        validate(Process, read(head + stage, "f"))
    return [str(finding) for finding in refusal.value.findings]


def test_right_file_becomes_a_model() -> None:
    """C.5: text fills an enum and a list a tuple, whole numbers may be keys, and a list of one needs no brackets."""
    stage = """\
    kind: won
    bands: {5: 2 days}
    clocks: {first: {due: 3 days, stops_on: contact, on_breach: {climb: silence, rungs: [1, 2]}}}
    then: [{notify: owner, with: new_lead}]
"""
    process = validate(Process, read(HEAD + stage, "f"))
    new = process.stages["new"]
    assert (new.kind, new.bands, new.clocks["first"].stops_on) == (Kind.WON, {5: "2 days"}, ["contact"])
    assert new.clocks["first"].on_breach == Climb(climb="silence", rungs=(1, 2))


MISTAKES = [
    # id, text below the stage, the finding
    ("unknown key", "    titel: x", "f:4:5: UNKNOWN_KEY 'titel' is not a key of 'new'. Did you mean 'title'?"),
    (
        "unknown key, nothing near",
        "    clocks: {first: {due: 1 days, x: 1}}",
        "f:4:35: UNKNOWN_KEY 'x' is not a key of 'first'. Allowed here: stops_on, on_breach, warn_at",
    ),
    (
        "missing key",
        "    clocks: {first: {}}",
        "f:4:14: MISSING_KEY the key 'due' is missing in 'first'. Add due: and its value",
    ),
    (
        "misspelt key that is required",
        "    clocks:\n      first:\n        duo: 1 days",
        "f:6:9: UNKNOWN_KEY 'duo' is not a key of 'first'. Did you mean 'due'?",
    ),
    (
        "text expected",
        "    title: 0.50",
        "f:4:12: WRONG_TYPE expected text for 'title', got the number 0.5. Put it in quotes: '0.50'",
    ),
    (
        "no value",
        "    closes:",
        "f:4:12: WRONG_TYPE expected true or false for 'closes', got nothing. Write the value after the colon",
    ),
    (
        "number in quotes",
        "    priority: '3'",
        "f:4:15: WRONG_TYPE expected a whole number for 'priority', got the text '3'. Write it without quotes: 3",
    ),
    (
        "true for a number",
        "    priority: true",
        "f:4:15: WRONG_TYPE expected a whole number for 'priority', got true. Write a whole number",
    ),
    (
        "fraction",
        "    priority: 1.5",
        "f:4:15: WRONG_TYPE expected a whole number for 'priority', got the number 1.5. Write a whole",
    ),
    (
        "either number",
        "    value: high",
        "f:4:12: WRONG_TYPE expected a number for 'value', got the text 'high'. Write a number",
    ),
    (
        "list expected",
        "    then: owner",
        "f:4:11: WRONG_TYPE expected a list for 'then', got the text 'owner'. Write it as a list",
    ),
    (
        "mapping expected",
        "    clocks: [a]",
        "f:4:13: WRONG_TYPE expected a mapping for 'clocks', got a list. Write keys and values, without '-' and",
    ),
    (
        "mapping glued together",
        "    clocks: {first: due:3}",
        "f:4:21: WRONG_TYPE expected a mapping for 'first', got the text 'due:3'. Put a space after the colon",
    ),
    (
        "number as key expected",
        "    bands: {much: x}",
        "f:4:13: WRONG_TYPE expected a whole number for the key 'much', got the text 'much'",
    ),
    (
        "enum",
        "    kind: wonn",
        "f:4:11: NOT_ALLOWED 'wonn' is not allowed for 'kind'. Did you mean 'won'? Allowed here: open, won",
    ),
    (
        "enum, number",
        "    kind: 5",
        "f:4:11: NOT_ALLOWED the number 5 is not allowed for 'kind'. Allowed here: open, won",
    ),
    ("enum, no value", "    kind:", "f:4:10: NOT_ALLOWED 'kind' has no value. Allowed here: open, won"),
    ("limit", "    priority: 12", "f:4:15: WRONG_VALUE 'priority' must be 9 or less, not 12"),
    (
        "form of a name",
        "    then: [{climb: No Answer}]",
        "f:4:20: WRONG_VALUE the text 'No Answer' does not have the form that 'climb' needs. Did you mean 'no_answer'?",
    ),
    (
        "form of a key",
        "    clocks: {First: {due: 1 days}}",
        "f:4:14: WRONG_VALUE the key 'First' does not have the form that keys have here. Did you mean 'first'?",
    ),
    (
        "share without sign",
        "    clocks: {first: {due: 1 days, warn_at: [50]}}",
        "f:4:45: WRONG_TYPE expected text for entry 1 of 'warn_at', got the number 50. Write 50%",
    ),
    (
        "our own code",
        "    clocks: {first: {due: 3 dais}}",
        "f:4:27: DURATION '3 dais' is not a duration. Write a number and a unit, such as 3 days",
    ),
    (
        "our own code for a whole mapping",
        "    clocks: {first: {due: never, warn_at: [50%]}}",
        "f:4:21: WARNS_OF_NOTHING a clock that is never due cannot warn. Take warn_at away",
    ),
    (
        "list of one, wrong",
        "    clocks: {first: {due: 1 days, stops_on: Contact}}",
        "f:4:45: WRONG_VALUE the text 'Contact' does not have the form that 'stops_on' needs. Did you mean 'contact'?",
    ),
    (
        "branch told by key",
        "    then: [{notify: owner}]",
        "f:4:12: MISSING_KEY the key 'with' is missing in entry 1 of 'then'. Add with",
    ),
    (
        "branch told by misspelt key",
        "    then: [{clmb: x}]",
        "f:4:13: UNKNOWN_KEY 'clmb' is not a key of entry 1 of 'then'. Did you mean 'climb'?",
    ),
    (
        "branch told by no key",
        "    then: [{}]",
        "f:4:12: MISSING_KEY nothing in entry 1 of 'then' says what it is. Add one of: notify, with, climb",
    ),
    (
        "branch of text",
        "    then: [owner]",
        "f:4:12: WRONG_TYPE expected a mapping for entry 1 of 'then', got the text 'owner'",
    ),
    (
        "branch told by value",
        "    contact: {channel: mial, subject: x}",
        "f:4:24: NOT_ALLOWED 'mial' is not allowed for 'channel'. Did you mean 'mail'? Allowed here: mail, call",
    ),
    (
        "branch not told",
        "    contact: {subject: x}",
        "f:4:5: MISSING_KEY nothing in 'contact' says what it is. Add one of: channel",
    ),
    (
        "inside the branch told by value",
        "    contact: {channel: mail, subject: 5}",
        "f:4:39: WRONG_TYPE expected text for 'subject', got the number 5. Put it in quotes: '5'",
    ),
    (
        "untold union, by the kind it names",
        "    tries: [{channel: call, minutes: 1, subject: x}]",
        "f:4:41: UNKNOWN_KEY 'subject' is not a key of entry 1 of 'tries'. Allowed here: channel, minutes",
    ),
    (
        "untold union, by the keys it has",
        "    clocks: {first: {due: 1 days, on_breach: {climb: x, rungs: [1, b]}}}",
        "f:4:68: WRONG_TYPE expected a whole number for entry 2 of 'rungs', got the text 'b'",
    ),
    (
        "untold union, nothing fits",
        "    clocks: {first: {due: 1 days, on_breach: 5}}",
        "f:4:46: WRONG_TYPE expected a mapping or text for 'on_breach', got the number 5",
    ),
]


@pytest.mark.parametrize(("stage", "finding"), [row[1:] for row in MISTAKES], ids=[row[0] for row in MISTAKES])
def test_one_mistake_is_one_finding_in_plain_words(stage: str, finding: str) -> None:
    """B.1: line and column, stable code, what is wrong, and how to mend it."""
    first, *others = findings_of(stage)
    assert first.startswith(finding)
    assert others == []


def test_many_mistakes_are_told_in_the_order_of_the_file() -> None:
    """B.1: an author mends a file in one go."""
    text = "    kind: lost\n    titel: x\n    clocks:\n      first: {due: soon}\n      second: {dou: 1 days}\n"
    assert [finding.split()[1] for finding in findings_of(text)] == [
        "NOT_ALLOWED",
        "UNKNOWN_KEY",
        "DURATION",
        "UNKNOWN_KEY",
    ]
    assert len(findings_of("".join(f"    key_{n}: 1\n" for n in range(5000)))) == 100


def test_a_key_called_like_a_branch_is_still_found() -> None:
    """B.1: a mapping may have a key with the name of a form that its value could have taken."""

    class Odd(Written):
        str: Annotated[dict[Literal["str", "int"], int] | str, Field()]

    with pytest.raises(DefinitionError) as refusal:
        validate(Odd, read("str: {str: 1, int: x}", "f"))
    assert str(refusal.value).startswith("f:1:20: WRONG_TYPE expected a whole number for 'int'")


def test_the_top_of_the_file_has_a_place_too() -> None:
    """B.1: a file that is no mapping, or lacks its first key."""
    assert findings_of("", "- a\n")[0].startswith("f:1:1: WRONG_TYPE expected a mapping for the file, got a list")
    assert findings_of("", "stages: {}\n")[0].startswith("f:1:1: MISSING_KEY the key 'process' is missing in the file")


def test_a_part_of_a_file_is_checked_alone() -> None:
    """B.1: places count from the top of the file, also when only a part is looked at."""
    document = read("cases:\n  - {kind: open}\n  - {kind: x}\n", "f")
    assert validate(Stage, document, path=("cases", 0)).kind is Kind.OPEN
    for path, start in (
        (("cases", 1), "f:3:12: NOT_ALLOWED 'x' is not allowed for 'kind'"),
        (("case",), "f:1:1: MISSING_KEY the key 'case' is missing"),
    ):
        with pytest.raises(DefinitionError) as refusal:
            validate(Stage, document, path=path)
        assert str(refusal.value).startswith(start)


KEYS = st.sampled_from(
    [
        *Stage.model_fields,
        *Clock.model_fields,
        "notify",
        "with",
        "climb",
        "rungs",
        "channel",
        "subject",
        "minutes",
        "x",
        5,
    ]
)
LEAVES = st.sampled_from(
    ["open", "mail", "call", "3 days", "never", "50%", "x", "", 0, 1.5, True, None, "a:b", "Key Name"]
)
ANYTHING = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=25
)
JARGON = (
    "Input",
    "valid string",
    "dict",
    "str ",
    "list[",
    "function-",
    "pydantic",
    "Model",
    "Extra",
    "NoneType",
    "tuple",
)


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(KEYS, ANYTHING, max_size=6))
def test_any_content_becomes_a_model_or_findings_in_plain_words(content: dict[Any, Any]) -> None:
    """B.1: whatever is written, each finding has a place in the file, a code, and no jargon."""
    document = read(json.dumps({"process": "p", "stages": {"new": content}}, indent=1), "f")
    try:
        validate(Process, document)
    except DefinitionError as refusal:
        lines = len(json.dumps(content, indent=1).split("\n")) + 6
        for finding in refusal.findings:
            assert 1 < finding.mark.line <= lines
            assert finding.code.replace("_", "").isupper()
            assert finding.remedy
            assert not any(word in finding.message for word in JARGON), finding
