"""By what a touch is known: which of two arrivals of a lead are one that was sent twice, and which is a return (S0.13).

A form that is sent again at once is a double click, or a system that got no answer: the same touch. Half a year later the same
form is a person who comes back. A row of a file is the same row however often and however late the file is imported.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

WINDOW = timedelta(hours=24)
"""Within this time the same content, without an id of its own, is the same touch."""


def given(id: str) -> str:
    """A touch that the upstream system has named."""
    return f"given:{id}"


def of_row(values: Mapping[str, Any]) -> str:
    """A touch that is a row of a file, with what stands in it: a repeated import changes nothing."""
    return f"row:{_digest(values)}"


def under(key: str | None, touch: str) -> str:
    """A touch that came under a key of its own and is another lead's: what two systems call alike are two touches of it."""
    return touch if key is None else f"as:{_digest(key)}:{touch}"


def along(chain: Sequence[str], id: str) -> list[tuple[str, str]]:
    """What something that came under the first of these keys is called by each lead that it may have reached: that one, which was
    merged into the next, and so on."""
    return [(key, under(chain[0] if place else None, id)) for place, key in enumerate(chain)]


def of_content(content: Any, now: datetime) -> tuple[str, str]:
    """What a touch that nobody has named is known by: from now on, and if the same content came a while ago.

    The windows have fixed borders, so that two at once are one without asking each other. Whether the earlier one is still the
    same touch is told by its time.
    """
    number = int(now.timestamp() // WINDOW.total_seconds())
    digest = _digest(content)
    return f"content:{digest}:{number}", f"content:{digest}:{number - 1}"


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:24]
