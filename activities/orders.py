"""What the workflow orders from activities beside decisions. Plain data that ends up in history: nothing personal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class OrderKind(StrEnum):
    """Whom something goes to: a person or a team of ours, the lead itself, or an endpoint."""

    PERSON = "person"
    TEAM = "team"
    LEAD = "lead"
    HOOK = "hook"


@dataclass(frozen=True)
class Outgoing:
    """A notice, pack or call to deliver. `key` is stable, so that nothing goes out twice however often it is tried (S4.7).

    `to` is the person, team or endpoint; `about` says in words what it is about; `due_at` is the lead's next deadline. `since` is
    when it was first to be sent, however many activities and runs of the workflow have tried it. `digest` is the version that it was
    ordered by, where the lead has left that since.
    """

    key: str
    kind: OrderKind
    to: str = ""
    template: str = ""
    about: str = ""
    due_at: datetime | None = None
    since: datetime | None = None
    digest: str | None = None


DIGEST = "digest"
"""In place of a channel."""


@dataclass(frozen=True)
class Delivered:
    """What became of it: the channel it arrived by, or why it cannot arrive. DIGEST: it goes with the reader's next digest, and
    whether that arrives stands in the ledger."""

    arrived: bool
    channel: str | None = None
    detail: str = ""
