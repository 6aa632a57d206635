"""How much text Temporal takes, and texts cut to it: what is longer is refused, or ends the workflow that showed it.

A start with too long a search attribute is refused, a running lead that sets one is terminated by the server. Lengths are of a
text written as JSON, which is how they are counted.
"""

from __future__ import annotations

import json

KEYWORD_CHARACTERS = 255
"""The width of a keyword's column where visibility is kept in SQL."""

KEYWORD_BYTES = 1_900
"""The server's limit for one value is 2,048 (`limit.searchAttributesSizeOfValue`)."""

SUMMARY_BYTES = 350
"""Temporal documents 400 for a summary; the rest is for how it is wrapped."""

DETAILS_BYTES = 19_500
"""Temporal documents 20,000 for details."""

_ELLIPSIS = "…"


def keyword(text: str) -> str:
    """A search attribute's value. The SDK writes these in ASCII: what is not ASCII takes six bytes or twelve."""
    if len(text) > KEYWORD_CHARACTERS:
        text = text[: KEYWORD_CHARACTERS - 1] + _ELLIPSIS
    return _cut(text, KEYWORD_BYTES, ascii_only=True)


def summary(text: str) -> str:
    """One line of Markdown for the UI: the summary of a lead or of one of its steps."""
    return shortened(text, SUMMARY_BYTES)


def details(text: str) -> str:
    """A lead's details, Markdown of many lines."""
    return shortened(text, DETAILS_BYTES)


def shortened(text: str, most: int) -> str:
    """At most so many bytes of Markdown, the ellipsis among them."""
    return _cut(text, most, ascii_only=False)


def _cut(text: str, most: int, *, ascii_only: bool) -> str:
    if len(text) * 12 + 2 <= most or _size(text, ascii_only=ascii_only) <= most:
        return text
    fits, too_long = 0, min(len(text), most)
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        if _size(text[:middle] + _ELLIPSIS, ascii_only=ascii_only) <= most:
            fits = middle
        else:
            too_long = middle
    kept = text[:fits].rstrip()
    # A backslash alone would take away the meaning of what follows.
    if (len(kept) - len(kept.rstrip("\\"))) % 2:
        kept = kept[:-1]
    return kept + _ELLIPSIS


def _size(text: str, *, ascii_only: bool) -> int:
    return len(json.dumps(text, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass"))
