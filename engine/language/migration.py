"""What an ops author may write in a migration plan: how leads in flight go on in another version of their process (B.3)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from engine.language.definition import Condition, Name, Path, Written

ClockPath = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$")]
"""A clock: its name, or its stage and its name where two stages have clocks of one name: `sales_accepted.decide`."""


class ClockTo(Written):
    """A clock that goes on, and what time it has."""

    to: Name | None = Field(default=None, description="its name in the new version; the same if left out")
    time: Literal["left", "recount"] = Field(
        default="left",
        description="left: the time that is left goes on. recount: counted from its own start by the new rule, and perhaps due at once",
    )


class MigrationFile(Written):
    """A migration: how leads in flight go on in another version of their process."""

    migrate: Name = Field(description="the process")
    from_: Annotated[int, Field(ge=1)] = Field(alias="from", description="the version that the leads are on")
    to: Annotated[int, Field(ge=1)] = Field(description="the version that they go on in; both are published")
    stages: dict[Path, Path] = Field(
        default={}, description="stage to stage; what is left out keeps its name, and what is gone has to be here"
    )
    clocks: dict[ClockPath, Name | ClockTo | None] = Field(
        default={}, description="clock to clock; what is left out keeps its name, null closes it"
    )
    fields: dict[Name, str | int | float | bool] = Field(
        default={}, description="defaults for leads without a value; text that begins with = is computed"
    )
    select: Condition | None = Field(default=None, description="only leads that meet this; all of them if left out")
    reason: Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"\S")] = Field(
        description="why; each lead's story says it"
    )
