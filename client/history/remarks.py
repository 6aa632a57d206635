"""What does not add up in the past of a lead: where, what, and what was made of it (B.9)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Doubt(StrEnum):
    """What may be wrong with a row. The lead comes in all the same, as far as what is told of it can be true."""

    UNKNOWN_STAGE = "UNKNOWN_STAGE"
    UNKNOWN_REASON = "UNKNOWN_REASON"
    OWNER_LEFT = "OWNER_LEFT"
    BAD_DATE = "BAD_DATE"
    IN_FUTURE = "IN_FUTURE"
    BEFORE_ARRIVAL = "BEFORE_ARRIVAL"
    OUT_OF_ORDER = "OUT_OF_ORDER"
    OUTCOME_TOO_EARLY = "OUTCOME_TOO_EARLY"
    AT_ONCE = "AT_ONCE"
    NOT_POSSIBLE = "NOT_POSSIBLE"
    REPEATED = "REPEATED"
    NO_EVENTS = "NO_EVENTS"
    STANDS_ELSEWHERE = "STANDS_ELSEWHERE"
    BAD_FIELD = "BAD_FIELD"
    UNREADABLE = "UNREADABLE"
    NO_LEAD = "NO_LEAD"
    TWICE = "TWICE"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class Remark:
    """One of them. `says` is what stands in the cell, which may be personal: it is shown to whoever imports, and not kept."""

    file: str
    line: int
    code: Doubt
    what: str
    mended: str
    says: str = ""
    lead: str | None = None
