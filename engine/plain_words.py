"""Texts for comparison only: what people write in different ways and mean as the same."""

from __future__ import annotations

import re
import unicodedata

_BETWEEN_WORDS = re.compile(r"[\W_]+")


def plain(text: str) -> str:
    """Neither case nor accents nor signs between words count, and words are joined by one space."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return _BETWEEN_WORDS.sub(" ", "".join(sign for sign in apart if not unicodedata.combining(sign))).strip()
