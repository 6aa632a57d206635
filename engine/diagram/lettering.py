"""How wide text will be, and where it breaks. The reader's fonts are not known, so every guess is a little wide."""

from __future__ import annotations

_WIDTHS = {
    0.22: "ijl'|",
    0.28: "ftI!.,:;/ []·",
    0.33: "r-()“”`",
    0.5: "cksvxyzJ",
    0.56: "abdeghnopquL0123456789+=<>_?#≥≤≠",
    0.61: "FTZ",
    0.67: "ABEKPSVXY&",
    0.72: "CDHNRUw",
    0.78: "GOQ",
    0.83: "mM",
    0.9: "%",
    1.0: "W@…→▸—",
}
"""Shares of the size of the letters in Helvetica and its likes; all other signs count as broad ones."""

_EMS = {sign: ems for ems, signs in _WIDTHS.items() for sign in signs}
_SPARE = 1.04
"""Other fonts are a little wider."""


def width(text: str, size: float, *, bold: bool = False) -> float:
    """The room that `text` takes on one line, in pixels."""
    return sum(_EMS.get(sign, 0.72) for sign in text) * size * _SPARE * (1.07 if bold else 1.0)


def wrap(text: str, size: float, room: float, *, bold: bool = False, most: int | None = None) -> tuple[str, ...]:
    """The lines that `text` takes in `room` pixels; the last of `most` lines ends in … where there is more."""
    lines: list[str] = []
    for word in text.split():
        if lines and width(f"{lines[-1]} {word}", size, bold=bold) <= room:
            lines[-1] = f"{lines[-1]} {word}"
        else:
            lines += _broken(word, size, room, bold=bold)
    if most is not None and len(lines) > most:
        last = lines[most - 1]
        while last and width(f"{last} …", size, bold=bold) > room:
            last = last.rpartition(" ")[0] or last[:-1]
        return (*lines[: most - 1], f"{last} …")
    return tuple(lines)


def _broken(word: str, size: float, room: float, *, bold: bool) -> list[str]:
    """A word alone is longer than a line only where somebody wrote without spaces."""
    parts = [""]
    for sign in word:
        if parts[-1] and width(parts[-1] + sign, size, bold=bold) > room:
            parts.append("")
        parts[-1] += sign
    return parts
