"""What can go wrong between an upstream system and leadflow, as one small tree.

    UpstreamError
    ├── Unreachable      nobody answered, however often it was tried
    ├── Busy             answered each time that it cannot now: 429, or 5xx
    ├── Refused          it was understood and refused: sending the same again is of no use
    │   ├── NotAllowed   401, 403: the token is missing or ended, or may not do this
    │   ├── NotFound     404: no such lead
    │   └── Conflict     409: the lead is not where this can happen, or the key stands for another request
    └── NotUnderstood    the answer is none of leadflow's: a proxy, or another server

`code` is stable and meant for programs, `fields` names each field at fault, `remedy` says how to mend it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class UpstreamError(Exception):
    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        fields: Mapping[str, str] | None = None,
        remedy: str = "",
        status: int | None = None,
        problem: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.fields = dict(fields or {})
        self.remedy = remedy
        self.status = status
        self.problem = dict(problem or {})
        """The whole answer, for what else stands in it."""

    def __str__(self) -> str:
        return " ".join(part for part in (f"{self.code}:" if self.code else "", self.message, self.remedy) if part)


class Passing(UpstreamError):
    """It may go well the next time. `after` is what the server asked to wait, in seconds."""

    after: float | None = None


class Unreachable(Passing):
    pass


class Busy(Passing):
    pass


class Refused(UpstreamError):
    pass


class NotAllowed(Refused):
    pass


class NotFound(Refused):
    pass


class Conflict(Refused):
    pass


class NotUnderstood(UpstreamError):
    pass
