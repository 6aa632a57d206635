"""What the web server answers, as its clients see it: a contract of its own, whatever changes inside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from client.front_door import Arrived
from engine.access import Caller, CallerRole
from workflows.messages import Receipt


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class ReceiptBody(Answer):
    """Where a lead stands after what was sent."""

    lead: str = Field(description="its key")
    event: str = Field(description="what has happened; empty where nothing has")
    duplicate: bool = Field(description="it had happened before, and this is the answer of then or how it stands now")
    stage: str = Field(description="the stage it is in, from the outside in")
    title: str = Field(description="what the stage is called")
    status: str = Field(description="the working state beside it, such as Contacted")
    cycle: int = Field(description="how many times it has come round, from 1")
    seq: int = Field(description="the number of its last decision")
    owner: str | None = Field(description="whose it is, by their key in the roster")
    because: str = Field(description="why it is theirs")
    score: int | None = Field(description="its score; null where it is not scored")
    priority: str | None = Field(description="its priority by that score")
    closed: bool = Field(description="whether it is over")


class KeptOutBody(Answer):
    """A lead that is none, such as an application for a job: kept apart."""

    rule: str = Field(description="the rule that recognised it")
    reason: str = Field(description="why it is none")


class ArrivedBody(Answer):
    """What became of a lead that was sent."""

    lead: str = Field(description="its key, by which it is asked for")
    outcome: Literal["new", "known", "kept_out"] = Field(
        description="new: it is a lead from now on; known: it was one, or has come again; kept_out: it is none"
    )
    receipt: ReceiptBody | None = Field(default=None, description="where it stands; null for one that is kept out")
    kept_out: KeptOutBody | None = Field(default=None, description="why it is no lead, where it is none")
    missing: list[str] = Field(
        default=[],
        description="required fields that a new lead lacks: it is taken in, and stands on somebody's list until they are told",
    )
    invalid: list[str] = Field(
        default=[], description="fields that held no address or number, such as email: what came is kept, but not used"
    )
    link: str | None = Field(default=None, description="where people can read its story; null where nobody knows")


def receipt_body(receipt: Receipt, asking: Caller) -> ReceiptBody:
    """As far as the caller is shown it (`store.showing`): whose the lead is, and what it is worth, is not for every system."""
    body = ReceiptBody.model_validate(receipt)
    if asking.role is CallerRole.UPSTREAM:
        return body.model_copy(update={"owner": None, "because": "", "score": None, "priority": None})
    return body.model_copy(update={"because": "", "score": None}) if asking.role is CallerRole.PARTNER else body


def arrived_body(arrived: Arrived, asking: Caller, link: Callable[[str], str | None]) -> ArrivedBody:
    if arrived.kept_out is not None:
        return ArrivedBody(lead=arrived.key, outcome="kept_out", kept_out=KeptOutBody.model_validate(arrived.kept_out))
    return ArrivedBody(
        lead=arrived.key,
        outcome="new" if arrived.created else "known",
        receipt=receipt_body(arrived.receipt, asking) if arrived.receipt else None,
        missing=list(arrived.missing),
        invalid=list(arrived.invalid),
        link=link_for(asking, arrived.key, link),
    )


def link_for(asking: Caller, key: str, link: Callable[[str], str | None]) -> str | None:
    """The story in the Temporal UI is for those inside."""
    return None if asking.role in (CallerRole.UPSTREAM, CallerRole.PARTNER) else link(key)
