"""A page for the terminal: lines, blocks under headings, tables without rules. All that it shows is made harmless."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cli.harmless import harmless, harmless_lines
from engine.lead import Value

WIDEST = 120
"""Columns: longer lines are hard to read, however wide the terminal is."""

KEPT_WHOLE = 20
"""Columns: a column this narrow, such as one of times or names, is not wrapped."""

Words = Text | str
"""A plain text is made harmless; one that has a style already was made by `styled`."""


def styled(words: object, style: str = "") -> Text:
    return Text(harmless(words), style)


def joined(*parts: Words | None, by: str = " · ") -> Text:
    """The parts that there are, on one line."""
    return Text(by).join([_text(part) for part in parts if part])


def paragraphs(words: str) -> Text:
    """Free text, with the line breaks it was written with."""
    return Text("\n".join(harmless_lines(words)))


class Page:
    """Collects blocks; `print` lays them out for the console's width, at most WIDEST columns."""

    def __init__(self) -> None:
        self._blocks: list[RenderableType] = []

    def line(self, *parts: Words | None) -> None:
        """The parts that there are; no line where there are none."""
        if any(parts):
            self._blocks.append(joined(*parts))

    def gap(self) -> None:
        self._blocks.append(Text())

    def block(self, heading: str, body: Iterable[RenderableType], note: Words | None = None) -> None:
        """A heading and what stands under it; nothing at all where nothing does."""
        content = list(body)
        if content:
            self._blocks += [Text(), joined(Text(heading, "bold underline"), note, by="  ")]
            self._blocks += [Padding(one, (0, 0, 0, 2)) for one in content]

    def print(self, console: Console) -> None:
        """Lines of a file or pipe end where their text does."""
        page = Group(*self._blocks)
        width = min(console.width, WIDEST)
        if console.is_terminal:
            console.print(page, width=width)
        else:
            with console.capture() as captured:
                console.print(page, width=width)
            lines = (line.rstrip() for line in captured.get().splitlines())
            console.file.write("".join(f"{line}\n" for line in lines))


def table(columns: Sequence[str], rows: Iterable[Sequence[Words | None]]) -> list[Table]:
    """A table as a list, empty where there are no rows. The last column takes what room is left."""
    laid = Table(box=None, pad_edge=False, header_style="dim", show_header=any(columns), padding=(0, 2, 0, 0))
    cells = [[Text() if cell is None else _text(cell) for cell in row] for row in rows]
    for number, column in enumerate(columns):
        narrow = max((row[number].cell_len for row in cells), default=0) <= KEPT_WHOLE
        last = number == len(columns) - 1
        laid.add_column(column, overflow="fold", no_wrap=narrow and not last, ratio=1 if last else None)
    for row in cells:
        laid.add_row(*row)
    return [laid] if cells else []


def when(at: datetime | None) -> str | None:
    """Times are UTC; the page says so once."""
    return None if at is None else at.strftime("%Y-%m-%d %H:%M")


def lasted(seconds: float | None) -> str | None:
    """`3 d 4 h`, `2 h 5 min`, `40 s`: the two largest units."""
    if seconds is None:
        return None
    left = timedelta(seconds=round(seconds))
    hours, rest = divmod(left.seconds, 3600)
    minutes, single = divmod(rest, 60)
    units = ((left.days, "d"), (hours, "h"), (minutes, "min"), (single, "s"))
    said = [(amount, unit) for amount, unit in units if amount]
    return " ".join(f"{amount} {unit}" for amount, unit in said[:2]) or "0 s"


def said(value: Value) -> str:
    """A field's value as people write it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "nothing" if value is None else str(value)


def words_of(name: str | None) -> str | None:
    """A name from a definition as words: `sales_accepted.contacted` is `sales accepted › contacted`."""
    return None if name is None else name.replace("_", " ").replace(".", " › ")


def _text(words: Words) -> Text:
    return styled(words) if isinstance(words, str) else words
