"""A simulation as a picture: an SVG that stands alone, with one column for each definition."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

from engine.diagram.ink import BAND, COLOURS, FONT, LINE, WHITE, Ink, rect, stroke, text
from engine.diagram.lettering import width as text_width
from engine.language.definition import StageKind
from trials.simulation.results import ClockLine, Results, SellerLine, StageLine

_WIDE = 620.0
_MARGIN = 24.0
_NAMES = 210.0
_ROW = 19.0
_CHART = 210.0
"""Pixels: a column, around it, room for names, a row of bars, the height of the chart of stages."""

_MOST_PEOPLE = 30
_BLUES = ("#1f5fa8", "#4f8fd0", "#8fbbe8", "#0f3f78", "#6f7fc0", "#2f9fb0", "#a9c9dd", "#35517a", "#7a9f35", "#c08a2f")


def picture(found: Sequence[Results]) -> str:
    """One column each, on the same scales, so that they can be compared with the eye."""
    columns = [_Column(one, found) for one in found]
    drawn = [list(column.draw(_MARGIN + number * (_WIDE + 2 * _MARGIN))) for number, column in enumerate(columns)]
    wide, height = len(found) * (_WIDE + 2 * _MARGIN), max(column.y for column in columns) + _MARGIN
    looks = f'width="{wide:.0f}" height="{height:.0f}" viewBox="0 0 {wide:.0f} {height:.0f}"'
    title = " and ".join(f"{one.title}, version {one.version}" for one in found)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {looks} font-family={quoteattr(FONT)} role="img">',
            f"<title>{escape(title)}: a simulation</title>",
            rect(0, 0, wide, height, fill=WHITE),
            *(line for column in drawn for line in column),
            "</svg>\n",
        ]
    )


_YELLOWS = ("#e2c56b", "#c49a3a", "#f0e0b2")
"""Of stages in which leads wait."""


class _Column:
    """One definition, from top to bottom. `found` are all that are drawn, for common scales."""

    def __init__(self, one: Results, found: Sequence[Results]) -> None:
        self.one = one
        self.y = _MARGIN
        self._most_leads = max((max(_stacked(result), default=0) for result in found), default=0)
        self._most_open = max((seller.peak for result in found for seller in result.sellers), default=0)
        self._clocks = list(
            dict.fromkeys(_key(clock) for result in found for clock in result.clocks if not clock.alarm)
        )

    def draw(self, x: float) -> Iterator[str]:
        one = self.one
        yield from self._line(x, f"{one.title}, version {one.version}", Ink.HEADING)
        yield from self._line(x, f"{one.leads:,} leads, {one.first} to {one.last}, seed {one.seed}", Ink.SMALL)
        said = f"{one.won:,} won, {one.lost:,} lost, {one.open:,} open, {one.waiting:,} waiting for later; "
        yield from self._line(x, said + f"{one.reassigned:,} reassigned", Ink.PLAIN)
        yield from self._stages(x)
        yield from self._waits(x)
        yield from self._clocks_missed(x)
        yield from self._people(x)

    def _line(self, x: float, said: str, ink: Ink) -> Iterator[str]:
        self.y += ink.height
        yield text(x, self.y, said, ink)
        self.y += 3

    def _head(self, x: float, said: str, more: str) -> Iterator[str]:
        self.y += 20
        yield from self._line(x, said, Ink.TITLE)
        yield from self._line(x, more, Ink.SMALL)
        self.y += 6

    # --- stages ------------------------------------------------------------------------------------------------------

    def _stages(self, x: float) -> Iterator[str]:
        """Stacked bars, one a week; the names beside them, the uppermost first, with what stands there in the end."""
        stages = _shown(self.one)
        yield from self._head(x, "Leads in each stage", "at the end of each week; those that are won or lost left out")
        weeks = len(self.one.weeks)
        room = _WIDE - _NAMES - 60
        bar = room / max(weeks, 1)
        top, bottom = self.y, self.y + _CHART
        scale = _CHART / max(self._most_leads, 1)
        for share in (0.5, 1.0):
            count = round(self._most_leads * share)
            yield stroke(f"M{x + 40:.1f} {bottom - count * scale:.1f}h{room:.1f}", LINE, 0.8)
            yield text(x, bottom - count * scale + 4, f"{count:,}", Ink.SMALL)
        for week in range(weeks):
            y = bottom
            for number, stage in enumerate(stages):
                height = stage.weekly[week] * scale
                y -= height
                left = x + 40 + week * bar + bar * 0.1
                if height:
                    yield rect(left, y, bar * 0.8, height, fill=_colour(number, stage))
        yield stroke(f"M{x + 40:.1f} {bottom:.1f}h{room:.1f}", LINE, 1.2)
        for number, stage in enumerate(reversed(stages)):
            y = top + 8 + number * min(_ROW, _CHART / max(len(stages), 1))
            left = x + 40 + room + 16
            yield rect(left, y - 9, 11, 11, fill=_colour(len(stages) - 1 - number, stage))
            yield text(left + 17, y, _short(f"{stage.title}: {stage.now:,}", _NAMES - 17), Ink.SMALL)
        ends = self.one.weeks
        if ends:
            yield text(x + 40, bottom + 15, f"{ends[0]:%d %b}", Ink.SMALL)
            yield text(x + 40 + room - 40, bottom + 15, f"{ends[-1]:%d %b %Y}", Ink.SMALL)
        self.y = bottom + 18

    # --- waits -------------------------------------------------------------------------------------------------------

    def _waits(self, x: float) -> Iterator[str]:
        yield from self._head(x, "Waiting", "hours day and night: half of the leads, nine of ten")
        for said, spread in (
            ("until somebody did something", self.one.first_contact),
            ("held, nobody was free", self.one.held),
            ("in a queue", self.one.queue),
            ("with whoever decides", self.one.exception),
        ):
            yield text(x, self.y + 13, said, Ink.PLAIN)
            hours = f"{spread.median_hours:g} h, {spread.p90_hours:g} h" if spread.median_hours is not None else "none"
            still = f"; {spread.still:,} still wait" if spread.still else ""
            yield text(x + _NAMES, self.y + 13, f"{hours} ({spread.count:,} leads{still})", Ink.PLAIN)
            self.y += _ROW

    # --- clocks ------------------------------------------------------------------------------------------------------

    def _clocks_missed(self, x: float) -> Iterator[str]:
        yield from self._head(x, "Clocks", "how many of those that were kept or missed were missed")
        lines = {_key(clock): clock for clock in self.one.clocks}
        for key in self._clocks:
            clock = lines.get(key)
            yield text(x, self.y + 13, _short(clock.title if clock else key[1], _NAMES - 10), Ink.PLAIN)
            room = _WIDE - _NAMES - 150
            if clock is not None:
                yield rect(x + _NAMES, self.y + 3, room, 12, fill=BAND)
                yield rect(x + _NAMES, self.y + 3, room * clock.missed_percent / 100, 12, fill=COLOURS[StageKind.LOST])
                said = f"{clock.missed_percent:g}%, {clock.missed:,} of {clock.missed + clock.kept:,}"
                yield text(x + _NAMES + room + 8, self.y + 13, said, Ink.SMALL)
            self.y += _ROW

    # --- people ------------------------------------------------------------------------------------------------------

    def _people(self, x: float) -> Iterator[str]:
        sellers = sorted((one for one in self.one.sellers if one.given), key=lambda one: (-one.peak, one.person))
        shown = sellers[:_MOST_PEOPLE]
        more = f"; {len(sellers) - len(shown)} more are left out" if len(sellers) > len(shown) else ""
        yield from self._head(x, "Who has how much", f"most open leads at a time (pale), at the end (dark){more}")
        for seller in shown:
            yield from self._person(x, seller)

    def _person(self, x: float, seller: SellerLine) -> Iterator[str]:
        room = _WIDE - _NAMES - 150
        scale = room / max(self._most_open, 1)
        yield text(x, self.y + 13, _short(seller.name, _NAMES - 10), Ink.PLAIN)
        yield rect(x + _NAMES, self.y + 3, seller.peak * scale, 12, fill="#b8d2ec")
        yield rect(x + _NAMES, self.y + 6, seller.open * scale, 6, fill=COLOURS[StageKind.OPEN])
        said = f"{seller.peak:,}, {seller.open:,}; given {seller.given:,}"
        yield text(x + _NAMES + seller.peak * scale + 8, self.y + 13, said, Ink.SMALL)
        self.y += _ROW


def _shown(one: Results) -> list[StageLine]:
    """Stages that leads have not ended in, of those that had any."""
    return [stage for stage in one.stages if stage.kind in ("open", "waiting") and any(stage.weekly)]


def _stacked(one: Results) -> list[int]:
    return [sum(counts) for counts in zip(*(stage.weekly for stage in _shown(one)), strict=True)]


def _colour(number: int, stage: StageLine) -> str:
    colours = _YELLOWS if stage.kind == "waiting" else _BLUES
    return colours[number % len(colours)]


def _key(clock: ClockLine) -> tuple[str, str]:
    return clock.process, clock.clock


def _short(said: str, room: float) -> str:
    """Cut where it has no room."""
    if text_width(said, Ink.SMALL.size) <= room:
        return said
    while said and text_width(f"{said}…", Ink.PLAIN.size) > room:
        said = said[:-1]
    return f"{said}…"
