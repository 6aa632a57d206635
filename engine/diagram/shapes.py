"""Stages as boxes of known size: every line of text with its place, every way on with the height that it leaves at.

A box lists what happens in a stage row by row, so that no label ever has to find room beside an arrow. Boxes are made
with their upper left corner at 0, 0 and moved to their places.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from engine.diagram.ink import Ink, Sign
from engine.diagram.lettering import width as text_width
from engine.diagram.lettering import wrap
from engine.diagram.links import is_next, leads_on
from engine.diagram.outline import Card, Deadline, Outline, Way
from engine.diagram.standing import ages, overdue, worth
from engine.language.definition import StageKind

MARGIN = 14
INDENT = 20
INNER_GAP = 24
TRACK = 11
"""Pixels: inside a box left and right; text behind a sign; between boxes inside a box; between two wires."""


@dataclass(frozen=True, slots=True)
class Words:
    """One line of text; `y` is its base line. `hint` is what a pointer that rests on it is shown."""

    x: float
    y: float
    text: str
    ink: Ink
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A sign in front of a row."""

    x: float
    y: float
    sign: Sign


@dataclass(frozen=True, slots=True)
class Port:
    """Where a way on leaves a box: at this height, on whichever side its goal lies."""

    way: Way
    y: float


@dataclass(frozen=True, slots=True)
class Box:
    """A stage, or a note (`card` is None). `head` is the height at which ways arrive, `rules` those of thin lines."""

    card: Card | None
    x: float
    y: float
    width: float
    height: float
    head: float
    texts: tuple[Words, ...]
    marks: tuple[Mark, ...]
    ports: tuple[Port, ...]
    rules: tuple[float, ...]
    inside: tuple[Box, ...]

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    def moved(self, dx: float, dy: float) -> Box:
        return replace(
            self,
            x=self.x + dx,
            y=self.y + dy,
            head=self.head + dy,
            texts=tuple(replace(words, x=words.x + dx, y=words.y + dy) for words in self.texts),
            marks=tuple(replace(mark, x=mark.x + dx, y=mark.y + dy) for mark in self.marks),
            ports=tuple(replace(port, y=port.y + dy) for port in self.ports),
            rules=tuple(y + dy for y in self.rules),
            inside=tuple(box.moved(dx, dy) for box in self.inside),
        )

    def find(self, path: str) -> Box | None:
        """The box of a stage, this one or one inside it; "" is a note."""
        if path == (self.card.path if self.card is not None else ""):
            return self
        return next((found for box in self.inside if (found := box.find(path))), None)

    def all_ports(self) -> Iterator[Port]:
        yield from self.ports
        for inner in self.inside:
            yield from inner.all_ports()


class _Column:
    """Fills a box from top to bottom."""

    def __init__(self, width: float, top: float) -> None:
        self.width = width
        self.y = top
        self.head = 0.0
        self.texts: list[Words] = []
        self.marks: list[Mark] = []
        self.ports: list[Port] = []
        self.rules: list[float] = []
        self.inside: list[Box] = []

    def text(self, said: str, ink: Ink, *, indent: float = 0, spare: float = 0, hint: str = "", most: int = 3) -> None:
        room = self.width - indent - spare - 2 * MARGIN
        for line in wrap(said, ink.size, room, bold=ink.bold, most=most):
            self.y += ink.height
            self.texts.append(Words(MARGIN + indent, round(self.y - ink.size * 0.28, 1), line, ink, hint))

    def sign(self, sign: Sign, ink: Ink) -> float:
        """A sign in front of the line that comes next; answers with its height."""
        y = round(self.y + ink.height / 2 + 1, 1)
        self.marks.append(Mark(MARGIN + 6, y, sign))
        return y

    def rule(self) -> None:
        self.rules.append(self.y + 6)
        self.y += 9

    def box(self, card: Card | None) -> Box:
        return Box(
            card,
            0,
            0,
            self.width,
            round(self.y, 1),
            round(self.head, 1),
            tuple(self.texts),
            tuple(self.marks),
            tuple(self.ports),
            tuple(self.rules),
            tuple(self.inside),
        )


def stage_box(card: Card, width: float, outline: Outline) -> Box:
    """The box of a stage with all that it holds."""
    column = _Column(width, top=8)
    _head(column, card)
    if card.on_entry:
        column.text(f"On arrival: {card.on_entry}", Ink.SMALL, hint=card.on_entry)
    if card.deadlines:
        column.rule()
        _deadlines(column, card.deadlines)
    if card.inside:
        _nested(column, card, outline)
    if card.ways:
        if card.inside:
            column.y += 5
        else:
            column.rule()
        _ways(column, card.ways, outline)
    column.y += 9
    return column.box(card)


def beside_box(outline: Outline, width: float) -> Box | None:
    """What runs beside the stages: deadlines of the whole process, and ways that every open stage has."""
    if not (outline.deadlines or outline.everywhere):
        return None
    column = _Column(width, top=8)
    column.text("Beside the stages", Ink.TITLE)
    column.head = column.y / 2
    if outline.deadlines:
        column.rule()
        column.text("Until the lead is won or lost:", Ink.SMALL)
        column.y += 2
        _deadlines(column, outline.deadlines)
    if outline.everywhere:
        column.rule()
        column.text("In every open stage:", Ink.SMALL)
        _ways(column, outline.everywhere, outline)
    column.y += 9
    return column.box(None)


def note_box(title: str, said: str, width: float) -> Box:
    """A small box: where leads come from, or another process that they go on in."""
    column = _Column(width, top=7)
    column.text(title, Ink.ROW)
    column.text(said, Ink.SMALL)
    column.y += 8
    column.head = column.y / 2
    return column.box(None)


# --- parts of a box --------------------------------------------------------------------------------------------------


def _head(column: _Column, card: Card) -> None:
    badge = badge_width(card) + 12 if card.standing is not None else 0
    column.text(card.title, Ink.TITLE, indent=INDENT, spare=badge)
    facts = list(card.facts)
    if card.closes:
        facts.append("ends here")
    elif card.probability is not None and card.kind is not StageKind.LOST:
        facts.append(f"{card.probability}% likely")
    column.text(" · ".join(facts), Ink.SMALL, indent=INDENT)
    column.head = column.y / 2 + 2
    if card.standing is not None and not card.closes:
        column.text(overdue(card.standing), Ink.LATE, indent=INDENT)
        column.text(
            " · ".join(part for part in (ages(card.standing), worth(card.standing)) if part), Ink.SMALL, indent=INDENT
        )


def badge_of(card: Card) -> str:
    leads = card.standing.leads if card.standing is not None else 0
    return "1 lead" if leads == 1 else f"{leads:,} leads"


def badge_width(card: Card) -> float:
    return text_width(badge_of(card), Ink.BADGE.size, bold=True) + 14


def _deadlines(column: _Column, deadlines: tuple[Deadline, ...]) -> None:
    for number, deadline in enumerate(deadlines):
        column.y += 3 if number else 0
        breach = f"else {deadline.breach}" if deadline.breach else ""
        hint = "; ".join(part for part in (f"{deadline.title}: {deadline.due}", deadline.runs, breach) if part)
        column.sign(Sign.CLOCK, Ink.PLAIN)
        column.text(f"{deadline.title}: {deadline.due}", Ink.PLAIN, indent=INDENT, hint=hint)
        column.text(breach, Ink.BREACH, indent=INDENT, hint=hint)


def _nested(column: _Column, card: Card, outline: Outline) -> None:
    loops = {
        way.target: None
        for inner in card.inside
        for way in inner.ways
        if way.target in [other.path for other in card.inside]
        and not way.again
        and not is_next(inner.path, str(way.target), card.inside)
    }
    width = column.width - 2 * MARGIN - len(loops) * TRACK
    column.y += 10
    for inner in card.inside:
        box = stage_box(inner, width, outline).moved(MARGIN, round(column.y, 1))
        column.inside.append(box)
        column.y = box.bottom + INNER_GAP
    column.y += 4 - INNER_GAP


def _ways(column: _Column, ways: tuple[Way, ...], outline: Outline) -> None:
    for way in ways:
        column.y += 3
        sign = Sign.AGAIN if way.again else Sign.WAY if leads_on(way) else Sign.STAYS
        column.ports.append(Port(way, column.sign(sign, Ink.ROW)))
        said, hint = headline(way, outline), hint_of(way, outline)
        column.text(said, Ink.ROW, indent=INDENT, hint=hint)
        column.text(f"{way.by} · asks: {way.asks}" if way.asks else way.by, Ink.SMALL, indent=INDENT, hint=hint)


def headline(way: Way, outline: Outline) -> str:
    """`Reject → Sales Rejected`, `No answer [attempts ≥ 4] → Not reached`."""
    said = f"{way.title} [{way.guard}]" if way.guard else way.title
    if way.hands_over is not None:
        return f"{said} → process {way.hands_over.replace('_', ' ')}"
    if way.again:
        return f"{said} (starts anew)"
    return f"{said} → {outline.titles[way.target]}" if way.target is not None else said


def hint_of(way: Way, outline: Outline) -> str:
    """All there is to say of a way."""
    parts = [headline(way, outline), f"by {way.by}", f"asks: {way.asks}" if way.asks else "", way.does]
    parts.append("begins the next cycle" if way.next_cycle else "")
    return "; ".join(part for part in parts if part)
