"""A batch of leads on its way: what is still to be sent, and what became of the rest. No network here.

Each lead is a line of its own with an answer of its own. When the connection breaks, those that were not answered are sent again: a
lead that had gone in is known then, and nothing doubles.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from upstream.answers import Line
from upstream.errors import Busy, Unreachable
from upstream.wire import model_of

AT_ONCE = 500
"""Leads in one request."""

PATH = "/leads/batch"
CONTENT_TYPE = "application/x-ndjson"


class Batch:
    """Up to AT_ONCE leads. `first` is the number of the first one among all that are sent, counted from 1."""

    def __init__(self, first: int, leads: Iterable[Mapping[str, Any]]) -> None:
        lines = (json.dumps(lead, ensure_ascii=False, allow_nan=False).encode() + b"\n" for lead in leads)
        self._waiting = dict(enumerate(lines, start=first))
        self._sent: list[int] = []
        self._answers: dict[int, Line] = {}
        self._got_on = False

    @property
    def waiting(self) -> bool:
        return bool(self._waiting)

    @property
    def answers(self) -> list[Line]:
        return [self._answers[number] for number in sorted(self._answers)]

    def body(self) -> bytes:
        """What has no answer yet."""
        self._sent, self._got_on = list(self._waiting), False
        return b"".join(self._waiting.values())

    def take(self, raw: str) -> None:
        """One line of the answer. One that says that it could not be taken in now stays, to be sent again."""
        if not raw.strip() or is_last(raw):
            return
        line = model_of(Line, raw)
        if line.passing or not 1 <= line.line <= len(self._sent):
            return
        number = self._sent[line.line - 1]
        if self._waiting.pop(number, None) is not None:
            self._answers[number] = line.model_copy(update={"line": number})
            self._got_on = True

    def ended(self, broken: str | None = None) -> None:
        """The answer is over, or broke off. Raises Passing where it has brought nothing, so that it is not tried for ever."""
        if not self._waiting or self._got_on:
            return
        if broken is not None:
            raise Unreachable(f"the connection broke: {broken}")
        raise Busy("none of the leads that were sent could be taken in now")


def is_last(raw: str) -> bool:
    """The line that says whether the whole batch was read: what was not has no answer, and is sent again."""
    try:
        answer = json.loads(raw)
    except ValueError:
        return False
    return isinstance(answer, dict) and "done" in answer


def batches(leads: Iterable[Mapping[str, Any]], at_once: int = AT_ONCE) -> Iterator[Batch]:
    """All leads, so many at a time, without holding more of them than that."""
    each, first = iter(leads), 1
    while part := list(islice(each, at_once)):
        yield Batch(first, part)
        first += len(part)
