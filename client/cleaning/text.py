"""Texts as people type and copy them: one way to write each character, nothing that cannot be seen, no quotes around the whole."""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
"""Soft hyphens, spaces without width, marks of direction and of byte order. Joiners stay: some scripts are written with them."""

_SPACES = re.compile(r"[^\S\n]+")
_QUOTES = {'"': '"', "'": "'", "\u201c": "\u201d", "\u201e": "\u201c", "\u2018": "\u2019", "\u00ab": "\u00bb"}


def mended(text: str) -> str:
    """The same text as it is kept. Lines stay lines."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", _INVISIBLE.sub("", text))).strip()


def unquoted(text: str) -> str:
    """Without quotes around the whole of it, however many; quotes that belong to a part of it stay."""
    while len(text) > 1 and _QUOTES.get(text[0]) == text[-1]:
        inner = text[1:-1]
        if not inner.strip() or text[0] in inner or text[-1] in inner:
            break
        text = inner.strip()
    return text
