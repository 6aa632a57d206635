"""What leadflow answers, typed. What a newer server says beyond this is left aside."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


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
    """What became of a lead. `lead` is its key."""

    lead: str
    outcome: Literal["new", "known", "kept_out"]
    receipt: Receipt | None = None
    kept_out: KeptOut | None = None
    link: str | None = None

    @property
    def created(self) -> bool:
        return self.outcome == "new"


class Problem(Answer):
    """Why something was refused."""

    detail: str = ""
    code: str = ""
    fields: dict[str, str] = Field(default={})
    remedy: str = ""


class Line(Answer):
    """What became of one lead of many. `line` counts them from 1; one that was refused has a `problem`."""

    line: int
    status: int
    arrived: Arrived | None = None
    problem: Problem | None = None

    @property
    def passing(self) -> bool:
        """It could not be taken in now, and may be the next time."""
        return self.status in (408, 425, 429) or self.status >= 500
