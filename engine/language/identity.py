"""The identity table: by what two leads are taken for one, as an ops author may write it (S0.13).

Processes that use one table share a pool: only leads of one pool can be the same.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from engine.language.definition import DurationText, Name, Names, Written

Points = Annotated[int, Field(ge=0, le=1000)]
Off = Annotated[int, Field(ge=-1000, le=0)]
Host = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$")]
"""A domain in small letters: example.com."""


class Likeness(Written):
    """What it counts when two leads agree in something, and when they do not. What one of them does not say counts nothing."""

    from_: Names = Field(alias="from", description="the field that says it; a name may stand in several")
    same: Points = Field(description="points where both say the same")
    alike: Points = Field(default=0, description="points where it is nearly the same: a slip of the pen")
    differs: Off = Field(default=0, description="points, below zero, where both say something else")


class SharedLikeness(Likeness):
    """A mail address or a number, which several people may share."""

    shared: Points = Field(default=0, description="points in place of those of `same` where several people share it")


class DomainLikeness(Written):
    """The company's domain, of its own field or of the mail address; one of a free-mail provider is nobody's."""

    from_: Names = Field(
        default=[], alias="from", description="the field that says it; of the mail address if left out"
    )
    same: Points = Field(description="points where both have the same")
    differs: Off = Field(default=0, description="points, below zero, where both have another")


class IdentityParts(Written):
    """What two leads are compared by; at least one of mail, phone and name."""

    email: SharedLikeness | None = Field(default=None, description="the mail address")
    phone: SharedLikeness | None = Field(default=None, description="the phone number")
    name: Likeness | None = Field(default=None, description="the person's name, in whatever order")
    company: Likeness | None = Field(default=None, description="the company's name, without its legal form")
    domain: DomainLikeness | None = Field(default=None, description="the company's domain")
    country: Likeness | None = Field(default=None, description="the country")


class SharedBy(Written):
    """What several people use: no sign that two leads are one person."""

    people: Annotated[int, Field(ge=2, le=1000)] = Field(
        default=3, description="a number that so many people have is a switchboard"
    )
    mailboxes: list[Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$")]] = Field(
        default=[], description="what stands before the @ of an address for many: [info, sales]"
    )


class IdentityTable(Written):
    """When two leads are one: points for what agrees, and from how many on they are the same, or may be."""

    identity: Name = Field(description="the name by which processes use this table; their leads are one pool")
    title: str | None = Field(default=None, description="what people read instead of the name")
    parts: IdentityParts = Field(description="what is compared, and what it counts")
    same: Annotated[int, Field(ge=1)] = Field(description="from so many points on it is the same lead")
    possible: Annotated[int, Field(ge=1)] = Field(description="from so many on a person decides whether it is")
    shared: SharedBy = Field(default=SharedBy(), description="what several people use")
    free_mail: list[Host] = Field(
        default=[], description="domains at which anybody has an address, beside the well-known ones: [cityweb.example]"
    )
    closed: bool = Field(default=True, description="false: a lead that is closed is over, whoever comes is a new one")
    within: DurationText | None = Field(
        default=None, description="leads that nothing has happened to for longer are over; never, if left out"
    )
