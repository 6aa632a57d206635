"""Looks: how text is set, what colour and sign each kind has, and the elements of SVG that boxes are made of.

Colour never stands alone: each kind of stage has a sign and a word, each kind of wire a line of its own. Only
attributes are used, so that a picture can stand in a page among others and under any content policy. Every colour of
text has a contrast of at least 4.5 to the grounds here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from xml.sax.saxutils import escape, quoteattr

from engine.diagram.lettering import width
from engine.diagram.links import Style
from engine.language.definition import StageKind

DARK = "#1c2330"
GREY = "#4b5563"
LINE = "#c3c9d4"
BAND = "#f6f7f9"
WHITE = "#ffffff"
FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"

COLOURS: Mapping[StageKind | None, str] = {
    StageKind.OPEN: "#1f5fa8",
    StageKind.WAITING: "#8a6100",
    StageKind.WON: "#1a7344",
    StageKind.LOST: "#a1343c",
    None: "#5b4a94",
}
"""By kind of stage; None is another process."""

TINTS: Mapping[StageKind, str] = {
    StageKind.OPEN: "#eef4fb",
    StageKind.WAITING: "#fdf6e3",
    StageKind.WON: "#eaf6ee",
    StageKind.LOST: "#fbeeee",
}
DASHES: Mapping[Style, str] = {Style.ACT: "", Style.CLOCK: "1.5 4", Style.CYCLE: "8 4"}


class Ink(Enum):
    """How a line of text is set: name, size in pixels, whether bold, colour."""

    HEADING = ("heading", 20.0, True, DARK)
    TITLE = ("title", 15.0, True, DARK)
    ROW = ("row", 12.5, True, DARK)
    PLAIN = ("plain", 12.0, False, DARK)
    SMALL = ("small", 11.5, False, GREY)
    BREACH = ("breach", 11.5, False, "#8a3b12")
    LATE = ("late", 12.0, True, "#a1343c")
    BADGE = ("badge", 11.5, True, WHITE)
    NO_BADGE = ("no badge", 11.5, True, GREY)

    @property
    def size(self) -> float:
        return self.value[1]

    @property
    def bold(self) -> bool:
        return self.value[2]

    @property
    def colour(self) -> str:
        return self.value[3]

    @property
    def height(self) -> float:
        """Of one line."""
        return round(self.size * 1.32, 1)


class Sign(Enum):
    """What stands in front of a row: a deadline, a way on, something that stays, something that starts anew."""

    CLOCK = "clock"
    WAY = "way"
    STAYS = "stays"
    AGAIN = "again"


def text(x: float, y: float, said: str, ink: Ink, *, hint: str = "", centred: bool = False) -> str:
    """One line of text whose base line is at `y`. `hint` is what a pointer that rests on it is shown.

    It takes the room that was reckoned for it whatever font the reader has: boxes were made to that measure.
    """
    room = width(said, ink.size, bold=ink.bold)
    looks = f'font-size="{ink.size}" fill="{ink.colour}" textLength="{room:.1f}" lengthAdjust="spacingAndGlyphs"'
    looks += ' font-weight="700"' if ink.bold else ""
    looks += ' text-anchor="middle"' if centred else ""
    shown = f"<title>{escape(hint)}</title>{escape(said)}" if hint else escape(said)
    return f'<text x="{x:.1f}" y="{y:.1f}" {looks}>{shown}</text>'


def rect(x: float, y: float, wide: float, height: float, **looks: object) -> str:
    """A rectangle; `looks` are attributes, with _ for -."""
    said = " ".join(f"{name.replace('_', '-')}={quoteattr(str(value))}" for name, value in looks.items())
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{height:.1f}" {said}/>'


def stroke(path: str, colour: str, thickness: float, more: str = "") -> str:
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{thickness}"{more}/>'


def dashes(style: Style) -> str:
    """The attributes that make a line of that style."""
    round_dots = ' stroke-linecap="round"' if style is Style.CLOCK else ""
    return f' stroke-dasharray="{DASHES[style]}"{round_dots}' if DASHES[style] else ""


def kind_sign(x: float, y: float, kind: StageKind) -> Iterator[str]:
    """What a stage means: a ring for open, two bars for waiting, a tick for won, a cross for lost."""
    colour = COLOURS[kind]
    filled = kind in (StageKind.WON, StageKind.LOST)
    ground = colour if filled else WHITE
    yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="7" fill="{ground}" stroke="{colour}" stroke-width="2"/>'
    drawn = {
        StageKind.WAITING: f"M{x - 2.2:.1f} {y - 3:.1f}v6M{x + 2.2:.1f} {y - 3:.1f}v6",
        StageKind.WON: f"M{x - 3.4:.1f} {y + 0.2:.1f}l2.4 2.6l4.4 -5.4",
        StageKind.LOST: f"M{x - 2.8:.1f} {y - 2.8:.1f}l5.6 5.6m0 -5.6l-5.6 5.6",
    }.get(kind)
    if drawn is not None:
        yield stroke(drawn, WHITE if filled else colour, 1.8, ' stroke-linecap="round"')


def row_sign(x: float, y: float, sign: Sign) -> Iterator[str]:
    match sign:
        case Sign.CLOCK:
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5.2" fill="{WHITE}" stroke="{DARK}" stroke-width="1.3"/>'
            yield stroke(f"M{x:.1f} {y - 3:.1f}V{y:.1f}H{x + 2.6:.1f}", DARK, 1.3)
        case Sign.WAY:
            yield stroke(f"M{x - 5:.1f} {y:.1f}H{x + 3:.1f}M{x:.1f} {y - 3.6:.1f}l4 3.6l-4 3.6", DARK, 1.4)
        case Sign.AGAIN:
            circle = f"M{x + 4:.1f} {y - 2:.1f}a4.6 4.6 0 1 0 0.4 3.4"
            yield stroke(f"{circle}M{x + 4.6:.1f} {y - 5:.1f}v3.4h-3.4", DARK, 1.3)
        case Sign.STAYS:
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.4" fill="{DARK}"/>'
