"""What an event needs, told so that a form can be made of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from engine.decision import Missing
from engine.lead import Lead
from engine.possible import Offered
from engine.process import Process
from web.answers import Answer


class Choice(Answer):
    code: str = Field(description="what is sent")
    title: str = Field(description="what people read")


class Need(Answer):
    """One thing that has to be sent with an event."""

    kind: Literal["field", "code", "note", "check", "person"] = Field(
        description="field: a value in `fields`; code: one in `codes`; check: an item in `checked`; person: `to`"
    )
    name: str = Field(description="under which name it is sent; of a check, the item itself")
    title: str = Field(description="what people read")
    type: str | None = Field(default=None, description="the type of a field: text, integer, choice, date, ...")
    personal: bool = Field(default=False, description="kept in the database only")
    choices: list[Choice] = Field(default=[], description="what may be sent, where it is one of a list")
    min: float | None = Field(default=None, description="the smallest number")
    max: float | None = Field(default=None, description="the largest number")
    currency: str | None = Field(default=None, description="of an amount of money")


class AllowedEvent(Answer):
    event: str = Field(description="its name")
    title: str = Field(description="what people read")
    possible: bool = Field(description="whether it happens once what it needs is sent")
    why_not: str = Field(default="", description="why it is not possible now")
    needs: list[Need] = Field(default=[], description="what it still needs")


class AllowedBody(Answer):
    """What can happen to a lead now, by whoever asks."""

    lead: str = Field(description="its key")
    process: str = Field(description="the process it is in")
    stage: str = Field(description="the stage it is in")
    by: str = Field(description="who would do it")
    events: list[AllowedEvent] = Field(description="in the order of the process")


def allowed_body(process: Process, lead: Lead, by: str, events: Iterable[Offered]) -> AllowedBody:
    told = [
        AllowedEvent(
            event=one.event,
            title=one.title,
            possible=not one.why_not,
            why_not=one.why_not,
            needs=[_need(process, lead, one.event, item) for item in one.missing],
        )
        for one in events
    ]
    return AllowedBody(lead=lead.key, process=lead.process, stage=lead.stage, by=by, events=told)


def _need(process: Process, lead: Lead, event: str, item: Missing) -> Need:
    match item.kind:
        case "field":
            return _field(process, item)
        case "code":
            return Need(
                kind="code", name=item.name, title=_words(item.name), choices=_codes(process, lead, event, item)
            )
        case "note":
            return Need(kind="note", name="note", title="Note")
        case "check":
            return Need(kind="check", name=item.name, title=item.name)
        case _:
            return Need(kind="person", name="to", title="Assign to")


def _field(process: Process, item: Missing) -> Need:
    spec = process.fields[item.name]
    return Need(
        kind="field",
        name=item.name,
        title=spec.title or _words(item.name),
        type=spec.type.value,
        personal=spec.personal,
        choices=[Choice(code=choice, title=_words(choice)) for choice in item.choices],
        min=spec.min,
        max=spec.max,
        currency=spec.currency,
    )


def _codes(process: Process, lead: Lead, event: str, item: Missing) -> list[Choice]:
    """With the titles of the list that the branch takes them from."""
    titles: dict[str, str] = {}
    for branch in process.branches[(lead.stage, event)]:
        titles |= process.codes_of(branch.codes.get(item.name, ""))
    return [Choice(code=code, title=titles.get(code, _words(code))) for code in item.choices]


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()
