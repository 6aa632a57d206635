"""What ops write of a webhook that comes in: who signs it and how, when it is too old, and what each body is (C.6).

A small YAML file beside the definitions, read as strictly as they are. The secret is not in it: it comes from the environment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field, StringConstraints

from client.hooks.places import Place, fault_of_place
from client.mapping import FieldMapping
from engine.errors import DefinitionError, Finding, LeadflowError
from engine.language.definition import DurationText, Name, Who, Written
from engine.reading.document import Document, NodePath
from engine.reading.source import read_file
from engine.reading.validation import validate
from engine.time.durations import Duration, Unit, elapsed

Header = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,100}$")]

Scalar = str | int | float | bool

SIGNED = re.compile(r"^[^{}]*(\{timestamp\}[^{}]*)?\{body\}[^{}]*(\{timestamp\}[^{}]*)?$")

SENDERS = (Who.SYSTEM, Who.LEAD, Who.MARKETING, Who.OPS)


class Algorithm(StrEnum):
    HMAC_SHA256 = "hmac_sha256"
    HMAC_SHA512 = "hmac_sha512"


class Encoding(StrEnum):
    HEX = "hex"
    BASE64 = "base64"


class Otherwise(StrEnum):
    """What becomes of a body that is none of those listed: an error that its sender sees, or an answer that it is of no interest."""

    REFUSE = "refuse"
    IGNORE = "ignore"


class Signature(Written):
    """Where the signature stands and what is signed. `part` is for headers such as `t=1700000000,v1=ab12`."""

    header: Header
    part: Name | None = None
    prefix: str = ""
    algorithm: Algorithm = Algorithm.HMAC_SHA256
    encoding: Encoding = Encoding.HEX
    signs: Annotated[str, StringConstraints(pattern=SIGNED.pattern)] = "{timestamp}.{body}"


class Timestamp(Written):
    """When it was sent: a header, a part of one, or a place in the body. Seconds, milliseconds, or a date with time and zone."""

    header: Header | None = None
    part: Name | None = None
    field: Place | None = None
    tolerance: DurationText = Duration(5, Unit.minutes)


class HookRule(Written):
    """For which bodies: those where each of these places has this value, or one of these."""

    when: dict[Place, Scalar | list[Scalar]] = Field(default={})


class HookLead(HookRule):
    """A body that is a lead: as a mapping says it of a row."""

    key: Place
    title: str | None = None
    empty: list[str] = Field(default=[])
    constants: dict[Name, Scalar] = Field(default={})
    fields: dict[Name, FieldMapping] = Field(default={})


class HookEvent(HookRule):
    """A body that is an event of a lead that is here: by the id that its source knows it by, or by leadflow's own key."""

    event: Name
    key: Place | None = None
    lead: Place | None = None
    by: Who = Who.SYSTEM
    fields: dict[Name, FieldMapping] = Field(default={})
    codes: dict[Name, FieldMapping] = Field(default={})


class HookFile(Written):
    """`id` is where a body says which delivery it is: under one id it counts once, however often it is sent. It is told of leads of
    its own source system, and of those that it is `also_about`."""

    hook: Name
    title: str | None = None
    source_system: Name
    also_about: list[Name] = Field(default=[])
    signature: Signature
    timestamp: Timestamp
    id: Place
    leads: list[HookLead] = Field(default=[])
    events: list[HookEvent] = Field(default=[])
    otherwise: Otherwise = Otherwise.REFUSE


def read_hook(path: Path, name: str | None = None) -> HookFile:
    """Raises DefinitionError with every finding; `name` is what findings call the file."""
    document = read_file(path, name)
    hook = validate(HookFile, document)
    findings = [Finding(document.mark(at), *words) for at, *words in _faults(hook, document)]
    if findings:
        raise DefinitionError(findings)
    return hook


def read_hooks(definitions: Path) -> dict[str, HookFile]:
    """Every hook of a folder of definitions, by its name. Raises LeadflowError where one is wrong, or two are called the same."""
    hooks: dict[str, HookFile] = {}
    for path in sorted((definitions / "hooks").glob("*.yaml")):
        hook = read_hook(path)
        if hook.hook in hooks:
            raise LeadflowError(f"{path}: another hook is called '{hook.hook}', too", "Give one of them another name.")
        hooks[hook.hook] = hook
    return hooks


def tolerance_of(hook: HookFile) -> timedelta:
    start = datetime(2000, 1, 1, tzinfo=UTC)
    return elapsed(hook.timestamp.tolerance, start) - start


def _faults(hook: HookFile, document: Document) -> Iterator[tuple[NodePath, str, str, str]]:
    """What the parts do not say of each other by themselves: place, code, words, remedy."""
    time, signature = hook.timestamp, hook.signature
    if (time.header is None) == (time.field is None):
        yield ("timestamp",), "HOOK_TIME", "a timestamp is in a header or in a field of the body", "Name one."
    if time.part is not None and time.header is None:
        yield ("timestamp", "part"), "HOOK_TIME", "only a header has parts", "Take it away, or name the header."
    if time.tolerance.is_working:
        words = "a provider's clock knows no working hours"
        yield ("timestamp", "tolerance"), "HOOK_TIME", words, "Write it in minutes or hours."
    if time.header is not None and "{timestamp}" not in signature.signs:
        words = "a time in a header that is not signed could be made new by anybody"
        remedy = "Write for instance signs: '{timestamp}.{body}', or take the time from a field of the body."
        yield ("signature",), "HOOK_TIME", words, remedy
    if time.field is not None and "{timestamp}" in signature.signs:
        words = "the time is in the body, which is signed as it comes"
        yield ("signature", "signs"), "HOOK_TIME", words, "Write signs: '{body}'."
    if not hook.leads and not hook.events:
        yield ("hook",), "HOOK_RULE", "it makes neither leads nor events", "Add a list `leads` or `events`."
    for number, event in enumerate(hook.events):
        at: NodePath = ("events", number)
        if (event.key is None) == (event.lead is None):
            words = "an event says whose it is by `key`, the id at its source, or by `lead`, leadflow's key"
            yield at, "HOOK_RULE", words, "Write one of both."
        if event.by not in SENDERS:
            remedy = f"Write one of {', '.join(SENDERS)}."
            yield (*at, "by"), "HOOK_RULE", f"a webhook cannot speak for {event.by.value}", remedy
    for at, place in _places(hook):
        if fault := fault_of_place(place):
            yield (
                (at if document.node(at) is not None else ()),
                "HOOK_PLACE",
                fault,
                "Write for instance contact.email.",
            )


def _places(hook: HookFile) -> Iterator[tuple[NodePath, str]]:
    """Every place in a body that the file names, and where it does."""
    yield ("id",), hook.id
    if hook.timestamp.field is not None:
        yield ("timestamp", "field"), hook.timestamp.field
    for kind, rules in (("leads", hook.leads), ("events", hook.events)):
        for number, rule in enumerate(rules):
            at: NodePath = (kind, number)
            yield from (((*at, "when", place), place) for place in rule.when)
            for name in ("key", "lead"):
                if (place := getattr(rule, name, None)) is not None:
                    yield (*at, name), place
            for group in ("fields", "codes"):
                for field, mapping in getattr(rule, group, {}).items():
                    yield (*at, group, field, "from"), mapping.from_
