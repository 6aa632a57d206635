"""What leadflow answers, typed. What a newer server says beyond this is left aside."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Receipt(Answer):
    """Where a lead stands after what was sent. `duplicate`: it had happened before."""

    lead: str
    event: str = ""
    duplicate: bool = False
    stage: str
    title: str
    status: str
    cycle: int
    seq: int
    owner: str | None = None
    because: str = ""
    score: int | None = None
    priority: str | None = None
    closed: bool = False


class KeptOut(Answer):
    """A lead that is none: which rule recognised it, and why."""

    rule: str
    reason: str


class Arrived(Answer):
    """What became of a lead. `lead` is its key; `missing` are required fields that a new one lacks, `invalid` fields that held no
    address or number. It is taken in all the same."""

    lead: str
    outcome: Literal["new", "known", "kept_out"]
    receipt: Receipt | None = None
    kept_out: KeptOut | None = None
    missing: tuple[str, ...] = ()
    invalid: tuple[str, ...] = ()
    link: str | None = None

    @property
    def created(self) -> bool:
        return self.outcome == "new"


class Choice(Answer):
    code: str
    title: str = ""


class Need(Answer):
    """One thing that has to be sent with an event: a `field`, a `code`, a `note`, a `check` or a `person`."""

    kind: str
    name: str
    title: str = ""
    type: str | None = None
    choices: tuple[Choice, ...] = ()


class AllowedEvent(Answer):
    event: str
    title: str = ""
    possible: bool
    why_not: str = ""
    needs: tuple[Need, ...] = ()


class Allowed(Answer):
    """What can happen to a lead now, by whoever asks."""

    lead: str
    process: str
    stage: str
    by: str
    events: tuple[AllowedEvent, ...]

    @property
    def possible(self) -> tuple[str, ...]:
        """The names of those that happen once what they need is sent."""
        return tuple(event.event for event in self.events if event.possible)


class Standing(Answer):
    """Where a lead stands. What the caller is not shown is None."""

    key: str
    title: str
    process: str | None = None
    stage: str | None = None
    status: str | None = None
    owner: str | None = None
    score: int | None = None
    priority: str | None = None
    arrived_at: datetime
    due_at: datetime | None = None
    closed_at: datetime | None = None


class Shown(Answer):
    """A lead as it stands and how it came there. `whole` is all that was answered, as in `leadflow lead show --json`."""

    lead: Standing
    fields: dict[str, Any] = Field(default={})
    link: str | None = None
    whole: dict[str, Any] = Field(default={})


class Problem(Answer):
    """Why something was refused."""

    detail: str = ""
    code: str = ""
    fields: dict[str, str] = Field(default={})
    remedy: str = ""


class Line(Answer):
    """What became of one lead of many. `line` counts them from 1; one that was refused has a `problem` instead of `arrived`."""

    line: int
    status: int
    arrived: Arrived | None = None
    problem: Problem | None = None

    @model_validator(mode="before")
    @classmethod
    def _as_sent(cls, raw: Any) -> Any:
        """On the wire, what became of the lead stands beside the number of its line."""
        if isinstance(raw, dict) and "outcome" in raw:
            return {"line": raw.get("line"), "status": raw.get("status"), "arrived": raw}
        return raw

    @property
    def passing(self) -> bool:
        """It could not be taken in now, and may be the next time."""
        return self.status in (408, 425, 429) or self.status >= 500
