"""What stands below the lanes: ladders rung by rung, what signs and lines mean, and what is always possible."""

from __future__ import annotations

from engine.diagram.ink import GREY, LINE, WHITE, Ink, Sign, dashes, kind_sign, rect, row_sign, stroke, text
from engine.diagram.lettering import width as text_width
from engine.diagram.lettering import wrap
from engine.diagram.links import Style
from engine.diagram.outline import Ladder, Outline
from engine.diagram.placing import EDGE
from engine.diagram.standing import ROTTEN
from engine.language.definition import StageKind

_NAMES = 128.0
_RUNG = 250.0
_ARROW = 20.0
"""Pixels: room for names, widest rung, between two rungs."""

_ROT = (
    "Where leads rot: as much of the left edge is red as of the leads is overdue; "
    f"from {ROTTEN:.0%} on the whole edge is thick and red."
)

_STYLES = {
    Style.ACT: "somebody acts",
    Style.CLOCK: "a deadline acts by itself",
    Style.CYCLE: "the lead begins its next cycle",
}


def footing(outline: Outline, y: float, width: float) -> tuple[list[str], float]:
    """The elements, and the height at which they end."""
    lines: list[str] = []
    y += 18
    if outline.live is not None:
        for said in (*outline.live.notes(), _ROT):
            for line in wrap(said, Ink.PLAIN.size, width - 2 * EDGE):
                lines.append(text(EDGE, y, line, Ink.PLAIN))
                y += Ink.PLAIN.height
        y += 12
    for title, escalates in (("Escalation: who hears of it, and when", True), ("Series of messages", False)):
        ladders = [ladder for ladder in outline.ladders if ladder.escalates is escalates]
        if not ladders:
            continue
        lines.append(text(EDGE, y, title, Ink.TITLE))
        y += 12
        for ladder in ladders:
            drawn, y = _ladder(ladder, y, width - EDGE)
            lines += drawn
        y += 24
    drawn, y = _legend(y, width - EDGE)
    lines += drawn
    y += 26
    said = f"Possible in every stage that is not closed: {', '.join(outline.always)}."
    for line in wrap(said, Ink.SMALL.size, width - 2 * EDGE):
        lines.append(text(EDGE, y, line, Ink.SMALL))
        y += Ink.SMALL.height
    return lines, y + 12


def _ladder(ladder: Ladder, y: float, edge: float) -> tuple[list[str], float]:
    lines = [
        text(EDGE, y + 14 + number * Ink.ROW.height, line, Ink.ROW)
        for number, line in enumerate(wrap(ladder.title, Ink.ROW.size, _NAMES - 10, bold=True))
    ]
    x, tallest = EDGE + _NAMES, 0.0
    for number, (when, what) in enumerate(ladder.rungs):
        words = [(when, Ink.SMALL), *((line, Ink.PLAIN) for line in wrap(what, Ink.PLAIN.size, _RUNG - 20))]
        width = max(text_width(said, ink.size) for said, ink in words) + 20
        height = sum(ink.height for _, ink in words) + 9
        if number:
            if x + width > edge:
                x, y, tallest = EDGE + _NAMES + _ARROW, y + tallest + 6, 0.0
            lines.append(stroke(f"M{x - _ARROW:.1f} {y + 18:.1f}h14", GREY, 1.4))
            lines.append(f'<path d="M{x:.1f} {y + 18:.1f}l-7 -4v8z" fill="{GREY}"/>')
        lines.append(rect(x, y, width, height, rx=5, fill=WHITE, stroke=LINE))
        line_y = y + 1
        for said, ink in words:
            line_y += ink.height
            lines.append(text(x + 10, line_y, said, ink))
        tallest = max(tallest, height)
        x += width + _ARROW
    return lines, y + tallest + 8


def _legend(y: float, edge: float) -> tuple[list[str], float]:
    items = [
        ([*kind_sign(8, -4, kind), text(20, 0, kind.value, Ink.SMALL)], 20 + _room(kind.value)) for kind in StageKind
    ]
    for style, said in _STYLES.items():
        items.append(([stroke("M0 -4h30", GREY, 1.7, dashes(style)), text(38, 0, said, Ink.SMALL)], 38 + _room(said)))
    said = "a deadline, and what happens if it is missed"
    items.append(([*row_sign(6, -4, Sign.CLOCK), text(20, 0, said, Ink.SMALL)], 20 + _room(said)))
    lines: list[str] = []
    x = float(EDGE)
    for drawn, width in items:
        if x + width > edge:
            x, y = float(EDGE), y + 22
        lines.append(f'<g transform="translate({x:.1f} {y:.1f})">{"".join(drawn)}</g>')
        x += width + 22
    return lines, y


def _room(said: str) -> float:
    return text_width(said, Ink.SMALL.size)
