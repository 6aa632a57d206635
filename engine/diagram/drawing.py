"""A process as an SVG picture, drawn without any other program (S2.9)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape, quoteattr

from engine.diagram.footing import footing
from engine.diagram.ink import (
    BAND,
    COLOURS,
    FONT,
    GREY,
    LINE,
    TINTS,
    WHITE,
    Ink,
    dashes,
    kind_sign,
    rect,
    row_sign,
    stroke,
    text,
)
from engine.diagram.lanes import Lane
from engine.diagram.outline import Card, Outline
from engine.diagram.placing import EDGE, Picture, picture
from engine.diagram.shapes import Box, badge_of, badge_width, headline
from engine.diagram.standing import ROTTEN, ages, overdue, worth
from engine.diagram.wires import Point, Wire
from engine.language.definition import StageKind

LATE = COLOURS[StageKind.LOST]
"""Of a stage where leads are overdue, and many of them."""

LANES = {Lane.LEFT: "Detours, waiting, elsewhere", Lane.MIDDLE: "The main way", Lane.RIGHT: "Ends without a sale"}


def draw(outline: Outline) -> str:
    """The picture as text, with a title and a description for those who cannot see it."""
    placed = picture(outline)
    below, height = footing(outline, placed.height, placed.width)
    name, size = f"diagram-{outline.name}", f"{placed.width:.0f} {height:.0f}"
    looks = f'width="{placed.width:.0f}" height="{height:.0f}" viewBox="0 0 {size}" font-family={quoteattr(FONT)}'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {looks} role="img" aria-labelledby="{name}-title {name}-desc">',
        f'<title id="{name}-title">{escape(outline.title)}: how a lead moves</title>',
        f'<desc id="{name}-desc">{escape(described(outline))}</desc>',
        rect(0, 0, placed.width, height, fill=WHITE),
        *_heading(outline, placed),
        *(line for note in placed.notes for line in _note(note)),
        *(line for box in placed.boxes for line in _box(box)),
        # Above the boxes, because those of nested stages cross the edge of the stage around them.
        *(line for wire in placed.wires for line in _wire(wire)),
        *below,
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def described(outline: Outline) -> str:
    """The diagram in sentences: every stage with the ways out of it."""
    said = [f"{outline.title}, version {outline.version}."]
    if outline.everywhere:
        said.append(f"In every open stage: {'; '.join(headline(way, outline) for way in outline.everywhere)}.")
    for card in outline.cards:
        said += _sentences(card, outline)
    return " ".join(said)


def _sentences(card: Card, outline: Outline) -> Iterator[str]:
    live = [badge_of(card), overdue(card.standing), ages(card.standing), worth(card.standing)] if card.standing else []
    count = "".join(f", {said}" for said in live if said)
    ways = "; ".join(headline(way, outline) for way in card.ways)
    yield f"{card.title} ({card.kind.value}{count}){': ' + ways if ways else ''}."
    for inner in card.inside:
        yield from _sentences(inner, outline)


def _heading(outline: Outline, placed: Picture) -> Iterator[str]:
    yield text(EDGE, 36, outline.title, Ink.HEADING)
    yield text(EDGE, 56, f"version {outline.version}{_now(outline)}", Ink.SMALL)
    for lane, (x, y, width) in placed.bands.items():
        if lane is not Lane.MIDDLE:
            yield rect(x - 10, y, width + 20, placed.height - y - 6, rx=10, fill=BAND)
        yield text(x, y + 17, LANES[lane], Ink.SMALL)


def _now(outline: Outline) -> str:
    live = outline.live
    if live is None:
        return ""
    at = f" ({live.at:%Y-%m-%d %H:%M} UTC)" if live.at is not None else ""
    leads = "1 lead" if live.total == 1 else f"{live.total:,} leads"
    return f"; {leads} now{at}"


# --- wires -----------------------------------------------------------------------------------------------------------


def _wire(wire: Wire) -> Iterator[str]:
    """A wire with white along its sides: where it crosses an earlier one, that one passes below."""
    path = "".join(rounded(line) for line in wire.lines)
    colour = COLOURS[wire.kind]
    yield stroke(path, WHITE, 6)
    yield stroke(path, colour, 1.7, dashes(wire.style))
    if wire.arrow:
        yield f'<path d="{_tip(*wire.lines[0][-2:])}" fill="{colour}"/>'


def rounded(points: Iterable[Point], radius: float = 6) -> str:
    """A path along right angles, with round corners."""
    way = list(dict.fromkeys(points))
    said = f"M{way[0][0]:.1f} {way[0][1]:.1f}"
    for before, corner, after in zip(way, way[1:], way[2:], strict=False):
        near, far = _towards(corner, before, radius), _towards(corner, after, radius)
        said += f"L{near[0]:.1f} {near[1]:.1f}Q{corner[0]:.1f} {corner[1]:.1f} {far[0]:.1f} {far[1]:.1f}"
    return said + f"L{way[-1][0]:.1f} {way[-1][1]:.1f}"


def _towards(start: Point, end: Point, most: float) -> Point:
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = abs(dx) + abs(dy)
    step = min(most, length / 2) / length
    return start[0] + dx * step, start[1] + dy * step


def _tip(before: Point, end: Point) -> str:
    """An arrow's head that points to `end`."""
    x, y = end
    if before[0] == x:
        return f"M{x:.1f} {y:.1f}l-4.5 {-8 if y > before[1] else 8}h9z"
    return f"M{x:.1f} {y:.1f}l{-8 if x > before[0] else 8} -4.5v9z"


# --- boxes -----------------------------------------------------------------------------------------------------------


def _box(box: Box) -> Iterator[str]:
    card = box.card
    if card is None:
        yield rect(box.x, box.y, box.width, box.height, rx=7, fill=WHITE, stroke=COLOURS[None], stroke_width=1.3)
        yield from _content(box)
        return
    colour = COLOURS[card.kind]
    dash = {"stroke_dasharray": "6 3"} if card.kind is StageKind.WAITING else {}
    rot = card.standing.rot if card.standing is not None and not card.inside else 0.0
    edge, weight = (LATE, 3.5) if rot >= ROTTEN else (colour, 1.3)
    yield rect(box.x, box.y, box.width, box.height, rx=7, fill=WHITE, stroke=edge, stroke_width=weight, **dash)
    if card.kind is StageKind.WON:
        inner = (box.x + 3, box.y + 3, box.width - 6, box.height - 6)
        yield rect(*inner, rx=5, fill="none", stroke=colour, stroke_width=0.7)
    head = box.inside[0].y - 10 if box.inside else box.rules[0] if box.rules else box.bottom - 2
    yield rect(box.x + 6, box.y + 4, box.width - 12, head - box.y - 6, fill=TINTS[card.kind])
    yield rect(box.x, box.y + 6, 5, box.height - 12, fill=colour)
    if rot:  # as much of the edge as of the leads is overdue
        height = (box.height - 12) * rot
        yield rect(box.x - 3, box.bottom - 6 - height, 10, height, fill=LATE)
    yield from kind_sign(box.x + 22, box.y + 19, card.kind)
    if card.standing is not None:
        yield from _badge(box, card)
    yield from _content(box)
    for inside in box.inside:
        yield from _box(inside)


def _badge(box: Box, card: Card) -> Iterator[str]:
    """How many leads stand here; pale where there are none."""
    room = badge_width(card)
    x, y = box.right - room - 10, box.y + 9
    ground, edge, ink = (
        (COLOURS[card.kind],) * 2 + (Ink.BADGE,)
        if card.standing and card.standing.leads
        else (WHITE, LINE, Ink.NO_BADGE)
    )
    yield rect(x, y, room, 19, rx=9.5, fill=ground, stroke=edge)
    yield text(x + room / 2, y + 13.5, badge_of(card), ink, centred=True)


def _note(box: Box) -> Iterator[str]:
    looks = {"rx": 12, "fill": BAND, "stroke": GREY, "stroke_width": 1, "stroke_dasharray": "2 3"}
    yield rect(box.x, box.y, box.width, box.height, **looks)
    yield from _content(box)


def _content(box: Box) -> Iterator[str]:
    for y in box.rules:
        yield stroke(f"M{box.x + 12:.1f} {y:.1f}H{box.right - 12:.1f}", LINE, 0.8)
    for mark in box.marks:
        yield from row_sign(mark.x, mark.y, mark.sign)
    for words in box.texts:
        yield text(words.x, words.y, words.text, words.ink, hint=words.hint)
